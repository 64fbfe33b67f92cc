import { describe, expect, test } from 'vitest'
import { asLookedAt, type LookOptions, look } from '../../src/check/look.ts'
import { type RelaySeen, relayTest } from '../../src/check/relay.ts'
import { type RelayForm, relayForms } from '../../src/check/relay-forms.ts'
import type { Terms } from '../../src/check/terms.ts'
import type { Target } from '../../src/session/target.ts'
import { mailbox } from '../../src/smtp/path.ts'
import { type ScriptOptions, scriptedOptions } from '../support/scripted-session.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const HELLO = { name: 'probe.example.test', verb: 'auto' } as const
const NOTHING_MORE: LookOptions = {
  hello: HELLO,
  auth: undefined,
  recipients: { sender: null, recipients: [], madeUp: [] },
  questions: [],
}

function scripted(script: string, options: ScriptOptions & { readonly target?: Partial<Target> } = {}) {
  const { options: session, wire } = scriptedOptions('smtp', script, options)
  const { tools, timeLimits, target } = session
  const terms: Terms = { tools, timeLimits, signal: new AbortController().signal }
  return { terms, target, wire }
}

describe('a look', () => {
  test('asks one thing at a time, even where PIPELINING is offered, and begins no message', async () => {
    const { terms, target } = scripted(
      `
      S: 220 mx.example.test ESMTP
      C: EHLO probe.example.test
      S: 250-mx.example.test
      S: 250-PIPELINING
      S: 250 STARTTLS
      C: STARTTLS
      S: 220 2.0.0 Ready
      C: <TLS>
      C: EHLO probe.example.test
      S: 250-mx.example.test
      S: 250 PIPELINING
      C: MAIL FROM:<>
      S: 250 2.1.0 Ok
      C: RCPT TO:<bob@example.test>
      S: 250 2.1.5 Ok
      C: RSET
      S: 250 2.0.0 Ok
      C: MAIL FROM:<>
      S: 250 2.1.0 Ok
      C: RCPT TO:<nobody@example.test>
      S: 550 5.1.1 Unknown
      C: RSET
      S: 250 2.0.0 Ok
      C: VRFY bob
      S: 252 2.0.0 bob
      C: QUIT
      S: 221 2.0.0 Bye`,
      { target: { security: 'opportunistic' } },
    )
    const recipients = {
      sender: null,
      recipients: [mailbox('bob@example.test')],
      madeUp: [mailbox('nobody@example.test')],
    }
    const questions = [{ verb: 'VRFY', argument: 'bob' }] as const
    const looked = await look(terms, target, { ...NOTHING_MORE, recipients, questions })
    expect(looked).toMatchObject({ failure: undefined, stage: 'quit' })
    expect(looked.report.recipients.map(({ reply }) => reply?.code)).toEqual([250, 550])
  })

  test('of a server that hangs up in a transaction tells how far it came', async () => {
    const { terms, target } = scripted(`
      S: 220 mx.example.test ESMTP
      C: EHLO probe.example.test
      S: 250 mx.example.test
      C: MAIL FROM:<>
      S: 250 2.1.0 Ok
      C: RCPT TO:<bob@example.test>
      S: <EOF>`)
    const recipients = { sender: null, recipients: [mailbox('bob@example.test')], madeUp: [] }
    const looked = await look(terms, target, { ...NOTHING_MORE, recipients })
    expect(looked).toMatchObject({ stage: 'rcpt', failure: { fault: { kind: 'closed' } } })
    expect(looked.report.recipients).toEqual([])
  })

  test.each(['required', 'implicit'] as const)('goes on where %s TLS does not verify', async (security) => {
    const tls = { ...GOOD_TLS, trusted: false, verifyError: 'CERT_HAS_EXPIRED' }
    const greeting = ['S: 220 mx.example.test ESMTP', 'C: EHLO probe.example.test', 'S: 250 mx.example.test']
    const upgrade = [
      'S: 220 mx.example.test ESMTP',
      'C: EHLO probe.example.test',
      'S: 250-mx.example.test',
      'S: 250 STARTTLS',
      'C: STARTTLS',
      'S: 220 Go ahead',
      'C: <TLS>',
      ...greeting.slice(1),
    ]
    const script = [
      ...(security === 'implicit' ? ['C: <TLS>', ...greeting] : upgrade),
      'C: QUIT',
      'S: 221 Bye',
    ]
    const { terms, target } = scripted(script.join('\n'), { tls, target: { security } })
    const looked = await look(terms, target, NOTHING_MORE)
    expect(looked).toMatchObject({ failure: undefined, stage: 'quit', tls: { trusted: false } })
    const [finding] = looked.transcript.findings
    expect(finding).toMatchObject({ code: 'certificate-expired' })
    expect(finding?.text).toContain('it is there to look')
  })

  test('is less strict than its target in nothing but TLS', () => {
    const { target } = scripted('')
    expect(asLookedAt({ ...target, security: 'required' })).toEqual({
      ...target,
      security: 'opportunistic',
      verify: 'look',
    })
    expect(asLookedAt({ ...target, security: 'implicit' }).security).toBe('implicit')
    expect(asLookedAt({ ...target, security: 'off' }).security).toBe('off')
  })
})

