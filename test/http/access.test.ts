import { createConnection } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

/** A request as it goes over the wire, for what no client sends. */
async function answerTo(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = createConnection(Number(port), hostname)
  socket.end(request)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

describe('where there are keys', () => {
  const KEYS = ['key-of-the-first-caller', 'key-of-the-second-caller'] as const
  const guarded = service({ env: { MAILWIRE_API_KEYS: KEYS.join(',') }, secrets: KEYS })

  test.each(KEYS)('each of them is let in', async (key) => {
    await guarded.agent.post('/smtp/send').set('X-API-Key', key).send({ envelope: TO_BOB }).expect(200)
  })

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['another', 'key-of-nobody-at-all'],
    ['the beginning of one', KEYS[0].slice(0, -1)],
    ['two in one', KEYS.join(',')],
  ])('%s is not', async (_name, key) => {
    const call = guarded.agent.post('/smtp/send')
    const response = await (key === undefined ? call : call.set('X-API-Key', key)).send({ envelope: TO_BOB })
    expect([response.status, response.body.type]).toEqual([401, '/problems/unauthorized'])
  })

  test('two headers are not, even when both are right', async () => {
    const key = `X-API-Key: ${KEYS[0]}\r\n`
    const answer = await answerTo(
      guarded.url,
      `GET /pop3/stat HTTP/1.1\r\nHost: x\r\n${key}${key}Connection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  })

  test.each([
    '/',
    '/livez',
    '/readyz',
    '/docs/',
    '/openapi.json',
    '/openapi.yaml',
    '/problems',
    '/problems/relay-denied',
  ])('%s needs none', async (path) => {
    await guarded.agent.get(path).expect(200)
  })

  test('any name of the service will do, and another origin still will not', async () => {
    await guarded.agent.get('/livez').set('Host', 'mail.example.com').expect(200)
    await guarded.agent.get('/livez').set('Origin', 'http://attacker.example').expect(403)
  })
})

describe('on loopback without keys', () => {
  const mailwire = service()

  test.each(['localhost', 'LOCALHOST:25110', '127.0.0.1', '127.0.0.1:1', '[::1]:25110'])(
    'is meant by %s',
    async (host) => {
      await mailwire.agent.get('/livez').set('Host', host).expect(200)
    },
  )

  test.each([
    'attacker.example',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    '10.0.0.1',
    'localhost@attacker.example',
    '%',
  ])('is not meant by %s (DNS rebinding)', async (host) => {
    const response = await mailwire.agent.post('/smtp/send').set('Host', host).send({ envelope: TO_BOB })
    expect([response.status, response.body.type]).toEqual([403, '/problems/forbidden'])
  })

  test.each(['http://attacker.example', 'null', 'https://localhost', 'http://localhost:1', 'file://'])(
    'a page of the origin %s cannot use it',
    async (origin) => {
      const response = await mailwire.agent
        .post('/smtp/send')
        .set('Origin', origin)
        .send({ envelope: TO_BOB })
      expect([response.status, response.body.type]).toEqual([403, '/problems/forbidden'])
    },
  )

  test('its own pages can', async () => {
    await mailwire.agent.post('/smtp/send').set('Origin', mailwire.url).send({ envelope: TO_BOB }).expect(200)
  })
})

describe('the egress policy', () => {
  const strict = service({ env: { MAILWIRE_EGRESS_ALLOW: '' } })

  test.each([
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '10.1.2.3',
    '0.0.0.0',
    '[fe80::1]',
    '[64:ff9b::7f00:1]',
  ])('refuses %s, and says which setting would allow it', async (host) => {
    const server = await mailServer()
    const { status, body } = await strict.agent
      .post('/smtp/send')
      .send({ server: `smtp://${host}:${server.port}`, envelope: TO_BOB })
    expect([status, body.type]).toEqual([403, '/problems/target-not-allowed'])
    expect(JSON.stringify(body)).toContain('MAILWIRE_EGRESS_ALLOW')
    expect(server.connections()).toBe(0)
  })

  test('refuses ports that are not for mail, on public addresses too', async () => {
    for (const port of [22, 80, 6379]) {
      await strict.agent
        .post('/smtp/send')
        .send({ server: `smtp://192.0.9.9:${port}`, envelope: TO_BOB })
        .expect(403)
    }
  })

  test('holds for POP3 as well', async () => {
    const { body } = await strict.agent
      .get('/pop3/stat')
      .query({ server: `pop3://127.0.0.1:${strict.sandbox.pop3Port}` })
      .auth('bob', 'sandbox')
      .expect(403)
    expect(body.type).toBe('/problems/target-not-allowed')
  })

  test('does not stand before configured servers', async () => {
    await strict.agent.post('/smtp/send').send({ server: 'sandbox', envelope: TO_BOB }).expect(200)
  })
})

