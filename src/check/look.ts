import type { AuthWish } from '../session/auth.ts'
import { conceal } from '../session/conceal.ts'
import type { Dialogue } from '../session/dialogue.ts'
import { Unmet } from '../session/outcome.ts'
import type { Session, SessionEnd } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { isVerified } from '../session/tls-policy.ts'
import { type Extensions, mechanismsIn } from '../smtp/ehlo.ts'
import { type Hello, noteChanges, sayHello } from '../smtp/hello.ts'
import { login } from '../smtp/login.ts'
import { type OpeningReport, openSmtp } from '../smtp/open.ts'
import type { SmtpReply } from '../smtp/reply.ts'
import type { TlsFacts } from '../wire/wire.ts'
import { type Answered, ask, type Question } from './questions.ts'
import { type RecipientsWish, type RecipientTry, tryRecipients } from './recipients.ts'
import { smtpSession, type Terms } from './terms.ts'

export interface LookOptions {
  readonly hello: Hello
  readonly auth: AuthWish | undefined
  readonly recipients: RecipientsWish
  readonly questions: readonly Question[]
}

/** Filled while the session goes on, so that it is there whatever ends it. */
export interface LookReport extends OpeningReport {
  extensionsAfterTls?: Extensions
  extensionsAfterLogin?: Extensions
  readonly recipients: RecipientTry[]
  readonly answers: Answered[]
}

export type Looked = SessionEnd<void> & { readonly report: LookReport; readonly target: Target }

/**
 * The target as somebody sees it who looks: what would end another session, no TLS or a certificate that does not verify,
 * is what is to be found out. Credentials are withheld from it all the same.
 */
export function asLookedAt(target: Target): Target {
  const security = target.security === 'required' ? 'opportunistic' : target.security
  return { ...target, security, verify: 'look' }
}

/**
 * One session that looks at a server and sends nothing: greeting, EHLO, TLS and EHLO again, the login and EHLO again, and
 * what else is asked for. One command at a time, because each reply's own time is wanted.
 */
export async function look(terms: Terms, asked: Target, options: LookOptions): Promise<Looked> {
  const target = asLookedAt(asked)
  const report: LookReport = { recipients: [], answers: [] }
  const end = await smtpSession(terms, target, async (session) => {
    for (const path of [options.recipients.sender, ...options.recipients.recipients]) {
      if (path === null) continue
      for (const known of [path.address, path.domain, path.asciiDomain]) session.recorder.permit(known)
    }
    // a server may know them from an earlier session, and say them before they are sent in this one
    if (options.auth !== undefined) conceal(session.recorder, session.target, options.auth)
    const { dialogue, extensions } = await openSmtp(
      session,
      { hello: options.hello, xclient: undefined, end: undefined },
      report,
    )
    if (session.tls !== undefined) report.extensionsAfterTls = extensions
    const now = await loggedIn(session, dialogue, asked, options, extensions, report)
    await tryRecipients(session, dialogue, options.recipients, now, report.recipients)
    await ask(session, dialogue, options.questions, report.answers)
    session.stage = 'quit'
  })
  return { ...end, report, target }
}

async function loggedIn(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  asked: Target,
  { auth, hello }: LookOptions,
  extensions: Extensions,
  report: LookReport,
): Promise<Extensions> {
  if (auth === undefined) return extensions
  session.stage = 'auth'
  const offered = {
    beforeTls: mechanismsIn(report.extensionsBeforeTls ?? extensions),
    now: mechanismsIn(extensions),
  }
  if (wouldHaveEnded(asked, session.tls)) {
    report.auth = { offered, tried: [], chosen: null }
    throw new Unmet(
      'credentials-need-tls',
      'TLS was asked for, and it is missing or its certificate does not verify: nobody logs in there',
      { offered: offered.now },
    )
  }
  await login(session, dialogue, auth, offered, report, [])
  const after = await sayHello(session, dialogue, hello)
  report.extensionsAfterLogin = after
  noteChanges(dialogue, 'after the login', extensions, after)
  return after
}

/** Where another session would have ended, credentials are not sent in this one, whatever else allows it. */
function wouldHaveEnded({ security, verify }: Target, tls: TlsFacts | undefined): boolean {
  if (security !== 'required' && security !== 'implicit') return false
  return tls === undefined || (verify === 'strict' && !isVerified(tls))
}
