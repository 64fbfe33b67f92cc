import { isIP, type Socket } from 'node:net'
import {
  type CipherNameAndProtocol,
  connect as connectTls,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  TLSSocket,
} from 'node:tls'
import { certificateFacts, nameMismatch, takePresented } from './certificate.ts'
import { channelBindings } from './channel-bindings.ts'
import type { ChannelBindings, Endpoint, TlsFacts, TlsWish, Wire } from './wire.ts'

export interface SocketWireOptions {
  readonly contextOf: (wish: TlsWish) => SecureContext
  /** Monotonic clock, ms. */
  readonly now: () => number
  /** Wall clock, ms since 1970. */
  readonly wallNow: () => number
}

/** How long a peer may take to close its side after we have closed ours. */
const LINGER_MS = 2000

/** A Wire over a connected TCP socket: pulled, never flowing, so that a slow reader slows the peer down. */
export class SocketWire implements Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #options: SocketWireOptions
  #socket: Socket
  #error: Error | undefined
  #ended = false
  #destroyed = false
  #seen: TlsFacts | undefined
  #unheard = false
  #presented: readonly Buffer[] = []
  #wake: (() => void) | undefined

  constructor(socket: Socket, options: SocketWireOptions) {
    this.#socket = socket
    this.#options = options
    this.local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    this.remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    socket.setNoDelay(true)
    this.#listen(socket)
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      const octets = this.readNow()
      if (octets !== undefined) return octets
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return null
      await this.#woken()
    }
  }

  readNow(): Buffer | undefined {
    const octets = this.#socket.read() as Buffer | null
    if (octets === null) return undefined
    this.#unheard = false
    return octets
  }

  write(octets: Buffer): boolean {
    if (this.#error !== undefined || this.#socket.destroyed) return true
    this.#unheard = true
    return this.#socket.write(octets)
  }

  async writable(): Promise<'writable' | 'readable'> {
    // a socket that takes all at once would never let the event loop see what the peer says meanwhile
    if (this.#unheard) {
      this.#unheard = false
      await new Promise(setImmediate)
    }
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended || this.#socket.readableLength > 0) return 'readable'
      if (!this.#socket.writableNeedDrain) return 'writable'
      await this.#woken()
    }
  }

  // no race of promises: what loses one stays behind with what won, and a long message has a thousand of them
  unlessReadable<T>(other: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        if (this.#destroyed || !this.#peerActed) return
        leave()
        resolve(undefined)
      }
      const leave = (): void => {
        if (this.#wake === wake) this.#wake = undefined
      }
      this.#wake = wake
      other.finally(leave).then(resolve, reject)
      wake()
    })
  }

  async startTls(wish: TlsWish): Promise<TlsFacts> {
    const began = this.#options.now()
    const plain = this.#socket
    this.#deafen(plain)
    const tls = connectTls({
      socket: plain,
      ...(isIP(wish.servername) === 0 ? { servername: wish.servername } : {}),
      rejectUnauthorized: false,
      // the name is compared below, so that the verdict on the chain stays apart from it
      checkServerIdentity: () => undefined,
      secureContext: this.#options.contextOf(wish),
    })
    this.#socket = tls
    this.#listen(tls)
    try {
      await this.#secured(tls)
    } catch (error) {
      const seen = this.#facts(tls, wish.servername, this.#options.now() - began)
      if (seen.certificate !== null) this.#seen = { ...seen, trusted: false, verifyError: 'HANDSHAKE_FAILED' }
      throw error
    }
    return this.#facts(tls, wish.servername, this.#options.now() - began)
  }

  tlsSeen(): TlsFacts | undefined {
    return this.#seen
  }

  bindings(): ChannelBindings {
    return this.#socket instanceof TLSSocket ? channelBindings(this.#socket, this.#presented[0]) : {}
  }

  end(): void {
    const socket = this.#socket
    socket.end()
    // whatever still comes is nobody's any more; without a reader the socket would stay half open, and with a listener
    // for 'readable' resume() would do nothing
    socket.removeAllListeners('readable')
    socket.resume()
    const impatience = setTimeout(() => socket.destroy(), LINGER_MS)
    impatience.unref()
    socket.once('close', () => clearTimeout(impatience))
  }

  destroy(error?: Error): void {
    if (error !== undefined) this.#error ??= error
    this.#destroyed = true
    this.#socket.destroy()
    this.#wake?.()
  }

  get #peerActed(): boolean {
    return this.#error !== undefined || this.#ended || this.#socket.readableLength > 0
  }

  #facts(tls: TLSSocket, servername: string, handshakeMs: number): TlsFacts {
    // null on a socket that is gone, whatever its type says
    const peer =
      (tls.getPeerCertificate(true) as DetailedPeerCertificate | null) ?? ({} as DetailedPeerCertificate)
    const mismatch = Object.keys(peer).length === 0 ? undefined : nameMismatch(servername, peer)
    const mismatchCode = (mismatch as NodeJS.ErrnoException | undefined)?.code ?? null
    this.#presented = takePresented(tls)
    return {
      version: tls.getProtocol() ?? 'unknown',
      cipher: (tls.getCipher() as CipherNameAndProtocol | undefined)?.standardName ?? 'unknown',
      resumed: tls.isSessionReused(),
      handshakeMs: Math.round(handshakeMs * 1000) / 1000,
      trusted: tls.authorized,
      nameMatches: mismatch === undefined,
      verifyError: tls.authorized ? mismatchCode : String(tls.authorizationError),
      certificate: certificateFacts(peer, this.#options.wallNow()),
      presented: this.#presented,
    }
  }

  #secured(tls: TLSSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        tls.off('secureConnect', secured)
        this.#wake = undefined
      }
      const secured = (): void => {
        settle()
        resolve()
      }
      tls.once('secureConnect', secured)
      this.#wake = () => {
        if (this.#error === undefined && !this.#ended) return
        settle()
        reject(
          this.#error ??
            Object.assign(new Error('the peer hung up during the TLS handshake'), { code: 'ECONNRESET' }),
        )
      }
    })
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  #listen(socket: Socket): void {
    const wake = (): void => this.#wake?.()
    socket.on('readable', wake)
    socket.on('drain', wake)
    socket.on('end', () => {
      this.#ended = true
      wake()
    })
    socket.on('close', () => {
      this.#ended = true
      wake()
    })
    socket.on('error', (error) => {
      this.#error ??= error
      wake()
    })
  }

  /** The plain socket belongs to TLS from now on; only its errors are still ours, or nobody would catch them. */
  #deafen(socket: Socket): void {
    socket.removeAllListeners('readable')
    socket.removeAllListeners('drain')
    socket.removeAllListeners('end')
    socket.removeAllListeners('close')
  }
}

/** Secure contexts are costly to make (the system's roots are parsed each time): one for each distinct wish. */
export function secureContexts(limit = 100): (wish: TlsWish) => SecureContext {
  const contexts = new Map<string, SecureContext>()
  return (wish) => {
    const { minVersion, maxVersion, ca, clientCertificate } = wish
    const key = JSON.stringify([
      minVersion,
      maxVersion ?? '',
      ca ?? '',
      clientCertificate?.cert ?? '',
      clientCertificate?.key ?? '',
    ])
    const known = contexts.get(key)
    if (known !== undefined) return known
    const oldest = contexts.keys().next()
    if (contexts.size >= limit && !oldest.done) contexts.delete(oldest.value)
    const context = createSecureContext({
      minVersion,
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : clientCertificate),
      // TLS 1.0 and 1.1 need OpenSSL's lowest security level; only asked for by name
      ...(minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    })
    contexts.set(key, context)
    return context
  }
}
