import { Fault } from './outcome.ts'

/** Time as an argument: monotonic, and able to call back. */
export interface Clock {
  /** Monotonic, ms. */
  now(): number
  /** Calls back once after `ms`. @returns cancels it */
  after(ms: number, call: () => void): () => void
  /** Wall clock, ms since 1970. */
  wallNow(): number
}

/** Time limits of one session, in ms. Below each of them `total` always holds. */
export interface TimeLimits {
  /** Name resolution, each connection attempt, and a TLS handshake. */
  readonly connect: number
  readonly greeting: number
  /** Each reply. */
  readonly command: number
  /** The reply to DATA, and each block of content to be written or read. */
  readonly data: number
  /** The reply to the end of mail data. */
  readonly final: number
  /** The reply to QUIT. */
  readonly quit: number
  readonly total: number
}

/** The time limits of a session that is one of several in a call. */
export interface CallLimits extends TimeLimits {
  /** How much of `total` the call had used up before. */
  readonly spent?: number
}

export type Phase = Exclude<keyof TimeLimits, 'total'>

/** What ends a session from outside. */
export interface Interruptions {
  /** The caller has left: not while the answer to what was handed over is waited for. */
  readonly left?: AbortSignal | undefined
  /** The service ends and waits no longer, whatever is left in doubt. */
  readonly serviceEnds?: AbortSignal | undefined
}

/** What is waited for at the moment. */
interface Wait {
  readonly interrupt: (fault: Fault) => void
  /** A pause has no limit of its own. */
  readonly limit?: {
    readonly phase: Phase
    readonly subject: string
    /** By the clock, ms. */
    readonly deadline: number
  }
}

/** One clock for a whole session; every wait draws from it, and the caller's leaving interrupts it. */
export class Budget {
  readonly #clock: Clock
  readonly #limits: CallLimits
  readonly #interruptions: Interruptions
  /** When the whole call is over, by the clock, ms. */
  readonly #ends: number
  readonly #onLeft = (): void => this.#abort()
  readonly #onServiceEnds = (): void => {
    this.#end(new Fault('aborted', 'the service is shutting down', { code: 'shutting-down' }))
  }
  readonly #ring = (): void => this.#rang()
  /** One for all waits: it is set anew only for one that is over before it would ring. */
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined
  #over: Fault | undefined
  #wait: Wait | undefined
  #severing: ((fault: Fault) => void) | undefined
  #shielded = false
  #abortWaits = false

  constructor(clock: Clock, limits: CallLimits, interruptions: Interruptions = {}) {
    this.#clock = clock
    this.#limits = limits
    this.#interruptions = interruptions
    this.#ends = clock.now() + Math.max(0, limits.total - (limits.spent ?? 0))
    this.#setAlarm(this.#ends)
    const { left, serviceEnds } = interruptions
    if (serviceEnds?.aborted === true) this.#onServiceEnds()
    else serviceEnds?.addEventListener('abort', this.#onServiceEnds, { once: true })
    if (left?.aborted === true) this.#abort()
    else left?.addEventListener('abort', this.#onLeft, { once: true })
  }

  /** What has to be cut when time is up or the caller leaves, once there is a connection. */
  severs(cut: (fault: Fault) => void): void {
    this.#severing = cut
  }

  /** @throws {Fault} when the time is up or the caller has left: for what must not even be begun then */
  check(): void {
    if (this.#over !== undefined) throw this.#over
  }

  /**
   * Waits for `work`, at most as long as the phase and the whole call allow.
   * @param subject what is waited for, as it stands in `no … within 30 s`
   * @throws {Fault} `timeout`, or `aborted` when the caller has left
   */
  async spend<T>(phase: Phase, subject: string, work: () => Promise<T>): Promise<T> {
    this.check()
    return await new Promise<T>((resolve, reject) => {
      const wait = this.#begin(phase, subject, reject)
      work().then(
        (value) => {
          this.#done(wait)
          resolve(value)
        },
        (error: unknown) => {
          this.#done(wait)
          reject(error as Error)
        },
      )
    })
  }

  /**
   * Lets time pass, as long as the whole call allows.
   * @throws {Fault} `timeout`, or `aborted` when the caller has left
   */
  async pause(ms: number): Promise<void> {
    this.check()
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => {
        this.#done(wait)
        resolve()
      })
      const wait: Wait = {
        interrupt: (fault) => {
          cancel()
          reject(fault)
        },
      }
      this.#wait = wait
    })
  }

  /**
   * From here on a caller who leaves no longer ends the session: the message was handed over, and its answer is waited
   * for so that nothing is left in doubt. Time limits hold on.
   */
  shield(): void {
    this.#shielded = true
  }

  /** The answer is known: a caller who has left meanwhile, or leaves, may end what remains. */
  unshield(): void {
    this.#shielded = false
    if (this.#abortWaits) this.#abort()
  }

  /** Stops the clock; belongs at the end of every session. */
  close(): void {
    this.#alarm?.cancel()
    this.#interruptions.left?.removeEventListener('abort', this.#onLeft)
    this.#interruptions.serviceEnds?.removeEventListener('abort', this.#onServiceEnds)
  }

  #begin(phase: Phase, subject: string, interrupt: Wait['interrupt']): Wait {
    const deadline = this.#clock.now() + this.#limits[phase]
    const wait = { interrupt, limit: { phase, subject, deadline } }
    this.#wait = wait
    this.#setAlarm(deadline)
    return wait
  }

  #done(wait: Wait): void {
    if (this.#wait === wait) this.#wait = undefined
  }

  #setAlarm(at: number): void {
    if (this.#alarm !== undefined && this.#alarm.at <= at) return
    this.#alarm?.cancel()
    this.#alarm = { at, cancel: this.#clock.after(Math.max(0, at - this.#clock.now()), this.#ring) }
  }

  /** The alarm may have been set for a wait that is over, or ring a little early. */
  #rang(): void {
    this.#alarm = undefined
    const now = this.#clock.now() + TICK_MS
    const limit = this.#wait?.limit
    if (now >= this.#ends) {
      const total = `the whole call took longer than ${seconds(this.#limits.total)}`
      this.#end(new Fault('timeout', total, { code: 'total' }))
      return
    }
    if (limit !== undefined && now >= limit.deadline) {
      const { phase, subject } = limit
      this.#interrupt(
        new Fault('timeout', `no ${subject} within ${seconds(this.#limits[phase])}`, { code: phase }),
      )
    }
    this.#setAlarm(Math.min(this.#wait?.limit?.deadline ?? this.#ends, this.#ends))
  }

  #abort(): void {
    if (this.#shielded) this.#abortWaits = true
    else this.#end(new Fault('aborted', 'the caller has left'))
  }

  #end(fault: Fault): void {
    this.#over ??= fault
    this.#interrupt(this.#over)
  }

  #interrupt(fault: Fault): void {
    const wait = this.#wait
    this.#wait = undefined
    this.#severing?.(fault)
    wait?.interrupt(fault)
  }
}

/** Timers are no more exact than this, ms. */
const TICK_MS = 1

function seconds(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`
}
