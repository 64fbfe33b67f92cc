import { type FieldError, invalidRequest } from './problem.ts'
import { pointerOf } from './route.ts'

/** Deeper than any body that is read here. */
const DEEPEST = 32

/** Beside what stands in strings, which is where messages are. */
const MOST_OUTSIDE_STRINGS = 1_048_576

/** As many names as an answer tells. */
const MOST_TOLD = 20

export type JsonPath = readonly (string | number)[]

/** Who wants to have the octets that are looked through. */
export interface ScanListener {
  /** Whether the text at this place is wanted by itself. */
  wants(path: JsonPath): boolean
  /** A part of such a text, as it is written, without its quotation marks. */
  text(octets: Buffer): void
  /** The text is over. */
  textEnded(path: JsonPath): void
  /** Everything else. */
  rest(octets: Buffer): void
}

/** An object or an array that is open, and where in it the reader is. */
interface Open {
  /** Undefined in an array. */
  readonly names: Set<string> | undefined
  at: string | number
  expects: 'name' | 'value'
}

/**
 * Looks through JSON, cut anywhere, for what parsing would let pass or take long over: names that stand twice, of which
 * the last would win without a word; `__proto__`, which means something else to JavaScript; nesting and a number of
 * values that no call needs. What is no JSON at all is left to the parser.
 */
export class StrictScan {
  readonly #listener: ScanListener | undefined
  readonly #errors: FieldError[] = []
  readonly #open: Open[] = []
  #outside = 0
  #inside: 'no-string' | 'name' | 'value' | 'wanted' = 'no-string'
  /** The last octet was a backslash that means the next one. */
  #escapes = false
  #name: Buffer[] = []
  /** What keeps the rest from being looked at. */
  #end: FieldError | 'no-json' | undefined

  constructor(listener?: ScanListener) {
    this.#listener = listener
  }

  push(octets: Buffer): void {
    for (let at = 0; at < octets.length && this.#end === undefined; ) {
      const start = at
      const inside = this.#inside
      at = inside === 'no-string' ? this.#values(octets, start) : this.#string(octets, start)
      if (this.#listener === undefined) continue
      if (inside !== 'wanted') this.#listener.rest(octets.subarray(start, at))
      else if (this.#inside === 'wanted') this.#listener.text(octets.subarray(start, at))
      else {
        this.#listener.text(octets.subarray(start, at - 1))
        this.#listener.textEnded(this.#path())
        this.#listener.rest(octets.subarray(at - 1, at))
      }
    }
  }

  /** @throws {Problem} 400 */
  end(): void {
    const errors = typeof this.#end === 'object' ? [this.#end] : this.#errors
    if (errors.length > 0) throw invalidRequest(errors)
  }

  /** Up to the next string. @returns where it goes on */
  #values(octets: Buffer, start: number): number {
    for (let at = start; at < octets.length; at += 1) {
      this.#outside += 1
      if (this.#outside > MOST_OUTSIDE_STRINGS) {
        this.#end = { pointer: '', detail: 'it holds too many values' }
        return at
      }
      switch (octets[at]) {
        case QUOTE:
          this.#inside = this.#stringBegun()
          return at + 1
        case OBJECT:
        case ARRAY:
          if (this.#open.length === DEEPEST) {
            this.#end = { pointer: pointerOf(this.#path()), detail: 'it is nested too deeply' }
            return at
          }
          if (octets[at] === OBJECT) this.#open.push({ names: new Set(), at: '', expects: 'name' })
          else this.#open.push({ names: undefined, at: 0, expects: 'value' })
          break
        case OBJECT_END:
        case ARRAY_END:
          this.#open.pop()
          break
        case COMMA: {
          const inner = this.#open.at(-1)
          if (inner === undefined) break
          if (inner.names !== undefined) inner.expects = 'name'
          else inner.at = Number(inner.at) + 1
          break
        }
      }
    }
    return octets.length
  }

  #stringBegun(): 'name' | 'value' | 'wanted' {
    if (this.#open.at(-1)?.expects === 'name') return 'name'
    return this.#listener?.wants(this.#path()) === true ? 'wanted' : 'value'
  }

  /** Up to the end of the string that is open. @returns where it goes on */
  #string(octets: Buffer, start: number): number {
    let from = this.#escapes ? start + 1 : start
    this.#escapes = false
    for (;;) {
      const quote = octets.indexOf(QUOTE, from)
      const end = quote === -1 ? octets.length : quote
      let backslashes = 0
      while (end - backslashes > from && octets[end - backslashes - 1] === BACKSLASH) backslashes += 1
      const escapes = backslashes % 2 === 1
      if (quote === -1) this.#escapes = escapes
      if (quote === -1 || !escapes) {
        if (this.#inside === 'name') this.#name.push(octets.subarray(start, end))
        if (quote === -1) return octets.length
        if (this.#inside === 'name') this.#named()
        this.#inside = 'no-string'
        return quote + 1
      }
      from = quote + 1
    }
  }

  #named(): void {
    const name = nameIn(this.#name.length === 1 ? this.#name[0] : Buffer.concat(this.#name))
    this.#name = []
    const inner = this.#open.at(-1)
    if (inner === undefined) return
    if (name === undefined) {
      this.#end = 'no-json'
      return
    }
    inner.at = name
    inner.expects = 'value'
    const fault = faultOf(name, inner.names)
    inner.names?.add(name)
    if (fault !== undefined && this.#errors.length < MOST_TOLD)
      this.#errors.push({ pointer: pointerOf(this.#path()), detail: fault })
  }

  #path(): JsonPath {
    return this.#open.map(({ at }) => at)
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OBJECT = 0x7b
const OBJECT_END = 0x7d
const ARRAY = 0x5b
const ARRAY_END = 0x5d
const COMMA = 0x2c

/** @param octets as the name is written, without its quotation marks */
function nameIn(octets: Buffer | undefined): string | undefined {
  try {
    return JSON.parse(`"${octets?.toString() ?? ''}"`) as string
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function faultOf(name: string, names: ReadonlySet<string> | undefined): string | undefined {
  if (name === '__proto__') return 'there is no such field'
  return names?.has(name) === true ? 'it stands there more than once' : undefined
}
