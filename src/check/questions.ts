import { type Command, command } from '../session/command.ts'
import type { Dialogue } from '../session/dialogue.ts'
import { Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import type { SmtpReply } from '../smtp/reply.ts'

/** VRFY and EXPN ask the server about its users and lists (RFC 5321 §3.5). */
export interface Question {
  readonly verb: 'VRFY' | 'EXPN'
  readonly argument: string
}

export interface Answered extends Question {
  readonly reply: SmtpReply
}

/**
 * Asks one after the other.
 * @param answers filled while it goes on, so that it is there whatever ends it
 * @throws {Refusal} {Fault} when the server has had enough
 */
export async function ask(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  questions: readonly Question[],
  answers: Answered[],
): Promise<void> {
  for (const question of questions) {
    session.stage = 'hello'
    const reply = await dialogue.command(questionOf(question))
    answers.push({ ...question, reply })
    if (reply.code === 421) throw new Refusal(reply)
  }
}

function questionOf({ verb, argument }: Question): Command {
  return command(verb, argument)
}
