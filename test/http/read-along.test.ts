import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { eventsIn } from '../support/events.ts'
import { closedPort, mailServer, type Turn } from '../support/mail-server.ts'
import { countOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const EVENTS = 'text/event-stream'
const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const UP_TO_DATA: readonly Turn[] = ['220 mx ESMTP', '250 mx', '250 Ok', '250 Ok', '354 Go']

/** A reply that the server gives when the test says so. */
function later(): { readonly turn: Turn; readonly give: (reply: string) => void } {
  let give = (_reply: string): void => undefined
  const promised = new Promise<string>((resolve) => {
    give = resolve
  })
  return { turn: () => promised, give: (reply) => give(reply) }
}

/** A caller who reads along. */
function reader(body: object) {
  let text = ''
  let tell = (): void => undefined
  const call = request(`${mailwire.url}/smtp/send`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: EVENTS },
  })
  const over = new Promise<void>((resolve) => {
    call.on('close', resolve)
  })
  call.on('error', () => undefined)
  call.on('response', (response) => {
    response.setEncoding('utf8').on('error', () => undefined)
    response.on('data', (piece: string) => {
      text += piece
      tell()
    })
  })
  call.end(JSON.stringify(body))
  return {
    leave: () => call.destroy(),
    over,
    text: () => text,
    reads: async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(text)) {
        await new Promise<void>((resolve) => {
          tell = resolve
        })
      }
    },
  }
}

/** Waits until the service has no session any more. */
async function idle(): Promise<void> {
  while ((await mailwire.agent.get('/livez')).body.sessions > 0) await new Promise(setImmediate)
}

describe('who reads along', () => {
  test('hears what is said while it is said', async () => {
    const { turn, give } = later()
    const { port } = await mailServer(...UP_TO_DATA, turn, '221 Bye')
    const caller = reader({ server: `smtp://127.0.0.1:${port}`, tls: 'off', envelope: TO_BOB })
    // the answer to the end of the message is not given yet
    await caller.reads(/"kind":"data"/)
    expect(caller.text()).toContain('"line":"DATA"')
    expect(caller.text()).not.toContain('event: result')
    give('250 2.0.0 Ok: queued as 4FxYz')
    await caller.over
    expect(eventsIn(caller.text()).at(-1)).toMatchObject({
      event: 'result',
      data: { outcome: 'accepted', queueId: '4FxYz' },
    })
  })

  test('and leaves ends the session, as everywhere', async () => {
    const { turn } = later()
    const server = await mailServer(...UP_TO_DATA.slice(0, 3), turn)
    const caller = reader({ server: `smtp://127.0.0.1:${server.port}`, envelope: TO_BOB })
    await caller.reads(/RCPT TO/)
    caller.leave()
    await server.left()
    await idle()
    expect(server.heard).not.toContain('DATA')
  })

  test('hears findings too', async () => {
    const { port } = await mailServer(Buffer.from('220 mx\n'), '250 mx', '550 5.7.1 No', '221 Bye')
    const { text } = await mailwire.agent
      .post('/smtp/send')
      .accept(EVENTS)
      .send({ server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB })
    const found = eventsIn(text).find(({ event }) => event === 'finding')
    expect(found?.data).toMatchObject({ code: 'bare-lf', session: expect.stringMatching(/^\w{26}$/) })
  })

  test('hears of each of several sessions whose it is', async () => {
    const pop3 = await mailServer('+OK ready', '+OK\r\nUSER\r\n.', '+OK', '+OK', '+OK 0 0', '+OK Bye')
    const smtp = await mailServer('220 mx', '250 mx', '550 5.7.1 No', '221 Bye')
    const { text } = await mailwire.agent
      .post('/smtp/send')
      .accept(EVENTS)
      .send({
        server: `smtp://127.0.0.1:${smtp.port}`,
        auth: {
          user: 'alice',
          password: 'some-other-word',
          popBefore: `pop3://127.0.0.1:${pop3.port}`,
          allowInsecure: true,
        },
        envelope: TO_BOB,
      })
    const sessions = [...new Set(eventsIn(text).flatMap(({ data }) => data.session ?? []))]
    expect(sessions).toHaveLength(2)
    expect(eventsIn(text).at(-1)?.data.transcript?.id).toBe(sessions[1])
  })

  test('of a wait hears each look', async () => {
    const { text } = await mailwire.agent
      .get('/pop3/messages/wait')
      .query({ subject: 'never sent', timeout: '250', interval: '100' })
      .auth('bob', 'sandbox')
      .accept(EVENTS)
    const last = eventsIn(text).at(-1)
    expect(last).toMatchObject({ event: 'problem', data: { status: 504, type: '/problems/no-such-message' } })
    const sessions = new Set(eventsIn(text).flatMap(({ data }) => data.session ?? []))
    expect(sessions.size).toBe(last?.data.looks)
  })
})

