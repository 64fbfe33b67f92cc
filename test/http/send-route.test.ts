import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { type MailServer, mailServer, type Turn } from '../support/mail-server.ts'
import { findingsOf } from '../support/mailbox.ts'
import { startTestService, type TestService } from '../support/service.ts'

const MX = (...exchanges: string[]) => ({
  MX: exchanges.map((exchange, at) => ({ preference: 10 * (at + 1), exchange })),
})

let dns: DnsServer
let mailwire: TestService

beforeAll(async () => {
  dns = await startDnsServer({
    'one.test': MX('mx1.one.test'),
    'two.test': MX('mx1.one.test', 'mx2.one.test'),
    'mx1.one.test': { A: ['127.0.0.1'] },
    'mx2.one.test': { A: ['127.0.0.2'] },
    'implicit.test': { A: ['127.0.0.1'] },
    'null.test': { MX: [{ preference: 0, exchange: '.' }] },
    'fails.test': 'servfail',
    'nowhere.test': MX('mx.that-is-not.test', 'mx1.one.test'),
    'inside.test': MX('mx.inside.test', 'mx1.one.test'),
    'mx.inside.test': { A: ['10.0.0.1'] },
    'both.test': MX('mx.both.test'),
    'mx.both.test': { A: ['127.0.0.1'], AAAA: ['::1'] },
    'odd.test': MX('192.0.2.1', 'mx1.one.test'),
    'xn--bcher-kva.test': MX('mx1.one.test'),
  })
  mailwire = await startTestService({ env: { MAILWIRE_DNS_SERVERS: dns.address } })
})
afterAll(async () => {
  await mailwire.close()
  await dns.close()
})

const GREETING = '220 mx.example.test ESMTP'
const EHLO = '250-mx.example.test\r\n250 8BITMIME'
const TAKES: readonly Turn[] = [GREETING, EHLO, '250 Ok', '250 Ok', '354 Go', '250 2.0.0 Ok', '221 Bye']

const send = (domain: string, port: number, more: object = {}) =>
  mailwire.agent.post('/smtp/send').send({
    route: 'mx',
    port,
    envelope: { from: 'alice@sender.test', to: [`bob@${domain}`] },
    ...more,
  })

/** Makes a server answer on the same port of another address too, as a second host would. */
async function alsoAt(address: string, port: number, server: MailServer): Promise<void> {
  const relay = createServer((inner) => {
    const outer = connect(server.port, '127.0.0.1')
    for (const socket of [inner, outer]) socket.on('error', () => undefined)
    inner.pipe(outer).pipe(inner)
    onTestFinished(() => void inner.destroy())
  })
  relay.listen(port, address)
  await once(relay, 'listening')
  onTestFinished(() => void relay.close())
}

/** Two mail hosts of a domain, on one port. */
async function twoHosts(first: readonly Turn[], second: readonly Turn[] = TAKES) {
  const servers = [await mailServer(...first), await mailServer(...second)] as const
  await alsoAt('127.0.0.2', servers[0].port, servers[1])
  return { port: servers[0].port, first: servers[0], second: servers[1] }
}

const attemptsOf = ({ body }: Response) =>
  (body as { attempts: { host: string; outcome: string; stage: string }[] }).attempts.map(
    ({ host, outcome, stage }) => [host, outcome, stage],
  )

