import dns from 'node:dns/promises'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { parseHost } from '../text/host.ts'
import { addressOf } from './egress.ts'

/** The name does not exist or has nothing of the kind (`dns-not-found`), or nobody could say (`dns-failure`). */
export class DnsError extends Error {
  override readonly name = 'DnsError'
  readonly code: 'dns-not-found' | 'dns-failure'

  constructor(code: DnsError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

export interface MxRecord {
  readonly preference: number
  /** Empty for the root, `.`. */
  readonly exchange: string
}

/** All questions to the DNS. Answers are whatever their authors liked to put there. */
export interface Resolver {
  /**
   * One set of addresses, in the order in which they should be tried; never empty.
   * @param host a name, or an address, which is its own answer
   * @throws {DnsError}
   */
  addresses(
    host: string,
    options?: { readonly family?: 4 | 6; readonly signal?: AbortSignal },
  ): Promise<ResolvedAddress[]>
  /** In the order in which they came; empty when the domain exists and has none. @throws {DnsError} */
  mx(domain: string): Promise<MxRecord[]>
  /** The names of an address; empty when it has none. @throws {DnsError} */
  ptr(address: string, options?: { readonly signal?: AbortSignal }): Promise<string[]>
  /** Each record as one text (RFC 7208 §3.3); empty when there is none. @throws {DnsError} */
  txt(name: string, options?: { readonly signal?: AbortSignal }): Promise<string[]>
}

export interface ResolverOptions {
  /** `address[:port]`; the system's, and its hosts file, when there is none. */
  readonly servers?: readonly string[]
  /** For the first try, at least 250; it doubles with each further one. */
  readonly timeoutMs?: number
  readonly tries?: number
}

/** A resolver may answer with thousands of records; nobody tries that many. */
const MOST_RECORDS = 32

const LOOPBACK: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * MAILWIRE_DNS_SERVERS: `address[:port]` by comma, IPv6 with a port in brackets.
 * @throws {Error} naming the entry at fault
 */
export function parseDnsServers(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((item) => dnsServer(item.trim()))
}

/** @throws {Error} when a server is not as `parseDnsServers` takes it */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const { servers = [], timeoutMs = 3000, tries = 2 } = options
  /** One for each question, so that giving up one does not cancel the others. */
  const resolver = (): dns.Resolver => {
    const made = new dns.Resolver({ timeout: timeoutMs, tries })
    if (servers.length > 0) made.setServers(servers.map(dnsServer))
    return made
  }
  resolver()

  return {
    async addresses(host, { family, signal } = {}) {
      signal?.throwIfAborted()
      const parsed = parseHost(host)
      if (parsed.kind === 'malformed')
        throw new DnsError('dns-not-found', `${JSON.stringify(host)} is no host: ${parsed.reason}`)
      if (parsed.kind === 'address') return ofFamily([parsed], family, host)
      if (isLocalhost(parsed.name)) return ofFamily(LOOPBACK, family, host)
      const asking = servers.length > 0 ? resolver() : undefined
      const found = await untilAborted(
        asking === undefined ? lookup(parsed.name) : query(asking, parsed.name, family),
        signal,
        () => asking?.cancel(),
      )
      return ofFamily(found, family, host)
    },

    async mx(domain) {
      const name = nameOf(domain)
      if (isLocalhost(name)) return []
      const found = await answer(name, 'MX', ['ENODATA'], resolver().resolveMx(name))
      return found.map(({ priority, exchange }) => ({ preference: priority, exchange }))
    },

    async ptr(address, { signal } = {}) {
      signal?.throwIfAborted()
      // not reverse(), which makes "no such name" of every failure
      const name = reverseName(address)
      const asking = resolver()
      const asked = answer(name, 'PTR', ['ENODATA', 'ENOTFOUND'], asking.resolvePtr(name))
      const found = await untilAborted(asked, signal, () => asking.cancel())
      return found.slice(0, MOST_RECORDS)
    },

    async txt(domain, { signal } = {}) {
      signal?.throwIfAborted()
      const name = nameOf(domain)
      const asking = resolver()
      const asked = answer(name, 'TXT', ['ENODATA', 'ENOTFOUND'], asking.resolveTxt(name))
      const found = await untilAborted(asked, signal, () => asking.cancel())
      return found.slice(0, MOST_RECORDS).map((strings) => strings.join(''))
    },
  }
}

/** Stricter than setServers, which cuts ports to 16 bits and ends the whole process on port 0. */
function dnsServer(text: string): string {
  const [, v6, v4, port] = /^(?:\[([^\]%]*)\]|([^:]*))(?::([1-9]\d{0,4}))?$/.exec(text) ?? []
  const valid = isIP(text) !== 0 || (v6 !== undefined ? isIPv6(v6) : isIPv4(v4 ?? ''))
  if (valid && !text.includes('%') && Number(port ?? 53) <= 65535) return text
  throw new Error(`'${text}': a DNS server looks like 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53`)
}

