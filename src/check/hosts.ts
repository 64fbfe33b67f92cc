import type { Lookups, TlsaFacts } from '../session/lookups.ts'
import type { Target } from '../session/target.ts'
import type { TlsFacts } from '../wire/wire.ts'
import { type DomainSeen, wasGreeted } from './domain.ts'
import type { Looked } from './look.ts'
import { type Hold, lookedUp } from './terms.ts'

/** A mail host, and what TLS came to at each of its addresses that answered. */
export interface HostSeen {
  readonly host: string
  readonly target: Target
  readonly tls: readonly (TlsFacts | undefined)[]
}

/** The TLSA records of a mail host; undefined when nobody answered in time. */
export interface TlsaSeen extends HostSeen {
  readonly facts: TlsaFacts | undefined
}

const LOOKUP_MS = 10_000

/** The mail hosts that were seen: those of the domain, or the one server by the name that its certificate is to have. */
export function hostsIn(looked: Looked, target: Target, domain: DomainSeen | undefined): readonly HostSeen[] {
  if (domain === undefined) return [{ host: target.servername, target, tls: [looked.tls] }]
  const hosts = new Map<string, HostSeen & { readonly tls: (TlsFacts | undefined)[] }>()
  for (const { host, target: at, end } of domain.cells) {
    const seen = hosts.get(host.host) ?? { host: host.host, target: at, tls: [] }
    if (wasGreeted(end)) seen.tls.push(end.tls)
    hosts.set(host.host, seen)
  }
  return [...hosts.values()]
}

/** The records of each host. */
export async function tlsaOf(
  hold: Hold,
  lookups: Lookups,
  hosts: readonly HostSeen[],
): Promise<readonly TlsaSeen[]> {
  return await Promise.all(
    hosts.map(async (seen) => {
      const { host, target } = seen
      const subject = `answer to the question for the TLSA records of ${host}`
      const facts = await lookedUp(hold, target, subject, LOOKUP_MS, (signal) =>
        lookups.tlsa(host, target.port, signal),
      )
      return { ...seen, facts }
    }),
  )
}
