import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newId } from '../../src/text/ids.ts'

test('ids sort as their times do', () => {
  const times = [0, 1, 31, 32, 1023, 1024, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1]
  const ids = times.map((time) => newId(time))
  expect([...ids].sort()).toEqual(ids)
})

test('the time can be read off an id, and the rest is random', () => {
  expect(newId(1_469_918_176_385, (octets) => Buffer.alloc(octets, 31))).toBe('01ARYZ6S41ZZZZZZZZZZZZZZZZ')
})

test('ids of the same time differ', () => {
  const ids = Array.from({ length: 1000 }, () => newId(1_700_000_000_000, randomBytes))
  expect(new Set(ids).size).toBe(1000)
})

test('an id is safe in a header, a URL and a file name', () => {
  expect(newId(1_700_000_000_000.75)).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
})
