import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { findingsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

const send = (body: object) => mailwire.agent.post('/smtp/send').send(body)

/** The sandbox by its URL: nothing of its certificate is known then. */
const sandboxUrl = (scheme: 'smtp' | 'smtps' = 'smtp') =>
  `${scheme}://127.0.0.1:${scheme === 'smtp' ? mailwire.sandbox.smtpPort : mailwire.sandbox.smtpsPort}`

describe('tls', () => {
  test('off: nothing is encrypted', async () => {
    const response = await send({ envelope: TO_BOB, tls: 'off' }).expect(200)
    expect(response.body.transcript.tls).toBeNull()
    expect(verbsOf(response)).not.toContain('STARTTLS')
  })

  test('opportunistic and required: STARTTLS, and both verdicts on the certificate', async () => {
    for (const tls of ['opportunistic', 'required']) {
      const { body } = await send({ envelope: TO_BOB, tls }).expect(200)
      expect(body.transcript.tls).toMatchObject({ trusted: true, nameMatches: true, verifyError: null })
    }
  })

  test('required, where STARTTLS is not offered: nothing is said but QUIT, and what was offered is told', async () => {
    const server = await mailServer(
      '220 mx.example.test ESMTP',
      '250-mx.example.test\r\n250 SIZE 1000',
      '221 Bye',
    )
    const response = await send({
      server: `smtp://127.0.0.1:${server.port}`,
      tls: 'required',
      envelope: TO_BOB,
    }).expect(422)
    expect(response.body).toMatchObject({
      type: '/problems/starttls-not-offered',
      outcome: 'failed',
      stage: 'starttls',
      offered: ['SIZE 1000'],
    })
    expect(server.heard).toEqual(['EHLO probe.example.test', 'QUIT'])
  })

  test('from the first octet, by smtps: and the certificate that the call trusts', async () => {
    const response = await send({
      server: sandboxUrl('smtps'),
      tlsCa: mailwire.sandbox.ca,
      tlsServername: 'sandbox.test',
      envelope: TO_BOB,
    }).expect(200)
    expect(response.body.transcript.tls).toMatchObject({ trusted: true, nameMatches: true })
    expect(verbsOf(response)).not.toContain('STARTTLS')
  })

  test.each([
    ['certificate-untrusted', 'sandbox.test', 'system'],
    ['certificate-name-mismatch', 'mx.example.test', 'given'],
  ])('required, and %s: 502', async (code, tlsServername, authority) => {
    const tlsCa = authority === 'given' ? { tlsCa: mailwire.sandbox.ca } : {}
    const options = { server: sandboxUrl(), tls: 'required', tlsServername, ...tlsCa }
    const { body } = await send({ ...options, envelope: TO_BOB }).expect(502)
    expect(body).toMatchObject({ outcome: 'failed', stage: 'starttls', diagnosis: { code } })
    const { trusted, nameMatches } = body.transcript.tls
    expect([trusted, nameMatches]).toEqual([authority === 'given', tlsServername === 'sandbox.test'])
  })

  test('opportunistic, with a certificate that does not verify: goes on, and says so', async () => {
    const response = await send({ server: sandboxUrl(), envelope: TO_BOB }).expect(200)
    expect(response.body.transcript.tls.trusted).toBe(false)
    expect(findingsOf(response)).toContain('certificate-untrusted')
  })

  test('tlsVerify false makes a bad certificate a finding', async () => {
    const server = sandboxUrl('smtps')
    await send({ server, envelope: TO_BOB }).expect(502)
    const response = await send({ server, tlsVerify: false, envelope: TO_BOB }).expect(200)
    expect(findingsOf(response)).toContain('certificate-untrusted')
  })
})

describe('auth', () => {
  const auth = { user: 'alice', password: 'sandbox' }

  test.each(['plain', 'LOGIN'])('by %s', async (mechanism) => {
    const { body } = await send({ envelope: TO_BOB, auth: { ...auth, mechanism } }).expect(200)
    expect(body.auth).toEqual({
      offered: { beforeTls: [], now: ['PLAIN', 'LOGIN'] },
      tried: [mechanism.toUpperCase()],
      chosen: mechanism.toUpperCase(),
    })
    const login = body.transcript.entries.filter(
      ({ kind = '', redacted = false, line = '' }) => kind === 'command' && redacted && !line.includes('@'),
    )
    expect(login.length).toBeGreaterThan(0)
    for (const { line, tls } of login) expect([line, tls]).toEqual([expect.stringContaining('***'), true])
  })

  test('a wrong password is refused, and no other mechanism is tried', async () => {
    const { body } = await send({
      envelope: TO_BOB,
      auth: { user: 'alice', password: 'wrong horse' },
    }).expect(422)
    expect(body).toMatchObject({
      type: '/problems/credentials-rejected',
      outcome: 'rejected',
      stage: 'auth',
      reply: { code: 535 },
      auth: { tried: ['PLAIN'], chosen: null },
    })
  })

  test('credentials never go over a connection in the clear, or one whose certificate does not verify', async () => {
    for (const options of [{ tls: 'off' }, { server: sandboxUrl() }]) {
      const response = await send({
        ...options,
        envelope: TO_BOB,
        auth: { ...auth, mechanism: 'plain' },
      }).expect(422)
      expect(verbsOf(response)).not.toContain('AUTH')
      expect(response.body).toMatchObject({ outcome: 'failed', stage: 'auth' })
      if ('server' in options) expect(response.body.type).toBe('/problems/credentials-need-tls')
    }
  })

  test('allowInsecure lets them go to a server whose certificate does not verify', async () => {
    const response = await send({
      server: sandboxUrl(),
      envelope: TO_BOB,
      auth: { ...auth, allowInsecure: true },
    })
    expect([response.status, response.body.auth?.chosen]).toEqual([200, 'PLAIN'])
  })

  test('asked to log in where nothing is offered: 422 auth-not-offered, and the message is not sent', async () => {
    const server = await mailServer('220 mx.example.test ESMTP', '250 mx.example.test', '221 Bye')
    const { body } = await send({ server: `smtp://127.0.0.1:${server.port}`, envelope: TO_BOB, auth }).expect(
      422,
    )
    expect(body).toMatchObject({ type: '/problems/auth-not-offered', outcome: 'failed', stage: 'auth' })
    expect(server.heard).toEqual(['EHLO probe.example.test', 'QUIT'])
  })

  test('a mechanism that is not offered is not replaced by another', async () => {
    const { body } = await send({ envelope: TO_BOB, auth: { ...auth, mechanism: 'cram-md5' } }).expect(422)
    expect(body).toMatchObject({ type: '/problems/mechanism-not-supported', offered: ['PLAIN', 'LOGIN'] })
  })

  test('a server that says the password back, in whatever spelling: the answer and the log hold none of them', async () => {
    const password = 'say it back: Pässwörd'
    const spellings = [
      encodeURIComponent(password),
      Buffer.from(password).toString('hex'),
      password.toUpperCase(),
    ]
    const server = await mailServer(
      '220 mx.example.test ESMTP',
      '250-mx.example.test\r\n250 AUTH PLAIN',
      (line) => {
        const response = line.split(' ')[2] ?? ''
        const said = Buffer.from(response, 'base64').toString().replaceAll('\0', ' ')
        return `535 5.7.8 ${[line, said, ...spellings].join(' | ')}`
      },
      '221 Bye',
    )
    const call = { server: `smtp://127.0.0.1:${server.port}`, envelope: TO_BOB }
    const { body } = await send({ ...call, auth: { user: 'alice', password, allowInsecure: true } }).expect(
      422,
    )
    // that nothing is said is looked at when the file is through
    expect(body.reply.lines[0].match(/\*\*\*/g)).toHaveLength(5)
    expect(server.heard[1]).toContain(Buffer.from(`\0alice\0${password}`).toString('base64'))
  })
})

test('a password that is a common word takes nothing out of our own sentences', async () => {
  // not through the agent, which would take the word in the sentence for a leak
  const answer = await fetch(`${mailwire.url}/pop3/stat`, {
    headers: { Authorization: `Basic ${Buffer.from('bob:wrong').toString('base64')}` },
  })
  const { diagnosis } = (await answer.json()) as { diagnosis: { cause: string } }
  expect(diagnosis.cause).toContain('Which of the two is wrong')
})
