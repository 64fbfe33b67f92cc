import { createConnection } from 'node:net'
import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()

/** What comes back for these octets, until the service closes. */
async function answersTo(octets: string): Promise<string> {
  const { hostname, port } = new URL(mailwire.url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(octets)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const statusesIn = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)

const HOST = 'Host: localhost\r\n'
const CLOSE = 'Connection: close\r\n'

describe('several requests at once on one connection', () => {
  test('are answered in their order, whichever session is faster', async () => {
    let answer = (_reply: string): void => undefined
    const slow = new Promise<string>((resolve) => {
      answer = resolve
    })
    const server = await mailServer(() => slow)
    const body = JSON.stringify({
      server: `smtp://127.0.0.1:${server.port}`,
      envelope: { from: 'a@example.test', to: ['b@example.test'] },
    })
    const answers = answersTo(
      `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        `GET /livez HTTP/1.1\r\n${HOST}\r\n` +
        `GET /nowhere HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    )
    while (server.connections() === 0) await new Promise(setImmediate)
    answer('554 5.3.2 No mail here')
    const text = await answers
    expect(statusesIn(text)).toEqual(['422', '200', '404'])
    expect(text.indexOf('greeting-refused')).toBeLessThan(text.indexOf('"status":"ok"'))
  })

  test('a caller who leaves ends the sessions of all of them', async () => {
    const servers = [await mailServer('HANG'), await mailServer('HANG'), await mailServer('HANG')]
    const { hostname, port } = new URL(mailwire.url)
    const socket = createConnection(Number(port), hostname)
    for (const server of servers) {
      const body = JSON.stringify({
        server: `smtp://127.0.0.1:${server.port}`,
        envelope: { from: 'a@example.test', to: ['b@example.test'] },
      })
      socket.write(
        `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
    }
    while (servers.some((server) => server.connections() === 0)) await new Promise(setImmediate)
    socket.destroy()
    for (const server of servers) await server.left()
    while ((await mailwire.agent.get('/livez')).body.sessions > 0) await new Promise(setImmediate)
  })

  test('the body of one is not taken for the next request', async () => {
    const smuggled = `GET /problems HTTP/1.1\r\n${HOST}\r\n`
    const text = await answersTo(
      `GET /livez HTTP/1.1\r\n${HOST}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}` +
        `GET /readyz HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    )
    expect(statusesIn(text)).toEqual(['200', '200'])
  })
})

describe('what is no request is refused before anybody looks at it', () => {
  const CHUNKED = 'Transfer-Encoding: chunked\r\n'
  test.each([
    [
      'two lengths',
      `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      '400',
    ],
    [
      'a length and chunks',
      `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Length: 2\r\n${CHUNKED}\r\n0\r\n\r\n`,
      '400',
    ],
    [
      'a coding that hides chunks',
      `POST /smtp/send HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      '400',
    ],
    ['a negative length', `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, '400'],
    ['a chunk that is no number', `POST /smtp/send HTTP/1.1\r\n${HOST}${CHUNKED}\r\nzz\r\n\r\n`, '400'],
    ['no host', `GET /livez HTTP/1.1\r\n${CLOSE}\r\n`, '400'],
    ['a blank before the colon', `GET /livez HTTP/1.1\r\n${HOST}X : y\r\n\r\n`, '400'],
    ['NUL in a header', `GET /livez HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, '400'],
    ['a header that is folded', `GET /livez HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, '400'],
    ['a bare CR', `GET /livez HTTP/1.1\r${HOST}\r\n`, '400'],
    ['headers of 17 kB', `GET /livez HTTP/1.1\r\n${HOST}X: ${'x'.repeat(17_000)}\r\n\r\n`, '431'],
    ['a query of 17 kB', `GET /pop3/stat?${'x'.repeat(17_000)} HTTP/1.1\r\n${HOST}\r\n`, '431'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00', '400'],
    ['SMTP', 'EHLO mail.example.test\r\n', '400'],
  ])('%s', async (_what, octets, status) => {
    expect(statusesIn(await answersTo(octets))).toEqual([status])
  })

  test('an expectation that nobody can meet: 417', async () => {
    expect(
      statusesIn(await answersTo(`GET /livez HTTP/1.1\r\n${HOST}Expect: the-impossible\r\n${CLOSE}\r\n`)),
    ).toEqual(['417'])
  })

  test('CONNECT: nobody is connected anywhere', async () => {
    const server = await mailServer('220 mx')
    const target = `127.0.0.1:${server.port}`
    expect(await answersTo(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)).toBe('')
    expect(server.connections()).toBe(0)
  })

  test('an absolute URL of elsewhere is not passed on', async () => {
    const server = await mailServer('220 mx')
    const answer = await answersTo(
      `GET http://127.0.0.1:${server.port}/livez HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${CLOSE}\r\n`,
    )
    expect(statusesIn(answer)).toHaveLength(1)
    expect(server.connections()).toBe(0)
  })

  test('Upgrade is not followed', async () => {
    const answer = await answersTo(
      `GET /livez HTTP/1.1\r\n${HOST}Connection: Upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n`,
    )
    expect(statusesIn(answer)).toEqual(['200'])
  })

  test.each(['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
    '%s where it is not known: 405 with Allow, and nothing of the request comes back',
    async (method) => {
      const answer = await answersTo(
        `${method} /smtp/send HTTP/1.1\r\n${HOST}X-Mirror: mirrored\r\n${CLOSE}\r\n`,
      )
      expect(statusesIn(answer)).toEqual(['405'])
      expect(answer).toMatch(/^Allow: POST\r$/m)
      expect(answer).not.toContain('mirrored')
      expect(answer).not.toMatch(/^access-control/im)
    },
  )
})

test('a body that says itself that it is too large is not invited', async () => {
  const answer = await answersTo(
    `POST /smtp/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n${CLOSE}\r\n`,
  )
  expect(statusesIn(answer)).toEqual(['413'])
})

test('two Host headers: 400, whatever they say', async () => {
  for (const second of ['localhost', 'attacker.example']) {
    const answer = await answersTo(`GET /livez HTTP/1.1\r\n${HOST}Host: ${second}\r\n${CLOSE}\r\n`)
    expect(statusesIn(answer)).toEqual(['400'])
    expect(answer).toContain('"errors":[{"header":"Host"')
  }
})

test('OPTIONS tells what there is, and lets no page of another origin in', async () => {
  const asked = await answersTo(`OPTIONS /smtp/send HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
  expect(asked).toMatch(/^Allow: POST\r$/m)
  const preflight = await answersTo(
    `OPTIONS /smtp/send HTTP/1.1\r\n${HOST}Origin: http://attacker.example\r\nAccess-Control-Request-Method: POST\r\n${CLOSE}\r\n`,
  )
  expect(statusesIn(preflight)).toEqual(['403'])
  expect(asked + preflight).not.toMatch(/^access-control/im)
})

describe('a query', () => {
  const get = (query: string) => mailwire.agent.get(`/pop3/stat?${query}`).auth('bob', 'sandbox')
  const faultsOf = async (query: string): Promise<string[]> =>
    (await get(query).expect(400)).body.errors.map(({ parameter }: { parameter: string }) => parameter)

  test.each([
    ['transcript=none&transcript=full', ['transcript']],
    ['server=sandbox&server=pop3://10.0.0.1', ['server']],
    [
      '__proto__=1&constructor=2&a[b]=3&hasOwnProperty=4',
      ['__proto__', 'constructor', 'a[b]', 'hasOwnProperty'],
    ],
    ['server[]=sandbox', ['server[]']],
    ['=x', ['']],
  ])('%s: 400, naming each parameter at fault', async (query, faults) => {
    expect((await faultsOf(query)).sort()).toEqual([...faults].sort())
  })

  test('a thousand parameters are named, and not for long', async () => {
    const query = Array.from({ length: 1500 }, (_, n) => `p${n}=1`).join('&')
    const began = performance.now()
    expect((await faultsOf(query)).length).toBeGreaterThan(900)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test('percent signs that mean nothing are taken as they are', async () => {
    expect(await faultsOf('server=%zz')).toEqual(['server'])
  })
})

describe('forwarded headers', () => {
  const limited = service({ env: { MAILWIRE_RATE_LIMIT: '2' } })

  test('of nobody in particular are not believed: the limit holds whatever they say', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) {
      const { status } = await limited.agent
        .post('/smtp/send')
        .set('X-Forwarded-For', `192.0.2.${n}`)
        .set('Forwarded', `for=192.0.2.${n}`)
        .set('X-Real-IP', `192.0.2.${n}`)
        .send({})
      statuses.push(status)
    }
    expect(statuses).toEqual([400, 400, 429, 429])
  })
})
