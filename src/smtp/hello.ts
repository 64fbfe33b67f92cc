import type { Dialogue } from '../session/dialogue.ts'
import type { Session } from '../session/session.ts'
import { ehlo, helo, lhlo } from './command.ts'
import { type Extensions, extensionsIn, offeredIn } from './ehlo.ts'
import { type SmtpReply, seqOf } from './reply.ts'
import { isAccepted, refusalOf } from './verdicts.ts'

export const HELLO_VERBS = ['auto', 'EHLO', 'HELO', 'LHLO', 'none'] as const

/** How this client introduces itself. */
export interface Hello {
  readonly name: string
  /** `auto`: EHLO, and HELO where EHLO is not known; LHLO over LMTP. */
  readonly verb: (typeof HELLO_VERBS)[number]
}

/** RFC 5321 §4.2.4: how servers say that they do not know EHLO. */
const EHLO_NOT_KNOWN: ReadonlySet<number> = new Set([500, 501, 502, 503, 504])

/**
 * The hello of this session, and what the server offers in answer.
 * @throws {Refusal} {Fault}
 */
export async function sayHello(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  hello: Hello,
): Promise<Extensions> {
  session.stage = 'hello'
  const verb = hello.verb === 'auto' && session.target.protocol === 'lmtp' ? 'LHLO' : hello.verb
  if (verb === 'none') {
    dialogue.note('no-hello', 'no EHLO was asked for: the server offers nothing that way')
    return new Map()
  }
  session.recorder.helloed(hello.name)
  if (verb === 'HELO') return await sayHelo(dialogue, hello.name)
  const reply = await dialogue.command(verb === 'LHLO' ? lhlo(hello.name) : ehlo(hello.name))
  if (isAccepted(reply)) {
    return extensionsIn(reply, (code, text) => dialogue.finding(code, text, seqOf(reply)))
  }
  // without EHLO there is no STARTTLS, so a session that needs it cannot go on with HELO
  const mayFallBack = verb === 'auto' && session.target.security !== 'required'
  if (!mayFallBack || !EHLO_NOT_KNOWN.has(reply.code))
    throw refusalOf(reply, verb === 'LHLO' ? 'LHLO' : 'EHLO')
  dialogue.note('fallback', `EHLO was answered ${reply.code}, trying HELO`)
  return await sayHelo(dialogue, hello.name)
}

async function sayHelo(dialogue: Dialogue<SmtpReply>, name: string): Promise<Extensions> {
  const reply = await dialogue.command(helo(name))
  if (!isAccepted(reply)) throw refusalOf(reply, 'HELO')
  return new Map()
}

/** Tells what a second EHLO offers that the first did not, and the other way round. */
export function noteChanges(
  dialogue: Dialogue<SmtpReply>,
  where: string,
  before: Extensions,
  after: Extensions,
): void {
  const was = offeredIn(before)
  const is = offeredIn(after)
  const gone = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`)
  const come = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`)
  if (gone.length + come.length > 0)
    dialogue.note('extensions-changed', `${where}: ${[...gone, ...come].join(', ')}`)
}
