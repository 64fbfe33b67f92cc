import { createServer, type Socket } from 'node:net'
import { onLoopback } from './on-loopback.ts'

/** What the server does in its turn. The first turn is the greeting; each further one answers a line of the client. */
export type Turn =
  /** A reply; CRLF is added. */
  | string
  /** Octets as they are; to close or reset behind them, nothing more needs to be said. */
  | Buffer
  /** A reply made of what the client said; a promise is waited for. */
  | ((line: string) => string | Promise<string>)
  /** Nothing is said any more; the connection is closed, or reset. */
  | 'HANG'
  | 'CLOSE'
  | 'RESET'

/** A mail server that does what its script says, over a real socket. */
export interface MailServer {
  readonly port: number
  /** What clients said, line by line; content too. */
  readonly heard: readonly string[]
  connections(): number
  /** Waits until a client has said a line like this. */
  hears(pattern: RegExp): Promise<void>
  /** Waits until all connections are closed. */
  left(): Promise<void>
}

/**
 * Starts a server on 127.0.0.1 for this test alone. After a reply 354 the content is read up to its lone dot, and that
 * takes the next turn; after a yes to STARTTLS or STLS the next turn answers whatever comes. Behind the last turn the
 * server closes.
 */
export async function mailServer(...script: readonly Turn[]): Promise<MailServer> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  let changed = (): void => undefined
  let change = new Promise<void>((resolve) => {
    changed = resolve
  })
  const tell = (): void => {
    changed()
    change = new Promise<void>((resolve) => {
      changed = resolve
    })
  }
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await change
  }
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      tell()
    })
    play(script, socket, (line) => {
      heard.push(line)
      tell()
    })
  })
  return {
    port: await onLoopback(server, sockets),
    heard,
    connections: () => connections,
    hears: (pattern) => until(() => heard.some((line) => pattern.test(line))),
    left: () => until(() => connections > 0 && sockets.size === 0),
  }
}

/** Where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function play(script: readonly Turn[], socket: Socket, hear: (line: string) => void): void {
  let at = 0
  let mode: 'commands' | 'content' | 'handshake' | 'deaf' = 'commands'
  let rest = ''
  const take = async (line: string): Promise<void> => {
    const turn = script[at]
    at += 1
    if (turn === undefined || turn === 'CLOSE') socket.end()
    else if (turn === 'RESET') socket.resetAndDestroy()
    else if (turn === 'HANG') mode = 'deaf'
    else if (Buffer.isBuffer(turn)) {
      socket.write(turn)
      const next = script[at]
      if (next === 'CLOSE' || next === 'RESET') await take('')
    } else {
      const reply = typeof turn === 'string' ? turn : await turn(line)
      if (reply.startsWith('354')) mode = 'content'
      else mode = /^(?:STARTTLS|STLS)$/.test(line) && /^[2+]/.test(reply) ? 'handshake' : 'commands'
      if (!socket.destroyed) socket.write(`${reply}\r\n`)
    }
  }
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    if (mode === 'handshake') {
      mode = 'deaf'
      void take('')
      return
    }
    const lines = (rest + text).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      hear(line)
      if (mode === 'content' && line === '.') mode = 'commands'
      else if (mode !== 'commands') continue
      void take(line)
    }
  })
  void take('')
}
