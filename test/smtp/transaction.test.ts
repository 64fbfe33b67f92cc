import { describe, expect, test } from 'vitest'
import { runSession } from '../../src/session/session.ts'
import { mail, rcpt } from '../../src/smtp/command.ts'
import { type Transaction, transact } from '../../src/smtp/transaction.ts'
import { noVerdicts } from '../../src/smtp/verdicts.ts'
import { manualClock } from '../support/manual-clock.ts'
import { everyCutOf, type ScriptOptions, scriptedOptions } from '../support/scripted-session.ts'

const MESSAGE = Buffer.from('Subject: hi\r\n\r\n.hello\r\n')
const BODY = `
  C: Subject: hi
  C:
  C: ..hello
  C: .`

interface Wish
  extends ScriptOptions,
    Partial<Pick<Transaction, 'flights' | 'onRejectedRecipient' | 'endAfter' | 'carriage' | 'answers'>> {
  readonly recipients?: readonly string[]
  readonly content?: Transaction['content']
}

/** One transaction in a session that the script plays; the greeting is given. */
async function transaction(script: string, wish: Wish = {}) {
  const verdicts = noVerdicts()
  const { options, wire, clock } = scriptedOptions('smtp', `S: 220 mx\n${script}`, wish)
  const recipients = wish.recipients ?? ['b@y.test', 'c@z.test']
  const end = await runSession(options, async (session) => {
    const { dialogue } = await session.open()
    await transact(
      session,
      dialogue,
      {
        mail: mail('<a@x.test>'),
        rcpts: recipients.map((recipient) => ({ recipient, command: rcpt(`<${recipient}>`) })),
        content: wish.content ?? (() => [MESSAGE]),
        flights: wish.flights ?? 'grouped',
        onRejectedRecipient: wish.onRejectedRecipient ?? 'continue',
        endAfter: wish.endAfter,
        leaving: 'quit',
        carriage: wish.carriage ?? { by: 'DATA' },
        answers: wish.answers ?? 'once',
      },
      verdicts,
    )
  })
  return {
    outcome: end.failure?.outcome ?? 'done',
    stage: end.failure?.stage ?? end.stage,
    reply: end.failure?.reply?.code,
    fault: end.failure?.fault?.kind,
    accepted: verdicts.accepted.map(({ recipient, reply }) => `${recipient} ${reply.code}`),
    rejected: verdicts.rejected.map(({ recipient, reply }) => `${recipient} ${reply.code}`),
    final: verdicts.final?.lines,
    findings: end.transcript.findings.map(({ code }) => code),
    events: end.transcript.entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : [])),
    flights: wire.flights,
    closed: wire.closed,
    waiting: clock.waiting,
  }
}

const ENVELOPE = `
  C: MAIL FROM:<a@x.test>
  C: RCPT TO:<b@y.test>
  C: RCPT TO:<c@z.test>
  C: DATA`

