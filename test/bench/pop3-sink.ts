import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, TLSSocket } from 'node:tls'
import { messageOf } from './messages.ts'
import { Replies } from './replies.ts'

export interface Pop3SinkOptions {
  readonly tls: 'off' | 'stls' | 'implicit'
  readonly certificate: SecureContextOptions
}

/** Whoever logs in as `20x10240` finds 20 messages of 10,240 octets. */
export function pop3Sink(options: Pop3SinkOptions): Server {
  const greet = (socket: Socket): void => {
    socket.write('+OK sink.test ready\r\n')
    new Pop3SinkSession(options).listen(socket)
  }
  if (options.tls === 'implicit') return createTlsServer({ ...options.certificate, noDelay: true }, greet)
  return createServer({ noDelay: true }, greet)
}

interface Maildrop {
  readonly messages: number
  readonly octets: number
}

class Pop3SinkSession {
  readonly #options: Pop3SinkOptions
  readonly #commands: string[] = []
  #unread = ''
  #maildrop: Maildrop = { messages: 0, octets: 0 }
  #busy = false

  constructor(options: Pop3SinkOptions) {
    this.#options = options
  }

  listen(socket: Socket): void {
    const replies = new Replies(socket, 0)
    socket.on('error', () => undefined)
    socket.on('data', (octets) => {
      const lines = (this.#unread + octets.toString('latin1')).split('\r\n')
      this.#unread = lines.pop() ?? ''
      this.#commands.push(...lines)
      if (!this.#busy) void this.#answerAll(socket, replies)
    })
  }

  async #answerAll(socket: Socket, replies: Replies): Promise<void> {
    this.#busy = true
    for (let line = this.#commands.shift(); line !== undefined; line = this.#commands.shift()) {
      const [verb = '', argument = ''] = line.split(' ', 2)
      if (verb === 'RETR') await this.#retrieve(replies)
      else this.#answer(verb.toUpperCase(), argument, socket, replies)
    }
    replies.flush()
    this.#busy = false
  }

  #answer(verb: string, argument: string, socket: Socket, replies: Replies): void {
    const { messages, octets } = this.#maildrop
    switch (verb) {
      case 'CAPA': {
        const stls = this.#options.tls === 'stls' && !(socket instanceof TLSSocket) ? 'STLS\r\n' : ''
        replies.say(`+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n${stls}.\r\n`)
        break
      }
      case 'USER': {
        const [, count, size] = /^(\d+)x(\d+)$/.exec(argument) ?? []
        this.#maildrop = { messages: Number(count), octets: Number(size) }
        replies.say('+OK\r\n')
        break
      }
      case 'STAT':
        replies.say(`+OK ${messages} ${messages * octets}\r\n`)
        break
      case 'LIST':
        replies.say(`+OK ${messages} messages\r\n${listingOf(this.#maildrop, (n) => `${n} ${octets}`)}`)
        break
      case 'UIDL':
        if (argument !== '') replies.say(`+OK ${argument} ${uid(Number(argument))}\r\n`)
        else replies.say(`+OK\r\n${listingOf(this.#maildrop, (n) => `${n} ${uid(n)}`)}`)
        break
      case 'STLS':
        replies.say('+OK\r\n')
        replies.flush()
        socket.removeAllListeners('data')
        this.listen(new TLSSocket(socket, { isServer: true, ...this.#options.certificate }))
        break
      case 'QUIT':
        replies.say('+OK Bye\r\n')
        replies.hangUp()
        break
      default:
        replies.say('+OK\r\n')
    }
  }

  async #retrieve(replies: Replies): Promise<void> {
    replies.say('+OK\r\n')
    for (const octets of messageOf(this.#maildrop.octets)) await replies.pour(octets)
    replies.say('.\r\n')
  }
}

function listingOf({ messages }: Maildrop, line: (n: number) => string): string {
  return `${Array.from({ length: messages }, (_, n) => `${line(n + 1)}\r\n`).join('')}.\r\n`
}

function uid(n: number): string {
  return `${n.toString(16).padStart(16, '0')}`
}
