import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { Clock } from '../session/budget.ts'
import { keyOf } from './caller.ts'

/** Taken over only when it is harmless in a log and a header. */
const HARMLESS_ID = /^[\w.-]{1,64}$/

/** One line a call; never the query or the headers, which may hold what is nobody's business. */
export function callLog(logger: Logger, clock: Clock): RequestHandler {
  return (request, response, next) => {
    const began = clock.now()
    const given = request.headers['x-request-id']
    const id = typeof given === 'string' && HARMLESS_ID.test(given) ? given : randomUUID()
    response.locals['requestId'] = id
    response.setHeader('X-Request-Id', id)
    // the URL as it came: whoever routes the call may change it
    const path = request.url.split('?', 1)[0] ?? ''
    response.once('close', () => {
      const finished = response.writableFinished
      logger[levelOf(finished, response.statusCode, path)](
        {
          req: { id, method: request.method, path },
          res: {
            statusCode: response.statusCode,
            session: response.getHeader('X-Session-Id'),
            key: keyOf(response)?.name,
          },
          responseTime: Math.round(clock.now() - began),
        },
        finished ? 'request completed' : 'request aborted',
      )
    })
    next()
  }
}

/** What the log calls this call. */
export function requestIdOf(response: Pick<Response, 'locals'>): string {
  return String(response.locals['requestId'])
}

function levelOf(finished: boolean, status: number, path: string): 'warn' | 'info' | 'debug' {
  if (!finished || status >= 500) return 'warn'
  return path === '/livez' || path === '/readyz' ? 'debug' : 'info'
}
