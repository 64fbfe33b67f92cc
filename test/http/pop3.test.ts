import type { Response } from 'supertest'
import { beforeAll, describe, expect, test } from 'vitest'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { findingsOf, octetsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const get = (path: string, user = 'bob') => mailwire.agent.get(path).auth(user, 'sandbox')
const remove = (path: string) => mailwire.agent.delete(path).auth('bob', 'sandbox')

const SENT =
  'From: alice@sandbox.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nfirst\r\n.second\r\nthird\r\n'

async function sendToBob(raw = SENT): Promise<void> {
  const envelope = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
  await mailwire.agent.post('/smtp/send').send({ envelope, message: { raw } }).expect(200)
}

async function listed(): Promise<{ number: number; octets: number; uid: string }[]> {
  return (await get('/pop3/messages').expect(200)).body.messages
}

/** A server of the test's own, that knows USER and PASS alone. */
const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

/** The octets of an answer, and its head. */
async function octetsAt(path: string): Promise<{ response: Response; octets: string }> {
  const response = await get(path).set('Accept', 'message/rfc822').buffer(true).parse(octetsOf)
  return { response, octets: (response.body as Buffer).toString() }
}

beforeAll(() => sendToBob())

describe('reading', () => {
  test('stat: how many messages, how many octets', async () => {
    const response = await get('/pop3/stat').expect(200)
    const octets = (await listed()).reduce((sum, message) => sum + message.octets, 0)
    expect(response.body).toMatchObject({ outcome: 'ok', messages: 2, octets, auth: { chosen: 'PLAIN' } })
    expect(verbsOf(response)).toEqual(['CAPA', 'STLS', 'CAPA', 'AUTH', 'STAT', 'QUIT'])
    expect(response.headers).toMatchObject({
      'x-session-id': response.body.transcript.id,
      'cache-control': 'no-store',
    })
  })

  test('list: LIST and UIDL joined', async () => {
    const { body } = await get('/pop3/messages').expect(200)
    expect(body).toMatchObject({ outcome: 'ok', total: 2 })
    expect(body.messages.map(({ number }: { number: number }) => number)).toEqual([1, 2])
    expect(new Set(body.messages.map(({ uid }: { uid: string }) => uid)).size).toBe(2)
    const octets = body.messages.reduce((sum: number, message: { octets: number }) => sum + message.octets, 0)
    expect(body.octets).toBe(octets)
  })

  test('one message, parsed, with its unique-id as ETag', async () => {
    const { uid, octets } = (await listed())[1]!
    const response = await get('/pop3/messages/2').expect(200)
    expect(response.body).toMatchObject({
      number: 2,
      uid,
      octets,
      complete: true,
      subject: 'Grüße',
      text: 'first\n.second\nthird\n',
    })
    expect(response.headers['etag']).toBe(`"${uid}"`)
    expect(verbsOf(response)).toContain('RETR')
  })

  test('what the sandbox says of itself is no secret: *** stands for the password alone', async () => {
    const { text } = await get('/pop3/messages/1', 'alice').set('Accept', 'text/plain').expect(200)
    expect(text).toContain('Subject: Welcome to Mailwire')
    expect(text.match(/.*\*\*\*.*/g)).toEqual([expect.stringMatching(/~> AUTH PLAIN \*\*\*$/)])
  })

  test('one message, its exact octets', async () => {
    const { uid, octets: size } = (await listed())[1]!
    const { response, octets } = await octetsAt('/pop3/messages/2')
    expect(response.status).toBe(200)
    expect(octets.endsWith(SENT)).toBe(true)
    expect(octets.length).toBe(size)
    expect(response.headers).toMatchObject({
      'content-type': 'message/rfc822',
      'cache-control': 'no-store',
      etag: `"${uid}"`,
      'x-session-id': expect.stringMatching(/^[0-9A-Z]{26}$/),
    })
  })

  test('lines cuts the body, by TOP, in both forms', async () => {
    const parsed = await get('/pop3/messages/2').query({ lines: '1' }).expect(200)
    expect(parsed.body).toMatchObject({ complete: false, text: 'first\n', subject: 'Grüße' })
    expect(verbsOf(parsed)).toContain('TOP')
    const { octets } = await octetsAt('/pop3/messages/2?lines=0')
    expect(octets.endsWith('\r\n\r\n')).toBe(true)
  })

  test('by its unique-id, whatever its number', async () => {
    const { uid } = (await listed())[1]!
    const { body } = await get(`/pop3/messages/uid:${uid}`).expect(200)
    expect(body).toMatchObject({ number: 2, uid })
  })

  test.each(['/pop3/messages/99', '/pop3/messages/uid:of-nobody'])(
    'no such message: 404 (%s)',
    async (path) => {
      const { body } = await get(path).expect(404)
      expect(body).toMatchObject({
        type: '/problems/no-such-message',
        outcome: 'rejected',
        stage: 'transaction',
      })
      const raw = await get(path).set('Accept', 'message/rfc822').expect(404)
      expect(raw.type).toBe('application/problem+json')
    },
  )

  test.each(['user', 'apop', 'PLAIN', 'login'])('logging in by %s', async (auth) => {
    const { body } = await get('/pop3/stat').query({ auth }).expect(200)
    expect(body.auth.chosen).toBe(auth.toUpperCase())
  })

  test('a server without CAPA, UIDL and TLS: its message can be read, and has no unique-id', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK Logged in.',
      '-ERR Unknown command.',
      '+OK\r\nSubject: x\r\n\r\n..\r\n.',
      '+OK Bye',
    )
    const response = await get('/pop3/messages/1').query(onItsOwn(server)).expect(200)
    expect(response.body).toMatchObject({ uid: null, octets: 17, text: '.\n' })
    expect(response.headers).not.toHaveProperty('etag')
    expect(findingsOf(response)).toEqual(['uidl-not-supported'])
  })
})

