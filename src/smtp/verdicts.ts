import { isPositive } from '../session/answer.ts'
import { Fault, Refusal } from '../session/outcome.ts'
import type { SmtpReply } from './reply.ts'

/** What the server said of one recipient. */
export interface RecipientVerdict {
  readonly recipient: string
  /** Where it was said: an answer to the message means something else than the same answer to RCPT. */
  readonly stage: 'rcpt' | 'data' | 'end-of-data'
  readonly reply: SmtpReply
}

/** Filled while a transaction runs, so that it is there whatever ends it. */
export interface Verdicts {
  /** Accepted by RCPT: nothing is delivered yet. */
  readonly accepted: RecipientVerdict[]
  /** Refused by RCPT, or after the data by a server that answers for each recipient. */
  readonly rejected: RecipientVerdict[]
  /** For these the server has taken the message over. */
  readonly taken: RecipientVerdict[]
  /** The reply to the end of mail data; of several the last one. */
  final?: SmtpReply
}

export function noVerdicts(): Verdicts {
  return { accepted: [], rejected: [], taken: [] }
}

/** MAIL and RCPT are accepted with 2yz and with nothing else (RFC 5321 §4.3.2). */
export function isAccepted(reply: SmtpReply): boolean {
  return reply.severity === 'completion'
}

/** What a reply comes to that is not the one wanted: a refusal, or, of a class that has no place there, a server out of step. */
export function refusalOf(reply: SmtpReply, asked: string): Refusal | Fault {
  if (!isPositive(reply)) return new Refusal(reply)
  return new Fault('protocol', `${asked} was answered ${reply.code}, which has no place there`)
}
