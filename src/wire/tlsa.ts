import type { Answer, StringAnswer, TlsaAnswer } from 'dns-packet'
import { parseHost } from '../text/host.ts'
import type { AskDns } from './dns-question.ts'
import type { LookupFault } from './lookup-fault.ts'
import { DnsError } from './resolve.ts'

/** RFC 6698 §2.1 */
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

/** A zone may list any number. */
const MOST_RECORDS = 32
const LONGEST_CHAIN = 8

/**
 * The TLSA records of a mail host (RFC 7672 §3.1).
 * @throws the reason of the signal
 */
export async function tlsaRecords(
  ask: AskDns,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<TlsaFacts> {
  const parsed = parseHost(host)
  const name = `_${port}._tcp.${parsed.kind === 'name' ? parsed.name : host}`
  const nothing = { name, records: [], authenticated: false }
  if (parsed.kind !== 'name') {
    const message = `${JSON.stringify(host)} is no host name, and so it has no TLSA records`
    return { ...nothing, fault: { code: 'dns-not-found', message } }
  }
  try {
    const { records, authenticated } = await ask(name, 'TLSA', signal)
    return { name, records: recordsOf(name, records), authenticated, fault: null }
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return { ...nothing, fault: { code: error.code, message: error.message } }
  }
}

/** Those of the name itself, or of what it is an alias of, as the answer says. */
function recordsOf(name: string, records: readonly Answer[]): TlsaRecord[] {
  let owner = name
  for (let links = 0; links < LONGEST_CHAIN; links += 1) {
    const own = records.filter((record) => record.name.toLowerCase() === owner)
    const found = own.filter((record) => record.type === 'TLSA')
    if (found.length > 0) return found.slice(0, MOST_RECORDS).map(recordOf)
    const alias = own.find((record): record is StringAnswer => record.type === 'CNAME')
    if (alias === undefined) return []
    owner = alias.data.toLowerCase()
  }
  return []
}

function recordOf({ data: { usage, selector, matchingType, certificate } }: TlsaAnswer): TlsaRecord {
  return { usage, selector, matchingType, data: certificate.toString('hex') }
}
