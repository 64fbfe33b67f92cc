import { expect, test } from 'vitest'
import { isKnownSection } from './support/rfc-sections.ts'
import { sources } from './support/sources.ts'

interface Citation {
  readonly rfc: number
  readonly section: string
}

/** `RFC 5321 §4.2.1`, and `RFC 5321 §4.2.1, §4.2.4 and §4.3.2` as three. */
function citationsIn(text: string): Citation[] {
  const found = text.matchAll(/RFC (\d+)((?:(?:, | and | or | )(?:§|section )[0-9A-Z]+(?:\.[0-9]+)*)+)/gi)
  return [...found].flatMap(([, rfc, sections = '']) =>
    [...sections.matchAll(/(?:§|section )([0-9A-Z]+(?:\.[0-9]+)*)/gi)].map(([, section = '']) => ({
      rfc: Number(rfc),
      section,
    })),
  )
}

const cited = sources().flatMap(({ path, text }) =>
  citationsIn(text).map((citation) => ({ ...citation, path })),
)

test('every section that is cited exists', () => {
  const unknown = cited
    .filter(({ rfc, section }) => !isKnownSection(rfc, section))
    .map(
      ({ path, rfc, section }) =>
        `${path} cites RFC ${rfc} §${section}: look it up, then add it to rfc-sections.ts`,
    )
  expect(cited.length).toBeGreaterThan(100)
  expect(unknown).toEqual([])
})

test('a citation has the form that this test can read', () => {
  const odd = sources().flatMap(({ path, text }) =>
    [...text.matchAll(/\bRFC[- _]?\d+(?:[:,]? (?:sec\.|sect\.|section|chapter) ?\d\S*|§\S*)|\bRFC\d+/g)].map(
      ([match]) => `${path}: ${match}`,
    ),
  )
  expect(odd).toEqual([])
})

test.each([
  ['RFC 5321 §4.2.1', ['5321 4.2.1']],
  ['(RFC 5321 §2.3.8).', ['5321 2.3.8']],
  ['RFC 5321 §4.2.1, §4.2.4 and §4.3.2', ['5321 4.2.1', '5321 4.2.4', '5321 4.3.2']],
  ['RFC 4954 §4, RFC 5034 §4: a line', ['4954 4', '5034 4']],
  ['RFC 5321 §4.5.3.1: octets', ['5321 4.5.3.1']],
  ['RFC 4616 and others', []],
])('the reader of citations sees %j', (text, found) => {
  expect(citationsIn(text).map(({ rfc, section }) => `${rfc} ${section}`)).toEqual(found)
})

test('a section that was made up is not known', () => {
  expect(isKnownSection(5321, '4.2.1')).toBe(true)
  expect(isKnownSection(5321, '4.2.9')).toBe(false)
  expect(isKnownSection(5321, '4.2')).toBe(true)
  expect(isKnownSection(5321, '')).toBe(false)
  expect(isKnownSection(99_999, '1')).toBe(false)
})
