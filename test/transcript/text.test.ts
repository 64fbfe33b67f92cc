import { expect, test } from 'vitest'
import { Recorder } from '../../src/transcript/recorder.ts'
import { transcriptText } from '../../src/transcript/text.ts'
import { manualClock } from '../support/manual-clock.ts'
import { GOOD_TLS_REPORT } from '../support/scripted-wire.ts'

function textOf(
  protocol: 'smtp' | 'pop3',
  record: (recorder: Recorder, advance: (ms: number) => void) => void,
): string[] {
  const clock = manualClock()
  const recorder = new Recorder({
    id: 'ID',
    protocol,
    server: { url: `${protocol}://mx.example.test`, host: 'mx.example.test', port: 25 },
    startedAt: clock.wallNow(),
    now: () => clock.now(),
  })
  record(recorder, (ms) => clock.advance(ms))
  return transcriptText(recorder.transcript()).split('\n')
}

test('an SMTP session reads as it was spoken', () => {
  const lines = textOf('smtp', (recorder, advance) => {
    recorder.event('connected', '192.0.2.25:25')
    advance(12.34)
    recorder.reply({ code: 220, lines: ['mx ESMTP'] }, 12)
    recorder.command('EHLO me.example', false)
    recorder.reply({ code: 250, lines: ['mx', 'SIZE 1000'] }, 0)
    recorder.secured(GOOD_TLS_REPORT)
    recorder.command('AUTH PLAIN ***', true)
    recorder.reply({ code: 535, enhanced: '5.7.8', lines: ['no'] }, 0)
    recorder.reply({ code: 250, enhanced: '2.1.0', lines: ['Ok'] }, 0)
    recorder.data('client', 1000, Buffer.from('Subject: hi\r\n\r\nhello\r\n'), 'whole')
    recorder.incompleteReply(['25'], 0)
    recorder.finding('bare-lf', 'A line ended in LF.')
    recorder.waited(3)
    recorder.sent(100)
    recorder.received(200)
  })
  expect(lines).toEqual([
    '=== SMTP session ID with smtp://mx.example.test, 2026-01-01T00:00:00.000Z',
    '      0.0 === connected: 192.0.2.25:25',
    '     12.3 <-  220 mx ESMTP',
    '     12.3  -> EHLO me.example',
    '     12.3 <-  250-mx',
    '     12.3 <-  250 SIZE 1000',
    '     12.3  ~> AUTH PLAIN ***',
    '     12.3 <~* 535 5.7.8 no',
    '     12.3 <~  250 2.1.0 Ok',
    '     12.3  ~> [1000 octets]',
    '     12.3  ~> | Subject: hi',
    '     12.3  ~> | ',
    '     12.3  ~> | hello',
    '     12.3  ~> | …',
    '     12.3 <~* 25',
    '=== finding bare-lf: A line ended in LF.',
    '=== 12.3 ms, 3 round trips, 100 octets sent, 200 received',
    '',
  ])
})

test('a POP3 session reads as it was spoken', () => {
  const lines = textOf('pop3', (recorder) => {
    recorder.reply({ status: '+OK', lines: ['ready'] }, 0)
    recorder.reply({ status: '+OK', lines: [''] }, 0)
    recorder.reply({ status: '+', lines: ['UGFzc3dvcmQ6'] }, 0)
    recorder.reply({ status: '-ERR', responseCode: 'IN-USE', lines: ['locked'] }, 0)
    recorder.data('server', 5, Buffer.from('one\r\n'), 'incomplete')
  })
  expect(lines.slice(1, -2)).toEqual([
    '      0.0 <-  +OK ready',
    '      0.0 <-  +OK',
    '      0.0 <-  + UGFzc3dvcmQ6',
    '      0.0 <** -ERR [IN-USE] locked',
    '      0.0 <-  [5 octets, broken off]',
    '      0.0 <-  | one',
  ])
})

test('nothing that a server says can move a terminal, or begin a line of its own', () => {
  const lines = textOf('smtp', (recorder) => {
    recorder.data('server', 20, Buffer.from('\u001b[2J\u202ea\n=== closed: lie\rb\r\n'), 'whole')
  })
  expect(lines[2]).toBe('      0.0 <-  | \\x1b[2J\\xe2\\x80\\xaea\\x0a=== closed: lie\\x0db')
})
