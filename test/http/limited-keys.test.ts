import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { mailServer } from '../support/mail-server.ts'
import { startTestService, type TestService } from '../support/service.ts'

const KEYS = {
  everything: 'a-key-that-may-do-everything',
  reader: 'a-key-of-the-reading-caller',
  sender: 'a-key-of-the-sending-caller',
  narrow: 'a-key-for-one-server-alone',
  slow: 'a-key-for-two-calls-a-minute',
} as const

let dns: DnsServer
let mailwire: TestService

beforeAll(async () => {
  dns = await startDnsServer({
    'listed.test': { MX: [{ preference: 10, exchange: 'mx.listed.test' }] },
    'mx.listed.test': { A: ['127.0.0.1'] },
    'half.test': {
      MX: [
        { preference: 10, exchange: 'mx.listed.test' },
        { preference: 20, exchange: 'mx.other.test' },
      ],
    },
    'mx.other.test': { A: ['127.0.0.1'] },
  })
  mailwire = await startTestService({
    env: {
      MAILWIRE_API_KEYS: KEYS.everything,
      MAILWIRE_KEYS_FILE: 'keys.json',
      MAILWIRE_DNS_SERVERS: dns.address,
    },
    files: {
      'keys.json': JSON.stringify({
        keys: [
          { name: 'reader', key: KEYS.reader, may: ['reads'] },
          { name: 'sender', key: KEYS.sender, may: ['sends'] },
          { name: 'narrow', key: KEYS.narrow, targets: ['sandbox', 'mx.listed.test:*', '127.0.0.2:*'] },
          { name: 'slow', key: KEYS.slow, rate: 2 },
        ],
      }),
    },
    secrets: Object.values(KEYS),
  })
})
afterAll(async () => {
  await mailwire.close()
  await dns.close()
})

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

const calls = {
  reads: (key: string) => mailwire.agent.get('/pop3/stat').auth('bob', 'sandbox').set('X-API-Key', key),
  sends: (key: string) => mailwire.agent.post('/smtp/send').set('X-API-Key', key).send({ envelope: TO_BOB }),
  streams: (key: string) =>
    mailwire.agent
      .post('/smtp/send')
      .query({ from: TO_BOB.from, to: TO_BOB.to })
      .set('X-API-Key', key)
      .type('message/rfc822')
      .send('Subject: x\r\n\r\ny\r\n'),
  destroys: (key: string) =>
    mailwire.agent.delete('/pop3/messages/99').auth('bob', 'sandbox').set('X-API-Key', key),
}

test('a key that only reads looks at a server, and has none of the probes that may have messages delivered', async () => {
  const check = (body: object) => mailwire.agent.post('/smtp/check').set('X-API-Key', KEYS.reader).send(body)
  await check({ server: 'sandbox', tlsVersions: false }).expect(200)
  const probes = { mine: true, bareNewline: { to: 'bob@sandbox.test' } }
  const { body } = await check({ server: 'sandbox', probes }).expect(403)
  expect(body.type).toBe('/problems/key-limited')
})

describe('may', () => {
  test.each([
    ['reader', ['reads']],
    ['sender', ['sends', 'streams']],
    ['everything', ['reads', 'sends', 'streams', 'destroys']],
  ] as const)('%s may do what %j, and nothing else', async (name, allowed) => {
    for (const [what, call] of Object.entries(calls)) {
      const { status, body } = await call(KEYS[name])
      if ((allowed as readonly string[]).includes(what)) expect(status).not.toBe(403)
      else {
        expect([status, body.type]).toEqual([403, '/problems/key-limited'])
        expect(body.detail).toMatch(
          new RegExp(
            `^The key ${name} may not do what (reads|sends|destroys): its \`may\` does not list it\\.$`,
          ),
        )
      }
    }
  })

  test('holds before anything of the call is looked at', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/send')
      .set('X-API-Key', KEYS.reader)
      .send({ nonsense: 1 })
      .expect(403)
    expect(body).not.toHaveProperty('errors')
  })

  test('HEAD is a read', async () => {
    await mailwire.agent.head('/pop3/stat').auth('bob', 'sandbox').set('X-API-Key', KEYS.sender).expect(403)
  })

  test.each(['/SMTP/Send', '/smtp/send/', '//smtp/send'])('%s is no way around it', async (path) => {
    const { status } = await mailwire.agent
      .post(path)
      .set('X-API-Key', KEYS.reader)
      .send({ envelope: TO_BOB })
    expect([403, 404]).toContain(status)
  })
})

