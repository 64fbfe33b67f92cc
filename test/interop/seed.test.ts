import type { Response } from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService, type TestService } from '../support/service.ts'
import { type Account, accounts, hostname } from './support/accounts.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'
import { type Postfix, startPostfix } from './support/postfix.ts'

const { alice, bob, carol, dave, erin } = accounts

type Step = Record<string, unknown>
interface Told {
  send?: string
  reply: { code?: number; status?: string; lines: string[] } | null
  diagnosis?: { code: string }
}

/** What people were told to type into telnet, line by line; and each way in which they were told it may fail. */
interop('telnet to a mail server, as a call', () => {
  let lab: Lab
  let strict: Postfix
  let service: TestService

  beforeAll(async () => {
    lab = await startLab()
    const { authority, postfix, dovecot } = lab
    const certificate = await authority.issue({ names: [hostname, '127.0.0.1'] })
    // "if you get an error that blank sender is not allowed"
    const sender = 'check_sender_access inline:{ { <> = 550 5.7.1 Blank sender is not allowed here } }'
    strict = await startPostfix({ certificate, dovecot, main: { smtpd_sender_restrictions: sender } })
    const tlsCa = authority.cert
    const servers = {
      mail: { smtp: `smtp://127.0.0.1:${postfix.smtp}`, pop3: `pop3://127.0.0.1:${dovecot.pop3}`, tlsCa },
      submission: { smtp: `smtp://127.0.0.1:${postfix.submission}`, tlsCa },
      strict: { smtp: `smtp://127.0.0.1:${strict.smtp}`, tlsCa },
    }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'mail' },
      files: { '/servers.json': JSON.stringify({ servers }) },
    })
  })
  afterAll(async () => {
    await service.close()
    await Promise.all([lab.stop(), strict.stop()])
  })

  const call = (protocol: 'smtp' | 'pop3', steps: readonly Step[], more: object = {}) =>
    service.agent.post(`/${protocol}/session`).send({ steps, ...more })
  const typed = (...lines: readonly string[]): Step[] => lines.map((send) => ({ send }))
  const stepsOf = ({ body }: Response): Told[] => (body as { steps: Told[] }).steps
  const codesOf = (response: Response) =>
    stepsOf(response).map(({ reply }) => reply?.code ?? reply?.status ?? null)
  const counted = async ({ name, password }: Account): Promise<number> =>
    (await service.agent.get('/pop3/stat').auth(name, password).expect(200)).body.messages
  const arrives = (account: Account, count: number) =>
    expect.poll(() => counted(account), { timeout: 15_000 }).toBe(count)

  test('HELO, MAIL FROM, RCPT TO, DATA, the message, a dot, QUIT', async () => {
    const response = await call(
      'smtp',
      typed(
        'HELO anything.you.want',
        'MAIL FROM: yourname@whereever.com',
        `RCPT TO: ${alice.address}`,
        'DATA',
        'Subject: typed',
        '',
        'Type your message',
        '.',
        'QUIT',
      ),
    ).expect(200)
    expect(response.body).toMatchObject({
      outcome: 'accepted',
      diagnosis: { code: 'accepted-not-delivered' },
    })
    expect(codesOf(response)).toEqual([250, 250, 250, 354, null, null, null, 250, 221])
    await arrives(alice, 1)
  })

  test('EHLO instead of HELO, and the message in one step, with a line that begins with a dot', async () => {
    const response = await call('smtp', [
      { send: 'EHLO anything.you.want', expect: '^250-PIPELINING$' },
      { send: 'MAIL FROM:<yourname@whereever.com>', expect: '250' },
      { send: `RCPT TO:<${bob.address}>`, expect: '2xx' },
      { send: 'DATA', expect: '354' },
      { data: 'Subject: one step\n\n.hidden\n', expect: 'queued as (?<id>\\w+)' },
      { send: 'QUIT', expect: '221' },
    ]).expect(200)
    expect(response.body.outcome).toBe('accepted')
    await arrives(bob, 1)
    const { body } = await service.agent.get('/pop3/messages/1').auth(bob.name, bob.password).expect(200)
    expect(body.text).toBe('.hidden\n')
  })

  test('without a sender: MAIL left out, MAIL with nothing, and the null sender, which is one', async () => {
    const response = await call(
      'smtp',
      typed('HELO me', `RCPT TO:<${alice.address}>`, 'MAIL FROM:', 'MAIL FROM:<>', 'QUIT'),
    ).expect(200)
    expect(stepsOf(response).map(({ reply, diagnosis }) => [reply?.code, diagnosis?.code])).toEqual([
      [250, undefined],
      [503, 'bad-sequence'],
      [501, 'syntax-error'],
      [250, undefined],
      [221, undefined],
    ])
  })

  test.each([
    ['mail to somewhere else', 'mail', 'a@elsewhere.test', 'x@other.test', 'relay-denied'],
    ['no such user', 'mail', 'a@elsewhere.test', 'nosuchuser@lab.test', 'unknown-user'],
    ['a blank sender', 'strict', '', alice.address, 'null-sender-rejected'],
  ])('refused: %s', async (_what, server, from, to, code) => {
    const steps = [
      { send: 'HELO me', expect: '250' },
      { send: `MAIL FROM:<${from}>`, expect: '2xx' },
      { send: `RCPT TO:<${to}>`, expect: '2xx' },
      { send: 'DATA', expect: '354' },
    ]
    const response = await call('smtp', steps, { server, onUnexpected: 'quit' }).expect(422)
    expect(response.body).toMatchObject({ outcome: 'rejected', stage: 'rcpt', diagnosis: { code } })
    expect(stepsOf(response).length).toBe(3)
  })

  test('refused: a login is required; and with the login, the same is accepted', async () => {
    const steps = [
      { send: 'EHLO me', expect: 'AUTH' },
      { send: `MAIL FROM:<${bob.address}>`, expect: '2xx' },
      { send: 'RCPT TO:<x@other.test>', expect: '2xx' },
    ]
    const submission = { server: 'submission', tls: 'required' }
    const without = await call('smtp', steps, submission).expect(422)
    expect(without.body).toMatchObject({ stage: 'rcpt', diagnosis: { code: 'auth-required' } })
    const clear = await call('smtp', typed('EHLO me', 'MAIL FROM:<a@x.test>'), {
      server: 'submission',
    }).expect(200)
    expect(stepsOf(clear)[1]?.diagnosis?.code).toBe('starttls-required')
    const auth = { user: bob.name, password: bob.password }
    await call('smtp', steps, { ...submission, auth }).expect(200)
  })

  test('STARTTLS and AUTH by hand, and by the steps for them', async () => {
    const response = Buffer.from(`\0${dave.name}\0${dave.password}`).toString('base64')
    const byHand = await call(
      'smtp',
      [
        ...typed('EHLO me', 'STARTTLS'),
        { startTls: true },
        ...typed('EHLO me', `AUTH PLAIN ${response}`, 'QUIT'),
      ],
      { server: 'submission' },
    ).expect(200)
    expect(codesOf(byHand)).toEqual([250, 220, null, 250, 235, 221])
    expect(stepsOf(byHand)[4]?.send).toBe('AUTH PLAIN ***')
    const login = { user: dave.name, password: dave.password, mechanism: 'scram-sha-256' }
    const byStep = await call(
      'smtp',
      [...typed('EHLO me', 'STARTTLS'), { startTls: true }, { login }, { send: 'QUIT' }],
      { server: 'submission' },
    ).expect(200)
    expect(byStep.body.auth.chosen).toBe('SCRAM-SHA-256')
  })

  test('the envelope in one flight', async () => {
    const steps = [
      { send: 'EHLO me', expect: '250' },
      ...typed(
        'MAIL FROM:<a@elsewhere.test>',
        `RCPT TO:<${erin.address}>`,
        'RCPT TO:<nobody@lab.test>',
        'DATA',
      ),
      { data: 'Subject: grouped\n\nx\n', expect: '250' },
      { send: 'QUIT' },
    ]
    const response = await call('smtp', steps, { pipelining: 'on' }).expect(200)
    expect(codesOf(response)).toEqual([250, 250, 250, 550, 354, 250, 221])
    // connect, greeting, EHLO, the envelope, the content, QUIT
    expect(response.body.transcript.roundTrips).toBe(6)
    await arrives(erin, 1)
  })

  test('BDAT, chunk by chunk', async () => {
    const chunk = (text: string): Step => ({ raw: Buffer.from(text).toString('base64') })
    const steps = [
      ...typed('EHLO me', 'MAIL FROM:<a@elsewhere.test>', `RCPT TO:<${erin.address}>`, 'BDAT 12'),
      { ...chunk('Subject: x\r\n'), expect: '250' },
      { send: 'BDAT 8 LAST' },
      { ...chunk('\r\n.\r\ny\r\n'), expect: 'queued' },
      { send: 'QUIT' },
    ]
    const response = await call('smtp', steps).expect(200)
    expect(response.body.outcome).toBe('accepted')
  })

  test('USER, PASS, STAT, LIST, RETR, DELE, QUIT', async () => {
    lab.dovecot.put(carol.name, 'Subject: first\r\n\r\n.one\r\n')
    lab.dovecot.put(carol.name, 'Subject: second\r\n\r\ntwo\r\n')
    const response = await call('pop3', [
      { send: `USER ${carol.name}`, expect: '+OK' },
      { send: `PASS ${carol.password}`, secret: carol.password, expect: '+OK' },
      { send: 'STAT', expect: '^\\+OK 2 (?<octets>\\d+)$' },
      { send: 'LIST', expect: '^1 (?<size>\\d+)$' },
      { send: 'RETR 1', expect: '^\\.one$' },
      { send: 'DELE 1', expect: '+OK' },
      { send: 'QUIT', expect: '+OK' },
    ]).expect(200)
    expect(response.body).toMatchObject({ outcome: 'ok', stage: 'update' })
    const steps = stepsOf(response)
    expect(steps[3]?.reply?.lines.length).toBe(3)
    expect(steps[4]?.reply?.lines.slice(1)).toEqual(['Subject: first', '', '.one'])
    expect(await counted(carol)).toBe(1)
  })

  test('AUTH is refused after USER, and PASS works all the same', async () => {
    const response = await call(
      'pop3',
      typed(`USER ${dave.name}`, 'AUTH NTLM', `PASS ${dave.password}`, 'STAT', 'QUIT'),
    ).expect(200)
    expect(codesOf(response)).toEqual(['+OK', '-ERR', '+OK', '+OK', '+OK'])
    expect(stepsOf(response)[1]?.diagnosis?.code).toBe('mechanism-not-supported')
    expect(response.body.transcript.findings.map(({ code }: { code: string }) => code)).toContain(
      'secret-in-the-clear',
    )
  })

  test.each([
    [
      'a wrong password',
      typed(`USER ${dave.name}`),
      { send: 'PASS not-daves-password', expect: '+OK' },
      'auth',
      'credentials-rejected',
    ],
    ['a listing without a login', [], { send: 'LIST', expect: '+OK' }, 'auth', 'bad-sequence'],
    [
      'a message that is not there',
      typed(`USER ${dave.name}`, `PASS ${dave.password}`),
      { send: 'RETR 99', expect: '+OK' },
      'transaction',
      'no-such-message',
    ],
  ])('refused: %s', async (_what, before, step, stage, code) => {
    const { body } = await call('pop3', [...before, step], { onUnexpected: 'quit' }).expect(422)
    expect(body).toMatchObject({ outcome: 'rejected', stage, diagnosis: { code } })
  })

  test('you may quit at any time, and without QUIT nothing is deleted', async () => {
    await call('pop3', typed('QUIT')).expect(200)
    lab.dovecot.put(dave.name, 'Subject: stays\r\n\r\n\r\n')
    const before = await counted(dave)
    const auth = { user: dave.name, password: dave.password }
    await call('pop3', [{ send: 'DELE 1', expect: '+OK' }, { drop: true }], { auth }).expect(200)
    expect(await counted(dave)).toBe(before)
  })
})
