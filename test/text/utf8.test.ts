import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Utf8Check } from '../../src/text/utf8.ts'
import { everyCut } from '../support/every-cut.ts'

function check(chunks: readonly Buffer[]): boolean {
  const utf8 = new Utf8Check()
  for (const chunk of chunks) utf8.push(chunk)
  return utf8.isUtf8
}

test.each([
  ['', true],
  ['plain', true],
  ['ü€😀 and on', true],
  ['\u{10ffff}', true],
  [Buffer.from([0xff]), false],
  [Buffer.from([0x61, 0x80]), false],
  [Buffer.from([0xc3]), false],
  [Buffer.from([0xe2, 0x82]), false],
  [Buffer.from([0xe2, 0x82, 0x61]), false],
  [Buffer.from([0xf0, 0x9f, 0x98]), false],
  [Buffer.from([0xed, 0xa0, 0x80]), false],
  [Buffer.from([0xc0, 0x80]), false],
  [Buffer.from([0xf5, 0x80, 0x80, 0x80]), false],
  [Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80]), false],
] as const)('%j is UTF-8 wherever it is cut: %j', (octets, expected) => {
  expect(everyCut(Buffer.from(octets as Buffer), check)).toBe(expected)
})

test('any octets in any pieces are judged as they are in one', () => {
  const octet = fc.constantFrom(
    0x41,
    0x80,
    0xbf,
    0xc3,
    0xe2,
    0x82,
    0xac,
    0xed,
    0xa0,
    0xf0,
    0x9f,
    0x98,
    0xf4,
    0xff,
  )
  fc.assert(
    fc.property(fc.array(fc.array(octet, { maxLength: 5 }), { maxLength: 6 }), (pieces) => {
      const buffers = pieces.map((piece) => Buffer.from(piece))
      expect(check(buffers)).toBe(isUtf8(Buffer.concat(buffers)))
    }),
  )
})
