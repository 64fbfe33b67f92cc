import { LimitExceeded, type Line, LineSplitter } from '../text/lines.ts'
import { visible } from '../text/visible.ts'
import type { Recorder } from '../transcript/recorder.ts'
import type { Wire } from '../wire/wire.ts'
import type { Reply } from './answer.ts'
import type { Budget, Phase } from './budget.ts'
import { Fault, Refusal } from './outcome.ts'

/** Lines to replies, for one protocol. */
export interface ReplyReader<R extends Reply> {
  /**
   * The reply that this line completes, or undefined while more lines are due.
   * @throws {Fault} `protocol` when the line can be no part of a reply
   */
  line(line: Line): R | undefined
  /** The text of lines taken that are no whole reply yet. */
  partial(): readonly string[]
}

/** What is waited for: how it is called in a fault, and which time limit holds. */
export interface Due {
  readonly subject: string
  readonly phase: Phase
  /** The command that it answers. */
  readonly seq: number | undefined
  readonly sentAt: number
}

export interface IncomingOptions<R extends Reply> {
  readonly wire: Wire
  readonly recorder: Recorder
  readonly budget: Budget
  /** Monotonic clock, ms. */
  readonly now: () => number
  readonly reader: (tolerated: (code: string, text: string) => void) => ReplyReader<R>
  /** Longest line taken from the server, octets. */
  readonly maxLineOctets: number
}

/** What is kept of the server's first octets, to recognise another protocol. */
const FIRST_OCTETS = 256

/**
 * What comes from the server: octets become replies here, and are recorded. Read by pulling, so that nothing is taken
 * off the wire that nobody waits for.
 */
export class Incoming<R extends Reply> {
  readonly #options: IncomingOptions<R>
  readonly #wire: Wire
  readonly #recorder: Recorder
  #splitter: LineSplitter
  #reader: ReplyReader<R>
  #first: Buffer = Buffer.alloc(0)
  #spoken = true
  #lastReplyAt: number
  #lastReply: R | undefined
  /** What the reader let pass in the reply that is being read: told with the entry that shows it. */
  readonly #tolerated = new Map<string, string>()

  constructor(options: IncomingOptions<R>) {
    this.#options = options
    this.#wire = options.wire
    this.#recorder = options.recorder
    this.#lastReplyAt = options.now()
    this.#splitter = new LineSplitter(options.maxLineOctets)
    this.#reader = this.#newReader()
  }

  /** The server's first octets. */
  get first(): Buffer {
    return this.#first
  }

  get lastReply(): R | undefined {
    return this.#lastReply
  }

  /** Whether octets were read that are no whole reply yet, or a reply that nobody has taken. */
  get isPending(): boolean {
    return this.#splitter.pending > 0 || this.#reader.partial().length > 0
  }

  /** We have said something: the next wait is one more round trip. */
  spoken(): void {
    this.#spoken = true
  }

  /** RFC 3207 §6: nothing that was read before TLS counts after it. */
  reset(): void {
    this.#tellTolerated([])
    this.#splitter = new LineSplitter(this.#options.maxLineOctets)
    this.#reader = this.#newReader()
  }

