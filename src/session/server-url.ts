import { parseHost } from '../text/host.ts'
import type { Protocol } from './target.ts'

/** A mail server by its URL (contract §1). */
export interface ServerUrl {
  /** In its normal spelling, always with a port: `smtp://mail.example.com:25`. */
  readonly url: string
  readonly protocol: Protocol
  /** A name as A-labels in lower case, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** TLS from the first byte. */
  readonly implicitTls: boolean
}

/** Why a text names no mail server. Never quotes it: a URL may hold a password. */
export class ServerUrlError extends Error {
  override readonly name = 'ServerUrlError'
}

const SCHEMES = {
  smtp: { protocol: 'smtp', port: 25, implicitTls: false },
  smtps: { protocol: 'smtp', port: 465, implicitTls: true },
  lmtp: { protocol: 'lmtp', port: 24, implicitTls: false },
  pop3: { protocol: 'pop3', port: 110, implicitTls: false },
  pop3s: { protocol: 'pop3', port: 995, implicitTls: true },
} as const

/**
 * Reads `scheme://host[:port]`; an IPv6 address stands in brackets.
 * @throws {ServerUrlError}
 */
export function serverUrl(text: string): ServerUrl {
  // RFC 3986 §3.1: schemes are compared without regard to case
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):\/\/(.*)$/is.exec(text) ?? []
  const known = schemeOf(scheme.toLowerCase())
  if (known === undefined) {
    throw new ServerUrlError(
      'a mail server is named by smtp://, smtps://, lmtp://, pop3:// or pop3s:// and its host',
    )
  }
  // first of all, so that no other message can speak of a part of it
  if (rest.includes('@')) throw new ServerUrlError('a server URL holds no user and no password')
  if (/[/?#\\]/.test(rest))
    throw new ServerUrlError('a server URL ends with host and port: no path, query or fragment')
  const parts = /^(\[[^[\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(rest)
  if (parts === null) throw new ServerUrlError('an IPv6 address stands in brackets: smtp://[2001:db8::1]:25')
  const host = hostIn(parts[1] ?? '')
  const port = parts[2] === undefined ? known.port : portIn(parts[2])
  const { protocol, implicitTls } = known
  const shown = host.includes(':') ? `[${host}]` : host
  return { url: `${scheme.toLowerCase()}://${shown}:${port}`, protocol, host, port, implicitTls }
}

function schemeOf(scheme: string): (typeof SCHEMES)[keyof typeof SCHEMES] | undefined {
  return Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme as keyof typeof SCHEMES] : undefined
}

function hostIn(text: string): string {
  if (text === '') throw new ServerUrlError('a server URL needs a host')
  const host = parseHost(text)
  if (host.kind === 'malformed') throw new ServerUrlError(`the host is none: ${host.reason}`)
  if (host.kind === 'name') return host.name
  // one spelling for one address (RFC 5952), so that limits per target count it as one
  return host.family === 4 ? host.address : new URL(`http://[${host.address}]`).hostname.slice(1, -1)
}

function portIn(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65535)) throw new ServerUrlError('the port is a number from 1 to 65535')
  return port
}
