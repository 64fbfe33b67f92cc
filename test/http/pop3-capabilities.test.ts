import { expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

interface Shown {
  keyword: string
  parameters: string[]
  line: string
  explanation: string | null
}

interface Graded {
  level: string
  code: string
}

const keywords = (list: Shown[]) => list.map(({ keyword }) => keyword)

test('without credentials nobody logs in: what is offered in the clear and with TLS, explained', async () => {
  const response = await mailwire.agent.get('/pop3/capabilities').expect(200)
  const { capabilities, greeting, apop, transcript, auth } = response.body
  expect(verbsOf(response)).toEqual(['CAPA', 'STLS', 'CAPA', 'QUIT'])
  expect(keywords(capabilities.before)).toContain('STLS')
  expect(keywords(capabilities.afterTls)).toContain('USER')
  expect(capabilities.afterLogin).toEqual([])
  expect(capabilities.before).toContainEqual({
    keyword: 'STLS',
    parameters: [],
    line: 'STLS',
    explanation: 'STLS begins TLS on this connection (RFC 2595 §4).',
  })
  for (const { explanation } of [...capabilities.before, ...capabilities.afterTls])
    expect(explanation).toEqual(expect.any(String))
  expect(greeting).toContain(apop)
  expect(transcript.tls.certificate.names).toContain('sandbox.test')
  expect(auth).toBeNull()
  expect(response.body).toMatchObject({
    expireDays: 'never',
    loginDelaySeconds: null,
    implementation: 'Mailwire',
  })
})

test('with credentials, also what is offered behind the login', async () => {
  const response = await mailwire.agent.get('/pop3/capabilities').auth('bob', 'sandbox').expect(200)
  expect(verbsOf(response)).toEqual(['CAPA', 'STLS', 'CAPA', 'AUTH', 'CAPA', 'QUIT'])
  expect(keywords(response.body.capabilities.afterLogin)).toContain('PIPELINING')
  expect(keywords(response.body.capabilities.afterLogin)).not.toContain('USER')
  expect(response.body.auth.chosen).toBe('PLAIN')
})

test('what whoever runs the server should know is graded, in JSON and as text', async () => {
  const server = await mailServer(
    '+OK ready <1896.697170952@mail.example.com>',
    '+OK\r\nUSER\r\nTOP\r\nLOGIN-DELAY 900\r\nEXPIRE 0\r\n.',
    '+OK Bye',
  )
  const query = { server: `pop3://127.0.0.1:${server.port}`, transcript: 'none' }
  const { body } = await mailwire.agent.get('/pop3/capabilities').query(query).expect(200)
  expect(body.findings.map(({ level, code }: Graded) => `${level} ${code}`)).toEqual([
    'error starttls-not-offered',
    'warning auth-in-the-clear',
    'warning uidl-not-offered',
    'warning login-delay-long',
    'warning expire-at-once',
    'info response-codes-missing',
    'info pipelining-not-offered',
  ])
  expect(body.tls).toBeNull()
})

test('as text the findings follow the transcript', async () => {
  const server = await mailServer('+OK ready', '-ERR Unknown command.', '+OK Bye')
  const { text } = await mailwire.agent
    .get('/pop3/capabilities')
    .query({ server: `pop3://127.0.0.1:${server.port}` })
    .accept('text/plain')
    .expect(200)
  expect(text).toMatch(
    /=== outcome: ok[^\n]*\n\ninfo: The server does not know CAPA.*\(capa-not-known\)\n {2}\* Use/,
  )
})

test('a certificate that does not verify is an error, where the session goes on', async () => {
  const { sandbox } = mailwire
  const { body } = await mailwire.agent
    .get('/pop3/capabilities')
    .query({ server: `pop3://127.0.0.1:${sandbox.pop3Port}` })
    .expect(200)
  expect(body.findings).toMatchObject([{ level: 'error', code: 'certificate-untrusted' }])
  expect(body.tls).toMatchObject({ trusted: false, certificate: { names: expect.any(Array) } })
})

test('with the wrong ones: 401', async () => {
  await mailwire.agent.get('/pop3/capabilities').auth('bob', 'not the password').expect(401)
})

test('tls=off: nothing is asked with TLS', async () => {
  const response = await mailwire.agent.get('/pop3/capabilities?tls=off').expect(200)
  expect(verbsOf(response)).toEqual(['CAPA', 'QUIT'])
  expect(response.body.capabilities.afterTls).toEqual([])
})

test('a server that does not know CAPA, and whose greeting has no proper timestamp', async () => {
  const server = await mailServer('+OK ready <not a message-id>', '-ERR Unknown command.', '+OK Bye')
  const { body } = await mailwire.agent
    .get('/pop3/capabilities')
    .query({ server: `pop3://127.0.0.1:${server.port}` })
    .expect(200)
  expect(body).toMatchObject({
    greeting: 'ready <not a message-id>',
    apop: null,
    capabilities: { before: [], afterTls: [], afterLogin: [] },
    implementation: null,
  })
  expect(body.transcript.entries).toContainEqual(expect.objectContaining({ event: 'no-capa' }))
})

test('what servers of the field list, each explained', async () => {
  const lines = [
    'TOP',
    'USER',
    'SASL PLAIN XOAUTH2',
    'RESP-CODES',
    'LOGIN-DELAY 300 USER',
    'PIPELINING',
    'EXPIRE 60',
    'UIDL',
    'IMPLEMENTATION Cyrus POP3 v3.8.1',
    'UTF8 USER',
    'LANG',
    'X-ODD 1  2',
  ]
  const server = await mailServer('+OK ready', `+OK list follows\r\n${lines.join('\r\n')}\r\n.`, '+OK Bye')
  const { body } = await mailwire.agent
    .get('/pop3/capabilities')
    .query({ server: `pop3://127.0.0.1:${server.port}` })
    .expect(200)
  const { before } = body.capabilities
  expect(before.map(({ line }: Shown) => line)).toEqual(lines)
  const explanation = (keyword: string) =>
    before.find((shown: Shown) => shown.keyword === keyword)?.explanation
  expect(explanation('LOGIN-DELAY')).toContain('300 seconds have to pass; it may differ by user')
  expect(explanation('EXPIRE')).toContain('at least 60 days')
  expect(explanation('SASL')).toContain('PLAIN, XOAUTH2')
  expect(explanation('X-ODD')).toBeNull()
  expect(body).toMatchObject({
    loginDelaySeconds: 300,
    expireDays: 60,
    implementation: 'Cyrus POP3 v3.8.1',
  })
})
