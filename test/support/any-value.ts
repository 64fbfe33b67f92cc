import fc from 'fast-check'

/** As much of JSON Schema as the OpenAPI document uses. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly examples?: readonly unknown[]
}

/** Strings that mean something somewhere between HTTP and a mail server. */
const TELLING = [
  '',
  ' ',
  '\r\nRCPT TO:<evil@example.test>',
  'a@b\r\nDATA',
  '\0',
  '\u2028',
  'ü@ü.example',
  '"a b"@example.test',
  'a@[127.0.0.1]',
  'bob@example.test',
  'uid:a',
  '1',
  '0',
  '-1',
  '99999999999999999999',
  '1-99999999',
  'true',
  'trap',
  'smtp://127.0.0.1:25',
  'smtp://[::ffff:127.0.0.1]',
  'pop3://0x7f.1',
  'file:///etc/passwd',
  '__proto__',
  '../../..',
  '%00',
  'x'.repeat(3000),
]

/** Values that a schema allows or nearly allows: each may be one of another type, missing, or hostile. */
export function anyValueOf(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): fc.Arbitrary<unknown> {
  const honest = honestOf(schema, schemas, depth)
  const wrong = fc.oneof(
    fc.constantFrom<unknown>(...TELLING),
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.jsonValue({ maxDepth: 1 }),
  )
  return fc.oneof({ weight: 6, arbitrary: honest }, { weight: 1, arbitrary: wrong })
}

function honestOf(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  depth: number,
): fc.Arbitrary<unknown> {
  if (depth > 6) return fc.constant(null)
  const within = (each: JsonSchema): fc.Arbitrary<unknown> => anyValueOf(each, schemas, depth + 1)
  const named = schema.$ref === undefined ? undefined : schemas[schema.$ref.split('/').at(-1) ?? '']
  if (named !== undefined) return honestOf(named, schemas, depth)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices !== undefined) return fc.oneof(...choices.map(within))
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema
      const optional = Object.keys(properties).filter((name) => !required.includes(name))
      // a few at a time: among many one is always wrong, and nothing comes any further
      return fc.subarray(optional, { maxLength: Math.min(3, optional.length) }).chain((chosen) => {
        const names = Object.keys(properties).filter(
          (name) => required.includes(name) || chosen.includes(name),
        )
        return fc.record(Object.fromEntries(names.map((name) => [name, within(properties[name] ?? {})])))
      })
    }
    case 'array':
      return fc.array(within(schema.items ?? {}), { maxLength: 3 })
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer())
    case 'boolean':
      return fc.boolean()
    default:
      return fc.oneof(
        fc.constantFrom(...TELLING),
        ...(schema.examples ?? []).map((example) => fc.constant(example)),
        fc.string(),
      )
  }
}

/** As it stands in a query or a path. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
