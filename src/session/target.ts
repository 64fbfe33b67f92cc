import type { TlsVersion } from '../wire/wire.ts'

export type Protocol = 'smtp' | 'lmtp' | 'pop3'

/**
 * How TLS is to be used: `implicit` from the first byte, `required` and `opportunistic` by STARTTLS or STLS, `off` not
 * at all.
 */
export type Security = 'implicit' | 'required' | 'opportunistic' | 'off'

/** The mail server that a session is with, and on what terms. */
export interface Target {
  /** As it is told to people: `smtp://mail.example.com:587`. */
  readonly url: string
  readonly protocol: Protocol
  readonly host: string
  readonly port: number
  readonly security: Security
  /**
   * `strict`: a certificate that does not verify ends the session; `report`: it is a finding, as the caller wants it;
   * `look`: it is what the session is there to find out.
   */
  readonly verify: 'strict' | 'report' | 'look'
  /** The name in SNI and in the certificate; the host unless the caller wants another. */
  readonly servername: string
  readonly minVersion: TlsVersion
  /** Where no higher version is to be offered. */
  readonly maxVersion?: TlsVersion
  /** PEM, trusted instead of the system's roots. */
  readonly ca?: string
  readonly clientCertificate?: { readonly cert: string; readonly key: string }
  /** Whose choice the address is: `configured` ones are exempt from the egress policy. */
  readonly chosenBy: 'configured' | 'requested'
  /** What a configured one is called. */
  readonly name?: string
  /** Addresses of this family alone. */
  readonly family?: 4 | 6
  /** The one of its addresses that is meant, where they were asked for before. */
  readonly address?: string
}
