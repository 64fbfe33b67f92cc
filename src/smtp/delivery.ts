import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import type { Flights } from '../session/turns.ts'
import { quit } from './command.ts'
import { type Carriage, type Handed, handOver } from './content.ts'
import type { SmtpReply } from './reply.ts'
import { isAccepted, type RecipientVerdict, type Verdicts } from './verdicts.ts'

/** How the message goes out, and how it is answered. */
export interface Delivery {
  readonly content: () => AsyncIterable<Buffer> | Iterable<Buffer>
  /** `grouped` where the server offers PIPELINING (RFC 2920). */
  readonly flights: Flights
  readonly carriage: Carriage
  /** How the end of the content is answered: once, or for each recipient by LMTP's rule or PRDR's. */
  readonly answers: 'once' | 'lmtp' | 'prdr'
  /** `drop`: the connection is cut once the answer is there, and no QUIT goes out before. */
  readonly leaving: 'quit' | 'drop'
}

/** RFC 5321 §4.1.1.10: the reply to QUIT, and to nothing else. */
const GOODBYE = 221

/** PRDR: "353 content analysis has started", then one reply for each recipient and one for all. */
const PRDR_STARTED = 353

/**
 * Hands the message over and reads what becomes of it.
 * @throws {Refusal} when it was taken over for nobody
 * @throws {Fault} while nobody knows
 */
export async function deliver(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  delivery: Delivery,
  verdicts: Verdicts,
): Promise<void> {
  const handed = await handOn(session, dialogue, delivery, verdicts.accepted.length)
  await conclude(session, dialogue, delivery, verdicts, handed)
}

/** The content on its way; its answers are due. */
export async function handOn(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  delivery: Delivery,
  recipients: number,
): Promise<Handed> {
  const { answers, flights, carriage, leaving } = delivery
  // a server that may answer for each recipient says only then how many answers there are
  const along = flights === 'grouped' && answers !== 'prdr' && leaving === 'quit' ? quit() : undefined
  const handed = await handOver(session, dialogue, {
    carriage,
    content: delivery.content(),
    ...(along === undefined ? {} : { along }),
    finals: answers === 'lmtp' ? recipients : 1,
  })
  session.beforeQuit = undefined
  session.quit = handed.along
  return handed
}

/**
 * Reads what became of the message.
 * @throws {Refusal} when it was taken over for nobody
 * @throws {Fault} while nobody knows
 */
export async function conclude(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  delivery: Delivery,
  verdicts: Verdicts,
  handed: Handed,
): Promise<void> {
  const { answers } = delivery
  const first = await final(session, dialogue, handed.finals[0])
  if (answers === 'lmtp') await eachFor(session, dialogue, verdicts, first, handed.finals.slice(1))
  else if (answers === 'prdr' && first.code === PRDR_STARTED) await prdr(session, dialogue, verdicts)
  else settle(verdicts, verdicts.accepted, first)
  session.handedOver = false
  session.budget.unshield()
  if (verdicts.taken.length === 0) {
    // of several refusals the first is the one that is told, as among recipients
    const refused = verdicts.rejected.find(({ stage }) => stage === 'end-of-data')
    throw new Refusal(refused?.reply ?? (verdicts.final as SmtpReply))
  }
}

async function final(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  pending: Pending<SmtpReply> | undefined,
): Promise<SmtpReply> {
  const reply = await dialogue.reply(pending as Pending<SmtpReply>)
  // neither yes nor no: the server may have taken the message all the same
  const undecided = reply.severity === 'intermediate' && reply.code !== PRDR_STARTED
  if (undecided || reply.code === GOODBYE) {
    session.leaving = 'drop'
    throw new Fault('protocol', `the server answered the end of the message with ${reply.code}`)
  }
  return reply
}

/** RFC 2033 §4.2: one reply for each recipient that RCPT accepted, in that order. */
async function eachFor(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  verdicts: Verdicts,
  first: SmtpReply,
  others: readonly Pending<SmtpReply>[],
): Promise<void> {
  const [one, ...rest] = verdicts.accepted
  settle(verdicts, one === undefined ? [] : [one], first)
  for (const [place, pending] of others.entries()) {
    const verdict = rest[place]
    settle(verdicts, verdict === undefined ? [] : [verdict], await final(session, dialogue, pending))
  }
}

/** The answer for all comes last; where it is no, the yeses before it are worth nothing. */
async function prdr(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  verdicts: Verdicts,
): Promise<void> {
  const pendings = dialogue.expectMore('reply for each recipient', verdicts.accepted.length + 1)
  const replies: SmtpReply[] = []
  for (const pending of pendings) replies.push(await final(session, dialogue, pending))
  const overall = replies.at(-1) as SmtpReply
  for (const [place, verdict] of verdicts.accepted.entries()) {
    settle(verdicts, [verdict], isAccepted(overall) ? (replies[place] ?? overall) : overall)
  }
  verdicts.final = overall
}

function settle(verdicts: Verdicts, recipients: readonly RecipientVerdict[], reply: SmtpReply): void {
  verdicts.final = reply
  const settled = recipients.map(({ recipient }) => ({ recipient, stage: 'end-of-data' as const, reply }))
  ;(isAccepted(reply) ? verdicts.taken : verdicts.rejected).push(...settled)
}
