/** What the sandbox bears; beyond each it answers as a real server would. */
export interface Limits {
  readonly maxMessageOctets: number
  readonly mailboxMessages: number
  readonly mailboxOctets: number
  /** Octets of messages on their way in, over all connections. */
  readonly incomingOctets: number
  /** Connections at a time, for each protocol. */
  readonly maxConnections: number
  readonly maxRecipients: number
  /** Longest command line, its end included. */
  readonly maxLineOctets: number
  /** Commands that a session may get wrong before it is ended. */
  readonly maxErrors: number
  /** How long a client may be silent, or not read. */
  readonly idleMs: number
  /** How late `slow@sandbox.test` is answered. */
  readonly lateMs: number
}

/** Sizes follow the largest message, so that one of them always fits. */
export function limitsWith(given: Partial<Limits>): Limits {
  const maxMessageOctets = given.maxMessageOctets ?? 10_485_760
  return {
    maxMessageOctets,
    mailboxMessages: given.mailboxMessages ?? 1000,
    mailboxOctets: given.mailboxOctets ?? 4 * maxMessageOctets,
    incomingOctets: given.incomingOctets ?? 8 * maxMessageOctets,
    maxConnections: given.maxConnections ?? 200,
    maxRecipients: given.maxRecipients ?? 100,
    maxLineOctets: given.maxLineOctets ?? 2048,
    maxErrors: given.maxErrors ?? 20,
    idleMs: given.idleMs ?? 300_000,
    lateMs: given.lateMs ?? 1000,
  }
}
