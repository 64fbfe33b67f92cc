import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { documentFiles } from '../../openapi/files.ts'
import { openApiDocument } from '../../src/http/documented.ts'
import { service } from '../support/service.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly example?: unknown
}

interface Operation {
  readonly operationId: string
  readonly 'x-impact'?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        {
          readonly schema?: { readonly $ref?: string }
          readonly examples?: Readonly<Record<string, { readonly value: object }>>
        }
      >
    >
  }
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const document = openApiDocument(version)
const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
    path,
    method,
    operation,
  })),
)

test.each(Object.entries(documentFiles(version)))('openapi/%s is what the schemas say', (name, text) => {
  const checkedIn = readFileSync(new URL(`../../openapi/${name}`, import.meta.url), 'utf8')
  // npm run openapi writes it anew
  expect(checkedIn === text).toBe(true)
})

test('everything in it says what it is', () => {
  const { components, ...rest } = document
  expect(undescribed(rest, '').concat(undescribed(components?.schemas, ''))).toEqual([])
})

/** Where a property, or a parameter, has no description; a reference has that of what it refers to. */
function undescribed(node: unknown, at: string): string[] {
  if (Array.isArray(node)) return node.flatMap((each, place) => undescribed(each, `${at}/${place}`))
  if (typeof node !== 'object' || node === null) return []
  const { type, properties, parameters } = node as {
    readonly type?: unknown
    readonly properties?: Readonly<Record<string, unknown>>
    readonly parameters?: readonly Parameter[]
  }
  const fields = type === 'object' ? Object.entries(properties ?? {}) : []
  const given = Array.isArray(parameters)
    ? parameters.map((each: Parameter) => [each.name, each] as const)
    : []
  const silent = [...fields, ...given]
    .filter(([, each]) => !isDescribed(each))
    .map(([name]) => `${at}/${name}`)
  const below = Object.entries(node).filter(([name]) => !/^examples?$/.test(name))
  return [...silent, ...below.flatMap(([name, each]) => undescribed(each, `${at}/${name}`))]
}

function isDescribed(field: unknown): boolean {
  const { description, schema, $ref } = field as {
    readonly description?: string
    readonly schema?: unknown
    readonly $ref?: string
  }
  if (description !== undefined) return true
  if (schema !== undefined) return isDescribed(schema)
  const schemas = document.components?.schemas as Readonly<Record<string, unknown>> | undefined
  return $ref !== undefined && isDescribed(schemas?.[$ref.split('/').at(-1) ?? ''] ?? {})
}

test('every operation has a name of its own', () => {
  const names = operations.map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(operations)('$method $path', ({ method, operation }) => {
  test('is marked by what it does', () => {
    const impact = operation['x-impact']
    expect(['reads', 'sends', 'destroys']).toContain(impact)
    // a check says so much in its body that it is a POST, and changes nothing
    expect(impact === 'reads').toBe(method === 'get' || operation.operationId === 'smtpCheck')
    // a script may hold DELE and QUIT
    expect(impact === 'destroys').toBe(method === 'delete' || operation.operationId === 'pop3Session')
  })

  test('works on the first click: what has to be given has an example', () => {
    for (const { required = false, example } of operation.parameters ?? []) {
      // Swagger UI fills in this one, and takes no notice of `examples` of the schema
      if (required) expect(example).toBeDefined()
    }
    for (const { examples } of Object.values(operation.requestBody?.content ?? {})) {
      expect(Object.keys(examples ?? {}).length).toBeGreaterThan(0)
    }
  })
})

describe('the examples', () => {
  const mailwire = service()
  const ajv = new Ajv2020({ strict: false }).addSchema(document, 'document')
  formats.default(ajv)
  const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined)
  const examples = withBody.flatMap(({ path, operation }) => {
    const { schema, examples: given = {} } = operation.requestBody?.content['application/json'] ?? {}
    return Object.entries(given).map(([name, { value }]) => ({
      path,
      name,
      value,
      schema: schema?.$ref ?? '',
    }))
  })

  /** What an example is there to show, where it is not success. */
  const STATUSES: Record<string, number> = {
    'expectation-not-met': 422,
    'relay-denied': 422,
    greylisted: 503,
    'all-or-nobody': 422,
    'not-offered': 422,
    xclient: 422,
    'as-somebody-else': 422,
  }

  test.each(examples)(
    '$name of $path is a request by the schema, and is answered as it says',
    async ({ path, name, value, schema }) => {
      const validate = ajv.getSchema(`document${schema}`)
      expect([validate?.(value), validate?.errors]).toEqual([true, null])
      const { status } = await mailwire.agent.post(path).send(value)
      expect(status).toBe(STATUSES[name] ?? 200)
    },
  )

  const check = operations.find(({ operation }) => operation.operationId === 'smtpCheck')
  const checks = Object.entries(check?.operation.requestBody?.content['application/json']?.examples ?? {})

  test.each(checks)(
    'of a check: %s is a request by the schema, and there is something to see',
    async (_, { value }) => {
      const validate = ajv.getSchema('document#/components/schemas/CheckRequest')
      expect([validate?.(value), validate?.errors]).toEqual([true, null])
      const { body } = await mailwire.agent.post('/smtp/check').send(value).expect(200)
      expect(body.outcome).toBe('ok')
    },
  )

  /** What no example can be for: it would have to name what is there. */
  const BESIDE: Record<string, { readonly query?: object; readonly status?: number }> = {
    pop3DeleteSeveral: { query: { numbers: '1' } },
    pop3Attachment: { status: 404 },
  }

  test('of every other operation lead to an answer, in the order in which one would click', async () => {
    for (const { path, method, operation } of operations) {
      if (operation.requestBody !== undefined) continue
      const filled = path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
        const parameter = operation.parameters?.find((each) => each.name === name)
        return String(parameter?.example)
      })
      const { query = {}, status = 200 } = BESIDE[operation.operationId] ?? {}
      await mailwire.agent[method as 'get' | 'post' | 'delete'](filled)
        .query(query)
        .auth('bob', 'sandbox')
        .expect(status)
    }
  })
})
