import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Identities } from './identities.ts'
import { Peer } from './peer.ts'
import type { Script, Step } from './steps.ts'

/** Octets of a client, and whether they came inside TLS. */
export interface Heard {
  readonly octets: Buffer
  readonly tls: boolean
}

/** A running hostile server, and what it saw. */
export interface HostileServer {
  readonly port: number
  /** What clients said, in order. */
  readonly heard: readonly Heard[]
  connections(): number
  /** Octets that floods and drips got rid of. */
  poured(): number
  /** Resolves when clients have closed every connection. */
  left(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a server on 127.0.0.1 that does what the script says at each command it hears.
 *
 * Of several entries for a verb the most special holds: `EHLO 2` at the second time, `EHLO tls` inside TLS, `EHLO`.
 */
export async function hostileServer(script: Script, identities: Identities): Promise<HostileServer> {
  const heard: Heard[] = []
  const peers = new Set<Peer>()
  const whenLeft: (() => void)[] = []
  let connections = 0
  let poured = 0
  const server = createServer((socket: Socket) => {
    connections += 1
    const peer = new Peer(socket, (said) => heard.push(said))
    peers.add(peer)
    void peer.closed.then(() => {
      peers.delete(peer)
      if (peers.size === 0) for (const tell of whenLeft.splice(0)) tell()
    })
    void new Play(script, identities, peer, (octets) => {
      poured += octets
    }).run()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: portOf(server),
    heard,
    connections: () => connections,
    poured: () => poured,
    left: () =>
      new Promise((resolve) => {
        // who does not read does not notice either that the client has gone
        for (const peer of peers) peer.resume()
        if (peers.size === 0) resolve()
        else whenLeft.push(resolve)
      }),
    close: async () => {
      for (const peer of peers) peer.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** One connection's performance of the script. */
class Play {
  readonly #script: Script
  readonly #identities: Identities
  readonly #peer: Peer
  readonly #pour: (octets: number) => void
  readonly #times = new Map<string, number>()
  #line = ''

  constructor(script: Script, identities: Identities, peer: Peer, pour: (octets: number) => void) {
    this.#script = script
    this.#identities = identities
    this.#peer = peer
    this.#pour = pour
  }

  /** Until the client or the script has ended it. */
  async run(): Promise<void> {
    await this.#take('GREETING')
    for (;;) {
      const line = await this.#peer.line()
      if (line === undefined) return
      this.#line = line
      await this.#take(/^[A-Za-z]+/.exec(line)?.[0].toUpperCase() ?? 'ELSE')
    }
  }

  async #take(verb: string): Promise<void> {
    const time = (this.#times.get(verb) ?? 0) + 1
    this.#times.set(verb, time)
    const steps =
      this.#script[`${verb} ${time}`] ??
      (this.#peer.isSecure ? this.#script[`${verb} tls`] : undefined) ??
      this.#script[verb] ??
      this.#script['ELSE'] ??
      []
    for (const step of steps) {
      if (this.#peer.isClosed) return
      await this.#do(step)
    }
  }

  async #do(step: Step): Promise<void> {
    const peer = this.#peer
    switch (step.does) {
      case 'say':
        await peer.say(step.octets, step.cut)
        return
      case 'answer':
        await peer.say(Buffer.from(step.words(this.#line), 'latin1'), 'whole')
        return
      case 'hear':
        this.#line = (await peer.line()) ?? ''
        return
      case 'await-octets':
        await peer.octets(step.atLeast)
        return
      case 'take-content':
        for (let line: string | undefined = ''; line !== undefined && line !== '.'; ) line = await peer.line()
        return
      case 'take-chunk':
        await peer.octets(Number(/^BDAT ([0-9]+)/i.exec(this.#line)?.[1] ?? 0), 'take')
        return
      case 'wait':
        await peer.wait(step.ms)
        return
      case 'drip':
        for (let at = 0; !peer.isClosed; at = (at + 1) % step.octets.length) {
          await peer.say(step.octets.subarray(at, at + 1), 'whole')
          this.#pour(1)
          await peer.wait(step.everyMs)
        }
        return
      case 'flood':
        await this.#flood(step.line, step.octets)
        return
      case 'silence':
        await peer.closed
        return
      case 'deaf':
        peer.pause()
        return
      case 'close':
        peer.end()
        return
      case 'reset':
        peer.reset()
        return
      case 'tls': {
        const { cert, key } = this.#identities.of[step.identity]
        const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
        await peer.secure(createSecureContext({ cert, key, ...(step.versions === 'old' ? old : {}) }))
        return
      }
      case 'say-beneath':
        await peer.sayBeneath(step.octets)
        return
    }
  }

  async #flood(line: Buffer, most: number): Promise<void> {
    const block = Buffer.concat(
      Array.from({ length: Math.max(1, Math.floor(65_536 / line.length)) }, () => line),
    )
    for (let out = 0; out < most && !this.#peer.isClosed; out += block.length) {
      await this.#peer.pour(block)
      this.#pour(block.length)
    }
  }
}
