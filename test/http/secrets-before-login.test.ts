import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { forms } from '../support/secrets-watch.ts'
import { service } from '../support/service.ts'

/*
 * A server that has seen the password before can say it before the login of this session: what is written down and streamed
 * by then cannot be taken back.
 */

const mailwire = service()
const PASSWORD = 'correct-horse-battery'
const ECHO = `last time you said ${PASSWORD}, or ${Buffer.from(PASSWORD).toString('base64')}`
const auth = { user: 'alice', password: PASSWORD, allowInsecure: true }
const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }

const holds = (text: string): string[] => forms(PASSWORD).filter((form) => text.includes(form))

describe.each(['application/json', 'text/plain', 'text/markdown', 'text/event-stream'])('as %s', (type) => {
  test('a greeting and an EHLO reply that hold the password show it nowhere', async () => {
    const { port } = await mailServer(
      `220 ${ECHO}`,
      `250-mx\r\n250-AUTH PLAIN\r\n250 X-${ECHO}`,
      '535 5.7.8 No',
    )
    const { text } = await mailwire.agent
      .post('/smtp/send')
      .accept(type)
      .send({ server: `smtp://127.0.0.1:${port}`, auth, envelope })
    expect(text).toContain('last time you said ***')
    expect(holds(text)).toEqual([])
  })

  test.each(['stat', 'capabilities'])('the same in /pop3/%s', async (route) => {
    const { port } = await mailServer(`+OK ${ECHO}`, `+OK\r\nUSER\r\nX-${ECHO}\r\n.`, '-ERR no', '+OK')
    const { text } = await mailwire.agent
      .get(`/pop3/${route}`)
      .accept(type)
      .query({ server: `pop3://127.0.0.1:${port}`, auth: 'user', allowInsecureAuth: 'true' })
      .auth('alice', PASSWORD)
    expect(text).toContain('last time you said ***')
    expect(holds(text)).toEqual([])
  })

  test.each([
    ['by its place in the line', { send: `AUTH PLAIN ${PASSWORD}` }],
    ['because it is called one', { send: `X-KEY ${PASSWORD}`, secret: true }],
    ['wherever it stands', { send: `X-KEY ${PASSWORD} now`, secret: PASSWORD }],
    ['in a login', { login: { user: 'alice', password: PASSWORD } }],
  ])('the same in a scripted session, where it is a secret %s', async (_, step) => {
    const { port } = await mailServer(`220 ${ECHO}`, '500 no', '221 Bye')
    const { text } = await mailwire.agent
      .post('/smtp/session')
      .accept(type)
      .send({ server: `smtp://127.0.0.1:${port}`, steps: [{ send: 'NOOP' }, step], onUnexpected: 'stop' })
    expect(text).toContain('last time you said ***')
    expect(holds(text)).toEqual([])
  })

  test('an SMTP server that knows the password of the POP3 login before it shows it nowhere', async () => {
    const pop3 = await mailServer('+OK ready', '+OK\r\nUSER\r\n.', '+OK', '+OK', '+OK 0 0', '+OK Bye')
    const { port } = await mailServer(`220 ${ECHO}`, '250 mx', '550 5.7.1 No', '221 Bye')
    const { text } = await mailwire.agent
      .post('/smtp/send')
      .accept(type)
      .send({
        server: `smtp://127.0.0.1:${port}`,
        auth: { ...auth, popBefore: `pop3://127.0.0.1:${pop3.port}` },
        envelope,
      })
    expect(text).toContain('last time you said ***')
    expect(holds(text)).toEqual([])
  })
})
