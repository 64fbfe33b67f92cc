import type { CatalogueEntry } from './catalogue-entry.ts'

/** Order and form of commands, and what the server itself is short of. */
export const DIALOGUE_PAGES = {
  'bad-sequence': {
    title: 'The command came at the wrong time',
    meaning: 'The server knows the command and does not take it at this point of the session.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['503 5.5.1 Error: need RCPT command', '503 5.5.1 Error: nested MAIL command'],
      },
      { server: 'qmail', lines: ['503 MAIL first (#5.5.1)'] },
      { server: 'Exim', lines: ['554 SMTP synchronization error'] },
      { server: 'Dovecot, to RETR before the login', lines: ['-ERR Unknown command.'] },
    ],
    causes: [
      'In a script: a command is missing before it, or it was given twice.',
      'An earlier command was refused, and the next one relied on it.',
      'Several commands were sent at once to a server that wants them one by one.',
    ],
    callers: [
      'Look for the first refusal above in the transcript: the cause is mostly there.',
      'Switch `pipelining` off.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §4.1.4', 'RFC 1939 §3'],
  },
  'command-not-recognized': {
    title: 'The server does not know the command',
    meaning: 'The server does not know the command, or has it switched off.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['500 5.5.2 Error: command not recognized', '502 5.5.1 VRFY command is disabled'],
      },
      { server: 'qmail', lines: ['502 unimplemented (#5.5.1)'] },
      { server: 'Dovecot', lines: ['-ERR Unknown command: XTND'] },
    ],
    causes: [
      'The command is optional, or of an extension that this server does not have.',
      'It is misspelt.',
    ],
    callers: ['Do without the command; EHLO or CAPA lists what the server knows.'],
    administrators: ['Enable the command, if it is wanted (Postfix: `disable_vrfy_command=no`).'],
    retry: 'changed',
    references: ['RFC 5321 §4.2.4', 'RFC 1939 §3'],
  },
  'syntax-error': {
    title: 'The server could not read the command',
    meaning: 'The command or its argument is not in the form that the server takes.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['501 5.5.4 Syntax: MAIL FROM:<address>', '501 5.1.3 Bad recipient address syntax'],
      },
      { server: 'qmail', lines: ['555 syntax error (#5.5.4)'] },
      { server: 'Dovecot', lines: ['-ERR Invalid message number: abc'] },
    ],
    causes: [
      'An address has characters that do not belong there, or no domain.',
      'In a script: brackets or blanks are missing or too many.',
    ],
    callers: ['Check the address or the argument, character by character, in the transcript.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §4.1.2', 'RFC 5321 §4.2.2', 'RFC 1939 §3'],
  },
  'parameter-not-supported': {
    title: 'The server does not know a parameter',
    meaning: 'MAIL or RCPT carried a parameter that the server does not know or does not allow.',
    looksLike: [
      { server: 'Postfix', lines: ['555 5.5.4 Unsupported option: BAD=1'] },
      { server: 'OpenSMTPD', lines: ['503 5.5.4 Invalid command arguments: Unsupported option RET=FULL'] },
    ],
    causes: [
      'The extension that it belongs to is not offered by this server.',
      '`envelope.parameters` holds something of its own.',
    ],
    callers: ['Leave the parameter out; EHLO lists the extensions of the server.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §4.1.1.11', 'RFC 5321 §2.2'],
  },
  'smtputf8-not-supported': {
    title: 'The server does not take addresses beyond ASCII',
    meaning:
      'An address, or the header, holds characters beyond ASCII that need SMTPUTF8, and this server does not offer it.',
    looksLike: [
      {
        server: 'any server',
        lines: [
          '250-mail.example.com … (a reply to EHLO without SMTPUTF8)',
          '550 5.6.7 Non-ASCII addresses not permitted for that sender/recipient',
        ],
      },
    ],
    causes: [
      'The part before the @ has letters such as ü. For the domain there is another way, which is taken by itself.',
    ],
    callers: ['Use an address with ASCII letters before the @; ask the recipient for it.'],
    administrators: ['Enable SMTPUTF8 (Postfix: `smtputf8_enable=yes`).'],
    retry: 'changed',
    references: ['RFC 6531 §3.2', 'RFC 6531 §3.5'],
  },
  'extension-not-offered': {
    title: 'The server does not offer an extension that is needed',
    meaning:
      'The call asks for something that needs an extension or capability this server does not offer. Nothing was sent without it.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'the message holds 8-bit octets, and the server does not offer 8BITMIME',
          'a message was asked for by its unique-id, and the server does not offer UIDL',
        ],
      },
    ],
    causes: ['The server is simple or old, or a proxy in front of it hides the extension.'],
    callers: [
      'Do without it: leave `envelope.dsn` out, have the message encoded for 7 bits, use message numbers instead of unique-ids.',
    ],
    administrators: ['Enable the extension.'],
    retry: 'changed',
    references: ['RFC 5321 §2.2', 'RFC 6152 §3', 'RFC 3461 §4', 'RFC 2449 §5'],
  },
  'too-many-errors': {
    title: 'Too many mistakes in one session',
    meaning: 'The server ended the session, because too many of its commands had failed.',
    looksLike: [
      { server: 'Postfix', lines: ['421 4.7.0 mail.lab.test Error: too many errors'] },
      { server: 'Dovecot', lines: ['-ERR Too many invalid bad commands.'] },
    ],
    causes: [
      'Many recipients were refused in one session.',
      'A script tried many commands that the server does not know.',
    ],
    callers: ['Look at the refusals before it, and put fewer of them into one session.'],
    administrators: ['Raise the limit (Postfix: `smtpd_hard_error_limit`).'],
    retry: 'changed',
    references: ['RFC 5321 §7.8', 'RFC 5321 §3.8'],
  },
  'expectation-not-met': {
    title: 'A step was answered otherwise than expected',
    meaning: 'A step of the script names the reply it expects, and another one came that is no refusal.',
    looksLike: [
      {
        server: 'this service',
        lines: ['{ "send": "RCPT TO:<bob@example.org>", "expect": "250" } answered 251'],
      },
    ],
    causes: ['The expectation is narrower than what servers say.'],
    callers: [
      'Expect a class instead of a code, `"2xx"`, and at POP3 the status: `"+OK"`.',
      'A regular expression is held against the whole reply, with its code or status.',
    ],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §4.2.1', 'RFC 1939 §3'],
  },
  'server-storage-full': {
    title: 'The server is short of storage',
    meaning:
      'The server has no room for the message at present. That is the server’s disk, not the recipient’s mailbox.',
    looksLike: [
      { server: 'Postfix', lines: ['452 4.3.1 Insufficient system storage'] },
      { server: 'Sendmail', lines: ['452 4.4.5 Insufficient disk space; try again later'] },
    ],
    causes: ['The disk of the queue is full.', 'The message is larger than what is left.'],
    callers: ['Try again later.'],
    administrators: ['Make room on the disk of the queue (Postfix: `queue_minfree`).'],
    retry: 'later',
    references: ['RFC 5321 §4.2.3', 'RFC 3463 §3.4'],
  },
  'server-temporary-failure': {
    title: 'The server has a problem of its own',
    meaning: 'Something failed inside the server. The call is not at fault, and the same may work later.',
    looksLike: [
      { server: 'Postfix', lines: ['451 4.3.5 … Server configuration problem'] },
      { server: 'Exim', lines: ['451 Temporary local problem - please try later'] },
      { server: 'qmail', lines: ['451 qqt failure (#4.3.0)'] },
      { server: 'Dovecot LMTP', lines: ['451 4.2.0 … Internal error occurred.'] },
    ],
    causes: [
      'A database, a filter or a policy service of the server is down.',
      'A mistake in its configuration.',
    ],
    callers: ['Try again later, with growing intervals.'],
    administrators: ['Look for the session in the log: the reason stands there, and only there.'],
    retry: 'later',
    references: ['RFC 5321 §4.2.3', 'RFC 5321 §4.5.4.1'],
  },
  'server-shutting-down': {
    title: 'The server is shutting down',
    meaning: 'The server ends its sessions, because it stops or restarts.',
    looksLike: [
      { server: 'Dovecot', lines: ['-ERR [SYS/TEMP] Server shutting down.'] },
      { server: 'UW POP3', lines: ['-ERR Killed'] },
    ],
    causes: ['It is being restarted or maintained.'],
    callers: ['Try again in a few minutes.'],
    administrators: [],
    retry: 'later',
    references: ['RFC 5321 §3.8'],
  },
  'refused-permanently': {
    title: 'The server refused',
    meaning: 'The server said no, for good, and its reply gives no reason that is known here.',
    looksLike: [{ server: 'any server', lines: ['550', '554 5.0.0', '-ERR'] }],
    causes: ['Only the server knows.'],
    callers: [
      'Read the text of the reply, and search for it together with the name of the server’s software.',
      'Ask whoever runs the server, with the time and the transcript.',
    ],
    administrators: ['Look for the session in the log of the server.'],
    retry: 'changed',
    references: ['RFC 5321 §4.2.1', 'RFC 1939 §3'],
  },
  'refused-temporarily': {
    title: 'The server refused for now',
    meaning: 'The server said no for the moment, and its reply gives no reason that is known here.',
    looksLike: [{ server: 'any server', lines: ['450', '451 4.0.0'] }],
    causes: ['Only the server knows.'],
    callers: ['Try again later, with growing intervals: a mail server would do so for four to five days.'],
    administrators: ['Look for the session in the log of the server.'],
    retry: 'later',
    references: ['RFC 5321 §4.2.1', 'RFC 5321 §4.5.4.1'],
  },
} as const satisfies Record<string, CatalogueEntry>
