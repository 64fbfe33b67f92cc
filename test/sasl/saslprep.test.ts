import { describe, expect, test } from 'vitest'
import { saslprep } from '../../src/sasl/saslprep.ts'
import { saslErrorOf } from './given.ts'

describe('the examples of RFC 4013 §3', () => {
  test.each([
    ['I\u00adX', 'IX', 'SOFT HYPHEN mapped to nothing'],
    ['user', 'user', 'no transformation'],
    ['USER', 'USER', 'case preserved, will not match #2'],
    ['\u00aa', 'a', 'output is NFKC, input in ISO 8859-1'],
    ['\u2168', 'IX', 'output is NFKC, will match #1'],
  ])('%j becomes %j: %s', (text, prepared) => {
    expect(saslprep('user', text, 'stored')).toBe(prepared)
  })

  test.each([
    ['\u0007', 'prohibited character'],
    ['\u0627\u0031', 'bidirectional check'],
  ])('%j is refused: %s', (text) => {
    expect(saslErrorOf(() => saslprep('password', text, 'stored')).field).toBe('password')
  })
})

test.each([
  ['a space that is not ASCII', 'a\u00a0b\u3000c', 'a b c'],
  ['U+200B, which is in both tables of mappings', 'a\u200bb', 'a b'],
  ['variation selectors and joiners', 'a\ufe0fb\u200dc', 'abc'],
  ['letters that are composed', 'e\u0301', '\u00e9'],
  ['letters from right to left, with digits between', '\u06271\u0628', '\u06271\u0628'],
  ['one letter from right to left', '\u05d0', '\u05d0'],
  ['a character beyond the first plane', '\u{1d400}', 'A'],
])('%s', (_, text, prepared) => {
  expect(saslprep('user', text, 'stored')).toBe(prepared)
})

test.each([
  ['a control character of ASCII', 'a\u007f'],
  ['a control character beyond ASCII', 'a\u0085'],
  ['a line separator', 'a\u2028'],
  ['private use', 'a\ue000'],
  ['no character at all', 'a\ufdd0'],
  ['half a surrogate pair', 'a\ud800'],
  ['REPLACEMENT CHARACTER', 'a\ufffd'],
  ['an ideographic description', 'a\u2ff0'],
  ['a change of direction', 'a\u202e'],
  ['a tag', 'a\u{e0041}'],
  ['both directions', '\u05d0a\u05d0'],
  ['a digit before letters from right to left', '1\u05d0'],
  ['nothing that is left', '\u00ad'],
  ['nothing', ''],
])('refused: %s', (_, text) => {
  const error = saslErrorOf(() => saslprep('user', text, 'query'))
  expect(error.field).toBe('user')
  expect(error.message).toContain('the user')
})

test('what is unassigned may be asked for and not stored', () => {
  expect(saslprep('user', 'a\u0378', 'query')).toBe('a\u0378')
  expect(saslErrorOf(() => saslprep('password', 'a\u0378', 'stored')).message).toContain('unassigned')
})

test('a password is not part of the message that refuses it', () => {
  expect(saslErrorOf(() => saslprep('password', 'hunter2\u0007', 'stored')).message).not.toContain('hunter2')
})