describe('in as few flights as can be', () => {
  const ACCEPTED = `${ENVELOPE}
    S: 250 2.1.0 Ok
    S: 250 2.1.5 Ok
    S: 250 2.1.5 Ok
    S: 354 End data with <CR><LF>.<CR><LF>
    ${BODY}
    C: QUIT
    S: 250 2.0.0 Ok: queued as 9B8A0238F0B
    S: 221 2.0.0 Bye`

  test('a message is delivered in two, QUIT included, however the replies are cut', async () => {
    const end = await everyCutOf(`S: 220 mx\n${ACCEPTED}`, (cuts) => transaction(ACCEPTED, { cuts }))
    expect(end).toEqual({
      outcome: 'done',
      stage: 'end-of-data',
      reply: undefined,
      fault: undefined,
      accepted: ['b@y.test 250', 'c@z.test 250'],
      rejected: [],
      final: ['Ok: queued as 9B8A0238F0B'],
      findings: [],
      events: ['closed'],
      flights: 2,
      closed: 'ended',
      waiting: 0,
    })
  })

  test('some recipients are refused, and the others get the message', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 550 5.1.1 <b@y.test>: Recipient address rejected: User unknown
      S: 250 2.1.5 Ok
      S: 354 go on
      ${BODY}
      C: QUIT
      S: 250 2.0.0 Ok
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({
      outcome: 'done',
      accepted: ['c@z.test 250'],
      rejected: ['b@y.test 550'],
      flights: 2,
    })
  })

  test('all recipients are refused, and so is DATA', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 450 4.2.0 <b@y.test>: Greylisted
      S: 550 5.1.1 <c@z.test>: User unknown
      S: 554 5.5.1 Error: no valid recipients
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({
      outcome: 'deferred',
      stage: 'rcpt',
      reply: 450,
      accepted: [],
      rejected: ['b@y.test 450', 'c@z.test 550'],
      events: ['closed'],
    })
  })

  test('all recipients are refused, and DATA is not: a lone dot ends it (RFC 2920 §3.1)', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 550 5.1.1 <b@y.test>: User unknown
      S: 550 5.1.1 <c@z.test>: User unknown
      S: 354 go on
      C: .
      S: 554 5.5.1 no valid recipients
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({
      outcome: 'rejected',
      stage: 'rcpt',
      reply: 550,
      events: ['lone-dot', 'closed'],
      final: undefined,
    })
  })

  test('MAIL is refused, and all behind it', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 550 5.1.8 <a@x.test>: Sender address rejected
      S: 503 5.5.1 Error: need MAIL command
      S: 503 5.5.1 Error: need MAIL command
      S: 503 5.5.1 Error: need RCPT command
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'mail', reply: 550, accepted: [], rejected: [] })
  })

  test('MAIL is refused, and DATA is not: a lone dot ends it, and nothing was accepted', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 451 4.3.0 try later
      S: 250 2.1.5 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      C: .
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({
      outcome: 'deferred',
      stage: 'mail',
      reply: 451,
      accepted: [],
      events: ['lone-dot', 'closed'],
    })
  })

  test.each(['S: <EOF>', 'S: <RESET>', 'S: <SILENCE>', 'S: 250-half\nS: <EOF>'])(
    'a lone dot that is not answered changes nothing about the refusal: %s',
    async (end) => {
      const { outcome, stage, reply, findings } = await untilTimeout(
        `${ENVELOPE}
        S: 250 2.1.0 Ok
        S: 550 5.1.1 no
        S: 550 5.1.1 no
        S: 354 go on
        C: .
        ${end}`,
      )
      expect({ outcome, stage, reply }).toEqual({ outcome: 'rejected', stage: 'rcpt', reply: 550 })
      expect(findings).toContain('lone-dot-unanswered')
    },
  )

  test('DATA is refused though recipients were accepted', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 250 2.1.5 Ok
      S: 451 4.3.0 queue file write error
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({
      outcome: 'deferred',
      stage: 'data',
      reply: 451,
      accepted: ['b@y.test 250', 'c@z.test 250'],
    })
  })

  test.each(['250 2.0.0 Ok', '220 what'])('DATA is answered %s, which is no permission', async (answer) => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 250 2.1.5 Ok
      S: ${answer}
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({ outcome: 'failed', fault: 'protocol', stage: 'data', final: undefined })
  })

  test('a recipient who is answered 354 is not accepted', async () => {
    const end = await transaction(`${ENVELOPE}
      S: 250 2.1.0 Ok
      S: 354 what
      S: 354 what
      S: 554 5.5.1 no valid recipients
      C: QUIT
      S: 221 2.0.0 Bye`)
    expect(end).toMatchObject({ outcome: 'failed', fault: 'protocol', stage: 'rcpt', accepted: [] })
  })

  test.each(['S: <EOF>', 'S: <RESET>'])(
    'a server that refuses MAIL and hangs up has said what matters: %s',
    async (end) => {
      expect(await transaction(`${ENVELOPE}\nS: 421 4.7.0 mx Error: too many errors\n${end}`)).toMatchObject({
        outcome: 'deferred',
        stage: 'mail',
        reply: 421,
      })
      expect(await transaction(`${ENVELOPE}\nS: 550 5.7.1 blocked\n${end}`)).toMatchObject({
        outcome: 'rejected',
        stage: 'mail',
        reply: 550,
        closed: 'destroyed',
      })
    },
  )

  test.each(['S: <EOF>', 'S: <RESET>'])(
    'a server that refuses all recipients and hangs up as well: %s',
    async (end) => {
      const refused = `${ENVELOPE}\nS: 250 2.1.0 Ok\nS: 550 5.7.1 no\nS: 550 5.7.1 no\n${end}`
      expect(await transaction(refused)).toMatchObject({ outcome: 'rejected', stage: 'rcpt', reply: 550 })
    },
  )

  test('a server that hangs up in between: what it had said is kept', async () => {
    expect(await transaction(`${ENVELOPE}\nS: 250 2.1.0 Ok\nS: 550 5.1.1 no\nS: <EOF>`)).toMatchObject({
      outcome: 'failed',
      fault: 'closed',
      stage: 'rcpt',
      rejected: ['b@y.test 550'],
    })
    expect(
      await transaction(`${ENVELOPE}\nS: 250 2.1.0 Ok\nS: 250 2.1.5 Ok\nS: 421 4.3.2 bye\nS: <EOF>`),
    ).toMatchObject({
      outcome: 'deferred',
      stage: 'data',
      reply: 421,
      accepted: ['b@y.test 250'],
      rejected: ['c@z.test 421'],
    })
  })
})

