import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { checkEgress, type EgressPolicy, policyFor } from './egress.ts'
import { LookupError } from './lookup-fault.ts'
import { DnsError, type Resolver } from './resolve.ts'

/** The one web server that is ever asked. */
export interface PolicyHostOptions {
  readonly resolver: Resolver
  readonly egress: EgressPolicy
  /** 443, where no test has a server of its own. */
  readonly port?: number
  /** PEM, trusted instead of the system's roots. */
  readonly ca?: string
  /** For all of it, from the first address to the last octet. */
  readonly timeoutMs?: number
}

/** RFC 8461 §3.3 names a minute and 64 kilobytes; who waits here wants to know sooner. */
const PATIENCE_MS = 10_000
const MOST_OCTETS = 65_536
const MOST_HEADER_OCTETS = 16_384
const PATH = '/.well-known/mta-sts.txt'
const MOST_ADDRESSES = 4

/**
 * The text of a domain's policy (RFC 8461 §3.3), from a host whose certificate verifies; no redirect is followed.
 * @throws {LookupError}
 * @throws the reason of the signal
 */
export async function policyText(
  domain: string,
  options: PolicyHostOptions,
  signal: AbortSignal,
): Promise<string> {
  const host = `mta-sts.${domain}`
  const over = new AbortController()
  const leave = (): void => over.abort()
  signal.addEventListener('abort', leave)
  const { timeoutMs = PATIENCE_MS } = options
  const timer = setTimeout(leave, timeoutMs)
  try {
    signal.throwIfAborted()
    return await fromFirst(await permitted(host, options, over.signal), host, options, over.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (over.signal.aborted)
      throw unreachable(host, `there was no whole answer within ${timeoutMs} ms`, error)
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
}

/** Resolved once, and each address judged: those that are left are what is dialled. */
async function permitted(
  host: string,
  { resolver, egress, port = 443 }: PolicyHostOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const policy = policyFor(port, egress)
  try {
    const found = await resolver.addresses(host, { signal })
    const allowed = found.filter(({ address }) => checkEgress(policy, { host, address, port }).allowed)
    if (allowed.length > 0) return allowed.slice(0, MOST_ADDRESSES).map(({ address }) => address)
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    throw unreachable(host, error.message, error)
  }
  throw new LookupError('target-not-allowed', `the egress policy does not allow ${host} on port ${port}`)
}

async function fromFirst(
  addresses: readonly string[],
  host: string,
  options: PolicyHostOptions,
  signal: AbortSignal,
): Promise<string> {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await policyAt(address, host, options, signal)
    } catch (error) {
      // another address is another try only while nobody has answered
      const { syscall } = error as NodeJS.ErrnoException
      if (syscall !== 'connect') throw told(host, error)
      failure = error
    }
  }
  throw told(host, failure)
}

function policyAt(
  address: string,
  host: string,
  { port = 443, ca }: PolicyHostOptions,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({
      host: address,
      port,
      path: PATH,
      // the address is dialled; the name is what is asked for and what the certificate has to be for
      servername: host,
      headers: { host: port === 443 ? host : `${host}:${port}`, accept: 'text/plain' },
      ...(ca === undefined ? {} : { ca }),
      agent: false,
      maxHeaderSize: MOST_HEADER_OCTETS,
      signal,
    })
    asking.on('error', reject)
    asking.on('response', (response) => {
      bodyOf(response, host)
        .then(resolve, reject)
        .finally(() => asking.destroy())
    })
    asking.end()
  })
}

/** @throws {LookupError} when it is no policy by its outside */
async function bodyOf(response: IncomingMessage, host: string): Promise<string> {
  const { statusCode = 0, headers } = response
  if (statusCode >= 300 && statusCode < 400)
    throw badAnswer(host, `it redirects (${statusCode}), which nobody may follow (RFC 8461 §3.3)`)
  if (statusCode !== 200) throw badAnswer(host, `it answers with status ${statusCode}`)
  if (!/^text\/plain[ \t]*(?:;|$)/i.test(headers['content-type'] ?? ''))
    throw badAnswer(host, 'what it gives is not text/plain')
  if (headers['content-encoding'] !== undefined) throw badAnswer(host, 'what it gives is encoded')
  const pieces: Buffer[] = []
  let octets = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    octets += piece.length
    if (octets > MOST_OCTETS) throw badAnswer(host, `the policy is longer than ${MOST_OCTETS} octets`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** What Node's and OpenSSL's codes mean to a person. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was lost',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not yet valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate vouches for itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an authority that is not trusted',
}

/** What Node said holds names out of certificates and octets out of answers: its code alone is told. */
function told(host: string, error: unknown): unknown {
  if (error instanceof LookupError || !(error instanceof Error)) return error
  const code = 'code' in error ? String(error.code) : error.name
  return unreachable(host, MEANINGS[code] ?? code, error)
}

function unreachable(host: string, reason: string, cause: unknown): LookupError {
  return new LookupError('mta-sts-policy-host', `${host} gave no policy: ${reason}`, cause)
}

function badAnswer(host: string, reason: string): LookupError {
  return new LookupError('mta-sts-policy-host', `${host} gave no policy: ${reason}`)
}
