/** The class of a reply (RFC 5321 §4.2.1). POP3 knows three: `+OK`, `+` and `-ERR`; a `-ERR` may be transient by its response code. */
export type Severity = 'completion' | 'intermediate' | 'transient' | 'permanent'

/**
 * What a server said in answer: an SMTP reply has `code`, a POP3 reply has `status`.
 *
 * All text is as `visible()` shows it, so that no octet is lost and none can break JSON.
 */
export interface Reply {
  readonly severity: Severity
  /** The reply's text, one entry a line, without code or status indicator. */
  readonly lines: readonly string[]
  /** SMTP: the reply code, 200 to 599. */
  readonly code?: number
  /** SMTP: the enhanced status code (RFC 2034), only where its class matches the code's. */
  readonly enhanced?: string
  /** POP3: the status indicator. */
  readonly status?: '+OK' | '-ERR' | '+'
  /** POP3: the response code in brackets (RFC 2449 §8), upper case, without the brackets. */
  readonly responseCode?: string
  /** The entry of the transcript that shows it. */
  readonly seq?: number
}

/** A reply that does what was asked, or asks for more. */
export function isPositive(reply: Reply): boolean {
  return reply.severity === 'completion' || reply.severity === 'intermediate'
}
