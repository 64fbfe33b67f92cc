import { request } from 'node:http'
import type { Response } from 'supertest'
import { describe, expect, test } from 'vitest'
import { POP3_SESSION_EXAMPLES, SMTP_SESSION_EXAMPLES } from '../../src/http/routes/session-examples.ts'
import { mailServer, type Turn } from '../support/mail-server.ts'
import { countOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const session = (protocol: 'smtp' | 'pop3', body: object) =>
  mailwire.agent.post(`/${protocol}/session`).send(body)

/** A call whose server plays this. */
async function played(protocol: 'smtp' | 'pop3', script: readonly Turn[], body: object): Promise<Response> {
  const { port } = await mailServer(...script)
  return await session(protocol, { server: `${protocol}://127.0.0.1:${port}`, ...body })
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

interface Step {
  send?: string
  reply: { code?: number; status?: string; lines: string[] } | null
  met: boolean
  waitedMs: number | null
  captured?: Record<string, string>
  diagnosis?: { code: string }
}
const stepsOf = ({ body }: Response): Step[] => (body as { steps: Step[] }).steps

describe('POST /smtp/session on the sandbox', () => {
  test('a step that waits for what never comes is no late greeting', async () => {
    const steps = [{ expect: '220' }]
    const { body } = await played('smtp', ['220 mx ESMTP', 'HANG'], { steps, timeouts: { command: 30 } })
    expect(body).toMatchObject({ status: 504, type: '/problems/reply-timeout' })
  })

  test('a message typed by hand is accepted, and lies in the mailbox', async () => {
    const before = await countOf(mailwire)
    const response = await session('smtp', SMTP_SESSION_EXAMPLES.telnet.value).expect(200)
    expect(response.body).toMatchObject({
      outcome: 'accepted',
      stage: 'quit',
      auth: null,
      diagnosis: { code: 'accepted-not-delivered' },
    })
    const steps = stepsOf(response)
    expect(steps.map(({ met }) => met)).toEqual([true, true, true, true, true, true])
    expect(steps[2]).toMatchObject({ reply: { code: 250, enhanced: '2.1.5', lines: ['Ok'] } })
    expect(steps[4]?.captured?.['id']).toMatch(/^[0-9A-F]+$/)
    expect(steps.every(({ waitedMs }) => waitedMs !== null && waitedMs >= 0)).toBe(true)
    expect(response.headers['x-session-id']).toBe(response.body.transcript.id)
    expect(await countOf(mailwire)).toBe(before + 1)
  })

  test('nothing but the script is said', async () => {
    const response = await session('smtp', { steps: [{ send: 'NOOP' }] }).expect(200)
    expect(verbsOf(response)).toEqual(['NOOP'])
  })

  test('refusals that nothing expected otherwise are no failure, and each is explained', async () => {
    const response = await session('smtp', SMTP_SESSION_EXAMPLES.refusals.value).expect(200)
    expect(response.body).toMatchObject({ outcome: 'ok', diagnosis: null })
    const codes = stepsOf(response).map(({ send, diagnosis }) => [send, diagnosis?.code])
    expect(codes.filter(([, code]) => code !== undefined)).toEqual([
      ['NONSENSE', 'command-not-recognized'],
      ['RCPT TO:<bob@sandbox.test>', 'bad-sequence'],
      ['RCPT TO:<relay@elsewhere.test>', 'relay-denied'],
      ['RCPT TO:<unknown@sandbox.test>', 'unknown-user'],
    ])
  })

  test('an unmet expectation is 422 with the steps so far and the diagnosis of the reply, 503 for 4yz', async () => {
    const told = async (recipient: string) => {
      const steps = [
        { send: 'EHLO me' },
        { send: 'MAIL FROM:<a@sandbox.test>' },
        { send: `RCPT TO:<${recipient}>`, expect: '2xx' },
        { send: 'QUIT' },
      ]
      const response = await session('smtp', { steps })
      const { outcome, stage, diagnosis } = response.body
      return [
        response.status,
        outcome,
        stage,
        diagnosis.code,
        stepsOf(response).length,
        stepsOf(response)[2]?.met,
      ]
    }
    expect(await told('relay@elsewhere.test')).toEqual([422, 'rejected', 'rcpt', 'relay-denied', 3, false])
    expect(await told('greylisted@sandbox.test')).toEqual([503, 'deferred', 'rcpt', 'greylisted', 3, false])
  })

  test('a yes where something else was expected: expectation-not-met', async () => {
    const { body } = await session('smtp', { steps: [{ send: 'NOOP', expect: '421' }] }).expect(422)
    expect(body).toMatchObject({
      type: '/problems/expectation-not-met',
      outcome: 'rejected',
      reply: { code: 250 },
    })
  })

  test('tls, auth and hello come before the script, by this service', async () => {
    const response = await session('smtp', {
      ...SMTP_SESSION_EXAMPLES.login.value,
      hello: { name: 'me.example' },
    }).expect(200)
    expect(verbsOf(response)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'MAIL', 'RSET', 'QUIT'])
    expect(response.body.auth.chosen).toBe('PLAIN')
    expect(response.body.transcript.client.hello).toBe('me.example')
    expect(stepsOf(response).length).toBe(3)
  })

  test('a login that is refused: no step was done', async () => {
    const response = await session('smtp', {
      auth: { user: 'alice', password: 'not the password' },
      steps: [{ send: 'NOOP' }],
    }).expect(422)
    expect(response.body).toMatchObject({ type: '/problems/credentials-rejected', stage: 'auth', steps: [] })
  })

  test('as text it is the transcript, and transcript=none leaves it out', async () => {
    const text = await session('smtp', { steps: [{ send: 'NOOP' }] })
      .set('Accept', 'text/plain')
      .expect(200)
    expect(text.text).toMatch(/ -> NOOP\n.* <- {2}250 .*\n(?:.*\n)*=== outcome: ok \(stage transaction\)/)
    const none = await session('smtp', { steps: [{ send: 'NOOP' }] })
      .query({ transcript: 'none' })
      .expect(200)
    expect(none.body).not.toHaveProperty('transcript')
    expect(none.headers['x-session-id']).toMatch(/^[0-9A-Z]{26}$/)
  })
})

describe('POST /pop3/session on the sandbox', () => {
  test('telnet, in TLS: the lines of a listing stand behind its status text', async () => {
    const response = await session('pop3', POP3_SESSION_EXAMPLES.telnet.value).expect(200)
    const steps = stepsOf(response)
    expect(steps[1]).toMatchObject({ send: 'PASS ***', reply: { status: '+OK' } })
    expect(steps[3]?.reply?.lines[1]).toMatch(/^1 \d+$/)
    expect(steps[4]?.reply?.lines).toContain('To: bob@sandbox.test')
  })

  test('HTTP Basic is another way to say auth, and not beside it', async () => {
    const steps = [{ send: 'STAT', expect: '+OK' }]
    const response = await session('pop3', { steps }).auth('bob', 'sandbox').expect(200)
    expect(response.body.auth.chosen).toBe('PLAIN')
    const auth = { user: 'bob', password: 'sandbox' }
    const { body } = await session('pop3', { steps, auth }).auth('bob', 'sandbox').expect(400)
    expect(body.errors).toMatchObject([{ header: 'Authorization' }])
  })

  test('by APOP and by USER, which SMTP does not know', async () => {
    for (const mechanism of ['apop', 'user']) {
      const auth = { user: 'bob', password: 'sandbox', mechanism }
      const response = await session('pop3', { auth, steps: [{ send: 'STAT' }] }).expect(200)
      expect(response.body.auth.chosen).toBe(mechanism.toUpperCase())
      await session('smtp', { auth, steps: [{ send: 'NOOP' }] }).expect(400)
    }
  })

  test.each([
    [
      'a wrong password',
      [{ send: 'USER bob' }, { send: 'PASS not the password', expect: '+OK' }],
      422,
      'credentials-rejected',
    ],
    [
      'another session',
      [{ send: 'USER busy' }, { send: 'PASS sandbox', expect: '+OK' }],
      422,
      'mailbox-in-use',
    ],
    [
      'trouble for now',
      [{ send: 'USER temporary' }, { send: 'PASS sandbox', expect: '+OK' }],
      503,
      'mailbox-temporary-failure',
    ],
    [
      'no such message',
      [{ send: 'USER bob' }, { send: 'PASS sandbox' }, { send: 'RETR 99', expect: '+OK' }],
      422,
      'no-such-message',
    ],
    ['no login', [{ send: 'LIST', expect: '+OK' }], 422, 'bad-sequence'],
  ])('%s: no status but 422 and 503 for what a script was refused', async (_what, steps, status, code) => {
    const response = await session('pop3', { tls: 'required', steps }).expect(status)
    expect(response.body.diagnosis.code).toBe(code)
    expect(response.headers).not.toHaveProperty('www-authenticate')
  })

  test('DELE without QUIT deletes nothing; with it, it does', async () => {
    await session('smtp', SMTP_SESSION_EXAMPLES.telnet.value).expect(200)
    const before = await countOf(mailwire)
    await session('pop3', POP3_SESSION_EXAMPLES['not-deleted'].value).expect(200)
    expect(await countOf(mailwire)).toBe(before)
    const auth = { user: 'bob', password: 'sandbox' }
    const steps = [
      { send: `DELE ${before}`, expect: '+OK' },
      { send: 'QUIT', expect: '+OK' },
    ]
    await session('pop3', { auth, steps }).expect(200)
    expect(await countOf(mailwire)).toBe(before - 1)
  })
})

describe('what is malformed is 400, with the step and the field, and nothing is connected', () => {
  const good = { send: 'NOOP' }
  const cases: [fault: string, body: object, pointers: string[], protocol?: 'smtp' | 'pop3'][] = [
    ['no steps', {}, ['/steps']],
    ['an empty list', { steps: [] }, ['/steps']],
    ['a step that is none', { steps: [good, 'NOOP'] }, ['/steps/1']],
    ['an empty step', { steps: [good, {}] }, ['/steps/1']],
    ['CRLF in send', { steps: [good, good, good, { send: 'NOOP\r\nQUIT' }] }, ['/steps/3/send']],
    ['a bare LF in send', { steps: [{ send: 'a\nb' }] }, ['/steps/0/send']],
    ['NUL in send', { steps: [{ send: 'a\0b' }] }, ['/steps/0/send']],
    ['a line that is too long', { steps: [{ send: 'x'.repeat(10_001) }] }, ['/steps/0/send']],
    ['too many steps', { steps: Array(501).fill(good) }, ['/steps']],
    ['two actions', { steps: [{ send: 'a', data: 'b' }] }, ['/steps/0/data']],
    ['a field that is not known', { steps: [{ send: 'a', sned: 'b' }] }, ['/steps/0/sned']],
    ['raw that is not base64', { steps: [{ raw: 'a b' }] }, ['/steps/0/raw']],
    ['an expression that cannot be read', { steps: [good, { send: 'a', expect: '(' }] }, ['/steps/1/expect']],
    ['look-around', { steps: [{ send: 'a', expect: '(?=a)' }] }, ['/steps/0/expect']],
    [
      'an expression that is too long',
      { steps: [{ send: 'a', expect: 'x'.repeat(201) }] },
      ['/steps/0/expect'],
    ],
    ['a status of the other protocol', { steps: [{ send: 'a', expect: '+OK' }] }, ['/steps/0/expect']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a script
    ['a name that nothing captures', { steps: [{ send: 'a ${id}' }] }, ['/steps/0/send']],
    [
      'a name that is captured later',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a script
      { steps: [{ send: 'a ${id}', expect: '(?<id>x)' }] },
      ['/steps/0/send'],
    ],
    [
      'pauses longer than the call',
      { timeouts: { total: 1000 }, steps: [{ pauseMs: 600 }, { pauseMs: 400, send: 'a' }] },
      ['/steps/1/pauseMs'],
    ],
    ['a step behind drop', { steps: [{ drop: true }, good] }, ['/steps/1']],
    [
      'more secrets than are looked for',
      { steps: Array.from({ length: 11 }, (_, at) => ({ send: 'a', secret: `secret number ${at}` })) },
      ['/steps/10/secret'],
    ],
    ['a switch of data beside send', { steps: [{ send: 'a', dotStuff: false }] }, ['/steps/0/dotStuff']],
    ['expect beside startTls', { steps: [{ startTls: true, expect: '220' }] }, ['/steps/0/expect']],
    [
      'a reply that is expected and not waited for',
      { steps: [{ send: 'a', expect: '2xx', reply: 'none' }] },
      ['/steps/0/reply'],
    ],
    ['a login without a password', { steps: [{ login: { user: 'a' } }] }, ['/steps/0/login/password']],
    ['credentials that are not configured', { steps: [{ login: true }] }, ['/steps/0/login']],
    [
      'POP before SMTP',
      { auth: { user: 'alice', password: 'sandbox', popBefore: 'sandbox' }, steps: [good] },
      ['/auth/popBefore'],
    ],
    ['multiline in SMTP', { steps: [{ send: 'a', multiline: true }] }, ['/steps/0/multiline']],
    ['data in POP3', { steps: [{ data: 'a' }] }, ['/steps/0/data', '/steps/0'], 'pop3'],
    ['a hello in POP3', { hello: {}, steps: [good] }, ['/hello'], 'pop3'],
    ['the server of the other protocol', { server: 'smtp://127.0.0.1', steps: [good] }, ['/server'], 'pop3'],
    [
      'several faults',
      {
        steps: [
          { send: 'a', expect: '(' },
          { raw: '?' },
          { login: { user: 'a', password: 'b', mechanism: 'rot-13' } },
        ],
      },
      ['/steps/0/expect', '/steps/1/raw', '/steps/2/login/mechanism'],
    ],
  ]
  test.each(cases)('%s', async (_fault, body, pointers, protocol = 'smtp') => {
    const response = await session(protocol, body).expect(400)
    const { errors } = response.body as { errors: { pointer: string }[] }
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers)
    expect(response.body).not.toHaveProperty('transcript')
  })
})

describe('a script and a server that', () => {
  type Told = [status: number, outcome: string, stage: string, diagnosis: string, steps: number]
  const noops = { steps: [{ send: 'NOOP' }, { send: 'NOOP' }] }
  const message = {
    steps: [{ send: 'MAIL FROM:<>' }, { send: 'RCPT TO:<b@x>' }, { send: 'DATA' }, { data: 'x' }],
  }
  const UP_TO_DATA: Turn[] = ['220 mx', '250 Ok', '250 Ok', '354 Go']

  const cases: [does: string, protocol: 'smtp' | 'pop3', script: Turn[], body: object, told: Told][] = [
    [
      'says nothing',
      'smtp',
      ['HANG'],
      { ...noops, timeouts: { greeting: 30 } },
      [504, 'failed', 'greeting', 'greeting-timeout', 0],
    ],
    [
      'stalls in the middle',
      'smtp',
      ['220 mx', '250 Ok', 'HANG'],
      { ...noops, timeouts: { command: 30 } },
      [504, 'failed', 'transaction', 'reply-timeout', 2],
    ],
    [
      'closes in the middle',
      'smtp',
      ['220 mx', '250 Ok', 'CLOSE'],
      noops,
      [502, 'failed', 'transaction', 'connection-closed', 2],
    ],
    [
      'answers with garbage',
      'smtp',
      ['220 mx', 'nonsense'],
      noops,
      [502, 'failed', 'transaction', 'protocol-violation', 1],
    ],
    [
      'floods with lines',
      'smtp',
      ['220 mx', Buffer.from('250-x\r\n'.repeat(2000)), 'CLOSE'],
      noops,
      [502, 'failed', 'transaction', 'limit-exceeded', 1],
    ],
    [
      'floods without a line end',
      'smtp',
      ['220 mx', Buffer.alloc(100_000, 'x'), 'CLOSE'],
      noops,
      [502, 'failed', 'transaction', 'limit-exceeded', 1],
    ],
    [
      'says goodbye',
      'smtp',
      ['220 mx', '421 4.3.2 Service shutting down', 'CLOSE'],
      { steps: [{ send: 'NOOP', expect: '250' }] },
      [503, 'deferred', 'transaction', 'server-shutting-down', 1],
    ],
    [
      'closes after the message',
      'smtp',
      [...UP_TO_DATA, 'CLOSE'],
      message,
      [502, 'unknown', 'end-of-data', 'outcome-unknown', 4],
    ],
    [
      'never answers the message',
      'smtp',
      [...UP_TO_DATA, 'HANG'],
      { ...message, timeouts: { final: 30 } },
      [502, 'unknown', 'end-of-data', 'outcome-unknown', 4],
    ],
    [
      'stalls in a listing',
      'pop3',
      ['+OK', Buffer.from('+OK\r\n1 10\r\n'), 'HANG'],
      { steps: [{ send: 'LIST' }], timeouts: { data: 30 } },
      [504, 'failed', 'auth', 'reply-timeout', 1],
    ],
    [
      'breaks off a listing',
      'pop3',
      ['+OK', Buffer.from('+OK\r\n1 10\r\n'), 'CLOSE'],
      { steps: [{ send: 'LIST' }] },
      [502, 'failed', 'auth', 'connection-closed', 1],
    ],
    [
      'does not answer QUIT',
      'pop3',
      ['+OK', '+OK', 'CLOSE'],
      { steps: [{ send: 'DELE 1' }, { send: 'QUIT' }] },
      [502, 'unknown', 'update', 'outcome-unknown', 2],
    ],
  ]
  test.each(cases)('%s (%s)', async (_does, protocol, script, body, told) => {
    const response = await played(protocol, script, body)
    const { outcome, stage, diagnosis, transcript } = response.body
    expect([response.status, outcome, stage, diagnosis?.code, stepsOf(response).length]).toEqual(told)
    expect(transcript.id).toBe(response.headers['x-session-id'])
  })

  test('refuses everything at length, and a script that lets it, take no more than their time', async () => {
    const refusal = Buffer.from(
      `${'550-user mailbox account recipient sender relay rejected\r\n'.repeat(900)}550 no\r\n`,
    )
    const steps = Array.from({ length: 200 }, (_, at) => ({ send: `PASS password number ${at}` }))
    const began = performance.now()
    const server = await mailServer('220 mx', ...steps.map((): Turn => () => refusal.toString().trimEnd()))
    const response = await session('smtp', { server: `smtp://127.0.0.1:${server.port}`, steps }).expect(200)
    expect(stepsOf(response).length).toBe(200)
    expect(stepsOf(response).filter(({ diagnosis }) => diagnosis !== undefined).length).toBe(100)
    // more replies than are kept whole
    expect(stepsOf(response).at(-1)?.reply?.lines.length).toBe(1)
    expect(performance.now() - began).toBeLessThan(20_000)
  }, 30_000)

  test('repeats secrets: they are in none of the answers', async () => {
    const word = 'a-words-for-nobody'
    const { body } = await played('smtp', ['220 mx', (line) => `550 no: ${line} ${base64(word)}`], {
      steps: [{ send: `XLOGIN ${word}`, secret: word, expect: '(?<said>no: .*)' }],
    })
    expect(stepsOf({ body } as Response)[0]).toMatchObject({
      send: 'XLOGIN ***',
      captured: { said: 'no: XLOGIN *** ***' },
    })
  })
})

test('a line break in what the server said is no way into the next line', async () => {
  const { body } = await played(
    'smtp',
    ['220 mx', Buffer.from('250 a\rRCPT TO:<e@evil.test>\r\n'), '250 Ok'],
    {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a script
      steps: [{ send: 'NOOP', expect: '250 (?<x>.*)' }, { send: 'VRFY ${x}' }],
    },
  )
  expect(body).toMatchObject({ status: 502, outcome: 'failed', diagnosis: { code: 'protocol-violation' } })
})

test('a caller who leaves ends the session, and QUIT is not said', async () => {
  const server = await mailServer('220 mx', '250 Ok', 'HANG')
  const call = request(`${mailwire.url}/smtp/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
  })
  call.on('error', () => undefined)
  call.end(
    JSON.stringify({
      server: `smtp://127.0.0.1:${server.port}`,
      steps: [{ send: 'NOOP' }, { send: 'RSET' }],
    }),
  )
  await server.hears(/^RSET$/)
  call.destroy()
  await server.left()
  expect(server.heard).toEqual(['NOOP', 'RSET'])
})

describe('a configured server', () => {
  const password = 'known-to-the-file-alone'
  const configured = service({
    env: {
      MAILWIRE_SERVERS_FILE: '/servers.json',
      MAILWIRE_SANDBOX: 'on',
      MAILWIRE_DEFAULT_SERVER: 'sandbox',
    },
    files: {
      '/servers.json': JSON.stringify({
        servers: {
          closed: { smtp: 'smtp://127.0.0.1:1', tls: 'required', credentials: { user: 'alice', password } },
        },
      }),
    },
    secrets: [password],
  })

  test('its credentials are there for a step that logs in', async () => {
    const { body } = await configured.agent
      .post('/smtp/session')
      .send({ server: 'closed', steps: [{ login: true }] })
      .expect(502)
    expect(body.diagnosis.code).toBe('connection-refused')
  })
})
