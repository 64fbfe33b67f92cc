import { isIPv4, isIPv6 } from 'node:net'

/** The connection that a proxy would have stood in for. Both addresses are of one family. */
export interface ProxiedConnection {
  readonly version: 1 | 2
  readonly source: { readonly address: string; readonly port: number }
  readonly destination: { readonly address: string; readonly port: number }
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const VERSION_2_PROXY = 0x21
const TCP_OVER_IPV4 = 0x11
const TCP_OVER_IPV6 = 0x21

/** HAProxy's PROXY protocol, version 1 as a line, version 2 as octets; it goes out before anything else. */
export function proxyHeader(connection: ProxiedConnection): Buffer {
  const { version, source, destination } = connection
  const v4 = isIPv4(source.address)
  if (version === 1) {
    const family = v4 ? 'TCP4' : 'TCP6'
    return Buffer.from(
      `PROXY ${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`,
    )
  }
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(source.port, 0)
  ports.writeUInt16BE(destination.port, 2)
  const addresses = Buffer.concat([octetsOf(source.address), octetsOf(destination.address), ports])
  const head = Buffer.from([VERSION_2_PROXY, v4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6, 0, addresses.length])
  return Buffer.concat([SIGNATURE, head, addresses])
}

/** Whether the two ends are addresses of one family. */
export function isProxiable({ source, destination }: ProxiedConnection): boolean {
  const both = (is: (address: string) => boolean): boolean => is(source.address) && is(destination.address)
  return both(isIPv4) || both((address) => isIPv6(address) && !address.includes('%'))
}

function octetsOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [before = '', after] = expandedTail(address).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const head = groups(before)
  const tail = groups(after ?? '')
  const middle = after === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0')
  return Buffer.from([...head, ...middle, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** `::ffff:192.0.2.1` with its last four octets as two groups. */
function expandedTail(address: string): string {
  const dotted = /(?:\d+\.){3}\d+$/.exec(address)?.[0]
  if (dotted === undefined) return address
  const hex = Buffer.from(dotted.split('.').map(Number)).toString('hex')
  return `${address.slice(0, -dotted.length)}${hex.slice(0, 4)}:${hex.slice(4)}`
}
