import { connect, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { hostname } from './accounts.ts'

const WAIT_MS = 15_000

/** A client that owes nothing to Mailwire: it sends a line and gives back what came, so that the servers can be tried. */
export class Conversation {
  #socket: Socket
  #received = ''
  #wake = () => {}
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = this.#listen(socket)
  }

  static inTheClear(port: number, host = '127.0.0.1'): Conversation {
    return new Conversation(connect({ port, host }))
  }

  static overTls(port: number, ca: string): Conversation {
    return new Conversation(connectTls({ port, host: '127.0.0.1', servername: hostname, ca }))
  }

  get authorized(): boolean {
    return this.#socket instanceof TLSSocket && this.#socket.authorized
  }

  /** TLS from here on; a certificate that does not check ends the conversation. */
  startTls(ca: string): void {
    this.#socket.removeAllListeners()
    this.#socket = this.#listen(connectTls({ socket: this.#socket, servername: hostname, ca }))
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /** Sends a line and waits for an SMTP reply of any number of lines. */
  async smtp(line?: string): Promise<string> {
    if (line !== undefined) this.send(line)
    return this.#until(/^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/)
  }

  /** Sends a line and waits for a POP3 reply of one line. */
  async pop3(line?: string): Promise<string> {
    if (line !== undefined) this.send(line)
    return this.#until(/^.*\r\n/)
  }

  /** Sends a line and waits for a POP3 reply that ends with a dot, or for one line when it is refused. */
  async pop3Lines(line: string): Promise<string> {
    this.send(line)
    return this.#until(/^(?:-ERR.*\r\n|[\s\S]*?\r\n\.\r\n)/)
  }

  close(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): Socket {
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#wake()
    })
    socket.on('error', (error) => {
      this.#received += `(${error.message})`
    })
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
    return socket
  }

  async #until(whole: RegExp): Promise<string> {
    const timer = setTimeout(() => this.#socket.destroy(), WAIT_MS)
    try {
      for (;;) {
        const found = whole.exec(this.#received)?.[0]
        if (found !== undefined) {
          this.#received = this.#received.slice(found.length)
          return found
        }
        if (this.#closed) throw new Error(`closed or silent; received: ${JSON.stringify(this.#received)}`)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }
}
