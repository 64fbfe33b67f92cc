import { afterEach, describe, expect, test, vi } from 'vitest'
import { NoRoom, Sessions } from '../../src/session/sessions.ts'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()

afterEach(() => {
  vi.restoreAllMocks()
})

const wait = (query: Record<string, string>, user = 'bob') =>
  mailwire.agent.get('/pop3/messages/wait').auth(user, 'sandbox').query(query)

const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

async function sendToBob(subject: string, more = ''): Promise<void> {
  const raw = `From: Alice <alice@sandbox.test>\r\nTo: bob@sandbox.test\r\nSubject: ${subject}\r\n${more}\r\nx\r\n`
  const envelope = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
  await mailwire.agent.post('/smtp/send').send({ envelope, message: { raw } }).expect(200)
}

async function lastUid(): Promise<string> {
  const { body } = await mailwire.agent.get('/pop3/messages').auth('bob', 'sandbox').expect(200)
  return body.messages.at(-1).uid
}

describe('a message that is there', () => {
  test('is answered at once, parsed, with its ETag', async () => {
    await sendToBob('=?utf-8?q?Gr=C3=BC=C3=9Fe?= to all', 'X-Ticket: 4711-b\r\n')
    await sendToBob('something else')
    const { body, headers } = await wait({ subject: 'GRÜSSE'.replace('SS', 'ß'), timeout: '5000' }).expect(
      200,
    )
    expect(body).toMatchObject({ subject: 'Grüße to all', outcome: 'ok', complete: true })
    expect(headers['etag']).toBe(`"${body.uid}"`)
    expect(headers['x-session-id']).toBe(body.transcript.id)
  })

  test.each([
    { from: 'alice' },
    { to: 'bob@' },
    { header: 'x-ticket:4711' },
    { header: 'X-Ticket:' },
    { from: 'alice', subject: 'to all' },
  ])('by %j', async (criteria) => {
    const { body } = await wait({ ...criteria, timeout: '5000' }).expect(200)
    expect(body.from).toEqual([{ name: 'Alice', address: 'alice@sandbox.test' }])
  })

  test('the newest of those that fit', async () => {
    await sendToBob('twin 1')
    await sendToBob('twin 2')
    const { body } = await wait({ subject: 'twin', timeout: '5000' }).expect(200)
    expect(body.subject).toBe('twin 2')
  })
})

test('a message that comes later is waited for', async () => {
  const after = await lastUid()
  const waiting = wait({ subject: 'late', after, timeout: '15000', interval: '100' })
  const answered = waiting.then((response) => response)
  await sendToBob('late')
  const { status, body } = await answered
  expect([status, body.subject]).toEqual([200, 'late'])
})

test('nothing like it: 504, with what was seen', async () => {
  const after = await lastUid()
  await sendToBob('quite another')
  const { body, headers } = await wait({ subject: 'never', after, timeout: '250', interval: '100' }).expect(
    504,
  )
  expect(body).toMatchObject({
    type: '/problems/no-such-message',
    outcome: 'failed',
    seen: [{ uid: expect.any(String), subject: 'quite another', from: 'Alice <alice@sandbox.test>' }],
  })
  expect(body.looks).toBeGreaterThan(1)
  expect(body.transcript.id).toBe(headers['x-session-id'])
})

test('a message is looked at once only', async () => {
  const session = (uids: string, ...more: string[]) => [
    '+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.',
    '+OK',
    '+OK',
    `+OK\r\n1 9\r\n2 9\r\n.`,
    `+OK\r\n${uids}\r\n.`,
    ...more,
  ]
  const header = (subject: string) => `+OK\r\nSubject: ${subject}\r\n\r\n.`
  const first = session('1 a\r\n2 b', header('x'), header('y'), '+OK Bye')
  const second = session('1 a\r\n2 b', '+OK Bye')
  let visits = 0
  let at = 0
  const script = Array.from({ length: 12 }, () => (line: string) => {
    const turns = visits === 1 ? first : second
    const reply = turns[at] ?? '-ERR'
    at += 1
    if (line === 'QUIT') return '+OK Bye'
    return reply
  })
  const server = await mailServer(
    () => {
      visits += 1
      at = 0
      return '+OK ready'
    },
    ...script,
  )
  await wait({ ...onItsOwn(server), subject: 'never', timeout: '150', interval: '100' }).expect(504)
  expect(server.heard.filter((line) => line.startsWith('TOP'))).toEqual(['TOP 2 0', 'TOP 1 0'])
  expect(visits).toBeGreaterThan(1)
})