describe('a configured server with credentials', () => {
  const password = 'the password of the office'
  const office = service({
    env: {
      MAILWIRE_SERVERS_FILE: 'servers.json',
      MAILWIRE_SANDBOX: 'on',
      MAILWIRE_DEFAULT_SERVER: 'sandbox',
    },
    files: {
      'servers.json': JSON.stringify({
        servers: {
          office: {
            smtp: 'smtp://127.0.0.1:9',
            pop3: 'pop3://127.0.0.1:9',
            credentials: { user: 'office@example.com', password },
          },
        },
      }),
    },
    secrets: [password],
  })

  test('decides itself how it is connected to', async () => {
    const { body } = await office.agent
      .post('/smtp/send')
      .send({ server: 'office', tls: 'off', tlsVerify: false, envelope: TO_BOB })
      .expect(400)
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/tls', '/tlsVerify'])
  })

  test('needs none of the caller', async () => {
    // nobody listens there: what matters is that it is tried
    await office.agent.get('/pop3/stat').query({ server: 'office' }).expect(502)
    await office.agent.get('/pop3/stat').expect(401)
  })
})

describe('the rate limit', () => {
  const KEYS = ['key-of-the-first-caller', 'key-of-the-second-caller'] as const
  const limited = service({
    env: { MAILWIRE_API_KEYS: KEYS.join(','), MAILWIRE_RATE_LIMIT: '2' },
    secrets: KEYS,
  })
  const proxied = service({ env: { MAILWIRE_RATE_LIMIT: '1', MAILWIRE_TRUST_PROXY: '127.0.0.1' } })

  test('holds for each key of its own, says when to come back, and leaves out what needs no key', async () => {
    const call = (key: string) =>
      limited.agent.post('/smtp/send').set('X-API-Key', key).send({ dryRun: true, envelope: TO_BOB })
    const first = await call(KEYS[0]).expect(200)
    expect(first.headers['ratelimit']).toMatch(/r=1;/)
    expect(first.headers['ratelimit-policy']).toMatch(/q=2; w=60/)
    await call(KEYS[0]).expect(200)
    const third = await call(KEYS[0]).expect(429)
    expect(third.body.type).toBe('/problems/too-many-calls')
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
    await call(KEYS[1]).expect(200)
    await limited.agent.get('/livez').expect(200)
    await limited.agent.get('/problems').expect(200)
  })

  test('holds for each address, as a trusted proxy tells it, and for IPv6 by /64', async () => {
    const statusFor = async (address: string) =>
      (
        await proxied.agent
          .post('/smtp/send')
          .set('X-Forwarded-For', address)
          .send({ dryRun: true, envelope: TO_BOB })
      ).status
    expect(await statusFor('192.0.2.1')).toBe(200)
    expect(await statusFor('192.0.2.1')).toBe(429)
    expect(await statusFor('192.0.2.2')).toBe(200)
    // the right-most one that is not trusted counts
    expect(await statusFor('192.0.2.3, 192.0.2.1')).toBe(429)
    expect(await statusFor('2001:db8:0:1::1')).toBe(200)
    expect(await statusFor('2001:db8:0:1::2')).toBe(429)
    expect(await statusFor('2001:db8:0:2::1')).toBe(200)
  })
})

