import { describe, expect, test } from 'vitest'
import type { Pop3Reply } from '../../src/pop3/reply.ts'
import { command, secretCommand } from '../../src/session/command.ts'
import type { Dialogue, Pending } from '../../src/session/dialogue.ts'
import { type Fault, Refusal } from '../../src/session/outcome.ts'
import { formsOf } from '../../src/text/secret.ts'
import type { Entry, Transcript } from '../../src/transcript/entry.ts'
import { everyCutOf, scriptedDialogue } from '../support/scripted-session.ts'
import { GOOD_TLS, GOOD_TLS_REPORT, serverOctetsOf } from '../support/scripted-wire.ts'

const WISH = { servername: 'mx.example.test', minVersion: 'TLSv1.2' } as const

/** The transcript in short: who said what. */
const said = ({ entries }: Transcript): string[] => entries.map(inShort)

function inShort(entry: Entry): string {
  const broken = 'incomplete' in entry && entry.incomplete === true ? ' (incomplete)' : ''
  switch (entry.kind) {
    case 'command':
      return `C: ${entry.line}`
    case 'reply':
      return `S: ${[entry.status ?? entry.code ?? '?', ...entry.lines].join(' ')}${broken}`
    case 'data':
      return `${entry.from === 'client' ? 'C' : 'S'}: ${entry.bytes} octets${broken}`
    case 'event':
      return `=== ${entry.event}`
  }
}

const findings = ({ findings }: Transcript) => findings.map(({ code }) => code)

const replies = ({ entries }: Transcript) =>
  entries.filter((entry): entry is Extract<Entry, { kind: 'reply' }> => entry.kind === 'reply')

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

async function collected(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

describe('commands one by one', () => {
  const SCRIPT = `
    S: 220 mail.lab.test ESMTP Postfix
    C: EHLO me.example
    S: 250-mail.lab.test
    S: 250 SIZE 1000
    C: MAIL FROM:<a@x.test>
    S: 250 2.1.0 Ok
    C: QUIT
    S: 221 2.0.0 Bye`

  test('are each answered by the reply that follows, at every cut', async () => {
    const transcript = await everyCutOf(SCRIPT, async (cuts) => {
      const { dialogue, recorder, wire } = scriptedDialogue('smtp', SCRIPT, { cuts })
      expect((await dialogue.greeting()).code).toBe(220)
      expect((await dialogue.command(command('EHLO', 'me.example'))).lines).toEqual([
        'mail.lab.test',
        'SIZE 1000',
      ])
      expect((await dialogue.command(command('MAIL', 'FROM:<a@x.test>'))).enhanced).toBe('2.1.0')
      expect((await dialogue.command(command('QUIT'))).code).toBe(221)
      expect(wire.flights).toBe(3)
      return recorder.transcript()
    })
    expect(said(transcript)).toEqual([
      'S: 220 mail.lab.test ESMTP Postfix',
      'C: EHLO me.example',
      'S: 250 mail.lab.test SIZE 1000',
      'C: MAIL FROM:<a@x.test>',
      'S: 250 Ok',
      'C: QUIT',
      'S: 221 Bye',
    ])
    expect(transcript.server.greeting).toBe('mail.lab.test ESMTP Postfix')
    expect(transcript.roundTrips).toBe(4)
    expect(transcript.bytes).toEqual({ sent: 45, received: serverOctetsOf(SCRIPT) })
    expect(replies(transcript).map(({ answers }) => answers)).toEqual([undefined, 1, 3, 5])
    expect(transcript.findings).toEqual([])
  })

  test('a reply knows the entry that shows it', async () => {
    const { dialogue } = scriptedDialogue('smtp', SCRIPT.split('\n').slice(0, 5).join('\n'))
    await dialogue.greeting()
    expect((await dialogue.command(command('EHLO', 'me.example'))).seq).toBe(2)
  })

  test('a refusal is a reply like any other', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: VRFY bob\nS: 502 5.5.1 VRFY command is disabled')
    expect(await dialogue.command(command('VRFY', 'bob'))).toMatchObject({ code: 502, severity: 'permanent' })
    expect(dialogue.inStep).toBe(true)
  })

  test('the wait is told in ms', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: NOOP\nS: <PAUSE 1500>\nS: 250 Ok')
    await dialogue.command(command('NOOP'))
    expect(replies(recorder.transcript())[0]).toMatchObject({ waitedMs: 1500, atMs: 1500 })
  })
})

