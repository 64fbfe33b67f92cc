import type { AuthWish } from '../session/auth.ts'
import type { TimeLimits } from '../session/budget.ts'
import { runSession, type Session, type SessionEnd, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { offers } from './capa.ts'
import { Flights } from './flights.ts'
import { Maildrop } from './maildrop.ts'
import { type Opened, type OpeningReport, openPop3 } from './open.ts'
import { type Pop3Reply, Pop3ReplyReader } from './reply.ts'

export interface Pop3Options {
  readonly target: Target
  readonly timeLimits: TimeLimits
  readonly signal?: AbortSignal
  /** The login that is to come; until then no more than its secrets is needed. */
  readonly auth?: AuthWish | undefined
}

export interface MaildropOptions extends Pop3Options {
  readonly auth: AuthWish
  /** `auto`: several commands in one flight where the server offers PIPELINING; some that offer it cannot do it. */
  readonly pipelining: 'auto' | 'off'
}

export type Pop3End<T> = SessionEnd<T> & { readonly opening: OpeningReport }

/** RFC 2449 §4 names 512 octets for a status line; servers send more. */
const LONGEST_LINE = 8192

/** One session as far as one comes without logging in, and what `flow` does from there. */
export async function withPop3<T>(
  tools: SessionTools,
  options: Pop3Options,
  flow: (opened: Opened, session: Session<Pop3Reply>) => Promise<T>,
): Promise<Pop3End<T>> {
  const opening: OpeningReport = {}
  const end = await runSession(
    {
      tools,
      target: options.target,
      timeLimits: options.timeLimits,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      secretsOf: options.auth,
      reader: (tolerated) => new Pop3ReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    async (session) => await flow(await openPop3(session, opening), session),
  )
  return { opening, ...end }
}

/** One session that does one thing with a maildrop; its first question logs in. */
export async function withMaildrop<T>(
  tools: SessionTools,
  options: MaildropOptions,
  flow: (maildrop: Maildrop) => Promise<T>,
): Promise<Pop3End<T>> {
  const attempt = (pipelining: 'auto' | 'off', again: boolean): Promise<Pop3End<T>> =>
    withPop3(tools, options, async (opened, session) => {
      if (again) {
        opened.dialogue.finding(
          'login-not-grouped',
          'In a first session the login failed together with the commands behind it; this is a second one, with one command at a time.',
        )
      }
      return await flow(maildropOf(session, opened, options.auth, pipelining))
    })
  const end = await attempt(options.pipelining, false)
  return isSpoilt(end) ? await attempt('off', true) : end
}

/** The maildrop behind a login that is still to be done. */
export function maildropOf(
  session: Session<Pop3Reply>,
  { dialogue, capabilities, logIn }: Opened,
  auth: AuthWish,
  pipelining: 'auto' | 'off',
): Maildrop {
  const grouped = pipelining === 'auto' && capabilities !== undefined && offers(capabilities, 'PIPELINING')
  const flights = new Flights(session, dialogue, grouped ? 'grouped' : 'single', logIn(auth))
  return new Maildrop({ session, dialogue, flights, capabilities })
}

/**
 * A login that was refused as a mechanism, or wanted more to be said, after QUIT had gone out with it: another way could
 * not be tried any more. Refused credentials are no reason to try again.
 */
function isSpoilt({ failure, opening, stage }: Pop3End<unknown>): boolean {
  if (failure === undefined || stage !== 'auth' || opening.rode !== true) return false
  return (opening.auth?.tried.length ?? 0) > 1 || failure.fault?.kind === 'protocol'
}
