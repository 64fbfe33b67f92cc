import type { Dialogue } from '../session/dialogue.ts'
import { Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { mail, rcpt, rset } from '../smtp/command.ts'
import type { Extensions } from '../smtp/ehlo.ts'
import { type Mailbox, pathOf } from '../smtp/path.ts'
import type { SmtpReply } from '../smtp/reply.ts'
import { isAccepted } from '../smtp/verdicts.ts'

export interface RecipientsWish {
  /** null is the null reverse-path. */
  readonly sender: Mailbox | null
  readonly recipients: readonly Mailbox[]
  /** Addresses that surely nobody has: who takes these as well takes everything. */
  readonly madeUp: readonly Mailbox[]
}

/** What the server said of one recipient, in a transaction of its own. */
export interface RecipientTry {
  readonly recipient: Mailbox
  /** `mail`: the transaction did not come to RCPT. */
  readonly at: 'mail' | 'rcpt' | 'unsayable'
  readonly reply: SmtpReply | undefined
}

/**
 * RCPT for each recipient, and RSET behind it; never DATA. Each has a transaction of its own, so that none is refused for
 * what was said before.
 * @param tries filled while it goes on, so that it is there whatever ends it
 * @throws {Refusal} {Fault} when the server has had enough
 */
export async function tryRecipients(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  wish: RecipientsWish,
  extensions: Extensions,
  tries: RecipientTry[],
): Promise<void> {
  const { sender } = wish
  for (const recipient of [...wish.recipients, ...wish.madeUp]) {
    const international = recipient.needsSmtpUtf8 || sender?.needsSmtpUtf8 === true
    if (international && !extensions.has('SMTPUTF8')) {
      tries.push({ recipient, at: 'unsayable', reply: undefined })
      continue
    }
    const spelling = international ? 'in-use' : 'not-in-use'
    const from = sender === null ? '<>' : pathOf(sender, spelling)
    session.stage = 'mail'
    const begun = stillThere(await dialogue.command(mail(from, international ? ['SMTPUTF8'] : [])))
    if (!isAccepted(begun)) {
      // the sender is the same each time, and so would be the answer
      tries.push({ recipient, at: 'mail', reply: begun })
      return
    }
    session.stage = 'rcpt'
    session.beforeQuit = rset()
    const reply = await dialogue.command(rcpt(pathOf(recipient, spelling)))
    session.beforeQuit = undefined
    tries.push({ recipient, at: 'rcpt', reply })
    stillThere(reply)
    stillThere(await dialogue.command(rset()))
  }
}

/** RFC 5321 §3.8: after 421 there is nobody to talk to. */
function stillThere(reply: SmtpReply): SmtpReply {
  if (reply.code === 421) throw new Refusal(reply)
  return reply
}
