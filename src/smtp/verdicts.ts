import type { SmtpReply } from './reply.ts'

/** What the server said of one recipient. */
export interface RecipientVerdict {
  readonly recipient: string
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

/** A reply of a class that has no place here is as good as a refusal for good (RFC 5321 §4.3.2). */
export function asRefusal(reply: SmtpReply): SmtpReply {
  return reply.severity === 'transient' ? reply : { ...reply, severity: 'permanent' }
}
