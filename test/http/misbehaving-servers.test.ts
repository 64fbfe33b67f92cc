import { describe, expect, test } from 'vitest'
import { closedPort, mailServer, type Turn } from '../support/mail-server.ts'
import { findingsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const TO_BOB = { from: 'alice@example.test', to: ['bob@example.test'] }

const send = (port: number, body: object = {}) =>
  mailwire.agent.post('/smtp/send').send({ server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB, ...body })

const GREETING = '220 mx.example.test ESMTP'
const OK = '250 2.0.0 Ok'
const GO = '354 End data with <CR><LF>.<CR><LF>'
/** Everything up to the end of the message. */
const UP_TO_DATA: Turn[] = [GREETING, '250 mx.example.test', OK, OK, GO]

/** What is expected of the problem beside its status: outcome, stage, diagnosis. */
type Told = [status: number, outcome: string, stage: string, diagnosis: string]

describe('POST /smtp/send and a server that', () => {
  const cases: [does: string, script: Turn[], told: Told, timeouts?: Record<string, number>][] = [
    ['says nothing', ['HANG'], [504, 'failed', 'greeting', 'greeting-timeout'], { greeting: 30 }],
    ['closes at once', ['CLOSE'], [502, 'failed', 'greeting', 'connection-closed']],
    ['resets after its greeting', [GREETING, 'RESET'], [502, 'failed', 'hello', 'connection-closed']],
    [
      'greets with garbage',
      [Buffer.from([0xff, 0x00, 0x01, 0x0d, 0x0a])],
      [502, 'failed', 'greeting', 'protocol-violation'],
    ],
    ['speaks POP3', ['+OK Dovecot ready.'], [502, 'failed', 'greeting', 'wrong-protocol']],
    [
      'speaks IMAP',
      ['* OK [CAPABILITY IMAP4rev1] Dovecot ready.'],
      [502, 'failed', 'greeting', 'wrong-protocol'],
    ],
    ['speaks SSH', ['SSH-2.0-OpenSSH_9.2p1 Debian-2'], [502, 'failed', 'greeting', 'wrong-protocol']],
    [
      'speaks HTTP',
      [Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), 'CLOSE'],
      [502, 'failed', 'greeting', 'wrong-protocol'],
    ],
    [
      'refuses service',
      ['554 No SMTP service here', '221 Bye'],
      [422, 'rejected', 'greeting', 'greeting-refused'],
    ],
    [
      'is busy',
      ['421 4.3.2 All server ports are busy', '221 Bye'],
      [503, 'deferred', 'greeting', 'service-unavailable'],
    ],
    ['never answers EHLO', [GREETING, 'HANG'], [504, 'failed', 'hello', 'reply-timeout'], { command: 30 }],
    [
      'drips, whatever it drips',
      [GREETING, '250-mx.example.test', 'HANG'],
      [504, 'failed', 'hello', 'reply-timeout'],
      { total: 60 },
    ],
    [
      'closes in the middle of a reply',
      [GREETING, Buffer.from('250-mx.example.test\r\n250-SI'), 'CLOSE'],
      [502, 'failed', 'hello', 'connection-closed'],
    ],
    [
      'answers STARTTLS with anything but TLS',
      [
        GREETING,
        '250-mx.example.test\r\n250 STARTTLS',
        '220 Ready to start TLS',
        Buffer.from('no handshake\r\n'),
        'CLOSE',
      ],
      [502, 'failed', 'starttls', 'tls-handshake-failed'],
    ],
    [
      'says something in the clear behind its yes to STARTTLS',
      [GREETING, '250-mx.example.test\r\n250 STARTTLS', Buffer.from('220 Ready\r\n250 injected\r\n')],
      [502, 'failed', 'starttls', 'starttls-injection'],
    ],
    [
      'closes after MAIL',
      [GREETING, '250 mx.example.test', 'CLOSE'],
      [502, 'failed', 'mail', 'connection-closed'],
    ],
    [
      'refuses DATA',
      [GREETING, '250 mx.example.test', OK, OK, '554 5.5.1 Error: no valid recipients', '221 Bye'],
      [422, 'rejected', 'data', 'no-valid-recipients'],
    ],
    [
      'takes the message and closes',
      [...UP_TO_DATA, 'CLOSE'],
      [502, 'unknown', 'end-of-data', 'outcome-unknown'],
    ],
    [
      'takes the message and resets',
      [...UP_TO_DATA, 'RESET'],
      [502, 'unknown', 'end-of-data', 'outcome-unknown'],
    ],
    [
      'takes the message and says nothing',
      [...UP_TO_DATA, 'HANG'],
      [502, 'unknown', 'end-of-data', 'outcome-unknown'],
      { final: 30 },
    ],
    [
      'takes the message and answers with garbage',
      [...UP_TO_DATA, 'what?'],
      [502, 'unknown', 'end-of-data', 'outcome-unknown'],
    ],
    [
      'defers the message',
      [...UP_TO_DATA, '452 4.3.1 Insufficient system storage', '221 Bye'],
      [503, 'deferred', 'end-of-data', 'server-storage-full'],
    ],
    [
      'refuses the message',
      [...UP_TO_DATA, '550 5.7.1 message content rejected', '221 Bye'],
      [422, 'rejected', 'end-of-data', 'content-rejected'],
    ],
  ]

  test.each(cases)('%s', async (_does, script, [status, outcome, stage, diagnosis], timeouts = {}) => {
    const server = await mailServer(...script)
    const response = await send(server.port, { timeouts })
    expect([
      response.status,
      response.body.outcome,
      response.body.stage,
      response.body.diagnosis?.code,
    ]).toEqual([status, outcome, stage, diagnosis])
    // what was said is never lost, and never is anything reported as accepted
    expect(response.body).toMatchObject({
      accepted: [],
      transcript: { id: response.headers['x-session-id'] },
    })
    expect(response.headers['retry-after']).toBe(status === 503 ? '60' : undefined)
  })

  test('is not there: 502 with the address that was tried', async () => {
    const port = await closedPort()
    const { body } = await send(port).expect(502)
    expect(body).toMatchObject({
      type: '/problems/connection-refused',
      outcome: 'failed',
      stage: 'connect',
      transcript: { server: { host: '127.0.0.1', port, address: null, greeting: null } },
    })
  })

  test('has a name that does not exist: 502, and DNS is told to be at fault', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/send')
      .send({ server: 'smtp://nowhere.invalid', envelope: TO_BOB, timeouts: { connect: 5000 } })
    expect([body.status, body.stage]).toEqual([502, 'dns'])
  })

  test('refuses some recipients: a text names all of them, with the reason of each', async () => {
    const to = ['bob@example.test', 'eve@example.test', 'dan@example.test']
    const script = [
      GREETING,
      '250 mx',
      OK,
      OK,
      '550 5.1.1 User unknown',
      '450 4.2.0 Greylisted',
      GO,
      OK,
      '221 Bye',
    ]
    const { text } = await send((await mailServer(...script)).port, { envelope: { ...TO_BOB, to } })
      .accept('text')
      .expect(200)
    expect(text).toContain(
      [
        'accepted: bob@example.test',
        'rejected: eve@example.test (unknown-user): 550 5.1.1 User unknown',
        'rejected: dan@example.test (greylisted): 450 4.2.0 Greylisted',
        '',
      ].join('\n'),
    )
    const all = [GREETING, '250 mx', OK, '550 5.1.1 No', '450 4.2.0 Greylisted', '221 Bye']
    const refused = await send((await mailServer(...all)).port, { envelope: { ...TO_BOB, to: to.slice(1) } })
      .accept('text')
      .expect(422)
    expect(refused.text).toContain('rejected: dan@example.test (greylisted): 450 4.2.0 Greylisted\n')
  })

  test('takes the message and says nothing: the same call again is not the remedy', async () => {
    const { body } = await send((await mailServer(...UP_TO_DATA, 'CLOSE')).port).expect(502)
    expect(body).toMatchObject({ outcome: 'unknown', diagnosis: { code: 'outcome-unknown', retry: 'no' } })
  })

  test('answers the message: the reply says what it answers', async () => {
    const { body } = await send((await mailServer(...UP_TO_DATA, OK, '221 Bye')).port).expect(200)
    const { entries } = body.transcript
    const answered = entries[entries[body.reply.seq].answers]
    expect(answered).toMatchObject({ kind: 'data', from: 'client' })
  })

  test('refuses the message, not the recipient: both are told the same reason', async () => {
    const server = await mailServer(...UP_TO_DATA, '554 5.7.1 Message content rejected as spam', '221 Bye')
    const { body } = await send(server.port).expect(422)
    expect(body).toMatchObject({
      stage: 'end-of-data',
      diagnosis: { code: 'content-rejected' },
      rejected: [{ recipient: TO_BOB.to[0], diagnosis: { code: 'content-rejected' } }],
    })
  })

  test('never answers QUIT: that is not waited for longer than for any other reply', async () => {
    const server = await mailServer(...UP_TO_DATA, OK, 'HANG')
    const { body } = await send(server.port, { timeouts: { command: 50 } }).expect(200)
    expect(body.transcript.findings[0].text).toContain('within 50 ms')
  })

  test('is tolerated: each finding points at the entries that show it', async () => {
    const server = await mailServer(
      Buffer.from('220 mx.example.test\n'),
      Buffer.from('\r\n250 mx.example.test\n'),
      Buffer.from('250\r\n'),
      OK,
      GO,
      OK,
      'CLOSE',
    )
    const { body } = await send(server.port).expect(200)
    const shown = body.transcript.findings.map(({ code, evidence }: { code: string; evidence: number[] }) => [
      code,
      ...evidence
        .map((seq) => body.transcript.entries[seq])
        .map(({ line, code: replied }) => line ?? replied),
    ])
    expect(shown).toEqual([
      ['bare-lf', 220, 250],
      ['blank-line', 250],
      ['code-without-text', 250],
      ['quit-unanswered', 'QUIT'],
    ])
  })

  test('hangs up after QUIT: the message was accepted all the same', async () => {
    const server = await mailServer(...UP_TO_DATA, OK, 'CLOSE')
    const response = await send(server.port).expect(200)
    expect(response.body).toMatchObject({ outcome: 'accepted', accepted: TO_BOB.to })
    expect(findingsOf(response)).toContain('quit-unanswered')
  })

  test('does not know EHLO: HELO does', async () => {
    const server = await mailServer(
      GREETING,
      '502 5.5.2 Error: command not recognized',
      '250 mx.example.test',
      OK,
      OK,
      GO,
      OK,
      '221 Bye',
    )
    const response = await send(server.port).expect(200)
    expect(verbsOf(response)).toEqual(['EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'QUIT'])
  })

  test('shows octets that nobody can print: they are escaped, and the JSON is whole', async () => {
    const reply = Buffer.concat([
      Buffer.from('550 \x1b[31m'),
      Buffer.from([0xff, 0x00, 0x80]),
      Buffer.from('\\\r\n'),
    ])
    const server = await mailServer(GREETING, reply, '221 Bye')
    const { body } = await send(server.port).expect(422)
    expect(body.reply.lines).toEqual(['\\x1b[31m\\xff\\x00\\x80\\\\'])
  })

  test('closes the door while it says why: what it said is the answer', async () => {
    const server = await mailServer(Buffer.from('554 5.7.1 Blocked using dnsbl.example.test\r\n'), 'CLOSE')
    const { body } = await send(server.port).expect(422)
    expect(body).toMatchObject({
      diagnosis: { code: 'blocklisted' },
      reply: { code: 554, enhanced: '5.7.1' },
    })
  })

  test('speaks no TLS where the URL means it: the corrected URL is told', async () => {
    const plain = await mailwire.agent
      .post('/smtp/send')
      .send({ server: `smtps://127.0.0.1:${mailwire.sandbox.smtpPort}`, envelope: TO_BOB })
      .expect(502)
    expect(plain.body).toMatchObject({ stage: 'tls', diagnosis: { code: 'tls-on-plain-port' } })
    expect(JSON.stringify(plain.body.diagnosis)).toContain(`smtp://127.0.0.1:${mailwire.sandbox.smtpPort}`)
  })
})

describe('a service with room for few sessions', () => {
  const narrow = service({ env: { MAILWIRE_MAX_SESSIONS: '2', MAILWIRE_MAX_SESSIONS_PER_TARGET: '1' } })

  test('says 429 for a target that is at its limit, and 503 when there is no room at all', async () => {
    let release = (): void => undefined
    const released = new Promise<string>((resolve) => {
      release = () => resolve('554 go away')
    })
    const busy = [await mailServer(GREETING, () => released), await mailServer(GREETING, () => released)]
    const call = (port: number) =>
      narrow.agent.post('/smtp/send').send({ server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB })
    const running = []
    for (const [place, { port, hears }] of busy.entries()) {
      running.push(call(port).then(({ status }) => status))
      await hears(/^EHLO/)
      const response = await call(busy[0]!.port)
      expect([response.status, response.body.type]).toEqual([[429, 503][place], '/problems/too-many-calls'])
      expect(response.headers['retry-after']).toBe('5')
    }
    expect((await narrow.agent.get('/livez')).body.sessions).toBe(2)
    release()
    expect(await Promise.all(running)).toEqual([422, 422])
    expect(busy.map(({ connections }) => connections())).toEqual([1, 1])
  })
})
