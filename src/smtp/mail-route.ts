import type { CallLimits } from '../session/budget.ts'
import type { FindMailHosts } from '../session/mail-route.ts'
import { runSession, type SessionEnd, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { SmtpReplyReader } from './reply.ts'

export interface RouteOptions {
  readonly domain: string
  /** The domain in the place of a mail server, for the transcript of a question that fails. */
  readonly target: Target
  readonly timeLimits: CallLimits
  readonly signal: AbortSignal
}

/** Where mail for a domain goes (RFC 5321 §5.1), asked within the limits of a session, and told as one when it fails. */
export async function mailRoute(
  tools: SessionTools,
  find: FindMailHosts,
  { domain, target, timeLimits, signal }: RouteOptions,
): Promise<SessionEnd<Awaited<ReturnType<FindMailHosts>>>> {
  return await runSession(
    {
      tools,
      target,
      timeLimits,
      signal,
      reader: (tolerated) => new SmtpReplyReader(tolerated),
      maxLineOctets: 0,
    },
    async (session) => {
      try {
        return await session.budget.spend(
          'connect',
          `answer to the question where mail for ${domain} goes`,
          () => find(domain),
        )
      } catch (error) {
        if (error instanceof Error)
          session.recorder.event('not-resolved', `MX of ${domain}: ${error.message}`)
        throw error
      }
    },
  )
}
