import type { Response } from 'express'
import type { Hold } from '../check/terms.ts'
import type { TimeLimits } from '../session/budget.ts'
import type { Context } from './context.ts'
import { runFor } from './run.ts'

/**
 * What every session of a call with several goes through: there has to be room for it, it ends when the caller leaves, and it
 * has what is left of the call's time.
 */
export function holding(
  context: Pick<Context, 'tools' | 'sessions'>,
  timeLimits: TimeLimits,
  response: Response,
): Hold {
  const { clock } = context.tools
  const began = clock.now()
  return async (target, work) =>
    await runFor(context, target, response, (signal, tools) =>
      work({ tools, timeLimits: { spent: clock.now() - began, ...timeLimits }, signal }),
    )
}
