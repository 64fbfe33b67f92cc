import { isPositive } from '../session/answer.ts'
import type { AuthReport, AuthWish } from '../session/auth.ts'
import type { Dialogue } from '../session/dialogue.ts'
import { Refusal, Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { ehlo, helo, startTls } from './command.ts'
import { type Extensions, extensionsIn, mechanismsIn, offeredIn } from './ehlo.ts'
import { login } from './login.ts'
import type { SmtpReply } from './reply.ts'

/** Where a session may end before the message: the stages of contract §5. */
export const STOPS = ['connect', 'greeting', 'hello', 'starttls', 'auth', 'mail', 'rcpt'] as const
export type Stop = (typeof STOPS)[number]

export interface Opening {
  /** The name in EHLO or HELO. */
  readonly hello: string
  readonly auth: AuthWish | undefined
  readonly stopAfter: Stop | undefined
}

export interface Opened {
  readonly dialogue: Dialogue<SmtpReply>
  readonly extensions: Extensions
  /** False when `stopAfter` ended it before. */
  readonly reached: 'end' | 'stop'
}

/** Filled while the session opens, so that it is there whatever ends it. */
export interface OpeningReport {
  extensionsBeforeTls?: Extensions
  extensions?: Extensions
  auth?: AuthReport
}

/** RFC 5321 §4.2.4: how servers say that they do not know EHLO. */
const EHLO_NOT_KNOWN: ReadonlySet<number> = new Set([500, 501, 502, 503, 504])

/**
 * Greeting, EHLO, STARTTLS and EHLO again, login: everything before the first transaction.
 * @throws {Refusal} {Fault} {Unmet}
 */
export async function openSmtp(
  session: Session<SmtpReply>,
  opening: Opening,
  report: OpeningReport,
): Promise<Opened> {
  const { dialogue, greeting } = await session.open()
  if (greeting.code !== 220) throw new Refusal(greeting)
  const ended = (extensions: Extensions): Opened => ({ dialogue, extensions, reached: 'stop' })
  if (opening.stopAfter === 'connect' || opening.stopAfter === 'greeting') return ended(new Map())

  let extensions = await hello(session, dialogue, opening.hello)
  report.extensions = extensions
  report.extensionsBeforeTls = extensions
  if (opening.stopAfter === 'hello') return ended(extensions)

  if (wantsUpgrade(session, extensions)) {
    await upgrade(session, dialogue)
    // RFC 3207 §4.2: what was learnt before TLS is forgotten
    if (session.tls !== undefined) extensions = await hello(session, dialogue, opening.hello)
    report.extensions = extensions
  }
  if (opening.stopAfter === 'starttls') return ended(extensions)

  if (opening.auth !== undefined) {
    session.stage = 'auth'
    const offered = { beforeTls: mechanismsIn(report.extensionsBeforeTls), now: mechanismsIn(extensions) }
    await login(session, dialogue, opening.auth, offered, report)
  }
  return { dialogue, extensions, reached: opening.stopAfter === 'auth' ? 'stop' : 'end' }
}

/** EHLO, and HELO where the server does not know EHLO (RFC 5321 §3.2). */
async function hello(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  name: string,
): Promise<Extensions> {
  session.stage = 'hello'
  session.recorder.helloed(name)
  const reply = await dialogue.command(ehlo(name))
  if (isPositive(reply))
    return extensionsIn(reply, (code, text) => dialogue.finding(code, text, seqOf(reply)))
  // without EHLO there is no STARTTLS, so a session that needs it cannot go on with HELO
  if (!EHLO_NOT_KNOWN.has(reply.code) || session.target.security === 'required') throw new Refusal(reply)
  dialogue.note('fallback', `EHLO was answered ${reply.code}, trying HELO`)
  const second = await dialogue.command(helo(name))
  if (!isPositive(second)) throw new Refusal(second)
  return new Map()
}

/** @throws {Unmet} when TLS is required and not offered */
function wantsUpgrade(session: Session<SmtpReply>, extensions: Extensions): boolean {
  const { security } = session.target
  if (security === 'implicit' || security === 'off') return false
  if (extensions.has('STARTTLS')) return true
  if (security === 'opportunistic') return false
  session.stage = 'starttls'
  throw new Unmet('starttls-not-offered', 'TLS is required, and the server does not offer STARTTLS', {
    offered: offeredIn(extensions),
  })
}

async function upgrade(session: Session<SmtpReply>, dialogue: Dialogue<SmtpReply>): Promise<void> {
  session.stage = 'starttls'
  const reply = await dialogue.command(startTls())
  if (reply.code !== 220) {
    if (session.target.security === 'required') throw new Refusal(reply)
    dialogue.finding(
      'starttls-refused',
      'STARTTLS was offered and refused; the session went on in the clear.',
      seqOf(reply),
    )
    return
  }
  await session.upgrade(dialogue)
}

function seqOf(reply: SmtpReply): number[] {
  return reply.seq === undefined ? [] : [reply.seq]
}
