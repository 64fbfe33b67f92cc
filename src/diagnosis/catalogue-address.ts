import type { CatalogueEntry } from './catalogue-entry.ts'

/** The reverse-path. */
export const SENDER_PAGES = {
  'sender-rejected': {
    title: 'The sender is refused',
    meaning:
      'The server does not take mail from this sender address. Some servers say so only when the recipient is named.',
    looksLike: [
      { server: 'Postfix', lines: ['554 5.7.1 <x@blocked.example>: Sender address rejected: Access denied'] },
      { server: 'qmail', lines: ['553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)'] },
      { server: 'Exim', lines: ['550-Verification failed for <x@example.com>', '550 Sender verify failed'] },
    ],
    causes: [
      'The address or its domain is on a list of the server.',
      'The server checked the address and it does not exist, or nobody could answer to it.',
      'The address is no full address.',
    ],
    callers: ['Use a sender address that exists and can be answered.'],
    administrators: ['Look up the sender in the access lists (Postfix: `smtpd_sender_restrictions`).'],
    retry: 'changed',
    references: ['RFC 5321 §3.3', 'RFC 3463 §3.2'],
  },
  'null-sender-rejected': {
    title: 'The null sender is refused',
    meaning:
      'The server refuses mail with the empty sender `<>`. Reports of failed delivery have it, and a server has to take them.',
    looksLike: [{ server: 'Postfix', lines: ['554 5.7.1 <>: Sender address rejected: Access denied'] }],
    causes: ['The server is set up to refuse reports, against forged ones.'],
    callers: ['Send with an address where the message is no report.'],
    administrators: [
      'Take mail from `<>`: without it the users of this server do not learn that their mail was not delivered.',
    ],
    retry: 'changed',
    references: ['RFC 5321 §4.5.5', 'RFC 5321 §6.1'],
  },
  'sender-domain-not-found': {
    title: 'The domain of the sender does not resolve',
    meaning:
      'The server looked for the domain of the sender in the DNS and did not find it, or got no answer. It takes no mail that nobody could answer.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['450 4.1.8 <x@no-such-domain.test>: Sender address rejected: Domain not found'],
      },
      {
        server: 'Sendmail',
        lines: ['553 5.1.8 <x@nowhere.test>... Domain of sender address x@nowhere.test does not exist'],
      },
    ],
    causes: [
      'The sender’s domain is misspelt or made up.',
      'It has neither an MX nor an address record.',
      'The name servers of the domain do not answer.',
    ],
    callers: ['Use a sender address in a domain that exists and takes mail.'],
    administrators: ['Check that the resolver of the mail server works.'],
    retry: 'changed',
    references: ['RFC 5321 §3.6.2', 'RFC 3463 §3.2'],
  },
  'sender-not-allowed': {
    title: 'This user may not use this sender',
    meaning: 'The login was good, and the user may not send with this address as the sender.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['553 5.7.1 <bob@lab.test>: Sender address rejected: not owned by user alice'],
      },
      {
        server: 'Exchange',
        lines: ['550 5.7.60 SMTP; Client does not have permissions to send as this sender'],
      },
    ],
    causes: [
      'The sender is not an address of the user who has logged in.',
      'The sender address has not been verified with the provider.',
    ],
    callers: ['Use the address of the user who logs in as the sender, in the envelope and in `From`.'],
    administrators: [
      'Give the user the right to this sender (Postfix: `smtpd_sender_login_maps`; Exchange: Send As).',
    ],
    retry: 'changed',
    references: ['RFC 6409 §6.1', 'RFC 3463 §3.8'],
  },
} as const satisfies Record<string, CatalogueEntry>

