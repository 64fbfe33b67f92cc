import type { RequestHandler } from 'express'
import type { Clock } from '../session/budget.ts'
import { Problem } from './problem.ts'
import { representProblem } from './represent.ts'
import { hasBody, isOfType } from './request-body.ts'

/** How long a body may take that is read whole. */
const BODY_MS = 60_000

/** How long a caller is heard out who sends on although the answer is there. */
const LINGER_MS = 5_000

/**
 * Bodies end in time. Node's own limit would hold for a streamed message too, which may take as long as its session.
 */
export function bodyTime(clock: Clock): RequestHandler {
  return (request, response, next) => {
    if (!hasBody(request)) {
      next()
      return
    }
    let cancel = (): void => undefined
    if (!isOfType(request, 'message/rfc822')) {
      cancel = clock.after(BODY_MS, () => {
        if (request.complete || response.headersSent) return
        const problem = new Problem({
          status: 408,
          code: 'request-timeout',
          detail: `The body was not whole within ${BODY_MS / 1000} s.`,
        })
        representProblem(request, response, problem)
      })
    }
    response.once('finish', () => {
      cancel()
      if (request.complete) return
      request.resume()
      cancel = clock.after(LINGER_MS, () => {
        if (!request.complete) request.socket.destroy()
      })
    })
    response.once('close', () => {
      // 'finish' comes first, and what is then waited for is the rest of the body
      if (!response.writableFinished) cancel()
    })
    request.once('close', () => cancel())
    next()
  }
}

/** A body that became whole after its time was over is not acted upon: that was the answer. */
export function unanswered(): RequestHandler {
  return (_request, response, next) => {
    if (!response.headersSent) next()
  }
}
