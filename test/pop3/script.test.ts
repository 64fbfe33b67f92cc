import { describe, expect, test } from 'vitest'
import { KEPT_OCTETS, MOST_OCTETS, ScriptBodies } from '../../src/session/script-bodies.ts'
import { Secret } from '../../src/text/secret.ts'
import { scriptedScript } from '../support/scripted-script.ts'
import { everyCutOf } from '../support/scripted-session.ts'

const LOGGED_IN = `
  C: USER bob
  S: +OK
  C: PASS builder of 7 bridges
  S: +OK Logged in.`
const LOGIN = [{ send: 'USER bob' }, { send: 'PASS builder of 7 bridges' }]

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

const replyOf = async (script: string, step: object) =>
  (await scriptedScript('pop3', script, [step as { send: string }])).end.records[0]?.reply

describe('multi-line replies', () => {
  test('by the command: LIST and UIDL without argument, RETR, TOP, CAPA; unstuffed, however they are cut', async () => {
    const script = `
      C: LIST
      S: +OK 2 messages
      S: 1 10
      S: 2 20
      S: .
      C: LIST 1
      S: +OK 1 10
      C: RETR 1
      S: +OK [SEEN] 10 octets
      S: ..hidden
      S:
      S: .
      C: uidl
      S: +OK
      S: .
      C: CAPA
      S: -ERR what?`
    const steps = ['LIST', 'LIST 1', 'RETR 1', 'uidl', 'CAPA'].map((send) => ({ send }))
    const replies = await everyCutOf(`S: +OK ready\n${script}`, async (cuts) => {
      const { end } = await scriptedScript('pop3', script, steps, { cuts })
      return end.records.map(({ reply }) => [reply?.status, reply?.responseCode, ...(reply?.lines ?? [])])
    })
    expect(replies).toEqual([
      ['+OK', undefined, '2 messages', '1 10', '2 20'],
      ['+OK', undefined, '1 10'],
      ['+OK', 'SEEN', '10 octets', '.hidden', ''],
      ['+OK', undefined, ''],
      ['-ERR', undefined, 'what?'],
    ])
  })

  test('multiline says it, where the command does not; -ERR ends a reply all the same', async () => {
    const more = await replyOf('C: XTND\nS: +OK list\nS: a\nS: .', { send: 'XTND', multiline: true })
    expect(more?.lines).toEqual(['list', 'a'])
    const less = await replyOf('C: LIST\nS: +OK none here', { send: 'LIST', multiline: false })
    expect(less?.lines).toEqual(['none here'])
    const no = await replyOf('C: XTND\nS: -ERR no', { send: 'XTND', multiline: true })
    expect(no?.status).toBe('-ERR')
    const raw = await replyOf('C: LIST\nS: +OK\nS: 1 10\nS: .', { raw: base64('LIST\r\n') })
    expect(raw?.lines).toEqual(['', '1 10'])
  })

  test('expect looks at all of it', async () => {
    const { met, end } = await scriptedScript('pop3', 'C: LIST\nS: +OK\nS: 7 4711\nS: .', [
      { send: 'LIST', expect: '^7 (?<octets>\\d+)$' },
    ])
    expect([met, end.records[0]?.captured?.get('octets')]).toEqual([[true], '4711'])
  })

  test('octets that are not printable are shown as \\xNN', async () => {
    const reply = await replyOf('C: TOP 1 0\nS: +OK\nS: a\\xff\\x00b\nS: .', { send: 'TOP 1 0' })
    expect(reply?.lines).toEqual(['', 'a\\xff\\x00b'])
  })

  test('a long one is whole up to a limit, read to its end, and told how much is left out', async () => {
    async function* body() {
      for (let count = 0; count < 5; count += 1) yield Buffer.alloc(KEPT_OCTETS / 4, 'x')
    }
    const bodies = new ScriptBodies()
    const { lines, leftOut } = await bodies.of(body())
    expect([lines[0]?.length, leftOut]).toEqual([KEPT_OCTETS, KEPT_OCTETS / 4])
    expect(await bodies.of(body())).toEqual({ lines: [], leftOut: (KEPT_OCTETS * 5) / 4 })
  })

  test('a flood is cut', async () => {
    const piece = Buffer.alloc(16_777_216)
    let given = 0
    async function* flood() {
      for (;;) {
        given += piece.length
        yield piece
      }
    }
    await expect(new ScriptBodies().of(flood())).rejects.toMatchObject({ kind: 'limit' })
    expect(given).toBeLessThan(MOST_OCTETS + 2 * piece.length)
  })
})