describe('one by one', () => {
  test('each command waits for the reply before it', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 550 5.1.1 no
      C: RCPT TO:<c@z.test>
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 go on
      ${BODY}
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`,
      { flights: 'single' },
    )
    expect(end).toMatchObject({
      outcome: 'done',
      accepted: ['c@z.test 250'],
      rejected: ['b@y.test 550'],
      flights: 6,
      findings: [],
    })
  })

  test('nothing is said behind a MAIL that was refused', async () => {
    const end = await transaction('C: MAIL FROM:<a@x.test>\nS: 550 5.1.8 no\nC: QUIT\nS: 221 2.0.0 Bye', {
      flights: 'single',
    })
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'mail', reply: 550 })
  })

  test('DATA is not asked for when nobody was accepted', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 450 4.2.0 later
      C: QUIT
      S: 221 2.0.0 Bye`,
      { flights: 'single', recipients: ['b@y.test'] },
    )
    expect(end).toMatchObject({ outcome: 'deferred', stage: 'rcpt', reply: 450, rejected: ['b@y.test 450'] })
  })

  test('a connection that is lost keeps what was said of recipients before', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 250 2.1.5 Ok
      C: RCPT TO:<c@z.test>
      S: <EOF>`,
      { flights: 'single' },
    )
    expect(end).toMatchObject({
      outcome: 'failed',
      stage: 'rcpt',
      fault: 'closed',
      accepted: ['b@y.test 250'],
    })
  })
})

describe('all recipients or none', () => {
  test('grouped, DATA is not sent along, for once it is answered 354 only content can follow', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: RCPT TO:<c@z.test>
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 550 5.1.1 no
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`,
      { onRejectedRecipient: 'abort' },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'rcpt', reply: 550, rejected: ['c@z.test 550'] })
  })

  test('grouped, and all are accepted', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: RCPT TO:<c@z.test>
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 go on
      ${BODY}
      C: QUIT
      S: 250 2.0.0 Ok
      S: 221 2.0.0 Bye`,
      { onRejectedRecipient: 'abort' },
    )
    expect(end).toMatchObject({ outcome: 'done', flights: 3 })
  })

  test('one by one, the first refusal is the last question', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 550 5.1.1 no
      C: QUIT
      S: 221 2.0.0 Bye`,
      { onRejectedRecipient: 'abort', flights: 'single' },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'rcpt', rejected: ['b@y.test 550'] })
  })
})

