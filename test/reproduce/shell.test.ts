import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { remark, word } from '../../src/reproduce/shell.ts'

/** What a real shell makes of a command. */
const printed = (command: string): string => execFileSync('sh', ['-c', command], { encoding: 'utf8' })

const NASTY = [
  "it's",
  '$HOME',
  '`id`',
  '$(id)',
  '"',
  '\\',
  'a b',
  '; touch x',
  '&& id',
  '*',
  '~root',
  '!!',
  '#no remark',
  'two\nlines',
  'tab\tand bell\u0007',
  '\u001b[31mred',
  'left\u202eright',
  '100%s %d',
  '-e',
  '',
  'björn@exämple.test',
  "'\n'; id #",
]

describe('a word', () => {
  test('is one word for a shell and the text that it was, whatever is in it', () => {
    const letter = fc.integer({ min: 1, max: 0x2fff }).map((point) => String.fromCodePoint(point))
    const texts = fc.sample(fc.string({ unit: letter, minLength: 1 }), 30)
    // a shell takes line ends off what it substitutes
    const given = [...NASTY, ...texts].map((text) => text.replace(/\n+$/, ''))
    const out = printed(`printf '%s\\001' ${given.map(word).join(' ')}`)
    expect(out).toBe(given.map((text) => `${text}\u0001`).join(''))
  })

  test('shows nothing that a terminal would obey', () => {
    for (const text of NASTY) expect(word(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  test.each(['alice@sandbox.test', '127.0.0.1:25', 'smtp://mx.test/me'])('%s needs no quotes', (text) => {
    expect(word(text)).toBe(text)
  })
})

test('a remark stays a remark, whatever is in it', () => {
  expect(printed([...NASTY.map(remark), 'printf end'].join('\n'))).toBe('end')
})
