import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { closedPort, mailServer, type Turn } from '../support/mail-server.ts'
import { countOf } from '../support/mailbox.ts'
import { service, type TestService } from '../support/service.ts'

const mailwire = service()
const keyed = service({
  env: {
    MAILWIRE_API_KEYS: 'first-key-of-this-test,second-key-of-this-test',
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
  },
})

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const send = (key: string, body: object, on: TestService = mailwire) =>
  on.agent.post('/smtp/send').set('Idempotency-Key', key).send(body)

const UP_TO_DATA: readonly Turn[] = ['220 mx ESMTP', '250 mx', '250 Ok', '250 Ok', '354 Go']
const scripted = async (...script: Turn[]) => {
  const server = await mailServer(...script)
  return { server, body: { server: `smtp://127.0.0.1:${server.port}`, envelope: TO_BOB } }
}

describe('the same key with the same request', () => {
  test('gets the first answer, and nothing is sent a second time', async () => {
    const key = randomUUID()
    const before = await countOf(mailwire)
    const first = await send(key, { envelope: TO_BOB }).expect(200)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    const second = await send(key, { envelope: TO_BOB }).expect(200).expect('Idempotency-Replayed', 'true')
    expect(second.body).toEqual(first.body)
    expect(second.headers['x-session-id']).toBe(first.headers['x-session-id'])
    expect(await countOf(mailwire)).toBe(before + 1)
    await send(randomUUID(), { envelope: TO_BOB }).expect(200)
    expect(await countOf(mailwire)).toBe(before + 2)
  })

  test('in whatever order its members stand, and in the form that is accepted now', async () => {
    const key = randomUUID()
    const first = await send(key, { tls: 'off', envelope: TO_BOB }).expect(200)
    const second = await send(key, { envelope: { to: TO_BOB.to, from: TO_BOB.from }, tls: 'off' })
      .accept('text')
      .expect(200)
    expect(second.text).toContain(first.body.transcript.id)
  })

  test.each([
    ['a refusal', { envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } }, 422],
    ['a refusal for now', { envelope: { ...TO_BOB, to: ['greylisted@sandbox.test'] } }, 503],
  ])('gets %s again too', async (_name, body, status) => {
    const key = randomUUID()
    const first = await send(key, body).expect(status)
    const second = await send(key, body).expect(status).expect('Idempotency-Replayed', 'true')
    expect(second.body).toEqual(first.body)
    expect(second.headers['retry-after']).toBe(first.headers['retry-after'])
  })

  test('an unknown outcome stays unknown, and is never sent again', async () => {
    const key = randomUUID()
    const { server, body } = await scripted(...UP_TO_DATA, 'CLOSE')
    await send(key, body).expect(502)
    const second = await send(key, body).expect(502)
    expect(second.body).toMatchObject({ outcome: 'unknown', type: '/problems/outcome-unknown' })
    expect(server.connections()).toBe(1)
  })
})

describe('the key is free again', () => {
  test('where no server was reached', async () => {
    const key = randomUUID()
    const server = `smtp://127.0.0.1:${await closedPort()}`
    for (let time = 0; time < 2; time += 1) {
      const { headers } = await send(key, { server, envelope: TO_BOB }).expect(502)
      expect(headers).not.toHaveProperty('idempotency-replayed')
    }
    await send(key, { envelope: TO_BOB }).expect(200)
  })

  test('where the request was malformed, or nothing was to be connected', async () => {
    const key = randomUUID()
    await send(key, { envelope: { from: 'nobody', to: ['bob@sandbox.test'] } }).expect(400)
    await send(key, { envelope: TO_BOB, dryRun: true }).expect(200)
    await send(key, { envelope: TO_BOB }).expect(200)
  })

  test('where the caller left before the message was handed over', async () => {
    const key = randomUUID()
    const greetings = ['HANG', '220 mx ESMTP'] as const
    let turn = 0
    const { server, body } = await scripted(
      '220 mx ESMTP',
      () => (greetings[turn++] === 'HANG' ? new Promise<string>(() => undefined) : '250 mx'),
      ...UP_TO_DATA.slice(2),
      '250 Ok',
      '221 Bye',
    )
    const running = send(key, body)
    running.then(undefined, () => undefined)
    await server.hears(/^EHLO/)
    running.abort()
    await server.left()
    const again = await send(key, body).expect(200)
    expect(again.headers).not.toHaveProperty('idempotency-replayed')
  })
})

