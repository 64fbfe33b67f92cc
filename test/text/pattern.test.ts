import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pattern, PatternError } from '../../src/text/pattern.ts'

/** What both engines find: the named groups, or nothing. */
function found(source: string, text: string): Record<string, string> | undefined {
  const captures = new Pattern(source).match(text)
  return captures === undefined ? undefined : Object.fromEntries(captures)
}

function foundByNode(source: string, text: string): Record<string, string> | undefined {
  const folds = source.startsWith('(?i)')
  const expression = new RegExp(folds ? source.slice(4) : source, folds ? 'im' : 'm')
  const groups = expression.exec(text)?.groups
  if (!expression.test(text)) return undefined
  return Object.fromEntries(Object.entries(groups ?? {}).filter(([, value]) => value !== undefined))
}

describe('a pattern finds what the engine of Node finds', () => {
  const TEXT =
    '250-mx.example.test Hello\n250-SIZE 10240000\n250-AUTH PLAIN LOGIN\n250 2.1.5 Ok: queued as A1B2C3'

  test.each([
    'queued as (?<id>[0-9A-F]+)',
    '^250[ -]SIZE (?<size>\\d+)$',
    '(?<first>\\w+)\\.(?<second>\\w+)',
    '(?<lazy>.+?) (?<rest>.*)$',
    '(?i)HELLO',
    'HELLO',
    '(?<a>PLAIN|LOGIN|PLAIN LOGIN)$',
    '(?:AUTH|SIZE) (?<what>[^\\n]*)',
    '\\bOk\\b',
    '\\BOk',
    '[^\\x20]'.replace('\\x20', ' '),
    '(?<twice>(?:\\d\\.){2}\\d)',
    '(?<some>\\d{3,5})',
    '(?<few>\\d{1,2}?)$',
    '(?<open>\\d{4,})',
    '(?<empty>)$',
    '(?:(?<x>a)|b)*Hello',
    '[a-f\\d.-]+',
    '[\\]\\\\]',
    '\\.test',
    '^$',
    '.\\n.',
    '550',
    '',
  ])('%s', (source) => {
    expect(found(source, TEXT)).toEqual(foundByNode(source, TEXT))
  })

  test('whatever the pattern, of random small ones', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b', '(?:a|ab)', '(?:b|)')
    const repeated = fc.tuple(atom, fc.constantFrom('', '', '*', '+?', '?', '{1,2}', '{2}', '*?'))
    const part = repeated.map(([one, times]) => (/^[\^$]$|\\b/.test(one) ? one : one + times))
    const source = fc
      .array(fc.tuple(part, fc.constantFrom('', '', '|')), { maxLength: 6 })
      .map((parts) => parts.map(([one, bar], at) => `(?<n${at}>${one})${bar}`).join(''))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 12 })
    fc.assert(
      fc.property(source, text, (each, subject) => {
        expect(found(each, subject)).toEqual(foundByNode(each, subject))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('no pattern takes long', () => {
  test.each([
    ['(a+)+$', 'a'],
    ['^(?:a|a)*$', 'a'],
    ['(?:.*)*(?:.*)*(?:.*)*x', 'a'],
    ['(?:a?){100}a{100}', 'a'],
    ['^(?:(?:a*)*)*$', 'a'],
  ])('%s', (source, letter) => {
    const text = `${letter.repeat(20_000)}!`
    const pattern = new Pattern(source)
    const began = performance.now()
    pattern.match(text)
    // the engine of Node would still be at it tomorrow
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('the innocent twin of a bad one is found', () => {
    expect(found('^(?<all>(?:a+)+)$', 'aaaa')).toEqual({ all: 'aaaa' })
  })

  test.each([
    'a{101}',
    '(?:a{50}){50}',
    '((((((a{9}){9}){9}){9}){9}){9})',
    '(?:(?:(?:(?:){99}){99}){99}){99}',
  ])('a pattern that would be too large is refused: %s', (source) => {
    expect(() => new Pattern(source)).toThrow(PatternError)
  })
})

test.each([
  '(',
  ')',
  'a)',
  '[',
  '[]',
  '[b-a]',
  '[a-\\d]',
  '*',
  'a**',
  'a{2}{2}',
  'a{3,2}',
  '\\',
  '(?=a)',
  '(?<!a)b',
  '(a)\\1',
  '\\k<a>',
  '(?<a>b)(?<a>c)',
  '(?<1>b)',
  'a(?i)b',
  '\\p{L}',
])('%s is refused: it cannot be read, or is not of this dialect', (source) => {
  expect(() => new Pattern(source)).toThrow(PatternError)
})
