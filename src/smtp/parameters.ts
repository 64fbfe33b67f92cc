import { Unmet } from '../session/outcome.ts'
import { type Extensions, limitsIn, offeredIn } from './ehlo.ts'
import type { Mailbox } from './path.ts'
import { xtext } from './xtext.ts'

/** What may be asked of a server along with an envelope; everything is optional. */
export interface EnvelopeWishes {
  /** RFC 3461. */
  readonly dsn?: {
    readonly notify?: readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[] | undefined
    readonly return?: 'FULL' | 'HDRS' | undefined
    readonly envelopeId?: string | undefined
  }
  /** RFC 6152, RFC 3030; `auto`: as the content needs it. */
  readonly body?: 'auto' | '7BIT' | '8BITMIME' | 'BINARYMIME'
  /** RFC 4954 §5: who has submitted the message; empty is `<>`, nobody knows. */
  readonly auth?: string
  /** RFC 8689. */
  readonly requireTls?: 'wanted'
  /** RFC 6710: from -9 to 9. */
  readonly priority?: number
  /** RFC 4865: keep it for so many seconds, or until then. */
  readonly hold?: { readonly seconds: number } | { readonly until: string }
  /** RFC 2852: within so many seconds, or else return it or send a notice. */
  readonly deliverBy?: {
    readonly seconds: number
    readonly mode: 'R' | 'N'
    readonly trace: 'wanted' | 'not-wanted'
  }
  /** draft-hall-prdr: one answer for each recipient. */
  readonly prdr?: 'wanted'
  /** Further parameters, as they are. */
  readonly mail?: readonly string[]
  readonly rcpt?: readonly string[]
}

/**
 * The parameters of MAIL that were asked for.
 * @throws {Unmet} when the server does not offer the extension that one of them belongs to
 */
export function wishedMailParameters(wishes: EnvelopeWishes, extensions: Extensions): string[] {
  const { dsn, auth, requireTls, priority, hold, deliverBy, prdr } = wishes
  const parameters: string[] = []
  const add = (keyword: string, ...values: string[]): void => {
    requireExtension(extensions, keyword)
    parameters.push(...values)
  }
  if (dsn !== undefined) {
    add(
      'DSN',
      ...(dsn.return === undefined ? [] : [`RET=${dsn.return}`]),
      ...(dsn.envelopeId === undefined ? [] : [`ENVID=${xtext(dsn.envelopeId)}`]),
    )
  }
  if (auth !== undefined) add('AUTH', `AUTH=${auth === '' ? '<>' : xtext(auth)}`)
  if (requireTls !== undefined) add('REQUIRETLS', 'REQUIRETLS')
  if (priority !== undefined) add('MT-PRIORITY', `MT-PRIORITY=${priority}`)
  if (hold !== undefined)
    add('FUTURERELEASE', 'seconds' in hold ? `HOLDFOR=${hold.seconds}` : `HOLDUNTIL=${hold.until}`)
  if (deliverBy !== undefined) {
    const { seconds, mode, trace } = deliverBy
    add('DELIVERBY', `BY=${seconds};${mode}${trace === 'wanted' ? 'T' : ''}`)
  }
  if (prdr !== undefined) add('PRDR', 'PRDR')
  return [...parameters, ...(wishes.mail ?? [])]
}

/** The parameters of RCPT for this recipient; the extension is the same as for MAIL. */
export function wishedRcptParameters(wishes: EnvelopeWishes, recipient: Mailbox): string[] {
  const { dsn, rcpt = [] } = wishes
  if (dsn?.notify === undefined) return [...rcpt]
  // RFC 3461 §4.2: the address as the sender knew it, to be found again in a report
  const original = recipient.needsSmtpUtf8
    ? []
    : [`ORCPT=rfc822;${xtext(`${recipient.localPart}@${recipient.asciiDomain}`)}`]
  return [`NOTIFY=${dsn.notify.join(',')}`, ...original, ...rcpt]
}

/** @throws {Unmet} */
export function requireExtension(extensions: Extensions, keyword: string): void {
  if (extensions.has(keyword)) return
  throw new Unmet('extension-not-offered', `${keyword} was asked for, and the server does not offer it`, {
    offered: offeredIn(extensions),
    keyword,
  })
}

/**
 * RFC 9422: what the server limits in one transaction.
 * @throws {Unmet} `too-many-recipients`
 */
export function respectLimits(extensions: Extensions, recipients: readonly Mailbox[]): void {
  const limits = limitsIn(extensions)
  const most = limits.get('RCPTMAX')
  if (most !== undefined && recipients.length > most)
    throw tooMany(recipients.length, `${most} recipients`, extensions)
  const domains = new Set(recipients.map(({ asciiDomain }) => asciiDomain.toLowerCase())).size
  const mostDomains = limits.get('RCPTDOMAINMAX')
  if (mostDomains !== undefined && domains > mostDomains)
    throw tooMany(domains, `${mostDomains} domains`, extensions)
}

function tooMany(count: number, limit: string, extensions: Extensions): Unmet {
  return new Unmet(
    'too-many-recipients',
    `the envelope has ${count}, and the server takes ${limit} in one transaction (LIMITS)`,
    {
      offered: offeredIn(extensions),
    },
  )
}
