/** A size that is dealt with in a small part of a millisecond, and of which few are enough. */
const BLOCK_OCTETS = 65_536

/** Octets that come in pieces of any size, copied into blocks: no piece keeps the larger buffer that it was cut from. */
export class Blocks {
  readonly #full: Buffer[] = []
  #block: Buffer | undefined
  #filled = 0
  #octets = 0

  get octets(): number {
    return this.#octets
  }

  push(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      this.#block ??= Buffer.allocUnsafeSlow(BLOCK_OCTETS)
      const copied = piece.copy(this.#block, this.#filled, at)
      at += copied
      this.#filled += copied
      if (this.#filled === BLOCK_OCTETS) this.#close(this.#block)
    }
    this.#octets += piece.length
  }

  /** What came so far; nothing may come after it. */
  end(): readonly Buffer[] {
    if (this.#block !== undefined) this.#close(Buffer.from(this.#block.subarray(0, this.#filled)))
    return this.#full
  }

  #close(block: Buffer): void {
    this.#full.push(block)
    this.#block = undefined
    this.#filled = 0
  }
}
