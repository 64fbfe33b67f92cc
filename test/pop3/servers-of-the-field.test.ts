import { describe, expect, test } from 'vitest'
import { headersOf } from '../../src/pop3/headers.ts'
import type { Maildrop } from '../../src/pop3/maildrop.ts'
import { retrieve, retrieveEach } from '../../src/pop3/retrieve.ts'
import type { Selection } from '../../src/pop3/selection.ts'
import { Secret } from '../../src/text/secret.ts'
import { ALL, greeted, scriptedMaildrop } from '../support/scripted-maildrop.ts'
import { everyCutOf } from '../support/scripted-session.ts'

/** A login with a server that has no PIPELINING. */
const LOGIN = `C: USER bob
  S: +OK
  C: PASS builder of 7 bridges
  S: +OK`
const QUIT = `C: QUIT
  S: +OK`
const ONE_BY_ONE = ALL.filter((each) => each !== 'PIPELINING')

const stat = (maildrop: Maildrop) => maildrop.stat()
const list = (maildrop: Maildrop) => maildrop.list()

/** The octets of a message, as they came. */
async function contentOf(maildrop: Maildrop, number = 1): Promise<string> {
  const chunks: Buffer[] = []
  const sink = {
    begin: () => undefined,
    write: async (octets: Buffer) => {
      chunks.push(Buffer.from(octets))
    },
  }
  await retrieve(maildrop, { by: 'number', number }, sink, { maxOctets: 10_000 })
  return Buffer.concat(chunks).toString('latin1')
}

