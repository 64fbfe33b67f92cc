import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/text/secret.ts'
import { manualClock } from '../support/manual-clock.ts'
import { scriptedScript } from '../support/scripted-script.ts'
import { everyCutOf } from '../support/scripted-session.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const ASKED = `
  C: MAIL FROM:<a@x.test>
  S: 250 2.1.0 Ok
  C: RCPT TO:<b@y.test>
  S: 250 2.1.5 Ok
  C: DATA
  S: 354 Go ahead`
const ENVELOPE = [{ send: 'MAIL FROM:<a@x.test>' }, { send: 'RCPT TO:<b@y.test>' }, { send: 'DATA' }]

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

describe('a script says what it says and nothing else', () => {
  test('wrong commands, wrong order and odd syntax go out as they are, however the replies are cut', async () => {
    const script = `
      C: DATA
      S: 503 5.5.1 Error: need RCPT command
      C: eHlO  me
      S: 250-mx.example.test
      S: 250 PIPELINING
      C: MAIL FROM: <a@x.test> ü
      S: 501 5.1.7 Bad sender address syntax
      C:
      S: 500 5.5.2 Error: bad syntax`
    const steps = ['DATA', 'eHlO  me', 'MAIL FROM: <a@x.test> ü', ''].map((send) => ({ send }))
    const seen = await everyCutOf(`S: 220 mx.example.test ESMTP\n${script}`, async (cuts) => {
      const { told, met, lines, replies } = await scriptedScript('smtp', script, steps, { cuts })
      return { told, met, lines, replies }
    })
    expect(seen).toEqual({
      told: ['ok', 'transaction'],
      met: [true, true, true, true],
      lines: ['DATA', 'eHlO  me', 'MAIL FROM: <a@x.test> ü', ''],
      replies: [503, 250, 501, 500],
    })
  })

  test('without QUIT in the script the connection is closed without it, and with it nothing follows', async () => {
    const closed = async (send: string) => {
      const { end } = await scriptedScript('smtp', `C: ${send}\nS: 250 Ok`, [{ send }])
      return end.transcript.entries.at(-1)
    }
    expect(await closed('NOOP')).toMatchObject({ event: 'closed', text: 'by this service, without QUIT' })
    expect(await closed('QUIT')).toMatchObject({ event: 'closed', text: 'by this service, after QUIT' })
  })

  test('a greeting that is a refusal is the end, and no step was done', async () => {
    const greeting = 'S: 554 5.7.1 No service for you\nC: QUIT\nS: 221 Bye'
    const { told, met } = await scriptedScript('smtp', '', [{ send: 'NOOP' }], { greeting })
    expect([told, met]).toEqual([['rejected', 'greeting'], []])
  })

  test('each command has the stage of its verb', async () => {
    const verbs = [
      'EHLO me',
      'STARTTLS',
      'AUTH X',
      'MAIL FROM:<>',
      'RCPT TO:<>',
      'VRFY a',
      'RSET',
      'DATA',
      'QUIT',
    ]
    const script = verbs.map((verb) => `C: ${verb}\nS: 500 5.5.1 No`).join('\n')
    const { stages } = await scriptedScript(
      'smtp',
      script,
      verbs.map((send) => ({ send })),
    )
    expect(stages).toEqual([
      'hello',
      'starttls',
      'auth',
      'mail',
      'rcpt',
      'rcpt',
      'transaction',
      'data',
      'quit',
    ])
  })
})

describe('expect', () => {
  const reply = (text: string) => `C: NOOP\nS: ${text}`

  test.each([
    ['250', '250 Ok', true],
    ['2xx', '252 Ok', true],
    ['5XX', '550 5.1.1 No', true],
    ['550', '551 No', false],
    ['2xx', '450 Later', false],
    ['^250 2\\.0\\.0 ok', '250 2.0.0 Ok', false],
    ['(?i)^250 2\\.0\\.0 ok$', '250 2.0.0 Ok', true],
    ['^250-(?<first>\\w+)\\n250 (?<second>\\w+)$', '250-one\nS: 250 two', true],
  ])('%s and %s', async (expected, text, met) => {
    const outcome = await scriptedScript('smtp', reply(text), [{ send: 'NOOP', expect: expected }])
    expect(outcome.met).toEqual([met])
    expect(outcome.failure === undefined).toBe(met)
  })

  test('an unmet one is a refusal by the reply: rejected, or deferred for 4yz, even where the reply is a yes', async () => {
    const told = async (text: string) =>
      (await scriptedScript('smtp', reply(text), [{ send: 'NOOP', expect: '354' }])).told[0]
    expect([await told('250 Ok'), await told('550 No'), await told('451 Later')]).toEqual([
      'rejected',
      'rejected',
      'deferred',
    ])
  })

  test('stop: nothing more is said; quit: QUIT; continue: everything, and the first unmet one decides', async () => {
    const steps = [{ send: 'NOOP', expect: '250' }, { send: 'RSET', expect: '250' }, { send: 'HELP' }]
    const first = 'C: NOOP\nS: 451 4.3.0 Later'
    const stopped = await scriptedScript('smtp', first, steps)
    expect([stopped.told, stopped.met]).toEqual([['deferred', 'transaction'], [false]])
    const quit = await scriptedScript('smtp', `${first}\nC: QUIT\nS: 221 Bye`, steps, {
      onUnexpected: 'quit',
    })
    expect(quit.told).toEqual(stopped.told)
    const rest = 'C: RSET\nS: 550 No\nC: HELP\nS: 214 Help'
    const gone = await scriptedScript('smtp', `${first}\n${rest}`, steps, { onUnexpected: 'continue' })
    expect([gone.told, gone.met]).toEqual([
      ['deferred', 'transaction'],
      [false, false, true],
    ])
    expect(gone.failure?.reply?.code).toBe(451)
  })

  test('alone it reads one more reply', async () => {
    const { replies } = await scriptedScript('smtp', 'C: NOOP\nS: 250 One\nS: 250 Two', [
      { send: 'NOOP' },
      { expect: 'Two' },
    ])
    expect(replies).toEqual([250, 250])
  })

  test('an expression that would keep another engine busy for ever is over at once', async () => {
    const began = performance.now()
    const { met } = await scriptedScript('smtp', reply(`250 ${'a'.repeat(3000)}!`), [
      { send: 'NOOP', expect: '(?:(?:a+)+)+$' },
    ])
    expect(met).toEqual([false])
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('what was captured', () => {
  const captures = (reply: string, next: string) =>
    scriptedScript('smtp', `C: NOOP\nS: 250 ${reply}\n${next}`, [
      { send: 'NOOP', expect: '^250 (?<id>.+)$' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a script
      { send: 'XFIND ${id} end' },
    ])

  test('stands in later lines as the server said it', async () => {
    const { lines } = await captures('A\\\\1 ü', 'C: XFIND A\\\\1 ü end\nS: 250 Ok')
    expect(lines[1]).toBe('XFIND A\\\\1 ü end')
  })

  test.each(['\\x0dRCPT TO:<e@evil.test>', 'a\\x00b', '\\xff\\xfe'])(
    'cannot make a second line, nor other octets: %s',
    async (reply) => {
      const { told, failure, wire } = await captures(reply, '')
      expect([told[0], failure?.fault?.kind, wire.closed]).toEqual(['failed', 'protocol', 'ended'])
    },
  )

  test('is needed: a step that uses what was not captured is not said', async () => {
    const { failure, told } = await scriptedScript(
      'smtp',
      'C: NOOP\nS: 250 nothing here',
      [
        { send: 'NOOP', expect: 'queued as (?<id>\\w+)' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of a script
        { send: 'XFIND ${id}' },
      ],
      { onUnexpected: 'continue' },
    )
    expect([told[0], failure?.unmet?.code]).toEqual(['failed', 'expectation-not-met'])
  })
})

describe('data', () => {
  test('is dot-stuffed, has CRLF and is terminated, and a yes is that the message was accepted', async () => {
    const script = `${ASKED}
      C: Subject: x
      C:
      C: ..hidden
      C: end
      C: .
      S: 250 2.0.0 Ok: queued as 1`
    const { told, stages } = await scriptedScript('smtp', script, [
      ...ENVELOPE,
      { data: 'Subject: x\n\n.hidden\rend' },
    ])
    expect(told).toEqual(['accepted', 'end-of-data'])
    expect(stages.at(-1)).toBe('end-of-data')
  })

  test('with its switches off it goes as it is, and no reply is waited for', async () => {
    const script = `${ASKED}
      C: .a\\x0ab
      C: .
      S: 250 2.0.0 Ok`
    const bare = { dotStuff: false, crlf: false, terminate: false }
    const { met, replies } = await scriptedScript('smtp', script, [
      ...ENVELOPE,
      { data: '.a\nb\r\n', ...bare },
      { send: '.' },
    ])
    expect(met.every(Boolean)).toBe(true)
    expect(replies).toEqual([250, 250, 354, null, 250])
  })

  test('typed line by line, as in telnet: inside the message no line is answered', async () => {
    const script = `${ASKED}
      C: Subject: x
      C:
      C: hello
      C: .
      S: 250 2.0.0 Ok`
    const steps = [...ENVELOPE, ...['Subject: x', '', 'hello', '.'].map((send) => ({ send }))]
    const { told, replies } = await scriptedScript('smtp', script, steps)
    expect([told[0], replies.slice(3)]).toEqual(['accepted', [null, null, null, 250]])
  })

  test('longer than a block it is stuffed all the same', async () => {
    const data = '.x\r\n'.repeat(40_000)
    const { told } = await scriptedScript('smtp', `${ASKED}\nC: <CONTENT 200003>\nS: 250 2.0.0 Ok`, [
      ...ENVELOPE,
      { data },
    ])
    expect(told[0]).toBe('accepted')
  })

  test('where DATA was refused it is not sent, for it would be taken for commands; the refusal decides', async () => {
    const script = 'C: DATA\nS: 554 5.5.1 Error: no valid recipients'
    const { told, failure, met } = await scriptedScript('smtp', script, [
      { send: 'DATA' },
      { data: 'RCPT TO:<e@evil.test>\r\n' },
    ])
    expect([told, failure?.reply?.code, met]).toEqual([['rejected', 'data'], 554, [true, false]])
  })

  test('where DATA was not said at all it is not sent either', async () => {
    const { failure } = await scriptedScript('smtp', '', [{ data: 'x' }])
    expect(failure?.unmet?.code).toBe('bad-sequence')
  })

  test('an answer that comes before its end is no acceptance of it', async () => {
    const { told } = await scriptedScript(
      'smtp',
      `${ASKED.replace('S: 354 Go ahead', 'S: 354 Go ahead\nS: 250 2.0.0 Ok')}`,
      [...ENVELOPE, { data: 'x' }],
    )
    expect(told).toEqual(['failed', 'data'])
  })
})

describe('unknown: once the message was handed over and its answer is lost', () => {
  const DATA = 'C: hello\nC: .'
  const CASES: [how: string, script: string, steps: object[], outcome: string][] = [
    ['by data', `${DATA}\nS: <EOF>`, [{ data: 'hello' }], 'unknown'],
    ['by a lone dot', `${DATA}\nS: <EOF>`, [{ send: 'hello' }, { send: '.' }], 'unknown'],
    ['by raw octets', `${DATA}\nS: <EOF>`, [{ raw: base64('hello\r\n.\r\n') }], 'unknown'],
    [
      'by raw octets in two pieces',
      `${DATA}\nS: <EOF>`,
      [{ raw: base64('hello\r\n.') }, { raw: base64('\r\n') }],
      'unknown',
    ],
    [
      'by a bare LF, which some servers take',
      'C: hello\\x0a.\\x0a\nS: <EOF>'.replace('\\x0a\nS', '\\x0a<CUT>\nS'),
      [{ raw: base64('hello\n.\n') }],
      'unknown',
    ],
    ['half of the answer', `${DATA}\nS: 250-2.0\nS: <EOF>`, [{ data: 'hello' }], 'unknown'],
    ['when nobody waited for the answer', DATA, [{ data: 'hello', reply: 'none' }], 'unknown'],
    [
      'the innocent twin: before its end',
      'C: hello\nS: <EOF>',
      [{ send: 'hello' }, { expect: '250' }],
      'failed',
    ],
    [
      'the innocent twin: answered',
      `${DATA}\nS: 250 Ok\nC: NOOP\nS: <EOF>`,
      [{ data: 'hello' }, { send: 'NOOP' }],
      'failed',
    ],
  ]
  test.each(CASES)('%s', async (_how, script, steps, outcome) => {
    const { told } = await scriptedScript('smtp', `${ASKED}\n${script}`, [...ENVELOPE, ...steps])
    expect(told[0]).toBe(outcome)
  })

  test.each([
    [
      'the last chunk',
      'C: BDAT 5 LAST\nC: hello<CUT>\nS: <EOF>',
      [{ send: 'BDAT 5 LAST' }, { raw: base64('hello') }],
      'unknown',
    ],
    ['an empty last chunk', 'C: BDAT 0 LAST\nS: <EOF>', [{ send: 'BDAT 0 LAST' }], 'unknown'],
    [
      'a chunk before the last',
      'C: BDAT 5\nC: hello<CUT>\nS: <EOF>',
      [{ send: 'BDAT 5' }, { raw: base64('hello') }],
      'failed',
    ],
    [
      'half of the last chunk',
      'C: BDAT 9 LAST\nC: hello<CUT>\nS: <EOF>',
      [{ send: 'BDAT 9 LAST' }, { raw: base64('hello') }, { expect: '250' }],
      'failed',
    ],
    [
      'all of it in one write',
      'C: DATA\nC: hello\nC: .\nS: 354 Go\nS: <EOF>',
      [{ raw: base64('DATA\r\nhello\r\n.\r\n') }, { expect: '250' }],
      'unknown',
    ],
  ])('by %s', async (_what, script, steps, outcome) => {
    const { told } = await scriptedScript('smtp', script, steps)
    expect(told[0]).toBe(outcome)
  })

  test('the answer to the last chunk is waited for', async () => {
    const script = 'C: BDAT 5 LAST\nC: hello<CUT>\nS: 250 2.0.0 Ok: queued as 1'
    const { told, replies } = await scriptedScript('smtp', script, [
      { send: 'BDAT 5 LAST' },
      { raw: base64('hello') },
    ])
    expect([told[0], replies]).toEqual(['accepted', [null, 250]])
  })
})

describe('QUIT on something unexpected is not said where it would not be QUIT', () => {
  test.each([
    ['inside a message', 'C: DATA\nS: 354 Go', { send: 'DATA', expect: '250' }],
    ['inside a login', 'C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6', { send: 'AUTH LOGIN', expect: '235' }],
  ])('%s', async (_where, script, step) => {
    const { wire, told } = await scriptedScript('smtp', script, [step], { onUnexpected: 'quit' })
    expect([told[0], wire.closed]).toEqual(['rejected', 'ended'])
  })
})

describe('pipelining', () => {
  test('on: consecutive sends without expect are one flight, which ends behind DATA', async () => {
    const script = `
      C: EHLO me
      S: 250 mx
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 550 5.1.1 No such user
      S: 554 5.5.1 No valid recipients
      C: RSET
      C: QUIT
      S: 250 Ok
      S: 221 Bye`
    const { wire, replies, told } = await scriptedScript(
      'smtp',
      script,
      [{ send: 'EHLO me', expect: '250' }, ...ENVELOPE, { send: 'RSET' }, { send: 'QUIT' }],
      { pipelining: 'on' },
    )
    expect(wire.flights).toBe(3)
    expect([told, replies]).toEqual([
      ['ok', 'quit'],
      [250, 250, 550, 554, 250, 221],
    ])
  })

  test('off: one by one', async () => {
    const script = 'C: NOOP\nS: 250 Ok\nC: NOOP\nS: 250 Ok'
    const { wire } = await scriptedScript('smtp', script, [{ send: 'NOOP' }, { send: 'NOOP' }])
    expect(wire.flights).toBe(2)
  })
})

describe('secrets', () => {
  const SECRET = 'hunter2-and-more'

  test.each([
    ['a text', { send: `XLOGIN a ${SECRET} b`, secret: SECRET }, 'XLOGIN a *** b'],
    ['all behind the first word', { send: `XLOGIN ${SECRET}`, secret: true as const }, 'XLOGIN ***'],
    ['a line of one word', { send: SECRET, secret: true as const }, '***'],
    ['an initial response, by itself', { send: `AUTH PLAIN ${base64(`\0a\0${SECRET}`)}` }, 'AUTH PLAIN ***'],
    ['a password that was meant for the other protocol', { send: `PASS ${SECRET}` }, 'PASS ***'],
    ['a short text', { send: 'XLOGIN pw', secret: 'pw' }, 'XLOGIN ***'],
  ])('%s is masked, also where the server repeats it', async (_what, step, line) => {
    const script = `C: ${step.send}\nS: 535 5.7.8 no: ${step.send}`
    const { lines, end } = await scriptedScript('smtp', script, [step])
    expect(lines).toEqual([line])
    const shown = JSON.stringify(end.transcript)
    for (const form of [SECRET, base64(SECRET).slice(0, 20), base64(`\0a\0${SECRET}`)])
      expect(shown).not.toContain(form)
  })

  test('responses of an AUTH dialogue that the script does by itself are masked', async () => {
    const script = `
      C: AUTH LOGIN
      S: 334 VXNlcm5hbWU6
      C: ${base64('alice')}
      S: 334 UGFzc3dvcmQ6
      C: ${base64(SECRET)}
      S: 235 2.7.0 Ok
      C: NOOP
      S: 250 Ok`
    const { lines, stages } = await scriptedScript(
      'smtp',
      script,
      ['AUTH LOGIN', base64('alice'), base64(SECRET), 'NOOP'].map((send) => ({ send })),
    )
    expect(lines).toEqual(['AUTH LOGIN', '***', '***', 'NOOP'])
    expect(stages).toEqual(['auth', 'auth', 'auth', 'transaction'])
  })

  test('of raw octets and data nothing is shown then', async () => {
    const script = `C: XLOGIN ${SECRET}\nS: 250 Ok`
    const { end } = await scriptedScript('smtp', script, [
      { raw: base64(`XLOGIN ${SECRET}\r\n`), secret: true },
    ])
    expect(JSON.stringify(end.transcript)).not.toContain(SECRET)
    expect(end.transcript.entries.find(({ kind }) => kind === 'data')).toMatchObject({ preview: '***' })
  })

  test('one that goes over a connection without TLS is a finding', async () => {
    const step = { send: `AUTH PLAIN ${base64('\0a\0b')}` }
    const script = `C: ${step.send}\nS: 235 Ok`
    expect((await scriptedScript('smtp', script, [step])).findings).toEqual(['secret-in-the-clear'])
    const inside = { target: { security: 'implicit' as const }, greeting: 'C: <TLS>\nS: 220 mx' }
    expect((await scriptedScript('smtp', script, [step], inside)).findings).toEqual([])
  })
})

describe('TLS and login', () => {
  const AUTH = {
    mechanism: 'PLAIN',
    user: 'a',
    credential: { kind: 'password' as const, value: new Secret('a password of a') },
    authzid: undefined,
    initialResponse: 'auto' as const,
    insecure: 'refuse' as const,
  }
  const LOGIN = { user: 'a', password: 'a password of a', mechanism: 'plain' }
  const response = base64('\0a\0a password of a')
  const HELLO = 'C: EHLO probe.example.test\nS: 250-mx\nS: 250 AUTH PLAIN'

  test('before the first step, and the transcript says that this was not the script', async () => {
    const script = `
      C: EHLO probe.example.test
      S: 250-mx
      S: 250 STARTTLS
      C: STARTTLS
      S: 220 Go
      C: <TLS>
      ${HELLO}
      C: AUTH PLAIN ${response}
      S: 235 Ok
      C: NOOP
      S: 250 Ok`
    const { end, told } = await scriptedScript('smtp', script, [{ send: 'NOOP' }], {
      auth: AUTH,
      target: { security: 'required' },
    })
    expect(told).toEqual(['ok', 'transaction'])
    expect(end.transcript.entries[0]).toMatchObject({ event: 'own-hello' })
    expect(end.auth?.chosen).toBe('PLAIN')
    expect(end.records.length).toBe(1)
  })

  test('startTls: what was offered before is forgotten, so that a login asks again', async () => {
    const script = `
      C: EHLO me
      S: 250-mx
      S: 250 AUTH CRAM-MD5
      C: STARTTLS
      S: 220 Go
      C: <TLS>
      ${HELLO}
      C: AUTH PLAIN ${response}
      S: 235 Ok`
    const { met, end } = await scriptedScript('smtp', script, [
      { send: 'EHLO me' },
      { send: 'STARTTLS' },
      { startTls: true },
      { login: LOGIN },
    ])
    expect(met).toEqual([true, true, true, true])
    expect(
      end.transcript.entries.some((entry) => entry.kind === 'event' && entry.event === 'own-hello'),
    ).toBe(true)
  })

  test('startTls: a certificate that does not verify ends the session, unless tlsVerify is false', async () => {
    const script = 'C: STARTTLS\nS: 220 Go\nC: <TLS>'
    const steps = [{ send: 'STARTTLS' }, { startTls: true as const }]
    const tls = { ...GOOD_TLS, trusted: false, verifyError: 'DEPTH_ZERO_SELF_SIGNED_CERT' }
    const strict = await scriptedScript('smtp', script, steps, { tls })
    expect([strict.told, strict.met]).toEqual([
      ['failed', 'starttls'],
      [true, false],
    ])
    const lenient = await scriptedScript('smtp', script, steps, { tls, target: { verify: 'report' } })
    expect([lenient.told[0], lenient.findings]).toEqual(['ok', ['certificate-untrusted']])
  })

  test('startTls: octets in the clear behind the agreement are refused', async () => {
    const script = 'C: STARTTLS\nS: 220 Go\nS: 250 injected'
    const { failure } = await scriptedScript('smtp', script, [{ send: 'STARTTLS' }, { startTls: true }])
    expect(failure?.fault?.code).toBe('starttls-injection')
  })

  test('startTls twice is not possible', async () => {
    const inside = { target: { security: 'implicit' as const }, greeting: 'C: <TLS>\nS: 220 mx' }
    const { failure } = await scriptedScript('smtp', '', [{ startTls: true }], inside)
    expect(failure?.unmet?.code).toBe('bad-sequence')
  })

  const inside = { target: { security: 'implicit' as const }, greeting: 'C: <TLS>\nS: 220 mx' }

  test('login: with what the script’s own EHLO was told, and no second one', async () => {
    const script = `C: EHLO me\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN ${response}\nS: 235 Ok`
    const { replies } = await scriptedScript('smtp', script, [{ send: 'EHLO me' }, { login: LOGIN }], inside)
    expect(replies).toEqual([250, 235])
  })

  test.each([
    [{}, ['rejected', 'auth'], [false]],
    [{ expect: '535' }, ['ok', 'auth'], [true]],
  ])('login refused, with %j', async (more, told, met) => {
    const script = `${HELLO}\nC: AUTH PLAIN ${response}\nS: 535 5.7.8 No`
    const seen = await scriptedScript('smtp', script, [{ login: LOGIN, ...more }], inside)
    expect([seen.told, seen.met]).toEqual([told, met])
  })

  test('login: credentials are not sent in the clear', async () => {
    const { failure } = await scriptedScript('smtp', HELLO, [{ login: LOGIN }])
    expect(failure?.unmet?.code).toBe('credentials-need-tls')
  })
})

describe('time', () => {
  test('a pause passes before the rest of its step', async () => {
    const clock = manualClock()
    const running = scriptedScript(
      'smtp',
      'C: NOOP\nS: 250 Ok',
      [{ pauseMs: 5000, send: 'NOOP' }, { pauseMs: 1 }],
      {
        clock,
      },
    )
    while (clock.now() < 5001) {
      await new Promise(setImmediate)
      clock.advance(1000)
    }
    const { met, end } = await running
    expect(met).toEqual([true, true])
    expect(end.transcript.durationMs).toBeGreaterThanOrEqual(5000)
  })

  test('the end of the call interrupts a pause, and the steps so far are told', async () => {
    const clock = manualClock()
    const script = 'C: NOOP\nS: <PAUSE 5>\nS: 250 Ok'
    const running = scriptedScript('smtp', script, [{ send: 'NOOP' }, { pauseMs: 9000 }], {
      clock,
      timeLimits: { total: 9001 },
      cuts: 'none',
    })
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    clock.advance(5)
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    clock.advance(8997)
    const { told, met } = await running
    expect([told[0], met]).toEqual(['failed', [true]])
  })

  test('a caller who leaves interrupts a pause', async () => {
    const caller = new AbortController()
    const running = scriptedScript('smtp', '', [{ pauseMs: 9000 }], { signal: caller.signal })
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    caller.abort()
    expect((await running).failure?.fault?.kind).toBe('aborted')
  })

  test('a server that stalls is cut, with the transcript so far', async () => {
    const script = 'C: EHLO me\nS: 250 mx\nC: NOOP\nS: 250-half\nS: <PAUSE 30000>'
    const { told, met, replies, shown } = await scriptedScript('smtp', script, [
      { send: 'EHLO me' },
      { send: 'NOOP' },
    ])
    expect([told, met, replies]).toEqual([
      ['failed', 'transaction'],
      [true, false],
      [250, null],
    ])
    expect(shown).toContain('half')
  })

  test('a server that says goodbye in between has answered the step', async () => {
    const script = 'C: NOOP\nS: 421 4.3.2 Shutting down\nC: NOOP\nS: <EOF>'
    const { told, replies } = await scriptedScript('smtp', script, [{ send: 'NOOP' }, { send: 'NOOP' }])
    expect([told[0], replies]).toEqual(['deferred', [421, 421]])
  })
})

test('drop hangs up', async () => {
  const { told, wire } = await scriptedScript('smtp', 'C: NOOP\nS: 250 Ok', [
    { send: 'NOOP' },
    { drop: true },
  ])
  expect([told[0], wire.closed]).toEqual(['ok', 'ended'])
})

test('raw: half a line, then the rest; several commands in one write, and a reply read for each', async () => {
  const script = `
    C: EHLO me
    S: 250 mx
    C: NOOP\\x0aRSET
    S: 250 One
    S: 250 Two`
  const { replies } = await scriptedScript('smtp', script, [
    { raw: base64('EHLO') },
    { raw: base64(' me\r\n') },
    { raw: base64('NOOP\nRSET\r\n'), expect: 'One' },
    { expect: 'Two' },
  ])
  expect(replies).toEqual([null, 250, 250, 250])
})

test('LMTP: each recipient has a reply of its own, read by steps of their own', async () => {
  const script = `
    C: LHLO me
    S: 250 mx
    ${ASKED}
    C: x
    C: .
    S: 250 2.1.5 first
    S: 452 4.2.2 second`
  const { replies, told } = await scriptedScript('lmtp', script, [
    { send: 'LHLO me' },
    ...ENVELOPE,
    { data: 'x' },
    { expect: '4xx' },
  ])
  expect([replies.slice(-2), told[0]]).toEqual([[250, 452], 'accepted'])
})
