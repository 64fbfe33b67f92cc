import { connect, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { checkEgress, type EgressPolicy } from './egress.ts'
import { DnsError, type Resolver } from './resolve.ts'
import { SocketWire } from './socket-wire.ts'
import type { TlsWish, Wire } from './wire.ts'

/** No connection came about: which part failed, and Node's code or one of the diagnosis. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly kind: 'dns' | 'policy' | 'connect'
  readonly code: string

  constructor(kind: DialError['kind'], code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.kind = kind
    this.code = code
  }
}

export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly chosenBy: 'configured' | 'requested'
  /** Addresses of this family alone. */
  readonly family?: 4 | 6
  /** The one of its addresses that is meant, where they were asked for before. */
  readonly address?: string
}

/** How the dialler tells what it does, and where its waits draw their time from. */
export interface DialHooks {
  stage(stage: 'dns' | 'connect'): void
  event(event: string, text: string): void
  phase(name: string, ms: number): void
  /** Runs `work` under the time limit of one attempt; rejects when it ran out. */
  limited<T>(subject: string, work: () => Promise<T>): Promise<T>
}

export type Dial = (target: DialTarget, hooks: DialHooks) => Promise<Wire>

export interface DialOptions {
  readonly resolver: Resolver
  readonly egress: EgressPolicy
  readonly contextOf: (wish: TlsWish) => SecureContext
  readonly now: () => number
  readonly wallNow: () => number
}

/**
 * The one way to a mail server: resolve once, check the very address that is dialled, connect; the next address when
 * one fails.
 */
export function dialler(options: DialOptions): Dial {
  return async (target, hooks) => {
    hooks.stage('dns')
    const addresses = await resolved(target, options, hooks)
    const allowed =
      target.chosenBy === 'configured' ? addresses : permitted(addresses, target, options.egress)
    hooks.stage('connect')
    const began = options.now()
    try {
      const socket = await firstConnected(allowed, target, hooks)
      return new SocketWire(socket, options)
    } finally {
      hooks.phase('connect', options.now() - began)
    }
  }
}

async function resolved(target: DialTarget, options: DialOptions, hooks: DialHooks): Promise<string[]> {
  if (target.address !== undefined) return [target.address]
  const began = options.now()
  try {
    const found = await hooks.limited(`answer to the question for ${target.host}`, () =>
      options.resolver.addresses(target.host, target.family === undefined ? {} : { family: target.family }),
    )
    const addresses = found.map(({ address }) => address)
    if (addresses[0] !== target.host) hooks.event('resolved', `${target.host} → ${addresses.join(', ')}`)
    return addresses
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    hooks.event('not-resolved', `${target.host}: ${error.message}`)
    throw new DialError('dns', error.code, error.message, error)
  } finally {
    hooks.phase('dns', options.now() - began)
  }
}

/** The refusal is the same for every address and port, so that it gives nothing away about what listens there. */
function permitted(addresses: readonly string[], target: DialTarget, egress: EgressPolicy): string[] {
  const verdicts = addresses.map((address) => ({
    address,
    verdict: checkEgress(egress, { host: target.host, address, port: target.port }),
  }))
  const allowed = verdicts.filter(({ verdict }) => verdict.allowed).map(({ address }) => address)
  if (allowed.length > 0) return allowed
  const first = verdicts[0]?.verdict
  const hint = first === undefined || first.allowed ? '' : `: ${first.setting}=${first.entry} would allow it`
  throw new DialError('policy', 'target-not-allowed', `the egress policy does not allow this target${hint}`)
}

async function firstConnected(
  addresses: readonly string[],
  target: DialTarget,
  hooks: DialHooks,
): Promise<Socket> {
  const failures: Error[] = []
  for (const address of addresses) {
    try {
      const socket = await attempt(address, target.port, hooks)
      hooks.event('connected', `${bracketed(address)}:${target.port}`)
      return socket
    } catch (error) {
      if (!(error instanceof Error)) throw error
      hooks.event('connect-failed', `${bracketed(address)}:${target.port}: ${error.message}`)
      failures.push(error)
    }
  }
  const last = failures.at(-1)
  // a time limit is a fault of its own, told by whoever keeps the time
  if (last === undefined || !('errno' in last))
    throw last ?? new DialError('dns', 'dns-not-found', 'there is no address')
  const code = String((last as NodeJS.ErrnoException).code)
  throw new DialError(
    'connect',
    code,
    `no connection to ${target.host}:${target.port}: ${last.message}`,
    last,
  )
}

/**
 * What Node sets itself in its copy of the options, whatever they say. Where it has to add them, V8 makes a hidden class
 * for each socket's options, and looks every one of them up the slow way.
 */
const SET_BY_NODE = { allowHalfOpen: false, emitClose: false, autoDestroy: true, decodeStrings: false }

async function attempt(address: string, port: number, hooks: DialHooks): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true, autoSelectFamily: false, ...SET_BY_NODE })
  // whatever comes after the connection stands is told to the wire, which listens from then on
  socket.on('error', () => undefined)
  try {
    await hooks.limited(
      `connection to ${bracketed(address)}:${port}`,
      () =>
        new Promise<void>((resolve, reject) => {
          socket.once('connect', resolve)
          socket.once('error', reject)
        }),
    )
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