describe('a relay test', () => {
  const forms = relayForms({
    from: mailbox('a@example.org'),
    to: mailbox('b@example.com'),
    name: 'mx.example.test',
    literal: '[192.0.2.25]',
  })
  const relay = async (script: string, tried: readonly RelayForm[]): Promise<RelaySeen> => {
    const { terms, target } = scripted(script)
    return await relayTest(terms, target, HELLO, tried)
  }

  test('takes each acceptance back before the next, and leaves without a message', async () => {
    const { tries, left } = await relay(
      `
      S: 220 mx.example.test ESMTP
      C: EHLO probe.example.test
      S: 250 mx.example.test
      C: MAIL FROM:<a@example.org>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@example.com>
      S: 250 2.1.5 Ok
      C: RSET
      S: 250 2.0.0 Ok
      C: MAIL FROM:<>
      S: 501 5.5.4 No
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`,
      forms.slice(0, 2),
    )
    expect(tries.map(({ at, reply }) => [at, reply.code])).toEqual([
      ['rcpt', 250],
      ['mail', 501],
    ])
    expect(left).toEqual([])
  })

  test('of a server that hangs up tells what it had seen', async () => {
    const { tries, left, session } = await relay(
      `
      S: 220 mx.example.test ESMTP
      C: EHLO probe.example.test
      S: 250 mx.example.test
      C: MAIL FROM:<a@example.org>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@example.com>
      S: 554 5.7.1 Relay access denied
      C: RSET
      S: 250 2.0.0 Ok
      C: MAIL FROM:<>
      S: <EOF>`,
      forms,
    )
    expect(tries).toHaveLength(1)
    expect(left).toHaveLength(forms.length - 1)
    expect(session?.end.failure).toMatchObject({ stage: 'mail', fault: { kind: 'closed' } })
  })
})

describe('the forms of a relay test', () => {
  const places = { from: mailbox('a@example.org'), to: mailbox('b@example.com') }

  test('are few enough for servers that count errors, and each tests something else', () => {
    const forms = relayForms({ ...places, name: 'mx.example.test', literal: '[192.0.2.25]' })
    // Postfix hangs up at the twentieth (smtpd_hard_error_limit)
    expect(forms.length).toBeLessThan(20)
    for (const each of ['form', 'tests'] as const)
      expect(new Set(forms.map((form) => form[each])).size).toBe(forms.length)
    expect(new Set(forms.map((form) => form.reversePath + form.forwardPath)).size).toBe(forms.length)
    expect(forms.map(({ forwardPath }) => forwardPath)).toEqual(
      expect.arrayContaining([
        '<b@example.com>',
        '<b%example.com@mx.example.test>',
        '<@mx.example.test:b@example.com>',
        '<example.com!b@mx.example.test>',
        '<"b@example.com"@[192.0.2.25]>',
        '<b@example.com@mx.example.test>',
      ]),
    )
  })

  test('without a name of the server do without it', () => {
    const forms = relayForms({ ...places, name: undefined, literal: '[IPv6:2001:db8::1]' })
    expect(forms.every(({ forwardPath }) => !forwardPath.includes('undefined'))).toBe(true)
    expect(forms.find(({ form }) => form === 'own-sender')?.reversePath).toBe(
      '<postmaster@[IPv6:2001:db8::1]>',
    )
  })
})
