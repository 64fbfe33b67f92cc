import type { Capability } from './capa.ts'

/** A capability, and what it means for a client. */
export interface ExplainedCapability extends Capability {
  /** null where this service does not know it. */
  readonly explanation: string | null
}

export function explained(capability: Capability): ExplainedCapability {
  const explain = EXPLANATIONS[capability.keyword]
  return { ...capability, explanation: explain?.(capability.parameters) ?? null }
}

const EXPLANATIONS: Readonly<Record<string, (parameters: readonly string[]) => string>> = {
  CAPA: () => 'CAPA is known, which this list shows already (RFC 2449 §5).',
  TOP: () => 'TOP gives a header and so many lines of the body (RFC 1939 §7).',
  USER: () => 'USER and PASS log in; the password goes over the wire as it is (RFC 1939 §7).',
  UIDL: () => 'UIDL gives each message a name that lasts beyond the session (RFC 1939 §7).',
  SASL: (mechanisms) => `AUTH logs in by ${listOf(mechanisms)} (RFC 5034 §6).`,
  'RESP-CODES': () => 'What stands in brackets behind -ERR is a response code (RFC 2449 §6.4).',
  'LOGIN-DELAY': ([seconds = '', scope = '']) =>
    `Between two logins ${seconds} seconds have to pass${ofUser(scope)} (RFC 2449 §6.5).`,
  PIPELINING: () => 'Commands may be sent without waiting for the replies before (RFC 2449 §6.6).',
  EXPIRE: ([days = '', scope = '']) => `${expiry(days)}${ofUser(scope)} (RFC 2449 §6.7).`,
  IMPLEMENTATION: (words) => `The server’s software: ${words.join(' ')} (RFC 2449 §6.9).`,
  'AUTH-RESP-CODE': () => 'A refused login says by [AUTH] that the credentials are at fault (RFC 3206 §5).',
  STLS: () => 'STLS begins TLS on this connection (RFC 2595 §4).',
  UTF8: (parameters) =>
    `The command UTF8 lets messages hold UTF-8 in their headers${parameters.includes('USER') ? '; names and passwords may be UTF-8' : ''} (RFC 6856 §2).`,
  LANG: () => 'LANG chooses the language of the server’s texts (RFC 6856 §3).',
  APOP: () => 'The server says that it knows APOP, which needs a timestamp in its greeting (RFC 1939 §7).',
  XOIP: () => 'For proxies: they may tell the address of their client. No standard.',
}

function listOf(mechanisms: readonly string[]): string {
  return mechanisms.length === 0 ? 'no mechanism at present' : mechanisms.join(', ')
}

function expiry(days: string): string {
  if (days.toUpperCase() === 'NEVER') return 'The server deletes no message by itself'
  if (days === '0') return 'The server may delete what was retrieved when the session ends'
  return `Messages are kept for at least ${days} days`
}

/** Before the login the value may be another one than for the user who logs in then. */
function ofUser(scope: string): string {
  return scope.toUpperCase() === 'USER' ? '; it may differ by user' : ''
}
