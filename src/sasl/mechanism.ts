import type { Secret } from '../text/secret.ts'

/**
 * One SASL exchange from the client's side (RFC 4422 §3), as a machine of steps without I/O.
 *
 * `initial()` comes first. What it gives is sent with the command, or else in answer to the first challenge, which is
 * then empty and not handed to `respond`.
 */
export interface SaslMechanism {
  /** As it is named on the wire: `SCRAM-SHA-256-PLUS`. */
  readonly name: string
  /** What the server said when it refused inside the exchange: the JSON of XOAUTH2 and OAUTHBEARER, SCRAM's `e=`. */
  readonly refusal?: string | undefined
  /** The initial response, or undefined when the server speaks first. An empty one is written `=`. */
  initial(): Buffer | undefined
  /**
   * The answer to a challenge, decoded from its base64.
   * @throws {SaslError} when the challenge cannot be right; the exchange is then cancelled
   */
  respond(challenge: Buffer): Buffer
  /**
   * To be called when the server says success, and only then. Neither SMTP nor POP3 has a place for data beside it.
   * @throws {SaslError} when the server has not proven what it had to: the success is worth nothing
   */
  finish(): void
}

export type CredentialField = 'user' | 'password' | 'token' | 'authzid'

/** An exchange that cannot be begun or continued. Its message never holds a credential. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
  /** The credential that cannot be sent; undefined when it is the server that is at fault. */
  readonly field: CredentialField | undefined

  constructor(message: string, field?: CredentialField) {
    super(message)
    this.field = field
  }
}

export interface Credentials {
  readonly user: string
  readonly password?: Secret | undefined
  /** An OAuth access token. */
  readonly token?: Secret | undefined
  /** Whom to act for, when that is not the user. */
  readonly authzid?: string | undefined
}

/** Channel binding data of the TLS connection (RFC 5929, RFC 9266), each only where it holds for its version of TLS. */
export interface ChannelBindings {
  readonly 'tls-exporter'?: Buffer | undefined
  readonly 'tls-unique'?: Buffer | undefined
  readonly 'tls-server-end-point'?: Buffer | undefined
}

/** What a mechanism may need to know besides the credentials. */
export interface Circumstances {
  /** The service's registered name: `smtp`, `lmtp` or `pop`. */
  readonly service: string
  readonly host: string
  readonly port: number
  readonly bindings: ChannelBindings
  /** The mechanisms that the server offers now. */
  readonly offered: readonly string[]
  /** A fresh nonce at each call: printable ASCII without comma, quote and backslash. */
  readonly nonce: () => string
}