describe('stopping before the message', () => {
  test.each(['grouped', 'single'] as const)('after MAIL (%s)', async (flights) => {
    const end = await transaction('C: MAIL FROM:<a@x.test>\nS: 250 2.1.0 Ok\nC: QUIT\nS: 221 2.0.0 Bye', {
      flights,
      endAfter: 'mail',
    })
    expect(end).toMatchObject({ outcome: 'done', stage: 'mail', accepted: [] })
  })

  test('after RCPT, never with DATA', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: RCPT TO:<c@z.test>
      S: 250 2.1.0 Ok
      S: 550 5.1.1 no
      S: 250 2.1.5 Ok
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
      S: 221 2.0.0 Bye`,
      { endAfter: 'rcpt' },
    )
    expect(end).toMatchObject({
      outcome: 'done',
      stage: 'rcpt',
      accepted: ['c@z.test 250'],
      rejected: ['b@y.test 550'],
    })
  })
})

describe('the end of the message', () => {
  const HANDED = `
    C: MAIL FROM:<a@x.test>
    C: RCPT TO:<b@y.test>
    C: DATA
    S: 250 2.1.0 Ok
    S: 250 2.1.5 Ok
    S: 354 go on
    ${BODY}
    C: QUIT`
  const one = { recipients: ['b@y.test'] }

  test.each([
    ['250 2.0.0 Ok', 'done', undefined],
    ['251 2.0.0 Ok', 'done', undefined],
    ['452 4.3.1 Insufficient system storage', 'deferred', 452],
    ['554 5.7.1 spam', 'rejected', 554],
    ['421 4.3.2 shutting down', 'deferred', 421],
  ])('answered %s is %s', async (answer, outcome, code) => {
    const end = await transaction(`${HANDED}\nS: ${answer}\nS: 221 2.0.0 Bye`, one)
    expect(end).toMatchObject({ outcome, reply: code, stage: 'end-of-data', findings: [] })
  })

  test.each([
    ['reset-after-dot', 'S: <RESET>', 'closed'],
    ['closed without a word', 'S: <EOF>', 'closed'],
    ['half an answer', 'S: 250-2.0.0 Ok\nS: <EOF>', 'closed'],
    ['an answer without its line end', 'S: 250 2.0.0 Ok<CUT>\nS: <EOF>', 'closed'],
    ['garbage', 'S: Ok: queued as 123', 'protocol'],
    ['an answer that is neither yes nor no', 'S: 354 go on', 'protocol'],
    ['silence', 'S: <SILENCE>', 'timeout'],
    ['a drip', 'S: 2<CUT>\nS: <PAUSE 60000>\nS: 5<CUT>\nS: <PAUSE 60000>\nS: <SILENCE>', 'timeout'],
  ])('lost is neither yes nor no: %s', async (_, answer, fault) => {
    const end = await untilTimeout(`${HANDED}\n${answer}`, one)
    expect(end).toMatchObject({ outcome: 'unknown', stage: 'end-of-data', fault, accepted: ['b@y.test 250'] })
    expect(end.waiting).toBe(0)
  })

  test('a QUIT that goes along is a matter of its own', async () => {
    const end = await transaction(`${HANDED}\nS: 250 2.0.0 Ok\nS: <EOF>`, one)
    expect(end).toMatchObject({ outcome: 'done', findings: ['quit-unanswered'] })
  })

  test('an answer that comes too early is no acceptance', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      S: 250 2.0.0 Ok: queued as 123`,
      one,
    )
    expect(end).toMatchObject({
      outcome: 'failed',
      stage: 'data',
      fault: 'protocol',
      findings: ['early-reply'],
    })
  })

  test('a refusal in the middle of a large message is one', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      C: <CONTENT 65536>
      S: 552 5.3.4 Error: message file too big`,
      { ...one, content: () => [Buffer.alloc(200_000, 'a\r\n')], buffers: 'full' },
    )
    expect(end).toMatchObject({ outcome: 'rejected', stage: 'data', reply: 552, closed: 'destroyed' })
  })

  test('a connection that breaks in the middle of the message: it was not sent', async () => {
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      C: <CONTENT 65536>
      S: <RESET>`,
      { ...one, content: () => [Buffer.alloc(200_000, 'a\r\n')] },
    )
    expect(end).toMatchObject({ outcome: 'failed', stage: 'data', fault: 'closed' })
  })
})

describe('a caller who leaves', () => {
  const one = { recipients: ['b@y.test'], flights: 'single' } as const

  test('before the message was handed over ends the session politely', async () => {
    const caller = new AbortController()
    const running = transaction('C: MAIL FROM:<a@x.test>\nS: <SILENCE>\nC: QUIT', {
      ...one,
      signal: caller.signal,
    })
    await later()
    caller.abort()
    expect(await running).toMatchObject({
      outcome: 'failed',
      fault: 'aborted',
      stage: 'mail',
      closed: 'ended',
    })
  })

  test('while the message is being written ends it in the middle, without its end', async () => {
    const caller = new AbortController()
    async function* content() {
      yield MESSAGE
      caller.abort()
      yield MESSAGE
    }
    const end = await transaction(
      `
      C: MAIL FROM:<a@x.test>
      S: 250 2.1.0 Ok
      C: RCPT TO:<b@y.test>
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 go on
      C: Subject: hi
      C:
      C: ..hello`,
      { ...one, signal: caller.signal, content },
    )
    expect(end).toMatchObject({ outcome: 'failed', fault: 'aborted', stage: 'data', closed: 'destroyed' })
  })

  test.each([
    ['250 2.0.0 Ok', 'done'],
    ['554 5.7.1 spam', 'rejected'],
  ])('after that, its answer is waited for all the same: %s is %s', async (answer, outcome) => {
    const caller = new AbortController()
    const clock = manualClock()
    clock.after(500, () => caller.abort())
    const running = transaction(
      `
      C: MAIL FROM:<a@x.test>
      C: RCPT TO:<b@y.test>
      C: DATA
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      ${BODY}
      C: QUIT
      S: <PAUSE 1000>
      S: ${answer}
      S: 221 2.0.0 Bye`,
      { ...one, flights: 'grouped', signal: caller.signal, clock },
    )
    expect(await running).toMatchObject({ outcome, stage: 'end-of-data', findings: [] })
    expect(caller.signal.aborted).toBe(true)
  })
})

/** Runs a transaction to its end, moving the clock on whenever it waits in silence. */
async function untilTimeout(script: string, wish: Wish = {}) {
  const clock = manualClock()
  const running = transaction(script, { ...wish, clock })
  for (let step = 0; step < 5; step += 1) {
    await later()
    clock.advance(120_000)
  }
  return { ...(await running), waiting: clock.waiting }
}

const later = () => new Promise((resolve) => setImmediate(resolve))
