import type { Target } from '../session/target.ts'
import type { TlsFacts } from '../wire/wire.ts'
import { type CheckFinding, finding, type Section } from './section.ts'
import type { Seen } from './seen.ts'
import type { VersionTry } from './tls-versions.ts'

/** Who renews by hand needs some time for it; who does not would have done it by now. */
const SOON_DAYS = 14

type StartTls = 'implicit' | 'offered' | 'refused' | 'not-offered' | 'not-asked'

/** Whether there is TLS, the certificate with both verdicts, and the versions that are taken. */
export function tlsSection({ looked, target: asked, tlsVersions }: Seen): Section {
  const { tls, transcript, target, report } = looked
  const starttls = startTlsOf(looked)
  const evidence = transcript.entries.flatMap((entry) =>
    entry.kind === 'event' && (entry.event === 'tls' || entry.event === 'tls-failed') ? [entry.seq] : [],
  )
  const versions = tlsVersions === undefined ? null : rangeOf(tlsVersions)
  return {
    title: 'TLS',
    part: { starttls, tls: transcript.tls, tlsVersions: versions },
    lines: [
      `STARTTLS: ${starttls}`,
      ...(tls === undefined ? [] : factLines(tls)),
      ...(versions === null
        ? []
        : [
            `versions: ${versions.tried.map(({ version, accepted }) => `${version} ${accepted}`).join(', ')}`,
          ]),
    ],
    findings: [
      ...absent(starttls, asked, report.extensionsBeforeTls?.has('AUTH') === true),
      ...(tls === undefined ? [] : certificateFindings(tls, target, evidence)),
      ...(tlsVersions === undefined ? [] : versionFindings(tlsVersions)),
    ],
  }
}

function startTlsOf({ report, target, tls, failure }: Seen['looked']): StartTls {
  if (target.security === 'implicit') return 'implicit'
  if (target.security === 'off') return 'not-asked'
  if (report.extensionsBeforeTls?.has('STARTTLS') !== true) return 'not-offered'
  return tls !== undefined || failure?.stage === 'starttls' ? 'offered' : 'refused'
}

function absent(starttls: StartTls, { protocol, security }: Target, logsIn: boolean): CheckFinding[] {
  if (starttls === 'refused') {
    return [
      finding(
        'error',
        'starttls-refused',
        'STARTTLS is offered and refused: the session goes on in the clear, or not at all.',
        ['Look in the server’s log: mostly it cannot read its certificate or key.'],
      ),
    ]
  }
  if (starttls !== 'not-offered') return []
  // LMTP stays on one machine, or in one network, as a rule
  const level = protocol === 'lmtp' && security !== 'required' && !logsIn ? 'info' : 'error'
  return [
    finding(
      level,
      'starttls-not-offered',
      `The server offers no TLS: whatever is said${logsIn ? ', passwords too,' : ''} can be read and changed on the way.`,
      [
        'Give the server a certificate and let it offer STARTTLS (Postfix: smtpd_tls_chain_files, smtpd_tls_security_level = may).',
        'Where it does offer STARTTLS to others, something between strips it: compare with what a client in another network sees.',
      ],
    ),
  ]
}

/** The two verdicts apart: an unknown issuer and a wrong name have different remedies. */
function certificateFindings(tls: TlsFacts, target: Target, evidence: readonly number[]): CheckFinding[] {
  const { certificate } = tls
  if (certificate === null) {
    return [
      finding(
        'error',
        'certificate-untrusted',
        'The server showed no certificate.',
        ['Give the server a certificate; without one nobody can tell it from somebody else.'],
        evidence,
      ),
    ]
  }
  const findings: CheckFinding[] = []
  if (!tls.trusted) findings.push(untrusted(tls, certificate, evidence))
  if (!tls.nameMatches) {
    findings.push(
      finding(
        'error',
        'certificate-name-mismatch',
        `The certificate is for ${certificate.names.join(', ') || certificate.subject}, not for ${target.servername}.`,
        [
          `Get a certificate that names ${target.servername}, or let clients use a name that it has.`,
          'Where the server has several certificates, look which one it shows for this name (SNI); `tlsServername` asks for another.',
        ],
        evidence,
      ),
    )
  }
  if (tls.trusted && certificate.daysLeft <= SOON_DAYS) {
    findings.push(
      finding(
        'warning',
        'certificate-expires-soon',
        `The certificate ends on ${certificate.validTo}, in ${certificate.daysLeft} days.`,
        ['Renew it, and let the server read the new one: many load it only when they start.'],
        evidence,
      ),
    )
  }
  return findings
}

