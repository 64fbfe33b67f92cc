import { describe, expect, test } from 'vitest'
import { LimitExceeded, LineSplitter } from '../../src/text/lines.ts'
import { everyCut } from '../support/every-cut.ts'

/** All lines as `text⏎` (CRLF) or `text↓` (LF alone), then what waits for a line end. */
function linesOf(chunks: readonly Buffer[]): string[] {
  const splitter = new LineSplitter(100)
  const lines: string[] = []
  for (const chunk of chunks) {
    splitter.push(chunk)
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
      lines.push(`${line.octets.toString('latin1')}${line.end === 'crlf' ? '⏎' : '↓'}`)
    }
  }
  expect(splitter.pending).toBe(splitter.takeAll().length)
  return lines
}

test.each([
  ['one line', '220 mx\r\n', ['220 mx⏎']],
  ['several lines in one segment', '250-mx\r\n250 SIZE\r\n', ['250-mx⏎', '250 SIZE⏎']],
  ['octets behind the last line end', '250 ok\r\n25', ['250 ok⏎']],
  ['empty lines', '\r\n\r\n', ['⏎', '⏎']],
  ['a bare LF, which ends a line and is told', 'a\nb\r\n', ['a↓', 'b⏎']],
  ['an empty line of a bare LF', '\na\r\n', ['↓', 'a⏎']],
  ['a bare CR, which ends nothing', 'a\rb\r\n', ['a\rb⏎']],
  ['a CR before CRLF, which belongs to the line', 'a\r\r\n', ['a\r⏎']],
  ['NUL and 8-bit octets', 'a\0b\xff\xfe\r\n', ['a\0b\xff\xfe⏎']],
  ['nothing but a CR', '\r', []],
])('lines are the same at every cut: %s', (_, octets, lines) => {
  expect(everyCut(octets, linesOf)).toEqual(lines)
})

describe('the limit', () => {
  test('a line of exactly the limit, its end included, is taken', () => {
    const splitter = new LineSplitter(8)
    splitter.push(Buffer.from('123456\r\n'))
    expect(splitter.next()?.octets.toString()).toBe('123456')
  })

  test.each([
    ['whole', '1234567\r\n'],
    ['ended by a bare LF', '12345678\n'],
    ['without an end in sight', '12345678'],
  ])('a longer line is refused: %s', (_, octets) => {
    everyCut(octets, (chunks) => {
      const splitter = new LineSplitter(8)
      const read = () => {
        for (const chunk of chunks) {
          splitter.push(chunk)
          splitter.next()
        }
      }
      expect(read).toThrow(new LimitExceeded('a line', 8))
    })
  })

  test('a limit holds for each line and not for all that waits', () => {
    const splitter = new LineSplitter(8)
    splitter.push(Buffer.from('1\r\n2\r\n3\r\n4\r\n'))
    expect([1, 2, 3, 4].map(() => splitter.next()?.octets.toString())).toEqual(['1', '2', '3', '4'])
  })
})

test('what is taken out is not read again as a line', () => {
  const splitter = new LineSplitter(100)
  splitter.push(Buffer.from('+OK\r\ncontent\r\n'))
  splitter.next()
  expect(splitter.takeAll().toString()).toBe('content\r\n')
  splitter.push(Buffer.from('+OK next\r\n'))
  expect(splitter.next()?.octets.toString()).toBe('+OK next')
})
