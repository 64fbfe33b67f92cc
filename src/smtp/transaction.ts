import type { Command } from '../session/command.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import type { Turn } from '../session/turns.ts'
import { data, rset } from './command.ts'
import { endEmpty } from './content.ts'
import { conclude, type Delivery, deliver, handOn } from './delivery.ts'
import type { SmtpReply } from './reply.ts'
import { isAccepted, refusalOf, type Verdicts } from './verdicts.ts'

/** What one mail transaction (RFC 5321 §3.3) is to do. */
export interface Transaction extends Delivery {
  readonly mail: Command
  readonly rcpts: readonly { readonly recipient: string; readonly command: Command }[]
  /** `abort`: one refused recipient, and nothing is delivered to anybody. */
  readonly onRejectedRecipient: 'continue' | 'abort'
  /** Where it ends before the message is handed over. */
  readonly endAfter: 'mail' | 'rcpt' | 'data' | undefined
}

interface EnvelopeReplies {
  readonly mail: SmtpReply
  readonly data: SmtpReply | undefined
}

/** The envelope's commands in one flight. RFC 2920 §3.1: MAIL and RCPT anywhere in a group, DATA last. */
export function envelopeTurns(transaction: Transaction): Turn[] {
  const rcpts = transaction.endAfter === 'mail' ? [] : transaction.rcpts
  // once DATA was answered 354 only content can follow, which would be delivered to those who were accepted
  const withData =
    transaction.carriage.by === 'DATA' &&
    transaction.endAfter === undefined &&
    transaction.onRejectedRecipient === 'continue'
  return [
    { command: transaction.mail },
    ...rcpts.map(({ command }) => ({ command })),
    ...(withData ? [{ command: data(), phase: 'data' as const }] : []),
  ]
}

/**
 * MAIL, RCPT for each recipient, DATA or BDAT, the content, and QUIT along with its end where commands may be grouped.
 * @param sent the envelope's turns, where they are on their way already
 * @throws {Refusal} the first refusal that decides; every reply of a group is read before
 * @throws {Fault}
 */
export async function transact(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
  sent?: readonly Pending<SmtpReply>[],
): Promise<void> {
  session.stage = 'mail'
  if (transaction.carriage.by === 'BDAT' && transaction.carriage.when === 'with-envelope') {
    await allInOneFlight(session, dialogue, transaction, verdicts)
    return
  }
  const replies =
    transaction.flights === 'grouped'
      ? await askInOneFlight(
          session,
          dialogue,
          transaction,
          verdicts,
          sent ?? dialogue.sendGroup(envelopeTurns(transaction)),
        )
      : await askOneByOne(session, dialogue, transaction, verdicts)
  // RFC 5321 §4.1.1.5: a transaction in which somebody was accepted is given up in so many words
  if (verdicts.accepted.length > 0) session.beforeQuit = rset()
  await judge(session, dialogue, transaction, replies, verdicts)
  if (transaction.endAfter === 'mail' || transaction.endAfter === 'rcpt') return
  if (transaction.carriage.by === 'DATA') {
    session.stage = 'data'
    const go = replies.data ?? (await dialogue.command(data(), 'data'))
    if (go.severity !== 'intermediate') throw refusalOf(go, 'DATA')
  }
  if (transaction.endAfter === 'data') return
  await deliver(session, dialogue, transaction, verdicts)
}

/** RFC 3030 §4.2: the content in the envelope's flight, at the price that it is sent before anybody was accepted. */
async function allInOneFlight(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
): Promise<void> {
  const sent = dialogue.sendGroup(envelopeTurns(transaction))
  const handed = await handOn(session, dialogue, transaction, 1)
  const replies = await askInOneFlight(session, dialogue, transaction, verdicts, sent)
  const refused = isAccepted(replies.mail) ? undefined : replies.mail
  if (refused === undefined && verdicts.accepted.length > 0) {
    session.stage = 'end-of-data'
    await conclude(session, dialogue, transaction, verdicts, handed)
    return
  }
  // the answer to the content is a consequence; still it says that nothing was taken
  for (const pending of handed.finals) verdicts.final = await dialogue.reply(pending)
  if (verdicts.final !== undefined && isAccepted(verdicts.final)) {
    throw new Fault('protocol', 'the server took a message over for nobody')
  }
  session.handedOver = false
  session.budget.unshield()
  session.stage = refused === undefined ? 'rcpt' : 'mail'
  throw refused === undefined
    ? refusalOf(verdicts.rejected[0]?.reply as SmtpReply, 'RCPT')
    : refusalOf(refused, 'MAIL')
}

async function askInOneFlight(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
  sent: readonly Pending<SmtpReply>[],
): Promise<EnvelopeReplies> {
  const [first, ...others] = sent
  const mail = await dialogue.reply(first as Pending<SmtpReply>)
  const count = transaction.endAfter === 'mail' ? 0 : transaction.rcpts.length
  const dataPending = others[count]
  try {
    if (count > 0) session.stage = 'rcpt'
    for (const [place, pending] of others.slice(0, count).entries()) {
      const reply = await dialogue.reply(pending)
      if (isAccepted(mail)) judged(verdicts, transaction.rcpts[place], reply)
    }
    if (dataPending === undefined) return { mail, data: undefined }
    session.stage = 'data'
    return { mail, data: await dialogue.reply(dataPending) }
  } catch (error) {
    if (!(error instanceof Fault || error instanceof Refusal)) throw error
    // a server that refused the sender, or all recipients, and hung up has said what matters
    const decided = !isAccepted(mail) || (session.stage === 'data' && verdicts.accepted.length === 0)
    if (!decided) throw error
    return { mail, data: undefined }
  }
}

async function askOneByOne(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
): Promise<EnvelopeReplies> {
  const mail = await dialogue.command(transaction.mail)
  if (!isAccepted(mail) || transaction.endAfter === 'mail') return { mail, data: undefined }
  session.stage = 'rcpt'
  for (const rcpt of transaction.rcpts) {
    const reply = await dialogue.command(rcpt.command)
    judged(verdicts, rcpt, reply)
    if (!isAccepted(reply) && transaction.onRejectedRecipient === 'abort') break
  }
  return { mail, data: undefined }
}

/** Written down at once, so that it is known whatever comes next. */
function judged(verdicts: Verdicts, rcpt: Transaction['rcpts'][number] | undefined, reply: SmtpReply): void {
  const verdict = { recipient: rcpt?.recipient ?? '', stage: 'rcpt' as const, reply }
  ;(isAccepted(reply) ? verdicts.accepted : verdicts.rejected).push(verdict)
}

/**
 * What the replies mean together. The first refusal decides: those behind it are its consequences.
 * @throws {Refusal} {Fault}
 */
async function judge(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  replies: EnvelopeReplies,
  verdicts: Verdicts,
): Promise<void> {
  const firstRejected = isAccepted(replies.mail) ? verdicts.rejected[0]?.reply : replies.mail
  const enough = verdicts.accepted.length > 0 && transaction.onRejectedRecipient === 'continue'
  if (firstRejected === undefined || enough) return
  if (replies.data?.severity === 'intermediate') await endEmpty(dialogue)
  const verb = isAccepted(replies.mail) ? 'RCPT' : 'MAIL'
  session.stage = verb === 'RCPT' ? 'rcpt' : 'mail'
  throw refusalOf(firstRejected, verb)
}
