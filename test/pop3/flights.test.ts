import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deleteEach, deleteOne } from '../../src/pop3/delete.ts'
import type { Maildrop, MessageRef } from '../../src/pop3/maildrop.ts'
import { retrieve, retrieveEach } from '../../src/pop3/retrieve.ts'
import { Secret } from '../../src/text/secret.ts'
import { ALL, greeted, scriptedMaildrop } from '../support/scripted-maildrop.ts'

const LOGIN = 'C: USER bob\nC: PASS builder of 7 bridges'
const TWENTY = Array.from({ length: 20 }, (_, index) => index + 1)

/** Takes a message and forgets it. */
const sink = { begin: () => undefined, write: async () => undefined }
const sinks = { begin: async () => undefined, write: async () => undefined, end: async () => undefined }
const read = (ref: MessageRef) => (maildrop: Maildrop) => retrieve(maildrop, ref, sink, { maxOctets: 1000 })

const lines = (from: 'C' | 'S', all: readonly string[]) => all.map((line) => `${from}: ${line}`).join('\n')

describe('round trips, connecting and the greeting included', () => {
  test('login and STAT: 4', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: STAT
      C: QUIT
      S: +OK
      S: +OK Logged in.
      S: +OK 2 320
      S: +OK Logging out.`,
      (maildrop) => maildrop.stat(),
    )
    expect(end).toMatchObject({ failure: undefined, value: { messages: 2, octets: 320 } })
    expect(end.transcript.roundTrips).toBe(4)
    expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, after QUIT' })
  })

  test('login and a listing, with STAT to hold it against: 4', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: STAT
      C: LIST
      C: UIDL
      C: QUIT
      S: +OK
      S: +OK
      S: +OK 1 120
      S: +OK
      S: 1 120
      S: .
      S: +OK
      S: 1 whqtswO00WBw418f9t5JxYwZ
      S: .
      S: +OK`,
      (maildrop) => maildrop.list(),
    )
    expect(end.value).toEqual([{ number: 1, octets: 120, uid: 'whqtswO00WBw418f9t5JxYwZ' }])
    expect(end.transcript.roundTrips).toBe(4)
    expect(end.transcript.findings).toEqual([])
  })

  test('login and RETR of one by its number, with its unique-id: 4', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: UIDL 1
      C: RETR 1
      C: QUIT
      S: +OK
      S: +OK
      S: +OK 1 abc
      S: +OK 9 octets
      S: Subject:
      S: .
      S: +OK`,
      read({ by: 'number', number: 1 }),
    )
    expect(end.value).toEqual({ found: { number: 1, uid: 'abc' }, octets: 10 })
    expect(end.transcript.roundTrips).toBe(4)
  })

  test('by its unique-id, or the last one: 5, for its number has to be found', async () => {
    const byUid = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: UIDL
      S: +OK
      S: +OK
      S: +OK
      S: 1 abc
      S: 2 def
      S: .
      C: RETR 2
      C: QUIT
      S: +OK
      S: .
      S: +OK`,
      read({ by: 'uid', uid: 'def' }),
    )
    expect(byUid.end.transcript.roundTrips).toBe(5)
    const latest = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: STAT
      S: +OK
      S: +OK
      S: +OK 2 320
      C: UIDL 2
      C: RETR 2
      C: QUIT
      S: +OK 2 def
      S: +OK
      S: .
      S: +OK`,
      read({ by: 'latest' }),
    )
    expect(latest.end.transcript.roundTrips).toBe(5)
    expect(latest.end.value).toEqual({ found: { number: 2, uid: 'def' }, octets: 0 })
  })

  test('login and RETR of 20: 4', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: LIST
      C: UIDL
      ${lines(
        'C',
        TWENTY.map((n) => `RETR ${n}`),
      )}
      C: QUIT
      S: +OK
      S: +OK
      S: +OK
      ${lines(
        'S',
        TWENTY.map((n) => `${n} 2`),
      )}
      S: .
      S: +OK
      ${lines(
        'S',
        TWENTY.map((n) => `${n} u${n}`),
      )}
      S: .
      ${TWENTY.map(() => 'S: +OK\nS: x\nS: .').join('\n')}
      S: +OK`,
      (maildrop) => retrieveEach(maildrop, { by: 'numbers', numbers: TWENTY }, sinks),
    )
    expect(end.value).toEqual({ messages: 20 })
    expect(end.transcript.roundTrips).toBe(4)
  })

  test('login and DELE of 20: 5, for QUIT commits and waits for the replies', async () => {
    const report = { verdicts: [] }
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: LIST
      C: UIDL
      ${lines(
        'C',
        TWENTY.map((n) => `DELE ${n}`),
      )}
      S: +OK
      S: +OK
      S: +OK
      ${lines(
        'S',
        TWENTY.map((n) => `${n} 2`),
      )}
      S: .
      S: +OK
      ${lines(
        'S',
        TWENTY.map((n) => `${n} u${n}`),
      )}
      S: .
      ${TWENTY.map(() => 'S: +OK Marked to be deleted.').join('\n')}
      C: QUIT
      S: +OK Logging out, messages deleted.`,
      (maildrop) => deleteEach(maildrop, { by: 'numbers', numbers: TWENTY }, { end: 'commit' }, report),
    )
    expect(end.failure).toBeUndefined()
    expect(report.verdicts).toEqual(TWENTY.map((n) => ({ number: n, uid: `u${n}`, verdict: 'deleted' })))
    expect(end.transcript.roundTrips).toBe(5)
  })

  test('DELE of one by its number: 5', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: UIDL 1
      C: DELE 1
      S: +OK
      S: +OK
      S: +OK 1 abc
      S: +OK
      C: QUIT
      S: +OK`,
      (maildrop) =>
        deleteOne(maildrop, { by: 'number', number: 1 }, undefined, { end: 'commit' }, { verdicts: [] }),
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 5])
  })

  test('STLS, login and STAT: 7', async () => {
    const { end } = await scriptedMaildrop(
      `S: +OK ready
      C: CAPA
      S: +OK
      S: STLS
      S: .
      C: STLS
      S: +OK Begin TLS negotiation now.
      C: <TLS>
      C: CAPA
      S: +OK
      S: USER
      S: PIPELINING
      S: .
      ${LOGIN}
      C: STAT
      C: QUIT
      S: +OK
      S: +OK
      S: +OK 0 0
      S: +OK`,
      (maildrop) => maildrop.stat(),
      { target: { security: 'required' } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 7])
  })

  test('over TLS, QUIT waits for a reply that may be long', async () => {
    const { end } = await scriptedMaildrop(
      `C: <TLS>
      ${greeted(...ALL)}
      ${LOGIN}
      C: UIDL 1
      C: RETR 1
      S: +OK
      S: +OK
      S: +OK 1 abc
      S: +OK
      S: .
      C: QUIT
      S: +OK`,
      read({ by: 'number', number: 1 }),
      { target: { security: 'implicit' } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 6])
  })

  test.each(['off', 'not offered'])('PIPELINING %s: one at a time', async (how) => {
    const offered = how === 'off' ? ALL : ALL.filter((each) => each !== 'PIPELINING')
    const { end } = await scriptedMaildrop(
      `${greeted(...offered)}
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: +OK
      C: STAT
      S: +OK 2 320
      C: QUIT
      S: +OK`,
      (maildrop) => maildrop.stat(),
      { pipelining: how === 'off' ? 'off' : 'auto' },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 7])
  })
})

