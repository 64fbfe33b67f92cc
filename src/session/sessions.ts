import { setMaxListeners } from 'node:events'

/** Why no session may begin now. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom'
  readonly limit: 'in-all' | 'per-target' | 'shutting-down'

  constructor(limit: NoRoom['limit'], message: string) {
    super(message)
    this.limit = limit
  }
}

export interface SessionLimits {
  readonly inAll: number
  readonly perTarget: number
}

/** The sessions that are running: bounded in all and per target, and ended together when the service ends. */
export class Sessions {
  readonly #limits: SessionLimits
  readonly #running = new Set<AbortController>()
  readonly #perTarget = new Map<string, number>()
  readonly #closing = new AbortController()
  readonly #ending = new AbortController()
  #idle: (() => void) | undefined

  constructor(limits: SessionLimits) {
    this.#limits = limits
    // each session that runs listens, and each call that waits for its next one
    setMaxListeners(0, this.#closing.signal, this.#ending.signal)
  }

  /** Aborted when no session may begin any more. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Aborted when those that still run have to end. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  get running(): number {
    return this.#running.size
  }

  /**
   * Runs one session; answers at once when there is no room, and never queues.
   * @param target what the limit per target counts, `host:port`
   * @throws {NoRoom}
   */
  async run<T>(target: string, work: (caller: AbortController) => Promise<T>): Promise<T> {
    this.#requireRoom(target)
    const caller = new AbortController()
    this.#running.add(caller)
    this.#perTarget.set(target, (this.#perTarget.get(target) ?? 0) + 1)
    try {
      return await work(caller)
    } finally {
      this.#running.delete(caller)
      const others = (this.#perTarget.get(target) ?? 1) - 1
      if (others > 0) this.#perTarget.set(target, others)
      else this.#perTarget.delete(target)
      if (this.#running.size === 0) this.#idle?.()
    }
  }

  /**
   * Lets no session begin any more, and waits for those that run.
   * @param grace resolves when the patience is over; those that still run are then ended
   */
  async close(grace: Promise<void>): Promise<void> {
    this.#closing.abort()
    if (this.#running.size === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    await Promise.race([idle, grace])
    this.#ending.abort()
    await idle
  }

  #requireRoom(target: string): void {
    if (this.#closing.signal.aborted) throw new NoRoom('shutting-down', 'the service is shutting down')
    const { inAll, perTarget } = this.#limits
    if (this.#running.size >= inAll)
      throw new NoRoom('in-all', `${inAll} sessions are running, which is the limit`)
    if ((this.#perTarget.get(target) ?? 0) >= perTarget) {
      throw new NoRoom(
        'per-target',
        `${perTarget} sessions with this mail server are running, which is the limit`,
      )
    }
  }
}
