import { REDACTED } from '../text/secret.ts'
import { PREVIEW_OCTETS, type Recorder } from '../transcript/recorder.ts'
import type { Wire } from '../wire/wire.ts'
import type { Reply } from './answer.ts'
import type { Budget } from './budget.ts'
import type { Incoming, IncomingOptions } from './incoming.ts'
import { Fault, Refusal } from './outcome.ts'

/** Content on its way to the server. */
export interface OutgoingContent {
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer>
  /** A block as it goes on the wire. */
  readonly encode: (block: Buffer) => Buffer
  /** What goes out in one write with the first of it. */
  readonly head?: Buffer
  /** `due`: replies to what was sent before are still to come, and so what comes is no early answer. */
  readonly replies?: 'due'
  /** `nothing`: the transcript may not show the beginning of it. */
  readonly shows?: 'nothing'
}

/** Content is written in blocks of at most this many octets, so that an early answer is seen in time. */
const BLOCK_OCTETS = 65_536

/** What goes to the server: counted, and written no faster than it is taken. */
export class Outgoing<R extends Reply> {
  readonly #wire: Wire
  readonly #recorder: Recorder
  readonly #budget: Budget
  readonly #now: () => number
  readonly #incoming: Incoming<R>

  constructor(options: IncomingOptions<R>, incoming: Incoming<R>) {
    this.#wire = options.wire
    this.#recorder = options.recorder
    this.#budget = options.budget
    this.#now = options.now
    this.#incoming = incoming
  }

  /** Hands octets over without waiting. */
  write(octets: Buffer): void {
    this.#recorder.sent(octets.length)
    this.#incoming.spoken()
    this.#wire.write(octets)
  }

  /**
   * Writes content while listening for an early answer.
   * @returns the last block, which is not written yet: it goes with what ends the content; and the entry that shows it
   * @throws {Refusal} when the server answers before the end; the connection is of no use then
   */
  async stream(parts: OutgoingContent): Promise<{ readonly held: Buffer; readonly seq: number }> {
    await this.#mayWrite(parts)
    let bytes = 0
    let beginning: Buffer = Buffer.alloc(0)
    let held: Buffer = parts.head ?? Buffer.alloc(0)
    let whole: 'whole' | 'incomplete' = 'incomplete'
    let seq: number
    const source = iteratorOf(parts.content)
    try {
      for (;;) {
        const next = await this.#next(source, parts)
        if (next.done === true) break
        for (const block of blocksOf(next.value)) {
          if (bytes > 0) {
            this.write(held)
            await this.#mayWrite(parts)
          }
          if (bytes < PREVIEW_OCTETS) {
            beginning = Buffer.concat([beginning, block.subarray(0, PREVIEW_OCTETS - bytes)])
          }
          const encoded = parts.encode(block)
          held = bytes === 0 ? Buffer.concat([held, encoded]) : encoded
          bytes += block.length
        }
      }
      await this.#mayWrite(parts)
      whole = 'whole'
    } finally {
      if (whole === 'incomplete') abandon(source)
      const shown = parts.shows === 'nothing' ? Buffer.from(REDACTED) : beginning
      seq = this.#recorder.data('client', bytes, shown, whole)
    }
    return { held, seq }
  }

  /** The next of the content. Whoever gives it may take their time, and the server may have enough of that. */
  async #next(source: Source, parts: OutgoingContent): Promise<IteratorResult<Buffer, unknown>> {
    const next = Promise.resolve(source.next())
    if (parts.replies === 'due') return await next
    const first = await this.#wire.unlessReadable(next)
    if (first !== undefined) return first
    await whileLeftAlone(next, () => this.#mayWrite(parts))
    return await next
  }

  /**
   * Waits until content may be written, and notices what forbids it: a connection that is lost, time that is up, and a
   * reply, for one that comes before the content was handed over is no acceptance of it.
   */
  async #mayWrite({ replies }: OutgoingContent): Promise<void> {
    if (replies === 'due') {
      await this.#writable()
      return
    }
    if (!this.#incoming.isPending && (await this.#writable()) === 'writable') return
    const early = {
      subject: 'answer to the message',
      phase: 'data',
      seq: undefined,
      sentAt: this.#now(),
    } as const
    const reply = await this.#incoming.reply(early)
    const evidence = reply.seq === undefined ? [] : [reply.seq]
    this.#recorder.finding('early-reply', 'The server answered before the message was through.', evidence)
    if (reply.severity === 'transient' || reply.severity === 'permanent') throw new Refusal(reply)
    throw new Fault('protocol', 'the server accepted a message that it had not been sent yet')
  }

  async #writable(): Promise<'writable' | 'readable'> {
    try {
      return await this.#budget.spend('data', 'progress in writing the message', () => this.#wire.writable())
    } catch (error) {
      throw this.#incoming.lost(error, 'end of the message')
    }
  }
}

type Source = AsyncIterator<Buffer> | Iterator<Buffer>

function iteratorOf(content: OutgoingContent['content']): Source {
  return Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]()
}

/** Does something while nobody waits for a promise, whose failure would then be nobody's. */
async function whileLeftAlone(promise: Promise<unknown>, work: () => Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  await work()
}

/** Content that is still being waited for ends when it comes. */
function abandon(source: Source): void {
  Promise.resolve(source.return?.()).catch(() => undefined)
}

function* blocksOf(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += BLOCK_OCTETS) yield chunk.subarray(at, at + BLOCK_OCTETS)
}
