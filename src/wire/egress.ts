import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { parseHost } from '../text/host.ts'

export interface PortRange {
  readonly low: number
  readonly high: number
}

/** One entry of MAILWIRE_EGRESS_ALLOW. `mail`: the ports that are open on public addresses. */
export type EgressEntry = (
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'network'; readonly network: Address; readonly bits: number }
) & { readonly ports: PortRange | 'mail' }

/** What may be dialled: public addresses on `publicPorts`, and what `allow` names besides. */
export interface EgressPolicy {
  readonly allow: readonly EgressEntry[]
  readonly publicPorts: readonly PortRange[]
}

/** `setting=entry` is what would allow the target, and says nothing about what is there. */
export type EgressVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly setting: 'MAILWIRE_EGRESS_ALLOW'; readonly entry: string }

type Address = ipaddr.IPv4 | ipaddr.IPv6

/**
 * Whether this very address may be dialled. Judged by its octets, and by those of every IPv4 address in it: a network
 * entry for the outer form alone does not open what is inside.
 * @param target `host` is the name that was asked for; an entry for it holds whatever it resolves to
 */
export function checkEgress(
  policy: EgressPolicy,
  target: { readonly host: string; readonly address: string; readonly port: number },
): EgressVerdict {
  const { port } = target
  const host = parseHost(target.host)
  const entries = entriesAt(policy.allow, policy.publicPorts, port)
  if (host.kind === 'name' && entries.some((entry) => entry.kind === 'host' && entry.name === host.name)) {
    return { allowed: true }
  }
  const onPublicPort = policy.publicPorts.some(({ low, high }) => low <= port && port <= high)
  const address = addressOf(target.address)
  const refused = [address, ...embeddedIn(address)].filter(
    (one) =>
      !(onPublicPort && isPublic(one)) &&
      !entries.some((entry) => entry.kind === 'network' && isWithin(one, entry.network, entry.bits)),
  )
  if (refused.length === 0) return { allowed: true }
  const entry = refused.map((one) => `${written(one)}:${port}`).join(',')
  return { allowed: false, setting: 'MAILWIRE_EGRESS_ALLOW', entry }
}

/** Whether an entry names this very host or address. @param mailPorts those of entries that name none */
export function isListed(
  entries: readonly EgressEntry[],
  mailPorts: readonly PortRange[],
  target: { readonly host: string; readonly port: number },
): boolean {
  const host = parseHost(target.host)
  return entriesAt(entries, mailPorts, target.port).some((entry) =>
    entry.kind === 'host'
      ? host.kind === 'name' && entry.name === host.name
      : host.kind === 'address' && isWithin(addressOf(host.address), entry.network, entry.bits),
  )
}

/** The same policy for something that is no mail: public addresses on this port, and what is allowed for it by number. */
export function policyFor(port: number, { allow, publicPorts }: EgressPolicy): EgressPolicy {
  return {
    // what is allowed on mail ports is allowed on those, and not on this one
    allow: allow.flatMap((entry) =>
      entry.ports === 'mail' ? publicPorts.map((ports) => ({ ...entry, ports })) : [entry],
    ),
    publicPorts: [{ low: port, high: port }],
  }
}

/**
 * MAILWIRE_EGRESS_ALLOW: `host`, `address` or `network` by comma, each with an optional `:port`, `:low-high` or `:*`.
 * @throws {Error} naming the entry at fault
 */
export function parseEgressEntries(text: string): EgressEntry[] {
  return itemsOf(text).map((item) => {
    const parts = ENTRY.exec(item)?.groups
    if (parts === undefined) {
      const hint = isIPv6(item.replace(/\/.*/, '')) ? 'an IPv6 address stands in brackets' : 'is no entry'
      throw new Error(`'${item}': ${hint}; entries look like 127.0.0.0/8:*, [fd00::]/8:25, mail.internal:587`)
    }
    const ports =
      parts.ports === undefined ? 'mail' : parts.ports === '*' ? EVERY_PORT : portRange(parts.ports, item)
    const literal = parts.v6 ?? parts.host ?? ''
    if (parts.v6 === undefined ? isIPv4(literal) : isIPv6(literal) && !literal.includes('%')) {
      return { ...networkOf(literal, parts.bits, item), ports }
    }
    const host = parseHost(parts.v6 === undefined ? literal : `[${literal}]`)
    if (host.kind === 'name' && parts.bits === undefined) return { ...host, kind: 'host', ports }
    throw new Error(
      `'${item}': ${host.kind === 'malformed' ? host.reason : 'only an address can have a prefix length'}`,
    )
  })
}

/**
 * MAILWIRE_EGRESS_PORTS: ports and ranges by comma.
 * @throws {Error} naming the entry at fault
 */
export function parsePorts(text: string): PortRange[] {
  return itemsOf(text).map((item) => portRange(item, item))
}

function entriesAt(
  entries: readonly EgressEntry[],
  mailPorts: readonly PortRange[],
  port: number,
): readonly EgressEntry[] {
  return entries.filter(({ ports }) =>
    (ports === 'mail' ? mailPorts : [ports]).some(({ low, high }) => low <= port && port <= high),
  )
}

