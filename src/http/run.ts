import type { Response } from 'express'
import type { TimeLimits } from '../session/budget.ts'
import type { SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { callOf } from './call.ts'
import { requireTarget } from './caller.ts'
import type { Context } from './context.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { ConnectionOptions } from './schema/connection.ts'

/**
 * Runs one session for one call: within the limits of the service and of the caller's key, and ended when the caller leaves.
 * With the tools that `work` is given the caller can read along.
 * @throws {NoRoom}
 * @throws {Problem} 403
 */
export async function runFor<T>(
  context: Pick<Context, 'sessions' | 'tools'>,
  target: Target,
  response: Response,
  work: (signal: AbortSignal, tools: SessionTools) => Promise<T>,
): Promise<T> {
  requireTarget(response, target)
  return await askFor(context, target, response, work)
}

/**
 * The same for a question that goes to the DNS alone: no connection to the target comes of it.
 * @throws {NoRoom}
 */
export async function askFor<T>(
  context: Pick<Context, 'sessions' | 'tools'>,
  target: Target,
  response: Response,
  work: (signal: AbortSignal, tools: SessionTools) => Promise<T>,
): Promise<T> {
  return await context.sessions.run(`${target.host}:${target.port}`, async (caller) => {
    const left = (): void => {
      if (!response.writableFinished) caller.abort()
    }
    response.once('close', left)
    // between two sessions of one call
    if (response.destroyed) left()
    try {
      return await work(caller.signal, callOf(response).listening(context.tools))
    } finally {
      response.off('close', left)
    }
  })
}

/**
 * The time limits of a call: what it asks for, within what the configuration allows.
 * @throws {Problem} 400 naming each limit that is asked for and not allowed
 */
export function timeLimitsOf(
  context: Context,
  asked: ConnectionOptions['timeouts'],
  place: 'body' | 'query',
): TimeLimits {
  const { defaults, maxima } = context.timeLimits
  const errors: FieldError[] = []
  const limits: Record<string, number> = { ...defaults }
  for (const [phase, ms] of Object.entries(asked ?? {})) {
    if (ms === undefined) continue
    const maximum = maxima[phase as keyof TimeLimits]
    if (ms > maximum) {
      const detail = `at most ${maximum} ms are allowed here`
      errors.push(
        place === 'body'
          ? { pointer: `/timeouts/${phase}`, detail }
          : { parameter: `${phase}Timeout`, detail },
      )
    }
    limits[phase] = ms
  }
  if (errors.length > 0) throw invalidRequest(errors)
  const asWished = limits as unknown as TimeLimits
  // nothing hangs on the reply to QUIT
  return { ...asWished, quit: Math.min(asWished.quit, asWished.command) }
}
