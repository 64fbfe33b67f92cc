import type { Secret } from '../text/secret.ts'

/** A login that the caller asks for. Asked for and not possible is an error, never a silent skip. */
export interface AuthWish {
  /** `auto`, or a mechanism's name in upper case; POP3 knows `USER` and `APOP` besides. */
  readonly mechanism: string
  readonly user: string
  readonly credential: { readonly kind: 'password' | 'token'; readonly value: Secret } | undefined
  /** The identity to act as, where it is another one (RFC 4422 §3.4.1). */
  readonly authzid: string | undefined
  readonly initialResponse: 'auto' | 'on' | 'off'
  /** Whether credentials may be sent over a connection without verified TLS. */
  readonly insecure: 'refuse' | 'allow'
}

/** What was offered, what was tried in which order, and what it came to. */
export interface AuthReport {
  readonly offered: { readonly beforeTls: readonly string[]; readonly now: readonly string[] }
  readonly tried: string[]
  chosen: string | null
}