  /**
   * Waits for the next whole reply.
   * @throws {Fault} and then what had come of it is in the transcript
   */
  async reply(due: Due): Promise<R> {
    const ready = this.ready(due)
    if (ready !== undefined) return ready
    try {
      return await this.#options.budget.spend(due.phase, due.subject, async () => {
        for (;;) {
          this.#splitter.push(await this.#read(due.subject))
          const reply = this.ready(due)
          if (reply !== undefined) return reply
        }
      })
    } catch (error) {
      this.#recordPartial(due)
      throw error
    }
  }

  /** The next reply out of what was read already, recorded; undefined when more octets are needed. */
  ready(due: Due | undefined): R | undefined {
    for (;;) {
      const line = this.#nextLine(due)
      if (line === undefined) return undefined
      let reply: R | undefined
      try {
        reply = this.#reader.line(line)
      } catch (error) {
        this.#recordBroken(visible(line.octets), due)
        throw error
      }
      if (reply === undefined) continue
      const seq = this.#recorder.reply(reply, this.#waitedMs(due), due?.seq)
      this.#tellTolerated([seq])
      this.#lastReplyAt = this.#options.now()
      this.#lastReply = { seq, ...reply }
      return this.#lastReply
    }
  }

  /** The next octets of a multi-line reply, whatever they are. */
  async octets(due: Due): Promise<Buffer> {
    const read = this.#splitter.takeAll()
    if (read.length > 0) return read
    return await this.#options.budget.spend('data', `progress in the ${due.subject}`, () =>
      this.#read(`end of the ${due.subject}`),
    )
  }

  /** Octets that `octets` gave and that belong to the next reply. */
  giveBack(octets: Buffer): void {
    if (octets.length > 0) this.#splitter.push(octets)
  }

  /** Takes what has come by itself, without waiting. */
  takeNow(): void {
    for (;;) {
      const octets = this.#wire.readNow()
      if (octets === undefined) return
      this.#recorder.received(octets.length)
      this.#splitter.push(octets)
    }
  }

  /** Takes out what was read and not understood yet, as it lies there; for what must not be there at all. */
  takeUnread(): Buffer {
    this.takeNow()
    return this.#splitter.takeAll()
  }

  /** What becomes of an error of the wire. RFC 5321 §3.8: 421 is the answer to what it left unanswered. */
  lost(error: unknown, subject: string): unknown {
    if (error instanceof Fault) return error
    if (this.#lastReply?.code === 421) return new Refusal(this.#lastReply)
    const { code, message } = error as NodeJS.ErrnoException
    return new Fault('closed', `the connection was lost before the ${subject}: ${message}`, {
      ...(code === undefined ? {} : { code }),
      cause: error,
    })
  }

  async #read(subject: string): Promise<Buffer> {
    if (this.#spoken) {
      this.#spoken = false
      this.#recorder.waited()
    }
    let octets: Buffer | null
    try {
      octets = await this.#wire.read()
    } catch (error) {
      throw this.lost(error, subject)
    }
    if (octets === null) {
      if (this.#lastReply?.code === 421) throw new Refusal(this.#lastReply)
      throw new Fault('closed', `the server closed the connection before the ${subject}`)
    }
    this.#recorder.received(octets.length)
    if (this.#first.length < FIRST_OCTETS) {
      this.#first = Buffer.concat([this.#first, octets.subarray(0, FIRST_OCTETS - this.#first.length)])
    }
    return octets
  }

  #nextLine(due: Due | undefined): Line | undefined {
    try {
      return this.#splitter.next()
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error
      const beginning = visible(this.#splitter.takeAll().subarray(0, FIRST_OCTETS))
      this.#recordBroken(`${beginning}…`, due)
      throw new Fault('limit', `the server sent ${error.message}`, { cause: error })
    }
  }

  #recordBroken(line: string, due: Due | undefined): void {
    const seq = this.#recorder.incompleteReply([...this.#reader.partial(), line], this.#waitedMs(due))
    this.#tellTolerated([seq])
    this.#reader = this.#newReader()
  }

  #recordPartial(due: Due): void {
    const rest = this.#splitter.takeAll().subarray(0, this.#options.maxLineOctets)
    const lines = [...this.#reader.partial(), ...(rest.length > 0 ? [visible(rest)] : [])]
    this.#reader = this.#newReader()
    this.#tellTolerated(lines.length > 0 ? [this.#recorder.incompleteReply(lines, this.#waitedMs(due))] : [])
  }

  #newReader(): ReplyReader<R> {
    return this.#options.reader((code, text) => this.#tolerated.set(code, text))
  }

  #tellTolerated(evidence: readonly number[]): void {
    if (this.#tolerated.size === 0) return
    for (const [code, text] of this.#tolerated) this.#recorder.finding(code, text, evidence)
    this.#tolerated.clear()
  }

  #waitedMs(due: Due | undefined): number {
    if (due === undefined) return 0
    return this.#options.now() - Math.max(due.sentAt, this.#lastReplyAt)
  }
}
