import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** What a server does with a connection; it has to end it or be left. */
type Behaviour = (socket: Socket) => void

const SMTP_GREETING = '220 mx.example.test ESMTP\r\n'
const POP3_GREETING = '+OK ready\r\n'

/** Says the replies one after the other, one for each line that comes, and then does something else. */
function after(greeting: string, replies: readonly string[], then: Behaviour): Behaviour {
  return (socket) => {
    const left = [...replies]
    let rest = ''
    socket.write(greeting)
    socket.setEncoding('latin1')
    const hear = (text: string): void => {
      const lines = (rest + text).split('\r\n')
      rest = lines.pop() ?? ''
      for (const _ of lines) {
        const reply = left.shift()
        if (reply !== undefined) socket.write(reply)
        if (left.length === 0) {
          socket.off('data', hear)
          then(socket)
          return
        }
      }
    }
    socket.on('data', hear)
  }
}

const hang: Behaviour = (socket) => socket.resume()
const close: Behaviour = (socket) => socket.end()
const reset: Behaviour = (socket) => socket.resetAndDestroy()
const pause: Behaviour = (socket) => void socket.pause()

/** The same octets as fast as they are taken, or with a pause between. */
function forever(octets: string | Buffer, everyMs = 0): Behaviour {
  return (socket) => {
    socket.resume()
    const write = (): void => {
      if (socket.destroyed) return
      if (everyMs > 0) {
        socket.write(octets)
        setTimeout(write, everyMs)
      } else if (socket.write(octets)) setImmediate(write)
      else socket.once('drain', write)
    }
    write()
  }
}

function say(octets: string | Buffer, then: Behaviour = hang): Behaviour {
  return (socket) => {
    socket.write(octets)
    then(socket)
  }
}

const TO_RCPT = ['250-mx.example.test\r\n250 8BITMIME\r\n', '250 Ok\r\n', '250 Ok\r\n']
const TO_DATA = [...TO_RCPT, '354 Go\r\n']
const TO_STAT = ['-ERR Unknown command.\r\n', '+OK\r\n', '+OK\r\n']

/** Servers of mail that nobody would want to meet, by what they do. */
const BEHAVIOURS = {
  smtp: {
    'says nothing': hang,
    'closes at once': close,
    'resets at once': reset,
    'greets with half a line': say('220 mx.exam'),
    'greets drip by drip': forever('2', 20),
    'greets without end': forever(Buffer.alloc(65_536, '220-mx.example.test\r\n')),
    'sends octets without a line': forever(Buffer.alloc(65_536, 'x')),
    'speaks HTTP': say('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', close),
    'speaks TLS': say(Buffer.from('15030100020228', 'hex'), close),
    'refuses to greet': say('554 5.3.2 No mail here\r\n'),
    'answers EHLO without end': after(SMTP_GREETING, [''], forever('250-X-MORE\r\n'.repeat(1000))),
    'answers EHLO with noise': after(SMTP_GREETING, ['\0\xff\xfe 250 no\r\n'], hang),
    'says yes to STARTTLS and more': after(
      SMTP_GREETING,
      ['250-mx\r\n250 STARTTLS\r\n', '220 Go\r\n250 injected\r\n'],
      hang,
    ),
    'says yes to STARTTLS and then noise': after(
      SMTP_GREETING,
      ['250-mx\r\n250 STARTTLS\r\n', '220 Go\r\n'],
      say('this is no handshake\r\n'),
    ),
    'resets at RCPT': after(SMTP_GREETING, TO_RCPT.slice(0, 2), reset),
    'hangs at RCPT': after(SMTP_GREETING, TO_RCPT.slice(0, 2), hang),
    'does not read the message': after(SMTP_GREETING, TO_DATA, pause),
    'closes after the message': after(SMTP_GREETING, [...TO_DATA, ''], close),
    'answers the message before it is asked': after(
      SMTP_GREETING,
      [...TO_RCPT, '354 Go\r\n250 Ok\r\n'],
      hang,
    ),
  },
  pop3: {
    'says nothing': hang,
    'closes at once': close,
    'greets without end': forever(Buffer.alloc(65_536, '+OK ')),
    'hangs after the login': after(POP3_GREETING, TO_STAT, hang),
    'lists without end': after(POP3_GREETING, [...TO_STAT, '+OK\r\n'], forever('1 100\r\n'.repeat(5000))),
    'lists nonsense': after(POP3_GREETING, [...TO_STAT, '+OK\r\n-1 NaN\r\n.\r\n'], hang),
    'lists without a terminator': after(POP3_GREETING, [...TO_STAT, '+OK\r\n1 100\r\n'], close),
    'resets in the listing': after(POP3_GREETING, [...TO_STAT, '+OK\r\n1 1'], reset),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Behaviour>>>>

export interface Misbehaving {
  readonly smtp: readonly number[]
  readonly pop3: readonly number[]
  close(): Promise<void>
}

/** All of them, each on a port of its own. */
export async function startMisbehaving(): Promise<Misbehaving> {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const start = async (behaviour: Behaviour): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
      behaviour(socket)
    })
    servers.push(server)
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return (server.address() as AddressInfo).port
  }
  return {
    smtp: await Promise.all(Object.values(BEHAVIOURS.smtp).map(start)),
    pop3: await Promise.all(Object.values(BEHAVIOURS.pop3).map(start)),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