describe('which logins go along', () => {
  const plain = Buffer.from('\0bob\0builder of 7 bridges').toString('base64')

  test('AUTH PLAIN with its initial response does', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted('SASL PLAIN', 'PIPELINING')}
      C: AUTH PLAIN ${plain}
      C: STAT
      C: QUIT
      S: +OK Logged in.
      S: +OK 0 0
      S: +OK`,
      (maildrop) => maildrop.stat(),
      { auth: { mechanism: 'auto' } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 4])
  })

  test('a mechanism with a challenge does not: the commands follow in one flight', async () => {
    const digest = createHmac('md5', 'builder of 7 bridges').update('<1234.5678@mail.lab.test>').digest('hex')
    const response = Buffer.from(`bob ${digest}`).toString('base64')
    const { end } = await scriptedMaildrop(
      `${greeted('SASL CRAM-MD5', 'PIPELINING')}
      C: AUTH CRAM-MD5
      S: + PDEyMzQuNTY3OEBtYWlsLmxhYi50ZXN0Pg==
      C: ${response}
      S: +OK Logged in.
      C: STAT
      C: QUIT
      S: +OK 0 0
      S: +OK`,
      (maildrop) => maildrop.stat(),
      { auth: { mechanism: 'CRAM-MD5' } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 6])
  })

  test('OAuth goes in two lines, and the commands behind it', async () => {
    const token = Buffer.from('user=bob\x01auth=Bearer t0ken-of-bob\x01\x01').toString('base64')
    const { end } = await scriptedMaildrop(
      `${greeted('SASL PLAIN XOAUTH2', 'PIPELINING')}
      C: AUTH XOAUTH2
      S: +
      C: ${token}
      S: +OK User successfully logged on.
      C: STAT
      C: QUIT
      S: +OK 0 0
      S: +OK`,
      (maildrop) => maildrop.stat(),
      { auth: { mechanism: 'XOAUTH2', credential: { kind: 'token', value: new Secret('t0ken-of-bob') } } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 6])
  })

  test.each([
    ['XOAUTH2', 'user=bob\x01auth=Bearer t0ken-of-bob\x01\x01'],
    ['OAUTHBEARER', 'n,a=bob,\x01host=mx.example.test\x01port=110\x01auth=Bearer t0ken-of-bob\x01\x01'],
  ])('%s in one line, where that is asked for', async (mechanism, message) => {
    const { end } = await scriptedMaildrop(
      `${greeted('SASL XOAUTH2 OAUTHBEARER', 'PIPELINING')}
      C: AUTH ${mechanism} ${Buffer.from(message).toString('base64')}
      S: +OK User successfully logged on.
      C: STAT
      C: QUIT
      S: +OK 0 0
      S: +OK`,
      (maildrop) => maildrop.stat(),
      {
        auth: {
          mechanism,
          initialResponse: 'on',
          credential: { kind: 'token', value: new Secret('t0ken-of-bob') },
        },
      },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 5])
  })

  test('refused: the late replies are read, and the first refusal decides', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: STAT
      C: LIST
      C: UIDL
      C: QUIT
      S: +OK
      S: -ERR [AUTH] Authentication failed.
      S: -ERR Unknown command.
      S: -ERR Unknown command.
      S: -ERR Unknown command.
      S: +OK Logging out`,
      (maildrop) => maildrop.list(),
    )
    expect(end).toMatchObject({
      stage: 'auth',
      failure: { outcome: 'rejected', reply: { responseCode: 'AUTH' } },
    })
    expect(end.transcript.entries.filter(({ kind }) => kind === 'reply')).toHaveLength(8)
  })

  test('refused and disconnected at once: the refusal decides all the same', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: STAT
      C: QUIT
      S: +OK
      S: -ERR [AUTH] invalid user or password
      S: <EOF>`,
      (maildrop) => maildrop.stat(),
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected', reply: { responseCode: 'AUTH' } })
  })

  test('refused in front of deletions: nothing is deleted, and QUIT is not said', async () => {
    const { end } = await scriptedMaildrop(
      `${greeted(...ALL)}
      ${LOGIN}
      C: UIDL 1
      C: DELE 1
      S: +OK
      S: -ERR [AUTH] Authentication failed.
      S: -ERR Unknown command.
      S: -ERR Unknown command.`,
      (maildrop) =>
        deleteOne(maildrop, { by: 'number', number: 1 }, undefined, { end: 'commit' }, { verdicts: [] }),
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected' })
    expect(end.transcript.entries.at(-2)).toMatchObject({ event: 'no-quit' })
  })

  test.each([
    [
      'one at a time',
      `${greeted('USER', 'UIDL')}
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: -ERR [AUTH] Authentication failed.
      C: QUIT
      S: +OK`,
      'USER',
    ],
    [
      'by a challenge',
      `${greeted('SASL CRAM-MD5', 'UIDL', 'PIPELINING')}
      C: AUTH CRAM-MD5
      S: + PDEyMzQuNTY3OEBtYWlsLmxhYi50ZXN0Pg==
      C: ${Buffer.from(`bob ${createHmac('md5', 'builder of 7 bridges').update('<1234.5678@mail.lab.test>').digest('hex')}`).toString('base64')}
      S: -ERR [AUTH] Authentication failed.
      C: QUIT
      S: +OK`,
      'CRAM-MD5',
    ],
    [
      'and when the message is not there',
      `${greeted('USER', 'UIDL')}
      C: USER bob
      S: +OK
      C: PASS builder of 7 bridges
      S: +OK
      C: UIDL 1
      S: -ERR There's no message 1.
      C: QUIT
      S: +OK`,
      'USER',
    ],
  ])('where no DELE was said, QUIT ends a deletion that failed: %s', async (_how, script, mechanism) => {
    const { end } = await scriptedMaildrop(
      script,
      (maildrop) =>
        deleteOne(maildrop, { by: 'number', number: 1 }, undefined, { end: 'commit' }, { verdicts: [] }),
      { auth: { mechanism } },
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected' })
    expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, after QUIT' })
  })

  test('a mechanism that is refused after QUIT went along: a second session, one at a time', async () => {
    const { end, wires, findings } = await scriptedMaildrop(
      `${greeted('SASL PLAIN', ...ALL)}
      C: AUTH PLAIN ${plain}
      C: STAT
      C: QUIT
      S: -ERR Unsupported authentication mechanism.
      S: -ERR Unknown command.
      S: +OK Logging out
      S: <EOF>`,
      (maildrop) => maildrop.stat(),
      {
        auth: { mechanism: 'auto' },
        secondScript: `${greeted('SASL PLAIN', ...ALL)}
          C: AUTH PLAIN ${plain}
          S: -ERR Unsupported authentication mechanism.
          C: USER bob
          S: +OK
          C: PASS builder of 7 bridges
          S: +OK
          C: STAT
          S: +OK 0 0
          C: QUIT
          S: +OK`,
      },
    )
    expect(wires).toHaveLength(2)
    expect(end.failure).toBeUndefined()
    expect(end.opening.auth).toMatchObject({ tried: ['PLAIN', 'USER'], chosen: 'USER' })
    expect(findings).toEqual(['login-not-grouped'])
  })
})

test('thousands of commands are not all outstanding at once, and QUIT goes with the last', async () => {
  const numbers = Array.from({ length: 2200 }, (_, index) => index + 1)
  const { end, wire } = await scriptedMaildrop(
    `${greeted(...ALL)}
    ${LOGIN}
    C: LIST
    C: UIDL
    ${lines(
      'C',
      numbers.slice(0, 998).map((n) => `RETR ${n}`),
    )}
    S: +OK
    S: +OK
    S: +OK
    ${lines(
      'S',
      numbers.map((n) => `${n} 2`),
    )}
    S: .
    S: +OK
    S: .
    ${numbers
      .slice(0, 500)
      .map(() => 'S: +OK\nS: .')
      .join('\n')}
    ${lines(
      'C',
      numbers.slice(998, 1498).map((n) => `RETR ${n}`),
    )}
    ${numbers
      .slice(500, 1000)
      .map(() => 'S: +OK\nS: .')
      .join('\n')}
    ${lines(
      'C',
      numbers.slice(1498, 1998).map((n) => `RETR ${n}`),
    )}
    ${numbers
      .slice(1000, 1500)
      .map(() => 'S: +OK\nS: .')
      .join('\n')}
    ${lines(
      'C',
      numbers.slice(1998).map((n) => `RETR ${n}`),
    )}
    C: QUIT
    ${numbers
      .slice(1500)
      .map(() => 'S: +OK\nS: .')
      .join('\n')}
    S: +OK`,
    (maildrop) => retrieveEach(maildrop, { by: 'numbers', numbers }, sinks),
  )
  expect(end.failure).toBeUndefined()
  expect(end.value).toEqual({ messages: 2200 })
  expect(wire.flights).toBe(5)
})