/** `[v6]`, `v4` or `name`, then `/bits`, then `:ports` */
const ENTRY = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:[\]/]*))(?:\/(?<bits>\d{1,3}))?(?::(?<ports>[^:]*))?$/
const EVERY_PORT: PortRange = { low: 1, high: 65535 }

function itemsOf(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((item) => item.trim())
}

function portRange(text: string, item: string): PortRange {
  const [, first, last] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? []
  const low = Number(first)
  const high = Number(last ?? first)
  if (low <= high && high <= 65535) return { low, high }
  throw new Error(`'${item}': ports are written 25 or 2500-2599, from 1 to 65535`)
}

function networkOf(literal: string, prefix: string | undefined, item: string) {
  const network = addressOf(literal)
  const octets = network.toByteArray()
  const bits = prefix === undefined ? octets.length * 8 : Number(prefix)
  if (bits > octets.length * 8)
    throw new Error(`'${item}': the prefix is at most ${octets.length * 8} bits long`)
  // 10.1.2.3/8 may mean a host or a network: guessing the wider one would open more than was meant
  const base = ipaddr.fromByteArray(
    octets.map((octet, index) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff),
  )
  if (base.toString() !== network.toString()) {
    throw new Error(
      `'${item}': the address has bits beyond its prefix; the network is ${written(base)}/${bits}`,
    )
  }
  return { kind: 'network', network, bits } as const
}

/**
 * The octets of an address as the kernel would read them.
 * @throws {TypeError} when it is none
 */
export function addressOf(text: string): Address {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text)
  const unzoned = text.replace(/%.*$/s, '')
  if (!isIPv6(unzoned)) throw new TypeError(`not an address: ${text}`)
  // ipaddr.js takes ::192.0.2.1 for ::ffff:192.0.2.1
  const hex = unzoned.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  return ipaddr.IPv6.parse(hex)
}

/** As an entry of MAILWIRE_EGRESS_ALLOW has it. */
function written(address: Address): string {
  return address.kind() === 'ipv6' ? `[${address.toString()}]` : address.toString()
}

function isWithin(address: Address, network: Address, bits: number): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** Azure's host node: metadata and agent on an address that looks public. */
const AZURE_HOST = ipaddr.IPv4.parse('168.63.129.16')
/** RFC 4291 §2.4 and the registry: the only block that global unicast is given from. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::')

/** The ranges of ipaddr.js are the special-purpose registries of RFC 6890; what those leave out is added here. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv6' ? isWithin(address, GLOBAL_UNICAST, 3) : !isWithin(address, AZURE_HOST, 32)
}

const LAST_FOUR = [12, 13, 14, 15] as const

/** Where IPv6 addresses hold an IPv4 address that a gateway would go on to. */
const EMBEDDINGS = [
  // RFC 4291 §2.5.5: IPv4-compatible, IPv4-mapped
  { network: ipaddr.IPv6.parse('::'), bits: 96, at: [LAST_FOUR], xor: 0 },
  { network: ipaddr.IPv6.parse('::ffff:0:0'), bits: 96, at: [LAST_FOUR], xor: 0 },
  // RFC 2765 §2.1: IPv4-translated
  { network: ipaddr.IPv6.parse('::ffff:0:0:0'), bits: 96, at: [LAST_FOUR], xor: 0 },
  // RFC 6052 §2.1
  { network: ipaddr.IPv6.parse('64:ff9b::'), bits: 96, at: [LAST_FOUR], xor: 0 },
  // RFC 8215: the length of the prefix is the network's own choice, so every place of RFC 6052 §2.2 counts
  {
    network: ipaddr.IPv6.parse('64:ff9b:1::'),
    bits: 48,
    at: [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], LAST_FOUR],
    xor: 0,
  },
  // RFC 3056 §2
  { network: ipaddr.IPv6.parse('2002::'), bits: 16, at: [[2, 3, 4, 5]], xor: 0 },
  // RFC 4380 §4: the server, and the client with its bits inverted
  { network: ipaddr.IPv6.parse('2001::'), bits: 32, at: [[4, 5, 6, 7]], xor: 0 },
  { network: ipaddr.IPv6.parse('2001::'), bits: 32, at: [LAST_FOUR], xor: 0xff },
] as const

function embeddedIn(address: Address): ipaddr.IPv4[] {
  // RFC 4291 §2.5.2, §2.5.3: :: and ::1 lie in ::/96 and hold nothing
  if (address.kind() === 'ipv4' || address.range() === 'unspecified' || address.range() === 'loopback')
    return []
  const octets = address.toByteArray()
  const found = EMBEDDINGS.filter(({ network, bits }) => isWithin(address, network, bits)).flatMap(
    ({ at, xor }) => {
      const read = at.map((places) => new ipaddr.IPv4(places.map((place) => (octets[place] ?? 0) ^ xor)))
      // in the wrong places there are zeros, and no gateway goes on to 0.0.0.0/8
      return read.length === 1 ? read : read.filter((one) => one.octets[0] !== 0)
    },
  )
  // RFC 5214 §6.1: ISATAP puts it behind 0000:5efe or 0200:5efe in any network
  const isatap = Buffer.from(octets.slice(8, 12)).toString('hex')
  if (isatap === '00005efe' || isatap === '02005efe') found.push(new ipaddr.IPv4(octets.slice(12)))
  return found
}
