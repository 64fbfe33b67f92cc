/** What is known of a key when a call wants it. */
export type Claim =
  /** It is this call's from now on, until it is settled or released. */
  | { readonly state: 'claimed' }
  | { readonly state: 'running'; readonly fingerprint: string }
  | { readonly state: 'settled'; readonly fingerprint: string; readonly answer: string }

/** Remembers answers by key. One that is shared between instances has to claim in one step. */
export interface IdempotencyStore {
  /** @param fingerprint tells one request from another */
  claim(key: string, fingerprint: string): Promise<Claim>
  /** Ends a claim with the answer that is given from now on. */
  settle(key: string, answer: string): Promise<void>
  /** Ends a claim as if the call had never been. */
  release(key: string): Promise<void>
}

export interface StoreLimits {
  /** How long an answer is remembered, ms. */
  readonly ageMs: number
  readonly answers: number
  /** Characters of all answers together. */
  readonly characters: number
}

const LIMITS: StoreLimits = { ageMs: 86_400_000, answers: 10_000, characters: 67_108_864 }

interface Settled {
  readonly fingerprint: string
  readonly answer: string
  readonly at: number
}

/**
 * In the memory of this process, bounded: the oldest answers go first, a call that is running and the answer that came
 * last never.
 */
export class MemoryStore implements IdempotencyStore {
  readonly #now: () => number
  readonly #limits: StoreLimits
  readonly #running = new Map<string, string>()
  /** In the order in which they were settled. */
  readonly #settled = new Map<string, Settled>()
  #characters = 0

  /** @param now monotonic, ms */
  constructor(now: () => number, limits: StoreLimits = LIMITS) {
    this.#now = now
    this.#limits = limits
  }

  async claim(key: string, fingerprint: string): Promise<Claim> {
    this.#forget((settled) => this.#now() - settled.at >= this.#limits.ageMs)
    const running = this.#running.get(key)
    if (running !== undefined) return { state: 'running', fingerprint: running }
    const settled = this.#settled.get(key)
    if (settled !== undefined)
      return { state: 'settled', fingerprint: settled.fingerprint, answer: settled.answer }
    this.#running.set(key, fingerprint)
    return { state: 'claimed' }
  }

  async settle(key: string, answer: string): Promise<void> {
    const fingerprint = this.#running.get(key)
    if (fingerprint === undefined) throw new Error('a key is settled that nobody had claimed')
    this.#running.delete(key)
    this.#settled.set(key, { fingerprint, answer, at: this.#now() })
    this.#characters += answer.length
    const { answers, characters } = this.#limits
    this.#forget(
      () => this.#settled.size > 1 && (this.#settled.size > answers || this.#characters > characters),
    )
  }

  async release(key: string): Promise<void> {
    this.#running.delete(key)
  }

  /** The oldest first, as long as it is to be. */
  #forget(isToGo: (oldest: Settled) => boolean): void {
    for (const [key, settled] of this.#settled) {
      if (!isToGo(settled)) return
      this.#settled.delete(key)
      this.#characters -= settled.answer.length
    }
  }
}
