import ipaddr from 'ipaddr.js'

/** Whether an address belongs to the public network, as DNS and reputation mean it; loopback and private ones do not. */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}

/** RFC 5321 §4.1.3. */
export function literalOf(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
}