describe('targets', () => {
  const send = (body: object) => mailwire.agent.post('/smtp/send').set('X-API-Key', KEYS.narrow).send(body)

  test('a configured server by its name', async () => {
    await send({ server: 'sandbox', envelope: TO_BOB }).expect(200)
    await send({ envelope: TO_BOB }).expect(200)
  })

  test.each(['127.0.0.1', 'mx.other.test', 'listed.test', '[::1]', '[::ffff:127.0.0.2]'])(
    '%s is not listed: 403, and nothing is connected or asked',
    async (host) => {
      const server = await mailServer()
      const asked = dns.asked.length
      const { body } = await send({ server: `smtp://${host}:${server.port}`, envelope: TO_BOB }).expect(403)
      expect(body).toMatchObject({
        type: '/problems/key-limited',
        detail: 'The key narrow may not use this mail server: its `targets` do not list it.',
      })
      expect(JSON.stringify(body)).not.toContain(host)
      expect([server.connections(), dns.asked.length]).toEqual([0, asked])
    },
  )

  test('the address of a configured server is not its name', async () => {
    await send({ server: `smtp://127.0.0.1:${mailwire.sandbox.smtpPort}`, envelope: TO_BOB }).expect(403)
  })

  test('mail hosts of a domain: each of them has to be listed, before the first is tried', async () => {
    const server = await mailServer(
      '220 mx ESMTP',
      '250 mx',
      '250 Ok',
      '250 Ok',
      '354 Go',
      '250 Ok',
      '221 Bye',
    )
    const to = (domain: string) => ({
      route: 'mx',
      port: server.port,
      envelope: { from: 'a@sender.test', to: [`b@${domain}`] },
    })
    const { body } = await send(to('half.test')).expect(403)
    expect(body.type).toBe('/problems/key-limited')
    expect(server.connections()).toBe(0)
    await send(to('listed.test')).expect(200)
  })

  test('POP3, and POP before SMTP', async () => {
    await mailwire.agent
      .get('/pop3/stat')
      .query({ server: 'pop3://127.0.0.1:9' })
      .auth('bob', 'some-other-word')
      .set('X-API-Key', KEYS.narrow)
      .expect(403)
    const auth = { user: 'bob', password: 'some-other-word', popBefore: 'pop3://127.0.0.1:9' }
    await send({ envelope: TO_BOB, auth }).expect(403)
  })
})

describe('rate', () => {
  test('holds for this key, where the service itself has none', async () => {
    const call = (key: string) => mailwire.agent.post('/smtp/send').set('X-API-Key', key).send({})
    const first = await call(KEYS.slow).expect(400)
    expect(first.headers['ratelimit']).toMatch(/r=1;/)
    await call(KEYS.slow).expect(400)
    const third = await call(KEYS.slow).expect(429)
    expect(third.body.detail).toBe('At most 2 calls a minute are taken.')
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
    for (let more = 0; more < 3; more += 1) {
      const other = await call(KEYS.everything).expect(400)
      expect(other.headers).not.toHaveProperty('ratelimit')
    }
  })
})

describe('the log', () => {
  test('has the name of the key with each call, and never the key', async () => {
    await calls.reads(KEYS.reader).expect(200)
    const line = mailwire
      .logs()
      .map((each) => JSON.parse(each))
      .findLast(({ msg }) => msg === 'request completed')
    expect(line.res.key).toBe('reader')
  })
})
