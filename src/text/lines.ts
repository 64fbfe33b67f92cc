/** More octets than a limit allows: the limit is named so that the message can name it too. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded'
  readonly limit: number

  constructor(what: string, limit: number) {
    super(`${what} longer than ${limit} octets`)
    this.limit = limit
  }
}

/** One line without its end, and which end it had. A CR that is not part of CRLF stays in `octets`. */
export interface Line {
  readonly octets: Buffer
  readonly end: 'crlf' | 'lf'
}

const LF = 0x0a
const CR = 0x0d
const NOTHING = Buffer.alloc(0)

/**
 * Octets to lines, in any segmentation, bounded.
 *
 * A bare LF ends a line as well: servers do that, and whoever reads the lines makes it a finding.
 */
export class LineSplitter {
  readonly #maxOctets: number
  #octets: Buffer = NOTHING
  #searched = 0

  /** @param maxOctets longest line taken, its end included */
  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets
  }

  push(chunk: Buffer): void {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk])
  }

  /**
   * The next whole line, or undefined until more octets come.
   * @throws {LimitExceeded} when the line is longer than the limit, whole or not
   */
  next(): Line | undefined {
    const at = this.#octets.indexOf(LF, this.#searched)
    if (at === -1) {
      this.#searched = this.#octets.length
      if (this.#octets.length >= this.#maxOctets) throw new LimitExceeded('a line', this.#maxOctets)
      return undefined
    }
    if (at >= this.#maxOctets) throw new LimitExceeded('a line', this.#maxOctets)
    const crlf = at > 0 && this.#octets[at - 1] === CR
    const octets = this.#octets.subarray(0, crlf ? at - 1 : at)
    this.#octets = at + 1 === this.#octets.length ? NOTHING : this.#octets.subarray(at + 1)
    this.#searched = 0
    return { octets, end: crlf ? 'crlf' : 'lf' }
  }

  /** How many octets wait for a line end, or to be asked for. */
  get pending(): number {
    return this.#octets.length
  }

  /** Takes out all that was pushed and not yet given as a line, for a reader of something other than lines. */
  takeAll(): Buffer {
    const octets = this.#octets
    this.#octets = NOTHING
    this.#searched = 0
    return octets
  }
}
