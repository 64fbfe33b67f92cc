import { describe, expect, test } from 'vitest'
import { type Entry, type Finding, Transcript } from '../../src/transcript/entry.ts'
import { type Listener, Recorder, type RecorderLimits } from '../../src/transcript/recorder.ts'
import { manualClock } from '../support/manual-clock.ts'
import { GOOD_TLS_REPORT } from '../support/scripted-wire.ts'

function recorderWith(limits: Partial<RecorderLimits> = {}, listener?: Listener) {
  const clock = manualClock()
  const recorder = new Recorder({
    id: '01ARYZ6S41ZZZZZZZZZZZZZZZZ',
    protocol: 'smtp',
    server: { url: 'smtp://mx.example.test:25', host: 'mx.example.test', port: 25 },
    startedAt: clock.wallNow(),
    now: () => clock.now(),
    limits,
    ...(listener === undefined ? {} : { listener }),
  })
  return { recorder, clock }
}

const reply = (...lines: string[]) => ({ code: 250, lines })

/** A session with one entry of each kind. */
function recorded() {
  const { recorder, clock } = recorderWith()
  recorder.event('connected', '192.0.2.25:25')
  recorder.connected('192.0.2.25', { address: '192.0.2.1', port: 40_000 })
  clock.advance(12.3456)
  recorder.greeted('mx ESMTP')
  recorder.reply({ code: 220, lines: ['mx ESMTP'] }, 12.3456)
  recorder.helloed('me.example')
  const hello = recorder.command('EHLO me.example', false)
  recorder.reply({ code: 250, lines: ['mx', 'SIZE 1000'] }, 1, hello)
  recorder.secured(GOOD_TLS_REPORT)
  recorder.phase('tls', 3.00049)
  const pass = recorder.command('AUTH PLAIN ***', true)
  recorder.reply({ code: 535, enhanced: '5.7.8', lines: ['no'] }, 0, pass)
  recorder.data('client', 1000, Buffer.from('Subject: hi\r\n'), 'whole')
  recorder.incompleteReply(['25'], 2)
  recorder.finding('bare-lf', 'A line ended in LF.', [1])
  recorder.waited()
  recorder.waited(2)
  recorder.sent(100)
  recorder.received(200)
  return recorder
}

test('what is recorded is what the published schema says', () => {
  const transcript = recorded().transcript()
  expect(Transcript.strict().parse(transcript)).toEqual(transcript)
})

test('entries are numbered, timed to the microsecond, and know what they answer', () => {
  const { entries, phases } = recorded().transcript()
  expect(entries.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(entries.map(({ atMs }) => atMs)).toEqual([0, ...Array.from({ length: 7 }, () => 12.346)])
  expect(entries[1]).toMatchObject({ waitedMs: 12.346 })
  expect(entries[3]).toMatchObject({ answers: 2 })
  expect(phases).toEqual([{ name: 'tls', ms: 3 }])
})

test('the sums of a session stand at its head', () => {
  expect(recorded().transcript()).toMatchObject({
    id: '01ARYZ6S41ZZZZZZZZZZZZZZZZ',
    protocol: 'smtp',
    server: { url: 'smtp://mx.example.test:25', address: '192.0.2.25', greeting: 'mx ESMTP' },
    client: { address: '192.0.2.1', port: 40_000, hello: 'me.example' },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 12.346,
    roundTrips: 3,
    bytes: { sent: 100, received: 200 },
    tls: GOOD_TLS_REPORT,
  })
})

test('what was said inside TLS is marked, and what was before is not', () => {
  expect(
    recorded()
      .transcript()
      .entries.map(({ tls }) => tls === true),
  ).toEqual([false, false, false, false, true, true, true, true])
})

test('a session that never connected has nothing to say of it', () => {
  expect(recorderWith().recorder.transcript()).toMatchObject({
    server: { address: null, greeting: null },
    client: { address: null, port: null, hello: null },
    tls: null,
    entries: [],
  })
})

describe('entries cannot be changed', () => {
  test('once they are written', () => {
    const [entry] = recorded().transcript().entries
    expect(() => Object.assign(entry!, { text: 'other' })).toThrow(TypeError)
  })

  test('and a transcript that was taken does not grow', () => {
    const { recorder } = recorderWith()
    recorder.event('a', 'a')
    recorder.finding('f', 'f', [0])
    recorder.phase('p', 1)
    const taken = recorder.transcript()
    recorder.event('b', 'b')
    recorder.finding('f', 'f', [1])
    recorder.finding('g', 'g')
    recorder.phase('q', 1)
    expect(taken.entries).toHaveLength(1)
    expect(taken.findings).toEqual([{ code: 'f', text: 'f', evidence: [0] }])
    expect(taken.phases).toHaveLength(1)
  })
})

describe('findings', () => {
  test('are told once, with all their evidence', () => {
    const { recorder } = recorderWith()
    recorder.finding('bare-lf', 'A line ended in LF.', [1])
    recorder.finding('bare-lf', 'A line ended in LF.', [4, 5])
    recorder.finding('blank-line', 'A blank line.')
    expect(recorder.transcript().findings).toEqual([
      { code: 'bare-lf', text: 'A line ended in LF.', evidence: [1, 4, 5] },
      { code: 'blank-line', text: 'A blank line.', evidence: [] },
    ])
  })

  test('are bounded, and so is their evidence', () => {
    const { recorder } = recorderWith({ findings: 3 })
    for (let n = 0; n < 10; n += 1) {
      recorder.finding('same', 'same', [n])
      recorder.finding(`f${n}`, 'other')
    }
    const { findings } = recorder.transcript()
    expect(findings.map(({ code }) => code)).toEqual(['same', 'f0', 'f1'])
    expect(findings[0]?.evidence).toEqual([0, 1, 2])
  })
})

describe('bounds', () => {
  const texts = (recorder: Recorder) =>
    recorder
      .transcript()
      .entries.map((entry) => (entry.kind === 'reply' ? entry.lines.join() : `${entry.kind}`))

  test('the beginning and the last words are kept, and what is between is told by its number', () => {
    const { recorder } = recorderWith({ entries: 3, lastEntries: 2 })
    for (let n = 0; n < 10; n += 1) recorder.reply(reply(`${n}`), 0)
    expect(texts(recorder)).toEqual(['0', '1', '2', 'event', '8', '9'])
    const { entries } = recorder.transcript()
    expect(entries[3]).toMatchObject({ seq: 3, event: 'left-out' })
    expect(entries[3]?.kind === 'event' && entries[3].text).toMatch(/^5 entries/)
    expect(entries.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 8, 9])
  })

  test('nothing is left out where it just fits: the innocent twin', () => {
    const { recorder } = recorderWith({ entries: 3, lastEntries: 2 })
    for (let n = 0; n < 5; n += 1) recorder.reply(reply(`${n}`), 0)
    expect(texts(recorder)).toEqual(['0', '1', '2', '3', '4'])
  })

  test('text is bounded as well as entries', () => {
    const { recorder } = recorderWith({ characters: 100, lastEntries: 2 })
    for (let n = 0; n < 50; n += 1) recorder.reply(reply(`${n}`.padStart(10, '0')), 0)
    expect(texts(recorder)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => `${n}`.padStart(10, '0')),
      'event',
      '0000000048',
      '0000000049',
    ])
  })

  test('what is small stays in its place behind something large', () => {
    const { recorder } = recorderWith({ characters: 100, lastEntries: 5 })
    recorder.reply(reply('small'), 0)
    recorder.reply(reply('x'.repeat(200)), 0)
    recorder.reply(reply('last words'), 0)
    expect(texts(recorder)).toEqual(['small', 'x'.repeat(200), 'last words'])
  })

  test('a preview is the beginning of the content', () => {
    const { recorder } = recorderWith()
    recorder.data('server', 2000, Buffer.alloc(2000, 'a'), 'incomplete')
    expect(recorder.transcript().entries).toMatchObject([
      { kind: 'data', from: 'server', bytes: 2000, preview: 'a'.repeat(512), incomplete: true },
    ])
  })
})