describe('the domain decides', () => {
  test('its MX is looked up, and the one attempt is told', async () => {
    const server = await mailServer(...TAKES)
    const response = await send('one.test', server.port).expect(200)
    expect(attemptsOf(response)).toEqual([['mx1.one.test', 'accepted', 'end-of-data']])
    expect(response.body.attempts[0]).toMatchObject({ address: '127.0.0.1' })
    expect(response.body.attempts[0].transcript).toEqual(response.body.transcript)
    expect(response.body.transcript).toMatchObject({
      server: { url: `smtp://mx1.one.test:${server.port}`, host: 'mx1.one.test' },
      entries: expect.arrayContaining([
        expect.objectContaining({
          event: 'mail-host',
          text: 'mx1.one.test takes mail for one.test (MX, preference 10)',
        }),
      ]),
    })
  })

  test('without MX it is its own mail host; an address literal is one', async () => {
    for (const domain of ['implicit.test', '[127.0.0.1]']) {
      const server = await mailServer(...TAKES)
      const response = await send(domain, server.port).expect(200)
      expect(attemptsOf(response)).toHaveLength(1)
    }
  })

  test('a domain of other letters is asked for as A-labels', async () => {
    const server = await mailServer(...TAKES)
    await send('bücher.test', server.port).expect(200)
    expect(dns.asked).toContain('MX xn--bcher-kva.test')
  })

  test('what is odd among its MX records is a finding', async () => {
    const server = await mailServer(...TAKES)
    expect(findingsOf(await send('odd.test', server.port).expect(200))).toContain('mx-unusable')
  })

  test('family: addresses of the other one are not tried', async () => {
    const server = await mailServer(...TAKES)
    await send('both.test', server.port, { family: 4 }).expect(200)
    const { body } = await send('mx1.one.test', server.port, { family: 6 }).expect(502)
    expect(body).toMatchObject({ type: '/problems/dns-not-found', stage: 'dns' })
  })

  test('with a streamed message as well', async () => {
    const server = await mailServer(...TAKES)
    const response = await mailwire.agent
      .post('/smtp/send')
      .query({ route: 'mx', port: server.port, family: 4, from: 'a@sender.test', to: 'bob@one.test' })
      .type('message/rfc822')
      .send('Subject: x\r\n\r\ny\r\n')
      .expect(200)
    expect(attemptsOf(response)).toEqual([['mx1.one.test', 'accepted', 'end-of-data']])
  })
})

describe('the next host', () => {
  test.each([
    ['4yz in the greeting', ['421 4.3.2 Service not active'], 'deferred', 'greeting'],
    ['5yz in the greeting', ['554 5.3.2 No mail here', '221 Bye'], 'rejected', 'greeting'],
    ['a connection that is reset', [GREETING, 'RESET'], 'failed', 'hello'],
    ['4yz at RCPT', [GREETING, EHLO, '250 Ok', '451 4.7.1 Greylisted', '221 Bye'], 'deferred', 'rcpt'],
    ['a connection that is lost at DATA', [GREETING, EHLO, '250 Ok', '250 Ok', 'CLOSE'], 'failed', 'data'],
  ] as const)('is tried after %s', async (_name, script, outcome, stage) => {
    const { port, second } = await twoHosts(script)
    const response = await send('two.test', port).expect(200)
    expect(attemptsOf(response)).toEqual([
      ['mx1.one.test', outcome, stage],
      ['mx2.one.test', 'accepted', 'end-of-data'],
    ])
    expect(response.body.transcript.server.host).toBe('mx2.one.test')
    expect(second.heard).toContain('DATA')
  })

  test('after a name that does not exist', async () => {
    const server = await mailServer(...TAKES)
    const response = await send('nowhere.test', server.port).expect(200)
    expect(attemptsOf(response)).toEqual([
      ['mx.that-is-not.test', 'failed', 'dns'],
      ['mx1.one.test', 'accepted', 'end-of-data'],
    ])
  })

  test('after a target that the egress policy does not allow, which is not dialled', async () => {
    const server = await mailServer(...TAKES)
    const response = await send('inside.test', server.port).expect(200)
    expect(attemptsOf(response)[0]).toEqual(['mx.inside.test', 'failed', 'dns'])
    expect(response.body.attempts[0].address).toBeNull()
    const alone = await send('mx.inside.test', server.port).expect(403)
    expect(alone.body).toMatchObject({ type: '/problems/target-not-allowed' })
  })

  test.each([
    ['5yz at RCPT', [GREETING, EHLO, '250 Ok', '550 5.1.1 No such user', '221 Bye'], 422],
    ['no answer to the end of data', [GREETING, EHLO, '250 Ok', '250 Ok', '354 Go', 'CLOSE'], 502],
    [
      '4yz to the end of data',
      [GREETING, EHLO, '250 Ok', '250 Ok', '354 Go', '452 4.3.1 Full', '221 Bye'],
      503,
    ],
  ] as const)('is never tried after %s', async (_name, script, status) => {
    const { port, second } = await twoHosts(script)
    const response = await send('two.test', port).expect(status)
    expect(attemptsOf(response)).toHaveLength(1)
    expect(second.connections()).toBe(0)
  })

  test('a streamed body that was begun cannot be sent again', async () => {
    const { port, second } = await twoHosts([GREETING, EHLO, '250 Ok', '250 Ok', '354 Go', 'HANG'])
    const response = await mailwire.agent
      .post('/smtp/send')
      .query({ route: 'mx', port, from: 'a@sender.test', to: 'bob@two.test' })
      .type('message/rfc822')
      .send('Subject: x\r\n\r\nmixed\nends\r\n')
      .expect(400)
    expect(attemptsOf(response)).toEqual([['mx1.one.test', 'failed', 'data']])
    expect(second.connections()).toBe(0)
  })

  test('where all fail, what a server said decides, and as text all sessions are told', async () => {
    const { port } = await twoHosts([GREETING, EHLO, '250 Ok', '451 4.7.1 Greylisted', '221 Bye'], ['CLOSE'])
    const response = await send('two.test', port).expect(503)
    expect(response.body).toMatchObject({ type: '/problems/greylisted', outcome: 'deferred' })
    expect(attemptsOf(response)).toEqual([
      ['mx1.one.test', 'deferred', 'rcpt'],
      ['mx2.one.test', 'failed', 'greeting'],
    ])
    const again = await twoHosts([GREETING, EHLO, '250 Ok', '451 4.7.1 Greylisted', '221 Bye'], ['CLOSE'])
    const { text } = await send('two.test', again.port).accept('text').expect(503)
    expect(text.match(/^=== outcome/gm)).toHaveLength(2)
  })

  test('the time of the whole call holds over all of them', async () => {
    const { port, second } = await twoHosts(['HANG'], ['HANG'])
    const response = await send('two.test', port, { timeouts: { total: 400, greeting: 300 } }).expect(504)
    expect(attemptsOf(response)).toHaveLength(2)
    expect(response.body.detail).toContain('did not greet')
    expect(second.heard).toEqual([])
    const [, last] = response.body.attempts
    expect(last.transcript.durationMs).toBeLessThan(290)
  })

  test('transcript=none leaves it out of the attempts too', async () => {
    const server = await mailServer(...TAKES)
    const response = await send('one.test', server.port).query({ transcript: 'none' }).expect(200)
    expect(response.body.attempts).toEqual([
      { host: 'mx1.one.test', address: '127.0.0.1', outcome: 'accepted', stage: 'end-of-data' },
    ])
  })
})

