import { expect, test } from 'vitest'
import { isLong, jsonSlices, StringInPieces } from '../../src/http/json-slices.ts'

const LISTING = Array.from({ length: 5001 }, (_, n) => ({ number: n + 1, uid: `"${n}"`, headers: undefined }))

test.each([
  ['a long listing', { outcome: 'ok', messages: LISTING, total: LISTING.length }],
  ['a listing that fills its slices', { messages: LISTING.slice(0, 4000) }],
  ['nothing', {}],
  ['an empty listing', { messages: [] }],
  [
    'members that JSON leaves out, and names that it escapes',
    { 'a"b': null, left: undefined, c: [1, undefined] },
  ],
])('%s is written in slices as it would be at one go', (_, json) => {
  expect([...jsonSlices(json)].join('')).toBe(JSON.stringify(json))
})

test('no slice holds more than a small part of a long listing', () => {
  const slices = [...jsonSlices({ messages: LISTING })]
  expect(Math.max(...slices.map((slice) => slice.length))).toBeLessThan(JSON.stringify(LISTING).length / 2)
})

test('only what is long is written in slices', () => {
  expect(isLong({ messages: LISTING })).toBe(true)
  expect(isLong({ messages: LISTING.slice(0, 10) })).toBe(false)
  expect(isLong(LISTING)).toBe(false)
  expect(isLong(null)).toBe(false)
})

test('a string that is made while it is written is the string that its pieces are', () => {
  const pieces = ['a"b', '\\', '', '\r\n', 'ü😀', '\ud83d']
  const json = { before: 1, raw: new StringInPieces(() => pieces), after: [2] }
  expect(isLong(json)).toBe(true)
  expect([...jsonSlices(json)].join('')).toBe(JSON.stringify({ ...json, raw: pieces.join('') }))
})
