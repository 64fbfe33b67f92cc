import { isPositive } from '../session/answer.ts'
import { Refusal, Unmet } from '../session/outcome.ts'
import type { Session, SessionEnd } from '../session/session.ts'
import { noop, quit, startTls } from './command.ts'
import { offeredIn } from './ehlo.ts'
import { type Hello, sayHello } from './hello.ts'
import { type SmtpReply, seqOf } from './reply.ts'

/** Whether a command that came in the clear behind STARTTLS is carried over into TLS (CVE-2011-0411 and its family). */
export interface InjectionProbe {
  readonly verdict: 'vulnerable' | 'not-vulnerable' | 'undecided'
  /** What the verdict rests on. */
  readonly because: string
  /** `seq` in the transcript of the probe's own session. */
  readonly evidence: readonly number[]
}

/**
 * STARTTLS and NOOP in one flight in the clear, then the handshake, then QUIT alone: a server that answers inside TLS before it
 * says goodbye has answered what anybody on the way could have put there (RFC 3207 §6). NOOP does nothing whoever says it.
 * @throws {Refusal} {Fault} {Unmet} when it does not come to that; `injectionProbed` says what it means
 */
export async function probeInjection(session: Session<SmtpReply>, hello: Hello): Promise<InjectionProbe> {
  const { dialogue, greeting } = await session.open()
  if (greeting.code !== 220) throw new Refusal(greeting)
  const extensions = await sayHello(session, dialogue, hello)
  session.stage = 'starttls'
  if (!extensions.has('STARTTLS')) {
    throw new Unmet('starttls-not-offered', 'the server does not offer STARTTLS', {
      offered: offeredIn(extensions),
    })
  }
  dialogue.note('probe', 'STARTTLS and NOOP go out together in the clear: nothing may answer NOOP inside TLS')
  const [agreement] = dialogue.sendGroup([{ command: startTls() }, { command: noop() }])
  if (agreement === undefined) throw new Error('a group has as many replies as commands')
  const agreed = await dialogue.reply(agreement)
  if (!isPositive(agreed)) {
    if (agreed.severity !== 'permanent') throw new Refusal(agreed)
    return {
      verdict: 'not-vulnerable',
      because: 'The server refuses STARTTLS with a command behind it.',
      evidence: seqOf(agreed),
    }
  }
  await session.upgrade(dialogue)
  session.stage = 'quit'
  const replies = dialogue.takeUnsolicited()
  replies.push(await dialogue.command(quit()))
  for (const due of replies.at(-1)?.code === GOODBYE ? [] : dialogue.expectMore('reply to QUIT', 1))
    replies.push(await dialogue.reply(due))
  session.leaving = 'said'
  if (replies.at(-1)?.code !== GOODBYE) return undecided('QUIT was not answered 221.', replies)
  // a server that greets anew inside TLS has answered nothing
  const answers = replies.slice(0, -1).filter(({ code }) => code !== GREETING)
  if (answers.length === 0) {
    return {
      verdict: 'not-vulnerable',
      because: 'Inside TLS nothing was answered but QUIT.',
      evidence: replies.slice(-1).flatMap(seqOf),
    }
  }
  return {
    verdict: 'vulnerable',
    because: 'The NOOP that came in the clear was answered inside TLS.',
    evidence: answers.flatMap(seqOf),
  }
}

const GREETING = 220
const GOODBYE = 221

/** The probe's result however its session ended. */
export function injectionProbed(end: SessionEnd<InjectionProbe>): InjectionProbe {
  const { failure, value } = end
  if (failure === undefined) return value
  const { reply, fault, unmet } = failure
  if (fault?.code === 'starttls-injection')
    return undecided('NOOP was answered in the clear, and so there was no handshake.')
  if (fault?.kind === 'tls') return undecided('There was no handshake with a command behind STARTTLS.')
  if (reply !== undefined) return undecided(`The server answered ${reply.code} before it came to that.`)
  return undecided(`It did not come to that: ${fault?.message ?? unmet?.message ?? 'nobody knows why'}.`)
}

function undecided(because: string, replies: readonly SmtpReply[] = []): InjectionProbe {
  return { verdict: 'undecided', because, evidence: replies.flatMap(seqOf) }
}
