import type { DiagnosisCode } from '../diagnosis/codes.ts'
import { type DomainCell, type DomainSeen, stagesOf, wasGreeted } from './domain.ts'
import { type CheckFinding, type Diagnose, finding, type Section } from './section.ts'

interface Row {
  readonly cell: DomainCell
  readonly code: DiagnosisCode | null
}

/** Every mail host of a domain and every address of it, with the stages that a session came to. */
export function domainSection(seen: DomainSeen, diagnose: Diagnose): Section {
  const rows = seen.cells.map((cell): Row => {
    const { end, target, opening } = cell
    const failure = end.failure
    return {
      cell,
      code: failure === undefined ? null : (diagnose(end, { target, opening }, failure)?.code ?? null),
    }
  })
  return {
    title: `Mail hosts of ${seen.domain}`,
    part: {
      domain: {
        domain: seen.domain,
        source: seen.route.hosts[0]?.source ?? 'mx',
        hosts: rows.map(({ cell, code }) => ({
          host: cell.host.host,
          preference: cell.host.preference,
          address: cell.address,
          outcome: cell.end.failure?.outcome ?? 'ok',
          stage: cell.end.stage,
          diagnosis: code === null ? null : { code },
          stages: stagesOf(cell),
          tls: tlsOf(cell),
          durationMs: cell.end.transcript.durationMs,
        })),
        notTried: seen.left,
      },
    },
    lines: rows.map(rowLine),
    findings: [
      ...seen.route.findings.map(({ code, text }) =>
        finding(code === 'mx-unusable' ? 'error' : 'info', code, text, RECORDS),
      ),
      ...hostsAsAWhole(seen, rows),
      ...rows.flatMap(cellFindings),
    ],
  }
}

const RECORDS = ['Let each MX record of the domain name a host that has an address (RFC 5321 §5.1).']

function hostsAsAWhole({ domain, route, left }: DomainSeen, rows: readonly Row[]): CheckFinding[] {
  const findings: CheckFinding[] = []
  const names = [...new Set(rows.map(({ cell }) => cell.host.host))]
  for (const name of names) {
    const own = rows.filter(({ cell }) => cell.host.host === name)
    if (own.some(({ cell }) => wasGreeted(cell.end))) continue
    const codes = [...new Set(own.map(({ code }) => code ?? 'no reason known'))].join(', ')
    findings.push(
      finding(
        'error',
        'mail-host-unreachable',
        `The mail host ${name} takes no session at any of its addresses: ${codes}.`,
        [
          own.some(({ cell }) => cell.address !== null)
            ? 'See that the server runs and that port and firewall are open; or take the host out of the MX records.'
            : 'Enter an A or AAAA record for the host, or take it out of the MX records.',
        ],
      ),
    )
  }
  if (route.hosts.length === 1 && rows.length === 1) {
    findings.push(
      finding(
        'info',
        'mail-host-alone',
        `${domain} has one mail host with one address: while it is away, mail waits elsewhere.`,
      ),
    )
  }
  if (route.hosts[0]?.source === 'implicit') {
    findings.push(
      finding('info', 'mx-missing', `${domain} has no MX record; it is its own mail host (RFC 5321 §5.1).`, [
        'Enter an MX record, or one for "." if the domain takes no mail (RFC 7505 §3).',
      ]),
    )
  }
  if (left.length > 0) {
    findings.push(
      finding(
        'info',
        'addresses-left',
        `Not looked at, for there are too many or there was no room: ${left.join(', ')}.`,
      ),
    )
  }
  return findings
}

function cellFindings({ cell, code }: Row): CheckFinding[] {
  const { end, host, address, opening } = cell
  const where = `${host.host} (${address ?? 'no address'})`
  if (!wasGreeted(end)) {
    if (address === null) return []
    return [
      finding(
        'warning',
        'address-unreachable',
        `${where} takes no session: ${code ?? 'no reason known'}, at the stage ${end.stage}.`,
        [
          'Senders try every address; each that does not answer costs them time. An IPv6 address may answer others and not this machine.',
        ],
      ),
    ]
  }
  if (end.failure !== undefined) {
    return [
      finding(
        'error',
        'session-broke-off',
        `With ${where} the session broke off at the stage ${end.stage}: ${code ?? 'no reason known'}.`,
      ),
    ]
  }
  if (end.tls === undefined) {
    const offered = opening.extensionsBeforeTls?.has('STARTTLS') === true
    return [
      finding(
        'error',
        offered ? 'starttls-refused' : 'starttls-not-offered',
        `${where} ${offered ? 'refuses' : 'does not offer'} STARTTLS: mail for the domain can be read on its way there.`,
        ['Give every mail host a certificate, and let it offer STARTTLS.'],
      ),
    ]
  }
  if (end.tls.trusted && end.tls.nameMatches) return []
  const reason = end.tls.trusted
    ? 'is for another name'
    : `is not trusted here (${end.tls.verifyError ?? 'no certificate'})`
  return [
    finding(
      'warning',
      'mail-host-certificate',
      `The certificate of ${where} ${reason}. Most senders go on all the same; those that verify (MTA-STS) do not.`,
      [`Get a certificate for ${host.host} from an authority that senders trust.`],
    ),
  ]
}

function tlsOf({ end: { tls } }: DomainCell) {
  if (tls === undefined) return null
  const { version, trusted, nameMatches, verifyError, certificate } = tls
  return { version, trusted, nameMatches, verifyError, daysLeft: certificate?.daysLeft ?? null }
}

function rowLine({ cell, code }: Row): string {
  const stages = stagesOf(cell)
    .map(({ stage, verdict }) => `${stage} ${verdict}`)
    .join(', ')
  return `${cell.host.preference} ${cell.host.host} ${cell.address ?? '(no address)'}: ${stages}${code === null ? '' : `; ${code}`}`
}
