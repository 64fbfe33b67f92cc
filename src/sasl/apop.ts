import { createHash } from 'node:crypto'
import type { Secret } from '../text/secret.ts'

/**
 * `msg-id = "<" addr-spec ">"` (RFC 822 §4.6.1) without quoting and comments. A timestamp of other octets is what the
 * attack of CVE-2007-1558 needs to get at the password by collisions of MD5.
 */
const MSG_ID = /<[\w!#$%&'*+/=?^`{|}~.-]+@(?:[\w!#$%&'*+/=?^`{|}~.-]+|\[[\x21-\x5a\x5e-\x7e]+\])>/

/** The timestamp in a POP3 greeting, when it is a proper one; without it there is no APOP (RFC 1939 §7). */
export function apopTimestamp(greeting: string): string | undefined {
  return MSG_ID.exec(greeting)?.[0]
}

/** The digest of the APOP command. */
export function apopDigest(timestamp: string, password: Secret): string {
  return createHash('md5').update(timestamp).update(password.reveal()).digest('hex')
}
