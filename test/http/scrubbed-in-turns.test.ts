import { expect, test } from 'vitest'
import { scrubbedInTurns } from '../../src/http/session-answer.ts'

const scrub = (text: string) => text.replaceAll('four words', '***')

test.each([1, 2000, 2001, 6000])('of %i rows each is looked through, and none is lost', async (count) => {
  const rows = Array.from({ length: count }, (_, place) => ({
    number: place + 1,
    uid: place === count - 1 ? 'a four words' : `u${place}`,
  }))
  const clean = await scrubbedInTurns(rows, scrub)
  expect(clean.length).toBe(count)
  expect(clean.at(-1)).toEqual({ number: count, uid: 'a ***' })
  expect(clean.slice(0, -1)).toEqual(rows.slice(0, -1))
})

test('others have their turn before all of a long list is looked through', async () => {
  const order: string[] = []
  const rows = Array.from({ length: 6000 }, () => ({ uid: 'u' }))
  setImmediate(() => order.push('another'))
  await scrubbedInTurns(rows, scrub).then(() => order.push('the list'))
  expect(order).toEqual(['another', 'the list'])
})
