import { type Extensions, mechanismsIn, sizeLimitIn } from './ehlo.ts'

/** A service extension that a server offers, and what it means for a client. */
export interface ExplainedExtension {
  readonly keyword: string
  readonly parameters: readonly string[]
  /** As the server spelt it. */
  readonly line: string
  /** null where this service does not know it. */
  readonly explanation: string | null
}

export function explainedIn(extensions: Extensions): readonly ExplainedExtension[] {
  return [...extensions].map(([keyword, parameters]) => ({
    keyword,
    parameters,
    line: [keyword, ...parameters].join(' '),
    explanation: EXPLANATIONS.get(keyword)?.(extensions) ?? null,
  }))
}

const EXPLANATIONS: ReadonlyMap<string, (extensions: Extensions) => string> = new Map([
  ['PIPELINING', () => 'Commands may be sent without waiting for the replies before (RFC 2920 §3).'],
  ['SIZE', size],
  ['8BITMIME', () => 'Messages may hold octets beyond ASCII (RFC 6152 §2).'],
  ['SMTPUTF8', () => 'Addresses and header fields may hold UTF-8 (RFC 6531 §3.1).'],
  ['CHUNKING', () => 'BDAT carries the message in counted pieces, without dot-stuffing (RFC 3030 §2).'],
  ['BINARYMIME', () => 'Messages may hold any octets, by BDAT only (RFC 3030 §3).'],
  ['STARTTLS', () => 'STARTTLS begins TLS on this connection (RFC 3207 §4).'],
  ['AUTH', (extensions) => `AUTH logs in by ${listOf(mechanismsIn(extensions))} (RFC 4954 §3).`],
  ['ENHANCEDSTATUSCODES', () => 'Replies say by a second code, such as 5.1.1, what is meant (RFC 2034 §4).'],
  ['DSN', () => 'The sender can ask for reports of delivery, delay and failure (RFC 3461 §4).'],
  ['VRFY', () => 'VRFY is known, which says nothing about whether it tells anything (RFC 5321 §3.5.3).'],
  ['EXPN', () => 'EXPN shows who is on a mailing list, where the server likes to (RFC 5321 §3.5.2).'],
  ['HELP', () => 'HELP tells which commands there are (RFC 5321 §4.1.1.8).'],
  ['ETRN', () => 'ETRN asks the server to send on what it holds for a host (RFC 1985).'],
  ['ATRN', () => 'ATRN hands the waiting mail of a domain over on this connection (RFC 2645).'],
  ['TURN', () => 'TURN swaps client and server, which is not safe and no longer done (RFC 821).'],
  ['DELIVERBY', deliverBy],
  ['FUTURERELEASE', futureRelease],
  ['MT-PRIORITY', () => 'Messages can have a priority from -9 to 9 (RFC 6710).'],
  ['REQUIRETLS', () => 'A message can demand TLS on its whole way (RFC 8689).'],
  ['LIMITS', limits],
  ['RRVS', () => 'A recipient is taken only if the mailbox has been theirs since a given day (RFC 7293).'],
  ['BURL', () => 'A message can be fetched from an IMAP server instead of being sent (RFC 4468).'],
  ['MTRK', () => 'Messages can be tracked on their way (RFC 3885).'],
  ['NO-SOLICITING', () => 'Messages of certain kinds are not wanted; the words behind name them (RFC 3865).'],
  ['SUBMITTER', () => 'SUBMITTER= on MAIL tells who is responsible for the message (RFC 4405).'],
  ['CONPERM', () => 'Content may be converted on its way where the sender allows it (RFC 4141).'],
  ['CONNEG', () => 'Content may be fitted to what the recipient’s device can show (RFC 4141).'],
  ['CHECKPOINT', () => 'A transaction that broke off can be taken up again (RFC 1845).'],
  ['UTF8SMTP', () => 'An early form of SMTPUTF8, which replaced it (RFC 5336).'],
  ['PRDR', () => 'After the data there is a reply for each recipient. A draft, no standard.'],
  ['PIPE_CONNECT', () => 'Exim: EHLO may be sent before the greeting. No standard.'],
  ['XCLIENT', () => 'Postfix: a proxy that is trusted may tell for whom it speaks. No standard.'],
  ['XFORWARD', () => 'Postfix: a filter may tell where the message came from, for the log. No standard.'],
  ['X-EXPS', () => 'Exchange: logins between Exchange servers. No standard.'],
  ['X-ANONYMOUSTLS', () => 'Exchange: TLS without certificates between Exchange servers. No standard.'],
  ['XEXCH50', () => 'Exchange: a message’s properties between Exchange servers. No standard.'],
  ['X-LINK2STATE', () => 'Exchange: routing between Exchange servers. No standard.'],
  ['XRDST', () => 'Exchange: used between Exchange servers. No standard.'],
  ['XSHADOW', () => 'Exchange: copies of messages between Exchange servers. No standard.'],
])

function size(extensions: Extensions): string {
  const limit = sizeLimitIn(extensions)
  const most = limit === undefined ? 'no limit is named' : `the limit is ${limit} octets`
  return `MAIL may tell the size of the message beforehand; ${most} (RFC 1870 §4).`
}

function deliverBy(extensions: Extensions): string {
  const least = extensions.get('DELIVERBY')?.[0]
  const from = least === undefined ? '' : `, from ${least} seconds on`
  return `A message can have a time by which it is to be delivered${from} (RFC 2852).`
}

function futureRelease(extensions: Extensions): string {
  const [seconds, until] = extensions.get('FUTURERELEASE') ?? []
  const most =
    seconds === undefined
      ? ''
      : `, for at most ${seconds} seconds${until === undefined ? '' : ` or until ${until}`}`
  return `A message can be held back until a later time${most} (RFC 4865).`
}

function limits(extensions: Extensions): string {
  const named = (extensions.get('LIMITS') ?? []).join(', ')
  return `The server says beforehand what it limits in a session${named === '' ? '' : `: ${named}`} (RFC 9422).`
}

function listOf(mechanisms: readonly string[]): string {
  return mechanisms.length === 0 ? 'no mechanism at present' : mechanisms.join(', ')
}
