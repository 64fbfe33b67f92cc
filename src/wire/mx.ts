import { type Host, parseHost } from '../text/host.ts'
import { DnsError, type MxRecord, type Resolver } from './resolve.ts'

/** Where mail for a domain goes, and why there. */
export interface MailHost {
  /** A name, or an address without brackets. */
  readonly host: string
  /** `implicit`: the domain has no MX record and is its own mail host (RFC 5321 §5.1). */
  readonly source: 'mx' | 'implicit' | 'literal'
  /** Of the MX record, 0 otherwise. */
  readonly preference: number
}

export interface MailHosts {
  /** In the order in which they are to be tried; never empty. */
  readonly hosts: readonly MailHost[]
  /** Records that were passed over, and why. */
  readonly findings: readonly { readonly code: string; readonly text: string }[]
}

/** The domain says that it takes no mail (RFC 7505). */
export class NullMx extends Error {
  override readonly name = 'NullMx'

  constructor(domain: string) {
    super(`${domain} accepts no mail: its only MX record is "." (RFC 7505)`)
  }
}

/** RFC 5321 §5.1 wants at least two tried; a zone may list thousands. */
const MOST_HOSTS = 16

/**
 * The hosts that take mail for a domain.
 * @param domain what stands behind the @: a domain, or an address literal in brackets
 * @param random from 0 up to 1: the order of equal preferences
 * @throws {DnsError} when there is no such domain, no usable host, or no answer
 * @throws {NullMx}
 */
export async function mailHosts(
  resolver: Resolver,
  domain: string,
  random: () => number,
): Promise<MailHosts> {
  if (domain.startsWith('[')) return { hosts: [literalHost(domain)], findings: [] }
  const records = await resolver.mx(domain)
  if (records.length === 0) {
    const own = parseHost(domain)
    // the resolver has read the domain before; whether it has an address is found by dialling it
    return {
      hosts: [{ host: own.kind === 'name' ? own.name : domain, source: 'implicit', preference: 0 }],
      findings: [],
    }
  }
  if (records.every(({ exchange }) => exchange === '')) throw new NullMx(domain)
  return usable(domain, inOrder(records, random))
}

/** RFC 5321 §4.1.3. */
function literalHost(domain: string): MailHost {
  const inside = /^\[(.*)\]$/s.exec(domain)?.[1] ?? ''
  const v6 = /^IPv6:(.*)$/is.exec(inside)?.[1]
  const parsed = parseHost(v6 ?? inside)
  if (parsed.kind === 'address' && parsed.family === (v6 === undefined ? 4 : 6)) {
    return { host: parsed.address, source: 'literal', preference: 0 }
  }
  throw new DnsError(
    'dns-not-found',
    `'${domain}' is no address literal; those look like [192.0.2.1] and [IPv6:2001:db8::1]`,
  )
}

/** RFC 5321 §5.1: lowest first, and equal ones in random order. */
function inOrder(records: readonly MxRecord[], random: () => number): MxRecord[] {
  return records
    .map((record) => ({ record, lot: random() }))
    .sort((a, b) => a.record.preference - b.record.preference || a.lot - b.lot)
    .map(({ record }) => record)
}

function usable(domain: string, records: readonly MxRecord[]): MailHosts {
  const hosts = new Map<string, MailHost>()
  const findings: MailHosts['findings'][number][] = []
  for (const { exchange, preference } of records) {
    const target = parseHost(exchange)
    if (target.kind !== 'name')
      findings.push({
        code: 'mx-unusable',
        text: `${domain} has an MX record ${complaint(exchange, target)}.`,
      })
    else if (!hosts.has(target.name)) hosts.set(target.name, { host: target.name, source: 'mx', preference })
  }
  // RFC 5321 §5.1: MX records none of which is usable are an error, and no reason to try the domain itself
  if (hosts.size === 0) {
    throw new DnsError('dns-not-found', findings.map(({ text }) => text).join(' '))
  }
  if (hosts.size > MOST_HOSTS) {
    findings.push({
      code: 'mx-too-many',
      text: `${domain} has ${hosts.size} mail hosts; the first ${MOST_HOSTS} count.`,
    })
  }
  return { hosts: [...hosts.values()].slice(0, MOST_HOSTS), findings }
}

function complaint(exchange: string, target: Exclude<Host, { kind: 'name' }>): string {
  if (exchange === '') return 'for "." beside others (RFC 7505 §3)'
  if (target.kind === 'address')
    return `for the address ${target.address}, where only a name may stand (RFC 5321 §5.1)`
  return `for '${exchange}', which is no host name: ${target.reason}`
}
