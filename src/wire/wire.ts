/** What TLS came to, as facts: whether they are good enough is decided elsewhere. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string
  readonly cipher: string
  readonly resumed: boolean
  readonly handshakeMs: number
  /** The chain leads to a trusted root. */
  readonly trusted: boolean
  /** The certificate is for the name that was asked for. */
  readonly nameMatches: boolean
  /**
   * Why not, in OpenSSL's or Node's word: `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`; `HANDSHAKE_FAILED` where
   * it failed before the chain was judged.
   */
  readonly verifyError: string | null
  readonly certificate: CertificateFacts | null
  /** What the peer presented, its own certificate first, DER; for whoever judges it in other ways. */
  readonly presented: readonly Buffer[]
}

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  /** Subject alternative names, as `mx.example.com` or `192.0.2.7`. */
  readonly names: readonly string[]
  /** ISO 8601 */
  readonly validFrom: string
  readonly validTo: string
  /** Whole days until `validTo`, negative when past. */
  readonly daysLeft: number
  readonly fingerprint256: string
  /** Subjects from the leaf's issuer up to the last certificate known. */
  readonly chain: readonly string[]
}

/** How TLS is to be spoken. Verification never ends the handshake: both verdicts become facts. */
export interface TlsWish {
  /** The name that is sent (SNI) and compared with the certificate; an address is only compared. */
  readonly servername: string
  readonly minVersion: TlsVersion
  readonly maxVersion?: TlsVersion
  /** PEM, trusted instead of the system's roots. */
  readonly ca?: string
  /** Client certificate and key, PEM. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string }
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Channel binding data of a TLS connection, each where it is to be had. */
export interface ChannelBindings {
  /** RFC 9266 */
  readonly 'tls-exporter'?: Buffer | undefined
  /** RFC 5929 §3; TLS 1.2 and older only. */
  readonly 'tls-unique'?: Buffer | undefined
  /** RFC 5929 §4 */
  readonly 'tls-server-end-point'?: Buffer | undefined
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/**
 * A connected stream of octets, read by pulling. The only thing a session knows of sockets; a scripted wire stands in
 * for it in tests.
 *
 * Whatever interrupts it (`destroy`) rejects what is being waited for, with the error given there.
 */
export interface Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** The next octets, or null when the peer has ended its side. @throws Error with `code` as Node gives it */
  read(): Promise<Buffer | null>
  /** Octets that have come already, without waiting; undefined when there are none. */
  readNow(): Buffer | undefined
  /** Hands octets over without waiting. @returns false when `writable()` should be awaited before the next */
  write(octets: Buffer): boolean
  /** Waits until more may be written, or until there is something to read: a server may answer early. */
  writable(): Promise<'writable' | 'readable'>
  /**
   * Waits for something else, and no longer than until there is something to read or the peer has gone: then it is
   * undefined. Not ended by `destroy`.
   */
  unlessReadable<T>(other: Promise<T>): Promise<T | undefined>
  /** Upgrades to TLS. @throws Error when the handshake fails */
  startTls(wish: TlsWish): Promise<TlsFacts>
  /** What a handshake that failed had come to: undefined where the peer had shown no certificate yet. */
  tlsSeen(): TlsFacts | undefined
  /** What a login can bind itself to; empty without TLS. */
  bindings(): ChannelBindings
  /** Ends our side; what was written still goes out. */
  end(): void
  /** Ends everything at once; what is being waited for is rejected with `error`. */
  destroy(error?: Error): void
}
