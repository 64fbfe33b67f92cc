import { describe, expect, test } from 'vitest'
import { scanLine, statLine, uniqueIdLine } from '../../src/pop3/listing.ts'
import { Fault } from '../../src/session/outcome.ts'
import { visible } from '../../src/text/visible.ts'
import { recordedLines } from '../support/recorded-replies.ts'

function faultOf(read: () => unknown): Fault {
  try {
    read()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('there was no fault')
}

const NUMBERS_THAT_ARE_NONE = ['', '-1', '+1', '1.0', '1e3', '0x1', '１', 'one', ' 1']

describe('a scan listing (RFC 1939 §5)', () => {
  const read = (line: string) => scanLine(Buffer.from(line).toString('latin1'))

  test('of Dovecot', () => {
    const lines = recordedLines('pop3', 'list').slice(1, -1)
    expect(lines.map(read)).toEqual([
      { number: 1, octets: 138 },
      { number: 2, octets: 153 },
      { number: 3, octets: 209 },
    ])
  })

  test.each([
    ['more behind the size', '1 120 headers and all', { number: 1, octets: 120 }],
    ['several blanks', '1   120', { number: 1, octets: 120 }],
    ['zeros in front', '001 0120', { number: 1, octets: 120 }],
    ['a message of no octets', '1 0', { number: 1, octets: 0 }],
    ['the largest number that is exact', '1 9007199254740991', { number: 1, octets: 9_007_199_254_740_991 }],
  ])('with %s', (_, line, scan) => {
    expect(read(line)).toEqual(scan)
  })

  test.each([
    ...NUMBERS_THAT_ARE_NONE.flatMap((number) => [`${number} 120`, `1 ${number}x`]),
    '1',
    '1 ',
    '1\t120',
    '1 120octets',
    '0 120',
    '1 -120',
    '1 9007199254740992',
    '9007199254740992 1',
    '1 99999999999999999999',
    '1 120\0',
  ])('is not %j', (line) => {
    expect(faultOf(() => read(line)).kind).toBe('protocol')
  })

  test('that is none is told in a way that can be printed, and not at length', () => {
    const { message } = faultOf(() => read(`\x1b[31m${'x'.repeat(1000)}`))
    expect(message).toContain('\\x1b[31mxxx')
    expect(message.length).toBeLessThan(200)
  })
})

describe('a unique-id listing (RFC 1939 §7)', () => {
  const read = (line: string) => uniqueIdLine(visible(Buffer.from(line, 'latin1')))

  test('of Dovecot', () => {
    const lines = recordedLines('pop3', 'uidl').slice(1, -1)
    expect(lines.map(read)).toMatchObject([
      { number: 1, uid: '000000016b04a6e9', blanks: 1 },
      { number: 2, uid: '000000026b04a6e9', blanks: 1 },
      { number: 3, uid: '000000036b04a6e9', blanks: 1 },
    ])
  })

  test.each([
    [
      'every character that is allowed',
      `1 ${'!"#$%&\'()*+,-./0:;<=>?@A[]^_`a{|}~'}`,
      '!"#$%&\'()*+,-./0:;<=>?@A[]^_`a{|}~',
    ],
    ['blanks within, as some servers have', '1 a b', 'a b'],
    ['octets that are not printable', '1 a\xff\0', 'a\\xff\\x00'],
    ['a backslash, doubled', '1 a\\b', 'a\\\\b'],
    ['more than 70 characters', `1 ${'x'.repeat(200)}`, 'x'.repeat(200)],
  ])('with %s', (_, line, uid) => {
    expect(read(line)).toMatchObject({ number: 1, uid, blanks: 1 })
  })

  test('with more than one blank before the id says so', () => {
    expect(read('1   abc')).toMatchObject({ uid: 'abc', blanks: 3 })
    expect(read('1\tabc')?.uid).toBe('abc')
    expect(read('1\tabc')?.blanks).not.toBe(1)
  })

  test.each([
    '',
    '1',
    '1 ',
    '0 abc',
    '-1 abc',
    'x abc',
    'abc',
    '9007199254740993 abc',
    '99999999999999999999 abc',
  ])('is not %j', (line) => {
    expect(read(line)).toBeUndefined()
  })
})

describe('the reply to STAT (RFC 1939 §5)', () => {
  test.each([
    ['3 500', { messages: 3, octets: 500 }],
    ['0 0', { messages: 0, octets: 0 }],
    ['3 500 in the maildrop', { messages: 3, octets: 500 }],
    ['3  500', { messages: 3, octets: 500 }],
  ])('%j', (text, stat) => {
    expect(statLine(text)).toEqual(stat)
  })

  test.each([
    '',
    '3',
    '3 ',
    'three 500',
    '-3 500',
    '3 5e2',
    '3 500x',
    '9007199254740992 1',
    '1 9007199254740992',
    ' 3 500',
  ])('is not %j', (text) => {
    expect(faultOf(() => statLine(text)).kind).toBe('protocol')
  })
})
