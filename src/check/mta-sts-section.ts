import type { MtaStsFacts } from '../session/lookups.ts'
import { mxMatches } from '../session/mta-sts.ts'
import { isVerified } from '../session/tls-policy.ts'
import { type HostSeen, hostsIn } from './hosts.ts'
import { type CheckFinding, finding, type Section } from './section.ts'
import type { Seen } from './seen.ts'

const DAY_SECONDS = 86_400
/** A record or a policy that senders cannot use, and not one that this service could not ask for. */
const BROKEN: readonly string[] = ['mta-sts-record', 'mta-sts-policy', 'mta-sts-policy-host']

interface Row {
  readonly host: string
  readonly listed: boolean
  /** TLS with a certificate that verifies, at every address that answered; null where none did. */
  readonly verified: boolean | null
}

/** The MTA-STS policy of a domain, held against the mail hosts that were seen (RFC 8461 §4). */
export function mtaStsSection(seen: Seen, domain: string): Section {
  const { mtaSts: facts } = seen
  const policy = facts?.policy ?? null
  const rows =
    policy === null || policy.mode === 'none'
      ? []
      : hostsIn(seen.looked, seen.target, seen.domain).map((host) => rowOf(host, policy))
  return {
    title: `MTA-STS of ${domain}`,
    part: {
      mtaSts: {
        domain,
        id: facts?.id ?? null,
        policy,
        hosts: rows,
        fault: facts?.fault ?? null,
      },
    },
    lines: linesOf(facts, rows),
    findings: [...recordFindings(facts, domain), ...rows.flatMap((row) => rowFindings(row, policy?.mode))],
  }
}

function rowOf({ host, tls }: HostSeen, policy: { readonly mx: readonly string[] }): Row {
  return {
    host,
    listed: mxMatches(policy, host),
    verified: tls.length === 0 ? null : tls.every((one) => isVerified(one)),
  }
}

function recordFindings(facts: MtaStsFacts | undefined, domain: string): CheckFinding[] {
  if (facts === undefined || (facts.fault !== null && !BROKEN.includes(facts.fault.code))) {
    const why = facts?.fault?.message ?? 'there was no answer in time'
    return [
      finding('info', 'mta-sts-unknown', `Nobody could say which MTA-STS policy ${domain} has: ${why}.`),
    ]
  }
  const { fault, policy } = facts
  if (fault !== null) {
    return [
      finding(
        'error',
        'mta-sts-broken',
        `${domain} announces an MTA-STS policy that senders cannot use: ${fault.message}.`,
        [
          `Let https://mta-sts.${domain}/.well-known/mta-sts.txt answer with 200, as text/plain, with a certificate for mta-sts.${domain}, and without a redirect (RFC 8461 §3.3).`,
          `Keep one record at _mta-sts.${domain}: "v=STSv1; id=…" (RFC 8461 §3.1).`,
        ],
      ),
    ]
  }
  if (policy === null) {
    return [
      finding(
        'info',
        'mta-sts-missing',
        `${domain} has no MTA-STS policy: whoever is in the way can keep senders from TLS.`,
        [
          'Publish a policy with `mode: testing` first, and `mode: enforce` when nothing is reported (RFC 8461 §3).',
        ],
      ),
    ]
  }
  if (policy.mode === 'none')
    return [
      finding(
        'info',
        'mta-sts-none',
        `The MTA-STS policy of ${domain} has the mode none, as if there were none.`,
      ),
    ]
  return [
    ...(policy.mode === 'testing'
      ? [
          finding(
            'info',
            'mta-sts-testing',
            `The MTA-STS policy of ${domain} is being tested: senders report what does not fit, and send all the same.`,
            ['Set `mode: enforce`, and a new id in the record, when nothing is reported any more.'],
          ),
        ]
      : []),
    ...(policy.maxAgeSeconds < DAY_SECONDS
      ? [
          finding(
            'warning',
            'mta-sts-short-lived',
            `Senders keep the MTA-STS policy of ${domain} for ${policy.maxAgeSeconds} s, and are without one afterwards.`,
            ['Set `max_age` to some weeks, as 1209600.'],
          ),
        ]
      : []),
  ]
}

function rowFindings({ host, listed, verified }: Row, mode: string | undefined): CheckFinding[] {
  const level = mode === 'enforce' ? 'error' : 'warning'
  const consequence =
    mode === 'enforce' ? 'senders that go by it do not send to it' : 'senders that go by it report it'
  const findings: CheckFinding[] = []
  if (!listed) {
    findings.push(
      finding(
        level,
        'mta-sts-host-not-listed',
        `The mail host ${host} does not stand in the MTA-STS policy: ${consequence}.`,
        [`Add \`mx: ${host}\` to the policy and change the id of the record; or correct the MX records.`],
      ),
    )
  }
  if (verified === false) {
    findings.push(
      finding(
        level,
        'mta-sts-host-not-verified',
        `The mail host ${host} has no TLS, or a certificate that does not verify, which the MTA-STS policy demands: ${consequence}.`,
        [`Let it offer STARTTLS with a certificate for ${host} from an authority that senders trust.`],
      ),
    )
  }
  return findings
}

function linesOf(facts: MtaStsFacts | undefined, rows: readonly Row[]): string[] {
  if (facts === undefined) return ['not known']
  const { id, policy, fault } = facts
  return [
    `record: ${id === null ? 'none' : `id ${id}`}`,
    ...(policy === null
      ? [`policy: ${fault === null ? 'none' : fault.message}`]
      : [`policy: mode ${policy.mode}, for ${policy.maxAgeSeconds} s, mx ${policy.mx.join(', ') || 'none'}`]),
    ...rows.map(
      ({ host, listed, verified }) =>
        `${host}: ${listed ? 'listed' : 'not listed'}, ${verified === null ? 'not seen' : verified ? 'verified' : 'not verified'}`,
    ),
  ]
}