describe('a service that takes small messages only', () => {
  const small = service({ env: { MAILWIRE_MAX_MESSAGE_BYTES: '300' } })

  test('parses none that is larger, and hands its octets on', async () => {
    const { body } = await small.agent.get('/pop3/messages/1').auth('bob', 'sandbox').expect(502)
    expect(body).toMatchObject({ type: '/problems/limit-exceeded', outcome: 'failed', stage: 'transaction' })
    await small.agent
      .get('/pop3/messages/1')
      .set('Accept', 'message/rfc822')
      .auth('bob', 'sandbox')
      .expect(200)
  })
})

describe('deleting', () => {
  test('by unique-id: it is gone, and the answer says that it was committed', async () => {
    await sendToBob()
    const { number, uid } = (await listed()).at(-1)!
    const response = await remove(`/pop3/messages/uid:${uid}`).expect(200)
    expect(response.body).toMatchObject({ outcome: 'ok', deleted: [{ number, uid }], committed: true })
    expect(findingsOf(response)).toEqual([])
    expect(verbsOf(response).slice(-2)).toEqual(['DELE', 'QUIT'])
    expect((await listed()).map((message) => message.uid)).not.toContain(uid)
    await remove(`/pop3/messages/uid:${uid}`).expect(404)
  })

  test('by number: it is done, and that the number may have moved is a finding', async () => {
    await sendToBob()
    const { number } = (await listed()).at(-1)!
    const response = await remove(`/pop3/messages/${number}`).expect(200)
    expect(findingsOf(response)).toEqual(['number-may-move'])
  })

  test('with the right If-Match: only that message', async () => {
    await sendToBob()
    const { number, uid } = (await listed()).at(-1)!
    const response = await remove(`/pop3/messages/${number}`)
      .set('If-Match', `"some-other", "${uid}"`)
      .expect(200)
    expect(response.body).toMatchObject({ deleted: [{ number, uid }], committed: true })
    expect(findingsOf(response)).toEqual([])
  })

  test('with the If-Match of another message: 412, and nothing is deleted', async () => {
    const before = await listed()
    const response = await remove('/pop3/messages/1').set('If-Match', `"${before[1]!.uid}"`).expect(412)
    expect(response.body).toMatchObject({
      type: '/problems/precondition-failed',
      outcome: 'rejected',
      committed: false,
      deleted: [],
    })
    expect(verbsOf(response)).not.toContain('DELE')
    expect(await listed()).toEqual(before)
  })

  test('the server refuses DELE: nothing is deleted, and QUIT is not said', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK 1 abc',
      '-ERR Permission denied',
    )
    const { body } = await remove('/pop3/messages/1').query(onItsOwn(server)).expect(422)
    expect(body).toMatchObject({ outcome: 'rejected', committed: false })
    await server.left()
    expect(server.heard.at(-1)).toBe('DELE 1')
  })

  test('QUIT is answered no: the deletion is not committed', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK 1 abc',
      '+OK',
      '-ERR some deleted messages not removed',
    )
    const { body } = await remove('/pop3/messages/1').query(onItsOwn(server)).expect(422)
    expect(body).toMatchObject({
      type: '/problems/deletion-not-committed',
      outcome: 'rejected',
      stage: 'update',
      committed: false,
    })
  })

  test('QUIT is not answered: nobody knows, and the answer says so', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK 1 abc',
      '+OK',
      'CLOSE',
    )
    const { body } = await remove('/pop3/messages/1').query(onItsOwn(server)).expect(502)
    expect(body).toMatchObject({
      type: '/problems/outcome-unknown',
      outcome: 'unknown',
      stage: 'update',
      deleted: [{ number: 1, uid: 'abc' }],
      committed: 'unknown',
    })
    expect(body.transcript.entries.at(-1).text).toBe('by this service, QUIT was not answered')
  })
})