describe('who listens', () => {
  const heard = (limits: Partial<RecorderLimits> = {}) => {
    const entries: Entry[] = []
    const findings: Finding[] = []
    const { recorder } = recorderWith(limits, {
      entry: (entry) => entries.push(entry),
      finding: (finding) => findings.push(finding),
    })
    return { recorder, entries, findings }
  }

  test('hears each entry and each finding as the transcript has them', () => {
    const { recorder, entries, findings } = heard()
    recorder.secret('hunter2')
    recorder.event('note', 'hunter2')
    recorder.finding('echo', 'The server said hunter2.', [0])
    recorder.reply({ code: 250, lines: ['aHVudGVyMg=='] }, 1)
    expect(entries).toEqual(recorder.transcript().entries)
    expect(findings).toEqual(recorder.transcript().findings)
    expect(JSON.stringify([entries, findings])).not.toMatch(/hunter2|aHVudGVy/)
  })

  test('hears also what a bounded transcript leaves out, and a finding once', () => {
    const { recorder, entries, findings } = heard({ entries: 1, lastEntries: 1 })
    for (let n = 0; n < 5; n += 1) {
      recorder.event('n', `${n}`)
      recorder.finding('same', 'same', [n])
    }
    expect(entries.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4])
    expect(findings).toEqual([{ code: 'same', text: 'same', evidence: [0] }])
  })
})

describe('a secret', () => {
  test('is taken out of everything that is told, whoever said it', () => {
    const { recorder } = recorderWith()
    recorder.secret('hunter2')
    recorder.event('note', 'hunter2')
    recorder.command('USER hunter2', false)
    recorder.reply({ status: '-ERR', responseCode: 'HUNTER2', lines: ['hunter2', 'no'] }, 0)
    recorder.incompleteReply(['aHVudGVyMg=='], 0)
    recorder.data('server', 7, Buffer.from('hunter2'), 'whole')
    recorder.finding('echo', 'The server said hunter2.')
    recorder.greeted('hunter2 ready')
    const transcript = recorder.transcript()
    expect(JSON.stringify(transcript)).not.toMatch(/hunter2|aHVudGVy/i)
    expect(transcript.entries.every(({ redacted }) => redacted)).toBe(true)
    expect(recorder.scrub('hunter2 elsewhere')).toBe('*** elsewhere')
  })

  test('that was put into its place already is marked', () => {
    const { recorder } = recorderWith()
    recorder.command('PASS ***', true)
    recorder.command('NOOP', false)
    expect(recorder.transcript().entries.map(({ redacted }) => redacted)).toEqual([true, undefined])
  })
})
