import { describe, expect, test } from 'vitest'
import { MboxMessage } from '../../src/pop3/mbox.ts'

function mboxOf(message: string, cuts: number | 'whole' = 'whole'): string {
  const mbox = new MboxMessage()
  const octets = Buffer.from(message, 'latin1')
  const size = cuts === 'whole' ? Math.max(octets.length, 1) : cuts
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; at += size) pieces.push(mbox.push(octets.subarray(at, at + size)))
  return Buffer.concat([...pieces, mbox.end()]).toString('latin1')
}

/** mboxrd undone. */
const bodyOf = (mbox: string): string =>
  mbox
    .replace(/^From .*\n/, '')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/^>(>*From )/, '$1'))
    .join('\n')

const HEADER = 'Return-Path: <alice@example.com>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\n'

describe('the line before a message', () => {
  test.each([
    ['the sender of Return-Path, and the date', HEADER, 'From alice@example.com Mon Nov  2 09:00:00 2026'],
    [
      'when it was received, where that is known',
      `Received: from a by b; Tue, 10 Nov 2026 00:00:01 +0000\r\n${HEADER}`,
      'From alice@example.com Tue Nov 10 00:00:01 2026',
    ],
    [
      'the author, where there is no Return-Path',
      'From: Alice <alice@example.org>\r\n\r\n',
      'From alice@example.org Thu Jan  1 00:00:00 1970',
    ],
    ['nobody in particular', 'Return-Path: <>\r\n\r\n', 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970'],
    ['no header', 'hello\r\n', 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970'],
    ['nothing at all', '', 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970'],
    [
      'an address that would be two lines',
      'Return-Path: <a b@c\r\n d>\r\n\r\n',
      'From MAILER-DAEMON Thu Jan  1 00:00:00 1970',
    ],
  ])('%s', (_what, message, line) => {
    expect(mboxOf(message).split('\n', 1)[0]).toBe(line)
  })
})

const BODIES = [
  'From the start\r\n>From there\r\n>>From\r\n From\r\nFrom\r\nFro\r\n>\r\nFrom ',
  'bare \r and \n and \r\r\n, NUL \0, 8 bit \xe9\xff\r\n',
  '\r\n\r\nFrom behind empty lines\r\n',
  'no line end',
  `${'>'.repeat(100)}From far\r\n`,
]

test.each(BODIES)('comes out as it was, with LF at the ends of lines (%j)', (body) => {
  const message = HEADER + body
  const ended = message.endsWith('\n') ? message : `${message}\r\n`
  expect(bodyOf(mboxOf(message))).toBe(ended.replaceAll('\r\n', '\n'))
})

test.each(BODIES)('is the same in any pieces (%j)', (body) => {
  const whole = mboxOf(HEADER + body)
  for (let size = 1; size < 12; size += 1) expect(mboxOf(HEADER + body, size)).toBe(whole)
})

test('no line but the first can be taken for the beginning of a message', () => {
  for (const body of BODIES) expect(mboxOf(HEADER + body).match(/^From /gm)).toHaveLength(1)
})

test('a line without end is handed on as it comes, and a header without end is not waited for', () => {
  const mbox = new MboxMessage()
  mbox.push(Buffer.from(HEADER))
  for (let n = 0; n < 100; n += 1) {
    const block = Buffer.alloc(10_000, '>')
    expect(mbox.push(block)).toHaveLength(block.length)
  }
  const endless = new MboxMessage()
  let given = 0
  for (let n = 0; n < 10; n += 1) given += endless.push(Buffer.alloc(10_000, 'x')).length
  expect(given).toBeGreaterThan(90_000)
})
