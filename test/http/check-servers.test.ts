import { describe, expect, test } from 'vitest'
import { codesIn, findingIn } from '../support/checks.ts'
import { closedPort, mailServer, type Turn } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const check = (port: number, body: object = {}) =>
  mailwire.agent.post('/smtp/check').send({ server: `smtp://127.0.0.1:${port}`, ...body })

const GREETING = '220 mx.example.test ESMTP'
const OK = '250 2.0.0 Ok'
const ehlo = (...extensions: string[]) => {
  const lines = ['mx.example.test', ...extensions]
  return lines.map((line, at) => `250${at < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n')
}
/** Answers each command in the same way for as long as anybody asks. */
const always = (answer: (line: string) => string): Turn[] => Array.from({ length: 100 }, () => answer)

describe('where there is nothing to look at, a check is a problem as a send is', () => {
  test.each<[does: string, script: Turn[], status: number, code: string, timeouts?: object]>([
    ['says nothing', ['HANG'], 504, 'greeting-timeout', { greeting: 30 }],
    ['closes at once', ['CLOSE'], 502, 'connection-closed'],
    ['speaks IMAP', ['* OK [CAPABILITY IMAP4rev1] Dovecot ready.'], 502, 'wrong-protocol'],
    ['refuses service', ['554 No SMTP service here', '221 Bye'], 422, 'greeting-refused'],
    ['is busy', ['421 4.3.2 All server ports are busy'], 503, 'service-unavailable'],
  ])('a server that %s', async (_, script, status, code, timeouts = {}) => {
    const { port, connections } = await mailServer(...script)
    const { body } = await check(port, { timeouts, relayTest: true }).expect(status)
    expect(body.type).toBe(`/problems/${code}`)
    expect(body).not.toHaveProperty('check')
    // what did not greet is left alone from then on
    expect(connections()).toBe(1)
  })

  test('nobody listens', async () => {
    const { body } = await check(await closedPort()).expect(502)
    expect(body.type).toBe('/problems/connection-refused')
  })

  test('the egress policy does not allow it', async () => {
    const { body } = await mailwire.agent
      .post('/smtp/check')
      .send({ server: 'smtp://10.0.0.1', relayTest: true })
      .expect(403)
    expect(body.type).toBe('/problems/target-not-allowed')
  })
})

describe('where there was something to look at, the answer is 200 and says where it broke off', () => {
  test.each<[does: string, script: Turn[], code: string, stage: string, timeouts?: object]>([
    ['refuses the hello', [GREETING, '550 Invalid HELO name', '221 Bye'], 'hello-rejected', 'hello'],
    ['never answers EHLO', [GREETING, 'HANG'], 'reply-timeout', 'hello', { command: 30 }],
    ['resets after its greeting', [GREETING, 'RESET'], 'connection-closed', 'hello'],
    [
      'agrees to TLS and hangs up',
      [GREETING, ehlo('STARTTLS'), '220 Go ahead', 'CLOSE'],
      'tls-handshake-failed',
      'starttls',
    ],
    [
      'says more in the clear than that TLS may begin',
      [GREETING, ehlo('STARTTLS'), Buffer.from('220 Go ahead\r\n250 injected\r\n')],
      'starttls-injection',
      'starttls',
    ],
  ])('a server that %s', async (_, script, code, stage, timeouts = {}) => {
    const { port } = await mailServer(...script)
    const { body } = await check(port, { timeouts }).expect(200)
    expect(body).toMatchObject({
      outcome: 'partial',
      stage,
      diagnosis: { code },
      greeting: { name: 'mx.example.test' },
    })
    expect(codesIn(body, 'error')).toContain(code)
    const { instructions, evidence } = findingIn(body, code)!
    expect(instructions).not.toEqual([])
    expect(evidence).not.toEqual([])
  })

  test('without the login that was asked for it is a problem, and no octet of the password was sent', async () => {
    const { port, heard } = await mailServer(GREETING, ehlo('AUTH PLAIN'), '221 Bye')
    const auth = { user: 'alice', password: 'never to be seen', allowInsecure: true }
    const { body } = await check(port, { auth, tls: 'required' }).expect(422)
    expect(body).toMatchObject({ type: '/problems/credentials-need-tls', stage: 'auth' })
    expect(codesIn(body.check)).toContain('starttls-not-offered')
    expect(heard).toEqual(['EHLO probe.example.test', 'QUIT'])
  })

  test('a login in the clear goes out where the caller allows it, and asks for no more', async () => {
    const { port, heard } = await mailServer(
      GREETING,
      ehlo('AUTH PLAIN'),
      '235 2.7.0 Ok',
      ehlo('AUTH PLAIN', 'SIZE 1000'),
      '221 Bye',
    )
    const auth = { user: 'alice', password: 'never to be seen', allowInsecure: true }
    const { body } = await check(port, { auth }).expect(200)
    expect(heard.some((line) => line.startsWith('AUTH PLAIN '))).toBe(true)
    expect(body.extensions.changes.withLogin).toEqual({ gone: [], come: ['SIZE 1000'] })
    expect(body.limits.messageOctets).toBe(1000)
    expect(codesIn(body)).toContain('auth-in-the-clear')
  })
})

test.each(['application/json', 'text/plain'])(
  'a server that gives the password back, in this session and in others, gives it to nobody: %s',
  async (type) => {
    const password = 'never to be seen'
    const base64 = Buffer.from(`\0alice\0${password}`).toString('base64')
    const { port } = await mailServer(
      GREETING,
      ...always((line) => {
        if (line.startsWith('EHLO')) return ehlo(`AUTH PLAIN`, `X-ECHO ${password}`)
        if (line.startsWith('AUTH')) return `235 2.7.0 ${base64}`
        return `550 5.1.1 ${base64} ${password}`
      }),
    )
    const { text } = await check(port, {
      auth: { user: 'alice', password, allowInsecure: true },
      recipients: ['bob@example.test'],
      vrfy: ['bob'],
      relayTest: true,
    })
      .set('Accept', type)
      .expect(200)
    expect(text).toContain('X-ECHO ***')
    expect(text).not.toContain(password)
    expect(text).not.toContain(base64)
  },
)

describe('what is found', () => {
  test('STARTTLS that is offered and refused', async () => {
    const { port } = await mailServer(
      GREETING,
      ehlo('STARTTLS'),
      '454 4.7.0 TLS not available due to local problem',
      '221 Bye',
    )
    const { body } = await check(port).expect(200)
    expect(body).toMatchObject({ outcome: 'ok', starttls: 'refused', tls: null })
    expect(codesIn(body, 'error')).toEqual(['starttls-refused'])
    // nobody asks for a handshake that is refused anyway
    expect(body).toMatchObject({ tlsVersions: null, sessions: [] })
  })

  test('a server that knows HELO only', async () => {
    const { port } = await mailServer(GREETING, '502 5.5.1 Unknown command', '250 mx.example.test', '221 Bye')
    const { body } = await check(port).expect(200)
    expect(codesIn(body, 'warning')).toContain('extensions-none')
    expect(body.names.hello.name).toBe('mx.example.test')
  })

  test('oddities that are tolerated: the old spelling of AUTH, a bare LF, QUIT without an answer', async () => {
    const { port } = await mailServer(
      GREETING,
      Buffer.from('250-mx.example.test\n250 AUTH=LOGIN\r\n'),
      'CLOSE',
    )
    const { body } = await check(port).expect(200)
    expect(codesIn(body, 'warning')).toEqual(
      expect.arrayContaining(['legacy-auth', 'bare-lf', 'quit-unanswered', 'auth-in-the-clear']),
    )
    for (const { instructions } of body.findings) expect(instructions).toBeInstanceOf(Array)
    expect(findingIn(body, 'bare-lf')?.instructions[0]).toContain('CRLF')
  })

  test('names: none at all, or one in the greeting and another in the hello', async () => {
    const nameless = await mailServer('220 ESMTP ready', '250 hello', '221 Bye')
    const { body } = await check(nameless.port).expect(200)
    expect(body.names).toMatchObject({ greeting: { name: null }, hello: { name: null } })
    expect(codesIn(body, 'warning')).toContain('name-missing')
    const two = await mailServer('220 one.example.test ESMTP', '250 two.example.test', '221 Bye')
    expect(codesIn((await check(two.port).expect(200)).body, 'info')).toContain('names-differ')
  })

  test('what a server writes is shown as text and nothing else', async () => {
    const { port } = await mailServer(
      Buffer.from('220 mx.example.test \x1b[31mred\r\n'),
      Buffer.from('250-mx.example.test\r\n250 X-\x1b]0;title\x07 <script>\r\n'),
      '221 Bye',
    )
    const { text } = await check(port).set('Accept', 'text/plain').expect(200)
    expect(text).toContain('\\x1b[31mred')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('limits that the server names, and an extension that nobody knows', async () => {
    const { port } = await mailServer(
      GREETING,
      ehlo('SIZE 0', 'LIMITS RCPTMAX=50 MAILMAX=3 RCPTDOMAINMAX=many', 'XYZZY now'),
      '221 Bye',
    )
    const { body } = await check(port).expect(200)
    expect(body.limits).toEqual({ messageOctets: null, mails: 3, recipients: 50, recipientDomains: null })
    expect(body.extensions.before.at(-1)).toEqual({
      keyword: 'XYZZY',
      parameters: ['now'],
      line: 'XYZZY now',
      explanation: null,
    })
  })
})

describe('recipients', () => {
  const verdicts = (body: { recipients: { verdict: string }[] }) =>
    body.recipients.map(({ verdict }) => verdict)

  test('a server that takes everything is suspected of it, domain by domain', async () => {
    const { port, heard } = await mailServer(
      GREETING,
      ehlo('PIPELINING'),
      ...always((line) => (/^RCPT TO:<(?!bob@picky)[^>]+@picky/.test(line) ? '550 5.1.1 Unknown user' : OK)),
    )
    const recipients = ['bob@example.test', 'eve@EXAMPLE.test', 'bob@picky.test']
    const { body } = await check(port, { recipients }).expect(200)
    expect(verdicts(body)).toEqual(['catch-all-suspected', 'catch-all-suspected', 'accepted'])
    expect(findingIn(body, 'catch-all-suspected')?.text).toContain('example.test')
    // three that were asked for and one for each domain, each in a transaction of its own
    expect(heard.filter((line) => line === 'MAIL FROM:<>')).toHaveLength(5)
    expect(heard.filter((line) => line === 'RSET')).toHaveLength(5)
    expect(heard.filter((line) => /no-such-user/.test(line))).toHaveLength(2)
    expect(heard.filter((line) => /^(?:DATA|BDAT)/.test(line))).toEqual([])
  })

  test('a sender that is refused leaves recipients untried', async () => {
    const { port } = await mailServer(GREETING, ehlo(), '530 5.7.0 Authentication required', '221 Bye')
    const { body } = await check(port, { recipients: ['a@example.test', 'b@example.test'] }).expect(200)
    expect(verdicts(body)).toEqual(['not-tried', 'not-tried'])
    expect(body.recipients[0].reply).toMatchObject({ code: 530 })
    expect(body.recipients[1].reply).toBeNull()
    expect(codesIn(body, 'warning')).toContain('sender-refused')
  })

  test('a server that has had enough is left, and what it said before is told', async () => {
    const { port, heard, connections } = await mailServer(
      GREETING,
      ehlo(),
      OK,
      OK,
      OK,
      OK,
      '421 4.7.0 mx.example.test Too many errors',
      'CLOSE',
    )
    const { body } = await check(port, {
      recipients: ['a@example.test', 'b@example.test'],
      vrfy: ['x'],
    }).expect(200)
    expect(verdicts(body)).toEqual(['accepted', 'deferred'])
    expect(body).toMatchObject({
      outcome: 'partial',
      stage: 'rcpt',
      diagnosis: { code: 'too-many-errors' },
      vrfy: [{ verdict: 'not-tried', reply: null }],
    })
    expect(heard.slice(-2)).toEqual(['RCPT TO:<b@example.test>', 'QUIT'])
    expect(connections()).toBe(1)
  })

  test('an address in UTF-8 is tried with SMTPUTF8, and not at all without it', async () => {
    const able = await mailServer(GREETING, ehlo('SMTPUTF8'), ...always(() => OK))
    await check(able.port, { recipients: ['jörg@example.test'] }).expect(200)
    expect(able.heard).toContain('MAIL FROM:<> SMTPUTF8')
    const unable = await mailServer(GREETING, ehlo(), ...always(() => OK))
    const { body } = await check(unable.port, { recipients: ['jörg@example.test'] }).expect(200)
    expect(verdicts(body)).toEqual(['not-tried'])
    expect(codesIn(body)).toContain('smtputf8-not-offered')
  })
})

describe('VRFY and EXPN', () => {
  test('each answer has its meaning, and one that tells is a warning', async () => {
    const replies: Record<string, string> = {
      'VRFY bob': '250 2.1.5 Bob <bob@example.test>',
      'VRFY eve': '252 2.0.0 eve',
      'VRFY nobody': '550 5.1.1 nobody',
      'VRFY later': '451 4.3.0 Try again',
      'EXPN staff': '250-Bob <bob@example.test>\r\n250 Eve <eve@example.test>',
      'EXPN all': '502 5.5.1 Command not implemented',
    }
    const { port } = await mailServer(GREETING, ehlo(), ...always((line) => replies[line] ?? '221 Bye'))
    const { body } = await check(port, {
      vrfy: ['bob', 'eve', 'nobody', 'later'],
      expn: ['staff', 'all'],
    }).expect(200)
    const verdicts = (part: { verdict: string }[]) => part.map(({ verdict }) => verdict)
    expect(verdicts(body.vrfy)).toEqual(['told', 'not-told', 'unknown', 'deferred'])
    expect(verdicts(body.expn)).toEqual(['told', 'not-known-command'])
    expect(body.expn[0].reply.lines).toHaveLength(2)
    expect(findingIn(body, 'users-told')).toMatchObject({ level: 'warning' })
  })
})

describe('the relay test', () => {
  test('has a session of its own, without the login, and never says DATA', async () => {
    const sessions: string[][] = []
    const { port } = await mailServer(
      () => {
        sessions.push([])
        return GREETING
      },
      ...always((line) => {
        sessions.at(-1)?.push(line)
        if (line.startsWith('EHLO')) return ehlo('AUTH PLAIN')
        if (line.startsWith('AUTH')) return '235 2.7.0 Ok'
        if (line.startsWith('RCPT')) return '554 5.7.1 Relay access denied'
        return OK
      }),
    )
    const auth = { user: 'alice', password: 'never to be seen', allowInsecure: true }
    const { body } = await check(port, { relayTest: true, auth }).expect(200)
    expect(body.relay).toMatchObject({ verdict: 'refused', notTried: [] })
    expect(codesIn(body, 'info')).toContain('relay-refused')
    const [looked = [], relay = [], ...more] = sessions
    expect(more).toEqual([])
    expect(looked.some((line) => line.startsWith('AUTH'))).toBe(true)
    expect(relay.some((line) => line.startsWith('AUTH'))).toBe(false)
    const verbs = relay.map((line) => line.slice(0, 4))
    expect(verbs).toEqual(['EHLO', ...body.relay.tries.flatMap(() => ['MAIL', 'RCPT', 'RSET']), 'QUIT'])
    // of domains that nobody has (RFC 2606)
    for (const line of relay) if (line.startsWith('RCPT')) expect(line).toContain('example.com')
    expect(body.sessions.map(({ purpose }: { purpose: string }) => purpose)).toEqual(['relay test'])
  })

  test('from inside, what is accepted proves nothing', async () => {
    const { port } = await mailServer(GREETING, ehlo(), ...always(() => OK))
    const { body } = await check(port, { relayTest: { to: 'me@elsewhere.example' } }).expect(200)
    expect(body.relay.verdict).toBe('inconclusive')
    expect(body.relay.tries.every(({ accepted }: { accepted: boolean }) => accepted)).toBe(true)
    expect(findingIn(body, 'relay-test-inconclusive')).toMatchObject({ level: 'info' })
  })

  test.each([
    ['wants a login for anything', '530 5.7.0 Authentication required', /login/],
    ['has had enough', '421 4.7.0 Too many errors', /ended the session/],
  ])('ends with a server that %s', async (_, reply, why) => {
    const { port } = await mailServer(
      GREETING,
      ...always((line) => (line.startsWith('EHLO') ? ehlo() : line.startsWith('RCPT') ? reply : OK)),
    )
    const { body } = await check(port, { relayTest: true }).expect(200)
    expect(body.relay.tries).toHaveLength(1)
    expect(body.relay.notTried.length).toBeGreaterThan(10)
    expect(body.relay.caveats.join(' ')).toMatch(why)
  })
})

describe('bounds', () => {
  test('the time of the whole call holds over all of its sessions', async () => {
    const slow = await mailServer(GREETING, ehlo(), 'HANG')
    const { body } = await check(slow.port, {
      recipients: ['a@example.test'],
      timeouts: { total: 200 },
    }).expect(200)
    expect(body).toMatchObject({ outcome: 'partial', stage: 'mail', diagnosis: { code: 'reply-timeout' } })
    let greeted = 0
    const { port, connections } = await mailServer(
      () => {
        greeted += 1
        return greeted === 1 ? GREETING : new Promise<string>(() => undefined)
      },
      ehlo(),
      '221 Bye',
    )
    const began = performance.now()
    const late = await check(port, { relayTest: true, timeouts: { total: 400 } }).expect(200)
    expect(late.body).toMatchObject({ outcome: 'ok', relay: { verdict: 'inconclusive', tries: [] } })
    expect(late.body.sessions).toMatchObject([{ outcome: 'failed', stage: 'greeting' }])
    expect(performance.now() - began).toBeLessThan(5000)
    expect(connections()).toBe(2)
  })

  test('without room for further sessions, what they would have shown is not known', async () => {
    const server = `smtp://127.0.0.1:${narrow.sandbox.smtpPort}`
    const { body } = await narrow.agent
      .post('/smtp/check')
      .send({ server, tlsCa: narrow.sandbox.ca, relayTest: true })
      .expect(200)
    // of all that would go at once there is room for one
    expect(body.sessions.length).toBeLessThanOrEqual(1)
    expect(codesIn(body, 'info')).toContain('tls-versions-unknown')
    expect(body.relay).toMatchObject({ verdict: 'inconclusive', tries: [] })
    expect(body.relay.caveats.join(' ')).toContain('no room')
  })

  test('a caller who leaves ends it', async () => {
    const { port, hears, left } = await mailServer(GREETING, 'HANG')
    const request = check(port)
    request.then(undefined, () => undefined)
    await hears(/^EHLO/)
    request.abort()
    await left()
  })
})

const narrow = service({ env: { MAILWIRE_MAX_SESSIONS_PER_TARGET: '1' } })