describe('commands in one flight', () => {
  const SCRIPT = `
    C: MAIL FROM:<a@x.test>
    C: RCPT TO:<b@y.test>
    C: DATA
    S: 250 2.1.0 Ok
    S: 550-5.1.1 no
    S: 550 5.1.1 such user
    S: 554 5.5.1 Error: no valid recipients`
  const GROUP = [
    { command: command('MAIL', 'FROM:<a@x.test>') },
    { command: command('RCPT', 'TO:<b@y.test>') },
    { command: command('DATA') },
  ]

  test('keep their order, however the replies are segmented', async () => {
    const transcript = await everyCutOf(SCRIPT, async (cuts) => {
      const { dialogue, recorder, wire } = scriptedDialogue('smtp', SCRIPT, { cuts })
      const codes = []
      for (const pending of dialogue.sendGroup(GROUP)) codes.push((await dialogue.reply(pending)).code)
      expect(codes).toEqual([250, 550, 554])
      expect(wire.flights).toBe(1)
      return recorder.transcript()
    })
    expect(replies(transcript).map(({ answers }) => answers)).toEqual([0, 1, 2])
    expect(transcript.roundTrips).toBe(1)
  })

  test('can be asked for in any order', async () => {
    const { dialogue } = scriptedDialogue('smtp', SCRIPT)
    const [mail, rcpt, data] = dialogue.sendGroup(GROUP) as [Pending<never>, Pending<never>, Pending<never>]
    expect(await dialogue.reply(data)).toMatchObject({ code: 554 })
    expect(await dialogue.reply(mail)).toMatchObject({ code: 250 })
    expect(await dialogue.reply(rcpt)).toMatchObject({ code: 550 })
  })
})

describe('replies that nobody asked for', () => {
  test('are a finding, and never the answer to the next command', async () => {
    const { dialogue, recorder } = scriptedDialogue(
      'smtp',
      `
      S: 220 mx
      S: 250 I accept everything
      C: MAIL FROM:<a@x.test>
      S: 550 not you`,
    )
    await dialogue.greeting()
    expect((await dialogue.command(command('MAIL', 'FROM:<a@x.test>'))).code).toBe(550)
    const transcript = recorder.transcript()
    expect(transcript.findings).toMatchObject([{ code: 'unsolicited-reply', evidence: [1] }])
    expect(replies(transcript)[1]?.answers).toBeUndefined()
  })

  test('that have come one octet a read as well', async () => {
    const { dialogue, recorder } = scriptedDialogue(
      'smtp',
      'S: 220 mx\nS: 250 yes\nS: 250 yes\nC: NOOP\nS: 500 no',
      { cuts: 'every-octet' },
    )
    await dialogue.greeting()
    expect((await dialogue.command(command('NOOP'))).code).toBe(500)
    expect(recorder.transcript().findings).toMatchObject([{ code: 'unsolicited-reply', evidence: [1, 2] }])
  })

  test('are none where commands were sent in one flight: the innocent twin', async () => {
    const { dialogue, recorder } = scriptedDialogue(
      'smtp',
      'C: NOOP\nC: NOOP\nS: 250 a\nS: 250 b\nC: QUIT\nS: 221 Bye',
    )
    const [first, second] = dialogue.sendGroup([{ command: command('NOOP') }, { command: command('NOOP') }])
    await dialogue.reply(first as Pending<never>)
    await dialogue.reply(second as Pending<never>)
    await dialogue.command(command('QUIT'))
    expect(recorder.transcript().findings).toEqual([])
  })

  test.each(['S: 250-half', 'S: 25<CUT>', 'S: 250 ok<CUT>'])(
    'half a one ends the dialogue: %s',
    async (half) => {
      const { dialogue } = scriptedDialogue('smtp', `S: 220 mx\n${half}`)
      await dialogue.greeting()
      expect(await thrownBy(dialogue.command(command('NOOP')))).toMatchObject({ kind: 'protocol' })
      expect(dialogue.inStep).toBe(false)
    },
  )

  test('a goodbye is one, and the answer to whatever would have come', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'S: 220 mx\nS: 421 4.3.2 shutting down')
    await dialogue.greeting()
    const refusal = await thrownBy(dialogue.command(command('NOOP')))
    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({ reply: { code: 421, severity: 'transient' } })
    expect(dialogue.inStep).toBe(false)
    expect(said(recorder.transcript())).toEqual(['S: 220 mx', 'S: 421 shutting down'])
  })
})

