import type { RequestHandler, Response } from 'express'
import { type Terms, termsOf } from '../reproduce/played.ts'
import { type Reproduction, reproduction, TOOLS } from '../reproduce/reproduction.ts'
import type { Clock } from '../session/budget.ts'
import type { SessionTools } from '../session/session.ts'
import { type Account, decisiveIn } from './account.ts'
import { EventStream } from './event-stream.ts'

/** One call on its way to its answer. */
export class Call {
  readonly #response: Response
  readonly #clock: Clock
  readonly #terms = new Map<string, Terms>()
  #events: EventStream | undefined

  constructor(response: Response, clock: Clock) {
    this.#response = response
    this.#clock = clock
  }

  /** Where the caller reads along. */
  get events(): EventStream | undefined {
    return this.#events
  }

  /** The answer is a stream of events; it begins with the first session, or with the result. */
  readAlong(): void {
    this.#events = new EventStream(this.#response, this.#clock)
  }

  /** The tools whose sessions this call hears of. */
  listening(tools: Omit<SessionTools, 'listen'>): SessionTools {
    return {
      listen: ({ id, target }) => {
        this.#terms.set(id, termsOf(target))
        return this.#events?.listener(id)
      },
      ...tools,
    }
  }

  /** The command that does the same as the session that decided, where the call asks for one. */
  reproduction(account: Account): Reproduction | undefined {
    const tool = TOOLS.find((each) => each === this.#response.req.query['reproduce'])
    const transcript = decisiveIn(account)?.transcript
    if (tool === undefined || transcript === undefined) return undefined
    const terms = this.#terms.get(transcript.id)
    return terms === undefined ? undefined : reproduction(tool, transcript, terms)
  }
}

/** Every answer has its call. */
export function beginCall(clock: Clock): RequestHandler {
  return (_request, response, next) => {
    response.locals['call'] = new Call(response, clock)
    next()
  }
}

/** The call that this is the answer to. */
export function callOf(response: Response): Call {
  return response.locals['call'] as Call
}
