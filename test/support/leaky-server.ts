import { createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Issued } from './certificates.ts'
import { onLoopback } from './on-loopback.ts'

export interface Leaks {
  readonly certificate: Issued
  /** What it takes for the end of data besides CRLF.CRLF. */
  readonly ends?: readonly string[]
  /** What it answers to a bare LF in a message, at once. */
  readonly toBareLf?: string
  /** `kept`: what came in the clear behind STARTTLS is answered inside TLS. */
  readonly clearText?: 'kept' | 'dropped'
}

export interface LeakyServer {
  readonly port: number
  /** The content of each message that it accepted, with what ended it. */
  readonly accepted: readonly string[]
  /** What had come of messages when the client hung up. */
  readonly unfinished: readonly string[]
  /** Waits until all connections are closed. */
  left(): Promise<void>
}

/** A mail server with the holes that probes look for, for this test alone. */
export async function leakyServer(leaks: Leaks): Promise<LeakyServer> {
  const accepted: string[] = []
  const unfinished: string[] = []
  const sockets = new Set<Socket>()
  const waiting: (() => void)[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket, leaks, accepted, unfinished)
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) for (const tell of waiting.splice(0)) tell()
    })
    socket.write('220 leaky.test ESMTP\r\n')
  })
  return {
    port: await onLoopback(server, sockets),
    accepted,
    unfinished,
    left: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : waiting.push(resolve))),
  }
}

const ANSWERS: Readonly<Record<string, string>> = {
  EHLO: '250-leaky.test\r\n250-PIPELINING\r\n250 STARTTLS',
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  RSET: '250 2.0.0 Ok',
  NOOP: '250 2.0.0 Ok',
  DATA: '354 Go',
  QUIT: '221 2.0.0 Bye',
}

function serve(plain: Socket, leaks: Leaks, accepted: string[], unfinished: string[]): void {
  let socket = plain
  let mode: 'commands' | 'content' = 'commands'
  let pending = ''
  const answer = (line: string): void => void socket.write(`${line}\r\n`)

  function hear(octets: Buffer): void {
    pending += octets.toString('latin1')
    while (mode === 'commands' ? takeCommand() : takeContent());
  }
  function takeCommand(): boolean {
    const at = pending.indexOf('\r\n')
    if (at < 0) return false
    const verb = pending.slice(0, 4).toUpperCase()
    const line = pending.slice(0, at)
    pending = pending.slice(at + 2)
    if (line === 'STARTTLS') {
      secure()
      return false
    }
    answer(ANSWERS[verb] ?? '502 5.5.2 What?')
    if (verb === 'DATA') mode = 'content'
    if (verb === 'QUIT') socket.end()
    return true
  }
  function takeContent(): boolean {
    if (leaks.toBareLf !== undefined && /(?<!\r)\n/.test(pending)) {
      answer(leaks.toBareLf)
      socket.end()
      pending = ''
      return false
    }
    const found = ['\r\n.\r\n', ...(leaks.ends ?? [])].find((end) => pending.includes(end))
    if (found === undefined) return false
    const at = pending.indexOf(found) + found.length
    accepted.push(pending.slice(0, at))
    pending = pending.slice(at)
    mode = 'commands'
    answer('250 2.0.0 Ok: queued as LEAK')
    return true
  }
  function secure(): void {
    answer('220 2.0.0 Go')
    plain.removeAllListeners('data')
    const kept = leaks.clearText === 'kept' ? pending : ''
    pending = ''
    socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: createSecureContext({ ...leaks.certificate }),
    })
    socket.on('error', () => undefined)
    socket.on('data', hear)
    socket.once('secure', () => hear(Buffer.from(kept, 'latin1')))
  }
  plain.on('data', hear)
  plain.on('close', () => {
    if (mode === 'content' && pending !== '') unfinished.push(pending)
  })
}
