import type { Limits } from './limits.ts'

/** A message as it lies in a mailbox: blocks that are never joined, and that other mailboxes may share. */
export interface StoredMessage {
  readonly uniqueId: string
  readonly octets: number
  readonly blocks: readonly Buffer[]
}

/** One user's messages, in memory. */
export class Mailbox {
  readonly #limits: Limits
  readonly #validity: string
  #messages: readonly StoredMessage[] = []
  #delivered = 0
  #locked = false

  /** @param validity tells the unique-ids of this mailbox from those it had in another run */
  constructor(limits: Limits, validity: string) {
    this.#limits = limits
    this.#validity = validity
  }

  /** Another message of this size may come. */
  hasRoomFor(octets: number): boolean {
    const used = this.#messages.reduce((sum, message) => sum + message.octets, 0)
    return this.#messages.length < this.#limits.mailboxMessages && used + octets <= this.#limits.mailboxOctets
  }

  add(blocks: readonly Buffer[]): void {
    this.#delivered += 1
    const uniqueId = this.#delivered.toString(16).padStart(8, '0') + this.#validity
    const octets = blocks.reduce((sum, block) => sum + block.length, 0)
    this.#messages = [...this.#messages, { uniqueId, octets, blocks }]
  }

  /** The messages, for one session at a time (RFC 1939 §4); undefined while another has them. */
  lock(): readonly StoredMessage[] | undefined {
    if (this.#locked) return undefined
    this.#locked = true
    return this.#messages
  }

  unlock(): void {
    this.#locked = false
  }

  remove(gone: ReadonlySet<StoredMessage>): void {
    this.#messages = this.#messages.filter((message) => !gone.has(message))
  }
}

const CR = 0x0d
const LF = 0x0a

/** The header section, the empty line, and so many lines of the body (TOP, RFC 1939 §7). */
export function* topOf(blocks: Iterable<Buffer>, lines: number): Generator<Buffer> {
  let inHeader = true
  let left = lines
  let lineHasText = false
  for (const block of blocks) {
    let from = 0
    while (from < block.length) {
      const found = block.indexOf(LF, from)
      const end = found === -1 ? block.length : found
      lineHasText ||= end - from > 1 || (end - from === 1 && block[from] !== CR)
      from = end + 1
      if (found === -1) break
      if (!inHeader) left -= 1
      else if (!lineHasText) inHeader = false
      lineHasText = false
      if (!inHeader && left <= 0) {
        yield block.subarray(0, from)
        return
      }
    }
    yield block
  }
}