/** RFC 6761 §6.3: the name means this machine, whatever a resolver says. */
function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

function nameOf(domain: string): string {
  const parsed = parseHost(domain)
  if (parsed.kind === 'name') return parsed.name
  const reason = parsed.kind === 'malformed' ? parsed.reason : 'it is an address'
  throw new DnsError('dns-not-found', `${JSON.stringify(domain)} is no domain: ${reason}`)
}

/** RFC 1035 §3.5, RFC 3596 §2.5. */
function reverseName(address: string): string {
  const octets = addressOf(address).toByteArray().reverse()
  if (octets.length === 4) return `${octets.join('.')}.in-addr.arpa`
  return `${octets.map((octet) => `${(octet & 15).toString(16)}.${(octet >> 4).toString(16)}`).join('.')}.ip6.arpa`
}

function ofFamily(
  found: readonly ResolvedAddress[],
  family: 4 | 6 | undefined,
  host: string,
): ResolvedAddress[] {
  const wanted = found
    .filter((one) => family === undefined || one.family === family)
    .slice(0, MOST_RECORDS)
    .map((one) => ({ address: one.address, family: one.family }))
  if (wanted.length > 0) return wanted
  throw new DnsError('dns-not-found', `${host} has no ${family === undefined ? '' : `IPv${family} `}address`)
}

/** The system's way: hosts file, search list, and its own order by what can be reached (RFC 6724). */
async function lookup(name: string): Promise<ResolvedAddress[]> {
  try {
    const found = await dns.lookup(name, { all: true, verbatim: true })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch (error) {
    // getaddrinfo does not tell a name without addresses from one that does not exist
    if (codeOf(error) === 'ENOTFOUND') throw new DnsError('dns-not-found', `${name} has no address`, error)
    throw dnsError(name, 'address', error)
  }
}

/** IPv4 first: where IPv6 leads nowhere, waiting for it would cost each session its patience. */
async function query(
  resolver: dns.Resolver,
  name: string,
  family: 4 | 6 | undefined,
): Promise<ResolvedAddress[]> {
  const questions: Promise<ResolvedAddress[]>[] = []
  if (family !== 6) questions.push(addressRecords(name, 4, resolver.resolve4(name)))
  if (family !== 4) questions.push(addressRecords(name, 6, resolver.resolve6(name)))
  const settled = await Promise.allSettled(questions)
  const found = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const failed = settled.find((one) => one.status === 'rejected')
  // half an answer is good enough to connect, and no proof that there is no address
  if (found.length === 0 && failed !== undefined) throw failed.reason
  return found
}

async function addressRecords(
  name: string,
  family: 4 | 6,
  asked: Promise<string[]>,
): Promise<ResolvedAddress[]> {
  const found = await answer(name, family === 4 ? 'A' : 'AAAA', ['ENODATA'], asked)
  return found.map((address) => ({ address, family }))
}

/** @param none Node's codes that mean: nothing of the kind, and that is an answer */
async function answer<T>(
  name: string,
  type: string,
  none: readonly string[],
  asked: Promise<T[]>,
): Promise<T[]> {
  try {
    return await asked
  } catch (error) {
    if (none.includes(codeOf(error))) return []
    throw dnsError(name, type, error)
  }
}

/** What Node's codes mean to a person. */
const MEANINGS: Readonly<Record<string, string>> = {
  ESERVFAIL: 'the resolver answered SERVFAIL',
  EREFUSED: 'the resolver refused to answer',
  ENOTIMP: 'the resolver does not know the question',
  EFORMERR: 'the resolver called the question malformed',
  EBADRESP: 'the answer was malformed',
  ETIMEOUT: 'the resolver did not answer in time',
  ECONNREFUSED: 'the resolver could not be reached',
  EAI_AGAIN: 'the resolver did not answer, or answered SERVFAIL',
}

function dnsError(name: string, type: string, error: unknown): DnsError {
  const code = codeOf(error)
  if (code === '') throw error
  if (code === 'ENOTFOUND') return new DnsError('dns-not-found', `${name} does not exist in the DNS`, error)
  return new DnsError('dns-failure', `no ${type} answer for ${name}: ${MEANINGS[code] ?? code}`, error)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  cancel: () => void,
): Promise<T> {
  if (signal === undefined) return await work
  let abort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error)
      cancel()
    }
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
