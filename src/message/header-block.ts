import { decodeText, wellFormed } from './charset.ts'

/** A header field as it stands in a message. */
export interface RawField {
  readonly name: string
  /** Unfolded, its encoded-words as they are. */
  readonly value: string
}

const LF = 0x0a
const NOTHING = Buffer.alloc(0)
const EMPTY_LINE = Buffer.from('\r\n')
const LF_CRLF = Buffer.from('\n\r\n')
const LF_LF = Buffer.from('\n\n')
/** A field of RFC 5322 §2.2 with the white space of §4.5, or the first line of a file in mbox format. */
const BEGINS_HEADER = /^(?:[\x21-\x39\x3b-\x7e]+[ \t]*:|From )/
const FIELD = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)$/s
const LONGEST_FIRST_LINE = 1000
const BODY_START = 64 * 1024
const MOST_CHUNKS = 1000

/**
 * The header block of a message, read from octets in any segmentation and bounded.
 *
 * What it gives out is what a parser is to see: the fields that tell the structure, and the body as it is.
 */
export class HeaderBlock {
  readonly #limit: number
  readonly #problem: (text: string) => void
  #state: 'undecided' | 'header' | 'over-limit' | 'body' = 'undecided'
  readonly #held = new Held()
  /** The octets before the chunk that may be the beginning of the end. */
  #tail: Buffer = NOTHING
  #octets: Buffer = NOTHING
  readonly #bodyStart = new Held()

  constructor(limit: number, problem: (text: string) => void) {
    this.#limit = limit
    this.#problem = problem
  }

  push(chunk: Buffer): Buffer {
    switch (this.#state) {
      case 'undecided':
        return this.#undecided(chunk)
      case 'header':
        return this.#header(chunk)
      case 'over-limit':
        return this.#skip(chunk)
      case 'body':
        return this.#body(chunk)
    }
  }

  end(): Buffer {
    const decided = this.#state === 'undecided' ? this.#decide(this.#held.take()) : NOTHING
    if (this.#state !== 'header') return decided
    this.#octets = this.#held.take()
    return forParser(this.#octets)
  }

  /** The fields in their order. */
  fields(): readonly RawField[] {
    return fieldsIn(this.#octets, this.#problem)
  }

  /** The first octets of the body, for when nothing better can be made of it. */
  bodyStart(): Buffer {
    return this.#bodyStart.take()
  }

  /** Whether there is a header at all is told by the first line. */
  #undecided(chunk: Buffer): Buffer {
    this.#held.add(chunk)
    if (!chunk.includes(LF) && this.#held.length < LONGEST_FIRST_LINE) return NOTHING
    return this.#decide(this.#held.take())
  }

  #decide(octets: Buffer): Buffer {
    const lf = octets.indexOf(LF)
    const first = octets.toString('latin1', 0, Math.min(lf === -1 ? octets.length : lf, LONGEST_FIRST_LINE))
    if (BEGINS_HEADER.test(first)) {
      this.#state = 'header'
      return this.#header(octets)
    }
    this.#state = 'body'
    this.#problem(octets.length === 0 ? 'the message is empty' : 'the message has no header')
    // only an empty line tells a parser so
    const told = octets.length === 0 || octets[0] === LF || octets.subarray(0, 2).equals(EMPTY_LINE)
    return Buffer.concat([told ? NOTHING : EMPTY_LINE, this.#body(octets)])
  }

  #header(chunk: Buffer): Buffer {
    const end = this.#endIn(chunk)
    this.#held.add(end === undefined ? chunk : chunk.subarray(0, end))
    if (end === undefined && this.#held.length <= this.#limit) return NOTHING
    const octets = this.#held.take()
    const body = end === undefined ? NOTHING : this.#body(chunk.subarray(end))
    this.#state = end === undefined ? 'over-limit' : 'body'
    this.#octets = octets.length <= this.#limit ? octets : this.#cut(octets)
    return Buffer.concat([forParser(this.#octets), body])
  }

  #cut(octets: Buffer): Buffer {
    this.#problem(`the header is longer than ${this.#limit} octets, and what goes beyond was left out`)
    const lines = octets.lastIndexOf(LF, this.#limit - 1) + 1
    return octets.subarray(0, lines === 0 ? this.#limit : lines)
  }

  #skip(chunk: Buffer): Buffer {
    const end = this.#endIn(chunk)
    if (end === undefined) return NOTHING
    this.#state = 'body'
    return this.#body(chunk.subarray(end))
  }

  #body(octets: Buffer): Buffer {
    const room = BODY_START - this.#bodyStart.length
    if (room > 0) this.#bodyStart.add(octets.subarray(0, room))
    return octets
  }

  /** Where in the chunk the body begins, behind the empty line, or undefined while the header goes on. */
  #endIn(chunk: Buffer): number | undefined {
    const octets = Buffer.concat([this.#tail, chunk])
    const ends = [LF_CRLF, LF_LF].flatMap((end) => {
      const at = octets.indexOf(end)
      return at === -1 ? [] : at + end.length
    })
    const end = ends.length === 0 ? undefined : Math.min(...ends) - this.#tail.length
    this.#tail = octets.subarray(-2)
    return end
  }
}

/** Chunks that wait for more; a great many small ones are joined, for each of them costs more than its octets. */
class Held {
  #chunks: Buffer[] = []
  length = 0

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
    if (this.#chunks.length > MOST_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
  }

  take(): Buffer {
    const octets = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.length = 0
    return octets
  }
}

/** The fields that tell the structure, and an empty line: all others are read here, and are nothing to a parser. */
function forParser(header: Buffer): Buffer {
  let wanted = false
  const lines = header
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => {
      if (!/^[ \t]/.test(line)) wanted = /^content-/i.test(line)
      return wanted
    })
  return Buffer.from(`${lines.join('\r\n')}${lines.length === 0 ? '' : '\r\n'}\r\n`, 'latin1')
}

function fieldsIn(octets: Buffer, problem: (text: string) => void): readonly RawField[] {
  const unfolded: string[] = []
  for (const line of octets.toString('latin1').split(/\r?\n/)) {
    const last = unfolded.length - 1
    // as most readers do, one space for the fold, whatever white space made it (RFC 5322 §2.2.3)
    if (/^[ \t]/.test(line) && last >= 0) unfolded[last] += ` ${line.trim()}`
    else if (line !== '') unfolded.push(line)
  }
  const fields: RawField[] = []
  for (const [n, line] of unfolded.entries()) {
    const match = FIELD.exec(line)
    if (match !== null) fields.push({ name: match[1] ?? '', value: textOf(match[2] ?? '', problem).trim() })
    else if (n > 0 || !line.startsWith('From ')) problem('a line of the header is no field')
  }
  return fields
}

function textOf(latin1: string, problem: (text: string) => void): string {
  if (/^\p{ASCII}*$/u.test(latin1)) return latin1
  const decoded = decodeText(Buffer.from(latin1, 'latin1'), undefined, 'whole')
  if (decoded.problem !== undefined) problem(`a header field: ${decoded.problem}`)
  return wellFormed(decoded.text)
}
