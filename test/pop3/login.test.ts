import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Maildrop } from '../../src/pop3/maildrop.ts'
import { greeted, type MaildropScriptOptions, scriptedMaildrop } from '../support/scripted-maildrop.ts'
import { everyCutOf } from '../support/scripted-session.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const PASSWORD = 'builder of 7 bridges'
const PLAIN = Buffer.from(`\0bob\0${PASSWORD}`).toString('base64')
const CHALLENGE = '<1234.5678@mail.lab.test>'
const CRAM = Buffer.from(`bob ${createHmac('md5', PASSWORD).update(CHALLENGE).digest('hex')}`).toString(
  'base64',
)
const TIMESTAMP = '<1896.697170952@dbc.mtview.ca.us>'
const APOP = createHash('md5').update(TIMESTAMP).update(PASSWORD).digest('hex')

const STAT = `C: STAT
  S: +OK 0 0
  C: QUIT
  S: +OK`
const QUIT = `C: QUIT
  S: +OK`
const USER_PASS = `C: USER bob
  S: +OK
  C: PASS ${PASSWORD}
  S: +OK`

const stat = (maildrop: Maildrop) => maildrop.stat()

/** A login as `auto` does it, and STAT. */
const auto = (script: string, options: MaildropScriptOptions = {}) =>
  scriptedMaildrop(script, stat, { ...options, auth: { mechanism: 'auto', ...options.auth } })

describe('STLS', () => {
  const clear = (...capabilities: string[]) => `${greeted('STLS', ...capabilities)}
    C: STLS
    S: +OK Begin TLS negotiation now.
    C: <TLS>`
  const capa = (...capabilities: string[]) =>
    ['C: CAPA', 'S: +OK', ...capabilities.map((each) => `S: ${each}`), 'S: .'].join('\n')

  test('what was offered in the clear is forgotten, asked anew and told apart, at every cut', async () => {
    const script = `${clear('SASL CRAM-MD5', 'PIPELINING', 'USER')}
      ${capa('SASL PLAIN')}
      C: AUTH PLAIN ${PLAIN}
      S: +OK Logged in.
      ${STAT}`
    const result = await everyCutOf(script, async (cuts) => {
      const { end } = await auto(script, { cuts, target: { security: 'required' } })
      return { failure: end.failure, auth: end.opening.auth }
    })
    expect(result).toEqual({
      failure: undefined,
      auth: { offered: { beforeTls: ['CRAM-MD5'], now: ['PLAIN'] }, tried: ['PLAIN'], chosen: 'PLAIN' },
    })
  })

  test('also where CAPA is refused inside TLS: then nothing is offered, and USER is tried', async () => {
    const { end } = await auto(
      `${clear('SASL PLAIN', 'PIPELINING')}
      C: CAPA
      S: -ERR Unknown command.
      ${USER_PASS}
      ${STAT}`,
      { target: { security: 'required' } },
    )
    expect(end.failure).toBeUndefined()
    expect(end.opening.auth).toMatchObject({ tried: ['USER'], chosen: 'USER' })
  })

  test('required, and not offered: nothing more is said', async () => {
    const { end } = await auto(`${greeted('USER')}\n${QUIT}`, { target: { security: 'required' } })
    expect(end.failure).toMatchObject({
      stage: 'starttls',
      unmet: { code: 'starttls-not-offered', offered: ['USER'] },
    })
  })

  test('required on a server without CAPA: it is tried', async () => {
    const { end } = await auto(
      `S: +OK ready
      C: CAPA
      S: -ERR Unknown command.
      C: STLS
      S: +OK Begin TLS negotiation now.
      C: <TLS>
      ${capa('USER')}
      ${USER_PASS}
      ${STAT}`,
      { target: { security: 'required' } },
    )
    expect(end.failure).toBeUndefined()
    expect(end.transcript.tls).not.toBeNull()
  })

  test.each([
    ['required', `C: STLS\nS: -ERR [SYS/TEMP] TLS is not available.\n${QUIT}`, 'deferred', []],
    [
      'opportunistic',
      `C: STLS\nS: -ERR TLS is not available.\n${USER_PASS}\n${STAT}`,
      undefined,
      ['starttls-refused'],
    ],
  ] as const)('refused, when it was %s', async (security, rest, outcome, found) => {
    const { end, findings } = await auto(`${greeted('STLS', 'USER')}\n${rest}`, { target: { security } })
    expect(end.failure?.outcome).toBe(outcome)
    expect(findings).toEqual(found)
  })

  test('what lies in the clear behind its reply ends the session before TLS', async () => {
    const { end, findings } = await auto(
      `${greeted('STLS')}
      C: STLS
      S: +OK Begin TLS negotiation now.
      S: +OK
      S: SASL PLAIN
      S: .`,
      { target: { security: 'required' } },
    )
    expect(end.failure).toMatchObject({ stage: 'starttls', fault: { code: 'starttls-injection' } })
    expect(findings).toEqual(['starttls-injection'])
  })

  test('a certificate that does not verify: no password goes over it, a digest does', async () => {
    const tls = { ...GOOD_TLS, trusted: false, verifyError: 'SELF_SIGNED_CERT_IN_CHAIN' }
    const untrusted: MaildropScriptOptions = {
      tls,
      target: { security: 'opportunistic' },
      auth: { insecure: 'refuse' },
    }
    const refused = await auto(`${clear()}\n${capa('SASL PLAIN LOGIN', 'USER')}\n${QUIT}`, untrusted)
    expect(refused.end.failure).toMatchObject({ unmet: { code: 'credentials-need-tls' } })
    const taken = await auto(
      `${clear()}
      ${capa('SASL PLAIN CRAM-MD5', 'USER')}
      C: AUTH CRAM-MD5
      S: + ${Buffer.from(CHALLENGE).toString('base64')}
      C: ${CRAM}
      S: +OK
      ${STAT}`,
      untrusted,
    )
    expect(taken.end.opening.auth?.chosen).toBe('CRAM-MD5')
    expect(taken.findings).toEqual(['certificate-untrusted'])
  })
})