/** The forward-paths. */
export const RECIPIENT_PAGES = {
  'relay-denied': {
    title: 'The server does not take mail for this domain from this client',
    meaning:
      'The server is not the one for the recipient’s domain, and passes mail on only for clients it knows. It says nothing about whether the address exists.',
    looksLike: [
      { server: 'Postfix', lines: ['554 5.7.1 <bob@elsewhere.test>: Relay access denied'] },
      { server: 'Exim', lines: ['550 relay not permitted'] },
      {
        server: 'Sendmail',
        lines: ['550 5.7.1 <bob@elsewhere.test>... Relaying denied. Proper authentication required.'],
      },
      { server: 'qmail', lines: ["553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"] },
      { server: 'Exchange', lines: ['550 5.7.1 Unable to relay'] },
      { server: 'Courier', lines: ['513 Relaying denied.'] },
    ],
    causes: [
      'The session had not logged in.',
      'The server is not the MX of the recipient’s domain.',
      'The server is meant for the domain, and has not been told so.',
    ],
    callers: [
      'Log in: send through this server’s submission port with `auth`.',
      'Or send to the recipient domain’s own MX (`"route": "mx"`).',
      'Or ask the server’s administrator to allow this address.',
    ],
    administrators: [
      'Add the domain to those that the server takes mail for (Postfix: `mydestination`, `relay_domains`, `virtual_mailbox_domains`; Exim: `local_domains`, `relay_to_domains`).',
      'Or let this client relay (Postfix: `mynetworks`).',
    ],
    retry: 'no',
    references: ['RFC 5321 §3.6.2', 'RFC 5321 §7.9', 'RFC 6409 §4.3'],
  },
  'unknown-user': {
    title: 'The recipient does not exist',
    meaning: 'The server takes mail for the domain and does not know this address in it.',
    looksLike: [
      {
        server: 'Postfix',
        lines: [
          '550 5.1.1 <nosuchuser@lab.test>: Recipient address rejected: User unknown in virtual mailbox table',
        ],
      },
      { server: 'Exim', lines: ['550 Unrouteable address'] },
      { server: 'Sendmail', lines: ['550 5.1.1 <nobody@example.com>... User unknown'] },
      {
        server: 'Exchange Online',
        lines: ['550 5.4.1 [nobody@example.com]: Recipient address rejected: Access denied'],
      },
      { server: 'Dovecot LMTP', lines: ["550 5.1.1 <x@lab.test> User doesn't exist: x@lab.test"] },
    ],
    causes: ['The address is misspelt.', 'The mailbox was removed, or never was set up.'],
    callers: [
      'Check the address.',
      'Take it off mailing lists: many unknown recipients harm the reputation of the sender.',
    ],
    administrators: [
      'Create the mailbox or an alias, and check that the server’s list of recipients is up to date.',
    ],
    retry: 'no',
    references: ['RFC 5321 §3.3', 'RFC 3463 §3.2'],
  },
  'mailbox-full': {
    title: 'The mailbox is full',
    meaning: 'The recipient exists, and their mailbox has no room for the message.',
    looksLike: [
      { server: 'Dovecot', lines: ['552 5.2.2 <full@lab.test> Quota exceeded (mailbox for user is full)'] },
      { server: 'Gmail', lines: ['452 4.2.2 The email account that you tried to reach is over quota.'] },
    ],
    causes: ['The quota of the mailbox is used up.'],
    callers: ['Tell the recipient by another way, and send again later.'],
    administrators: ['Raise the quota, or clear out the mailbox.'],
    retry: 'later',
    references: ['RFC 3463 §3.3', 'RFC 5321 §4.2.3'],
  },
  'mailbox-disabled': {
    title: 'The mailbox is switched off',
    meaning: 'The address is known, and takes no mail at present or any more.',
    looksLike: [
      { server: 'Gmail', lines: ['550 5.2.1 The email account that you tried to reach is disabled.'] },
      {
        server: 'Postfix',
        lines: ['550 5.2.1 <closed@lab.test>: Recipient address rejected: Mailbox disabled'],
      },
    ],
    causes: ['The account was suspended, closed or has lapsed.'],
    callers: ['Ask the recipient for another address.'],
    administrators: ['Enable the account again.'],
    retry: 'no',
    references: ['RFC 3463 §3.3'],
  },
  'mailbox-unavailable': {
    title: 'The mailbox is not available',
    meaning:
      'The server says that the mailbox is not available and no more. With a 4yz code that is for now; with 550 it is the general sentence of RFC 5321, which servers use for unknown addresses and for refusals by policy alike.',
    looksLike: [
      {
        server: 'Postfix',
        lines: [
          '450 4.2.1 <temp@lab.test>: Recipient address rejected: The mailbox is temporarily unavailable',
        ],
      },
      { server: 'any server', lines: ['550 Requested action not taken: mailbox unavailable'] },
    ],
    causes: [
      'The mailbox is locked, or its store is down.',
      'The address does not exist.',
      'The server does not want this client or sender, and does not say so.',
    ],
    callers: [
      'With a 4yz code try again later.',
      'With 550 check the address, then whether the server takes mail from this client at all.',
    ],
    administrators: ['Look for the session in the log: it has the reason.'],
    retry: 'later',
    references: ['RFC 5321 §4.2.3', 'RFC 3463 §3.3'],
  },
  'user-moved': {
    title: 'The recipient has moved',
    meaning:
      'The recipient is no longer to be reached here, and the server says so, mostly with the new address. It does not pass the message on.',
    looksLike: [
      { server: 'any server', lines: ['551 User not local; please try <bob@new.test>'] },
      {
        server: 'Postfix',
        lines: [
          '550 5.1.6 <moved@lab.test>: Recipient address rejected: User has moved to moved-to@other.test',
        ],
      },
    ],
    causes: ['The recipient has another address now.'],
    callers: ['Check that the new address is plausible, and send there.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §3.4', 'RFC 3463 §3.2'],
  },
  greylisted: {
    title: 'Greylisted: come again later',
    meaning:
      'The server does not know this combination of client, sender and recipient, and puts it off for a while. A mail server comes again, most spammers do not. It says nothing about whether the address exists.',
    looksLike: [
      {
        server: 'Postgrey',
        lines: [
          '450 4.2.0 <carol@lab.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/',
        ],
      },
      { server: 'milter-greylist', lines: ['451 4.7.1 Greylisting in action, please come back later'] },
      { server: 'any server', lines: ['450 Greylisted for 300 seconds'] },
    ],
    causes: ['It is the first mail from this client and sender to this recipient.'],
    callers: [
      'Send the same again after the time that was named, or after 5 to 15 minutes, from the same address and with the same sender.',
    ],
    administrators: ['Exempt the client from greylisting (Postgrey: `postgrey_whitelist_clients`).'],
    retry: 'later',
    references: ['RFC 6647 §5', 'RFC 5321 §4.5.4.1'],
  },
  'too-many-recipients': {
    title: 'Too many recipients at a time',
    meaning:
      'The server takes no more recipients in this transaction. Those it had accepted before keep their place.',
    looksLike: [
      { server: 'Postfix', lines: ['452 4.5.3 Error: too many recipients'] },
      { server: 'Gmail', lines: ['451 4.3.0 Multiple destination domains per transaction is unsupported.'] },
    ],
    causes: [
      'The message has more recipients than the server’s limit.',
      'The server wants recipients of one domain in one transaction.',
    ],
    callers: ['Split the recipients over several messages; RFC 5321 promises room for 100 at a time.'],
    administrators: ['Raise the limit (Postfix: `smtpd_recipient_limit`).'],
    retry: 'changed',
    references: ['RFC 5321 §4.5.3.1.8', 'RFC 5321 §4.5.3.1.10'],
  },
  'recipient-domain-not-found': {
    title: 'The domain of the recipient does not resolve',
    meaning: 'The server looked for the domain of the recipient in the DNS and did not find it.',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['450 4.1.2 <x@no-such.test>: Recipient address rejected: Domain not found'],
      },
      {
        server: 'Sendmail',
        lines: ['550 <x@no-such.test>... Host unknown (Name server: no-such.test: host not found)'],
      },
    ],
    causes: ['The domain is misspelt, or does not exist any more.', 'The server’s resolver has a problem.'],
    callers: ['Check the domain behind the @.'],
    administrators: ['Check that the resolver of the mail server works.'],
    retry: 'changed',
    references: ['RFC 5321 §5.1', 'RFC 3463 §3.2'],
  },
  'recipient-rejected': {
    title: 'The recipient is refused',
    meaning:
      'The server refuses this recipient without saying why, or by a rule of its own. That is not the same as "does not exist".',
    looksLike: [
      {
        server: 'Postfix',
        lines: ['554 5.7.1 <someone@other.test>: Recipient address rejected: Access denied'],
      },
      { server: 'any server', lines: ['550 #5.1.0 Address rejected'] },
    ],
    causes: [
      'The server wants a login before it takes mail for this recipient.',
      'A list of the server forbids this recipient, or this client.',
      'The address does not exist, and the server does not say so.',
    ],
    callers: ['Log in with `auth`, if the server is yours to use.', 'Check the address.'],
    administrators: [
      'Look for the session in the log, and for the rule that refused it (Postfix: `smtpd_recipient_restrictions`, `smtpd_relay_restrictions`).',
    ],
    retry: 'changed',
    references: ['RFC 5321 §3.3', 'RFC 5321 §7.8'],
  },
  'no-valid-recipients': {
    title: 'No recipient was accepted',
    meaning:
      'The message was to be sent, and no recipient of it had been accepted. Each of them was refused before, with its own reply.',
    looksLike: [{ server: 'Postfix', lines: ['554 5.5.1 Error: no valid recipients'] }],
    causes: ['All recipients were refused.', 'A script sent DATA without RCPT.'],
    callers: ['Look at the replies to RCPT: the reason is there, in `rejected[]`.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 5321 §3.3', 'RFC 2920 §3.1'],
  },
} as const satisfies Record<string, CatalogueEntry>
