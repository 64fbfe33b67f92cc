import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Passes octets on as a line of this length would: each chunk arrives `oneWayMs` after it was sent, and the server has the
 * connection, and greets, one and a half round trips after the client asked for it.
 */
export function delayProxy(port: number, oneWayMs: number): Server {
  return createServer({ noDelay: true }, (client) => {
    const established = performance.now() + 3 * oneWayMs
    let server: Socket | undefined
    const toServer = new Line(oneWayMs, established)
    const toClient = new Line(oneWayMs, 0)
    const end = (): void => {
      client.destroy()
      server?.destroy()
    }
    client.on('error', end)
    toServer.send(() => {
      server = connect({ port, host: '127.0.0.1', noDelay: true })
      const there = server
      there.on('error', end)
      there.on('data', (octets) => toClient.send(() => client.write(octets)))
      there.on('end', () => toClient.send(() => client.end()))
    })
    client.on('data', (octets) => toServer.send(() => server?.write(octets)))
    client.on('end', () => toServer.send(() => server?.end()))
  })
}

/** Deliveries in one direction: each at its time, and in their order. */
class Line {
  readonly #oneWayMs: number
  readonly #notBefore: number
  readonly #due: { readonly at: number; readonly deliver: () => void }[] = []

  constructor(oneWayMs: number, notBefore: number) {
    this.#oneWayMs = oneWayMs
    this.#notBefore = notBefore
  }

  send(deliver: () => void): void {
    this.#due.push({ at: Math.max(performance.now() + this.#oneWayMs, this.#notBefore), deliver })
    if (this.#due.length === 1) this.#wait()
  }

  #wait(): void {
    const next = this.#due[0]
    if (next === undefined) return
    setTimeout(
      () => {
        this.#due.shift()
        next.deliver()
        this.#wait()
      },
      Math.max(0, next.at - performance.now()),
    )
  }
}
