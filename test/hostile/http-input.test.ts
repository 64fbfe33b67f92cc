import { createServer } from 'node:net'
import fc from 'fast-check'
import type { Test } from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiDocument } from '../../src/http/documented.ts'
import { anyValueOf, type JsonSchema, textOf } from '../support/any-value.ts'
import { startTestService, type TestService } from '../support/service.ts'

interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly schema: JsonSchema
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
}

const document = openApiDocument('0.0.0') as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    title: `${method} ${path}`,
    method,
    path,
    operation,
  })),
)

/** Every call that names no other server ends here: it refuses whatever comes, and counts who came. */
let connections = 0
const trap = createServer((socket) => {
  connections += 1
  socket.on('error', () => undefined)
  socket.end('421 4.3.2 No\r\n-ERR No\r\n')
})
let mailwire: TestService

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    trap.listen(0, '127.0.0.1', resolve)
  })
  const { port } = trap.address() as { port: number }
  const servers = JSON.stringify({
    servers: { trap: { smtp: `smtp://127.0.0.1:${port}`, pop3: `pop3://127.0.0.1:${port}` } },
  })
  mailwire = await startTestService({
    // nothing but the trap is to be reached
    env: {
      MAILWIRE_SERVERS_FILE: '/servers.json',
      MAILWIRE_EGRESS_ALLOW: '',
      MAILWIRE_TOTAL_TIMEOUT_MS: '2000',
    },
    files: { '/servers.json': servers },
  })
})

afterAll(async () => {
  await mailwire.close()
  await new Promise((resolve) => trap.close(resolve))
})

/** Values that the schema allows, or that it nearly allows. */
const schemas = document.components.schemas

test.each(operations)(
  '$title: whatever is asked is answered as documented',
  async ({ method, path, operation }) => {
    const { parameters = [], requestBody } = operation
    const inQuery = parameters.filter((each) => each.in === 'query')
    const query = fc
      .subarray(inQuery, { maxLength: Math.min(3, inQuery.length) })
      .chain((chosen) =>
        fc.record(
          Object.fromEntries(
            chosen.map(({ name, schema }) => [name, anyValueOf(schema, schemas).map(textOf)]),
          ),
        ),
      )
    const places = parameters.filter((each) => each.in === 'path')
    const inPath = fc.tuple(...places.map(({ schema }) => anyValueOf(schema, schemas).map(textOf)))
    const bodySchema = requestBody?.content['application/json']?.schema
    const body =
      bodySchema === undefined
        ? fc.constant(undefined)
        : fc.oneof(anyValueOf(bodySchema, schemas), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(query, inPath, body, async (asked, names, sent) => {
        const before = connections
        let at = 0
        const url = path.replaceAll(/\{[a-z]+\}/g, () => {
          const name = names[at] ?? 'x'
          at += 1
          return encodeURIComponent(name === '' || /^\.+$/.test(name) ? 'x' : name)
        })
        const call = mailwire.agent[method as 'get' | 'post' | 'delete'](url)
          .query(withoutEndlessWaits(asked))
          .auth('bob', 'not-a-real-word')
        const response = await answered(
          sent === undefined
            ? call
            : call.set('Content-Type', 'application/json').send(JSON.stringify(withLongSecrets(sent))),
        )
        // the agent holds every answer against the document, and throws at a 500
        expect(response.status).toBeLessThan(600)
        if (response.status === 400) expect(connections).toBe(before)
      }),
      { numRuns: 40 },
    )
  },
)

test('some of them come as far as the server, or none of this says anything', async () => {
  const before = connections
  await mailwire.agent.get('/pop3/stat').auth('bob', 'not-a-real-word')
  expect(connections).toBe(before + 1)
  expect(before).toBeGreaterThan(0)
})

async function answered(call: Test) {
  return await call
}

/** Waiting for a message may take as long as it is asked to. */
function withoutEndlessWaits(asked: Readonly<Record<string, unknown>>): object {
  return {
    ...asked,
    ...('timeout' in asked
      ? { timeout: /^[0-9]+$/.test(String(asked['timeout'])) ? '200' : asked['timeout'] }
      : {}),
  }
}

/** A secret of a few letters is found in every answer. */
function withLongSecrets(body: unknown): unknown {
  const auth = (body as { auth?: unknown } | null)?.auth
  if (typeof auth !== 'object' || auth === null) return body
  const longer = Object.entries(auth).map(([field, value]) => [
    field,
    typeof value === 'string' && /^(?:password|token)$/.test(field) ? `${value}-and-long-enough` : value,
  ])
  return { ...(body as object), auth: Object.fromEntries(longer) }
}