describe('the mailbox’s credentials', () => {
  test('missing: 401 that asks for them, and nothing is connected', async () => {
    const server = await mailServer()
    const response = await mailwire.agent
      .get('/pop3/stat')
      .query({ server: `pop3://127.0.0.1:${server.port}` })
      .expect(401)
    expect(response.body.type).toBe('/problems/mailbox-credentials-missing')
    expect(response.headers['www-authenticate']).toBe('Basic realm="mailbox", charset="UTF-8"')
    expect(server.connections()).toBe(0)
  })

  test.each([
    'Bearer abc',
    'Basic %%%',
    'Basic',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    'Basic /////w==',
  ])('that cannot be read: 401 (%s)', async (authorization) => {
    await mailwire.agent.get('/pop3/stat').set('Authorization', authorization).expect(401)
  })

  test('wrong: 401 with what the server said', async () => {
    const response = await mailwire.agent.get('/pop3/stat').auth('bob', 'the wrong one').expect(401)
    expect(response.body).toMatchObject({
      type: '/problems/credentials-rejected',
      outcome: 'rejected',
      stage: 'auth',
      reply: { status: '-ERR', responseCode: 'AUTH' },
    })
    expect(response.headers['www-authenticate']).toMatch(/^Basic /)
  })

  test('never in the clear: 422 before a byte of them is sent', async () => {
    const server = `pop3://127.0.0.1:${mailwire.sandbox.pop3Port}`
    const response = await get('/pop3/stat').query({ server, auth: 'plain' }).expect(422)
    expect(response.body).toMatchObject({
      type: '/problems/credentials-need-tls',
      outcome: 'failed',
      stage: 'auth',
    })
    expect(verbsOf(response)).not.toContain('AUTH')
  })

  test('a password with a colon and letters beyond ASCII is the whole password', async () => {
    const server = await mailServer('+OK ready', '-ERR Unknown command.', '+OK', '-ERR [AUTH] no')
    await mailwire.agent.get('/pop3/stat').query(onItsOwn(server)).auth('bob', 'pass:wörd:of bob').expect(401)
    expect(Buffer.from(server.heard[2] ?? '', 'latin1').toString()).toBe('PASS pass:wörd:of bob')
  })
})

describe('the form of the answer', () => {
  test('transcript=none leaves it out', async () => {
    const { body } = await get('/pop3/stat').query({ transcript: 'none' }).expect(200)
    expect(body).not.toHaveProperty('transcript')
    const refused = await get('/pop3/stat', 'busy').query({ transcript: 'none' }).expect(423)
    expect(refused.body).not.toHaveProperty('transcript')
  })

  test('text, for a success and for a problem', async () => {
    const ok = await get('/pop3/stat').accept('text/plain').expect(200)
    expect(ok.text).toContain('=== outcome: ok (stage transaction)')
    const refused = await get('/pop3/stat', 'busy').accept('text/plain').expect(423)
    expect(refused.text).toMatch(/<~. -ERR \[IN-USE\] Mailbox is locked by another POP3 session\./)
    expect(refused.text).toContain('more: /problems/mailbox-in-use')
    expect(refused.headers).toHaveProperty('retry-after')
  })

  test('HEAD has the head of GET and no body, and reads the message all the same', async () => {
    const { uid } = (await listed())[0]!
    const response = await mailwire.agent.head('/pop3/messages/1').auth('bob', 'sandbox').expect(200)
    expect(response.headers['etag']).toBe(`"${uid}"`)
    const raw = await mailwire.agent
      .head('/pop3/messages/1')
      .set('Accept', 'message/rfc822')
      .auth('bob', 'sandbox')
    expect([raw.status, raw.headers['etag']]).toEqual([200, `"${uid}"`])
  })

  test('a message that breaks off in the middle breaks off the answer', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK 1 abc',
      Buffer.from('+OK\r\nSubject: x\r\n\r\nhal'),
      'CLOSE',
    )
    const query = new URLSearchParams(onItsOwn(server))
    const answer = await fetch(`${mailwire.url}/pop3/messages/1?${query}`, {
      headers: {
        Accept: 'message/rfc822',
        Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`,
      },
    })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
  })
})