describe('what is known before anything is said stays a problem with its status', () => {
  test.each([
    ['a malformed request', 400, { envelope: {}, nonsense: 1 }],
    ['a port that may not be', 400, { envelope: TO_BOB, server: 'smtp://127.0.0.1:99999' }],
  ])('%s', async (_name, status, body) => {
    const answer = await mailwire.agent.post('/smtp/send').accept(EVENTS).send(body)
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json'])
  })

  test('and what is not, is the last event: where nobody listens, too', async () => {
    const server = `smtp://127.0.0.1:${await closedPort()}`
    const { text } = await mailwire.agent
      .post('/smtp/send')
      .accept(EVENTS)
      .send({ server, envelope: TO_BOB })
      .expect(200)
    expect(eventsIn(text).at(-1)).toMatchObject({
      event: 'problem',
      data: { status: 502, diagnosis: { code: 'connection-refused' } },
    })
  })
})

describe('with an Idempotency-Key', () => {
  const send = (key: string, body: object) =>
    mailwire.agent.post('/smtp/send').set('Idempotency-Key', key).accept(EVENTS).send(body)

  test('the first answer comes again, as the only event', async () => {
    const key = randomUUID()
    const before = await countOf(mailwire)
    const first = eventsIn((await send(key, { envelope: TO_BOB })).text)
    const again = await send(key, { envelope: TO_BOB }).expect('Idempotency-Replayed', 'true')
    expect(eventsIn(again.text)).toEqual([first.at(-1)])
    expect(await countOf(mailwire)).toBe(before + 1)
  })

  test('a problem that comes again is known at once: it comes with its status', async () => {
    const key = randomUUID()
    const body = { envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } }
    const first = eventsIn((await send(key, body).expect(200)).text)
    const again = await send(key, body).expect(422).expect('Idempotency-Replayed', 'true')
    expect(again.body).toEqual(first.at(-1)?.data)
  })
})

test('a message that is streamed is asked for before its answer begins', async () => {
  const call = request(`${mailwire.url}/smtp/send?from=alice@sandbox.test&to=bob@sandbox.test`, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', Accept: EVENTS, Expect: '100-continue' },
  })
  const continued = new Promise<void>((resolve) => {
    call.once('continue', resolve)
  })
  const answered = new Promise<string>((resolve) => {
    call.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.once('end', () => resolve(text))
    })
  })
  call.flushHeaders()
  await continued
  call.end('Subject: streamed\r\n\r\nhello\r\n')
  expect(eventsIn(await answered).at(-1)).toMatchObject({ event: 'result', data: { outcome: 'accepted' } })
})

test('HEAD has the head and nothing to read', async () => {
  const { type, text } = await mailwire.agent
    .head('/pop3/stat')
    .auth('bob', 'sandbox')
    .accept(EVENTS)
    .expect(200)
  expect([type, text ?? '']).toEqual([EVENTS, ''])
})

test('a dry run has a result and nothing before it', async () => {
  const { text } = await mailwire.agent
    .post('/smtp/send')
    .accept(EVENTS)
    .send({ dryRun: true, envelope: TO_BOB })
    .expect(200)
  expect(eventsIn(text)).toMatchObject([{ event: 'result', data: { dryRun: true } }])
})

test('a message is read whole although the caller may have it already', async () => {
  const read = () => mailwire.agent.get('/pop3/messages/1').auth('bob', 'sandbox')
  const { headers } = await read().expect(200)
  await read().set('If-None-Match', String(headers['etag'])).expect(304)
  const { text } = await read().set('If-None-Match', String(headers['etag'])).accept(EVENTS).expect(200)
  expect(eventsIn(text).at(-1)).toMatchObject({ event: 'result', data: { number: 1 } })
})