describe('a connection that ends', () => {
  test('after a goodbye: the goodbye is the answer', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: MAIL\nC: RCPT\nS: 421 4.7.0 too many errors\nS: <EOF>')
    const [mail, rcpt] = dialogue.sendGroup([{ command: command('MAIL') }, { command: command('RCPT') }])
    expect(await dialogue.reply(mail as Pending<never>)).toMatchObject({ code: 421 })
    expect(await thrownBy(dialogue.reply(rcpt as Pending<never>))).toMatchObject({
      name: 'Refusal',
      reply: { code: 421 },
    })
  })

  test('after a goodbye by a reset, as it does when the server leaves commands unread', async () => {
    const { dialogue } = scriptedDialogue(
      'smtp',
      'C: MAIL\nC: RCPT\nS: 421 4.7.0 too many errors\nS: <RESET>',
    )
    const [, rcpt] = dialogue.sendGroup([{ command: command('MAIL') }, { command: command('RCPT') }])
    expect(await thrownBy(dialogue.reply(rcpt as Pending<never>))).toMatchObject({
      name: 'Refusal',
      reply: { code: 421 },
    })
  })

  test('after any other reply: nobody has answered', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: MAIL\nC: RCPT\nS: 450 4.7.0 later\nS: <EOF>')
    const [, rcpt] = dialogue.sendGroup([{ command: command('MAIL') }, { command: command('RCPT') }])
    const fault = await thrownBy(dialogue.reply(rcpt as Pending<never>))
    expect(fault).toMatchObject({
      kind: 'closed',
      message: 'the server closed the connection before the reply to RCPT',
    })
  })

  test.each([
    ['in the middle of a reply', 'S: 250-one\nS: 250-two', ['250-one', '250-two']],
    ['in the middle of a line', 'S: 250-one\nS: 250 tw<CUT>', ['250-one', '250 tw']],
    ['before its line end', 'S: 250 whole but for its end<CUT>', ['250 whole but for its end']],
  ])('%s: what came is shown, and is no reply', async (_, half, lines) => {
    for (const cuts of ['none', 'every-octet'] as const) {
      const { dialogue, recorder } = scriptedDialogue('smtp', `C: NOOP\n${half}\nS: <EOF>`, { cuts })
      expect(await thrownBy(dialogue.command(command('NOOP')))).toMatchObject({ kind: 'closed' })
      expect(replies(recorder.transcript())).toMatchObject([{ lines, incomplete: true }])
      expect(dialogue.inStep).toBe(false)
    }
  })

  test('by a reset carries Node’s code and its cause', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: NOOP\nS: <RESET>')
    const fault = await thrownBy(dialogue.command(command('NOOP')))
    expect(fault).toMatchObject({ kind: 'closed', code: 'ECONNRESET', cause: { code: 'ECONNRESET' } })
    expect((fault as Fault).message).toContain('before the reply to NOOP')
  })

  test('before the greeting', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'S: <EOF>')
    expect(await thrownBy(dialogue.greeting())).toMatchObject({
      message: 'the server closed the connection before the greeting',
    })
  })
})

describe('what is no reply', () => {
  test('is shown, and ends the dialogue', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'S: HTTP/1.1 400 Bad Request')
    expect(await thrownBy(dialogue.greeting())).toMatchObject({ kind: 'protocol' })
    expect(said(recorder.transcript())).toEqual(['S: ? HTTP/1.1 400 Bad Request (incomplete)'])
    expect(dialogue.firstOctets.toString()).toBe('HTTP/1.1 400 Bad Request\r\n')
    expect(dialogue.inStep).toBe(false)
  })

  test('shows the lines before it as well', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: NOOP\nS: 250-one\nS: 550 two')
    expect(await thrownBy(dialogue.command(command('NOOP')))).toMatchObject({ kind: 'protocol' })
    expect(replies(recorder.transcript())).toMatchObject([
      { lines: ['250-one', '550 two'], incomplete: true },
    ])
  })

  test.each([
    ['none', 2000, 1000],
    ['every-octet', 300, 300],
  ] as const)(
    'without end is bounded by the line, and its beginning is shown once (%s)',
    async (cuts, octets, limit) => {
      const script = `S: 220-mx\nS: ${'x'.repeat(octets)}<CUT>`
      const { dialogue, recorder } = scriptedDialogue('smtp', script, { maxLineOctets: limit, cuts })
      const fault = await thrownBy(dialogue.greeting())
      expect(fault).toMatchObject({
        kind: 'limit',
        message: `the server sent a line longer than ${limit} octets`,
      })
      expect(replies(recorder.transcript())).toMatchObject([
        { lines: ['220-mx', `${'x'.repeat(256)}…`], incomplete: true },
      ])
    },
  )

  test('the first octets are kept, and no more than are needed', async () => {
    const { dialogue } = scriptedDialogue('smtp', `S: 220 ${'x'.repeat(1000)}`)
    await dialogue.greeting()
    expect(dialogue.firstOctets).toHaveLength(256)
  })
})

