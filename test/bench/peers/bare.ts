import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'

/** The floor: node:http, and a socket that is written each flight when so many lines have come. Nothing is understood. */
type Flight = readonly [lines: number, then: string]

const POP3_LOGIN: Flight = [1, 'CAPA\r\n']
const secureContext = createSecureContext({ minVersion: 'TLSv1.2' })

createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://bare.test')
  const port = Number(url.searchParams.get('port'))
  const user = url.searchParams.get('user')
  const answer = (text: string): void => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ text }))
  }
  const log = (...commands: string[]): Flight => [
    5,
    `USER ${user}\r\nPASS secret\r\n${commands.join('')}QUIT\r\n`,
  ]
  if (url.pathname === '/stat') replay(plain(port), [POP3_LOGIN, log('STAT\r\n')], answer)
  else if (url.pathname === '/retr')
    replay(plain(port), [POP3_LOGIN, log('UIDL 1\r\n', 'RETR 1\r\n')], answer)
  else {
    let body = ''
    request.on('data', (octets: Buffer) => {
      body += octets.toString()
    })
    request.on('end', () => {
      const socket = url.pathname === '/send' ? plain(port) : secured(port)
      replay(socket, sending(JSON.parse(body) as Message, url.pathname === '/send' ? 4 : 5), answer)
    })
  }
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  process.stdout.write(`http://127.0.0.1:${(this.address() as AddressInfo).port}\n`)
})

interface Message {
  readonly from: string
  readonly to: string
  readonly raw: string
}

function sending({ from, to, raw }: Message, lines: number): Flight[] {
  const envelope = `MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`
  return [
    [1, 'EHLO bench.test\r\n'],
    [lines, envelope],
    [3, `${raw}\r\n.\r\nQUIT\r\n`],
  ]
}

function plain(port: number): Socket {
  return connect({ port, host: '127.0.0.1', noDelay: true })
}

function secured(port: number): Socket {
  return connectTls({ port, host: '127.0.0.1', secureContext, rejectUnauthorized: false })
}

function replay(socket: Socket, flights: readonly Flight[], done: (text: string) => void): void {
  let place = 0
  let lines = 0
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (octets: string) => {
    text += octets
    for (let at = octets.indexOf('\n'); at !== -1; at = octets.indexOf('\n', at + 1)) lines += 1
    const flight = flights[place]
    if (flight === undefined || lines < flight[0]) return
    place += 1
    lines = 0
    socket.write(flight[1])
  })
  socket.on('end', () => done(text))
}