describe('what servers do and the RFCs do not know', () => {
  test('replies without text, and blank lines before them, at every cut', async () => {
    const script = `S: +OK
      C: CAPA
      S: -ERR
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S:
      S: +OK
      C: STAT
      S:
      S: +OK 2 320
      C: QUIT
      S: +OK`
    const result = await everyCutOf(script, async (cuts) => {
      const { end, findings } = await scriptedMaildrop(script, stat, { cuts })
      return { value: end.value, failure: end.failure, findings }
    })
    expect(result).toEqual({
      value: { messages: 2, octets: 320 },
      failure: undefined,
      findings: ['blank-line'],
    })
  })

  test('a listing at every cut: three blanks before a unique-id, more behind a size', async () => {
    const script = `${greeted(...ONE_BY_ONE)}
      ${LOGIN}
      C: STAT
      S: +OK 2 320 octets
      C: LIST
      S: +OK 2 messages:
      S: 1 120
      S: 2 200 and more
      S: .
      C: UIDL
      S: +OK
      S: 1   abc
      S: 2 def
      S: .
      ${QUIT}`
    const result = await everyCutOf(script, async (cuts) => {
      const { end, findings } = await scriptedMaildrop(script, list, { cuts })
      return { value: end.value, findings }
    })
    expect(result).toEqual({
      value: [
        { number: 1, octets: 120, uid: 'abc' },
        { number: 2, octets: 200, uid: 'def' },
      ],
      findings: ['uidl-blanks'],
    })
  })

  test('a listing with gaps, and in an order of its own', async () => {
    const { end, findings } = await scriptedMaildrop(
      `${greeted(...ONE_BY_ONE)}
      ${LOGIN}
      C: STAT
      S: +OK 3 60
      C: LIST
      S: +OK
      S: 1 10
      S: 4 20
      S: 3 30
      S: .
      C: UIDL
      S: +OK
      S: 3 c
      S: 1 a
      S: 2 b
      S: 4 d\\xff
      S: .
      ${QUIT}`,
      list,
    )
    expect(end.value).toEqual([
      { number: 1, octets: 10, uid: 'a' },
      { number: 4, octets: 20, uid: 'd\\xff' },
      { number: 3, octets: 30, uid: 'c' },
    ])
    expect(findings).toEqual(['uidl-surplus', 'uidl-characters'])
  })

  test.each([
    ['in order', '1 10', '2 10', '2 10'],
    ['out of order', '2 10', '1 10', '2 10'],
    ['at once', '1 10', '1 10', '2 10'],
  ])('a listing that names a message twice is none (%s)', async (_order, ...rows) => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ONE_BY_ONE)}
      ${LOGIN}
      C: STAT
      S: +OK 3 30
      C: LIST
      S: +OK
      ${rows.map((row) => `S: ${row}`).join('\n')}
      S: .
      ${QUIT}`,
      list,
    )
    expect(end.failure).toMatchObject({ outcome: 'failed', fault: { kind: 'protocol' } })
  })

  test('a message with dots, 8-bit octets and NUL, at every cut, in one flight', async () => {
    const script = `${greeted(...ALL)}
      C: USER bob
      C: PASS builder of 7 bridges
      C: UIDL 1
      C: RETR 1
      C: QUIT
      S: +OK
      S: +OK
      S: +OK 1 abc
      S: +OK
      S: ..
      S: ...\\x00\\xff
      S: \\x0a.\\x0d
      S: .
      S: +OK`
    const content = await everyCutOf(script, async (cuts) => {
      const { end } = await scriptedMaildrop(script, contentOf, { cuts })
      return end.value
    })
    expect(content).toBe('.\r\n..\0\xff\r\n\n.\r\r\n')
  })

  test('UIDL n without the number', async () => {
    const { end, findings } = await scriptedMaildrop(
      `${greeted(...ONE_BY_ONE)}
      ${LOGIN}
      C: UIDL 1
      S: +OK AAAAAAAAAA
      ${QUIT}`,
      (maildrop) => maildrop.find({ by: 'number', number: 1 }),
    )
    expect(end.value).toEqual({ number: 1, uid: 'AAAAAAAAAA' })
    expect(findings).toEqual(['uidl-odd'])
  })

  test('+OK where + was due: Exchange 2003', async () => {
    const { end, findings } = await scriptedMaildrop(
      `${greeted('SASL LOGIN')}
      C: AUTH LOGIN
      S: +OK
      C: Ym9i
      S: + UGFzc3dvcmQ6
      C: YnVpbGRlciBvZiA3IGJyaWRnZXM=
      S: +OK User successfully logged on
      C: STAT
      S: +OK 0 0
      ${QUIT}`,
      stat,
      { auth: { mechanism: 'LOGIN' } },
    )
    expect(end.failure).toBeUndefined()
    expect(findings).toEqual(['early-yes'])
  })

  test('a yes before anybody logged in is no login: what follows it is refused', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted('SASL XOAUTH2')}
      C: AUTH XOAUTH2
      S: +OK
      C: ${Buffer.from('user=bob\x01auth=Bearer t0ken-of-bob\x01\x01').toString('base64')}
      S: -ERR Unknown command.
      ${QUIT}`,
      stat,
      { auth: { mechanism: 'XOAUTH2', credential: { kind: 'token', value: new Secret('t0ken-of-bob') } } },
    )
    expect(end.failure).toMatchObject({ stage: 'auth', outcome: 'rejected' })
  })

  test('no CAPA, no UIDL, no TOP: listed all the same', async () => {
    const given: unknown[] = []
    const { end, findings } = await scriptedMaildrop(
      `S: +OK ready
      C: CAPA
      S: -ERR Unknown command
      ${LOGIN}
      C: STAT
      S: +OK 1 9
      C: LIST
      S: +OK
      S: 1 9
      S: .
      C: UIDL
      S: -ERR Unknown command
      C: TOP 1 0
      S: -ERR Unknown command
      ${QUIT}`,
      async (maildrop) => {
        const listed = await maildrop.list('more')
        await headersOf(maildrop, [1], { ending: 'quit', without: 'nothing' }, (...each) => given.push(each))
        return listed
      },
    )
    expect(end.value).toEqual([{ number: 1, octets: 9, uid: null }])
    expect(given).toEqual([[1, undefined]])
    expect(findings).toEqual(['uidl-not-supported', 'header-refused'])
  })

  test('advertised PIPELINING that takes the first command only: told as what it may be', async () => {
    const script = `${greeted(...ALL)}
      C: USER bob
      C: PASS builder of 7 bridges
      C: STAT
      C: QUIT
      S: +OK
      S: <PAUSE 30000>`
    const { end, findings } = await scriptedMaildrop(script, stat)
    expect(end.failure).toMatchObject({ stage: 'auth', outcome: 'failed', fault: { kind: 'timeout' } })
    expect(findings).toEqual(['pipelining-suspected'])
    // PASS, which was not answered
    const [finding] = end.transcript.findings
    expect(end.transcript.entries.find(({ seq }) => seq === finding?.evidence[0])).toMatchObject({
      line: 'PASS ***',
    })
  })

  test.each([
    [
      'no reply at all to a flight',
      `${greeted(...ALL)}\nC: USER bob\nC: PASS builder of 7 bridges\nC: STAT\nC: QUIT\nS: <PAUSE 30000>`,
    ],
    [
      'one command at a time',
      `${greeted(...ONE_BY_ONE)}\nC: USER bob\nS: +OK\nC: PASS builder of 7 bridges\nS: <PAUSE 30000>`,
    ],
    [
      'a QUIT that is not answered',
      `${greeted(...ALL)}\nC: USER bob\nC: PASS builder of 7 bridges\nC: STAT\nC: QUIT\nS: +OK\nS: +OK\nS: +OK 0 0\nS: <PAUSE 5000>`,
    ],
  ])('and where nothing points to it, nothing is said of it: %s', async (_what, script) => {
    const { findings } = await scriptedMaildrop(script, stat)
    expect(findings).not.toContain('pipelining-suspected')
  })

  test('EXPIRE 0: QUIT might delete what was read, so it is not said', async () => {
    const { end, findings } = await scriptedMaildrop(
      `${greeted(...ALL, 'EXPIRE 0')}
      C: USER bob
      C: PASS builder of 7 bridges
      C: UIDL 1
      C: RETR 1
      S: +OK
      S: +OK
      S: +OK 1 abc
      S: +OK
      S: .`,
      contentOf,
    )
    expect(end.failure).toBeUndefined()
    expect(findings).toEqual(['expire-at-once'])
    expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, without QUIT' })
  })
})

