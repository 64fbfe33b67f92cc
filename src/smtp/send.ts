import type { AuthWish } from '../session/auth.ts'
import type { CallLimits } from '../session/budget.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { type Outcome, Unmet } from '../session/outcome.ts'
import { runSession, type Session, type SessionEnd, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import type { Flights } from '../session/turns.ts'
import type { Carriage } from './content.ts'
import { type Extensions, mechanismsIn, offeredIn } from './ehlo.ts'
import { type ContentFacts, type Envelope, envelopeCommands } from './envelope.ts'
import { noteChanges, sayHello } from './hello.ts'
import { login } from './login.ts'
import { endsAfter, type Opening, type OpeningReport, openSmtp } from './open.ts'
import { type ProxiedConnection, proxyHeader } from './proxy-header.ts'
import { queueIdIn } from './queue-id.ts'
import { type SmtpReply, SmtpReplyReader } from './reply.ts'
import { sevenBitOnly } from './seven-bit.ts'
import { envelopeTurns, type Transaction, transact } from './transaction.ts'
import { noVerdicts, type RecipientVerdict, type Verdicts } from './verdicts.ts'

export interface SendOptions {
  readonly target: Target
  readonly opening: Opening
  readonly auth: AuthWish | undefined
  /** Another login of the same call, which was before this session. */
  readonly popLogin?: AuthWish | undefined
  readonly proxied?: ProxiedConnection
  readonly envelope: Envelope
  readonly message: {
    /** The message as it goes on the wire, CRLF line ends only; asked for once, and only when the server wants it. */
    readonly content: () => AsyncIterable<Buffer> | Iterable<Buffer>
    readonly facts: ContentFacts
  }
  readonly pipelining: 'auto' | 'off'
  /** `auto`: BDAT by the letter of RFC 3030, where it is offered and the size is known. */
  readonly chunking: 'auto' | 'early' | 'off'
  readonly onRejectedRecipient: 'continue' | 'abort'
  readonly timeLimits: CallLimits
  readonly signal?: AbortSignal
}

export type SendResult = SessionEnd<void> & {
  readonly outcome: Outcome
  /** For these the server has taken the message over; with an early end, these RCPT accepted. */
  readonly accepted: readonly RecipientVerdict[]
  readonly rejected: readonly RecipientVerdict[]
  readonly reply: SmtpReply | undefined
  readonly opening: OpeningReport
  readonly queueId: string | undefined
}

/** RFC 5321 §4.5.3.1.5 names 512 octets for a reply line; servers send more. */
const LONGEST_LINE = 8192

/** One session that sends one message, or goes as far as it is told. */
export async function send(tools: SessionTools, options: SendOptions): Promise<SendResult> {
  const verdicts = noVerdicts()
  const opening: OpeningReport = {}
  const { proxied } = options
  const end = await runSession(
    {
      tools,
      target: options.target,
      timeLimits: options.timeLimits,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(proxied === undefined
        ? {}
        : { preface: { octets: proxyHeader(proxied), shown: `PROXY protocol, version ${proxied.version}` } }),
      secretsOf: options.auth ?? options.popLogin,
      reader: (tolerated) => new SmtpReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
      success: () => successOf(verdicts),
    },
    (session) => sendIn(session, options, verdicts, opening),
  )
  const reply = end.failure === undefined ? verdicts.final : undefined
  return {
    outcome: end.failure?.outcome ?? successOf(verdicts),
    reply,
    opening,
    queueId: queueIdIn(reply?.lines ?? []),
    ...end,
    ...settled(end, verdicts),
  }
}

async function sendIn(
  session: Session<SmtpReply>,
  options: SendOptions,
  verdicts: Verdicts,
  report: OpeningReport,
): Promise<void> {
  const { reversePath, forwardPaths } = options.envelope
  for (const path of [reversePath, ...forwardPaths]) {
    if (path === null) continue
    for (const known of [path.address, path.domain, path.asciiDomain]) session.recorder.permit(known)
  }
  const { dialogue, extensions, reached } = await openSmtp(session, options.opening, report)
  if (reached === 'stop') return
  const ready = await loggedIn(session, dialogue, options, extensions, report)
  if (endsAfter(session, options.opening.end, 'auth')) return
  const transaction = ready.transaction ?? transactionOf(session, options, ready.extensions)
  await transact(session, dialogue, transaction, verdicts, ready.sent)
  // the session is left as it was asked for, now that it has come so far
  for (const stage of ['mail', 'rcpt', 'data', 'end-of-data'] as const)
    endsAfter(session, options.opening.end, stage)
}

interface Ready {
  readonly extensions: Extensions
  /** Where the envelope went along with the login. */
  readonly transaction?: Transaction
  readonly sent?: readonly Pending<SmtpReply>[]
}

/** The login, where one is asked for; what is offered afterwards is asked anew unless the envelope is on its way already. */
async function loggedIn(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  options: SendOptions,
  extensions: Extensions,
  report: OpeningReport,
): Promise<Ready> {
  const { auth, opening } = options
  if (auth === undefined) return { extensions }
  session.stage = 'auth'
  const offered = {
    beforeTls: mechanismsIn(report.extensionsBeforeTls ?? extensions),
    now: mechanismsIn(extensions),
  }
  const transaction =
    opening.end?.after === 'auth' ? undefined : ridingTransaction(session, options, extensions)
  session.stage = 'auth'
  const followers = transaction === undefined ? [] : envelopeTurns(transaction)
  const sent = await login(session, dialogue, auth, offered, report, followers)
  if (transaction !== undefined && sent !== undefined) return { extensions, transaction, sent }
  if (opening.end?.after === 'auth') return { extensions }
  const after = await sayHello(session, dialogue, opening.hello)
  report.extensions = after
  noteChanges(dialogue, 'after the login', extensions, after)
  return { extensions: after }
}

/** The transaction, if it can go out in the flight of the login; what cannot yet be done may be possible after it. */
function ridingTransaction(
  session: Session<SmtpReply>,
  options: SendOptions,
  extensions: Extensions,
): Transaction | undefined {
  if (flightsOf(options, extensions) === 'single' || options.chunking === 'early') return undefined
  try {
    return transactionOf(session, options, extensions)
  } catch (error) {
    if (!(error instanceof Unmet)) throw error
    return undefined
  }
}

/** @throws {Unmet} before anything is sent, when the server cannot take this message or these addresses */
function transactionOf(
  session: Session<SmtpReply>,
  options: SendOptions,
  extensions: Extensions,
): Transaction {
  session.stage = 'mail'
  const { envelope, message, opening } = options
  const commands = envelopeCommands(envelope, message.facts, extensions)
  // RFC 8689: it is a promise about every hop, and this is the first of them
  if (envelope.wishes?.requireTls !== undefined && session.tls === undefined)
    throw new Unmet(
      'extension-not-offered',
      'REQUIRETLS was asked for, and the connection is not encrypted',
      {
        offered: offeredIn(extensions),
        keyword: 'REQUIRETLS',
      },
    )
  const after = opening.end?.after
  return {
    mail: commands.mail,
    rcpts: commands.rcpts.map((command, place) => ({
      recipient: envelope.forwardPaths[place]?.address ?? '',
      command,
    })),
    content: contentFor(message, extensions),
    flights: flightsOf(options, extensions),
    carriage: carriageOf(options, extensions),
    answers:
      session.target.protocol === 'lmtp' ? 'lmtp' : envelope.wishes?.prdr === undefined ? 'once' : 'prdr',
    onRejectedRecipient: options.onRejectedRecipient,
    leaving: after === 'end-of-data' && opening.end?.how === 'drop' ? 'drop' : 'quit',
    endAfter: after === 'mail' || after === 'rcpt' || after === 'data' ? after : undefined,
  }
}

/** Content that nobody could look through is looked at while it goes, where 8-bit octets may not go. */
function contentFor({ content, facts }: SendOptions['message'], extensions: Extensions) {
  if (facts.eightBit !== 'unknown' || extensions.has('8BITMIME')) return content
  return () => sevenBitOnly(content(), offeredIn(extensions))
}

function flightsOf(options: SendOptions, extensions: Extensions): Flights {
  return options.pipelining === 'auto' && extensions.has('PIPELINING') ? 'grouped' : 'single'
}

/** A message whose size is not known beforehand goes by DATA, and so does one that is not to be handed over. */
function carriageOf(options: SendOptions, extensions: Extensions): Carriage {
  const { octets } = options.message.facts
  const wanted = options.chunking !== 'off' || options.envelope.wishes?.body === 'BINARYMIME'
  if (!wanted || !extensions.has('CHUNKING') || octets === undefined) return { by: 'DATA' }
  if (options.opening.end?.after === 'data') return { by: 'DATA' }
  const early =
    options.chunking === 'early' &&
    flightsOf(options, extensions) === 'grouped' &&
    options.onRejectedRecipient === 'continue' &&
    options.envelope.wishes?.prdr === undefined &&
    options.target.protocol !== 'lmtp' &&
    options.opening.end === undefined
  return { by: 'BDAT', octets, when: early ? 'with-envelope' : 'after-replies' }
}

function successOf(verdicts: Verdicts): Outcome {
  if (verdicts.final === undefined) return 'ok'
  return verdicts.rejected.length > 0 ? 'partial' : 'accepted'
}

/** Recipients that RCPT accepted were given nothing when the message itself was not taken over. */
function settled(end: SessionEnd<void>, verdicts: Verdicts): Pick<SendResult, 'accepted' | 'rejected'> {
  const { failure } = end
  if (failure === undefined) {
    return {
      accepted: verdicts.final === undefined ? verdicts.accepted : verdicts.taken,
      rejected: verdicts.rejected,
    }
  }
  const refused =
    failure.stage === 'data' && failure.reply !== undefined ? (failure.reply as SmtpReply) : undefined
  const left =
    refused === undefined
      ? []
      : verdicts.accepted.map(({ recipient }) => ({ recipient, stage: 'data' as const, reply: refused }))
  return { accepted: verdicts.taken, rejected: [...verdicts.rejected, ...left] }
}
