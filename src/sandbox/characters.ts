/** What a character makes the sandbox do, in place of what it would do otherwise. */
export type Answer =
  | { readonly kind: 'reply'; readonly reply: string }
  /** The usual answer, but later. */
  | { readonly kind: 'late' }
  /** The message is taken, and the connection closed in place of the reply. */
  | { readonly kind: 'hang-up' }

/** An address or user whose only purpose is that one answer of real servers can be seen. */
export interface Character {
  readonly address: string
  readonly role: 'recipient' | 'sender' | 'smtp-user' | 'pop3-user'
  readonly stage: 'auth' | 'mail' | 'rcpt' | 'end-of-data'
  /** `{address}` stands for the address as it was given, `{client}` for the client's address, `{user}` for who has logged in. */
  readonly answer: Answer
  /** One line for documentation. */
  readonly shows: string
}

export const RELAY_DENIED = '554 5.7.1 <{address}>: Relay access denied'
export const UNKNOWN_USER =
  '550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table'
export const NOT_OWNED = '553 5.7.1 <{address}>: Sender address rejected: not owned by user {user}'

/** Every character, for the servers and for documentation alike. Texts are those of Postfix and Dovecot where they have one. */
export const CHARACTERS: readonly Character[] = [
  recipient('relay@elsewhere.test', RELAY_DENIED, 'Any other domain, without a login: relaying is denied.'),
  recipient('unknown@sandbox.test', UNKNOWN_USER, 'Any name that has no mailbox: unknown user.'),
  recipient(
    'mailbox-full@sandbox.test',
    '552 5.2.2 <{address}>: Recipient address rejected: Mailbox is full',
    'The mailbox is over its quota.',
  ),
  recipient(
    'mailbox-disabled@sandbox.test',
    '550 5.2.1 <{address}>: Recipient address rejected: Mailbox disabled',
    'The mailbox exists and takes no mail.',
  ),
  recipient(
    'mailbox-unavailable@sandbox.test',
    '450 4.2.1 <{address}>: Recipient address rejected: The mailbox is temporarily unavailable',
    'The mailbox cannot be reached for now.',
  ),
  recipient(
    'moved@sandbox.test',
    '550 5.1.6 <{address}>: Recipient address rejected: User has moved to moved-to@elsewhere.test',
    'The user has another address now.',
  ),
  recipient(
    'greylisted@sandbox.test',
    '450 4.2.0 <{address}>: Recipient address rejected: Greylisted, please try again in 300 seconds',
    'Greylisting, at every attempt.',
  ),
  recipient(
    'rate-limited@sandbox.test',
    '450 4.7.1 <{address}>: Recipient address rejected: Rate limit exceeded, try again in 60 seconds',
    'Too much mail in too short a time.',
  ),
  recipient(
    'temporary-failure@sandbox.test',
    '451 4.3.0 <{address}>: Temporary lookup failure',
    'The server has trouble of its own.',
  ),
  recipient(
    'storage-full@sandbox.test',
    '452 4.3.1 Insufficient system storage',
    "The server's disk is full.",
  ),
  recipient(
    'blocklisted@sandbox.test',
    '554 5.7.1 Service unavailable; Client host [{client}] blocked using dnsbl.sandbox.test; https://dnsbl.sandbox.test/query/{client}',
    'The client is on a blocklist.',
  ),
  recipient(
    'policy-rejected@sandbox.test',
    '554 5.7.1 <{address}>: Denied by policy',
    'A policy of the server says no, without a reason.',
  ),
  recipient(
    'shutting-down@sandbox.test',
    '421 4.3.2 Service shutting down and closing transmission channel',
    'The server goes away in the middle of the session.',
  ),
  atEndOfData(
    'content-rejected@sandbox.test',
    '550 5.7.1 message content rejected',
    'The message itself is refused, after the data.',
  ),
  atEndOfData(
    'content-deferred@sandbox.test',
    '451 4.7.1 try later',
    'The message is put off, after the data.',
  ),
  {
    address: 'disconnect@sandbox.test',
    role: 'recipient',
    stage: 'end-of-data',
    answer: { kind: 'hang-up' },
    shows:
      "Delivers to bob and hangs up without a reply: the outcome is unknown, and only bob's mailbox tells.",
  },
  {
    address: 'slow@sandbox.test',
    role: 'recipient',
    stage: 'rcpt',
    answer: { kind: 'late' },
    shows: 'Answers a second late, then delivers to bob.',
  },
  sender(
    'rejected-sender@elsewhere.test',
    '550 5.7.1 <{address}>: Sender address rejected: Sender blocked by policy',
    'A sender, of whatever domain, that the server does not want.',
  ),
  sender(
    'sender-not-allowed@sandbox.test',
    '553 5.7.1 <{address}>: Sender address rejected: not logged in',
    "A sender that this session may not use. Logged in, any of sandbox.test's addresses but one's own is refused likewise.",
  ),
  sender(
    'sender-domain-not-found@elsewhere.test',
    '450 4.1.8 <{address}>: Sender address rejected: Domain not found',
    'A sender whose domain has no DNS entry.',
  ),
  sender(
    'spf-failed@elsewhere.test',
    '550 5.7.23 <{address}>: Sender address rejected: Message rejected due to: SPF fail - not authorized',
    'A sender whose domain does not let this client send for it.',
  ),
  {
    address: 'temporary',
    role: 'smtp-user',
    stage: 'auth',
    answer: { kind: 'reply', reply: '454 4.7.0 Temporary authentication failure' },
    shows: 'A user whose login cannot be checked for now.',
  },
  {
    address: 'temporary',
    role: 'pop3-user',
    stage: 'auth',
    answer: { kind: 'reply', reply: '-ERR [SYS/TEMP] Failed to create POP3 session lock.' },
    shows: 'A user whose maildrop has trouble for now.',
  },
  {
    address: 'busy',
    role: 'pop3-user',
    stage: 'auth',
    answer: { kind: 'reply', reply: '-ERR [IN-USE] Mailbox is locked by another POP3 session.' },
    shows: 'A user whose maildrop is always locked by another session.',
  },
]

/** The character of this address. A sender is known by its local part, of whatever domain it says it is. */
export function characterOf(role: Character['role'], address: string): Character | undefined {
  const nameOf = (of: string): string =>
    (role === 'sender' ? of.slice(0, of.lastIndexOf('@')) : of).toLowerCase()
  return CHARACTERS.find(
    (character) => character.role === role && nameOf(character.address) === nameOf(address),
  )
}

/** A reply with what its placeholders stand for. */
export function worded(
  reply: string,
  words: Readonly<Record<'address' | 'client' | 'user', string>>,
): string {
  return reply.replace(/\{(address|client|user)\}/g, (_, name: 'address' | 'client' | 'user') => words[name])
}

function recipient(address: string, reply: string, shows: string): Character {
  return { address, role: 'recipient', stage: 'rcpt', answer: { kind: 'reply', reply }, shows }
}

function atEndOfData(address: string, reply: string, shows: string): Character {
  return { address, role: 'recipient', stage: 'end-of-data', answer: { kind: 'reply', reply }, shows }
}

function sender(address: string, reply: string, shows: string): Character {
  return { address, role: 'sender', stage: 'mail', answer: { kind: 'reply', reply }, shows }
}
