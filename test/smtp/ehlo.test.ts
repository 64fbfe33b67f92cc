import { describe, expect, test } from 'vitest'
import { extensionsIn, mechanismsIn, offeredIn, sizeLimitIn } from '../../src/smtp/ehlo.ts'
import { recordedLines } from '../support/recorded-replies.ts'

function read(lines: readonly string[]) {
  const tolerated: string[] = []
  const extensions = extensionsIn({ code: 250, severity: 'completion', lines }, (code) =>
    tolerated.push(code),
  )
  return { extensions, tolerated }
}

test('what Postfix offers is read as it is meant', () => {
  const { extensions, tolerated } = read(recordedLines('smtp', 'ehlo-after-tls'))
  expect([...extensions.keys()]).toEqual([
    'PIPELINING',
    'SIZE',
    'VRFY',
    'ETRN',
    'AUTH',
    'ENHANCEDSTATUSCODES',
    '8BITMIME',
    'DSN',
    'SMTPUTF8',
    'CHUNKING',
  ])
  expect(mechanismsIn(extensions)).toContain('SCRAM-SHA-256')
  expect(sizeLimitIn(extensions)).toBe(10_485_760)
  expect(tolerated).toEqual([])
})

test('the first line is the name of the server and no extension', () => {
  expect(read(['STARTTLS']).extensions.size).toBe(0)
})

test('keywords and mechanisms are known in any case', () => {
  const { extensions } = read(['mx', 'StartTls', 'auth plain Login'])
  expect([...extensions.keys()]).toEqual(['STARTTLS', 'AUTH'])
  expect(mechanismsIn(extensions)).toEqual(['PLAIN', 'LOGIN'])
})

test('blanks beside a keyword do not matter, and a blank line is no extension', () => {
  const { extensions } = read(['mx', '  SIZE   1000  ', '', '   '])
  expect([...extensions]).toEqual([['SIZE', ['1000']]])
})

test('a keyword that is only the beginning of a known one is another one', () => {
  expect(read(['mx', 'STARTTLSX', 'XSTARTTLS']).extensions.has('STARTTLS')).toBe(false)
})

describe('AUTH= as before RFC 4954', () => {
  test('counts, and is told', () => {
    const { extensions, tolerated } = read(['mx', 'AUTH=PLAIN LOGIN'])
    expect(mechanismsIn(extensions)).toEqual(['PLAIN', 'LOGIN'])
    expect(tolerated).toEqual(['legacy-auth'])
  })

  test('beside AUTH adds what that does not have', () => {
    const { extensions } = read(['mx', 'AUTH PLAIN', 'AUTH=PLAIN CRAM-MD5'])
    expect(mechanismsIn(extensions)).toEqual(['PLAIN', 'CRAM-MD5'])
  })

  test('with nothing behind it offers nothing', () => {
    expect(mechanismsIn(read(['mx', 'AUTH=']).extensions)).toEqual([])
  })
})

describe('SIZE (RFC 1870)', () => {
  test.each([
    [['SIZE 1000'], 1000],
    [['SIZE'], undefined],
    [['SIZE 0'], undefined],
    [['SIZE unlimited'], undefined],
    [['SIZE 1e6'], undefined],
    [['SIZE -5'], undefined],
    [['SIZE 0x10'], undefined],
    [['SIZE 99999999999999999999'], undefined],
    [[], undefined],
  ])('%s is a limit of %s', (lines, limit) => {
    expect(sizeLimitIn(read(['mx', ...lines]).extensions)).toBe(limit)
  })
})

test('what was offered can be told', () => {
  expect(offeredIn(read(['mx', 'SIZE 1000', 'auth PLAIN']).extensions)).toEqual(['SIZE 1000', 'AUTH PLAIN'])
})