describe('STARTTLS', () => {
  const AGREED = 'C: STARTTLS\nS: 220 2.0.0 Ready to start TLS'

  test('goes on with a clean sheet: the innocent twin', async () => {
    for (const cuts of ['none', 'every-octet'] as const) {
      const { dialogue, recorder, wire } = scriptedDialogue(
        'smtp',
        `${AGREED}\nC: <TLS>\nC: EHLO me\nS: 250 mx`,
        { cuts },
      )
      await dialogue.command(command('STARTTLS'))
      const facts = await dialogue.startTls(WISH, 'upgrade')
      expect(facts).toMatchObject({ version: 'TLSv1.3', trusted: true })
      await dialogue.command(command('EHLO', 'me'))
      const transcript = recorder.transcript()
      expect(transcript.findings).toEqual([])
      expect(transcript.tls).toEqual(GOOD_TLS_REPORT)
      expect(transcript.entries.map(({ tls }) => tls)).toEqual([undefined, undefined, true, true, true])
      expect(wire.wishes).toEqual([WISH])
      // STARTTLS, one round trip of TLS 1.3, EHLO
      expect(transcript.roundTrips).toBe(3)
    }
  })

  test.each([
    ['a whole reply', 'S: 250 AUTH PLAIN', '250 AUTH PLAIN\\x0d\\x0a'],
    ['half a reply', 'S: 250<CUT>', '250'],
    ['an empty line', 'S: ', '\\x0d\\x0a'],
    ['a NUL', 'S: \\x00<CUT>', '\\x00'],
  ])('starttls-injection, %s, is refused and shown', async (_, injected, shown) => {
    const script = `${AGREED}\n${injected}`
    const { dialogue, recorder, wire } = scriptedDialogue('smtp', script)
    await dialogue.command(command('STARTTLS'))
    expect(await thrownBy(dialogue.startTls(WISH, 'upgrade'))).toMatchObject({
      kind: 'protocol',
      code: 'starttls-injection',
    })
    const transcript = recorder.transcript()
    expect(transcript.findings).toMatchObject([{ code: 'starttls-injection', evidence: [2] }])
    expect(replies(transcript).at(-1)).toMatchObject({ seq: 2, lines: [shown], incomplete: true })
    expect(transcript.bytes.received).toBe(serverOctetsOf(script))
    expect(transcript.tls).toBeNull()
    expect(wire.wishes).toEqual([])
    expect(dialogue.inStep).toBe(false)
  })

  test('starttls-injection in the socket’s buffer is refused and shown as well', async () => {
    const script = `${AGREED}\nS: 250 AUTH PLAIN`
    const { dialogue, recorder } = scriptedDialogue('smtp', script, {
      cuts: ['220 2.0.0 Ready to start TLS\r\n'.length],
    })
    await dialogue.command(command('STARTTLS'))
    expect(await thrownBy(dialogue.startTls(WISH, 'upgrade'))).toMatchObject({ code: 'starttls-injection' })
    expect(replies(recorder.transcript()).at(-1)?.lines).toEqual(['250 AUTH PLAIN\\x0d\\x0a'])
    expect(recorder.transcript().bytes.received).toBe(serverOctetsOf(script))
  })

  test('a handshake that fails is a fault with its cause', async () => {
    const failure = Object.assign(new Error('wrong version number'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
    const { dialogue, recorder, wire } = scriptedDialogue('smtp', `${AGREED}\nC: <TLS>`, { tls: failure })
    await dialogue.command(command('STARTTLS'))
    expect(await thrownBy(dialogue.startTls(WISH, 'upgrade'))).toMatchObject({
      kind: 'tls',
      code: 'ERR_SSL_WRONG_VERSION_NUMBER',
      cause: failure,
    })
    dialogue.close('by this service')
    expect(said(recorder.transcript()).slice(-2)).toEqual(['=== tls-failed', '=== closed'])
    expect(wire.closed).toBe('destroyed')
  })

  test('a handshake that fails behind the certificate shows it, and nothing counts as said inside TLS', async () => {
    const seen = { ...GOOD_TLS, trusted: false, verifyError: 'HANDSHAKE_FAILED' }
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: <TLS>', {
      tls: new Error('handshake failure'),
      tlsSeen: seen,
    })
    expect(await thrownBy(dialogue.startTls(WISH, 'implicit'))).toMatchObject({ kind: 'tls' })
    const { tls, entries } = recorder.transcript()
    expect(tls).toMatchObject({ verifyError: 'HANDSHAKE_FAILED', certificate: { daysLeft: 59 } })
    expect(entries.filter((entry) => entry.tls)).toEqual([])
  })

  test('from the first byte comes before the greeting', async () => {
    const { dialogue, recorder } = scriptedDialogue('pop3', 'C: <TLS>\nS: +OK ready')
    await dialogue.startTls(WISH, 'implicit')
    await dialogue.greeting()
    expect(said(recorder.transcript())).toEqual(['=== tls', 'S: +OK ready'])
  })
})

