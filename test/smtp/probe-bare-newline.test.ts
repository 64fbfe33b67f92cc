import { describe, expect, test } from 'vitest'
import { runSession } from '../../src/session/session.ts'
import { mailbox } from '../../src/smtp/path.ts'
import {
  bareNewlineProbed,
  ODD_END_NAMES,
  type OddEnd,
  probeBareNewline,
} from '../../src/smtp/probe-bare-newline.ts'
import { manualClock } from '../support/manual-clock.ts'
import { type ScriptOptions, scriptedOptions } from '../support/scripted-session.ts'

const ENVELOPE = `
  S: 220 mx.example.test ESMTP
  C: EHLO probe.example.test
  S: 250 mx.example.test
  C: MAIL FROM:<>
  S: 250 2.1.0 Ok
  C: RCPT TO:<bob@example.test>
  S: 250 2.1.5 Ok
  C: DATA`

const OCTETS: Readonly<Record<OddEnd, string>> = {
  'LF.LF': '\n.\n',
  'LF.CRLF': '\n.\r\n',
  'CRLF.LF': '\r\n.\n',
  'CR.CR': '\r.\r',
  'CR.CRLF': '\r.\r\n',
  'CRLF.CR': '\r\n.\r',
}

function message(end: OddEnd): string {
  return [
    'From: <bob@example.test>',
    'To: <bob@example.test>',
    'Date: Thu, 01 Jan 2026 00:00:00 +0000',
    `Subject: Mailwire probe TOKEN, end of data ${end}`,
    'Auto-Submitted: auto-generated',
    'X-Mailwire-Token: TOKEN',
    '',
    'This is a test message. It was never ended as RFC 5321 wants it.',
    `If it has arrived, a server took ${end} for the end of it, and is open to SMTP smuggling.`,
    'Its token is TOKEN.',
  ].join('\r\n')
}

/** The content, octet for octet, as the script has it. */
const contentStep = (end: OddEnd) =>
  `C: ${`${message(end)}${OCTETS[end]}`.replace(/[\r\n]/g, (octet) => (octet === '\r' ? '\\x0d' : '\\x0a'))}<CUT>`

async function probed(end: OddEnd, behind: string, options: ScriptOptions = {}) {
  const clock = options.clock ?? manualClock()
  const script = `${ENVELOPE}\n${behind}`
  const { options: session, wire } = scriptedOptions('smtp', script, { ...options, clock })
  const wish = {
    hello: { name: 'probe.example.test', verb: 'auto' },
    sender: null,
    recipient: mailbox('bob@example.test'),
    end,
    token: 'TOKEN',
    now: new Date('2026-01-01T00:00:00Z'),
  } as const
  const done = await runSession(session, (one) => probeBareNewline(one, wish))
  return { ...bareNewlineProbed(end, done), done, wire }
}

const toItsEnd = (end: OddEnd, ...behind: string[]) =>
  ['S: 354 End data with <CR><LF>.<CR><LF>', contentStep(end), ...behind].join('\n')

describe.each(ODD_END_NAMES)('a message that ends in %s', (end) => {
  test('and is accepted: the server has taken it for the end', async () => {
    const told = await probed(end, toItsEnd(end, 'S: 250 2.0.0 Ok: queued as 9B8A', 'C: QUIT', 'S: 221 Bye'))
    expect(told).toMatchObject({ verdict: 'taken', reply: { code: 250 } })
    const { entries } = told.done.transcript
    expect(entries.filter(({ seq }) => told.evidence.includes(seq))).toMatchObject([{ code: 250 }])
  })

  test('and is not answered in time: the connection is cut, and nothing else is said', async () => {
    const clock = manualClock()
    const told = await probed(end, toItsEnd(end, 'S: <PAUSE 5000>', 'S: <SILENCE>'), {
      clock,
      timeLimits: { final: 5000 },
    })
    expect(told).toMatchObject({ verdict: 'ignored', reply: undefined, evidence: [] })
    expect(told.wire.closed).toBe('destroyed')
  })
})

describe('an answer that is no', () => {
  test.each([
    '521 5.5.2 mx.example.test Error: bare <LF> received',
    '550 5.5.2 Error: bare <CR> received',
    '554 5.6.11 Bare linefeeds are not accepted in SMTP commands',
    '451 See http://pobox.com/~djb/docs/smtplf.html: stray newline',
    '500 Line ends must be CRLF, see the end of data section',
  ])('to the line ends is a refusal: %s', async (reply) => {
    const told = await probed('LF.LF', toItsEnd('LF.LF', `S: ${reply}`, 'C: QUIT', 'S: 221 Bye'))
    expect(told.verdict).toBe('refused')
    expect(told.reply?.code).toBe(Number(reply.slice(0, 3)))
  })

  test.each(['550 5.7.1 Message content rejected', '452 4.3.1 Insufficient system storage'])(
    'to who knows what decides nothing: %s',
    async (reply) => {
      const told = await probed('LF.LF', toItsEnd('LF.LF', `S: ${reply}`, 'C: QUIT', 'S: 221 Bye'))
      expect(told.verdict).toBe('undecided')
      expect(told.because).toContain('if to the message')
    },
  )

  test('may be the end of the connection', async () => {
    for (const how of ['S: <EOF>', 'S: <RESET>'])
      expect((await probed('LF.LF', toItsEnd('LF.LF', how))).verdict).toBe('refused')
  })
})

describe('nobody can say', () => {
  test('when the recipient or DATA is refused', async () => {
    const told = await probed('LF.LF', 'S: 554 5.5.1 No valid recipients\nC: QUIT\nS: 221 Bye')
    expect(told).toMatchObject({ verdict: 'undecided', because: /stage data.* 554/, reply: { code: 554 } })
  })

  test('when the server does not answer DATA', async () => {
    const clock = manualClock()
    const told = await probed('LF.LF', 'S: <PAUSE 9000>\nS: <SILENCE>', { clock, timeLimits: { data: 9000 } })
    expect(told).toMatchObject({ verdict: 'undecided', because: /stage data/ })
  })

  test('when the time of the whole call is up while it waits', async () => {
    const clock = manualClock()
    const told = await probed('LF.LF', toItsEnd('LF.LF', 'S: <PAUSE 9000>', 'S: <SILENCE>'), {
      clock,
      timeLimits: { total: 9000, final: 60_000 },
    })
    expect(told.verdict).toBe('undecided')
  })
})
