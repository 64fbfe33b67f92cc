import type { TlsFacts } from '../wire/wire.ts'
import { Fault } from './outcome.ts'
import type { Target } from './target.ts'

/** Both verdicts are good. */
export function isVerified(facts: TlsFacts | undefined): boolean {
  return facts?.trusted === true && facts.nameMatches
}

/**
 * What a certificate that does not verify means for this session: its end, or a finding.
 *
 * Opportunistic TLS goes on, for it would have gone on without TLS as well; it is credentials that are withheld then.
 * @throws {Fault} `tls`, with the code that the diagnosis knows
 */
export function judgeTls(
  facts: TlsFacts,
  target: Target,
  finding: (code: string, text: string) => void,
): void {
  if (isVerified(facts)) return
  const code = certificateCode(facts)
  const text = certificateText(facts, code, target)
  if (target.verify === 'strict' && target.security !== 'opportunistic')
    throw new Fault('tls', text, { code })
  finding(code, `${text} The session went on because ${REASONS[target.verify]}.`)
}

const REASONS: Readonly<Record<Target['verify'], string>> = {
  strict: 'TLS is opportunistic',
  report: '`tlsVerify` is false',
  look: 'it is there to look',
}

function certificateCode(facts: TlsFacts): string {
  if (!facts.trusted) {
    if (facts.verifyError === 'CERT_HAS_EXPIRED') return 'certificate-expired'
    if (facts.verifyError === 'CERT_NOT_YET_VALID') return 'certificate-not-yet-valid'
    return 'certificate-untrusted'
  }
  return 'certificate-name-mismatch'
}

function certificateText(facts: TlsFacts, code: string, target: Target): string {
  const certificate = facts.certificate
  if (certificate === null) return 'The server showed no certificate.'
  switch (code) {
    case 'certificate-expired':
      return `The certificate expired on ${certificate.validTo}.`
    case 'certificate-not-yet-valid':
      return `The certificate is valid from ${certificate.validFrom} on.`
    case 'certificate-name-mismatch':
      return `The certificate is for ${certificate.names.join(', ') || certificate.subject}, not for ${target.servername}.`
    default:
      return `The certificate's chain is not trusted (${facts.verifyError ?? 'no reason given'}).`
  }
}
