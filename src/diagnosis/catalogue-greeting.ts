import type { CatalogueEntry } from './catalogue-entry.ts'

/** The first words, and words that are none of the protocol. */
export const GREETING_PAGES = {
  'greeting-timeout': {
    title: 'The server did not greet',
    meaning:
      'The connection stands, and the server said nothing within the time limit. A mail server speaks first.',
    looksLike: [{ server: 'this service', lines: ['no greeting within 30 s'] }],
    causes: [
      'The server delays its greeting on purpose (a tarpit, or postscreen), 15 s and more, to be rid of impatient spammers.',
      'The port is one for TLS from the first byte, or another protocol in which the client speaks first, such as HTTP.',
      'The server is overloaded, or waits for a slow DNS or blocklist look-up.',
    ],
    callers: [
      'Wait longer: RFC 5321 wants 5 minutes of patience (`timeouts.greeting`: 300000).',
      'Check the port and whether it wants `smtps://` or `pop3s://`.',
    ],
    administrators: [
      'Check the delay before the greeting (Postfix: `postscreen_greet_wait`; Sendmail: `greet_pause`) and the look-ups that are made before it.',
    ],
    retry: 'changed',
    references: ['RFC 5321 §4.5.3.2.1', 'RFC 5321 §3.1'],
  },
  'greeting-refused': {
    title: 'The server refuses service in its greeting',
    meaning: 'Instead of a greeting the server said that it offers no service, to this client or to anybody.',
    looksLike: [
      { server: 'Sendmail', lines: ['554 mail.example.com ESMTP not accepting messages'] },
      { server: 'any server', lines: ['554 No SMTP service here', '-ERR'] },
    ],
    causes: ['The address of this client is not wanted.', 'The host takes no mail at all.'],
    callers: [
      'Read the text of the greeting: it often names the reason, or a page that explains it.',
      'Use the submission port (587 or 465) when the mail is yours to send.',
    ],
    administrators: ['Look up the address of this client in the access rules and in the log.'],
    retry: 'no',
    references: ['RFC 5321 §3.1', 'RFC 1939 §4'],
  },
  'service-unavailable': {
    title: 'The server is not available now',
    meaning:
      'The server answered that it cannot serve at present, mostly with 421, and mostly closes the connection.',
    looksLike: [
      { server: 'Exchange', lines: ['421 4.3.2 Service not active'] },
      { server: 'OpenSMTPD', lines: ['421 Service temporarily unavailable'] },
    ],
    causes: ['It is overloaded or being maintained.', 'It has no service for this address at the moment.'],
    callers: ['Try again later, with growing intervals.'],
    administrators: ['Look into the log for what the server is short of.'],
    retry: 'later',
    references: ['RFC 5321 §3.8', 'RFC 5321 §4.2.3'],
  },
  'wrong-protocol': {
    title: 'Another protocol is spoken on this port',
    meaning:
      'What the server said is not the protocol that was asked for. The diagnosis names the one it is.',
    looksLike: [
      { server: 'IMAP', lines: ['* OK [CAPABILITY IMAP4rev1 …] Dovecot ready.'] },
      { server: 'POP3', lines: ['+OK Dovecot ready.'] },
      { server: 'SMTP', lines: ['220 mail.example.com ESMTP Postfix'] },
      { server: 'any server', lines: ['HTTP/1.1 400 Bad Request', 'SSH-2.0-OpenSSH_9.2'] },
    ],
    causes: ['The port is wrong.', 'The URL says `smtp` where `pop3` was meant, or the other way round.'],
    callers: [
      'Use the port of the protocol: SMTP 25, 587 or 465; POP3 110 or 995. IMAP (143, 993) is not spoken by this service.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 6409 §3.1', 'RFC 8314 §3.3'],
  },
  'tls-on-plain-port': {
    title: 'TLS was spoken to a plain port',
    meaning:
      'The URL asks for TLS from the first byte, and the server answered in plain text. OpenSSL calls that "wrong version number"; it has nothing to do with versions.',
    looksLike: [
      {
        server: 'this service',
        lines: ['tls: ERR_SSL_WRONG_VERSION_NUMBER', 'tls: ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      },
    ],
    causes: [
      '`smtps://` or `pop3s://` was used with a port where encryption begins by STARTTLS or STLS, such as 587, 25 or 110.',
      'The port speaks another protocol altogether.',
    ],
    callers: [
      'Use `smtp://` or `pop3://` on this port with `"tls": "required"`.',
      'Or keep TLS from the first byte and use its own port: 465 for SMTP, 995 for POP3.',
    ],
    administrators: [
      'Switch implicit TLS on for this port if it is meant to have it (Postfix: `smtpd_tls_wrappermode=yes`).',
    ],
    retry: 'changed',
    references: ['RFC 8314 §3', 'RFC 3207 §4'],
  },
  'plain-on-tls-port': {
    title: 'Plain text was spoken to a TLS port',
    meaning:
      'The server expects TLS from the first byte on this port, and the session began in plain text. Both sides then waited for each other, or the server answered with a TLS alert.',
    looksLike: [
      { server: 'any server', lines: ['\\x15\\x03\\x01\\x00\\x02\\x02F (a TLS alert)'] },
      { server: 'this service', lines: ['no greeting within 30 s, on port 465 or 995'] },
    ],
    causes: ['`smtp://` or `pop3://` was used with a port for `smtps://` or `pop3s://`.'],
    callers: [
      'Use `smtps://` on port 465, `pop3s://` on port 995.',
      'Or use the plain port, 587 or 110, with `"tls": "required"`.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 8314 §3'],
  },
  'protocol-violation': {
    title: 'The server broke the protocol',
    meaning:
      'The server sent something that is no reply, or a reply that cannot be right at this place, so that nothing it says after that can be relied upon. What came is in the transcript, octet by octet.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'the server sent a line that is no SMTP reply',
          'the lines of one reply had different codes, 250 and 550',
        ],
      },
    ],
    causes: [
      'The software is not a mail server, or a broken one.',
      'A firewall or proxy with "SMTP inspection" rewrites what is said.',
    ],
    callers: [
      'Look at what the server sent last in the transcript, before QUIT was answered.',
      'Switch `pipelining` and `chunking` off, and try again: some servers offer what they cannot do.',
    ],
    administrators: ['Switch off "SMTP fixup" or inspection in the firewall in front of the server.'],
    retry: 'changed',
    references: ['RFC 5321 §4.2', 'RFC 1939 §3'],
  },
  'limit-exceeded': {
    title: 'The server sent more than is taken',
    meaning:
      'A line, a reply, a listing or a message was larger than this service reads, so the session was ended.',
    looksLike: [
      {
        server: 'this service',
        lines: ['the server sent a line longer than 65536 octets', 'a listing had more than 100000 lines'],
      },
    ],
    causes: [
      'The mailbox or the message is larger than the limit that was set.',
      'What answers is not a mail server.',
    ],
    callers: ['Ask for less: one message instead of the listing, `lines=` instead of the whole message.'],
    administrators: ['Whoever runs this service can raise its limits, such as `MAILWIRE_MAX_MESSAGE_BYTES`.'],
    retry: 'changed',
    references: ['RFC 5321 §4.5.3.1'],
  },
  'reply-timeout': {
    title: 'A reply did not come in time',
    meaning:
      'The server took a command and did not answer it within the time limit. Before the end of the message nothing is lost: it was not sent.',
    looksLike: [{ server: 'this service', lines: ['no reply to RCPT within 30 s'] }],
    causes: [
      'The server looks something up, or is overloaded.',
      'It slows this client down on purpose.',
      'A firewall between has dropped the connection.',
    ],
    callers: [
      'Give it more time: `timeouts.command`, and `timeouts.total` for the whole call. RFC 5321 allows servers 5 minutes for most commands.',
      'Try again later.',
    ],
    administrators: [
      'Check what the server waits for at this command: blocklists, callbacks, a policy service.',
    ],
    retry: 'later',
    references: ['RFC 5321 §4.5.3.2'],
  },
} as const satisfies Record<string, CatalogueEntry>
