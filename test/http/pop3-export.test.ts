import { beforeAll, describe, expect, test } from 'vitest'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { octetsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const MBOX = 'application/mbox'
const NDJSON = 'application/x-ndjson'

const get = (path: string, type: string) =>
  mailwire.agent.get(path).auth('bob', 'sandbox').set('Accept', type)

const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

/** What such a server answers until somebody is logged in. */
const LOGGED_IN = ['+OK ready', '-ERR Unknown command.', '+OK', '+OK']

async function textAt(path: string, type: string): Promise<string> {
  const response = await get(path, type).buffer(true).parse(octetsOf).expect(200)
  expect(response.type).toBe(type)
  expect(response.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-session-id': expect.stringMatching(/^[0-9A-Z]{26}$/),
  })
  return (response.body as Buffer).toString()
}

beforeAll(async () => {
  for (const subject of ['one', 'two', 'three']) {
    const raw = `Subject: ${subject}\r\n\r\nFrom the first line\r\n.\r\nlast of ${subject}\r\n`
    await mailwire.agent
      .post('/smtp/send')
      .send({ envelope: { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }, message: { raw } })
      .expect(200)
  }
})

describe('as a mailbox file', () => {
  test('all messages, one after the other', async () => {
    const text = await textAt('/pop3/messages', MBOX)
    expect(text.match(/^From \S+@sandbox\.test \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/gm)).toHaveLength(4)
    expect(text.match(/^>From the first line$/gm)).toHaveLength(3)
    expect(text.endsWith('\n.\nlast of three\n\n')).toBe(true)
    expect(text).not.toContain('\r')
  })

  test('chosen ones, in the order they are named', async () => {
    const text = await textAt('/pop3/messages?numbers=4,2-3', MBOX)
    expect(text.match(/^last of .*$/gm)).toEqual(['last of three', 'last of one', 'last of two'])
  })
})

describe('one parsed message a line', () => {
  const messagesAt = async (path: string) =>
    (await textAt(path, NDJSON))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { number: number; uid: string; subject: string; text: string })

  test('all of them', async () => {
    const messages = await messagesAt('/pop3/messages')
    expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4])
    expect(messages[1]).toMatchObject({ subject: 'one', text: 'From the first line\n.\nlast of one\n' })
    expect(messages[0]).toMatchObject({
      attachments: [{ number: 1, href: expect.stringMatching(/^\/pop3\/messages\/uid:.+\/attachments\/1$/) }],
    })
  })

  test('by their unique-ids', async () => {
    const [, one, , three] = await messagesAt('/pop3/messages')
    const messages = await messagesAt(`/pop3/messages?uids=${three?.uid},${one?.uid}`)
    expect(messages).toEqual([three, one])
  })

  test('a maildrop without messages is an answer without lines', async () => {
    const server = await mailServer(...LOGGED_IN, '+OK\r\n.', '+OK\r\n.', '+OK Bye')
    const response = await get('/pop3/messages', NDJSON).query(onItsOwn(server)).expect(200)
    expect([response.type, response.text]).toEqual([NDJSON, ''])
  })
})

describe('before the first message', () => {
  test.each(['numbers=1,99', 'numbers=99', 'uids=of-nobody'])(
    'one that is not there is a problem (%s)',
    async (query) => {
      const { body, type } = await get(`/pop3/messages?${query}`, MBOX).expect(404)
      expect([type, body.type]).toEqual(['application/problem+json', '/problems/no-such-message'])
    },
  )

  test('unique-ids on a server that gives none: 422', async () => {
    const server = await mailServer(...LOGGED_IN, '+OK\r\n1 9\r\n.', '-ERR Unknown command.', '+OK Bye')
    const { body } = await get('/pop3/messages?uids=a', MBOX).query(onItsOwn(server)).expect(422)
    expect(body.type).toBe('/problems/extension-not-offered')
  })

  test('a message that is refused is a problem', async () => {
    const server = await mailServer(
      ...LOGGED_IN,
      '+OK\r\n1 9\r\n.',
      '+OK\r\n1 a\r\n.',
      '-ERR [SYS/PERM] Unable to read message',
    )
    const { body } = await get('/pop3/messages', MBOX).query(onItsOwn(server)).expect(422)
    expect(body.outcome).toBe('rejected')
  })

  test.each([
    ['numbers=0', 'numbers'],
    ['numbers=3-1', 'numbers'],
    ['numbers=1-999999999', 'numbers'],
    ['numbers=1-10000,20000', 'numbers'],
    ['numbers=1e3', 'numbers'],
    ['numbers=9007199254740993', 'numbers'],
    ['numbers=1&numbers=2', 'numbers'],
    ['numbers=', 'numbers'],
    ['uids=', 'uids'],
    ['uids=a,,b', 'uids'],
    ['uids=%C3%A4', 'uids'],
    ['numbers=1&uids=a', 'uids'],
    ['limit=1', 'limit'],
    ['headers=subject', 'headers'],
    ['after=a', 'after'],
  ])('%s: 400', async (query, parameter) => {
    const { body } = await get(`/pop3/messages?${query}`, MBOX).expect(400)
    expect(body.errors[0]).toMatchObject({ parameter })
  })

  test('a listing does not choose by number', async () => {
    const { body } = await get('/pop3/messages?numbers=1', 'application/json').expect(400)
    expect(body.errors).toMatchObject([{ parameter: 'numbers' }])
  })
})

test.each([MBOX, NDJSON])(
  'a message that breaks off in the middle breaks off the answer (%s)',
  async (type) => {
    const whole = `Subject: whole\r\n\r\n${'x'.repeat(100_000)}\r\n`
    const server = await mailServer(
      ...LOGGED_IN,
      '+OK\r\n1 9\r\n2 9\r\n.',
      '+OK\r\n1 a\r\n2 b\r\n.',
      `+OK\r\n${whole}.`,
      (line) => {
        expect(line).toBe('RETR 2')
        return Buffer.from('+OK\r\nSubject: hal').toString()
      },
    )
    const query = new URLSearchParams({ ...onItsOwn(server), dataTimeout: '200' })
    const answer = await fetch(`${mailwire.url}/pop3/messages?${query}`, {
      headers: {
        Accept: type,
        Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`,
      },
    })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
  },
)

test('who reads slowly is not run ahead of', async () => {
  // far more than the sockets and streams between take in
  const line = `${'x'.repeat(998)}\r\n`
  const raw = `Subject: large\r\n\r\n${line.repeat(20_000)}`
  let sent = 0
  const server = await mailServer(
    ...LOGGED_IN,
    '+OK\r\n1 9\r\n2 9\r\n.',
    '+OK\r\n1 a\r\n2 b\r\n.',
    () => {
      sent += 1
      return `+OK\r\n${raw}.`
    },
    () => {
      sent += 1
      return `+OK\r\n${raw}.`
    },
    '+OK Bye',
  )
  const query = new URLSearchParams(onItsOwn(server))
  const answer = await fetch(`${mailwire.url}/pop3/messages?${query}`, {
    headers: {
      Accept: MBOX,
      Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`,
    },
  })
  const reader = answer.body?.getReader()
  await reader?.read()
  expect(sent).toBe(1)
  await reader?.cancel()
  await server.left()
  expect(sent).toBe(1)
})
