import type { CatalogueEntry } from './catalogue-entry.ts'

/** The message itself. */
export const MESSAGE_PAGES = {
  'message-too-large': {
    title: 'The message is too large',
    meaning:
      'The message is larger than the server, or the recipient’s mailbox, takes. Most servers announce their limit with SIZE.',
    looksLike: [
      { server: 'Postfix, to MAIL', lines: ['552 5.3.4 Message size exceeds fixed limit'] },
      { server: 'Postfix', lines: ['552 5.3.4 Error: message file too big'] },
      { server: 'qmail', lines: ['552 sorry, that message size exceeds my databytes limit (#5.3.4)'] },
    ],
    causes: ['Attachments: in mail they take a third more than on disk.'],
    callers: ['Send a smaller message, or a link instead of the attachment.'],
    administrators: [
      'Raise the limit (Postfix: `message_size_limit`; Exim: `message_size_limit`; Exchange: receive connector and mailbox).',
    ],
    retry: 'changed',
    references: ['RFC 1870 §6', 'RFC 3463 §3.4'],
  },
  'content-rejected': {
    title: 'The content is refused',
    meaning:
      'The server read the message and does not want what is in it: it looks like spam, holds a virus, or a kind of file that is not taken.',
    looksLike: [
      { server: 'Postfix', lines: ['550 5.7.1 message content rejected'] },
      { server: 'any server', lines: ['554 5.7.1 Spam message rejected'] },
    ],
    causes: [
      'A spam filter gave the message a high score.',
      'An attachment is of a forbidden kind, or infected.',
      'A link in it is on a list.',
    ],
    callers: [
      'Try a plain text without links and attachments: if that passes, it is the content.',
      'Check that SPF, DKIM and DMARC of the sender’s domain are right: they count in the score.',
    ],
    administrators: ['Look up the score and the rules that matched in the log of the filter.'],
    retry: 'changed',
    references: ['RFC 5321 §7.8', 'RFC 3463 §3.8'],
  },
  'line-too-long': {
    title: 'A line is too long',
    meaning:
      'A line of the message, or a command, is longer than the server takes. A line of a message has at most 998 octets and CRLF.',
    looksLike: [
      { server: 'Exim', lines: ['550 maximum allowed line length is 998 octets, got 1423'] },
      { server: 'OpenSMTPD', lines: ['500 5.0.0 Line too long'] },
      { server: 'Dovecot', lines: ['-ERR Input buffer full, aborting'] },
    ],
    causes: ['HTML without line breaks that was not encoded.', 'A script sends a very long command.'],
    callers: ['Let this service compose the message, or encode the body as quoted-printable or base64.'],
    administrators: ['Accept longer lines (Exim: the check `max_received_linelength` in `acl_check_data`).'],
    retry: 'changed',
    references: ['RFC 5321 §4.5.3.1.6', 'RFC 5322 §2.1.1'],
  },
  'bare-newline-rejected': {
    title: 'A bare line break is refused',
    meaning:
      'The message holds CR or LF alone, where only CRLF ends a line. Servers refuse that since it was used to smuggle a second message into the first.',
    looksLike: [
      { server: 'Postfix', lines: ['550 5.5.2 mail.lab.test Error: bare <LF> received'] },
      { server: 'qmail', lines: ['451 See http://pobox.com/~djb/docs/smtplf.html.'] },
      { server: 'Exchange Online', lines: ['550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal'] },
    ],
    causes: ['The message was stored with the line ends of Unix and sent as it is.'],
    callers: ['Use `"lineEnds": "convert"` (or `auto`), so that every line ends in CRLF.'],
    administrators: [
      'Exempt old clients that cannot do better (Postfix: `smtpd_forbid_bare_newline_exclusions`).',
    ],
    retry: 'changed',
    references: ['RFC 5321 §2.3.8', 'RFC 5321 §4.1.1.4'],
  },
  'message-malformed': {
    title: 'The message is not well formed',
    meaning:
      'The header or the structure of the message is not as RFC 5322 wants it, and the server insists.',
    looksLike: [
      {
        server: 'OpenSMTPD',
        lines: ['550 5.7.1 Delivery not authorized, message refused: Message is not RFC 2822 compliant'],
      },
      { server: 'Sendmail', lines: ['553 Header Error'] },
    ],
    causes: [
      '`From` or `Date` is missing, or a header field occurs twice.',
      'Characters beyond ASCII stand in the header unencoded.',
    ],
    callers: ['Check the header of the raw message, or let this service compose it from its parts.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5322 §3.6', 'RFC 6409 §8'],
  },
  'mail-loop': {
    title: 'The message goes round in circles',
    meaning: 'The message has passed so many servers that this one takes it for a loop, and ends it.',
    looksLike: [
      { server: 'qmail', lines: ['554 too many hops, this message is looping (#5.4.6)'] },
      { server: 'OpenSMTPD', lines: ['500 5.4.6 Routing loop detected: Loop detected'] },
      { server: 'any server', lines: ['554 5.4.0 Hop count exceeded - possible mail loop'] },
    ],
    causes: [
      'Two servers, or two forwarding addresses, pass it to each other.',
      'An MX points to a server that does not know that it is meant.',
    ],
    callers: ['Look at the `Received` fields of the message: they show the circle.'],
    administrators: [
      'End the circle: correct the forwarding, or tell the last server that the domain is its own.',
    ],
    retry: 'no',
    references: ['RFC 5321 §6.3', 'RFC 3463 §3.5'],
  },
  'message-rejected': {
    title: 'The message is refused',
    meaning: 'The server took recipients and content, and then refused the message without saying why.',
    looksLike: [{ server: 'any server', lines: ['554 Transaction failed', '554 5.7.1 Message rejected'] }],
    causes: ['A filter of the server: content, reputation or policy.'],
    callers: [
      'Try a short plain text, to see whether it is the content.',
      'Read the text of the reply: it may hold a number or a page for the administrator.',
    ],
    administrators: ['Look for the session in the log of the server and of its filters.'],
    retry: 'changed',
    references: ['RFC 5321 §4.2.3', 'RFC 5321 §7.8'],
  },
} as const satisfies Record<string, CatalogueEntry>

