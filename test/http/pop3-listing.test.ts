import { beforeAll, describe, expect, test } from 'vitest'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { findingsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const get = (path: string, user = 'bob') => mailwire.agent.get(path).auth(user, 'sandbox')

const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

beforeAll(async () => {
  for (const subject of ['one', '=?utf-8?q?zw=C3=B6lf?=', 'three']) {
    const raw = `From: Alice <alice@sandbox.test>\r\nSubject: ${subject}\r\n\r\nx\r\n`
    await mailwire.agent
      .post('/smtp/send')
      .send({ envelope: { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }, message: { raw } })
      .expect(200)
  }
})

interface Listed {
  number: number
  octets: number
  uid: string
  headers?: Record<string, string | null> | null
}

const numbersIn = (body: { messages: Listed[] }) => body.messages.map(({ number }) => number)

test('it takes one flight behind the login', async () => {
  const response = await get('/pop3/messages').expect(200)
  expect(verbsOf(response)).toEqual(['CAPA', 'STLS', 'CAPA', 'AUTH', 'STAT', 'LIST', 'UIDL', 'QUIT'])
  expect(response.body).toMatchObject({ total: 4, selected: 4, auth: { chosen: 'PLAIN' } })
  expect(response.headers).not.toHaveProperty('link')
  expect(findingsOf(response)).toEqual([])
  // TCP, greeting, CAPA, STLS, TLS 1.3, CAPA, login and listing, QUIT
  expect(response.body.transcript.roundTrips).toBe(8)
})

test('pipelining=off: each command has a flight of its own', async () => {
  const { body } = await get('/pop3/messages?pipelining=off').expect(200)
  expect(body.transcript.roundTrips).toBe(11)
})

describe('pages', () => {
  test('offset and limit, with links to the others that keep what was asked', async () => {
    const { body, headers } = await get('/pop3/messages?limit=2&offset=1&transcript=none').expect(200)
    expect(numbersIn(body)).toEqual([2, 3])
    expect(body).toMatchObject({ total: 4, selected: 4 })
    const link = (offset: number, relation: string) =>
      `<?limit=2&offset=${offset}&transcript=none>; rel="${relation}"`
    expect(headers['link']).toBe(
      [link(0, 'first'), link(0, 'prev'), link(3, 'next'), link(2, 'last')].join(', '),
    )
  })

  test('the last page has no next one, and behind the end there is nothing', async () => {
    const last = await get('/pop3/messages?limit=2&offset=2').expect(200)
    expect(numbersIn(last.body)).toEqual([3, 4])
    expect(last.headers['link']).not.toContain('next')
    const behind = await get('/pop3/messages?limit=2&offset=99').expect(200)
    expect(behind.body).toMatchObject({ messages: [], total: 4 })
  })

  test('after: what came since', async () => {
    const all = (await get('/pop3/messages').expect(200)).body
    const after = all.messages[1].uid
    const { body } = await get('/pop3/messages').query({ after }).expect(200)
    expect(numbersIn(body)).toEqual([3, 4])
    expect(body).toMatchObject({ total: 4, selected: 2 })
    const gone = await get('/pop3/messages?after=of-nobody').expect(200)
    expect(numbersIn(gone.body)).toEqual([1, 2, 3, 4])
    expect(findingsOf(gone)).toEqual(['after-not-found'])
  })

  test.each([
    'limit=0',
    'limit=-1',
    'limit=1e3',
    'offset=-1',
    'offset=0x1',
    'after=',
    'after=%07',
    'headers=',
    'headers=a%20b',
    'headers=a:',
    'page=2',
  ])('%s: 400', async (query) => {
    const { body } = await get(`/pop3/messages?${query}`).expect(400)
    expect(body.errors).toMatchObject([{ parameter: query.split('=', 1)[0] }])
  })
})

describe('headers', () => {
  test('are decoded, by TOP, in one flight', async () => {
    const response = await get('/pop3/messages?headers=Subject,from,x-none&offset=1').expect(200)
    expect(response.body.messages.map(({ headers }: Listed) => headers)).toEqual([
      { subject: 'one', from: 'Alice <alice@sandbox.test>', 'x-none': null },
      { subject: 'zwölf', from: 'Alice <alice@sandbox.test>', 'x-none': null },
      { subject: 'three', from: 'Alice <alice@sandbox.test>', 'x-none': null },
    ])
    expect(verbsOf(response).slice(-5)).toEqual(['UIDL', 'TOP', 'TOP', 'TOP', 'QUIT'])
    expect(response.body.transcript.roundTrips).toBe(9)
  })

  test('a server without TOP is listed all the same, and says so', async () => {
    const server = await mailServer(
      '+OK ready',
      '+OK\r\nUSER\r\nUIDL\r\n.',
      '+OK',
      '+OK',
      '+OK 1 9',
      '+OK\r\n1 9\r\n.',
      '+OK\r\n1   abc\r\n.',
      '+OK Bye',
    )
    const response = await get('/pop3/messages?headers=subject').query(onItsOwn(server)).expect(200)
    expect(response.body.messages).toEqual([{ number: 1, octets: 9, uid: 'abc', headers: null }])
    expect(findingsOf(response)).toEqual(['uidl-blanks', 'top-not-supported'])
  })

  test('a server without CAPA is asked for one header, and if it knows TOP for the others', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK 2 18',
      '+OK\r\n1 9\r\n2 9\r\n.',
      '-ERR unimplemented',
      '-ERR unimplemented',
      '+OK Bye',
    )
    const response = await get('/pop3/messages?headers=subject').query(onItsOwn(server)).expect(200)
    expect(response.body.messages.map(({ headers }: Listed) => headers)).toEqual([null, null])
    expect(server.heard.filter((line) => line.startsWith('TOP'))).toEqual(['TOP 1 0'])
    expect(findingsOf(response)).toEqual(['uidl-not-supported', 'header-refused'])
  })
})