describe('the stage of a command', () => {
  test('before the login it is the login; then the transaction; QUIT is the update when something was deleted', async () => {
    const script = `
      C: STAT
      S: -ERR Unknown command.
      ${LOGGED_IN}
      C: STAT
      S: +OK 1 10
      C: DELE 1
      S: +OK
      C: QUIT
      S: +OK`
    const { stages } = await scriptedScript('pop3', script, [
      { send: 'STAT' },
      ...LOGIN,
      ...['STAT', 'DELE 1', 'QUIT'].map((send) => ({ send })),
    ])
    expect(stages).toEqual(['auth', 'auth', 'auth', 'transaction', 'transaction', 'update'])
  })
})

describe('deletions', () => {
  const MARKED = `${LOGGED_IN}\nC: DELE 1\nS: +OK`
  const marked = [...LOGIN, { send: 'DELE 1' }]

  test.each([
    ['QUIT, and the connection is lost', `${MARKED}\nC: QUIT\nS: <EOF>`, [{ send: 'QUIT' }], 'unknown'],
    ['QUIT as octets, the same', `${MARKED}\nC: QUIT\nS: <EOF>`, [{ raw: base64('QUIT\r\n') }], 'unknown'],
    [
      'QUIT that nobody waits for',
      `${MARKED}\nC: QUIT`,
      [{ send: 'QUIT', reply: 'none' as const }],
      'unknown',
    ],
    ['QUIT, answered', `${MARKED}\nC: QUIT\nS: +OK`, [{ send: 'QUIT' }], 'ok'],
    [
      'RSET, then QUIT that is lost',
      `${MARKED}\nC: RSET\nS: +OK\nC: QUIT\nS: <EOF>`,
      [{ send: 'RSET' }, { send: 'QUIT' }],
      'failed',
    ],
    ['no QUIT', MARKED, [], 'ok'],
    ['a lost connection before QUIT', `${MARKED}\nC: NOOP\nS: <EOF>`, [{ send: 'NOOP' }], 'failed'],
  ])('%s', async (_how, script, steps, outcome) => {
    const { told } = await scriptedScript('pop3', script, [...marked, ...steps])
    expect(told[0]).toBe(outcome)
  })

  test('a DELE that was refused deletes nothing', async () => {
    const script = `${LOGGED_IN}\nC: DELE 9\nS: -ERR no\nC: QUIT\nS: <EOF>`
    const { told } = await scriptedScript('pop3', script, [...LOGIN, { send: 'DELE 9' }, { send: 'QUIT' }])
    expect(told).toEqual(['failed', 'quit'])
  })

  test('in one flight with QUIT: lost before DELE was answered, nobody knows', async () => {
    const script = `${LOGGED_IN}\nC: DELE 1\nC: DELE 2\nC: QUIT\nS: +OK\nS: <EOF>`
    const steps = [
      { send: 'USER bob', expect: '+OK' },
      { send: 'PASS builder of 7 bridges', expect: '+OK' },
      ...['DELE 1', 'DELE 2', 'QUIT'].map((send) => ({ send })),
    ]
    const { told, met } = await scriptedScript('pop3', script, steps, { pipelining: 'on' })
    expect(told[0]).toBe('unknown')
    expect(met).toEqual([true, true, true, false, false])
  })

  test('onUnexpected quit does not say QUIT where that would delete', async () => {
    const script = `${MARKED}\nC: STAT\nS: -ERR no`
    const { wire } = await scriptedScript('pop3', script, [...marked, { send: 'STAT', expect: '+OK' }], {
      onUnexpected: 'quit',
    })
    expect(wire.closed).toBe('ended')
    const harmless = `${LOGGED_IN}\nC: STAT\nS: -ERR no\nC: QUIT\nS: +OK`
    await scriptedScript('pop3', harmless, [...LOGIN, { send: 'STAT', expect: '+OK' }], {
      onUnexpected: 'quit',
    })
  })
})