describe('refusals, each with its own outcome', () => {
  test.each([
    ['-ERR [IN-USE] Mailbox is locked by another POP3 session.', 'rejected', 'IN-USE'],
    ['-ERR [LOGIN-DELAY] Logins must be at least 5 minutes apart', 'deferred', 'LOGIN-DELAY'],
    ['-ERR [SYS/TEMP] Temporary system problem. Please try again later.', 'deferred', 'SYS/TEMP'],
    ['-ERR [SYS/PERM] Unable to open maildrop: System I/O error', 'rejected', 'SYS/PERM'],
    ['-ERR [AUTH] Authentication failed.', 'rejected', 'AUTH'],
    ['-ERR maildrop already locked', 'rejected', undefined],
  ])('%s', async (line, outcome, responseCode) => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ONE_BY_ONE)}
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: ${line}
      ${QUIT}`,
      stat,
    )
    expect(end.failure).toMatchObject({ outcome, stage: 'auth' })
    expect(end.failure?.reply?.responseCode).toBe(responseCode)
  })

  test('a disconnect on a wrong password', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ONE_BY_ONE)}
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: <EOF>`,
      stat,
    )
    expect(end.failure).toMatchObject({ outcome: 'failed', stage: 'auth', fault: { kind: 'closed' } })
  })

  test('a greeting that says no', async () => {
    const { end } = await scriptedMaildrop(`S: -ERR too many connections\n${QUIT}`, stat)
    expect(end.failure).toMatchObject({ outcome: 'rejected', stage: 'greeting' })
  })
})

