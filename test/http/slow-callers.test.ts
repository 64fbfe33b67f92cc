import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerTime } from '../../src/http/answer-time.ts'
import { bodyTime, unanswered } from '../../src/http/body-time.ts'
import { beginCall } from '../../src/http/call.ts'
import { longBody } from '../../src/http/long-body.ts'
import { mailServer } from '../support/mail-server.ts'
import { manualClock } from '../support/manual-clock.ts'
import { service } from '../support/service.ts'

const BASIC = `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`

/** A caller who says what it is told to, and tells what came and whether it was cut off. */
function caller(url: string) {
  const { hostname, port } = new URL(url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  return { socket, closed }
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** A server of this test's own, whose time passes when the test says so. */
async function listening(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a caller who sends slowly', () => {
  const mailwire = service()

  test('headers: within 30 s, and looked at each second', async () => {
    expect(mailwire.server.headersTimeout).toBe(30_000)
    // the same with less patience
    mailwire.server.headersTimeout = 50
    const { socket, closed } = caller(mailwire.url)
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    const dripping = setInterval(() => socket.write('x'), 20)
    const answer = await readAll(socket)
    clearInterval(dripping)
    await closed
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    mailwire.server.headersTimeout = 30_000
  })

  test('nothing at all: the same', async () => {
    mailwire.server.headersTimeout = 50
    const { socket, closed } = caller(mailwire.url)
    socket.resume()
    await closed
    mailwire.server.headersTimeout = 30_000
  })

  test('a body: within 60 s, however it drips; then it is heard out for 5 s and cut off', async () => {
    const clock = manualClock()
    const app = express()
    let arrived = (): void => undefined
    const begun = new Promise<void>((resolve) => {
      arrived = resolve
    })
    app.use(beginCall(clock))
    app.use(bodyTime(clock))
    app.use((_request, _response, next) => {
      arrived()
      next()
    })
    app.use(express.json())
    const { socket, closed } = caller(await listening(app))
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    )
    await begun
    clock.advance(59_999)
    expect(clock.waiting).toBe(1)
    socket.write(' ')
    const answered = new Promise<string>((resolve) => {
      socket.once('data', (octets) => resolve(octets.toString()))
    })
    clock.advance(1)
    expect(await answered).toMatch(/^HTTP\/1\.1 408 [\s\S]*request-timeout/)
    while (clock.waiting === 0) await new Promise(setImmediate)
    clock.advance(5000)
    await closed
    expect(clock.waiting).toBe(0)
  })
})

describe('a body that becomes whole after it was answered that its time is over', () => {
  test.each([
    ['short', 'Content-Length: 99', `${' '.repeat(97)}}`],
    ['long', 'Content-Length: 300000', `${' '.repeat(299_998)}}`],
    ['of a length that was not told', 'Transfer-Encoding: chunked', '1\r\n}\r\n0\r\n\r\n'],
  ])('comes to nothing where it is %s', async (_kind, length, rest) => {
    const clock = manualClock()
    const app = express()
    let acted = 0
    let whole = (): void => undefined
    const wholeNow = new Promise<void>((resolve) => {
      whole = resolve
    })
    app.use(beginCall(clock))
    app.use(bodyTime(clock))
    app.use((request, _response, next) => {
      request.once('end', () => setImmediate(() => setImmediate(whole)))
      next()
    })
    app.use(longBody(400_000))
    app.use(express.json({ limit: 400_000 }))
    app.use(unanswered())
    app.use(() => {
      acted += 1
    })
    const { socket } = caller(await listening(app))
    const chunked = length.startsWith('Transfer')
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length}\r\n\r\n`)
    socket.write(chunked ? '1\r\n{\r\n' : '{')
    while (clock.waiting === 0) await new Promise(setImmediate)
    const answered = new Promise<string>((resolve) => {
      socket.once('data', (octets) => resolve(octets.toString()))
    })
    clock.advance(60_000)
    expect(await answered).toMatch(/^HTTP\/1\.1 408 /)
    socket.write(rest)
    await wholeNow
    expect(acted).toBe(0)
  })
})

describe('a caller who never reads', () => {
  test('an answer that is whole is kept for a minute, and as long as its size may take', async () => {
    const clock = manualClock()
    const app = express()
    app.use(answerTime(clock))
    app.get('/', (_request, response) => {
      response.end(Buffer.alloc(20_000_000))
    })
    const { socket, closed } = caller(await listening(app))
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    while (clock.waiting === 0) await new Promise(setImmediate)
    clock.advance(60_000 + 190_000)
    expect(clock.waiting).toBe(1)
    clock.advance(15_000)
    socket.resume()
    await closed
    expect(clock.waiting).toBe(0)
    expect(socket.bytesRead).toBeLessThan(20_000_000)
  })

  test('whoever reads is not watched', async () => {
    const clock = manualClock()
    const app = express()
    app.use(answerTime(clock))
    app.get('/', (_request, response) => {
      response.end(Buffer.alloc(5_000_000))
    })
    const answer = await fetch(await listening(app))
    expect((await answer.arrayBuffer()).byteLength).toBe(5_000_000)
    while (clock.waiting > 0) await new Promise(setImmediate)
  })

  const mailwire = service()

  test('a message on its way holds its session no longer than the call may take', async () => {
    const flood = Buffer.concat([
      Buffer.from('+OK\r\n'),
      Buffer.alloc(30_000_000, 'a line of mail\r\n'),
      Buffer.from('.\r\n'),
    ])
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK Logged in.',
      '+OK 1 abc',
      flood,
    )
    const { socket, closed } = caller(mailwire.url)
    socket.pause()
    const query = new URLSearchParams({
      server: `pop3://127.0.0.1:${server.port}`,
      auth: 'user',
      allowInsecureAuth: 'true',
      totalTimeout: '400',
    })
    socket.write(
      `GET /pop3/messages/1?${query} HTTP/1.1\r\nHost: localhost\r\nAccept: message/rfc822\r\nAuthorization: ${BASIC}\r\n\r\n`,
    )
    await server.hears(/^RETR/)
    expect((await mailwire.agent.get('/livez')).body.sessions).toBe(1)
    await server.left()
    while ((await mailwire.agent.get('/livez')).body.sessions > 0) await new Promise(setImmediate)
    socket.resume()
    await closed
    expect(socket.bytesRead).toBeLessThan(30_000_000)
  })
})
