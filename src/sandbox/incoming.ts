/** Smaller blocks would cost more to keep than what they hold. */
const BLOCK_OCTETS = 65_536

/** The octets of messages that are on their way in, over all connections. */
export class Spool {
  readonly #maxOctets: number
  #held = 0

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets
  }

  hold(octets: number): boolean {
    if (this.#held + octets > this.#maxOctets) return false
    this.#held += octets
    return true
  }

  release(octets: number): void {
    this.#held -= octets
  }
}

/** A message as it comes in: kept in blocks that are never joined, and thrown away while it is too much. */
export class IncomingMessage {
  readonly #spool: Spool
  readonly #maxOctets: number
  #pieces: Buffer[] = []
  #pieceOctets = 0
  #blocks: Buffer[] = []
  #held = 0
  #refusal: 'too-large' | 'no-storage' | undefined

  constructor(spool: Spool, maxOctets: number) {
    this.#spool = spool
    this.#maxOctets = maxOctets
  }

  get octets(): number {
    return this.#held
  }

  get refusal(): 'too-large' | 'no-storage' | undefined {
    return this.#refusal
  }

  take(piece: Buffer): void {
    if (this.#refusal !== undefined) return
    if (this.#held + piece.length > this.#maxOctets) this.#refuse('too-large')
    else if (!this.#spool.hold(piece.length)) this.#refuse('no-storage')
    else {
      this.#held += piece.length
      this.#pieces.push(piece)
      this.#pieceOctets += piece.length
      if (this.#pieceOctets >= BLOCK_OCTETS) this.#join()
    }
  }

  blocks(): readonly Buffer[] {
    this.#join()
    return this.#blocks
  }

  /** The message is delivered or given up: it is no longer on its way. */
  release(): void {
    this.#spool.release(this.#held)
    this.#held = 0
    this.#pieces = []
    this.#blocks = []
  }

  #refuse(why: 'too-large' | 'no-storage'): void {
    this.release()
    this.#refusal = why
  }

  #join(): void {
    if (this.#pieces.length > 0) this.#blocks.push(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#pieceOctets = 0
  }
}
