import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** A client that says what the test says, and nothing else. */
export class Client {
  readonly #sandbox: Sandbox
  #socket: Socket
  #octets: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  closed = false

  private constructor(sandbox: Sandbox, socket: Socket) {
    this.#sandbox = sandbox
    this.#socket = socket
    this.#listen(socket)
  }

  static async open(sandbox: Sandbox, port: 'smtpPort' | 'pop3Port'): Promise<Client> {
    const socket = connectTcp({ port: sandbox[port], host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new Client(sandbox, socket)
  }

  static async openTls(sandbox: Sandbox, port: 'smtpsPort' | 'pop3sPort'): Promise<Client> {
    const { ca, hostname } = sandbox
    const socket = connectTls({ port: sandbox[port], host: '127.0.0.1', servername: hostname, ca })
    await once(socket, 'secureConnect')
    return new Client(sandbox, socket)
  }

  get socket(): Socket {
    return this.#socket
  }

  send(octets: string | Buffer): void {
    this.#socket.write(octets)
  }

  /** One line, or what came before the server closed. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#octets.indexOf('\r\n')
      if (at !== -1) {
        const line = this.#octets.subarray(0, at).toString()
        this.#octets = this.#octets.subarray(at + 2)
        return line
      }
      if (this.closed) throw new Error(`closed after ${JSON.stringify(this.#octets.toString())}`)
      await this.#woken()
    }
  }

  /** One SMTP reply, its lines joined by LF. */
  async reply(): Promise<string> {
    const lines = [await this.line()]
    while (/^\d{3}-/.test(lines.at(-1)!)) lines.push(await this.line())
    return lines.join('\n')
  }

  async say(command: string): Promise<string> {
    this.send(`${command}\r\n`)
    return await this.reply()
  }

  /** A POP3 command with a multi-line answer: its content as it is on the wire, without the final dot. */
  async multiline(command: string): Promise<{ status: string; raw: Buffer }> {
    const status = await this.say(command)
    if (!status.startsWith('+OK')) return { status, raw: Buffer.alloc(0) }
    for (;;) {
      if (this.#octets.subarray(0, 3).toString() === '.\r\n') {
        this.#octets = this.#octets.subarray(3)
        return { status, raw: Buffer.alloc(0) }
      }
      const at = this.#octets.indexOf('\r\n.\r\n')
      if (at !== -1) {
        const raw = this.#octets.subarray(0, at + 2)
        this.#octets = this.#octets.subarray(at + 5)
        return { status, raw }
      }
      if (this.closed) throw new Error('closed in a multi-line answer')
      await this.#woken()
    }
  }

  /** The lines of a multi-line answer. */
  async lines(command: string): Promise<string[]> {
    const { status, raw } = await this.multiline(command)
    return [status, ...raw.toString().split('\r\n').slice(0, -1)]
  }

  async startTls(): Promise<TLSSocket> {
    const plain = this.#socket
    plain.removeAllListeners()
    const { ca, hostname } = this.#sandbox
    const tls = connectTls({ socket: plain, servername: hostname, ca })
    await once(tls, 'secureConnect')
    this.#socket = tls
    this.#listen(tls)
    return tls
  }

  /** All that still comes until the server closes. */
  async rest(): Promise<string> {
    while (!this.closed) await this.#woken()
    return this.#octets.toString()
  }

  async end(): Promise<void> {
    if (this.#socket.destroyed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#octets = Buffer.concat([this.#octets, chunk])
      this.#wake?.()
    })
    const closed = (): void => {
      this.closed = true
      this.#wake?.()
    }
    socket.on('end', closed)
    socket.on('close', closed)
    socket.on('error', closed)
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}

export const ALICE = Buffer.from('\0alice\0sandbox').toString('base64')

/** A session past EHLO, in the clear. */
export async function greeted(sandbox: Sandbox): Promise<Client> {
  const client = await Client.open(sandbox, 'smtpPort')
  await client.reply()
  await client.say('EHLO probe.example')
  return client
}

/** A session past EHLO inside TLS, logged in as alice. */
export async function loggedIn(sandbox: Sandbox): Promise<Client> {
  const client = await Client.openTls(sandbox, 'smtpsPort')
  await client.reply()
  await client.say('EHLO probe.example')
  await client.say(`AUTH PLAIN ${ALICE}`)
  return client
}

/** A POP3 session in the TRANSACTION state. */
export async function opened(sandbox: Sandbox, user = 'bob'): Promise<Client> {
  const client = await Client.openTls(sandbox, 'pop3sPort')
  await client.line()
  await client.say(`USER ${user}`)
  const answer = await client.say('PASS sandbox')
  if (answer !== '+OK Logged in.') throw new Error(answer)
  return client
}

/** Sends content, stuffed by the caller where it has to be. @returns the reply to the end of data */
export async function sendMessage(client: Client, to: string, onTheWire: string | Buffer): Promise<string> {
  await client.say('MAIL FROM:<carol@elsewhere.test>')
  const rcpt = await client.say(`RCPT TO:<${to}>`)
  if (!rcpt.startsWith('250')) throw new Error(rcpt)
  await client.say('DATA')
  client.send(onTheWire)
  client.send('.\r\n')
  return await client.reply()
}
