import type { AuthReport } from '../session/auth.ts'
import type { Dialogue } from '../session/dialogue.ts'
import { Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { startTls } from './command.ts'
import { type Extensions, offeredIn } from './ehlo.ts'
import { type Hello, noteChanges, sayHello } from './hello.ts'
import { type SmtpReply, seqOf } from './reply.ts'
import { isAccepted, refusalOf } from './verdicts.ts'
import { impersonate, type XclientWish } from './xclient.ts'

/** Where a session may end early, and how: by QUIT, or by hanging up. */
export const STOPS = ['connect', 'greeting', 'hello', 'starttls', 'auth', 'mail', 'rcpt'] as const
export const DROPS = [...STOPS, 'data', 'end-of-data'] as const

export interface End {
  readonly after: (typeof DROPS)[number]
  readonly how: 'quit' | 'drop'
}

export interface Opening {
  readonly hello: Hello
  readonly xclient: XclientWish | undefined
  readonly end: End | undefined
}

export interface Opened {
  readonly dialogue: Dialogue<SmtpReply>
  readonly extensions: Extensions
  readonly reached: 'end' | 'stop'
}

/** Filled while the session opens, so that it is there whatever ends it. */
export interface OpeningReport {
  extensionsBeforeTls?: Extensions
  extensions?: Extensions
  auth?: AuthReport
}

/**
 * Greeting, EHLO, STARTTLS and EHLO again: everything before login and the first transaction.
 * @throws {Refusal} {Fault} {Unmet}
 */
export async function openSmtp(
  session: Session<SmtpReply>,
  opening: Opening,
  report: OpeningReport,
): Promise<Opened> {
  const { dialogue, greeting } = await session.open()
  if (greeting.code !== 220) throw refusalOf(greeting, 'the connection')
  const { end, xclient } = opening
  let extensions: Extensions = new Map()
  const opened = (reached: Opened['reached']): Opened => ({ dialogue, extensions, reached })
  if (endsAfter(session, end, 'connect')) {
    session.stage = 'connect'
    return opened('stop')
  }
  if (endsAfter(session, end, 'greeting')) return opened('stop')

  const greet = async (): Promise<void> => {
    extensions = await sayHello(session, dialogue, opening.hello)
    report.extensions = extensions
  }
  await greet()
  report.extensionsBeforeTls = extensions
  if (endsAfter(session, end, 'hello')) return opened('stop')

  if (xclient?.when === 'before-tls') {
    await impersonate(session, dialogue, xclient, extensions)
    await greet()
  }
  if (wantsUpgrade(session, extensions)) {
    await upgrade(session, dialogue)
    // RFC 3207 §4.2: what was learnt before TLS is forgotten
    if (session.tls !== undefined) {
      const before = extensions
      await greet()
      noteChanges(dialogue, 'inside TLS', before, extensions)
    }
  }
  if (endsAfter(session, end, 'starttls')) {
    if (session.tls !== undefined) session.stage = 'starttls'
    return opened('stop')
  }
  if (xclient?.when === 'after-tls') {
    await impersonate(session, dialogue, xclient, extensions)
    await greet()
  }
  return opened('end')
}

/** Whether the session is to end here; if so, how it is left is settled. */
export function endsAfter(session: Session<SmtpReply>, end: End | undefined, stage: End['after']): boolean {
  if (end?.after !== stage) return false
  if (end.how === 'drop') session.leaving = 'drop'
  return true
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
  if (isAccepted(reply)) {
    await session.upgrade(dialogue)
    return
  }
  if (session.target.security === 'required') throw refusalOf(reply, 'STARTTLS')
  dialogue.finding(
    'starttls-refused',
    'STARTTLS was offered and refused; the session went on in the clear.',
    seqOf(reply),
  )
}
