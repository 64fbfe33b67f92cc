import { describe, expect, test } from 'vitest'
import { runSession } from '../../src/session/session.ts'
import { injectionProbed, probeInjection } from '../../src/smtp/probe-starttls-injection.ts'
import { everyCutOf, type ScriptOptions, scriptedOptions } from '../support/scripted-session.ts'

const HELLO = { name: 'probe.example.test', verb: 'auto' } as const

const OPENING = `
  S: 220 mx.example.test ESMTP
  C: EHLO probe.example.test
  S: 250-mx.example.test
  S: 250-PIPELINING
  S: 250 STARTTLS`
const TOGETHER = `
  C: STARTTLS
  C: NOOP`
const AGREED = `${OPENING}${TOGETHER}
  S: 220 2.0.0 Ready to start TLS
  C: <TLS>`

async function probed(script: string, options: ScriptOptions = {}) {
  const { options: session, wire } = scriptedOptions('smtp', script, {
    ...options,
    target: { security: 'opportunistic' },
  })
  const end = await runSession(session, (one) => probeInjection(one, HELLO))
  const { entries } = end.transcript
  const told = injectionProbed(end)
  return {
    verdict: told.verdict,
    because: told.because,
    // what the evidence shows
    shown: told.evidence
      .map((seq) => entries.find((entry) => entry.seq === seq))
      .map((entry) => entry?.kind === 'reply' && [entry.code, entry.tls]),
    closed: wire.closed,
    stage: end.stage,
  }
}

describe('a command in the clear behind STARTTLS', () => {
  test('that nobody answers inside TLS: the server is not vulnerable', async () => {
    const script = `${AGREED}
      C: QUIT
      S: 221 2.0.0 Bye`
    expect(await everyCutOf(script, (cuts) => probed(script, { cuts }))).toMatchObject({
      verdict: 'not-vulnerable',
      shown: [[221, true]],
    })
  })

  test('that is answered inside TLS at once: the server is vulnerable', async () => {
    const told = await probed(`${AGREED}
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(told).toMatchObject({ verdict: 'vulnerable', shown: [[250, true]] })
  })

  test('that is answered inside TLS later: the server is vulnerable as well', async () => {
    const script = `${AGREED}
      C: QUIT
      S: 250 2.0.0 Ok
      S: 221 2.0.0 Bye`
    expect(await everyCutOf(script, (cuts) => probed(script, { cuts }))).toMatchObject({
      verdict: 'vulnerable',
      shown: [[250, true]],
    })
  })

  test('whose answer is a refusal was carried over all the same', async () => {
    const told = await probed(`${AGREED}
      C: QUIT
      S: 503 5.5.1 Say hello first
      S: 221 2.0.0 Bye`)
    expect(told).toMatchObject({ verdict: 'vulnerable', shown: [[503, true]] })
  })

  test('is not answered by a second greeting', async () => {
    for (const at of ['before', 'behind'])
      expect(
        await probed(`${AGREED}
          ${at === 'before' ? 'S: 220 mx.example.test ESMTP' : ''}
          C: QUIT
          ${at === 'behind' ? 'S: 220 mx.example.test ESMTP' : ''}
          S: 221 2.0.0 Bye`),
      ).toMatchObject({ verdict: 'not-vulnerable', shown: [[221, true]] })
  })

  test('for which the server refuses STARTTLS is no danger', async () => {
    const told = await probed(`${OPENING}${TOGETHER}
      S: 554 5.5.0 SMTP protocol synchronization
      C: QUIT
      S: <EOF>`)
    expect(told).toMatchObject({
      verdict: 'not-vulnerable',
      because: 'The server refuses STARTTLS with a command behind it.',
      shown: [[554, undefined]],
    })
  })
})

describe('nobody can say', () => {
  test.each<[string, string, RegExp]>([
    [
      'without STARTTLS',
      'S: 220 mx\nC: EHLO probe.example.test\nS: 250 mx\nC: QUIT\nS: 221 Bye',
      /does not offer/,
    ],
    ['when the greeting is a refusal', 'S: 554 5.7.1 No\nC: QUIT\nS: 221 Bye', /answered 554/],
    [
      'when TLS is not to be had now',
      `${OPENING}${TOGETHER}\nS: 454 4.7.0 TLS not available\nS: 250 2.0.0 Ok\nC: QUIT\nS: 221 Bye`,
      /answered 454/,
    ],
    [
      'when NOOP is answered in the clear',
      `${OPENING}${TOGETHER}\nS: 220 Go\nS: 250 2.0.0 Ok`,
      /in the clear/,
    ],
    ['when the server hangs up inside TLS', `${AGREED}\nC: QUIT\nS: <EOF>`, /did not come to that/],
    ['when the server has had enough', `${AGREED}\nS: 421 4.3.2 Shutting down`, /answered 421/],
    ['when QUIT has another answer', `${AGREED}\nC: QUIT\nS: 250 Ok\nS: 250 Ok`, /QUIT was not answered/],
  ])('%s', async (_, script, because) => {
    const told = await probed(script)
    expect(told.verdict).toBe('undecided')
    expect(told.because).toMatch(because)
  })

  test('when the handshake fails', async () => {
    const told = await probed(AGREED, { tls: new Error('wrong version number') })
    expect(told).toMatchObject({ verdict: 'undecided', because: /no handshake/ })
  })
})
