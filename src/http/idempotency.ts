import { createHmac } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { NoRoom } from '../session/sessions.ts'
import { LongText } from '../text/long-text.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import { invalidRequest, Problem, type ProblemOptions } from './problem.ts'
import { type Answer, reproducible, reproducibleProblem } from './represent.ts'

const HEADER = 'Idempotency-Key'

/** For the document; the header itself is looked at here. */
export const idempotencyHeaders = z.object({
  [HEADER]: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'JSON only. 1 to 255 visible ASCII characters, fresh for each message. The same key with the same request within 24 hours gets the answer of the first call, whatever that was, with `Idempotency-Replayed: true`, and nothing is sent (as events, an answer is the only one, and a problem comes with its status); also an `unknown` or a deferred one. Where the first call reached no mail server, or its caller left before the message was handed over, the key is free again.',
    ),
})

/** How a call ended. */
export interface Finished {
  readonly answer: Answer | Problem
  /** Whether it stands for good: a mail server was reached, so that doing it again could be doing it twice. */
  readonly stands: 'for-good' | 'until-next-time'
}

/** @throws {Problem} where it ended with one */
export function answerOf({ answer }: Finished): Answer {
  if (answer instanceof Problem) throw answer
  return answer
}

type Remembered =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'problem'; readonly options: ProblemOptions }

/**
 * The key of a call.
 * @throws {Problem} 400
 */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  // Node joins repeated headers with a comma and a blank, which no key holds
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw invalidRequest([{ header: HEADER, detail: 'one key of 1 to 255 visible ASCII characters' }])
}

/** Runs a call once for each key, and gives its answer again to whoever repeats it. */
export class Idempotency {
  readonly #store: IdempotencyStore
  readonly #secret: Buffer

  /** @param secret what keys and requests are hashed with, so that nobody can find a password by trying */
  constructor(store: IdempotencyStore, secret: Buffer) {
    this.#store = store
    this.#secret = secret
  }

  /**
   * @param wish what was asked for, whole: body and query
   * @param caller whose key it is
   * @throws {Problem} the first call's; 409 while that is running; 422 when the key was used for another request
   */
  async once(
    call: { readonly key: string; readonly caller: string; readonly wish: unknown },
    response: Response,
    work: () => Promise<Finished>,
  ): Promise<Answer> {
    const key = await this.#digest([call.caller, call.key])
    const fingerprint = await this.#digest(call.wish)
    const claim = await this.#store.claim(key, fingerprint)
    if (claim.state === 'claimed') return await this.#first(key, response, work)
    if (claim.fingerprint !== fingerprint) {
      throw new Problem({
        status: 422,
        code: 'idempotency-mismatch',
        detail: `This ${HEADER} belongs to another request; nothing was sent.`,
      })
    }
    if (claim.state === 'running') {
      throw new Problem({
        status: 409,
        code: 'idempotency-conflict',
        detail: `A call with this ${HEADER} is running; this one was not begun.`,
        headers: { 'Retry-After': '1' },
      })
    }
    response.setHeader('Idempotency-Replayed', 'true')
    const settled = JSON.parse(claim.answer) as Remembered
    if (settled.kind === 'problem') throw new Problem(settled.options)
    return settled.answer
  }

  async #first(key: string, response: Response, work: () => Promise<Finished>): Promise<Answer> {
    let finished: Finished
    try {
      finished = await work()
    } catch (error) {
      if (error instanceof Problem || error instanceof NoRoom) await this.#store.release(key)
      else await this.#settle(key, OUR_MISTAKE)
      throw error
    }
    const { answer, stands } = finished
    if (stands === 'until-next-time') await this.#store.release(key)
    else await this.#settle(key, remembered(response, answer))
    return answerOf(finished)
  }

  async #settle(key: string, answer: Remembered): Promise<void> {
    await this.#store.settle(key, JSON.stringify(answer))
  }

  async #digest(value: unknown): Promise<string> {
    const hash = createHmac('sha256', this.#secret)
    for (const part of partsOf(value)) {
      hash.update(part)
      // a piece of a long text: others have their turn before the next
      if (typeof part !== 'string') await nextTurn()
    }
    return hash.digest('base64')
  }
}

/** Whole: what the call knows of its sessions is not known to those that repeat it. */
function remembered(response: Response, answer: Answer | Problem): Remembered {
  if (answer instanceof Problem)
    return { kind: 'problem', options: reproducibleProblem(response, answer).options }
  return { kind: 'answer', answer: reproducible(response, answer) }
}

/** Nobody knows how far the call had come: it is not begun anew. */
const OUR_MISTAKE: Remembered = {
  kind: 'problem',
  options: {
    status: 500,
    code: 'internal-error',
    detail: 'Something went wrong here in the first call; whether it sent the message is not known.',
  },
}

/** A value piece by piece, whatever the order of its members, and never as one long text. */
function* partsOf(value: unknown): Generator<string | Buffer> {
  if (Array.isArray(value)) {
    yield `[${value.length}:`
    for (const part of value) yield* partsOf(part)
  } else if (value instanceof LongText) {
    yield `"${value.octets}:`
    yield* value.pieces()
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    yield `{${members.length}:`
    for (const [name, member] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield* partsOf(name)
      yield* partsOf(member)
    }
  } else if (typeof value === 'string') {
    yield `"${Buffer.byteLength(value)}:`
    yield value
  } else yield `${String(value)};`
}
