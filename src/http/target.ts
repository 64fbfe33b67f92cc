import { X509Certificate } from 'node:crypto'
import { type ConfiguredServer, targetOf } from '../session/configured-server.ts'
import { ServerUrlError, serverUrl } from '../session/server-url.ts'
import type { Security, Target } from '../session/target.ts'
import { parseHost } from '../text/host.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { ConnectionOptions } from './schema/connection.ts'

export type Role = 'smtp' | 'pop3'

/** The mail server that a call means, and its entry where it is a configured one. */
export interface Meant {
  readonly target: Target
  readonly server: ConfiguredServer | undefined
}

/** Which field of the request something stood in. */
export type Place = 'body' | 'query'

const TLS_FIELDS = ['tls', 'tlsVerify', 'tlsServername', 'tlsMinVersion', 'tlsCa'] as const

/** The configured servers, and what a call that names none means. */
export class ServerBook {
  readonly #servers: ReadonlyMap<string, ConfiguredServer>
  readonly defaultName: string | undefined

  constructor(servers: readonly ConfiguredServer[], defaultName: string | undefined) {
    this.#servers = new Map(servers.map((server) => [server.name, server]))
    this.defaultName = defaultName
  }

  /**
   * The server that the options name: a URL, a configured name, or the default.
   * @throws {Problem} 400 naming the field at fault
   */
  meant(role: Role, options: ConnectionOptions, place: Place): Meant {
    const name = options.server ?? this.defaultName
    if (name === undefined) throw fault('server', place, 'there is no default server here: name one')
    if (name.includes(':')) return { target: requested(name, role, options, place), server: undefined }
    const server = this.#servers.get(name)
    if (server === undefined)
      throw fault('server', place, 'this is neither a URL nor the name of a configured server')
    const target = targetOf(server, role)
    if (target === undefined)
      throw fault('server', place, `the configured server has no ${role.toUpperCase()} address`)
    // its credentials are for the connection that the configuration describes, and for no weaker one
    const changed = TLS_FIELDS.filter((field) => options[field] !== undefined)
    if (server.credentials !== undefined && changed.length > 0) {
      throw invalidRequest(
        changed.map((field) => fieldError(field, place, 'the configuration of this server decides it')),
      )
    }
    return { target: withOptions(target, options, place), server }
  }
}

/**
 * A mail host of a domain, as its MX records name it.
 * @throws {Problem} 400 naming the field at fault
 */
export function mailHostTarget(
  at: { readonly host: string; readonly port: number; readonly family: 4 | 6 | undefined },
  options: ConnectionOptions,
  place: Place,
): Target {
  const { host, port, family } = at
  const base: Target = {
    url: `smtp://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
    protocol: 'smtp',
    host,
    port,
    // a host that the DNS names is not one that the caller chose, and may well have no TLS
    security: 'opportunistic',
    verify: 'strict',
    servername: host,
    minVersion: 'TLSv1.2',
    chosenBy: 'requested',
    ...(family === undefined ? {} : { family }),
  }
  return withOptions(base, options, place)
}

function requested(url: string, role: Role, options: ConnectionOptions, place: Place): Target {
  const { protocol, host, port, implicitTls, url: shown } = read(url, place)
  if ((protocol === 'pop3') !== (role === 'pop3')) {
    throw fault(
      'server',
      place,
      role === 'pop3' ? 'pop3:// or pop3s:// is wanted here' : 'smtp://, smtps:// or lmtp:// is wanted here',
    )
  }
  const base: Target = {
    url: shown,
    protocol,
    host,
    port,
    security: implicitTls ? 'implicit' : 'opportunistic',
    verify: 'strict',
    servername: host,
    minVersion: 'TLSv1.2',
    chosenBy: 'requested',
  }
  return withOptions(base, options, place)
}

function withOptions(target: Target, options: ConnectionOptions, place: Place): Target {
  if (options.tlsServername !== undefined && parseHost(options.tlsServername).kind === 'malformed') {
    throw fault('tlsServername', place, 'this is neither a domain name nor an address')
  }
  if (options.tlsCa !== undefined && !isCertificate(options.tlsCa)) {
    throw fault('tlsCa', place, 'this is no certificate in PEM')
  }
  return {
    ...target,
    security: securityOf(target, options.tls, place),
    ...(options.tlsVerify === undefined ? {} : { verify: options.tlsVerify ? 'strict' : 'report' }),
    ...(options.tlsServername === undefined ? {} : { servername: options.tlsServername }),
    ...(options.tlsMinVersion === undefined ? {} : { minVersion: options.tlsMinVersion }),
    ...(options.tlsCa === undefined ? {} : { ca: options.tlsCa }),
  }
}

function securityOf(target: Target, tls: ConnectionOptions['tls'], place: Place): Security {
  if (target.security !== 'implicit') return tls ?? target.security
  if (tls === 'off') throw fault('tls', place, 'this server’s URL means TLS from the first byte')
  return 'implicit'
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

function read(url: string, place: Place) {
  try {
    return serverUrl(url)
  } catch (error) {
    if (!(error instanceof ServerUrlError)) throw error
    throw fault('server', place, error.message)
  }
}

export function fieldError(field: string, place: Place, detail: string): FieldError {
  return place === 'body' ? { pointer: `/${field}`, detail } : { parameter: field, detail }
}

function fault(field: string, place: Place, detail: string) {
  return invalidRequest([fieldError(field, place, detail)])
}
