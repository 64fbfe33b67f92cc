import type { Situation, Suggestion } from './situation.ts'

const PORTS = { smtp: 25, smtps: 465, lmtp: 24, pop3: 110, pop3s: 995 } as const
type Scheme = keyof typeof PORTS

/** `smtp://mx.example.com:587`, without the port where it is the scheme's own. */
export function urlOf(scheme: Scheme, host: string, port: number = PORTS[scheme]): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === PORTS[scheme] ? `${scheme}://${name}` : `${scheme}://${name}:${port}`
}

type Addressed = Pick<Situation, 'protocol'> & { readonly server: Pick<Situation['server'], 'host' | 'port'> }

/** The same server and port, TLS from the first byte. */
export function withImplicitTls({ protocol, server }: Addressed): Suggestion | undefined {
  if (protocol === 'lmtp') return undefined
  return { server: urlOf(protocol === 'pop3' ? 'pop3s' : 'smtps', server.host, server.port) }
}

/** The same server and port, plain at first; encrypted by STARTTLS or STLS before anything else is said. */
export function withStartTls({ protocol, server }: Addressed): Suggestion {
  return { server: urlOf(protocol, server.host, server.port), tls: 'required' }
}

/** Where submission is to be expected: the port for it, TLS required. */
export function submission(host: string): Suggestion {
  return { server: urlOf('smtp', host, 587), tls: 'required' }
}
