import type { TimeLimits } from '../session/budget.ts'
import type { Outcome } from '../session/outcome.ts'
import { runSession, type Session, type SessionEnd, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { type ContentFacts, type Envelope, envelopeCommands } from './envelope.ts'
import { type Opening, type OpeningReport, openSmtp } from './open.ts'
import { queueIdIn } from './queue-id.ts'
import { type SmtpReply, SmtpReplyReader } from './reply.ts'
import { transact, type Verdicts } from './transaction.ts'

export interface SendOptions {
  readonly target: Target
  readonly opening: Opening
  readonly envelope: Envelope
  readonly message: {
    /** The message as it goes on the wire, CRLF line ends only; asked for once, and only when the server wants it. */
    readonly content: () => AsyncIterable<Buffer> | Iterable<Buffer>
    readonly facts: ContentFacts
  }
  readonly pipelining: 'auto' | 'off'
  readonly onRejectedRecipient: 'continue' | 'abort'
  readonly timeLimits: TimeLimits
  readonly signal?: AbortSignal
}

export type SendResult = SessionEnd<void> & {
  readonly outcome: Outcome
  readonly verdicts: Verdicts
  readonly opening: OpeningReport
  readonly queueId: string | undefined
}

/** RFC 5321 §4.5.3.1.5 names 512 octets for a reply line; servers send more. */
const LONGEST_LINE = 8192

/** One session that sends one message, or goes as far as `stopAfter` says. */
export async function send(tools: SessionTools, options: SendOptions): Promise<SendResult> {
  const verdicts: Verdicts = { accepted: [], rejected: [] }
  const opening: OpeningReport = {}
  const end = await runSession(
    {
      tools,
      target: options.target,
      timeLimits: options.timeLimits,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      reader: (tolerated) => new SmtpReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    (session) => sendIn(session, options, verdicts, opening),
  )
  const queueId = end.failure === undefined ? queueIdIn(verdicts.final?.lines ?? []) : undefined
  return { ...end, outcome: outcomeOfSend(end, verdicts), verdicts: settled(end, verdicts), opening, queueId }
}

async function sendIn(
  session: Session<SmtpReply>,
  options: SendOptions,
  verdicts: Verdicts,
  report: OpeningReport,
): Promise<void> {
  const { reversePath, forwardPaths } = options.envelope
  for (const path of [reversePath, ...forwardPaths]) {
    if (path !== null)
      for (const known of [path.address, path.domain, path.asciiDomain]) session.recorder.permit(known)
  }
  const { dialogue, extensions, reached } = await openSmtp(session, options.opening, report)
  if (reached === 'stop') return
  session.stage = 'mail'
  const commands = envelopeCommands(options.envelope, options.message.facts, extensions)
  const { stopAfter } = options.opening
  await transact(
    session,
    dialogue,
    {
      mail: commands.mail,
      rcpts: commands.rcpts.map((command, place) => ({
        recipient: options.envelope.forwardPaths[place]?.address ?? '',
        command,
      })),
      content: options.message.content,
      flights: options.pipelining === 'auto' && extensions.has('PIPELINING') ? 'grouped' : 'single',
      onRejectedRecipient: options.onRejectedRecipient,
      stopAfter: stopAfter === 'mail' || stopAfter === 'rcpt' ? stopAfter : undefined,
    },
    verdicts,
  )
}

function outcomeOfSend(end: SessionEnd<void>, verdicts: Verdicts): Outcome {
  if (end.failure !== undefined) return end.failure.outcome
  if (verdicts.final === undefined) return 'ok'
  return verdicts.rejected.length > 0 ? 'partial' : 'accepted'
}

/** Recipients that RCPT accepted were given nothing when the message itself was not taken over. */
function settled(end: SessionEnd<void>, verdicts: Verdicts): Verdicts {
  const { failure } = end
  if (failure === undefined) return verdicts
  const reply =
    failure.stage === 'end-of-data' || failure.stage === 'data'
      ? (failure.reply as SmtpReply | undefined)
      : undefined
  const rejected = reply === undefined ? [] : verdicts.accepted.map(({ recipient }) => ({ recipient, reply }))
  return { ...verdicts, accepted: [], rejected: [...verdicts.rejected, ...rejected] }
}