describe('TLS toward a host that the DNS names', () => {
  test('is opportunistic by default, and required where it is asked for', async () => {
    const server = await mailServer(...TAKES)
    await send('one.test', server.port).expect(200)
    const { body } = await send('one.test', (await mailServer(...TAKES)).port, { tls: 'required' }).expect(
      422,
    )
    expect(body).toMatchObject({ type: '/problems/starttls-not-offered' })
  })
})

describe('no mail host', () => {
  test.each([
    ['null.test', 422, 'null-mx', 'rejected'],
    ['is-not.test', 502, 'dns-not-found', 'failed'],
    ['fails.test', 502, 'dns-failure', 'failed'],
  ])('%s: %i %s', async (domain, status, code, outcome) => {
    const { body } = await send(domain, 2525).expect(status)
    expect(body).toMatchObject({
      type: `/problems/${code}`,
      outcome,
      stage: 'dns',
      diagnosis: { code },
      attempts: [],
      transcript: {
        server: { host: domain, address: null },
        entries: [{ event: 'not-resolved', text: expect.stringContaining(domain) }],
      },
    })
  })
})

describe('what is refused before anything is asked', () => {
  const TO = { from: 'alice@sender.test', to: ['bob@one.test'] }

  test.each([
    [{ route: 'mx', server: 'sandbox', envelope: TO }, ['/server']],
    [{ route: 'mx', auth: { user: 'alice', password: 'some-password' }, envelope: TO }, ['/auth']],
    [{ route: 'a', envelope: TO }, ['/route']],
    [{ route: 'mx', port: 0, envelope: TO }, ['/port']],
    [{ route: 'mx', family: 5, envelope: TO }, ['/family']],
    [{ port: 25, family: 4, envelope: TO }, ['/port', '/family']],
    [{ route: 'mx', tlsCa: 'nonsense', envelope: TO }, ['/tlsCa']],
    [
      { route: 'mx', envelope: { ...TO, to: ['a@one.test', 'b@two.test', 'c@ONE.test', 'd@two.test'] } },
      ['/envelope/to/1', '/envelope/to/3'],
    ],
  ])('%j', async (body, pointers) => {
    const before = dns.asked.length
    const response = await mailwire.agent.post('/smtp/send').send(body).expect(400)
    expect(response.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
    expect(dns.asked.length).toBe(before)
  })

  test('in a query', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/send')
      .query({ route: 'mx', port: '70000', from: '', to: 'a@one.test,b@two.test' })
      .type('message/rfc822')
      .send('x\r\n')
      .expect(400)
    expect(body.errors).toMatchObject([{ parameter: 'port' }])
  })
})
