import { parseHost } from '../text/host.ts'
import { LookupError, type LookupFault } from './lookup-fault.ts'
import { type MtaStsPolicy, parsePolicy, recordId } from './mta-sts-policy.ts'
import { type PolicyHostOptions, policyText } from './policy-host.ts'
import { DnsError } from './resolve.ts'

export interface MtaStsFacts {
  readonly domain: string
  /** `id` of the record at `_mta-sts.<domain>`; null where there is none. */
  readonly id: string | null
  readonly policy: MtaStsPolicy | null
  readonly fault: LookupFault | null
}

/**
 * The MTA-STS record and policy of a domain (RFC 8461 §3). Without a record nobody asks for a policy.
 * @throws the reason of the signal
 */
export async function mtaStsOf(
  options: PolicyHostOptions,
  domain: string,
  signal: AbortSignal,
): Promise<MtaStsFacts> {
  const parsed = parseHost(domain)
  const facts = { domain: parsed.kind === 'name' ? parsed.name : domain, id: null, policy: null, fault: null }
  if (parsed.kind !== 'name') {
    const message = `${JSON.stringify(domain)} is no domain, and so it has no MTA-STS policy`
    return { ...facts, fault: { code: 'dns-not-found', message } }
  }
  let id: string | null = null
  try {
    id = recordId(await options.resolver.txt(`_mta-sts.${parsed.name}`, { signal }))
    if (id === null) return facts
    return { ...facts, id, policy: parsePolicy(await policyText(parsed.name, options, signal)) }
  } catch (error) {
    if (!(error instanceof LookupError || error instanceof DnsError)) throw error
    return { ...facts, id, fault: { code: error.code, message: error.message } }
  }
}