describe('content', () => {
  const BIG = Buffer.alloc(150_000, 'a')
  const parts = (content: Iterable<Buffer> | AsyncIterable<Buffer>, log: string[] = []) => ({
    content,
    encode: (chunk: Buffer) => chunk,
    end: () => Buffer.from('.\r\n'),
    handOver: () => log.push('handed over'),
  })

  test('goes out with its end and what goes along in one flight', async () => {
    const { dialogue, recorder, wire } = scriptedDialogue(
      'smtp',
      `
      C: Subject: hi
      C:
      C: hello
      C: .
      C: QUIT
      S: 250 2.0.0 Ok: queued as 9B8A0238F0B
      S: 221 2.0.0 Bye`,
    )
    const log: string[] = []
    const message = Buffer.from('Subject: hi\r\n\r\nhello\r\n')
    const { finals, along } = await dialogue.content({ ...parts([message], log), along: command('QUIT') })
    expect(log).toEqual(['handed over'])
    expect(await dialogue.reply(finals[0]!)).toMatchObject({ code: 250 })
    expect(await dialogue.reply(along!)).toMatchObject({ code: 221 })
    expect(wire.flights).toBe(1)
    expect(said(recorder.transcript())).toEqual([
      'C: 22 octets',
      'C: QUIT',
      'S: 250 Ok: queued as 9B8A0238F0B',
      'S: 221 Bye',
    ])
  })

  test('that is empty is its end alone', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: .\nS: 250 Ok')
    const { finals } = await dialogue.content(parts([]))
    expect(await dialogue.reply(finals[0]!)).toMatchObject({ code: 250 })
  })

  test('is shown by its beginning and counted to its end', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: <CONTENT 150000>\nC: .\nS: 250 Ok')
    const { finals } = await dialogue.content(parts([BIG]))
    await dialogue.reply(finals[0]!)
    const [entry] = recorder.transcript().entries
    expect(entry).toMatchObject({ kind: 'data', from: 'client', bytes: 150_000 })
    expect(entry?.kind === 'data' && entry.preview).toBe('a'.repeat(512))
  })

  test('waits for a peer that is slow to read', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: <CONTENT 150000>\nC: .\nS: 250 Ok', {
      buffers: 'full',
    })
    const { finals } = await dialogue.content(parts([BIG]))
    expect(await dialogue.reply(finals[0]!)).toMatchObject({ code: 250 })
    expect(recorder.transcript().findings).toEqual([])
  })

  test.each(['none', 'every-octet'] as const)(
    'a refusal in the middle of it ends it there (%s)',
    async (cuts) => {
      const { dialogue, recorder, wire } = scriptedDialogue(
        'smtp',
        'C: <CONTENT 65536>\nS: 552 5.3.4 too big',
        { cuts },
      )
      const log: string[] = []
      const refusal = await thrownBy(dialogue.content(parts([BIG], log)))
      expect(refusal).toMatchObject({ name: 'Refusal', reply: { code: 552, severity: 'permanent' } })
      expect(log).toEqual([])
      expect(dialogue.inStep).toBe(false)
      expect(findings(recorder.transcript())).toEqual(['early-reply'])
      expect(said(recorder.transcript()).at(-1)).toMatch(/^C: \d+ octets \(incomplete\)$/)
      dialogue.close('by this service')
      expect(wire.closed).toBe('destroyed')
    },
  )

  test.each(['none', 'every-octet', [12], [13], [17]] as const)(
    'early-250: a yes before the end is no acceptance (%j)',
    async (cuts) => {
      const { dialogue, recorder } = scriptedDialogue('smtp', 'C: DATA\nS: 354 go on\nS: 250 Ok', { cuts })
      await dialogue.command(command('DATA'))
      const log: string[] = []
      expect(await thrownBy(dialogue.content(parts([Buffer.from('a\r\n')], log)))).toMatchObject({
        kind: 'protocol',
      })
      expect(log).toEqual([])
      expect(findings(recorder.transcript())).toEqual(['early-reply'])
    },
  )

  test('half a reply before the end is waited for, and is not glued to the one after it', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: DATA\nS: 354 go on\nS: 25<CUT>\nS: <PAUSE 10>\nS: 0 Ok')
    await dialogue.command(command('DATA'))
    expect(await thrownBy(dialogue.content(parts([Buffer.from('a\r\n')])))).toMatchObject({
      kind: 'protocol',
    })
  })

  describe('while nothing more of it comes', () => {
    /** Content whose giver pauses behind the first of it. */
    async function* pausing() {
      yield Buffer.from('a\r\n')
      await new Promise<never>(() => undefined)
    }

    test('a refusal ends it', async () => {
      const { dialogue, recorder } = scriptedDialogue('smtp', 'C: DATA\nS: 354 go on\nS: 452 4.3.1 full')
      await dialogue.command(command('DATA'))
      const log: string[] = []
      expect(await thrownBy(dialogue.content({ ...parts([], log), content: pausing() }))).toMatchObject({
        name: 'Refusal',
        reply: { code: 452 },
      })
      expect(log).toEqual([])
      expect(findings(recorder.transcript())).toEqual(['early-reply'])
    })

    test.each(['S: <EOF>', 'S: <RESET>'])('a lost connection ends it: %s', async (end) => {
      const { dialogue } = scriptedDialogue('smtp', `C: DATA\nS: 354 go on\n${end}`)
      await dialogue.command(command('DATA'))
      expect(await thrownBy(dialogue.content({ ...parts([]), content: pausing() }))).toMatchObject({
        kind: 'closed',
      })
    })
  })

  test.each(['S: <EOF>', 'S: <RESET>'])(
    'a connection that is lost before the end was not handed the message: %s',
    async (end) => {
      const { dialogue } = scriptedDialogue('smtp', `C: <CONTENT 65536>\n${end}`)
      const log: string[] = []
      expect(await thrownBy(dialogue.content(parts([BIG], log)))).toMatchObject({ kind: 'closed' })
      expect(log).toEqual([])
    },
  )

  test('time that runs out while it is being made is a fault before it is handed over', async () => {
    const { dialogue, clock } = scriptedDialogue('smtp', 'C: DATA\nS: 354 go on', {
      timeLimits: { total: 1000 },
    })
    await dialogue.command(command('DATA'))
    const log: string[] = []
    async function* slow() {
      yield Buffer.from('a\r\n')
      clock.advance(1000)
    }
    expect(await thrownBy(dialogue.content(parts(slow(), log)))).toMatchObject({
      kind: 'timeout',
      code: 'total',
    })
    expect(log).toEqual([])
  })

  test('that cannot be made is not handed over', async () => {
    const { dialogue, recorder } = scriptedDialogue('smtp', 'C: DATA\nS: 354 go on')
    await dialogue.command(command('DATA'))
    const log: string[] = []
    async function* broken() {
      yield Buffer.from('a\r\n')
      throw new Error('the upload broke off')
    }
    expect(await thrownBy(dialogue.content(parts(broken(), log)))).toMatchObject({
      message: 'the upload broke off',
    })
    expect(log).toEqual([])
    expect(dialogue.inStep).toBe(false)
    expect(said(recorder.transcript()).at(-1)).toBe('C: 3 octets (incomplete)')
  })

  test('may be answered more than once', async () => {
    const { dialogue } = scriptedDialogue('smtp', 'C: .\nS: 250 a\nS: 452 b')
    const { finals } = await dialogue.content({ ...parts([]), finals: 2 })
    expect([(await dialogue.reply(finals[0]!)).code, (await dialogue.reply(finals[1]!)).code]).toEqual([
      250, 452,
    ])
  })
})

