import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailwirePop3, mailwireSend } from './bench/calls.ts'
import type { Call } from './bench/load.ts'
import { pop3Sink } from './bench/pop3-sink.ts'
import { smtpSink } from './bench/smtp-sink.ts'
import { selfSigned } from './support/certificates.ts'
import { service } from './support/service.ts'

const DROP = '20x300'
const TWENTY = Array.from({ length: 20 }, (_, place) => place + 1).join(',')
const USER = { name: 'alice@example.test', password: 'a secret of hers' }

const mailwire = service()
const servers: Server[] = []
const ports = { smtp: 0, single: 0, startTls: 0, smtps: 0, pop3: 0, stls: 0 }
let turns = 0

beforeAll(async () => {
  const certificate = await selfSigned({ names: ['localhost', '127.0.0.1'] })
  const smtp = { pipelining: 'offered', tls: 'off', certificate } as const
  ports.smtp = await counted(smtpSink(smtp))
  ports.single = await counted(smtpSink({ ...smtp, pipelining: 'not-offered' }))
  ports.startTls = await listening(smtpSink({ ...smtp, tls: 'starttls' }))
  ports.smtps = await listening(smtpSink({ ...smtp, tls: 'implicit' }))
  ports.pop3 = await counted(pop3Sink({ tls: 'off', certificate }))
  ports.stls = await listening(pop3Sink({ tls: 'stls', certificate }))
})
afterAll(() => {
  for (const server of servers) server.close()
})

/** One for TCP, and one for each time that the server has to be waited for. */
describe('round trips over real sockets, as the transcript counts them and as the server does', () => {
  test.each<[string, number, () => Call]>([
    ['a send', 5, () => mailwireSend({ port: ports.smtp, message: 'given' })],
    ['a send to 10', 5, () => mailwireSend({ port: ports.smtp, recipients: 10, message: 'given' })],
    ['without PIPELINING', 8, () => mailwireSend({ port: ports.single, message: 'given' })],
    ['the same to 10', 17, () => mailwireSend({ port: ports.single, recipients: 10, message: 'given' })],
    ['POP3 STAT', 4, () => mailwirePop3('/pop3/stat', DROP, ports.pop3)],
    ['POP3 LIST and UIDL', 4, () => mailwirePop3('/pop3/messages', DROP, ports.pop3)],
    ['POP3 RETR of one', 4, () => mailwirePop3('/pop3/messages/1', DROP, ports.pop3)],
    ['POP3 DELE of 20', 5, () => deletion(ports.pop3)],
  ])('%s: %i', async (_name, floor, call) => {
    turns = 0
    const { status, body } = await called(call())
    expect({ status, counted: body.transcript.roundTrips, seen: 1 + turns }).toEqual({
      status: 200,
      counted: floor,
      seen: floor,
    })
  })

  test('POP3 RETR of 20: 4', async () => {
    turns = 0
    const query = `&numbers=${TWENTY}`
    const { status } = await called(
      mailwirePop3('/pop3/messages', DROP, ports.pop3, { accept: 'application/mbox', query }),
    )
    expect([status, 1 + turns]).toEqual([200, 4])
  })

  // what TLS itself says, such as session tickets, comes when it likes: here the transcript counts alone
  test.each<[string, number, () => Call]>([
    [
      'STARTTLS, AUTH PLAIN and a send',
      8,
      () => mailwireSend({ port: ports.startTls, user: USER, message: 'given' }),
    ],
    [
      'TLS, AUTH PLAIN and a send',
      6,
      () => mailwireSend({ port: ports.smtps, scheme: 'smtps', user: USER, message: 'given' }),
    ],
    ['POP3 STLS and STAT', 7, () => mailwirePop3('/pop3/stat', DROP, ports.stls)],
  ])('%s: %i', async (_name, floor, call) => {
    const { status, body } = await called(call())
    expect([status, body.transcript.roundTrips]).toEqual([200, floor])
  })
})

function deletion(port: number): Call {
  const call = mailwirePop3('/pop3/messages', DROP, port, { query: `&numbers=${TWENTY}` })
  return { ...call, method: 'DELETE' }
}

async function called({ method, path, headers = {}, body }: Call) {
  const { agent } = mailwire
  const asked = { GET: agent.get, POST: agent.post, DELETE: agent.delete }[method].call(agent, path)
  return await asked.set({ ...headers }).send(body)
}

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The server behind a line that counts how often it speaks after it was spoken to, or first. */
async function counted(server: Server): Promise<number> {
  const port = await listening(server)
  return await listening(
    createServer((client) => {
      const there = connect(port, '127.0.0.1')
      let due = true
      for (const socket of [client, there]) socket.on('error', () => undefined)
      client.on('data', (octets) => {
        due = true
        there.write(octets)
      })
      there.on('data', (octets) => {
        if (due) turns += 1
        due = false
        client.write(octets)
      })
      client.on('end', () => there.end())
      there.on('end', () => client.end())
    }),
  )
}
