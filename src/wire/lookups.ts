import type { AskDns } from './dns-question.ts'
import { type MtaStsFacts, mtaStsOf } from './mta-sts.ts'
import type { PolicyHostOptions } from './policy-host.ts'
import { type ReverseFacts, reverseNames } from './reverse.ts'
import { type TlsaFacts, tlsaRecords } from './tlsa.ts'

/** What the DNS and the web say about a mail server, besides where it is. A lookup that fails says so in its facts. */
export interface Lookups {
  /** The names of an address, and which of them lead back to it (forward-confirmed reverse DNS, RFC 1912 §2.1). */
  reverse(address: string, signal: AbortSignal): Promise<ReverseFacts>
  /** The TLSA records of a mail host (RFC 7672 §3.1). */
  tlsa(host: string, port: number, signal: AbortSignal): Promise<TlsaFacts>
  /** The MTA-STS record and policy of a domain (RFC 8461 §3). */
  mtaSts(domain: string, signal: AbortSignal): Promise<MtaStsFacts>
}

export interface LookupsOptions extends PolicyHostOptions {
  readonly ask: AskDns
}

/** Every lookup rejects with the reason of its signal when that is aborted, and with nothing else. */
export function lookups(options: LookupsOptions): Lookups {
  return {
    reverse: (address, signal) => reverseNames(options.resolver, address, signal),
    tlsa: (host, port, signal) => tlsaRecords(options.ask, host, port, signal),
    mtaSts: (domain, signal) => mtaStsOf(options, domain, signal),
  }
}
