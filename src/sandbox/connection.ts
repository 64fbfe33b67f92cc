import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { LimitExceeded, LineSplitter } from '../text/lines.ts'

/** Why there is nobody to talk to any more. */
export class Hangup extends Error {
  override readonly name = 'Hangup'
  readonly reason: 'closed' | 'idle' | 'line-too-long'

  constructor(reason: Hangup['reason']) {
    super(`the session ended: ${reason}`)
    this.reason = reason
  }
}

export interface ConnectionOptions {
  readonly maxLineOctets: number
  readonly idleMs: number
}

/** How long a client may take to close its side when the server has closed its own. */
const LINGER_MS = 5000

/**
 * A server's side of one connection: lines and content are pulled, what is said is held until the client's next
 * octets are needed, so that the replies to a pipelined group leave together (RFC 2920 §3.2).
 *
 * @throws {Hangup} from whatever waits, when the client is gone or silent for too long
 */
export class Connection {
  readonly peer: string
  readonly #options: ConnectionOptions
  #socket: Socket
  readonly #splitter: LineSplitter
  #said: Buffer[] = []
  #gone: Hangup['reason'] | undefined
  #ended = false
  #wake: (() => void) | undefined
  /** Takes away the listeners that read; others have theirs on the same socket. */
  #deafen: () => void = () => {}

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#splitter = new LineSplitter(options.maxLineOctets)
    this.peer = socket.remoteAddress ?? ''
    socket.setNoDelay(true)
    this.#listen(socket)
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket
  }

  /** The next line, without its end. */
  async line(): Promise<Buffer> {
    for (;;) {
      const line = this.#nextLine()
      if (line !== undefined) return line
      this.#splitter.push(await this.#octets())
    }
  }

  /** The next octets of content; what lies behind it is given back. */
  async content(): Promise<Buffer> {
    const held = this.#splitter.takeAll()
    return held.length > 0 ? held : await this.#octets()
  }

  giveBack(octets: Buffer): void {
    this.#splitter.push(octets)
  }

  /** A line to the client, sent with the next flush; the one gate for line breaks. */
  say(line: string): void {
    if (/[\r\n\0]/.test(line)) throw new Error('a reply line cannot hold a line break or NUL')
    this.#said.push(Buffer.from(`${line}\r\n`))
  }

  /** Sends what was said, and waits until the system has taken it. */
  async flush(): Promise<void> {
    if (this.#said.length === 0) return
    const octets = Buffer.concat(this.#said)
    this.#said = []
    await this.#write(octets)
  }

  /** Sends content, behind what was said. A client that does not read is waited for, whatever its message weighs. */
  async send(octets: Buffer): Promise<void> {
    await this.flush()
    if (octets.length > 0) await this.#write(octets)
  }

  /** Lets time pass, and what was said go out before. */
  async pause(ms: number): Promise<void> {
    await this.flush()
    let over = false
    const timer = setTimeout(() => {
      over = true
      this.#wake?.()
    }, ms)
    timer.unref()
    try {
      while (!over) await this.#woken()
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether the client has spoken on without waiting for an answer. */
  get spokeAhead(): boolean {
    return this.#splitter.pending > 0 || this.#socket.readableLength > 0
  }

  /**
   * Takes the server's part in the TLS handshake.
   * @param ready what is said in the clear before it; nothing where TLS is spoken from the first octet
   */
  async startTls(context: SecureContext, ready?: string): Promise<void> {
    const plain = this.#socket
    this.#deafen()
    plain.setTimeout(0)
    // the handshake takes over in the same turn, or its first octets would be read as a line
    if (ready !== undefined) plain.write(`${ready}\r\n`)
    const tls = new TLSSocket(plain, { isServer: true, secureContext: context })
    let secured = false
    tls.once('secure', () => {
      secured = true
      this.#wake?.()
    })
    this.#socket = tls
    this.#listen(tls)
    try {
      while (!secured) {
        await this.#woken()
        // a client that ends its side in the middle of the handshake is seen by reading only
        if (!secured && tls.read() === null && tls.readableEnded) throw new Hangup('closed')
      }
    } catch (error) {
      this.#ended = true
      tls.destroy()
      plain.destroy()
      throw error
    }
  }

  /** Sends what was said and ends; a client that lingers after that is cut off. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    const socket = this.#socket
    const cutOff = setTimeout(() => socket.destroy(), Math.min(LINGER_MS, this.#options.idleMs))
    cutOff.unref()
    socket.once('close', () => clearTimeout(cutOff))
    this.#deafen()
    socket.end(Buffer.concat(this.#said))
    // what still comes is nobody's any more; unread it would keep the socket half open
    socket.resume()
  }

  #nextLine(): Buffer | undefined {
    try {
      return this.#splitter.next()?.octets
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error
      throw new Hangup('line-too-long')
    }
  }

  async #octets(): Promise<Buffer> {
    await this.flush()
    for (;;) {
      const octets = this.#socket.read() as Buffer | null
      if (octets !== null) return octets
      if (this.#socket.readableEnded) throw new Hangup('closed')
      await this.#woken()
    }
  }

  async #write(octets: Buffer): Promise<void> {
    if (this.#gone !== undefined) throw new Hangup(this.#gone)
    let taken = false
    this.#socket.write(octets, () => {
      taken = true
      this.#wake?.()
    })
    while (!taken) await this.#woken()
  }

  async #woken(): Promise<void> {
    if (this.#gone === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    if (this.#gone !== undefined) throw new Hangup(this.#gone)
  }

  #listen(socket: Socket): void {
    const wake = (): void => this.#wake?.()
    const gone = (reason: Hangup['reason']): void => {
      this.#gone ??= reason
      wake()
    }
    const closed = (): void => gone('closed')
    const idle = (): void => gone('idle')
    socket.setTimeout(this.#options.idleMs)
    socket.on('readable', wake).on('end', wake).on('close', closed).on('timeout', idle)
    // an error is always followed by 'close', but must be listened to for as long as the socket lives
    socket.on('error', closed)
    this.#deafen = () => {
      socket.off('readable', wake).off('end', wake).off('close', closed).off('timeout', idle)
    }
  }
}
