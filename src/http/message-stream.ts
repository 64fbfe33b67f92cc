import type { Clock } from '../session/budget.ts'
import { Fault, Unmet } from '../session/outcome.ts'
import { BareLineEnd, type LineEndPolicy, LineEnds } from '../text/line-ends.ts'
import { LONGEST_HEADER, messageIdIn } from './outgoing-message.ts'
import type { FieldError, ProblemOptions } from './problem.ts'
import { CallerLeft, type RequestBody } from './request-body.ts'

/** What the stream is held to. */
export interface StreamLimits {
  readonly lineEnds: LineEndPolicy
  readonly maxOctets: number
  /** The caller has to send on within so many ms. */
  readonly idleMs: number
  /** By the clock's `now()`: when the whole call has to be over. */
  readonly deadline: number
}

/** What was the caller's doing: the message broke off before its end, and so nothing was handed over. */
export interface BrokenOff {
  /** What the session was ended with. */
  readonly unmet: Unmet
  readonly problem: Pick<ProblemOptions, 'status' | 'code' | 'detail'> & {
    readonly errors?: readonly FieldError[]
  }
}

/** A message on its way from the body of a request to a mail server: never held whole, at the pace of the slower side. */
export class MessageStream {
  readonly #open: () => RequestBody
  readonly #limits: StreamLimits
  readonly #clock: Clock
  readonly #lineEnds: LineEnds
  #octets = 0
  /** The beginning of what was passed on, where the message's id stands. */
  readonly #beginning = Buffer.alloc(LONGEST_HEADER)
  #begun: 'not-begun' | 'begun' = 'not-begun'
  #brokenOff: BrokenOff | undefined
  #refusedLineEnd: BareLineEnd | undefined
  #body: RequestBody | undefined

  /** @param open called once, when the mail server wants the message */
  constructor(open: () => RequestBody, limits: StreamLimits, clock: Clock) {
    this.#open = open
    this.#limits = limits
    this.#clock = clock
    this.#lineEnds = new LineEnds(limits.lineEnds)
  }

  /** Whether the body was asked for; it cannot be had twice. */
  get begun(): boolean {
    return this.#begun === 'begun'
  }

  get brokenOff(): BrokenOff | undefined {
    return this.#brokenOff
  }

  get messageId(): string | null {
    return messageIdIn(this.#beginning.subarray(0, Math.min(this.#octets, LONGEST_HEADER)))
  }

  /** What was noticed of the octets that came. */
  get findings(): readonly { readonly code: string; readonly text: string }[] {
    const refused = this.#refusedLineEnd
    return [
      ...(refused === undefined ? [] : [{ code: refused.which, text: `There is ${refused.message}.` }]),
      ...this.#lineEnds.findings.filter(({ code }) => code !== 'eight-bit'),
    ]
  }

  /**
   * The message with CRLF alone, as it comes.
   * @throws {Unmet} when the caller's message breaks off; `brokenOff` says why
   * @throws {Fault} `aborted` when the caller has left
   */
  async *content(): AsyncGenerator<Buffer> {
    this.#begun = 'begun'
    const body = this.#open()
    this.#body = body
    try {
      for (let given = await this.#next(body); given !== null; given = await this.#next(body)) {
        const octets = this.#clean(() => this.#lineEnds.push(given as Buffer))
        if (octets.length > 0) yield octets
      }
      const rest = this.#clean(() => this.#lineEnds.end())
      if (rest.length > 0) yield rest
    } finally {
      body.release()
    }
  }

  /** The session is over; what was still waited for is not wanted any more. */
  release(): void {
    this.#body?.release()
  }

  async #next(body: RequestBody): Promise<Buffer | null> {
    const left = this.#limits.deadline - this.#clock.now()
    const limit = Math.max(0, Math.min(this.#limits.idleMs, left))
    let cancel = (): void => undefined
    const late = new Promise<'late'>((resolve) => {
      cancel = this.#clock.after(limit, () => resolve('late'))
    })
    try {
      const octets = await Promise.race([body.next(), late])
      if (octets !== 'late') return octets
    } catch (error) {
      if (!(error instanceof CallerLeft)) throw error
      throw new Fault('aborted', 'the caller has left before the message was whole', { cause: error })
    } finally {
      cancel()
    }
    throw this.#breakOff({
      status: 408,
      code: 'request-timeout',
      detail:
        limit < this.#limits.idleMs
          ? 'The time of the whole call ran out while the message was still coming.'
          : `No more of the message came within ${limit} ms; nothing was handed over.`,
    })
  }

  #clean(convert: () => Buffer): Buffer {
    const octets = this.#converted(convert)
    if (this.#octets < LONGEST_HEADER) octets.copy(this.#beginning, this.#octets)
    this.#octets += octets.length
    if (this.#octets > this.#limits.maxOctets) {
      throw this.#breakOff({
        status: 413,
        code: 'payload-too-large',
        detail: `The message has more than ${this.#limits.maxOctets} octets, which is what this service takes; nothing was handed over.`,
      })
    }
    return octets
  }

  #converted(convert: () => Buffer): Buffer {
    try {
      return convert()
    } catch (error) {
      if (!(error instanceof BareLineEnd)) throw error
      this.#refusedLineEnd = error
      const detail = `${error.message}; lineEnds=convert would make it CRLF`
      throw this.#breakOff({
        status: 400,
        code: 'invalid-request',
        detail: 'The message has line ends that `lineEnds` does not let pass; nothing was handed over.',
        errors: [{ pointer: '', detail }],
      })
    }
  }

  #breakOff(problem: BrokenOff['problem']): Unmet {
    const unmet = new Unmet(problem.code, problem.detail)
    this.#brokenOff = { unmet, problem }
    return unmet
  }
}