describe('a multi-line reply', () => {
  const retr = (dialogue: Dialogue<Pop3Reply>, number: number) =>
    dialogue.sendGroup([{ command: command('RETR', String(number)), multiline: true }])[0]!

  const TWO = `
    C: RETR 1
    C: RETR 2
    S: +OK 138 octets
    S: Subject: one
    S:
    S: ..a dot
    S: .
    S: +OK 5 octets
    S: two
    S: .
    C: QUIT
    S: +OK Bye`

  test('ends at its dot, and the next reply begins there, at every cut', async () => {
    const transcript = await everyCutOf(TWO, async (cuts) => {
      const { dialogue, recorder } = scriptedDialogue('pop3', TWO, { cuts })
      const [first, second] = dialogue.sendGroup([
        { command: command('RETR', '1'), multiline: true },
        { command: command('RETR', '2'), multiline: true },
      ])
      expect((await dialogue.reply(first!)).lines).toEqual(['138 octets'])
      expect(await collected(dialogue.body(first!))).toBe('Subject: one\r\n\r\n.a dot\r\n')
      expect(await collected(dialogue.body(second!))).toBe('two\r\n')
      expect((await dialogue.command(command('QUIT'))).status).toBe('+OK')
      return recorder.transcript()
    })
    expect(said(transcript)).toEqual([
      'C: RETR 1',
      'C: RETR 2',
      'S: +OK 138 octets',
      'S: 24 octets',
      'S: +OK 5 octets',
      'S: 5 octets',
      'C: QUIT',
      'S: +OK Bye',
    ])
  })

  test('that nobody reads is read over before the next', async () => {
    const { dialogue } = scriptedDialogue('pop3', TWO)
    const [, second] = dialogue.sendGroup([
      { command: command('RETR', '1'), multiline: true },
      { command: command('RETR', '2'), multiline: true },
    ])
    expect((await dialogue.reply(second!)).lines).toEqual(['5 octets'])
    expect(await collected(dialogue.body(second!))).toBe('two\r\n')
    await dialogue.command(command('QUIT'))
  })

  test('that is refused has no body', async () => {
    const { dialogue } = scriptedDialogue(
      'pop3',
      "C: RETR 99\nS: -ERR There's no message 99.\nC: QUIT\nS: +OK Bye",
    )
    const pending = retr(dialogue, 99)
    expect((await dialogue.reply(pending)).status).toBe('-ERR')
    expect(await collected(dialogue.body(pending))).toBe('')
    expect((await dialogue.command(command('QUIT'))).status).toBe('+OK')
  })

  test.each(['S: <EOF>', 'S: <RESET>'])('that breaks off is never whole: %s', async (end) => {
    const { dialogue, recorder } = scriptedDialogue(
      'pop3',
      `C: RETR 1\nS: +OK\nS: Subject: one\nS: .<CUT>\n${end}`,
    )
    const pending = retr(dialogue, 1)
    const fault = await thrownBy(collected(dialogue.body(pending)))
    expect(fault).toMatchObject({ kind: 'closed' })
    expect((fault as Fault).message).toContain('before the end of the reply to RETR')
    expect(said(recorder.transcript()).at(-1)).toBe('S: 14 octets (incomplete)')
    expect(dialogue.inStep).toBe(false)
  })

  test('that the reader leaves in the middle puts the dialogue out of step', async () => {
    const { dialogue, recorder, wire } = scriptedDialogue('pop3', 'C: RETR 1\nS: +OK\nS: one\nS: <SILENCE>')
    for await (const piece of dialogue.body(retr(dialogue, 1))) {
      expect(piece.toString()).toBe('one\r\n')
      break
    }
    expect(dialogue.inStep).toBe(false)
    expect(said(recorder.transcript()).at(-1)).toBe('S: 5 octets (incomplete)')
    dialogue.close('by this service')
    expect(wire.closed).toBe('destroyed')
  })

  test('shows its beginning only, however it is cut', async () => {
    const script = `C: RETR 1\nS: +OK\nS: ${'x'.repeat(600)}\nS: .`
    for (const cuts of ['none', 'every-octet'] as const) {
      const { dialogue, recorder } = scriptedDialogue('pop3', script, { cuts })
      await collected(dialogue.body(retr(dialogue, 1)))
      expect(recorder.transcript().entries.at(-1)).toMatchObject({ bytes: 602, preview: 'x'.repeat(512) })
    }
  })

  test('hands on whatever octets it holds', async () => {
    const { dialogue } = scriptedDialogue(
      'pop3',
      'C: RETR 1\nS: +OK\nS: \\x00\\xff\\x0a.\\x0a\\x0d.<BARE-LF>\nS: \nS: .',
    )
    expect(await collected(dialogue.body(retr(dialogue, 1)))).toBe('\0\xff\n.\n\r.\n\r\n')
  })
})

