import type { Secret } from '../text/secret.ts'
import type { TlsVersion } from '../wire/wire.ts'
import type { AuthWish } from './auth.ts'
import type { ServerUrl } from './server-url.ts'
import type { Security, Target } from './target.ts'

/** What a configured server logs in with where the caller brings no credentials. */
export interface ConfiguredCredentials {
  /** Empty where the mechanism takes none. */
  readonly user: string
  /** Undefined with EXTERNAL and ANONYMOUS. */
  readonly credential?: NonNullable<AuthWish['credential']>
  readonly authzid?: string
  /** As servers list it; without one, the strongest that works. */
  readonly mechanism?: string
}

/** An entry of the servers file: it has `smtp`, `pop3` or both. */
export interface ConfiguredServer {
  readonly name: string
  /** Or LMTP. */
  readonly smtp?: ServerUrl
  readonly pop3?: ServerUrl
  /** Holds where the URL does not say TLS from the first byte. */
  readonly tls: Exclude<Security, 'implicit'>
  readonly verify: Target['verify']
  /** The host's name unless it is given. */
  readonly servername?: string
  readonly minVersion: TlsVersion
  /** PEM */
  readonly ca?: string
  /** PEM */
  readonly clientCertificate?: { readonly cert: string; readonly key: Secret }
  readonly credentials?: ConfiguredCredentials
  /** Whether credentials may go over a connection without verified TLS, also when the caller does not ask for it. */
  readonly insecureAuth: AuthWish['insecure']
  /** The name in EHLO, where it is another than the service's. */
  readonly hello?: string
}

/** The target in this role, or undefined where the server has no URL for it. */
export function targetOf(server: ConfiguredServer, role: 'smtp' | 'pop3'): Target | undefined {
  const address = server[role]
  if (address === undefined) return undefined
  const { url, protocol, host, port, implicitTls } = address
  const { clientCertificate } = server
  return {
    url,
    protocol,
    host,
    port,
    security: implicitTls ? 'implicit' : server.tls,
    verify: server.verify,
    servername: server.servername ?? host,
    minVersion: server.minVersion,
    ...(server.ca === undefined ? {} : { ca: server.ca }),
    ...(clientCertificate === undefined
      ? {}
      : { clientCertificate: { cert: clientCertificate.cert, key: clientCertificate.key.reveal() } }),
    chosenBy: 'configured',
    name: server.name,
  }
}
