import { expect, test } from 'vitest'
import { MemoryStore } from '../../src/http/idempotency-store.ts'

const LIMITS = { ageMs: 1000, answers: 3, characters: 100 }

function store() {
  let now = 0
  const made = new MemoryStore(() => now, LIMITS)
  const settled = async (key: string, answer: string): Promise<void> => {
    await made.claim(key, 'print')
    await made.settle(key, answer)
  }
  const stateOf = async (key: string): Promise<string> => {
    const { state } = await made.claim(key, 'print')
    if (state === 'claimed') await made.release(key)
    return state
  }
  return { made, settled, stateOf, pass: (ms: number) => (now += ms) }
}

test('a key is claimed once, until it is released', async () => {
  const { made } = store()
  expect(await made.claim('a', 'one')).toEqual({ state: 'claimed' })
  expect(await made.claim('a', 'two')).toEqual({ state: 'running', fingerprint: 'one' })
  expect(await made.claim('b', 'two')).toEqual({ state: 'claimed' })
  await made.release('a')
  expect(await made.claim('a', 'two')).toEqual({ state: 'claimed' })
})

test('an answer is given as long as it is remembered', async () => {
  const { made, settled, stateOf, pass } = store()
  await settled('a', 'answer')
  pass(999)
  expect(await made.claim('a', 'other')).toEqual({ state: 'settled', fingerprint: 'print', answer: 'answer' })
  pass(1)
  expect(await stateOf('a')).toBe('claimed')
})

test('the oldest answers make room, by number and by size', async () => {
  const { settled, stateOf } = store()
  for (const key of ['a', 'b', 'c', 'd']) await settled(key, 'x')
  expect(await stateOf('a')).toBe('claimed')
  expect(await stateOf('b')).toBe('settled')
  await settled('e', 'x'.repeat(99))
  expect([await stateOf('b'), await stateOf('c'), await stateOf('d'), await stateOf('e')]).toEqual([
    'claimed',
    'claimed',
    'settled',
    'settled',
  ])
})

test('the newest answer stays, whatever its size, and so does a call that is running', async () => {
  const { made, settled, stateOf, pass } = store()
  await made.claim('running', 'print')
  await settled('large', 'x'.repeat(1000))
  expect(await stateOf('large')).toBe('settled')
  for (const key of ['a', 'b', 'c', 'd']) await settled(key, 'x'.repeat(50))
  pass(5000)
  expect(await stateOf('running')).toBe('running')
  expect(await stateOf('large')).toBe('claimed')
})

test('what nobody has claimed cannot be settled', async () => {
  await expect(store().made.settle('a', 'answer')).rejects.toThrow('nobody had claimed')
})
