import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, TLSSocket } from 'node:tls'
import { Replies } from './replies.ts'

export interface SmtpSinkOptions {
  readonly pipelining: 'offered' | 'not-offered'
  readonly tls: 'off' | 'starttls' | 'implicit'
  readonly certificate: SecureContextOptions
  /** What each reply takes. */
  readonly delayMs?: number
  /** How long it rests before it reads on. */
  readonly restMs?: number
}

const END_OF_DATA = Buffer.from('\r\n.\r\n')

/** Takes every message and forgets it. */
export function smtpSink(options: SmtpSinkOptions): Server {
  const greet = (socket: Socket): void => {
    const session = new SmtpSinkSession(socket, options)
    session.listen(socket)
    session.replies.say('220 sink.test ESMTP\r\n')
    session.replies.flush()
  }
  if (options.tls === 'implicit') return createTlsServer({ ...options.certificate, noDelay: true }, greet)
  return createServer({ noDelay: true }, greet)
}

class SmtpSinkSession {
  replies: Replies
  readonly #options: SmtpSinkOptions
  #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #reading: 'commands' | 'content' = 'commands'

  constructor(socket: Socket, options: SmtpSinkOptions) {
    this.#socket = socket
    this.#options = options
    this.replies = new Replies(socket, options.delayMs ?? 0)
  }

  listen(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (octets) => {
      this.#unread = this.#unread.length === 0 ? octets : Buffer.concat([this.#unread, octets])
      while (this.#reading === 'content' ? this.#content() : this.#command());
      this.replies.flush()
      if (this.#options.restMs !== undefined) rest(socket, this.#options.restMs)
    })
  }

  /** Keeps only what the end of data may begin with. @returns whether there may be more to read */
  #content(): boolean {
    const end = this.#unread.indexOf(END_OF_DATA)
    if (end === -1) {
      this.#unread = this.#unread.subarray(Math.max(0, this.#unread.length - END_OF_DATA.length + 1))
      return false
    }
    this.#unread = this.#unread.subarray(end + END_OF_DATA.length)
    this.#reading = 'commands'
    this.replies.say('250 2.0.0 Ok: queued as 4BENCH\r\n')
    return this.#unread.length > 0
  }

  #command(): boolean {
    const end = this.#unread.indexOf('\r\n')
    if (end === -1) return false
    const verb = this.#unread.toString('latin1', 0, Math.min(end, 4)).toUpperCase()
    this.#unread = this.#unread.subarray(end + 2)
    this.#answer(verb)
    return this.#unread.length > 0
  }

  #answer(verb: string): void {
    switch (verb) {
      case 'EHLO':
        this.replies.say(this.#extensions())
        break
      case 'STAR':
        this.replies.say('220 2.0.0 Ready to start TLS\r\n')
        this.replies.flush()
        this.#startTls()
        break
      case 'AUTH':
        this.replies.say('235 2.7.0 Authentication successful\r\n')
        break
      case 'DATA':
        this.replies.say('354 End data with <CR><LF>.<CR><LF>\r\n')
        this.#reading = 'content'
        break
      case 'QUIT':
        this.replies.say('221 2.0.0 Bye\r\n')
        this.replies.hangUp()
        break
      default:
        this.replies.say('250 2.0.0 Ok\r\n')
    }
  }

  #extensions(): string {
    const { pipelining, tls } = this.#options
    const secured = this.#socket instanceof TLSSocket
    const lines = [
      'sink.test',
      ...(pipelining === 'offered' ? ['PIPELINING'] : []),
      ...(tls === 'starttls' && !secured ? ['STARTTLS'] : []),
      ...(secured ? ['AUTH PLAIN'] : []),
      '8BITMIME',
    ]
    return `${lines.map((line) => `250-${line}\r\n`).join('')}250 SIZE 0\r\n`
  }

  #startTls(): void {
    this.#socket.removeAllListeners('data')
    const tls = new TLSSocket(this.#socket, { isServer: true, ...this.#options.certificate })
    this.replies = new Replies(tls, this.#options.delayMs ?? 0)
    this.listen(tls)
  }
}

function rest(socket: Socket, ms: number): void {
  socket.pause()
  setTimeout(() => socket.resume(), ms)
}