test('TLS from the first octet: the greeting comes inside, and STLS is not said', async () => {
  const { end } = await auto(`C: <TLS>\n${greeted('STLS', 'USER')}\n${USER_PASS}\n${STAT}`, {
    target: { security: 'implicit' },
  })
  expect(end.failure).toBeUndefined()
})

describe('auto', () => {
  test('a challenge and its response, at every cut', async () => {
    const script = `${greeted('SASL PLAIN CRAM-MD5')}
      C: AUTH CRAM-MD5
      S: + ${Buffer.from(CHALLENGE).toString('base64')}
      C: ${CRAM}
      S: +OK Logged in.
      ${STAT}`
    const chosen = await everyCutOf(
      script,
      async (cuts) => (await auto(script, { cuts })).end.opening.auth?.chosen,
    )
    expect(chosen).toBe('CRAM-MD5')
  })

  test('mechanisms that are refused as such make room for the next, down to USER; the order is told', async () => {
    const { end } = await auto(
      `S: +OK ready ${TIMESTAMP}
      C: CAPA
      S: +OK
      S: SASL LOGIN PLAIN CRAM-MD5
      S: USER
      S: .
      C: AUTH CRAM-MD5
      S: -ERR Unsupported authentication mechanism.
      C: AUTH PLAIN ${PLAIN}
      S: -ERR unrecognized authentication method
      C: AUTH LOGIN
      S: -ERR AUTH LOGIN is not supported
      C: APOP bob ${APOP}
      S: -ERR Unknown command.
      ${USER_PASS}
      ${STAT}`,
    )
    expect(end.failure).toBeUndefined()
    expect(end.opening.auth).toEqual({
      offered: {
        beforeTls: ['LOGIN', 'PLAIN', 'CRAM-MD5'],
        now: ['LOGIN', 'PLAIN', 'CRAM-MD5', 'APOP', 'USER'],
      },
      tried: ['CRAM-MD5', 'PLAIN', 'LOGIN', 'APOP', 'USER'],
      chosen: 'USER',
    })
    expect(
      end.transcript.entries.filter((entry) => entry.kind === 'event' && entry.event === 'mechanism-failed'),
    ).toHaveLength(4)
  })

  test('a challenge that cannot be read is cancelled, and the next is tried', async () => {
    const { end } = await auto(
      `${greeted('SASL CRAM-MD5', 'USER')}
      C: AUTH CRAM-MD5
      S: + this is no base64!
      C: *
      S: -ERR Authentication aborted by client.
      ${USER_PASS}
      ${STAT}`,
    )
    expect(end.opening.auth).toMatchObject({ tried: ['CRAM-MD5', 'USER'], chosen: 'USER' })
  })

  test('refused credentials are refused: nothing else is tried', async () => {
    const { end } = await auto(
      `${greeted('SASL CRAM-MD5', 'USER')}
      C: AUTH CRAM-MD5
      S: + ${Buffer.from(CHALLENGE).toString('base64')}
      C: ${CRAM}
      S: -ERR [AUTH] Authentication failed.
      ${QUIT}`,
    )
    expect(end.failure).toMatchObject({ outcome: 'rejected', reply: { responseCode: 'AUTH' } })
    expect(end.opening.auth?.tried).toEqual(['CRAM-MD5'])
  })

  test('APOP comes before a password that can be read, where there is no verified TLS', async () => {
    const script = `S: +OK POP3 server ready ${TIMESTAMP}
      C: CAPA
      S: -ERR Unknown command.
      C: APOP bob ${APOP}
      S: +OK
      ${STAT}`
    expect((await auto(script)).end.opening.auth?.chosen).toBe('APOP')
  })

  test('and not at all where there is: a bare MD5 is the worse of the two', async () => {
    const { end } = await auto(
      `C: <TLS>
      S: +OK POP3 server ready ${TIMESTAMP}
      C: CAPA
      S: -ERR Unknown command.
      ${USER_PASS}
      ${STAT}`,
      { target: { security: 'implicit' } },
    )
    expect(end.opening.auth).toMatchObject({ tried: ['USER'], chosen: 'USER' })
  })

  test('USER is tried only where CAPA lists it, or there is no CAPA', async () => {
    const { end } = await auto(`${greeted('UIDL')}\n${QUIT}`)
    expect(end.failure).toMatchObject({ stage: 'auth', unmet: { code: 'auth-not-offered' } })
  })
})

