/** Octets in pieces, which can be had more than once. */
export interface InPieces {
  pieces(): Iterable<Buffer>
}

/** A text that is too long to be one string: every step over it would keep everybody else waiting. */
export class LongText implements InPieces {
  readonly #blocks: readonly Buffer[]
  readonly octets: number
  /** `halves`: a half of a surrogate pair stood in it, which is U+FFFD here. */
  readonly surrogates: 'in-pairs' | 'halves'

  /** @param blocks its UTF-8; a character may be cut between two of them */
  constructor(blocks: readonly Buffer[], surrogates: LongText['surrogates']) {
    this.#blocks = blocks
    this.octets = blocks.reduce((sum, { length }) => sum + length, 0)
    this.surrogates = surrogates
  }

  pieces(): readonly Buffer[] {
    return this.#blocks
  }

  /** Of one that is not so long after all. */
  toString(): string {
    return Buffer.concat(this.#blocks).toString()
  }
}