/** Reputation, authentication of the sender, limits. */
export const POLICY_PAGES = {
  blocklisted: {
    title: 'The address of this client is on a blocklist',
    meaning:
      'The server asked a blocklist for the address that this service connects from (or for a name it used), found it there, and refuses.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org'],
      },
      {
        server: 'Exchange Online',
        lines: [
          '550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus. (AS16012611)',
        ],
      },
    ],
    causes: [
      'Spam was sent from the address, or from its neighbours.',
      'The address belongs to a range for dial-up or cloud hosts, from which mail is not expected.',
    ],
    callers: [
      'Send through a submission server with `auth`, whose address has a good name.',
      'Look the address up at the list that is named, and ask there to be removed.',
    ],
    administrators: ['Exempt the client from the list, if you know it.'],
    retry: 'changed',
    references: ['RFC 5782 §2', 'RFC 6471 §2'],
  },
  'spf-failed': {
    title: 'SPF does not allow this client for the sender',
    meaning:
      'The domain of the sender publishes which addresses may send for it, and this one is not among them, or the record itself is broken.',
    looksLike: [
      {
        server: 'policyd-spf',
        lines: [
          '550 5.7.23 <alice@lab.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized.',
        ],
      },
      {
        server: 'any server',
        lines: ['550 5.7.24 … SPF Permanent Error: Two or more type TXT spf records found'],
      },
    ],
    causes: [
      'The message does not go out by a server of the sender’s domain.',
      'The SPF record does not hold all of its servers, or has a mistake.',
      'The message was forwarded.',
    ],
    callers: ['Send through a server of the sender’s domain, with `auth`.'],
    administrators: [
      'Whoever runs the sender’s domain: add this address to its SPF record, or repair the record (one record, at most ten look-ups).',
    ],
    retry: 'changed',
    references: ['RFC 7208 §8', 'RFC 7372 §3.2'],
  },
  'sender-unauthenticated': {
    title: 'The sender is not authenticated',
    meaning:
      'The server wants proof that the message comes from the domain in `From`, by DKIM, SPF and DMARC, and there was none that held.',
    looksLike: [
      {
        server: 'Gmail',
        lines: [
          '550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail users',
          "550-5.7.1 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.",
        ],
      },
    ],
    causes: [
      'The message is not signed by DKIM, or the signature does not hold.',
      'SPF passes for another domain than the one in `From`.',
      'The domain’s DMARC policy is `reject`.',
    ],
    callers: ['Send through a server of the domain in `From`, which signs the message.'],
    administrators: [
      'Whoever runs the sender’s domain: sign with DKIM, list all servers in SPF, and let both agree with `From`.',
    ],
    retry: 'changed',
    references: ['RFC 7489 §6.6', 'RFC 6376 §3', 'RFC 7372 §3.4'],
  },
  'reverse-dns-required': {
    title: 'The address of this client has no proper name',
    meaning:
      'The server looks up the name of the address that connects (PTR) and whether that name leads back to it. That did not work out.',
    looksLike: [
      {
        server: 'Gmail',
        lines: ['550-5.7.25 The IP address sending this message does not have a PTR record setup'],
      },
      {
        server: 'Postfix',
        lines: ['450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]'],
      },
    ],
    causes: ['There is no PTR record for the address, or its name does not point back.'],
    callers: [
      'Send through a submission server with `auth`.',
      'Ask the hosting provider for a PTR record, and publish an A or AAAA record for that name.',
    ],
    administrators: ['Exempt the client, if you know it (Postfix: `reject_unknown_client_hostname`).'],
    retry: 'changed',
    references: ['RFC 7372 §3.3', 'RFC 8601 §3'],
  },
  'rate-limited': {
    title: 'Too much in too short a time',
    meaning:
      'The server limits how much mail this client, user or mailbox sends or gets in a time, and the limit is reached.',
    looksLike: [
      {
        server: 'Gmail',
        lines: [
          '421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address.',
          '450 4.2.1 The user you are trying to contact is receiving mail too quickly.',
          '550 5.4.5 Daily user sending limit exceeded.',
        ],
      },
      {
        server: 'Exchange Online',
        lines: ['451 4.7.500 Server busy. Please try again later from [192.0.2.1].'],
      },
    ],
    causes: [
      'Many messages were sent shortly before.',
      'The address has no history with this server, and starts with a small limit.',
    ],
    callers: ['Wait, then send more slowly.', 'Spread large mailings over hours.'],
    administrators: ['Raise the limit for this client (Postfix: `smtpd_client_message_rate_limit`).'],
    retry: 'later',
    references: ['RFC 5321 §4.5.4.1', 'RFC 3463 §3.8'],
  },
  'too-many-connections': {
    title: 'Too many connections at a time',
    meaning: 'The server takes no further connection from this client or user while others are open.',
    looksLike: [
      { server: 'Exim', lines: ['421 Too many concurrent SMTP connections; please try again later.'] },
      { server: 'Postfix', lines: ['421 4.7.0 mail.example.com Error: too many connections from 192.0.2.1'] },
      { server: 'Cyrus', lines: ['-ERR Too many open connections (11 of 10 for alice)'] },
    ],
    causes: ['Many calls for the same server at once, here or from neighbours behind the same address.'],
    callers: ['Make fewer calls at a time, and try again.'],
    administrators: [
      'Raise the limit (Postfix: `smtpd_client_connection_count_limit`; Dovecot: `mail_max_userip_connections`).',
    ],
    retry: 'later',
    references: ['RFC 5321 §4.5.4.1', 'RFC 5321 §7.8'],
  },
  'policy-rejected': {
    title: 'Refused by a rule of the server',
    meaning:
      'The server refuses by a rule of its own: about this client, sender, recipient or message. Code 5.7.1 says that, and not that an address is wrong.',
    looksLike: [
      { server: 'Mimecast', lines: ['554 Email rejected due to security policies'] },
      { server: 'any server', lines: ['550 Sorry, no access for this ip'] },
      { server: 'Gmail', lines: ['550 5.7.1 This message violates example.com email policy.'] },
    ],
    causes: ['An access list, a filter, or a rule of the organisation.'],
    callers: [
      'Read the text of the reply: it may name the rule, or a page.',
      'Ask whoever runs the server, with the time and the transcript.',
    ],
    administrators: ['Look for the session in the log, and for the rule that matched.'],
    retry: 'changed',
    references: ['RFC 5321 §7.8', 'RFC 3463 §3.8'],
  },
} as const satisfies Record<string, CatalogueEntry>
