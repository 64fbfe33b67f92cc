/** What the DNS and the web say about a mail server, besides where it is. A lookup that fails says so in its facts. */
export interface Lookups {
  /** The names of an address, and which of them lead back to it (forward-confirmed reverse DNS, RFC 1912 §2.1). */
  reverse(address: string, signal: AbortSignal): Promise<ReverseFacts>
  /** The TLSA records of a mail host (RFC 7672 §3.1). */
  tlsa(host: string, port: number, signal: AbortSignal): Promise<TlsaFacts>
  /** The MTA-STS record and policy of a domain (RFC 8461 §3). */
  mtaSts(domain: string, signal: AbortSignal): Promise<MtaStsFacts>
}

/** Why a lookup has no answer; the message is a sentence of our own. */
export interface LookupFault {
  readonly code: string
  readonly message: string
}

export interface ReverseFacts {
  readonly address: string
  readonly names: readonly { readonly name: string; readonly confirmed: boolean }[]
  readonly fault: LookupFault | null
}

export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  /** In hexadecimal, lower case. */
  readonly data: string
}

export interface TlsaFacts {
  /** `_25._tcp.mx.example.com` */
  readonly name: string
  readonly records: readonly TlsaRecord[]
  /** The resolver says that DNSSEC vouches for the answer (the AD bit), which is worth as much as the way to it. */
  readonly authenticated: boolean
  readonly fault: LookupFault | null
}

export interface MtaStsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  readonly mx: readonly string[]
  readonly maxAgeSeconds: number
}

export interface MtaStsFacts {
  readonly domain: string
  /** `id` of the record at `_mta-sts.<domain>`; null where there is none. */
  readonly id: string | null
  readonly policy: MtaStsPolicy | null
  readonly fault: LookupFault | null
}