test('LOGIN-DELAY of the server holds: no second look before it is over', async () => {
  const server = await mailServer(
    '+OK ready',
    '+OK\r\nUSER\r\nUIDL\r\nLOGIN-DELAY 300\r\n.',
    '+OK',
    '+OK',
    '+OK\r\n.',
    '+OK\r\n.',
    '+OK Bye',
  )
  const { body } = await wait({ ...onItsOwn(server), timeout: '2000', interval: '100' }).expect(504)
  expect(body.looks).toBe(1)
  expect(server.connections()).toBe(1)
})

test('a server that says that a login came too early is left alone', async () => {
  let visits = 0
  const server = await mailServer(
    () => {
      visits += 1
      return '+OK ready'
    },
    '-ERR Unknown command.',
    '+OK',
    () => (visits === 1 ? '+OK' : '-ERR [LOGIN-DELAY] Logins must be at least 5 minutes apart'),
    (line) => (line === 'QUIT' ? '+OK Bye' : '+OK\r\n.'),
    '+OK\r\n.',
    '+OK Bye',
  )
  const { body } = await wait({ ...onItsOwn(server), timeout: '20000', interval: '100' }).expect(503)
  expect(body).toMatchObject({ type: '/problems/login-delay', looks: 2, seen: [] })
  expect(visits).toBe(2)
})

test('a server without TOP: the headers are read by RETR', async () => {
  const server = await mailServer(
    '+OK ready',
    '+OK\r\nUSER\r\nUIDL\r\n.',
    '+OK',
    '+OK',
    '+OK\r\n1 9\r\n.',
    '+OK\r\n1 a\r\n.',
    '+OK\r\nSubject: there\r\n\r\nx\r\n.',
    '+OK 1 a',
    '+OK\r\nSubject: there\r\n\r\nx\r\n.',
    '+OK Bye',
  )
  const { body } = await wait({ ...onItsOwn(server), subject: 'there' }).expect(200)
  expect(body.transcript.findings).toMatchObject([{ code: 'top-not-supported' }])
})

describe('what keeps it from looking', () => {
  test('a mailbox in use may become free; at the end it is told', async () => {
    const { body } = await wait({ timeout: '150', interval: '100' }, 'busy').expect(423)
    expect(body).toMatchObject({ type: '/problems/mailbox-in-use', seen: [] })
    expect(body.looks).toBeGreaterThan(1)
  })

  test('refused credentials are refused at once', async () => {
    await mailwire.agent.get('/pop3/messages/wait').auth('bob', 'not the password').expect(401)
  })

  test.each([
    ['timeout', '0'],
    ['timeout', '900001'],
    ['timeout', '1s'],
    ['interval', '99'],
    ['header', 'no-colon'],
    ['header', 'a b:c'],
    ['subject', ''],
    ['after', 'a b'],
    ['cc', 'x'],
  ])('%s=%s: 400', async (name, value) => {
    const { body } = await wait({ [name]: value }).expect(400)
    expect(body.errors).toMatchObject([{ parameter: name }])
  })
})

describe('when there is no room for a session', () => {
  const NONE = new NoRoom('per-target', '1 sessions with this mail server are running, which is the limit')

  test('at first: the call is refused', async () => {
    vi.spyOn(Sessions.prototype, 'run').mockRejectedValueOnce(NONE)
    await wait({ timeout: '5000' }).expect(429)
  })

  test('later: a later look may find it', async () => {
    const after = await lastUid()
    const run = vi.spyOn(Sessions.prototype, 'run')
    const waiting = wait({ subject: 'with room', after, timeout: '15000', interval: '100' })
    const answered = waiting.then((response) => response)
    while (run.mock.settledResults[0]?.type !== 'fulfilled') await new Promise(setImmediate)
    run.mockRejectedValueOnce(NONE)
    while (run.mock.settledResults[1]?.type !== 'rejected') await new Promise(setImmediate)
    await sendToBob('with room')
    expect((await answered).status).toBe(200)
  })

  test('to the end: 504 with what the last session saw', async () => {
    const run = vi.spyOn(Sessions.prototype, 'run')
    const waiting = wait({ subject: 'never', timeout: '300', interval: '100' })
    const answered = waiting.then((response) => response)
    while (run.mock.settledResults[0]?.type !== 'fulfilled') await new Promise(setImmediate)
    run.mockRejectedValue(NONE)
    const { status, body, headers } = await answered
    expect(status).toBe(504)
    expect(body.looks).toBeGreaterThan(1)
    expect(body.transcript.id).toBe(headers['x-session-id'])
  })

  test('because the service is shutting down: 503 at once', async () => {
    const run = vi.spyOn(Sessions.prototype, 'run')
    const waiting = wait({ subject: 'never', timeout: '60000', interval: '100' })
    const answered = waiting.then((response) => response)
    while (run.mock.settledResults[0]?.type !== 'fulfilled') await new Promise(setImmediate)
    run.mockRejectedValue(new NoRoom('shutting-down', 'the service is shutting down'))
    expect((await answered).status).toBe(503)
  })

  test('and what is a bug is none of this', async () => {
    const run = vi.spyOn(Sessions.prototype, 'run')
    const call = fetch(`${mailwire.url}/pop3/messages/wait?subject=never&timeout=60000&interval=100`, {
      headers: { Authorization: `Basic ${Buffer.from('bob:sandbox').toString('base64')}` },
    })
    while (run.mock.settledResults[0]?.type !== 'fulfilled') await new Promise(setImmediate)
    run.mockRejectedValue(new TypeError('x is not a function'))
    expect((await call).status).toBe(500)
  })
})

