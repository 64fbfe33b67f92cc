import type { CatalogueEntry } from './catalogue-entry.ts'

/** Encryption, and the certificate behind it. */
export const TLS_PAGES = {
  'starttls-not-offered': {
    title: 'The server does not offer STARTTLS',
    meaning:
      'Encryption was required, and the server does not offer it on this connection. Nothing was sent that would have needed it.',
    looksLike: [
      { server: 'any server', lines: ['250-mail.example.com … (a reply to EHLO without STARTTLS)'] },
      { server: 'Postfix, to STARTTLS', lines: ['502 5.5.1 Error: command not implemented'] },
      { server: 'qmail', lines: ['502 unimplemented (#5.5.1)'] },
    ],
    causes: [
      'The server has no certificate, or TLS is off.',
      'The port is one for TLS from the first byte, or inside a proxy that takes TLS off.',
      'Somebody between removes the offer.',
    ],
    callers: [
      'Try TLS from the first byte: `smtps://` on 465, `pop3s://` on 995.',
      'Where the way to the server is trusted, use `"tls": "opportunistic"` or `"off"`; credentials then need `auth.allowInsecure`.',
    ],
    administrators: [
      'Give the server a certificate and switch STARTTLS on (Postfix: `smtpd_tls_security_level=may`; Dovecot: `ssl=yes`).',
    ],
    retry: 'changed',
    references: ['RFC 3207 §4', 'RFC 2595 §4', 'RFC 8314 §3'],
  },
  'starttls-required': {
    title: 'The server wants TLS first',
    meaning: 'The server does nothing more on this connection until it is encrypted by STARTTLS.',
    looksLike: [
      { server: 'Postfix, Gmail', lines: ['530 5.7.0 Must issue a STARTTLS command first'] },
      { server: 'OpenSMTPD', lines: ['530 5.5.1 Invalid command: Must issue a STARTTLS command first'] },
      { server: 'Gmail', lines: ['421 4.7.0 TLS required for RCPT domain, closing connection.'] },
    ],
    causes: ['The session was not encrypted: `tls` was `off`, or the steps of a script left STARTTLS out.'],
    callers: [
      'Use `"tls": "required"`; in a scripted session send STARTTLS and then `{ "startTls": true }`.',
    ],
    administrators: [
      'Allow unencrypted sessions from trusted networks only, if they are needed at all (Postfix: `smtpd_tls_security_level=may`).',
    ],
    retry: 'changed',
    references: ['RFC 3207 §4', 'RFC 4954 §6'],
  },
  'starttls-refused': {
    title: 'The server refused to start TLS',
    meaning: 'The server knows STARTTLS and could not or would not do it now.',
    looksLike: [
      { server: 'Postfix', lines: ['454 4.7.0 TLS not available due to local problem'] },
      { server: 'Exim', lines: ['454 TLS currently unavailable'] },
    ],
    causes: ['The server cannot read its certificate or key.', 'Too many new TLS sessions from this client.'],
    callers: ['Try again later.', 'Where the way to the server is trusted, use `"tls": "off"`.'],
    administrators: [
      'Check that the server can read certificate and key, and that they belong together; the log names the reason.',
    ],
    retry: 'later',
    references: ['RFC 3207 §4'],
  },
  'starttls-injection': {
    title: 'Octets in the clear behind the agreement to start TLS',
    meaning:
      'Together with its agreement to start TLS, more octets came in plain text. Whoever sits between can put them there and have them taken for the server’s. The session was ended, and the octets are in the transcript.',
    looksLike: [
      {
        server: 'any server',
        lines: ['220 2.0.0 Ready to start TLS', '250 2.0.0 … (in the same packet, before the handshake)'],
      },
    ],
    causes: ['The server is broken.', 'Somebody between tampers with the connection.'],
    callers: [
      'Use TLS from the first byte (`smtps://`, `pop3s://`), where this cannot happen.',
      'Do not send credentials to this server over this way until it is cleared up.',
    ],
    administrators: [
      'Update the mail server and any TLS proxy in front of it: input that was read before the handshake has to be discarded.',
    ],
    retry: 'changed',
    references: ['RFC 3207 §6', 'RFC 8314 §3'],
  },
  'tls-handshake-failed': {
    title: 'The TLS handshake failed',
    meaning:
      'Both sides wanted TLS and did not come to terms. The cause says what the alert of the server means, where it sent one.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'tls: ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
          'tls: ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
          'tls: ECONNRESET',
        ],
      },
    ],
    causes: [
      'Client and server have no cipher or parameter in common.',
      'The server has no certificate for this name, or none at all.',
      'The server wants a certificate from the client.',
      'The port does not speak TLS.',
    ],
    callers: [
      'Set `tlsServername` to the name that the server knows itself by.',
      'Check the port and whether TLS begins there at once or after STARTTLS.',
    ],
    administrators: [
      'Check the certificate, the key and the ciphers of the server, for instance with `openssl s_client`.',
    ],
    retry: 'changed',
    references: ['RFC 8446 §6', 'RFC 5246 §7.2'],
  },
  'tls-version-too-old': {
    title: 'No TLS version in common',
    meaning:
      'The server speaks only versions of TLS that are older than what was asked for. TLS 1.0 and 1.1 are no longer safe and are not used unless asked for by name.',
    looksLike: [
      {
        server: 'this service',
        lines: ['tls: ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls: ERR_SSL_UNSUPPORTED_PROTOCOL'],
      },
    ],
    causes: ['The server or its TLS library is old.', '`tlsMinVersion` asks for more than the server has.'],
    callers: ['Lower `tlsMinVersion` for this one server, to `TLSv1.2` or, if it must be, `TLSv1`.'],
    administrators: ['Switch on TLS 1.2 and 1.3, or update the TLS library.'],
    retry: 'changed',
    references: ['RFC 8996 §4', 'RFC 8446 §6.2'],
  },
  'certificate-expired': {
    title: 'The certificate has expired',
    meaning:
      'The certificate of the server, or one above it, is past its last day. The connection could be encrypted, but not verified.',
    looksLike: [{ server: 'this service', lines: ['tls: CERT_HAS_EXPIRED'] }],
    causes: [
      'It was not renewed.',
      'It was renewed, and the server still uses the old file.',
      'An intermediate certificate has expired.',
      'The clock of this host is wrong.',
    ],
    callers: [
      'Tell whoever runs the server.',
      'To look at the server all the same use `"tlsVerify": false`; credentials are then not safe.',
    ],
    administrators: [
      'Renew the certificate and make the server read it again; renewal that does not reload the mail server is the usual reason.',
    ],
    retry: 'changed',
    references: ['RFC 5280 §4.1.2.5'],
  },
  'certificate-not-yet-valid': {
    title: 'The certificate is not valid yet',
    meaning: 'The first day of the certificate lies in the future, seen from this host.',
    looksLike: [{ server: 'this service', lines: ['tls: CERT_NOT_YET_VALID'] }],
    causes: [
      'The clock of this host, or of the one that issued the certificate, is wrong.',
      'The certificate was put in place too early.',
    ],
    callers: ['Check the clock of the host on which this service runs.'],
    administrators: ['Use a certificate that is valid now.'],
    retry: 'changed',
    references: ['RFC 5280 §4.1.2.5'],
  },
  'certificate-name-mismatch': {
    title: 'The certificate is for another name',
    meaning:
      'The certificate is good in itself, and does not hold the name that was connected to. It could be somebody else’s server.',
    looksLike: [{ server: 'this service', lines: ['tls: ERR_TLS_CERT_ALTNAME_INVALID'] }],
    causes: [
      'The server is called by an address or an alias that its certificate does not hold.',
      'Several domains share one host, and its certificate names the provider.',
    ],
    callers: [
      'Connect to a name that the certificate holds.',
      'Or set `tlsServername` to it, if it is the same server.',
    ],
    administrators: ['Get a certificate that holds every name by which clients come.'],
    retry: 'changed',
    references: ['RFC 9525 §6', 'RFC 7817 §3'],
  },
  'certificate-untrusted': {
    title: 'The certificate is not trusted',
    meaning:
      'The chain of the certificate does not lead to an authority that is trusted here. Anybody could have made it.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'tls: DEPTH_ZERO_SELF_SIGNED_CERT',
          'tls: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
          'tls: SELF_SIGNED_CERT_IN_CHAIN',
        ],
      },
    ],
    causes: [
      'It is self-signed.',
      'It is from an authority of a company.',
      'The server does not send the intermediate certificate.',
    ],
    callers: [
      'Give the certificate of the authority, or the self-signed one itself, as `tlsCa` (PEM).',
      'To look at the server all the same use `"tlsVerify": false`; credentials are then not safe.',
    ],
    administrators: [
      'Send the whole chain, the server’s own certificate first and the intermediate ones behind it.',
      'Or use a certificate of a public authority.',
    ],
    retry: 'changed',
    references: ['RFC 5280 §6', 'RFC 8446 §4.4.2'],
  },
} as const satisfies Record<string, CatalogueEntry>
