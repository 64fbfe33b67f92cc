import { Blocks } from '../text/blocks.ts'
import { LongText } from '../text/long-text.ts'

/** A text up to here becomes a string, as in any other body. */
export const SHORT_OCTETS = 16_384

const BACKSLASH = 0x5c
const LETTER_U = 0x75
/** RFC 8259 §7 */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)],
  ),
)
/** What is left of half of a surrogate pair in UTF-8: U+FFFD. */
const REPLACEMENT = 0xfffd

/** A string of JSON while it comes, without its quotation marks: its escapes are undone wherever it is cut. */
export class JsonText {
  readonly #beginning = Buffer.allocUnsafe(SHORT_OCTETS)
  #begun = 0
  #blocks: Blocks | undefined
  #scratch = Buffer.alloc(0)
  #filled = 0
  #inside: 'text' | 'escape' | 'digits' = 'text'
  #digits = ''
  /** The first half of a surrogate pair that waits for its other half. */
  #high: number | undefined
  #halves = false
  #faulty = false

  /** What follows is another text. */
  begin(): void {
    this.#begun = 0
    this.#blocks = undefined
    this.#inside = 'text'
    this.#digits = ''
    this.#high = undefined
    this.#halves = false
    this.#faulty = false
  }

  push(octets: Buffer): void {
    if (this.#faulty) return
    // no escape is shorter than what it means; a half pair and a cut escape may stand before
    if (this.#scratch.length < octets.length + 8) this.#scratch = Buffer.allocUnsafe(octets.length + 8)
    this.#filled = 0
    for (let at = 0; at < octets.length && !this.#faulty; ) {
      at = this.#inside === 'text' ? this.#plain(octets, at) : this.#escaped(octets[at] ?? 0, at)
    }
    this.#give(this.#scratch.subarray(0, this.#filled))
  }

  /** The text; undefined where it is no JSON. */
  end(): string | LongText | undefined {
    this.#filled = 0
    if (this.#scratch.length < 8) this.#scratch = Buffer.allocUnsafe(8)
    this.#endHalf()
    this.#give(this.#scratch.subarray(0, this.#filled))
    if (this.#faulty || this.#inside !== 'text') return undefined
    const short = this.#beginning.subarray(0, this.#begun)
    if (this.#blocks !== undefined)
      return new LongText(this.#blocks.end(), this.#halves ? 'halves' : 'in-pairs')
    return this.#halves ? new LongText([Buffer.from(short)], 'halves') : short.toString()
  }

  /** @returns where it stopped: at an escape, at what cannot stand there, or at the end */
  #plain(octets: Buffer, start: number): number {
    if (this.#high !== undefined && octets[start] !== BACKSLASH) this.#endHalf()
    const scratch = this.#scratch
    let to = this.#filled
    let at = start
    for (; at < octets.length; at += 1) {
      const octet = octets[at] ?? 0
      if (octet === BACKSLASH || octet < 0x20) break
      scratch[to] = octet
      to += 1
    }
    this.#filled = to
    if (at === octets.length) return at
    if (octets[at] === BACKSLASH) this.#inside = 'escape'
    else this.#faulty = true
    return at + 1
  }

  #escaped(octet: number, at: number): number {
    if (this.#inside === 'digits') {
      this.#digits += String.fromCharCode(octet)
      if (this.#digits.length === 4) this.#unicode()
    } else if (octet === LETTER_U) this.#inside = 'digits'
    else {
      const meant = SHORT_ESCAPES.get(octet)
      if (meant === undefined) this.#faulty = true
      else {
        this.#endHalf()
        this.#add(meant)
      }
      this.#inside = 'text'
    }
    return at + 1
  }

  #unicode(): void {
    if (!/^[\da-f]{4}$/i.test(this.#digits)) {
      this.#faulty = true
      return
    }
    const unit = Number.parseInt(this.#digits, 16)
    this.#digits = ''
    this.#inside = 'text'
    const high = this.#high
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    if (high !== undefined && isLow) {
      this.#high = undefined
      this.#add(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00))
      return
    }
    this.#endHalf()
    if (unit >= 0xd800 && unit <= 0xdbff) this.#high = unit
    else if (isLow) this.#addHalf()
    else this.#add(unit)
  }

  #endHalf(): void {
    if (this.#high === undefined) return
    this.#high = undefined
    this.#addHalf()
  }

  #addHalf(): void {
    this.#halves = true
    this.#add(REPLACEMENT)
  }

  #add(codePoint: number): void {
    if (codePoint < 0x80) {
      this.#scratch[this.#filled] = codePoint
      this.#filled += 1
    } else this.#filled += this.#scratch.write(String.fromCodePoint(codePoint), this.#filled)
  }

  #give(decoded: Buffer): void {
    if (this.#blocks === undefined && this.#begun + decoded.length <= SHORT_OCTETS) {
      this.#begun += decoded.copy(this.#beginning, this.#begun)
      return
    }
    if (this.#blocks === undefined) {
      this.#blocks = new Blocks()
      this.#blocks.push(this.#beginning.subarray(0, this.#begun))
    }
    this.#blocks.push(decoded)
  }
}