describe('time', () => {
  test.each([
    ['the greeting', 'S: <SILENCE>', 'greeting', 30_000],
    ['a reply', 'C: NOOP\nS: <SILENCE>', 'reply to NOOP', 30_000],
  ])('a server that is silent instead of %s is left after its limit', async (_, script, subject, limit) => {
    const { dialogue, clock, wire } = scriptedDialogue('smtp', script)
    const waiting = thrownBy(script.startsWith('C') ? dialogue.command(command('NOOP')) : dialogue.greeting())
    clock.advance(limit)
    expect(await waiting).toMatchObject({
      kind: 'timeout',
      message: `no ${subject} within ${limit / 1000} s`,
    })
    expect(wire.closed).toBe('destroyed')
    expect(dialogue.inStep).toBe(false)
  })

  test('a drip of single octets does not extend a reply', async () => {
    const drip = '250-x'
      .split('')
      .map((octet) => `S: ${octet}<CUT>\nS: <PAUSE 1000>`)
      .join('\n')
    const { dialogue, recorder, clock } = scriptedDialogue('smtp', `C: NOOP\n${drip}\nS: <SILENCE>`, {
      timeLimits: { command: 4500 },
    })
    expect(await thrownBy(dialogue.command(command('NOOP')))).toMatchObject({
      kind: 'timeout',
      code: 'command',
    })
    expect(clock.now()).toBe(5000)
    expect(said(recorder.transcript()).at(-1)).toBe('S: ? 250-x (incomplete)')
  })

  test('a drip of whole continuation lines does not extend a reply', async () => {
    const drip = 'S: 250-still here\nS: <PAUSE 1000>\n'.repeat(5)
    const { dialogue } = scriptedDialogue('smtp', `C: NOOP\n${drip}S: <SILENCE>`, {
      timeLimits: { command: 4500 },
    })
    expect(await thrownBy(dialogue.command(command('NOOP')))).toMatchObject({
      kind: 'timeout',
      code: 'command',
    })
  })

  test('a slow server that is in time is no drip: the innocent twin', async () => {
    const slow = 'S: 250-still here\nS: <PAUSE 1000>\n'.repeat(4)
    const { dialogue } = scriptedDialogue('smtp', `C: NOOP\n${slow}S: 250 done`, {
      timeLimits: { command: 4500 },
    })
    expect((await dialogue.command(command('NOOP'))).lines).toHaveLength(5)
  })

  test('a body may take as long as it moves, and the call no longer than the call', async () => {
    const moving = 'S: line\nS: <PAUSE 900>\n'.repeat(6)
    const script = `C: RETR 1\nS: +OK\n${moving}`
    const { dialogue } = scriptedDialogue('pop3', `${script}S: .`, { timeLimits: { data: 1000 } })
    const body = dialogue.body(dialogue.sendGroup([{ command: command('RETR', '1'), multiline: true }])[0]!)
    expect(await collected(body)).toBe('line\r\n'.repeat(6))

    const late = scriptedDialogue('pop3', `${script}S: <SILENCE>`, {
      timeLimits: { data: 1000, total: 5000 },
    })
    const [pending] = late.dialogue.sendGroup([{ command: command('RETR', '1'), multiline: true }])
    expect(await thrownBy(collected(late.dialogue.body(pending!)))).toMatchObject({
      kind: 'timeout',
      code: 'total',
    })
  })
})

