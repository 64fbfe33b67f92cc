import { describe, expect, test } from 'vitest'
import { mailbox } from '../../src/smtp/path.ts'
import { type SendOptions, send } from '../../src/smtp/send.ts'
import { Secret } from '../../src/text/secret.ts'
import { type ScriptOptions, scriptedOptions } from '../support/scripted-session.ts'

const MESSAGE = Buffer.from('Subject: hi\r\n\r\n.hello\r\n')

type Wish = Partial<Omit<SendOptions, 'envelope' | 'opening'>> & {
  readonly opening?: Partial<SendOptions['opening']>
  readonly wishes?: SendOptions['envelope']['wishes']
  readonly to?: readonly string[]
}

/** A whole send against a server that plays the script. */
async function sent(script: string, wish: Wish = {}, how: ScriptOptions = {}) {
  const { options, wire } = scriptedOptions('smtp', script, how)
  const result = await send(options.tools, {
    target: { ...options.target, ...wish.target },
    timeLimits: options.timeLimits,
    auth: wish.auth,
    ...(wish.proxied === undefined ? {} : { proxied: wish.proxied }),
    opening: {
      hello: { name: 'probe.test', verb: 'auto' },
      xclient: undefined,
      end: undefined,
      ...wish.opening,
    },
    envelope: {
      reversePath: mailbox('a@x.test'),
      forwardPaths: (wish.to ?? ['b@y.test']).map(mailbox),
      ...(wish.wishes === undefined ? {} : { wishes: wish.wishes }),
    },
    message: wish.message ?? {
      content: () => [MESSAGE],
      facts: { octets: MESSAGE.length, eightBit: 'absent', header: 'ascii' },
    },
    pipelining: wish.pipelining ?? 'auto',
    chunking: wish.chunking ?? 'auto',
    onRejectedRecipient: wish.onRejectedRecipient ?? 'continue',
  })
  return {
    outcome: result.outcome,
    stage: result.failure?.stage ?? result.stage,
    reply: result.failure?.reply?.code,
    unmet: result.failure?.unmet?.code,
    fault: result.failure?.fault?.kind,
    accepted: result.accepted.map(({ recipient, reply }) => `${recipient} ${reply.code}`),
    rejected: result.rejected.map(({ recipient, reply }) => `${recipient} ${reply.code}`),
    events: result.transcript.entries.flatMap((entry) => (entry.kind === 'event' ? [entry.text] : [])),
    lines: result.transcript.entries.flatMap((entry) => (entry.kind === 'command' ? [entry.line] : [])),
    auth: result.opening.auth,
    roundTrips: result.transcript.roundTrips,
    flights: wire.flights,
    closed: wire.closed,
    text: JSON.stringify(result.transcript),
  }
}

function ehlo(...extensions: string[]): string {
  const lines = ['mx', ...extensions].map(
    (line, place, all) => `S: 250${place === all.length - 1 ? ' ' : '-'}${line}`,
  )
  return `S: 220 mx ESMTP\nC: EHLO probe.test\n${lines.join('\n')}`
}

const BODY = 'C: Subject: hi\nC:\nC: ..hello\nC: .'
const DONE = 'S: 250 2.0.0 Ok: queued as 1A\nS: 221 2.0.0 Bye'
const PLAIN = {
  mechanism: 'PLAIN',
  user: 'alice',
  credential: { kind: 'password', value: new Secret('looking-glass') },
  authzid: undefined,
  initialResponse: 'auto',
  insecure: 'allow',
} as const

