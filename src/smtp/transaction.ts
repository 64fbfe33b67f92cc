import type { Command } from '../session/command.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { DotStuffer } from '../text/dots.ts'
import { data, quit } from './command.ts'
import type { SmtpReply } from './reply.ts'

/** What the server said of one recipient. */
export interface RecipientVerdict {
  readonly recipient: string
  readonly reply: SmtpReply
}

/** What one mail transaction (RFC 5321 §3.3) is to do. */
export interface Transaction {
  readonly mail: Command
  readonly rcpts: readonly { readonly recipient: string; readonly command: Command }[]
  readonly content: () => AsyncIterable<Buffer> | Iterable<Buffer>
  /** `grouped` where the server offers PIPELINING (RFC 2920). */
  readonly flights: 'grouped' | 'single'
  /** `abort`: one refused recipient, and nothing is delivered to anybody. */
  readonly onRejectedRecipient: 'continue' | 'abort'
  readonly stopAfter: 'mail' | 'rcpt' | undefined
}

/** Filled while the transaction runs, so that it is there whatever ends it. */
export interface Verdicts {
  readonly accepted: RecipientVerdict[]
  readonly rejected: RecipientVerdict[]
  /** The reply to the end of mail data. */
  final?: SmtpReply
}

interface EnvelopeReplies {
  readonly mail: SmtpReply
  readonly data: SmtpReply | undefined
}

/**
 * MAIL, RCPT for each recipient, DATA, the content, and QUIT along with its end where commands may be grouped.
 * @throws {Refusal} the first refusal that decides; every reply of a group is read before
 * @throws {Fault}
 */
export async function transact(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
): Promise<void> {
  const ask = transaction.flights === 'grouped' ? askInOneFlight : askOneByOne
  const replies = await ask(session, dialogue, transaction, verdicts)
  await judge(session, dialogue, transaction, replies, verdicts)
  if (transaction.stopAfter !== undefined) return
  await deliver(session, dialogue, transaction, verdicts)
}

/** RFC 2920 §3.1: MAIL and RCPT anywhere in a group, DATA last. */
async function askInOneFlight(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
): Promise<EnvelopeReplies> {
  session.stage = 'mail'
  const rcpts = transaction.stopAfter === 'mail' ? [] : transaction.rcpts
  // once DATA was answered 354 only content can follow, which would be delivered to those who were accepted
  const withData = transaction.stopAfter === undefined && transaction.onRejectedRecipient === 'continue'
  const pendings = dialogue.sendGroup([
    { command: transaction.mail },
    ...rcpts.map(({ command }) => ({ command })),
    ...(withData ? [{ command: data(), phase: 'data' as const }] : []),
  ])
  const [first, ...others] = pendings
  const mail = await dialogue.reply(first as Pending<SmtpReply>)
  const rcptPendings = others.slice(0, rcpts.length)
  const dataPending = others[rcpts.length]
  try {
    if (rcptPendings.length > 0) session.stage = 'rcpt'
    for (const [place, pending] of rcptPendings.entries()) {
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
  session.stage = 'mail'
  const mail = await dialogue.command(transaction.mail)
  if (!isAccepted(mail) || transaction.stopAfter === 'mail') return { mail, data: undefined }
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
  const verdict = { recipient: rcpt?.recipient ?? '', reply }
  ;(isAccepted(reply) ? verdicts.accepted : verdicts.rejected).push(verdict)
}

/**
 * What the replies mean together. The first refusal decides: those behind it are its consequences.
 * @throws {Refusal}
 */
async function judge(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  replies: EnvelopeReplies,
  verdicts: Verdicts,
): Promise<void> {
  if (!isAccepted(replies.mail)) {
    await endEmpty(dialogue, replies.data)
    session.stage = 'mail'
    throw new Refusal(asRefusal(replies.mail))
  }
  const firstRejected = verdicts.rejected[0]
  const enough = verdicts.accepted.length > 0 && transaction.onRejectedRecipient === 'continue'
  if (firstRejected !== undefined && !enough) {
    await endEmpty(dialogue, replies.data)
    session.stage = 'rcpt'
    throw new Refusal(asRefusal(firstRejected.reply))
  }
  if (transaction.stopAfter !== undefined) return
  session.stage = 'data'
  const go = replies.data ?? (await dialogue.command(data(), 'data'))
  if (go.severity !== 'intermediate') throw new Refusal(asRefusal(go))
}

/** RFC 2920 §3.1: where nobody was accepted and DATA was answered 354 all the same, a lone dot ends it. */
async function endEmpty(dialogue: Dialogue<SmtpReply>, go: SmtpReply | undefined): Promise<void> {
  if (go?.severity !== 'intermediate') return
  dialogue.note(
    'lone-dot',
    'nobody was accepted and DATA was answered all the same: it is ended without content',
  )
  const stuffer = new DotStuffer()
  try {
    const { finals } = await dialogue.content({
      content: [],
      encode: (chunk) => stuffer.push(chunk),
      end: () => stuffer.end(),
      handOver: () => undefined,
    })
    for (const final of finals) await dialogue.reply(final)
  } catch (error) {
    // the refusal that led here decides, whatever becomes of the connection
    if (!(error instanceof Fault || error instanceof Refusal)) throw error
    dialogue.finding('lone-dot-unanswered', `The lone dot was not answered: ${error.message}.`)
  }
}

async function deliver(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  transaction: Transaction,
  verdicts: Verdicts,
): Promise<void> {
  const stuffer = new DotStuffer()
  const { finals, along } = await dialogue.content({
    content: transaction.content(),
    encode: (chunk) => stuffer.push(chunk),
    end: () => stuffer.end(),
    ...(transaction.flights === 'grouped' ? { along: quit() } : {}),
    handOver: () => {
      session.stage = 'end-of-data'
      session.handedOver = true
      session.budget.shield()
    },
  })
  session.quit = along
  for (const final of finals) verdicts.final = await dialogue.reply(final)
  const final = verdicts.final as SmtpReply
  // neither yes nor no: the server may have taken the message all the same
  if (final.severity === 'intermediate') {
    session.leaving = 'drop'
    throw new Fault('protocol', `the server answered the end of the message with ${final.code}`)
  }
  session.handedOver = false
  session.budget.unshield()
  if (final.severity !== 'completion') throw new Refusal(final)
}

/** MAIL and RCPT are accepted with 2yz and with nothing else (RFC 5321 §4.3.2). */
function isAccepted(reply: SmtpReply): boolean {
  return reply.severity === 'completion'
}

/** A reply of a class that has no place here is as good as a refusal for good (RFC 5321 §4.3.2). */
function asRefusal(reply: SmtpReply): SmtpReply {
  return reply.severity === 'transient' ? reply : { ...reply, severity: 'permanent' }
}
