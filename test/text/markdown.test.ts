import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cell, codeSpan, fenced, prose } from '../../src/text/markdown.ts'

describe('prose', () => {
  test.each([
    [
      'The server does not accept mail for elsewhere.test.',
      'The server does not accept mail for elsewhere.test.',
    ],
    ['Log in with `auth`.', 'Log in with `auth`.'],
    ['MX (`"route": "mx"`).', 'MX (`"route": "mx"`).'],
    ['Write to bob@example.test!', 'Write to `bob@example.test`!'],
    ['See https://evil.test/, or www.evil.test.', 'See `https://evil.test/`, or `www.evil.test`.'],
    ['<script>alert(1)</script>', '`<script>alert(1)</script>`'],
    ['[click](javascript:x) ![](http://i.test/p.png)', '`[click](javascript:x)` `![](http://i.test/p.png)`'],
    ['@everybody #12 GH-12 *bold* _it_', '`@everybody` `#12` `GH-12` `*bold*` `_it_`'],
    ['1. one', '`1`. one'],
    ['a&lt;b', '`a&lt;b`'],
    ['commit 0a1b2c3d4e', 'commit `0a1b2c3d4e`'],
    ['two\n\nparagraphs\n# heading', 'two paragraphs `#` heading'],
    ['`a`@evil `b`', '`a@evil` `b`'],
    ['``` `x', '``` `` ``` x'],
  ])('%j', (text, markdown) => {
    expect(prose(text)).toBe(markdown)
  })

  test('holds nothing outside of code spans that could mean more than itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab`@<>[]()#*_|&:/\\.! \n') }), (text) => {
        expect(outsideOfCode(prose(text))).not.toMatch(/[`@<>[\]#*_|&/\\\n]/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a code span', () => {
  test.each([
    ['plain', '`plain`'],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['``a', '``` ``a ```'],
    ['two\r\nlines', '`two lines`'],
    ['', ''],
    ['\u001b[31m\u202e', '`\\x1b[31m\\xe2\\x80\\xae`'],
  ])('of %j is %j', (text, markdown) => {
    expect(codeSpan(text)).toBe(markdown)
  })

  test('in a table holds no bar', () => {
    expect(cell('a|b')).toBe('`a\\x7cb`')
  })
})

describe('a fence', () => {
  test.each([
    ['hello\n', '```text\nhello\n```\n'],
    ['no end', '```text\nno end\n```\n'],
    ['```\nout\n', '````text\n```\nout\n````\n'],
    ['a ````` b', '``````text\na ````` b\n``````\n'],
  ])('around %j cannot be closed by it', (text, markdown) => {
    expect(fenced(text, 'text')).toBe(markdown)
  })
})

/** CommonMark 0.31 §6.1: a run of backticks is closed by the next run of the same length. */
function outsideOfCode(markdown: string): string {
  let outside = ''
  let rest = markdown
  for (;;) {
    const open = /`+/.exec(rest)
    if (open === null) return outside + rest
    outside += rest.slice(0, open.index)
    rest = rest.slice(open.index + open[0].length)
    const close = [...rest.matchAll(/`+/g)].find(([run]) => run.length === open[0].length)
    if (close === undefined) return `${outside}${open[0]}${rest}`
    rest = rest.slice(close.index + close[0].length)
  }
}
