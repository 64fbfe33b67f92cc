import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Heard } from './hostile-server.ts'
import type { Cut } from './steps.ts'

/** The server's end of one connection: lines and octets in, octets out in any segmentation, TLS over it. */
export class Peer {
  readonly closed: Promise<void>
  readonly #raw: Socket
  readonly #hear: (heard: Heard) => void
  #socket: Socket
  #pending: Buffer = Buffer.alloc(0)
  #over = false
  #wake: () => void = () => undefined

  constructor(socket: Socket, hear: (heard: Heard) => void) {
    this.#raw = socket
    this.#socket = socket
    this.#hear = hear
    socket.setNoDelay(true)
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#over = true
        this.#wake()
        resolve()
      })
    })
    socket.on('error', () => undefined)
    this.#listen(socket)
  }

  get isClosed(): boolean {
    return this.#over || this.#raw.destroyed
  }

  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket
  }

  /** The next line without its end; undefined when the client has gone. */
  async line(): Promise<string | undefined> {
    for (let at = this.#pending.indexOf('\n'); ; at = this.#pending.indexOf('\n')) {
      if (at !== -1) {
        const line = this.#pending.subarray(0, at).toString('latin1').replace(/\r$/, '')
        this.#pending = this.#pending.subarray(at + 1)
        return line
      }
      if (this.#over) return undefined
      await this.#more()
    }
  }

  /** Waits until so many octets have come; they stay for the next reader unless they are taken. */
  async octets(count: number, then: 'leave' | 'take' = 'leave'): Promise<void> {
    while (this.#pending.length < count && !this.#over) await this.#more()
    if (then === 'take') this.#pending = this.#pending.subarray(count)
  }

  async say(octets: Buffer, cut: Cut): Promise<void> {
    for (const piece of piecesOf(octets, cut)) {
      if (this.isClosed || !this.#socket.writable) return
      this.#socket.write(piece)
      // another turn of the event loop, in which the client reads what there is
      if (cut !== 'whole') await new Promise(setImmediate)
    }
  }

  /** Writes no faster than the client reads. */
  async pour(octets: Buffer): Promise<void> {
    const socket = this.#socket
    if (this.isClosed || !socket.writable) {
      this.#over = true
      return
    }
    if (socket.write(octets)) {
      await new Promise(setImmediate)
      return
    }
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), this.closed])
  }

  async sayBeneath(octets: Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#raw.write(octets, () => resolve())
    })
  }

  async wait(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([over, this.closed])
    clearTimeout(timer)
  }

  /** The server's side of a TLS handshake; returns when it is done or has failed. */
  async secure(secureContext: SecureContext): Promise<void> {
    const raw = this.#raw
    raw.removeAllListeners('data')
    raw.pause()
    // what has come of the ClientHello already
    if (this.#pending.length > 0) raw.unshift(this.#pending)
    this.#pending = Buffer.alloc(0)
    const secured = new TLSSocket(raw, { isServer: true, secureContext })
    this.#socket = secured
    secured.on('error', () => raw.destroy())
    this.#listen(secured)
    await Promise.race([
      new Promise<void>((resolve) => {
        secured.once('secure', () => resolve())
      }),
      this.closed,
    ])
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  reset(): void {
    this.#raw.resetAndDestroy()
  }

  destroy(): void {
    this.#raw.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (octets: Buffer) => {
      this.#hear({ octets, tls: socket instanceof TLSSocket })
      this.#pending = Buffer.concat([this.#pending, octets])
      this.#wake()
    })
    socket.on('end', () => {
      this.#over = true
      this.#wake()
    })
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function piecesOf(octets: Buffer, cut: Cut): Buffer[] {
  if (cut === 'whole') return [octets]
  const places = cut === 'each-octet' ? Array.from(octets, (_, at) => at) : [0, ...cut]
  return places.map((from, at) => octets.subarray(from, places[at + 1] ?? octets.length))
}
