import { isUtf8 } from 'node:buffer'
import { type FieldError, invalidRequest, Problem } from './problem.ts'
import { pointerOf } from './route.ts'

/** Deeper than any body that is read here. */
const DEEPEST = 32

/** Beside what stands in strings, which is where messages are. */
const MOST_OUTSIDE_STRINGS = 1_048_576

/** As many names as an answer tells. */
const MOST_TOLD = 20

/**
 * Looks through JSON before it is parsed, for what parsing would let pass or take long over: names that stand twice, of
 * which the last would win without a word; `__proto__`, which means something else to JavaScript; nesting and a number
 * of values that no call needs. What is no JSON at all is left to the parser.
 * @throws {Problem} 400 or 415
 */
export function requireStrictJson(octets: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    throw new Problem({
      status: 415,
      code: 'unsupported-media-type',
      detail: 'The body has to be UTF-8 without a content encoding.',
    })
  }
  if (!isUtf8(octets)) throw invalidRequest([{ pointer: '', detail: 'this is not UTF-8' }])
  const errors = faultsIn(octets)
  if (errors.length > 0) throw invalidRequest(errors)
}

/** An object or an array that is open, and where in it the reader is. */
interface Open {
  /** Undefined in an array. */
  readonly names: Set<string> | undefined
  at: string | number
  expects: 'name' | 'value'
}

function faultsIn(octets: Buffer): FieldError[] {
  const errors: FieldError[] = []
  const open: Open[] = []
  let outside = 0
  for (let at = 0; at < octets.length; at += 1) {
    outside += 1
    if (outside > MOST_OUTSIDE_STRINGS) return [{ pointer: '', detail: 'it holds too many values' }]
    const inner = open.at(-1)
    switch (octets[at]) {
      case QUOTE: {
        const end = endOfString(octets, at)
        if (end === -1) return errors
        if (inner?.expects === 'name') {
          const name = nameIn(octets.toString('utf8', at, end + 1))
          if (name === undefined) return errors
          inner.at = name
          inner.expects = 'value'
          const fault = faultOf(name, inner.names)
          inner.names?.add(name)
          if (fault !== undefined && errors.length < MOST_TOLD)
            errors.push({ pointer: pointerOf(open.map((each) => each.at)), detail: fault })
        }
        at = end
        break
      }
      case OBJECT:
      case ARRAY:
        if (open.length === DEEPEST) {
          return [{ pointer: pointerOf(open.map((each) => each.at)), detail: 'it is nested too deeply' }]
        }
        if (octets[at] === OBJECT) open.push({ names: new Set(), at: '', expects: 'name' })
        else open.push({ names: undefined, at: 0, expects: 'value' })
        break
      case OBJECT_END:
      case ARRAY_END:
        open.pop()
        break
      case COMMA:
        if (inner === undefined) break
        if (inner.names !== undefined) inner.expects = 'name'
        else inner.at = Number(inner.at) + 1
        break
    }
  }
  return errors
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OBJECT = 0x7b
const OBJECT_END = 0x7d
const ARRAY = 0x5b
const ARRAY_END = 0x5d
const COMMA = 0x2c

/** Where the string that begins here has its last quotation mark, or -1. */
function endOfString(octets: Buffer, start: number): number {
  for (let from = start + 1; ; ) {
    const end = octets.indexOf(QUOTE, from)
    if (end === -1) return -1
    let escapes = 0
    while (end - escapes > from && octets[end - escapes - 1] === BACKSLASH) escapes += 1
    if (escapes % 2 === 0) return end
    from = end + 1
  }
}

function nameIn(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function faultOf(name: string, names: ReadonlySet<string> | undefined): string | undefined {
  if (name === '__proto__') return 'there is no such field'
  return names?.has(name) === true ? 'it stands there more than once' : undefined
}