describe('a caller who leaves', () => {
  test('while a reply is due interrupts the wait, and the session can still be ended politely', async () => {
    const caller = new AbortController()
    const { dialogue, wire } = scriptedDialogue('smtp', 'C: MAIL\nS: <SILENCE>\nC: QUIT', {
      signal: caller.signal,
    })
    const waiting = thrownBy(dialogue.command(command('MAIL')))
    caller.abort()
    expect(await waiting).toMatchObject({ kind: 'aborted' })
    expect(dialogue.inStep).toBe(true)
    dialogue.send(command('QUIT'), 'quit')
    dialogue.close('by this service')
    expect(wire.closed).toBe('ended')
  })

  test.each([
    ['the reply to DATA', 'C: DATA\nS: <SILENCE>', [{ command: command('DATA'), phase: 'data' as const }]],
    [
      'replies before that to DATA',
      'C: RCPT\nC: DATA\nS: <SILENCE>',
      [{ command: command('RCPT') }, { command: command('DATA'), phase: 'data' as const }],
    ],
  ])(
    'while %s is due leaves nothing that could be said: it would be taken for content',
    async (_, script, group) => {
      const caller = new AbortController()
      const { dialogue, wire } = scriptedDialogue('smtp', script, { signal: caller.signal })
      const waiting = thrownBy(dialogue.reply(dialogue.sendGroup(group)[0]!))
      caller.abort()
      expect(await waiting).toMatchObject({ kind: 'aborted' })
      expect(dialogue.inStep).toBe(false)
      dialogue.close('by this service')
      expect(wire.closed).toBe('destroyed')
    },
  )
})

describe('secrets', () => {
  const SECRET = 'hunter2/ä'
  const FORMS = formsOf(Buffer.from(SECRET))

  test.each(FORMS.map((form) => [form]))(
    'that the server repeats are not in the transcript: %s',
    async (form) => {
      const echo = form.replaceAll('\\', '\\\\')
      const { dialogue, recorder } = scriptedDialogue(
        'pop3',
        `S: +OK ready ${echo}
       C: PASS ${SECRET}
       S: -ERR [${echo}] I do not know ${echo}
       S: +OK unasked ${echo}
       C: RETR 1
       S: +OK ${echo}
       S: Subject: ${echo}
       S: .
       C: NOOP
       S: What is ${echo}?`,
      )
      recorder.secret(SECRET)
      await dialogue.greeting()
      await dialogue.command(secretCommand('PASS', '', SECRET))
      await collected(
        dialogue.body(dialogue.sendGroup([{ command: command('RETR', '1'), multiline: true }])[0]!),
      )
      await thrownBy(dialogue.command(command('NOOP')))
      dialogue.finding('echo', `the server said ${form}`)
      dialogue.note('echo', `the server said ${form}`)
      const transcript = recorder.transcript()
      const text = JSON.stringify(transcript).toLowerCase()
      for (const each of FORMS) {
        expect(text).not.toContain(each.toLowerCase())
        expect(text).not.toContain(JSON.stringify(each).slice(1, -1).toLowerCase())
      }
      const redacted = transcript.entries.filter(({ redacted }) => redacted === true)
      expect(redacted.map(({ kind }) => kind)).toEqual([
        'reply',
        'command',
        'reply',
        'reply',
        'reply',
        'data',
        'reply',
        'event',
      ])
    },
  )

  test('are not taken out of what they are not in: the innocent twin', async () => {
    const { dialogue, recorder } = scriptedDialogue(
      'pop3',
      `C: PASS ${SECRET}\nS: -ERR [AUTH] Authentication failed.`,
    )
    recorder.secret(SECRET)
    await dialogue.command(secretCommand('PASS', '', SECRET))
    const [pass, reply] = recorder.transcript().entries
    expect(pass).toMatchObject({ line: 'PASS ***', redacted: true })
    expect(reply).not.toHaveProperty('redacted')
  })
})

test('leaving tells how', () => {
  const { dialogue, recorder, wire } = scriptedDialogue('smtp', '')
  dialogue.close('by this service')
  expect(recorder.transcript().entries).toMatchObject([
    { kind: 'event', event: 'closed', text: 'by this service' },
  ])
  expect(wire.closed).toBe('ended')
})