describe('by name', () => {
  test.each([
    ['APOP', 'ready <no msg-id>', 'USER'],
    ['APOP', 'ready', 'USER'],
    ['APOP', 'ready <\\x80@mail.lab.test>', 'USER'],
    ['USER', `ready ${TIMESTAMP}`, 'UIDL'],
  ])('%s that is not to be had (%s, %s): told, and nothing is sent', async (mechanism, greeting, offered) => {
    const { end } = await scriptedMaildrop(
      `S: +OK ${greeting}
      C: CAPA
      S: +OK
      S: ${offered}
      S: .
      ${QUIT}`,
      stat,
      { auth: { mechanism } },
    )
    expect(end.failure).toMatchObject({ stage: 'auth', unmet: { code: 'mechanism-not-supported' } })
  })

  test('APOP with the timestamp of the greeting', async () => {
    const { end } = await scriptedMaildrop(
      `S: +OK POP3 server ready ${TIMESTAMP}
      C: CAPA
      S: +OK
      S: PIPELINING
      S: .
      C: APOP bob ${APOP}
      C: STAT
      C: QUIT
      S: +OK maildrop has 0 messages
      S: +OK 0 0
      S: +OK`,
      stat,
      { auth: { mechanism: 'APOP' } },
    )
    expect([end.failure, end.transcript.roundTrips]).toEqual([undefined, 4])
  })
})
