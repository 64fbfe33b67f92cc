import type { Resolver } from './resolve.ts'
import { DnsError } from './resolve.ts'

/** More names than these say nothing further. */
const MOST_NAMES = 8

/** The names of an address, and which of them lead back to it (RFC 1912 §2.1). */
export async function reverseNames(resolver: Resolver, address: string, signal: AbortSignal) {
  try {
    const names = (await resolver.ptr(address)).slice(0, MOST_NAMES)
    const confirmed = await Promise.all(names.map((name) => leadsTo(resolver, name, address, signal)))
    return {
      address,
      names: names.map((name, at) => ({ name, confirmed: confirmed[at] === true })),
      fault: null,
    }
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return { address, names: [], fault: { code: error.code, message: error.message } }
  }
}

async function leadsTo(
  resolver: Resolver,
  name: string,
  address: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await resolver.addresses(name, { signal })
    return found.some((one) => one.address === address)
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return false
  }
}