test.each([
  ['+OK 3 320', 'STAT counts 3 messages with 320 octets, LIST 2 with 320.', 'stat-differs'],
  ['+OK 2 400', 'STAT counts 2 messages with 400 octets, LIST 2 with 320.', 'stat-differs'],
  ['+OK', 'STAT was refused, or its reply gives no number of messages and no size.', 'stat-odd'],
  ['-ERR', 'STAT was refused, or its reply gives no number of messages and no size.', 'stat-odd'],
])('STAT that does not count as LIST does is a finding (%s)', async (counted, text, code) => {
  const server = await mailServer(
    '+OK ready',
    '-ERR Unknown command.',
    '+OK',
    '+OK',
    counted,
    '+OK\r\n1 120\r\n2 200\r\n.',
    '+OK\r\n1 a\r\n2 b\r\n.',
    '+OK Bye',
  )
  const response = await get('/pop3/messages').query(onItsOwn(server)).expect(200)
  expect(response.body).toMatchObject({ total: 2, octets: 320 })
  expect(response.body.transcript.findings).toMatchObject([{ code, text }])
})

test('a hundred thousand messages are listed, each with its unique-id', async () => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => index + 1)
  const listing = (row: (number: number) => string) =>
    Buffer.from(`+OK\r\n${numbers.map((number) => `${row(number)}\r\n`).join('')}.\r\n`)
  const server = await mailServer(
    '+OK ready',
    '+OK\r\nUSER\r\nUIDL\r\n.',
    '+OK',
    '+OK',
    '+OK 100000 1000000',
    listing((number) => `${number} 10`),
    listing((number) => `${number} ${number.toString(16)}-5f3a9c`),
    '+OK Bye',
  )
  const { body } = await mailwire.agent
    .get('/pop3/messages')
    .query({ server: `pop3://127.0.0.1:${server.port}`, auth: 'user', allowInsecureAuth: 'true' })
    .auth('bob', 'some-other-word')
    .expect(200)
  expect(body).toMatchObject({ total: 100_000, octets: 1_000_000, transcript: { findings: [] } })
  expect(body.messages[99_999]).toEqual({ number: 100_000, octets: 10, uid: '186a0-5f3a9c' })
  // what is said on the wire is summed up, so that the transcript stays small
  expect(JSON.stringify(body.transcript).length).toBeLessThan(10_000)
})

test('behind a unique-id on a server that gives none: 422', async () => {
  const server = await mailServer(
    '+OK ready',
    '-ERR Unknown command.',
    '+OK',
    '+OK',
    '+OK 1 9',
    '+OK\r\n1 9\r\n.',
    '-ERR Unknown command.',
    '+OK Bye',
  )
  const { body } = await get('/pop3/messages?after=abc').query(onItsOwn(server)).expect(422)
  expect(body.type).toBe('/problems/extension-not-offered')
})
