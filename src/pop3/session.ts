import type { AuthWish } from '../session/auth.ts'
import type { TimeLimits } from '../session/budget.ts'
import { runSession, type Session, type SessionEnd, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { Maildrop } from './maildrop.ts'
import { type OpeningReport, openPop3 } from './open.ts'
import { type Pop3Reply, Pop3ReplyReader } from './reply.ts'

export interface MaildropOptions {
  readonly target: Target
  readonly auth: AuthWish
  readonly timeLimits: TimeLimits
  readonly signal?: AbortSignal
}

export type MaildropEnd<T> = SessionEnd<T> & { readonly opening: OpeningReport }

/** RFC 2449 §4 names 512 octets for a status line; servers send more. */
const LONGEST_LINE = 8192

/** One session that logs in and does one thing with a maildrop. */
export async function withMaildrop<T>(
  tools: SessionTools,
  options: MaildropOptions,
  flow: (maildrop: Maildrop, session: Session<Pop3Reply>) => Promise<T>,
): Promise<MaildropEnd<T>> {
  const opening: OpeningReport = {}
  const end = await runSession(
    {
      tools,
      target: options.target,
      timeLimits: options.timeLimits,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      reader: (tolerated) => new Pop3ReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    async (session) => {
      const { dialogue, capabilities } = await openPop3(session, options.auth, opening)
      return await flow(new Maildrop(session, dialogue, capabilities), session)
    },
  )
  return { ...end, opening }
}
