import { serverName } from './names.ts'
import { withImplicitTls } from './server-url.ts'
import type { Situation, Suggestion } from './situation.ts'
import type { Words } from './words-entry.ts'

/** OpenSSL's names of the alerts that servers send, in words. */
const ALERTS: Readonly<Record<string, string>> = {
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'The server found nothing to agree on: no cipher in common, no certificate of its own, or none from the client where it wants one.',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME:
    'The server does not know the name that was asked for, and has no certificate for it.',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR:
    'The server says that something failed inside its TLS, often that it cannot read its certificate or key.',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'The server does not trust the certificate of the client.',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'The server does not accept the certificate of the client.',
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: 'The server wants stronger ciphers than it was offered.',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'The server does not let this client in.',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    'The server wants an application protocol (ALPN) that mail does not use.',
}

/** Encryption and certificates. */
export const TLS_WORDS = {
  'starttls-not-offered': {
    summary: (s) => `${serverName(s)} does not offer ${s.protocol === 'pop3' ? 'STLS' : 'STARTTLS'}.`,
    cause: () =>
      'Encryption was to begin on this connection, and the server does not have it there. Nothing was sent in the clear instead.',
    suggestion: ({ protocol, server }) =>
      server.port === 25 || server.port === 587 || server.port === 110
        ? implicitOnItsPort(protocol, server.host)
        : undefined,
  },
  'starttls-required': {
    summary: (s) => `${serverName(s)} wants the connection encrypted before it goes on.`,
    cause: ({ tls, starttls }) =>
      tls === 'on'
        ? 'The connection was encrypted, and the server does not count it: the encryption probably ends at something in front of it.'
        : `The session went on in the clear${starttls === 'offered' ? ', though STARTTLS is offered' : ''}.`,
    suggestion: ({ tls }) => (tls === 'on' ? undefined : { tls: 'required' }),
  },
  'starttls-refused': {
    summary: (s) => `${serverName(s)} did not start TLS.`,
    cause: () =>
      'The server knows the command and did not carry it out: mostly it cannot read its certificate or key, or has too many TLS sessions.',
  },
  'starttls-injection': {
    summary: (s) => `${serverName(s)} sent octets in the clear behind its agreement to start TLS.`,
    cause: () =>
      'Either the server is broken, or somebody on the way puts replies in that would be taken for the server’s once TLS is on. The octets are in the transcript, and were not believed.',
    suggestion: ({ protocol, server }) => implicitOnItsPort(protocol, server.host),
  },
  'tls-handshake-failed': {
    summary: (s) => `TLS with ${serverName(s)} did not come about.`,
    cause: handshakeCause,
  },
  'tls-version-too-old': {
    summary: (s) => `${serverName(s)} has no TLS version in common with this service.`,
    cause: ({ tlsMinVersion }) =>
      tlsMinVersion === 'TLSv1.3'
        ? 'The call takes TLS 1.3 and nothing older, and the server does not speak it. Many have TLS 1.2 at most, which is still safe.'
        : 'The server speaks only versions of TLS that were not asked for, mostly 1.0 and 1.1, which are no longer safe.',
    suggestion: ({ tlsMinVersion }) => ({ tlsMinVersion: tlsMinVersion === 'TLSv1.3' ? 'TLSv1.2' : 'TLSv1' }),
  },
  'certificate-expired': {
    summary: (s) => `The certificate of ${s.server.host} has expired${on(s.tlsFacts?.certificate?.validTo)}.`,
    cause: ({ tlsFacts }) =>
      (tlsFacts?.certificate?.daysLeft ?? -1) >= 0
        ? 'The certificate of the server itself is still valid; one above it in the chain has expired.'
        : 'It was not renewed, or the server was not told to read the new one.',
  },
  'certificate-not-yet-valid': {
    summary: (s) =>
      `The certificate of ${s.server.host} is not valid yet${s.tlsFacts?.certificate == null ? '' : `, only from ${day(s.tlsFacts.certificate.validFrom)}`}.`,
    cause: () => 'The clock here or where it was issued is wrong, or it was put in place too early.',
  },
  'certificate-name-mismatch': {
    summary: ({ server, tlsFacts }) => `The certificate is not for ${server.host}${namesIn(tlsFacts)}.`,
    cause: () =>
      'The server is called by a name that its certificate does not hold, or it is another server. The chain itself is judged apart from that.',
    suggestion: ({ tlsFacts }) => {
      const name = tlsFacts?.certificate?.names.find((each) => !each.startsWith('*'))
      return name === undefined ? undefined : { tlsServername: name }
    },
  },
  'certificate-untrusted': {
    summary: ({ server }) => `The certificate of ${server.host} is not trusted.`,
    cause: untrustedCause,
  },
} as const satisfies Record<string, Words>

function handshakeCause({ fault, stage }: Situation): string {
  const alert = ALERTS[fault?.code ?? '']
  if (alert !== undefined) return alert
  if (fault?.kind === 'timeout')
    return 'The server did not answer the handshake. Ports that do not speak TLS behave like that, and so do firewalls.'
  if (fault?.code === 'ECONNRESET' || fault?.code === undefined) {
    return stage === 'tls'
      ? 'The server hung up in the middle of the handshake. Ports that do not speak TLS from the first byte behave like that, and so do servers that have no certificate for the name.'
      : 'The server hung up in the middle of the handshake, mostly because its TLS is not set up, or it has no certificate for the name.'
  }
  return `OpenSSL says ${fault.code}.`
}

function untrustedCause({ fault, tlsFacts }: Situation): string {
  switch (tlsFacts?.verifyError ?? fault?.code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'It is self-signed: no authority vouches for it.'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'The authority at the end of its chain is not one that is trusted here, such as that of a company.'
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'Its issuer is not known here. Mostly the server does not send the intermediate certificate; else the authority is one of a company.'
    case 'CERT_REVOKED':
      return 'Its authority has revoked it.'
    default:
      return 'Its chain does not lead to an authority that is trusted here.'
  }
}

function implicitOnItsPort(protocol: Situation['protocol'], host: string): Suggestion | undefined {
  const port = protocol === 'pop3' ? 995 : 465
  return withImplicitTls({ protocol, server: { host, port } })
}

function namesIn(tlsFacts: Situation['tlsFacts']): string {
  const names = tlsFacts?.certificate?.names ?? []
  if (names.length === 0) return ''
  return `, but for ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and others' : ''}`
}

function on(date: string | undefined): string {
  return date === undefined ? '' : `, or one above it; its last day is ${day(date)}`
}

function day(date: string): string {
  return date.slice(0, 10)
}
