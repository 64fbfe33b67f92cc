import type { DiagnosisCode } from '../diagnosis/codes.ts'
import { isAccepted } from '../smtp/verdicts.ts'
import type { RecipientTry } from './recipients.ts'
import { type CheckFinding, type Diagnose, finding, type Section, told } from './section.ts'
import type { Seen } from './seen.ts'

type Verdict = 'accepted' | 'catch-all-suspected' | 'refused' | 'greylisted' | 'deferred' | 'not-tried'

interface Judged {
  readonly recipient: string
  readonly verdict: Verdict
  readonly reply: ReturnType<typeof told>
  readonly diagnosis: { readonly code: DiagnosisCode } | null
}

/**
 * What RCPT said of each recipient. Where an address that nobody has was accepted in the same domain, an acceptance says
 * nothing; and a greylisted recipient exists, or not: nobody knows before the second try.
 */
export function recipientsSection({ looked, wishes }: Seen, diagnose: Diagnose): Section {
  const { report, target } = looked
  const made = report.recipients.filter(({ recipient }) => !wishes.recipients.includes(recipient))
  const takesAll = new Set(
    made
      .filter(({ at, reply }) => at === 'rcpt' && reply !== undefined && isAccepted(reply))
      .map(({ recipient }) => recipient.asciiDomain.toLowerCase()),
  )
  const judged = wishes.recipients.map((recipient): Judged => {
    const tried = report.recipients.find((each) => each.recipient === recipient)
    if (tried?.reply === undefined || tried.at !== 'rcpt')
      return {
        recipient: recipient.address,
        verdict: 'not-tried',
        reply: told(tried?.reply),
        diagnosis: null,
      }
    const { reply } = tried
    if (isAccepted(reply)) {
      const verdict = takesAll.has(recipient.asciiDomain.toLowerCase()) ? 'catch-all-suspected' : 'accepted'
      return { recipient: recipient.address, verdict, reply: told(reply), diagnosis: null }
    }
    const outcome = reply.severity === 'transient' ? ('deferred' as const) : ('rejected' as const)
    const code = diagnose(
      looked,
      { target, opening: report, recipient: recipient.address },
      { outcome, stage: 'rcpt', reply },
    )?.code
    const verdict = outcome === 'rejected' ? 'refused' : code === 'greylisted' ? 'greylisted' : 'deferred'
    return {
      recipient: recipient.address,
      verdict,
      reply: told(reply),
      diagnosis: code === undefined ? null : { code },
    }
  })
  return {
    title: 'Recipients',
    part: { recipients: judged },
    lines: judged.map(
      ({ recipient, verdict, reply, diagnosis }) =>
        `${recipient}: ${verdict}${reply === null ? '' : ` (${reply.code} ${reply.lines[0] ?? ''})`}${diagnosis === null ? '' : `, ${diagnosis.code}`}`,
    ),
    findings: findingsOn(judged, report.recipients, takesAll),
  }
}

function findingsOn(
  judged: readonly Judged[],
  tries: readonly RecipientTry[],
  takesAll: ReadonlySet<string>,
): CheckFinding[] {
  const findings: CheckFinding[] = []
  const greylisted = judged
    .filter(({ verdict }) => verdict === 'greylisted')
    .map(({ recipient }) => recipient)
  if (takesAll.size > 0) {
    findings.push(
      finding(
        'info',
        'catch-all-suspected',
        `At ${[...takesAll].join(', ')} an address was accepted that surely nobody has: what RCPT says of others there proves nothing.`,
        [
          'To know whether a mailbox exists, send a message to it. For administrators: refuse unknown recipients at RCPT, or mail for them comes back to senders who never sent it.',
        ],
      ),
    )
  }
  if (greylisted.length > 0) {
    findings.push(
      finding(
        'info',
        'greylisted',
        `Greylisted, so that nobody knows yet whether they exist: ${greylisted.join(', ')}.`,
        ['Ask again in some minutes, from the same address and with the same sender.'],
      ),
    )
  }
  const sender = tries.find(({ at }) => at === 'mail')
  if (sender?.reply !== undefined) {
    findings.push(
      finding(
        'warning',
        'sender-refused',
        `MAIL was answered ${sender.reply.code} ${sender.reply.lines[0] ?? ''}: no recipient could be tried from there on.`,
        [
          'Name another sender in `from`, or log in with `auth` where the server wants that.',
          'A server has to take the null reverse-path, or reports of failure do not reach its users (RFC 5321 §4.5.5).',
        ],
        sender.reply.seq === undefined ? [] : [sender.reply.seq],
      ),
    )
  }
  if (tries.some(({ at }) => at === 'unsayable')) {
    findings.push(
      finding(
        'info',
        'smtputf8-not-offered',
        'An address needs SMTPUTF8, and the server does not offer it.',
        ['Such an address cannot get mail through this server.'],
      ),
    )
  }
  return findings
}