test('of many messages that came and were others a hundred are told', async () => {
  const numbers = Array.from({ length: 101 }, (_, index) => index + 1)
  const replies: Record<string, string> = {
    CAPA: '+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.',
    LIST: `+OK\r\n${numbers.map((n) => `${n} 9\r\n`).join('')}.`,
    UIDL: `+OK\r\n${numbers.map((n) => `${n} uid-${n}\r\n`).join('')}.`,
    TOP: '+OK\r\nSubject: x\r\n\r\n.',
  }
  const turns = Array.from(
    { length: 110 },
    () => (line: string) => replies[line.split(' ')[0] ?? ''] ?? '+OK',
  )
  const server = await mailServer('+OK ready', ...turns)
  const { body } = await wait({
    ...onItsOwn(server),
    subject: 'never',
    timeout: '1',
    interval: '100',
  }).expect(504)
  expect(body.seen).toHaveLength(100)
  expect(body.seen[0]).toEqual({ number: 101, uid: 'uid-101', subject: 'x', from: null })
})

describe('how long one may wait', () => {
  const impatient = service({ env: { MAILWIRE_TOTAL_TIMEOUT_MS: '5000' } })

  test('is what the configuration allows a call', async () => {
    const { body } = await impatient.agent
      .get('/pop3/messages/wait?timeout=5001')
      .auth('bob', 'sandbox')
      .expect(400)
    expect(body.errors).toEqual([{ parameter: 'timeout', detail: 'at most 5000 ms are allowed here' }])
  })
})

test('a caller who leaves ends it', async () => {
  let visits = 0
  let reached = (): void => undefined
  const looked = new Promise<void>((resolve) => {
    reached = resolve
  })
  const server = await mailServer(
    () => {
      visits += 1
      return '+OK ready'
    },
    '-ERR Unknown command.',
    '+OK',
    '+OK',
    '+OK\r\n.',
    '+OK\r\n.',
    () => {
      reached()
      return '+OK Bye'
    },
  )
  const asked = vi.spyOn(Sessions.prototype, 'run')
  const until = vi.spyOn(globalThis, 'setTimeout')
  const called = vi.spyOn(globalThis, 'clearTimeout')
  const leaving = new AbortController()
  const query = new URLSearchParams({ ...onItsOwn(server), timeout: '60000', interval: '54321' })
  const call = fetch(`${mailwire.url}/pop3/messages/wait?${query}`, {
    headers: { Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}` },
    signal: leaving.signal,
  })
  call.catch(() => undefined)
  await looked
  await server.left()
  // the time until the next look: as long as asked, less what the first one took
  const pausing = (ms = 0): boolean => ms > 50_000 && ms <= 54_321
  const timer = (): unknown => until.mock.results[until.mock.calls.findIndex(([, ms]) => pausing(ms))]?.value
  while (timer() === undefined) await new Promise(setImmediate)
  leaving.abort()
  await expect(call).rejects.toThrow('aborted')
  while (!called.mock.calls.some(([cleared]) => cleared === timer())) await new Promise(setImmediate)
  // the call is over: it does not even ask for room for another session
  expect([visits, asked.mock.calls.length]).toEqual([1, 1])
})
