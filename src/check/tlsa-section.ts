import { type JudgedTlsa, type TlsaVerdict, tlsaVerdict } from '../session/tlsa.ts'
import type { TlsFacts } from '../wire/wire.ts'
import type { TlsaSeen } from './hosts.ts'
import { type CheckFinding, finding, type Section } from './section.ts'

/** `no-tls`: there are records, and no TLS to hold them against; `unknown`: nobody could say. */
type HostVerdict = TlsaVerdict | 'no-tls' | 'unknown'

interface Row {
  readonly seen: TlsaSeen
  readonly verdict: HostVerdict
  /** Held against the first certificate; whether all agree is in the verdict. */
  readonly records: readonly JudgedTlsa[]
  /** The certificates that no record matches, or that one matches by way of DANE-TA and that are for another name. */
  readonly mismatched: number
  readonly misnamed: number
}

/** The TLSA records of each mail host, held against the certificates that were seen (RFC 7672). */
export function tlsaSection(seen: readonly TlsaSeen[]): Section {
  const rows = seen.map(judged)
  return {
    title: 'TLSA records',
    part: {
      tlsa: rows.map(({ seen: { host, facts }, verdict, records }) => ({
        host,
        name: facts?.name ?? null,
        verdict,
        authenticated: facts?.authenticated ?? null,
        records: records.map(({ record, unusable, depth }) => ({ ...record, unusable, depth })),
        fault: facts?.fault ?? null,
      })),
    },
    lines: rows.flatMap(rowLines),
    findings: rows.flatMap(rowFindings),
  }
}

function judged(seen: TlsaSeen): Row {
  const { facts, tls } = seen
  const records = facts?.records ?? []
  const none = { seen, records: [], mismatched: 0, misnamed: 0 }
  if (facts === undefined || facts.fault !== null) return { ...none, verdict: 'unknown' }
  if (records.length === 0) return { ...none, verdict: 'none' }
  const secured = tls.filter((one): one is TlsFacts => one !== undefined)
  const verdicts = secured.map((one) => ({ one, ...tlsaVerdict(records, one.presented) }))
  const [first] = verdicts
  if (first === undefined) return { ...none, verdict: 'no-tls', records: tlsaVerdict(records, []).records }
  const mismatched = verdicts.filter(({ verdict }) => verdict === 'mismatched').length
  const misnamed = verdicts.filter(
    ({ one, verdict, records: held }) =>
      verdict === 'matched' && !one.nameMatches && !held.some(({ depth }) => depth === 0),
  ).length
  const verdict = mismatched + misnamed > 0 ? 'mismatched' : first.verdict
  return { seen, verdict, records: first.records, mismatched, misnamed }
}

const ENTER =
  'Enter a record `3 1 1` with the SHA-256 digest of the certificate’s public key, in a zone that DNSSEC signs (RFC 7672 §3.1).'
const ROLL =
  'Enter the record for the next key before the server uses it, and take out the old one afterwards; a renewed certificate with the same key needs no new `3 1 1`.'

function rowFindings(row: Row): CheckFinding[] {
  const { seen, verdict, records, mismatched, misnamed } = row
  const { host, facts } = seen
  if (facts === undefined || facts.fault !== null) {
    const why = facts?.fault?.message ?? 'there was no answer in time'
    return [finding('info', 'tlsa-unknown', `Nobody could say which TLSA records ${host} has: ${why}.`)]
  }
  if (verdict === 'none') {
    return [
      finding(
        'info',
        'tlsa-missing',
        `${host} has no TLSA records: senders that go by DANE cannot know its certificate.`,
        [ENTER],
      ),
    ]
  }
  const findings: CheckFinding[] = []
  // without DNSSEC senders take no notice of the records, and so nothing is lost by what is wrong with them
  const level = facts.authenticated ? 'error' : 'warning'
  if (!facts.authenticated) {
    findings.push(
      finding(
        'warning',
        'tlsa-not-authenticated',
        `The resolver does not say that DNSSEC vouches for the TLSA records of ${host}; without it senders ignore them.`,
        [
          'Sign the zone, and let whoever holds the parent zone enter its DS record.',
          'Where the zone is signed, let this service ask a resolver that validates (MAILWIRE_DNS_SERVERS).',
        ],
      ),
    )
  }
  if (verdict === 'no-tls') {
    findings.push(
      finding(
        level,
        'tlsa-without-tls',
        `${host} has TLSA records and no TLS: senders that go by DANE do not send to it.`,
        ['Let the server offer STARTTLS, or take out the records.'],
      ),
    )
  }
  if (mismatched > 0) {
    findings.push(
      finding(
        level,
        'tlsa-mismatch',
        `No TLSA record of ${host} matches the certificate that it presents${atSome(mismatched, seen)}: senders that go by DANE do not send to it.`,
        [ROLL],
      ),
    )
  }
  if (misnamed > 0) {
    findings.push(
      finding(
        level,
        'tlsa-name-mismatch',
        `The TLSA records of ${host} match an authority (DANE-TA), and the certificate is for another name${atSome(misnamed, seen)}.`,
        [`Get a certificate for ${host}, or enter a record for the server’s own key (DANE-EE).`],
      ),
    )
  }
  const useless = records.filter(({ unusable }) => unusable !== null)
  if (useless.length > 0) {
    findings.push(
      finding(
        verdict === 'unusable' ? 'warning' : 'info',
        'tlsa-unusable',
        `Of no use for SMTP: ${useless.map(({ record, unusable }) => `${inZone(record)} (${unusable})`).join(', ')}.`,
        ['Only DANE-TA(2) and DANE-EE(3) count for SMTP (RFC 7672 §3.1.3).', ENTER],
      ),
    )
  }
  return findings
}

function atSome(count: number, { tls }: TlsaSeen): string {
  return tls.length > 1 ? ` at ${count} of ${tls.length} addresses` : ''
}

/** A digest is told whole, a certificate by its beginning. */
function inZone({ usage, selector, matchingType, data }: JudgedTlsa['record']): string {
  return `${usage} ${selector} ${matchingType} ${data.length > 128 ? `${data.slice(0, 32)}…` : data}`
}

function rowLines({ seen: { host, facts }, verdict, records }: Row): string[] {
  const vouched = facts?.authenticated === true ? ', DNSSEC vouches for them' : ''
  return [
    `${host}: ${verdict}${records.length === 0 ? '' : vouched}`,
    ...records.map(({ record, unusable, depth }) => {
      const held =
        unusable === null
          ? depth === null
            ? 'matches nothing'
            : `matches, depth ${depth}`
          : `unusable: ${unusable}`
      return `  ${inZone(record)}: ${held}`
    }),
  ]
}
