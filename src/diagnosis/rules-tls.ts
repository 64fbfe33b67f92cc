import type { Rule } from './rule.ts'
import { withStartTls } from './server-url.ts'
import type { Situation } from './situation.ts'

/** OpenSSL's words for plain text where a TLS record was due; Node 20 gives the first, others come with other texts. */
const PLAIN_TEXT_CODES = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_RECORD_LENGTH_MISMATCH',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_INVALID_RECORD_TYPE',
]

const VERSION_CODES = [
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
  'ERR_SSL_UNSUPPORTED_SSL_VERSION',
  'ERR_SSL_WRONG_SSL_VERSION',
  'ERR_SSL_VERSION_TOO_LOW',
]

const CLIENT_CERTIFICATE_CODES = [
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
]

/** Peers whose key or digest OpenSSL finds too weak. */
const WEAK_CODES = [
  'ERR_SSL_DH_KEY_TOO_SMALL',
  'ERR_SSL_EE_KEY_TOO_SMALL',
  'ERR_SSL_CA_KEY_TOO_SMALL',
  'ERR_SSL_CA_MD_TOO_WEAK',
  'ERR_SSL_BAD_ECPOINT',
]

const UNTRUSTED_CODES = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]

/** What went wrong in the handshake, or in judging the certificate. */
export const TLS_RULES: readonly Rule[] = [
  {
    code: 'tls-on-plain-port',
    when: { faultCodes: PLAIN_TEXT_CODES, stages: ['tls'] },
    confidence: 'certain',
  },
  {
    code: 'tls-handshake-failed',
    when: { faultCodes: PLAIN_TEXT_CODES, stages: ['starttls'] },
    cause: () =>
      'The server agreed to start TLS and then went on in plain text. Its TLS is not set up, or something in between answered in its place.',
  },
  { code: 'tls-version-too-old', when: { faultCodes: VERSION_CODES } },
  { code: 'certificate-expired', when: { faultCodes: ['CERT_HAS_EXPIRED'] } },
  { code: 'certificate-not-yet-valid', when: { faultCodes: ['CERT_NOT_YET_VALID'] } },
  {
    code: 'certificate-name-mismatch',
    when: { faultCodes: ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH', 'IP_ADDRESS_MISMATCH'] },
  },
  { code: 'certificate-untrusted', when: { faultCodes: UNTRUSTED_CODES } },
  {
    code: 'tls-handshake-failed',
    when: { faultCodes: CLIENT_CERTIFICATE_CODES },
    cause: () => 'The server wants a certificate from the client, and none was shown.',
    remedies: () => ['Use a configured server that has a client certificate.'],
  },
  {
    code: 'tls-handshake-failed',
    when: { faultCodes: WEAK_CODES },
    cause: () =>
      'The key, the parameters or the signature that the server uses are weaker than is accepted today.',
    suggestion: () => ({ tlsMinVersion: 'TLSv1' }),
    confidence: 'likely',
  },
  {
    code: 'tls-handshake-failed',
    when: { faultKinds: ['timeout', 'tls', 'closed'], stages: ['tls'], history: isPlainPort },
    cause: ({ server }) =>
      `TLS was begun from the first byte on port ${server.port}, where servers speak plain text first and offer STARTTLS or STLS.`,
    suggestion: withStartTls,
    confidence: 'likely',
  },
  { code: 'tls-handshake-failed', when: { faultKinds: ['tls'] }, confidence: 'certain' },
  {
    code: 'tls-handshake-failed',
    when: { faultKinds: ['timeout', 'closed'], stages: ['tls'] },
    confidence: 'certain',
  },
  {
    // no reply to STARTTLS itself runs into the limit of a command; `connect` is the handshake's
    code: 'tls-handshake-failed',
    when: {
      faultKinds: ['timeout'],
      stages: ['starttls'],
      history: ({ fault }) => fault?.code === 'connect',
    },
    confidence: 'certain',
  },
]

const PLAIN_PORTS: ReadonlySet<number> = new Set([24, 25, 110, 143, 587, 2525])

/** The server did not answer with TLS at all, and the port is one for plain text. */
function isPlainPort({ server, fault }: Situation): boolean {
  return PLAIN_PORTS.has(server.port) && fault?.code?.startsWith('ERR_SSL_') !== true
}