describe('what ends without its terminator is a failure, and never a short success', () => {
  test.each([
    ['capabilities', `S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: <EOF>`, stat, 'capabilities'],
    [
      'a listing',
      `${greeted(...ONE_BY_ONE)}\n${LOGIN}\nC: STAT\nS: +OK 1 9\nC: LIST\nS: +OK\nS: 1 9\nS: <EOF>`,
      list,
      'transaction',
    ],
    [
      'unique-ids',
      `${greeted(...ONE_BY_ONE)}\n${LOGIN}\nC: STAT\nS: +OK 1 9\nC: LIST\nS: +OK\nS: 1 9\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: .<CUT>\nS: <EOF>`,
      list,
      'transaction',
    ],
    [
      'a message',
      `${greeted(...ONE_BY_ONE)}\n${LOGIN}\nC: UIDL 1\nS: +OK 1 a\nC: RETR 1\nS: +OK\nS: Subject: x\nS: .<CUT>\nS: <EOF>`,
      contentOf,
      'transaction',
    ],
  ])('%s', async (_what, script, flow, stage) => {
    const { end } = await scriptedMaildrop<unknown>(script, (maildrop) => flow(maildrop))
    expect(end.failure).toMatchObject({ outcome: 'failed', stage, fault: { kind: 'closed' } })
  })

  test('the second of three messages: the first is whole, and the call fails', async () => {
    const whole: number[] = []
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      C: USER bob
      C: PASS builder of 7 bridges
      C: LIST
      C: UIDL
      C: RETR 1
      C: RETR 2
      C: RETR 3
      C: QUIT
      S: +OK
      S: +OK
      S: +OK
      S: 1 3
      S: 2 3
      S: 3 3
      S: .
      S: -ERR Unknown command.
      S: +OK
      S: x
      S: .
      S: +OK
      S: hal<CUT>
      S: <EOF>`,
      (maildrop) =>
        retrieveEach(
          maildrop,
          { by: 'numbers', numbers: [1, 2, 3] },
          {
            begin: async ({ number }) => void whole.push(number),
            write: async () => undefined,
            end: async () => void whole.push(0),
          },
        ),
    )
    expect(end.failure).toMatchObject({ outcome: 'failed', fault: { kind: 'closed' } })
    expect(whole).toEqual([1, 0, 2])
  })

  test('a message that is named and not there: none is handed on', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      C: USER bob
      C: PASS builder of 7 bridges
      C: LIST
      C: UIDL
      C: RETR 1
      C: RETR 9
      C: QUIT
      S: +OK
      S: +OK
      S: +OK
      S: 1 3
      S: .
      S: +OK
      S: .
      S: +OK
      S: x
      S: .
      S: -ERR no such message
      S: +OK`,
      (maildrop) =>
        retrieveEach(
          maildrop,
          { by: 'numbers', numbers: [1, 9] },
          {
            begin: async () => {
              throw new Error('nothing may begin')
            },
            write: async () => undefined,
            end: async () => undefined,
          },
        ),
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'no-such-message' } })
    // what was asked for in advance may be long, and nobody reads it
    expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, without QUIT' })
  })

  test.each<[string, Selection]>([
    ['named by their numbers', { by: 'numbers', numbers: [1, 2, 3] }],
    ['all', { by: 'all' }],
  ])('a message that is refused among others: those behind it are not read (%s)', async (_how, selection) => {
    const listed = `S: +OK
      S: +OK
      S: +OK
      S: 1 3
      S: 2 3
      S: 3 3
      S: .
      S: -ERR Unknown command.`
    const asked = `C: RETR 1
      C: RETR 2
      C: RETR 3
      C: QUIT`
    const opening = `${greeted(...ALL)}\nC: USER bob\nC: PASS builder of 7 bridges\nC: LIST\nC: UIDL`
    const { end } = await scriptedMaildrop(
      `${opening}
      ${selection.by === 'all' ? `${listed}\n${asked}` : `${asked}\n${listed}`}
      S: +OK
      S: x
      S: .
      S: -ERR [SYS/PERM] Permission denied
      S: +OK
      S: y
      S: .
      S: +OK`,
      (maildrop) =>
        retrieveEach(maildrop, selection, {
          begin: async () => undefined,
          write: async () => undefined,
          end: async () => undefined,
        }),
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected', reply: { responseCode: 'SYS/PERM' } })
    expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, without QUIT' })
  })
})
