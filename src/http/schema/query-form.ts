import { z } from 'zod'

/**
 * The fields of a JSON object as query parameters, each named by its path: `hello.name`. Numbers are digits, flags are
 * `true` or `false`, a list of words is by comma, and any other list is a repeated parameter.
 */
export function queryForm(fields: Readonly<Record<string, unknown>>, prefix = ''): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]): [string, z.ZodType][] => {
      const path = `${prefix}${name}`
      const inner = unwrapped(field as z.ZodType)
      if (inner instanceof z.ZodObject) return Object.entries(queryForm(inner.shape, `${path}.`))
      const description = (field as z.ZodType).description ?? inner.description
      const parameter = z.preprocess(readerOf(inner), inner).optional()
      return [[path, description === undefined ? parameter : parameter.describe(description)]]
    }),
  )
}

/** The parameters of `queryForm` as the object that JSON would have been; undefined where none of them stands there. */
export function nested(query: Readonly<Record<string, unknown>>, root: string): unknown {
  const given = Object.entries(query).filter(
    ([path, value]) => value !== undefined && (path === root || path.startsWith(`${root}.`)),
  )
  if (given.length === 0) return undefined
  const holder: Record<string, unknown> = {}
  for (const [path, value] of given) {
    const steps = path.split('.')
    const last = steps.pop() ?? path
    let at = holder
    for (const step of steps) {
      const deeper = (at[step] ?? {}) as Record<string, unknown>
      at[step] = deeper
      at = deeper
    }
    at[last] = value
  }
  return holder[root]
}

function unwrapped(field: z.ZodType): z.ZodType {
  return field instanceof z.ZodOptional ? unwrapped(field.unwrap() as z.ZodType) : field
}

/** What the text of a parameter has to become; text that cannot is left for the schema to refuse. */
function readerOf(field: z.ZodType): (given: unknown) => unknown {
  if (field instanceof z.ZodArray) {
    const words = field.element instanceof z.ZodEnum
    return (given) =>
      [given].flat().flatMap((text) => (words && typeof text === 'string' ? text.split(',') : [text]))
  }
  if (field instanceof z.ZodNumber || isNumeral(field)) {
    return (given) => (typeof given === 'string' && /^-?[0-9]{1,15}$/.test(given) ? Number(given) : given)
  }
  if (field instanceof z.ZodBoolean || isFlag(field)) {
    return (given) => (given === 'true' ? true : given === 'false' ? false : given)
  }
  return (given) => given
}

function isNumeral(field: z.ZodType): boolean {
  return field instanceof z.ZodLiteral && [...field.values].every((value) => typeof value === 'number')
}

function isFlag(field: z.ZodType): boolean {
  return field instanceof z.ZodLiteral && field.value === true
}
