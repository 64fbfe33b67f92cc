import type { Session, SessionEnd } from '../session/session.ts'
import { data, mail, rcpt } from './command.ts'
import type { Hello } from './hello.ts'
import { openSmtp } from './open.ts'
import { type Mailbox, pathOf } from './path.ts'
import { type SmtpReply, seqOf } from './reply.ts'
import { isAccepted, refusalOf } from './verdicts.ts'

/**
 * Ends of data that are none: only CRLF `.` CRLF is (RFC 5321 §4.1.1.4). A server that takes another for the end can be made to
 * take one message for two (SMTP smuggling: CVE-2023-51764, CVE-2023-51765, CVE-2023-51766).
 */
const ODD_ENDS = {
  'LF.LF': '\n.\n',
  'LF.CRLF': '\n.\r\n',
  'CRLF.LF': '\r\n.\n',
  'CR.CR': '\r.\r',
  'CR.CRLF': '\r.\r\n',
  'CRLF.CR': '\r\n.\r',
} as const
export type OddEnd = keyof typeof ODD_ENDS
export const ODD_END_NAMES = Object.keys(ODD_ENDS) as readonly OddEnd[]

export interface BareNewlineWish {
  readonly hello: Hello
  /** null is the null reverse-path. */
  readonly sender: Mailbox | null
  readonly recipient: Mailbox
  readonly end: OddEnd
  /** To recognise the message by, should it arrive. */
  readonly token: string
  readonly now: Date
}

export interface BareNewlineProbe {
  readonly end: OddEnd
  /**
   * `taken`: the server accepted a message that nobody had ended; `refused`: it said no to the line ends, or hung up;
   * `ignored`: it waited on, as it should.
   */
  readonly verdict: 'taken' | 'refused' | 'ignored' | 'undecided'
  readonly because: string
  readonly reply: SmtpReply | undefined
  /** `seq` in the transcript of the probe's own session. */
  readonly evidence: readonly number[]
}

/**
 * One message to one recipient, ended by an odd sequence and nothing else. How long an answer is waited for is the session's
 * limit `final`. Without one the connection is cut, so that a server that knows its business delivers nothing.
 * @throws {Refusal} {Fault} {Unmet} `bareNewlineProbed` says what it means
 */
export async function probeBareNewline(
  session: Session<SmtpReply>,
  wish: BareNewlineWish,
): Promise<SmtpReply> {
  const { hello, sender, recipient, end } = wish
  for (const path of [sender, recipient])
    for (const known of path === null ? [] : [path.address, path.domain, path.asciiDomain])
      session.recorder.permit(known)
  const { dialogue } = await openSmtp(session, { hello, xclient: undefined, end: undefined }, {})
  const accepted = (reply: SmtpReply, verb: string): void => {
    if (!isAccepted(reply)) throw refusalOf(reply, verb)
  }
  session.stage = 'mail'
  accepted(await dialogue.command(mail(sender === null ? '<>' : pathOf(sender, 'not-in-use'))), 'MAIL')
  session.stage = 'rcpt'
  accepted(await dialogue.command(rcpt(pathOf(recipient, 'not-in-use'))), 'RCPT')
  session.stage = 'data'
  const go = await dialogue.command(data(), 'data')
  if (go.severity !== 'intermediate') throw refusalOf(go, 'DATA')
  const { finals } = await dialogue.content({
    content: [Buffer.from(testMessage(wish))],
    encode: (block) => block,
    end: () => Buffer.from(ODD_ENDS[end]),
    handOver: () => {
      session.stage = 'end-of-data'
      session.handedOver = true
    },
  })
  dialogue.note('probe', `the content ends in ${end}, and nothing follows`)
  const [final] = finals
  if (final === undefined) throw new Error('content is answered')
  return await dialogue.reply(final)
}

/** The probe's result however its session ended. */
export function bareNewlineProbed(end: OddEnd, session: SessionEnd<SmtpReply>): BareNewlineProbe {
  const { failure, value: reply, stage } = session
  if (failure === undefined) return answered(end, reply)
  const { fault, unmet } = failure
  const judged = (verdict: BareNewlineProbe['verdict'], because: string): BareNewlineProbe => {
    return {
      end,
      verdict,
      because,
      reply: failure.reply as SmtpReply | undefined,
      evidence: evidenceOf(failure.reply),
    }
  }
  if (stage === 'end-of-data' && fault?.kind === 'timeout' && fault.code === 'final')
    return judged('ignored', 'The server waited for the true end of the message.')
  if (stage === 'end-of-data' && fault?.kind === 'closed')
    return judged('refused', 'The server hung up without a word.')
  const why =
    failure.reply === undefined ? (fault ?? unmet)?.message : `it was answered ${failure.reply.code}`
  return judged(
    'undecided',
    `At the stage ${failure.stage} the probe was over: ${why ?? 'nobody knows why'}.`,
  )
}

/** How servers say what they think of a line end: `550 5.5.2 bare <LF> received`, `554 Bare linefeeds are not accepted`. */
const ABOUT_LINE_ENDS =
  /\bbare\b|<(?:LF|CR)>|\bline ?feed|\bnew ?line|\bcarriage return|\bline end|\bend of data\b/i

function answered(end: OddEnd, reply: SmtpReply): BareNewlineProbe {
  const told = { end, reply, evidence: seqOf(reply) }
  if (isAccepted(reply)) {
    return { ...told, verdict: 'taken', because: 'The server took it for the end, and accepted the message.' }
  }
  if (ABOUT_LINE_ENDS.test(reply.lines.join(' ')))
    return { ...told, verdict: 'refused', because: 'The server does not accept such line ends.' }
  return {
    ...told,
    verdict: 'undecided',
    because:
      'The server said no, and not to what: if to the message, it has taken the sequence for the end of it.',
  }
}

function evidenceOf(reply: { readonly seq?: number } | undefined): readonly number[] {
  return reply?.seq === undefined ? [] : [reply.seq]
}

/** Without a last line end, for that is part of the odd end; and with no line that begins with a dot. */
function testMessage({ sender, recipient, end, token, now }: BareNewlineWish): string {
  return [
    `From: <${sender?.address ?? recipient.address}>`,
    `To: <${recipient.address}>`,
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Subject: Mailwire probe ${token}, end of data ${end}`,
    // RFC 3834 §5: no answer by a machine is wanted
    'Auto-Submitted: auto-generated',
    `X-Mailwire-Token: ${token}`,
    '',
    'This is a test message. It was never ended as RFC 5321 wants it.',
    `If it has arrived, a server took ${end} for the end of it, and is open to SMTP smuggling.`,
    `Its token is ${token}.`,
  ].join('\r\n')
}