describe('secrets that stand in a line by the protocol', () => {
  test.each([
    ['PASS builder of 7 bridges', 'PASS ***'],
    ['pass x', 'pass ***'],
    ['APOP bob c4c9334bac560ecc979e58001b3e22fb', 'APOP bob ***'],
    ['AUTH PLAIN AGJvYgBwYXNzd29yZA==', 'AUTH PLAIN ***'],
    ['PASS', 'PASS'],
    ['AUTH', 'AUTH'],
  ])('%s', async (send, shown) => {
    const { lines } = await scriptedScript('pop3', `C: ${send}\nS: -ERR no`, [{ send }])
    expect(lines).toEqual([shown])
  })

  test('responses to AUTH, and the words of a server that repeats the password', async () => {
    const script = `
      C: AUTH LOGIN
      S: + VXNlcm5hbWU6
      C: ${base64('bob')}
      S: + UGFzc3dvcmQ6
      C: ${base64('builder of 7 bridges')}
      S: +OK you said ${base64('builder of 7 bridges')}
      C: PASS builder of 7 bridges
      S: -ERR not again: builder of 7 bridges`
    const steps = ['AUTH LOGIN', base64('bob'), base64('builder of 7 bridges'), 'PASS builder of 7 bridges']
    const { lines, end, stages } = await scriptedScript(
      'pop3',
      script,
      steps.map((send) => ({ send })),
    )
    expect(lines).toEqual(['AUTH LOGIN', '***', '***', 'PASS ***'])
    expect(stages.at(-1)).toBe('transaction')
    expect(JSON.stringify(end.transcript)).not.toMatch(/bridges|YnVpbGRlciBvZiA3/)
  })
})

describe('TLS and login', () => {
  test('the service asks CAPA and logs in before the first step', async () => {
    const script = `
      C: CAPA
      S: +OK
      S: USER
      S: .
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: +OK
      C: STAT
      S: +OK 0 0`
    const auth = {
      mechanism: 'auto',
      user: 'bob',
      credential: { kind: 'password' as const, value: new Secret('builder of 7 bridges') },
      authzid: undefined,
      initialResponse: 'auto' as const,
      insecure: 'allow' as const,
    }
    const { end, stages } = await scriptedScript('pop3', script, [{ send: 'STAT' }], { auth })
    expect([stages, end.auth?.chosen]).toEqual([['transaction'], 'USER'])
    expect(end.transcript.entries[0]).toMatchObject({ event: 'own-capa' })
  })

  test('login, with what the script’s own CAPA was told, and by the timestamp of the greeting', async () => {
    const script = `
      C: CAPA
      S: +OK
      S: TOP
      S: .
      C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
      S: +OK maildrop has 1 message
      C: STAT
      S: +OK 1 369`
    const login = { user: 'mrose', password: 'tanstaaf', mechanism: 'apop' }
    const { replies, stages } = await scriptedScript(
      'pop3',
      script,
      [{ send: 'CAPA' }, { login }, { send: 'STAT' }],
      // the example of RFC 1939 §7
      { greeting: 'S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>' },
    )
    expect([replies, stages]).toEqual([
      ['+OK', '+OK', '+OK'],
      ['capabilities', 'auth', 'transaction'],
    ])
  })

  test('AUTH refused, then PASS: what Netscape did', async () => {
    const script = `
      C: USER bob
      S: +OK
      C: AUTH
      S: -ERR Unknown command.
      C: PASS builder of 7 bridges
      S: +OK Logged in.`
    const steps = ['USER bob', 'AUTH', 'PASS builder of 7 bridges'].map((send) => ({ send }))
    expect((await scriptedScript('pop3', script, steps)).replies).toEqual(['+OK', '-ERR', '+OK'])
  })

  test('STLS, step by step', async () => {
    const script = 'C: STLS\nS: +OK\nC: <TLS>\nC: NOOP\nS: -ERR no'
    const { end } = await scriptedScript('pop3', script, [
      { send: 'STLS', expect: '+OK' },
      { startTls: true },
      { send: 'NOOP' },
    ])
    expect(end.records.map(({ tls }) => tls)).toEqual(['off', 'off', 'on'])
  })
})

test('a refusal that may pass is deferred', async () => {
  const { told } = await scriptedScript('pop3', 'C: STAT\nS: -ERR [SYS/TEMP] later', [
    { send: 'STAT', expect: '+OK' },
  ])
  expect(told[0]).toBe('deferred')
})
