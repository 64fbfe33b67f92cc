import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { DOMAIN } from './accounts.ts'
import { selfSigned } from './certificate.ts'
import { Connection, Hangup } from './connection.ts'
import { type House, houseWith } from './house.ts'
import { type Limits, limitsWith } from './limits.ts'
import { pop3Session } from './pop3-session.ts'
import { smtpSession } from './smtp-session.ts'

export interface SandboxPorts {
  readonly smtp: number
  readonly smtps: number
  readonly pop3: number
  readonly pop3s: number
}

export interface SandboxOptions extends Partial<Limits> {
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string
  /** 0, or left out, is a free one. */
  readonly ports?: Partial<SandboxPorts>
  /** Wall clock, ms since 1970. */
  readonly now?: () => number
}

/** The running servers. */
export interface Sandbox {
  readonly smtpPort: number
  readonly pop3Port: number
  /** TLS from the first byte. */
  readonly smtpsPort: number
  readonly pop3sPort: number
  /** PEM to trust for these servers alone. */
  readonly ca: string
  /** The name in the certificate; localhost, 127.0.0.1 and ::1 are in it too. */
  readonly hostname: string
  /** Ends all connections and listeners. */
  close(): Promise<void>
}

/** Starts the built-in SMTP and POP3 servers. @throws what `listen` throws, with nothing left open */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', ports = {}, now = Date.now, ...limits } = options
  const certificate = await selfSigned([DOMAIN, 'localhost'], ['127.0.0.1', '::1'], now())
  const secureContext = createSecureContext(certificate)
  const house = houseWith(limitsWith(limits), secureContext, now)
  const smtp = new Protocol(house, smtpSession, `421 4.7.0 ${DOMAIN} Error: too many connections`)
  const pop3 = new Protocol(house, pop3Session, '-ERR [SYS/TEMP] Too many connections, try again later.')
  const listening: Listener[] = []
  try {
    const listen = async (protocol: Protocol, tls: 'starttls' | 'implicit', port = 0): Promise<number> => {
      const listener = new Listener((socket) => protocol.serve(socket, tls), 2 * house.limits.maxConnections)
      listening.push(listener)
      return await listener.listen(host, port)
    }
    return {
      smtpPort: await listen(smtp, 'starttls', ports.smtp),
      smtpsPort: await listen(smtp, 'implicit', ports.smtps),
      pop3Port: await listen(pop3, 'starttls', ports.pop3),
      pop3sPort: await listen(pop3, 'implicit', ports.pop3s),
      ca: certificate.cert,
      hostname: DOMAIN,
      close: async () => {
        await Promise.all(listening.map((listener) => listener.close()))
      },
    }
  } catch (error) {
    await Promise.all(listening.map((listener) => listener.close()))
    throw error
  }
}

/** A server and its connections, which it does not know itself. */
class Listener {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** @param maxConnections beyond it connections are dropped without a word */
  constructor(serve: (socket: Socket) => void, maxConnections: number) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      serve(socket)
    })
    this.#server.maxConnections = maxConnections
  }

  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.on('error', reject)
      this.#server.listen(port, host, resolve)
    })
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }
}

type Session = (connection: Connection, house: House) => Promise<void>

/** What is done with a connection: a session while there is room, else a word of why not. */
class Protocol {
  readonly #house: House
  readonly #session: Session
  readonly #tooMany: string
  #sessions = 0

  constructor(house: House, session: Session, tooMany: string) {
    this.#house = house
    this.#session = session
    this.#tooMany = tooMany
  }

  serve(socket: Socket, tls: 'starttls' | 'implicit'): void {
    const connection = new Connection(socket, this.#house.limits)
    if (this.#sessions >= this.#house.limits.maxConnections) {
      void this.#run(connection, tls, this.#refusal)
      return
    }
    this.#sessions += 1
    socket.once('close', () => {
      this.#sessions -= 1
    })
    void this.#run(connection, tls, this.#session)
  }

  readonly #refusal: Session = async (connection) => {
    connection.say(this.#tooMany)
    connection.end()
  }

  async #run(connection: Connection, tls: 'starttls' | 'implicit', session: Session): Promise<void> {
    try {
      if (tls === 'implicit') await connection.startTls(this.#house.secureContext)
    } catch (error) {
      if (!(error instanceof Hangup)) throw error
      return
    }
    await session(connection, this.#house)
  }
}
