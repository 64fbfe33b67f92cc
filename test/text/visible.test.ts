import fc from 'fast-check'
import { expect, test } from 'vitest'
import { octetsOf, visible, visibleContent, visibleContentIn, visibleLatin1 } from '../../src/text/visible.ts'
import { cutsOf } from '../support/every-cut.ts'

test.each([
  ['plain text', 'mail.lab.test ESMTP Postfix', 'mail.lab.test ESMTP Postfix'],
  ['letters of any script', 'пошта 邮件 ñ', 'пошта 邮件 ñ'],
  ['a backslash, doubled', 'a\\b', 'a\\\\b'],
  ['text that looks escaped already', '\\x41', '\\\\x41'],
  ['a TAB', 'a\tb', 'a\\x09b'],
  ['NUL, CR and LF', '\0\r\n', '\\x00\\x0d\\x0a'],
  ['what a terminal would obey', '\u001b[31mred', '\\x1b[31mred'],
  ['what turns the direction of reading', 'a\u202eb', 'a\\xe2\\x80\\xaeb'],
  ['what has no width', 'a\u200bb\ufeff', 'a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf'],
  ['line and paragraph separators', 'a\u2028b\u2029', 'a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9'],
])('%s can be read by a person', (_, text, shown) => {
  expect(visible(Buffer.from(text))).toBe(shown)
})

test.each([
  ['Latin-1', 'caf\xe9', 'caf\\xe9'],
  ['octets that UTF-8 never has', '\xff\xfe', '\\xff\\xfe'],
  ['a character that breaks off', 'a\xc3', 'a\\xc3'],
  ['an overlong form', '\xc0\xaf', '\\xc0\\xaf'],
  ['a surrogate', '\xed\xa0\x80', '\\xed\\xa0\\x80'],
  ['UTF-8 between octets that are not', '\xff\xc3\xa9\xff', '\\xffé\\xff'],
])('octets that are no UTF-8 are shown as octets: %s', (_, latin1, shown) => {
  expect(visible(Buffer.from(latin1, 'latin1'))).toBe(shown)
})

test('every octet can be had back', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc
      .array(fc.constantFrom('\\', '\\x', '41', '\xc3', '\xa9', '\0', 'x'))
      .map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(octets, (given) => {
      const shown = visible(Buffer.from(given))
      return octetsOf(shown).equals(given) && !/[\p{C}\p{Zl}\p{Zp}]/u.test(shown)
    }),
  )
})

test('octets that are at hand as characters are shown the same', () => {
  for (const latin1 of ['plain', 'a\\b', 'caf\xe9', '\xc3\xa9', 'a\0\r\n', '']) {
    expect(visibleLatin1(latin1)).toBe(visible(Buffer.from(latin1, 'latin1')))
  }
})

test('text that was never made visible is taken as it is', () => {
  expect(octetsOf('naïve').toString()).toBe('naïve')
  expect(octetsOf('C:\\dir\\').toString()).toBe('C:\\dir\\')
})

test('content keeps its line ends and TABs', () => {
  expect(visibleContent(Buffer.from('a\tb\r\n\r\n\0\r\n'))).toBe('a\tb\r\n\r\n\\x00\r\n')
})

test('a bare CR or LF in content is not taken for a line end', () => {
  expect(visibleContent(Buffer.from('a\nb\rc\r\n'))).toBe('a\\x0ab\\x0dc\r\n')
})

test('content that only speaks of line ends and TABs is shown as it is written', () => {
  expect(visibleContent(Buffer.from('\\x09'))).toBe('\\\\x09')
  expect(visibleContent(Buffer.from('\\x0d\n'))).toBe('\\\\x0d\\x0a')
  expect(visibleContent(Buffer.from('\\\r\n'))).toBe('\\\\\r\n')
})

test('content in pieces is shown as in one, wherever it is cut', () => {
  const octets = fc.constantFrom(
    0x0d,
    0x0a,
    0x09,
    0x5c,
    0x41,
    0x00,
    0xc3,
    0xa9,
    0xe2,
    0x82,
    0xac,
    0xf0,
    0x9f,
    0x98,
    0x80,
    0xff,
  )
  fc.assert(
    fc.property(fc.array(fc.array(octets, { maxLength: 6 }), { maxLength: 6 }), (given) => {
      const pieces = given.map((piece) => Buffer.from(piece))
      expect([...visibleContentIn(pieces)].join('')).toBe(visibleContent(Buffer.concat(pieces)))
    }),
  )
})

test('a line end, a character or a backslash between two pieces is what it is in one', () => {
  const octets = Buffer.from('a\r\n\\é😀\r\r\n\xff\n')
  for (const pieces of cutsOf(octets))
    expect([...visibleContentIn(pieces)].join('')).toBe('a\r\n\\\\é😀\\x0d\r\nÿ\\x0a')
})