describe('round trips', () => {
  test.each([1, 10])('a plain send to %i takes three flights', async (count) => {
    const to = Array.from({ length: count }, (_, n) => `r${n}@y.test`)
    const { outcome, flights } = await sent(
      `${ehlo('PIPELINING')}
      C: MAIL FROM:<a@x.test>
      ${to.map((address) => `C: RCPT TO:<${address}>`).join('\n')}
      C: DATA
      S: 250 2.1.0 Ok
      ${to.map(() => 'S: 250 2.1.5 Ok').join('\n')}
      S: 354 go on
      ${BODY}
      C: QUIT
      ${DONE}`,
      { to },
    )
    expect({ outcome, flights }).toEqual({ outcome: 'accepted', flights: 3 })
  })

  test('a login by PLAIN rides with the envelope: still three flights', async () => {
    const { outcome, flights, auth, text } = await sent(
      `${ehlo('PIPELINING', 'AUTH PLAIN')}
      C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 235 2.7.0 Authentication successful
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      ${BODY}
      C: QUIT
      ${DONE}`,
      { auth: PLAIN },
    )
    expect({ outcome, flights }).toEqual({ outcome: 'accepted', flights: 3 })
    expect(auth).toMatchObject({ tried: ['PLAIN'], chosen: 'PLAIN' })
    expect(text).not.toContain('looking-glass')
  })

  test('EXTERNAL: the certificate of the connection says who this is', async () => {
    const { outcome, auth } = await sent(
      `${ehlo('PIPELINING', 'AUTH PLAIN EXTERNAL')}
      C: AUTH EXTERNAL =
      S: 235 2.7.0 ok
      C: QUIT
      S: 221 Bye`,
      {
        auth: { ...PLAIN, mechanism: 'EXTERNAL', user: '', credential: undefined },
        opening: { end: { after: 'auth', how: 'quit' } },
      },
    )
    expect({ outcome, chosen: auth?.chosen }).toEqual({ outcome: 'ok', chosen: 'EXTERNAL' })
  })

  test('a refused login decides over what rode with it', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'AUTH PLAIN')}
      C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 535 5.7.8 Error: authentication failed
      S: 530 5.7.0 Authentication required
      S: 503 5.5.1 need MAIL command
      S: 503 5.5.1 need RCPT command
      C: QUIT
      S: 221 2.0.0 Bye`,
      { auth: PLAIN },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'auth', reply: 535, accepted: [] })
  })

  test('a refused login, and a server that would take the message all the same: it is left without a dot', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'AUTH PLAIN')}
      C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 535 5.7.8 no
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on`,
      { auth: PLAIN },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'auth', reply: 535, accepted: [] })
    expect(end.lines.at(-1)).toBe('DATA')
  })

  test('after another login EHLO is said again, and what changed is told', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'AUTH LOGIN', 'SIZE 1000')}
      C: AUTH LOGIN
      S: 334 VXNlcm5hbWU6
      C: YWxpY2U=
      S: 334 UGFzc3dvcmQ6
      C: bG9va2luZy1nbGFzcw==
      S: 235 2.7.0 ok
      C: EHLO probe.test
      S: 250-mx
      S: 250-PIPELINING
      S: 250 SIZE 5000
      C: MAIL FROM:<a@x.test> SIZE=23
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      ${BODY}
      C: QUIT
      ${DONE}`,
      { auth: { ...PLAIN, mechanism: 'LOGIN' } },
    )
    expect(end.outcome).toBe('accepted')
    expect(end.events).toContain('after the login: - AUTH LOGIN, - SIZE 1000, + SIZE 5000')
  })
})

describe('BDAT (RFC 3030)', () => {
  test('by the letter: the recipients are answered first, and nothing is stuffed', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'CHUNKING')}
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      C: BDAT 23 LAST
      C: Subject: hi
      C:
      C: .hello
      C: QUIT
      ${DONE}`,
    )
    expect(end).toMatchObject({ outcome: 'accepted', flights: 3, accepted: ['b@y.test 250'] })
  })

  test('early: one flight less', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'CHUNKING')}
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: BDAT 23 LAST
      C: Subject: hi
      C:
      C: .hello
      C: QUIT
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      ${DONE}`,
      { chunking: 'early' },
    )
    expect(end).toMatchObject({ outcome: 'accepted', flights: 2 })
  })

  test('early, and nobody was accepted: the first refusal decides', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'CHUNKING')}
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: BDAT 23 LAST
      C: Subject: hi
      C:
      C: .hello
      C: QUIT
      S: 250 2.1.0 Ok
      S: 550 5.1.1 User unknown
      S: 554 5.5.1 no valid recipients
      S: 221 2.0.0 Bye`,
      { chunking: 'early' },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'rcpt', reply: 550, accepted: [] })
  })

  test('early, and lost after it: nobody knows', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'CHUNKING')}
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: BDAT 23 LAST
      C: Subject: hi
      C:
      C: .hello
      C: QUIT
      S: 250 2.1.0 Ok
      S: <EOF>`,
      { chunking: 'early' },
    )
    expect(end).toMatchObject({ outcome: 'unknown', accepted: [] })
  })

  test('chunking off is DATA', async () => {
    const end = await sent(
      `${ehlo('CHUNKING')}
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 go on
      ${BODY}
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`,
      { chunking: 'off' },
    )
    expect(end.outcome).toBe('accepted')
  })
})

describe('LMTP and PRDR: one answer for each recipient', () => {
  const to = ['b@y.test', 'c@y.test', 'd@y.test']
  const lmtp = `S: 220 mx LMTP
    C: LHLO probe.test
    S: 250-mx
    S: 250 PIPELINING
    C: MAIL FROM:<a@x.test>
    C: RCPT TO:<b@y.test>
    C: RCPT TO:<c@y.test>
    C: RCPT TO:<d@y.test>
    C: DATA
    S: 250 2.1.0 OK
    S: 250 2.1.5 OK
    S: 550 5.1.1 <c@y.test> User doesn't exist: c@y.test
    S: 250 2.1.5 OK
    S: 354 OK
    ${BODY}
    C: QUIT`
  const target = { protocol: 'lmtp' } as SendOptions['target']

  test('accepted, refused by RCPT and refused after the data stand apart', async () => {
    const end = await sent(
      `${lmtp}
      S: 250 2.0.0 <b@y.test> YLXtFQypBGs8AgAAyMCXRw:R4 Saved
      S: 552 5.2.2 <d@y.test> Quota exceeded (mailbox for user is full)
      S: 221 2.0.0 Bye`,
      { to, target },
    )
    expect(end).toMatchObject({
      outcome: 'partial',
      accepted: ['b@y.test 250'],
      rejected: ['c@y.test 550', 'd@y.test 552'],
    })
  })

  test('refused for everybody after the data', async () => {
    const end = await sent(
      `${lmtp}
      S: 552 5.2.2 <b@y.test> Quota exceeded (mailbox for user is full)
      S: 451 4.2.0 <d@y.test> Internal error occurred.
      S: 221 2.0.0 Bye`,
      { to, target },
    )
    // the first refusal decides, as it does among recipients
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'end-of-data', reply: 552, accepted: [] })
    expect(end.rejected).toEqual(['c@y.test 550', 'b@y.test 552', 'd@y.test 451'])
  })

  test('lost between two answers: what was answered is known, the whole is not', async () => {
    const end = await sent(
      `${lmtp}
      S: 250 2.0.0 <b@y.test> Saved
      S: <EOF>`,
      { to, target },
    )
    expect(end).toMatchObject({ outcome: 'unknown', accepted: ['b@y.test 250'] })
  })

  test('PRDR: 353, one for each, one for all', async () => {
    const end = await sent(
      `${ehlo('PIPELINING', 'PRDR')}
      C: MAIL FROM:<a@x.test> PRDR
      C: RCPT TO:<b@y.test>
      C: RCPT TO:<c@y.test>
      C: DATA
      S: 250 Ok
      S: 250 Ok
      S: 250 Ok
      S: 354 go on
      ${BODY}
      S: 353 PRDR content analysis has started
      S: 250 first recipient ok
      S: 550 second recipient does not want it
      S: 250 Ok
      C: QUIT
      S: 221 Bye`,
      { to: ['b@y.test', 'c@y.test'], wishes: { prdr: 'wanted' } },
    )
    expect(end).toMatchObject({ outcome: 'partial', accepted: ['b@y.test 250'], rejected: ['c@y.test 550'] })
  })
})

describe('what is asked for and offered', () => {
  test('all parameters of MAIL and RCPT', async () => {
    const end = await sent(
      `${ehlo('STARTTLS')}
      C: STARTTLS
      S: 220 Go
      C: <TLS>
      ${ehlo('PIPELINING', 'SIZE', 'DSN', 'REQUIRETLS', 'MT-PRIORITY', 'FUTURERELEASE 9999 2030-01-01T00:00:00Z', 'DELIVERBY', 'AUTH PLAIN', '8BITMIME').replace('S: 220 mx ESMTP\n', '')}
      C: MAIL FROM:<a@x.test> SIZE=23 BODY=8BITMIME RET=HDRS ENVID=id+2B1 AUTH=<> REQUIRETLS MT-PRIORITY=-3 HOLDFOR=60 BY=120;RT X-MORE=1
      C: RCPT TO:<b@y.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@y.test X-RCPT
      C: DATA
      S: 250 Ok
      S: 250 Ok
      S: 354 go on
      ${BODY}
      C: QUIT
      ${DONE}`,
      {
        target: { security: 'opportunistic' } as SendOptions['target'],
        wishes: {
          dsn: { notify: ['SUCCESS', 'FAILURE'], return: 'HDRS', envelopeId: 'id+1' },
          body: '8BITMIME',
          auth: '',
          requireTls: 'wanted',
          priority: -3,
          hold: { seconds: 60 },
          deliverBy: { seconds: 120, mode: 'R', trace: 'wanted' },
          mail: ['X-MORE=1'],
          rcpt: ['X-RCPT'],
        },
      },
    )
    expect(end.outcome).toBe('accepted')
  })

  test.each([
    [{ dsn: { notify: ['NEVER'] } }],
    [{ requireTls: 'wanted' }],
    [{ priority: 1 }],
    [{ hold: { seconds: 1 } }],
    [{ deliverBy: { seconds: 1, mode: 'N', trace: 'not-wanted' } }],
    [{ auth: 'alice' }],
    [{ prdr: 'wanted' }],
    [{ body: '8BITMIME' }],
    [{ body: 'BINARYMIME' }],
  ] as const)('%j, and not offered: an error before MAIL', async (wishes) => {
    const end = await sent(`${ehlo('PIPELINING')}\nC: QUIT\nS: 221 Bye`, { wishes })
    expect(end).toMatchObject({ outcome: 'failed', unmet: 'extension-not-offered', stage: 'mail' })
  })

  test('REQUIRETLS on a connection without TLS is not sent, whatever the server offers', async () => {
    const end = await sent(`${ehlo('REQUIRETLS')}\nC: QUIT\nS: 221 Bye`, { wishes: { requireTls: 'wanted' } })
    expect(end).toMatchObject({ outcome: 'failed', unmet: 'extension-not-offered', stage: 'mail' })
  })

  test('LIMITS: more recipients than the server takes are not even tried', async () => {
    const end = await sent(`${ehlo('LIMITS RCPTMAX=1')}\nC: QUIT\nS: 221 Bye`, {
      to: ['b@y.test', 'c@y.test'],
    })
    expect(end).toMatchObject({ unmet: 'too-many-recipients', stage: 'mail' })
  })

  test('XCLIENT, before the session is said hello to anew', async () => {
    const end = await sent(
      `${ehlo('XCLIENT NAME ADDR')}
      C: XCLIENT NAME=spike.example ADDR=192.0.2.1
      S: 220 mx ESMTP
      C: EHLO probe.test
      S: 250 mx
      C: QUIT
      S: 221 Bye`,
      {
        opening: {
          xclient: {
            attributes: [
              { name: 'NAME', value: 'spike.example' },
              { name: 'ADDR', value: '192.0.2.1' },
            ],
            when: 'before-tls',
          },
          end: { after: 'starttls', how: 'quit' },
        },
      },
    )
    expect(end.outcome).toBe('ok')
  })

  test('XCLIENT with an attribute that is not offered', async () => {
    const xclient = { attributes: [{ name: 'LOGIN', value: 'bob' }], when: 'before-tls' } as const
    const end = await sent(`${ehlo('XCLIENT NAME ADDR')}\nC: QUIT\nS: 221 Bye`, { opening: { xclient } })
    expect(end.unmet).toBe('extension-not-offered')
  })

  test('a PROXY header goes before everything', async () => {
    const end = await sent(
      `C: PROXY TCP4 192.0.2.1 198.51.100.1 4711 25
      ${ehlo()}
      C: QUIT
      S: 221 Bye`,
      {
        proxied: {
          version: 1,
          source: { address: '192.0.2.1', port: 4711 },
          destination: { address: '198.51.100.1', port: 25 },
        },
        opening: { end: { after: 'hello', how: 'quit' } },
      },
    )
    expect(end.outcome).toBe('ok')
  })
})

describe('how it begins and how it ends', () => {
  test.each([
    ['HELO', 'C: HELO probe.test\nS: 250 mx\nC: MAIL FROM:<a@x.test>'],
    ['none', 'C: MAIL FROM:<a@x.test>'],
  ] as const)('hello.verb %s', async (verb, opening) => {
    const end = await sent(
      `S: 220 mx
      ${opening}
      S: 250 Ok
      C: QUIT
      S: 221 Bye`,
      { opening: { hello: { name: 'probe.test', verb }, end: { after: 'mail', how: 'quit' } } },
    )
    expect(end.outcome).toBe('ok')
  })

  test.each([
    ['hello', 'EHLO probe.test'],
    ['mail', 'MAIL FROM:<a@x.test>'],
    ['rcpt', 'RCPT TO:<b@y.test>'],
    ['data', 'DATA'],
  ] as const)('dropAfter %s hangs up without a word', async (after, last) => {
    const whole = `${ehlo()}
      C: MAIL FROM:<a@x.test>
      S: 250 Ok
      C: RCPT TO:<b@y.test>
      S: 250 Ok
      C: DATA
      S: 354 go on`.split('\n')
    const upTo = whole.findIndex((line) => line.trim() === `C: ${last}`) + 2
    const end = await sent(whole.slice(0, upTo).join('\n'), { opening: { end: { after, how: 'drop' } } })
    expect(end.outcome).toBe('ok')
    expect(end.lines.at(-1)).toBe(last)
  })

  test('dropAfter end-of-data: no QUIT goes along with the message', async () => {
    const end = await sent(
      `${ehlo('PIPELINING')}
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 Ok
      S: 250 Ok
      S: 354 go on
      ${BODY}
      S: 250 2.0.0 Ok`,
      { opening: { end: { after: 'end-of-data', how: 'drop' } } },
    )
    expect(end.outcome).toBe('accepted')
    expect(end.lines.at(-1)).toBe('DATA')
  })
})