describe('what is no call', () => {
  const mailwire = service({ env: { MAILWIRE_MAX_MESSAGE_BYTES: '1000' } })

  test('an unknown path: 404', async () => {
    for (const path of ['/nowhere', '/smtp', '/pop3/messages/1/2', '/SMTP/SEND/x']) {
      const { body } = await mailwire.agent.get(path).expect(404)
      expect(body).toMatchObject({ type: '/problems/not-found', instance: path })
    }
  })

  test.each([
    ['get', '/smtp/send', 'POST'],
    ['put', '/smtp/send', 'POST'],
    ['post', '/pop3/stat', 'GET, HEAD'],
    ['post', '/pop3/messages', 'GET, HEAD, DELETE'],
    ['patch', '/pop3/messages/1', 'GET, HEAD, DELETE'],
    ['delete', '/problems', 'GET, HEAD'],
    ['post', '/problems/relay-denied', 'GET, HEAD'],
    ['post', '/livez', 'GET, HEAD'],
    ['delete', '/pop3/messages/wait', 'GET, HEAD'],
    ['post', '/', 'GET, HEAD'],
    ['post', '/docs', 'GET, HEAD'],
    ['put', '/docs/', 'GET, HEAD'],
    ['delete', '/openapi.json', 'GET, HEAD'],
    ['patch', '/openapi.yaml', 'GET, HEAD'],
  ] as const)('%s %s: 405 with Allow', async (method, path, allow) => {
    const response = await mailwire.agent[method](path)
    expect([response.status, response.headers['allow']]).toEqual([405, allow])
    expect(response.body.type).toBe('/problems/method-not-allowed')
  })

  test.each([
    ['/smtp/send', 'POST'],
    ['/pop3/stat', 'GET, HEAD'],
    ['/pop3/messages', 'GET, HEAD, DELETE'],
    ['/pop3/messages/1', 'GET, HEAD, DELETE'],
    ['/pop3/messages/wait', 'GET, HEAD'],
    ['/livez', 'GET, HEAD'],
    ['/', 'GET, HEAD'],
    ['/docs/', 'GET, HEAD'],
  ] as const)('OPTIONS %s: all that there is', async (path, allow) => {
    const response = await mailwire.agent.options(path)
    expect([response.status, response.headers['allow']]).toEqual([204, allow])
  })

  test('a body that is no JSON by its type: 415', async () => {
    const text = JSON.stringify({ envelope: TO_BOB })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'application/json; charset=iso-8859-1',
    ]) {
      await mailwire.agent.post('/smtp/send').set('Content-Type', type).send(text).expect(415)
    }
  })

  test('a body in a content encoding: 415, and it is never unpacked', async () => {
    const response = await fetch(`${mailwire.url}/smtp/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ envelope: TO_BOB })),
    })
    expect(response.status).toBe(415)
  })

  test('a body too large: 413, before it is read to its end', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/send')
      .send({ message: { raw: 'x'.repeat(1_100_000) } })
      .expect(413)
    expect(body.type).toBe('/problems/payload-too-large')
  })

  test('the largest message fits in a body as base64', async () => {
    const rawBase64 = Buffer.alloc(1000, 'x').toString('base64')
    await mailwire.agent
      .post('/smtp/send')
      .send({ envelope: TO_BOB, message: { rawBase64 }, dryRun: true })
      .expect(200)
  })
})

describe('every answer', () => {
  const mailwire = service()

  test('has an X-Request-Id: the caller’s where it is harmless, else one of its own', async () => {
    const taken = await mailwire.agent.get('/livez').set('X-Request-Id', 'trace-1.2_3')
    expect(taken.headers['x-request-id']).toBe('trace-1.2_3')
    for (const odd of ['a b', 'x'.repeat(65), '<script>']) {
      const { headers } = await mailwire.agent.get('/livez').set('X-Request-Id', odd)
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('says nothing of the software that made it', async () => {
    const { headers } = await mailwire.agent.get('/livez')
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers).not.toHaveProperty('strict-transport-security')
  })

  test('leaves one line in the log, without the query', async () => {
    await mailwire.agent.get('/pop3/messages/1?transcript=none').auth('bob', 'sandbox').expect(200)
    const lines = mailwire.logs().filter((line) => line.includes('/pop3/messages/1'))
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        msg: 'request completed',
        req: { id: expect.any(String), method: 'GET', path: '/pop3/messages/1' },
        res: { statusCode: 200, session: expect.stringMatching(/^[0-9A-Z]{26}$/) },
      }),
    ])
  })
})