type Certificate = NonNullable<TlsFacts['certificate']>

function untrusted(tls: TlsFacts, certificate: Certificate, evidence: readonly number[]): CheckFinding {
  switch (tls.verifyError) {
    case 'CERT_HAS_EXPIRED':
      return finding(
        'error',
        'certificate-expired',
        `A certificate of the chain has expired; the server’s own is valid until ${certificate.validTo}.`,
        ['Renew it, and let the server read the new one: many load it only when they start.'],
        evidence,
      )
    case 'CERT_NOT_YET_VALID':
      return finding(
        'error',
        'certificate-not-yet-valid',
        `The certificate is valid from ${certificate.validFrom} on.`,
        ['Wait until then, or set the clock of the machine that issued it.'],
        evidence,
      )
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return finding(
        'error',
        'certificate-untrusted',
        `The certificate’s chain ends in one that vouches for itself, ${certificate.chain.at(-1) ?? certificate.issuer}, and is not trusted here (${tls.verifyError}).`,
        [
          'Get a certificate from an authority that clients trust.',
          'Where it is your own authority, give its certificate in `tlsCa`, and to every client.',
        ],
        evidence,
      )
    default:
      return finding(
        'error',
        'certificate-untrusted',
        `The certificate’s chain does not lead to an authority that is trusted here (${tls.verifyError ?? 'no reason given'}).`,
        [
          'Most often the intermediate certificate is missing: let the server send the whole chain, its own certificate first.',
          'Where it is your own authority, give its certificate in `tlsCa`, and to every client.',
        ],
        evidence,
      )
  }
}

function versionFindings(tries: readonly VersionTry[]): CheckFinding[] {
  const taken = tries.filter(({ accepted }) => accepted === 'yes').map(({ version }) => version)
  const old = taken.filter((version) => version === 'TLSv1' || version === 'TLSv1.1')
  const findings: CheckFinding[] = []
  if (taken.length > 0 && old.length === taken.length) {
    findings.push(
      finding(
        'error',
        'tls-version-too-old',
        `The server takes no newer version than ${taken.at(-1)}, which clients of today refuse.`,
        ['Renew the server’s TLS library, and allow TLS 1.2 and 1.3 (RFC 8996 §4, §5).'],
      ),
    )
  } else if (old.length > 0) {
    findings.push(
      finding(
        'warning',
        'tls-old-versions',
        `The server also takes ${old.join(' and ')}, which RFC 8996 has retired.`,
        [
          'Allow TLS 1.2 and 1.3 only (Postfix: smtpd_tls_protocols = >=TLSv1.2), unless clients are left that know nothing newer.',
        ],
      ),
    )
  }
  const newest = tries.find(({ version }) => version === 'TLSv1.3')
  if (newest?.accepted === 'no' && taken.length > 0) {
    findings.push(
      finding('info', 'tls13-not-taken', 'The server does not take TLS 1.3.', [
        'Newer TLS libraries bring it; it saves a round trip for each session.',
      ]),
    )
  }
  const unknown = tries.filter(({ accepted }) => accepted === 'unknown').map(({ version }) => version)
  if (unknown.length > 0) {
    findings.push(
      finding(
        'info',
        'tls-versions-unknown',
        `Nobody could tell whether ${unknown.join(', ')} would be taken: these sessions did not come as far.`,
        ['Ask again later: some servers limit how often one client may connect.'],
      ),
    )
  }
  return findings
}

function rangeOf(tries: readonly VersionTry[]) {
  const taken = tries.filter(({ accepted }) => accepted === 'yes').map(({ version }) => version)
  return {
    lowest: taken[0] ?? null,
    highest: taken.at(-1) ?? null,
    tried: tries.map(({ version, accepted }) => ({ version, accepted })),
  }
}

function factLines({ version, cipher, trusted, nameMatches, verifyError, certificate }: TlsFacts): string[] {
  return [
    `${version} ${cipher}`,
    `chain ${trusted ? 'trusted' : `not trusted (${verifyError ?? 'no certificate'})`}; name ${nameMatches ? 'matches' : 'does not match'}`,
    ...(certificate === null
      ? []
      : [
          `certificate: ${certificate.subject}, for ${certificate.names.join(', ') || 'no names'}`,
          `valid from ${certificate.validFrom} to ${certificate.validTo}, ${certificate.daysLeft} days left`,
          `issued by ${[certificate.issuer, ...certificate.chain.slice(1)].join(' ← ')}`,
        ]),
  ]
}
