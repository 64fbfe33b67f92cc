import type { Response } from 'express'
import { withMaildrop } from '../pop3/session.ts'
import type { AuthWish } from '../session/auth.ts'
import type { TimeLimits } from '../session/budget.ts'
import type { Target } from '../session/target.ts'
import type { Context } from './context.ts'
import { invalidRequest, Problem } from './problem.ts'
import { runFor } from './run.ts'
import type { ConnectionOptions } from './schema/connection.ts'
import { problemOf } from './session-answer.ts'
import type { Place } from './target.ts'

/**
 * POP before SMTP: a login at the POP3 server, which then lets this address send for a while. It takes the place of a
 * login by AUTH.
 * @throws {Problem} what the failed login is to the caller; nothing was sent then
 */
export async function popBefore(
  context: Context,
  options: ConnectionOptions & { readonly server: string },
  auth: AuthWish,
  timeLimits: TimeLimits,
  response: Response,
  place: Place,
): Promise<void> {
  const target = popTarget(context, options, place)
  const end = await runFor(context, target, response, (signal, tools) =>
    withMaildrop(tools, { target, auth, timeLimits, signal, pipelining: 'off' }, (maildrop) =>
      maildrop.stat(),
    ),
  )
  if (end.failure === undefined) return
  const login = { state: 'asked', offered: end.opening.auth?.offered.now ?? [] } as const
  throw problemOf(end, { target, login }, { auth: end.opening.auth ?? null }, 'full')
}

/** A fault in the server's name is a fault of the field that holds it. */
function popTarget(context: Context, options: ConnectionOptions, place: Place): Target {
  try {
    return context.servers.meant('pop3', options, place).target
  } catch (error) {
    if (!(error instanceof Problem) || error.options.code !== 'invalid-request') throw error
    const detail = 'a POP3 server by URL or by name is wanted'
    throw invalidRequest([
      place === 'body' ? { pointer: '/auth/popBefore', detail } : { parameter: 'popBefore', detail },
    ])
  }
}
