import type { RequestHandler, Response } from 'express'
import type { Clock } from '../session/budget.ts'
import type { SessionTools } from '../session/session.ts'
import { EventStream } from './event-stream.ts'

/** One call on its way to its answer. */
export class Call {
  readonly #response: Response
  readonly #clock: Clock
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
  listening(tools: SessionTools): SessionTools {
    return { ...tools, listen: ({ id }) => this.#events?.listener(id) }
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
