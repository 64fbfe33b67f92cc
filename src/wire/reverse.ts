import { parseHost } from '../text/host.ts'
import { visible } from '../text/visible.ts'
import { addressOf } from './egress.ts'
import type { LookupFault } from './lookup-fault.ts'
import { DnsError, type Resolver } from './resolve.ts'

export interface ReverseFacts {
  readonly address: string
  readonly names: readonly { readonly name: string; readonly confirmed: boolean }[]
  readonly fault: LookupFault | null
}

/** More names than these say nothing further, and each costs a question. */
const MOST_NAMES = 8

/**
 * The names of an address, and which of them lead back to it (RFC 1912 §2.1).
 * @throws the reason of the signal
 */
export async function reverseNames(
  resolver: Resolver,
  address: string,
  signal: AbortSignal,
): Promise<ReverseFacts> {
  try {
    const names = (await resolver.ptr(address, { signal })).slice(0, MOST_NAMES)
    const confirmed = await Promise.all(names.map((name) => leadsTo(resolver, name, address, signal)))
    return {
      address,
      names: names.map((name, at) => ({
        name: visible(Buffer.from(name)),
        confirmed: confirmed[at] === true,
      })),
      fault: null,
    }
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return { address, names: [], fault: { code: error.code, message: error.message } }
  }
}

/** Compared as octets, for an IPv6 address has many spellings. What is no name, or cannot be asked for, confirms nothing. */
async function leadsTo(
  resolver: Resolver,
  name: string,
  address: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (parseHost(name).kind !== 'name') return false
  const own = addressOf(address)
  const family = own.kind() === 'ipv4' ? 4 : 6
  try {
    const found = await resolver.addresses(name, { family, signal })
    return found.some((one) => addressOf(one.address).toString() === own.toString())
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return false
  }
}