test('a caller who left after it was handed over gets the answer by asking again', async () => {
  const key = randomUUID()
  let accept = (_reply: string): void => undefined
  const accepted = new Promise<string>((resolve) => {
    accept = resolve
  })
  const { server, body } = await scripted(...UP_TO_DATA, () => accepted, '221 Bye')
  const running = send(key, body)
  running.then(undefined, () => undefined)
  await server.hears(/^\.$/)
  running.abort()
  await send(key, body).expect(409)
  accept('250 2.0.0 Ok: queued as 4711A')
  await server.left()
  const again = await send(key, body).expect(200).expect('Idempotency-Replayed', 'true')
  expect(again.body).toMatchObject({ outcome: 'accepted', queueId: '4711A' })
  expect(server.connections()).toBe(1)
})

test('while the first call is running, the others are told so; another request is told that, too', async () => {
  const key = randomUUID()
  let answer = (_reply: string): void => undefined
  const answered = new Promise<string>((resolve) => {
    answer = resolve
  })
  const { server, body } = await scripted(
    '220 mx ESMTP',
    () => answered,
    ...UP_TO_DATA.slice(2),
    '250 Ok',
    '221 Bye',
  )
  const calls = Array.from({ length: 8 }, () => send(key, body).then((response) => response))
  await server.hears(/^EHLO/)
  const other = await send(key, { ...body, tls: 'off' }).expect(422)
  expect(other.body.type).toBe('/problems/idempotency-mismatch')
  const conflict = await send(key, body).expect(409)
  expect(conflict.body.type).toBe('/problems/idempotency-conflict')
  answer('250 mx')
  const statuses = (await Promise.all(calls)).map(({ status }) => status).sort((a, b) => a - b)
  expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  expect(server.connections()).toBe(1)
})

describe('the same key with another request', () => {
  test.each([
    ['another envelope', { envelope: { ...TO_BOB, from: '' } }, {}],
    ['another password', { envelope: TO_BOB, auth: { user: 'alice', password: 'another-word' } }, {}],
    [
      'another query',
      { envelope: TO_BOB, auth: { user: 'alice', password: 'sandbox' } },
      { transcript: 'none' },
    ],
  ])('%s: 422, and nothing is sent', async (_name, body, query) => {
    const key = randomUUID()
    const before = await countOf(mailwire)
    await send(key, { envelope: TO_BOB, auth: { user: 'alice', password: 'sandbox' } }).expect(200)
    const { body: problem } = await send(key, body).query(query).expect(422)
    expect(problem).toMatchObject({ type: '/problems/idempotency-mismatch' })
    expect(await countOf(mailwire)).toBe(before + 1)
  })
})

test('keys belong to the caller who used them', async () => {
  const key = randomUUID()
  const first = await send(key, { envelope: TO_BOB }, keyed)
    .set('X-API-Key', 'first-key-of-this-test')
    .expect(200)
  const second = await send(key, { envelope: TO_BOB }, keyed)
    .set('X-API-Key', 'second-key-of-this-test')
    .expect(200)
  expect(second.headers).not.toHaveProperty('idempotency-replayed')
  expect(second.body.transcript.id).not.toBe(first.body.transcript.id)
  await send(key, { envelope: TO_BOB }, keyed)
    .set('X-API-Key', 'first-key-of-this-test')
    .expect('Idempotency-Replayed', 'true')
})

describe('a key that is none', () => {
  test.each([['two words'], ['x'.repeat(256)], [' ']])('%j: 400', async (key) => {
    const { body } = await send(key, { envelope: TO_BOB }).expect(400)
    expect(body.errors).toMatchObject([{ header: 'Idempotency-Key' }])
  })

  test('two keys: 400', async () => {
    const response = await fetch(`${mailwire.url}/smtp/send`, {
      method: 'POST',
      headers: [
        ['Content-Type', 'application/json'],
        ['Idempotency-Key', 'one'],
        ['Idempotency-Key', 'two'],
      ],
      body: JSON.stringify({ envelope: TO_BOB }),
    })
    expect(response.status).toBe(400)
  })

  test('a streamed message has none: 400', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/send')
      .set('Idempotency-Key', randomUUID())
      .query({ from: TO_BOB.from, to: TO_BOB.to[0] })
      .type('message/rfc822')
      .send('x\r\n')
      .expect(400)
    expect(body.errors).toMatchObject([{ header: 'Idempotency-Key' }])
  })
})
