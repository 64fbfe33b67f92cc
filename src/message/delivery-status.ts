import { dateTime } from './date-time.ts'

/** What a delivery status notification says (RFC 3464). */
export interface DeliveryReport {
  readonly reportingMta: string | null
  /** ISO 8601: when the message came to the reporting server. */
  readonly arrived: string | null
  readonly recipients: readonly ReportedRecipient[]
}

export interface ReportedRecipient {
  readonly finalRecipient: string | null
  /** failed, delayed, delivered, relayed, expanded */
  readonly action: string | null
  /** The enhanced status code, such as `5.1.1`. */
  readonly status: string | null
  /** The words of the server that refused. */
  readonly diagnosticCode: string | null
  readonly remoteMta: string | null
}

const MOST_RECIPIENTS = 1000

/** The body of a `message/delivery-status` part: a group of fields about the message, and one for each recipient. */
export function deliveryReport(body: string): DeliveryReport {
  const groups = body
    .replace(/\r\n?/g, '\n')
    .split(/\n(?:[ \t]*\n)+/)
    .map(fieldsIn)
    .filter((group) => group.size > 0)
  const about = groups.filter((group) => !isRecipient(group))
  const first = (name: string): string | null => about.find((group) => group.has(name))?.get(name) ?? null
  return {
    reportingMta: untyped(first('reporting-mta')),
    arrived: dateTime(first('arrival-date') ?? '')?.toISOString() ?? null,
    recipients: groups
      .filter(isRecipient)
      .slice(0, MOST_RECIPIENTS)
      .map((group) => ({
        finalRecipient: untyped(group.get('final-recipient') ?? group.get('original-recipient') ?? null),
        action: group.get('action')?.toLowerCase() ?? null,
        status: /\d\.\d{1,3}\.\d{1,3}/.exec(group.get('status') ?? '')?.[0] ?? null,
        diagnosticCode: untyped(group.get('diagnostic-code') ?? null),
        remoteMta: untyped(group.get('remote-mta') ?? null),
      })),
  }
}

function isRecipient(group: ReadonlyMap<string, string>): boolean {
  return group.has('final-recipient') || group.has('action') || group.has('status')
}

/** The first of each name, unfolded. */
function fieldsIn(group: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of group.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    if (name !== '' && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
  }
  return fields
}

/** `rfc822; bob@example.com`, `dns; mx.example.com`, `smtp; 550 …` without their types. */
function untyped(value: string | null): string | null {
  return value === null ? null : value.replace(/^[A-Za-z][\w-]*\s*;\s*/, '')
}
