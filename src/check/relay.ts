import type { Target } from '../session/target.ts'
import { mail, rcpt, rset } from '../smtp/command.ts'
import type { Hello } from '../smtp/hello.ts'
import { type OpeningReport, openSmtp } from '../smtp/open.ts'
import type { SmtpReply } from '../smtp/reply.ts'
import { isAccepted } from '../smtp/verdicts.ts'
import type { RelayForm } from './relay-forms.ts'
import { type FurtherSession, smtpSession, type Terms } from './terms.ts'

export interface RelayTry {
  readonly form: RelayForm
  /** `mail`: the sender was refused, so that RCPT was not said. */
  readonly at: 'mail' | 'rcpt'
  readonly reply: SmtpReply
}

export interface RelaySeen {
  readonly tries: readonly RelayTry[]
  /** Those that were not tried, because the server had had enough or wants a login for anything. */
  readonly left: readonly RelayForm[]
  /** Undefined where there was no room for it. */
  readonly session: FurtherSession | undefined
}

/**
 * Asks a server in each form to take mail for another domain: MAIL, RCPT and RSET; never DATA. Nobody logs in, for whoever
 * has may well be allowed to.
 */
export async function relayTest(
  terms: Terms,
  target: Target,
  hello: Hello,
  forms: readonly RelayForm[],
): Promise<RelaySeen> {
  const tries: RelayTry[] = []
  const opening: OpeningReport = {}
  const end = await smtpSession(terms, target, async (session) => {
    const { dialogue } = await openSmtp(session, { hello, xclient: undefined, end: undefined }, opening)
    for (const form of forms) {
      session.beforeQuit = rset()
      session.stage = 'mail'
      const begun = await dialogue.command(mail(form.reversePath))
      let last: RelayTry = { form, at: 'mail', reply: begun }
      if (isAccepted(begun)) {
        session.stage = 'rcpt'
        last = { form, at: 'rcpt', reply: await dialogue.command(rcpt(form.forwardPath)) }
      }
      tries.push(last)
      if (last.reply.code === 421) {
        session.leaving = 'drop'
        return
      }
      await dialogue.command(rset())
      session.beforeQuit = undefined
      // RFC 4954 §6: a server that says so says it to everything
      if (last.reply.code === 530) break
    }
    session.stage = 'quit'
  })
  const left = forms.slice(tries.length)
  return { tries, left, session: { purpose: 'relay test', target, end } }
}
