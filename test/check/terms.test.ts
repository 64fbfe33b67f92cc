import { expect, test } from 'vitest'
import { asked, type Terms, whereThereIsRoom } from '../../src/check/terms.ts'
import { NoRoom } from '../../src/session/sessions.ts'
import { manualClock } from '../support/manual-clock.ts'
import { TIME_LIMITS } from '../support/scripted-session.ts'
import { ScriptedWire } from '../support/scripted-wire.ts'

function terms(more: Partial<Terms['timeLimits']> = {}) {
  const clock = manualClock()
  const caller = new AbortController()
  const tools = { clock, dial: async () => new ScriptedWire(''), newId: () => 'ID' }
  return { clock, caller, terms: { tools, timeLimits: { ...TIME_LIMITS, ...more }, signal: caller.signal } }
}

/** Asks something that never answers. @returns what came of it, and what the one who was asked knows */
function askingInVain(on: Terms) {
  let signal: AbortSignal | undefined
  const answer = asked(on, 'answer', (given) => {
    signal = given
    return new Promise<string>(() => undefined)
  })
  return { answer, givenUp: () => signal?.aborted }
}

test('a question that nobody answers in time has no answer, and is given up', async () => {
  const { clock, terms: on } = terms({ connect: 5000 })
  const { answer, givenUp } = askingInVain(on)
  clock.advance(4999)
  expect(givenUp()).toBe(false)
  clock.advance(1)
  expect(await answer).toBeUndefined()
  expect(givenUp()).toBe(true)
})

test('so is one whose caller has left, and one for which the call has no time left', async () => {
  const leaving = terms()
  const first = askingInVain(leaving.terms)
  leaving.caller.abort()
  expect([await first.answer, first.givenUp()]).toEqual([undefined, true])
  const late = terms({ total: 1000, spent: 900 })
  const second = askingInVain(late.terms)
  late.clock.advance(100)
  expect([await second.answer, second.givenUp()]).toEqual([undefined, true])
})

test('an answer is an answer, and a mistake of ours is not taken for a missing one', async () => {
  expect(await asked(terms().terms, 'answer', async () => 'mx.example.test')).toBe('mx.example.test')
  const mistake = new TypeError('a bug')
  await expect(asked(terms().terms, 'answer', () => Promise.reject(mistake))).rejects.toBe(mistake)
})

test('a session for which there is no room is one that was not held', async () => {
  expect(await whereThereIsRoom(Promise.reject(new NoRoom('per-target', 'full')))).toBeUndefined()
  expect(await whereThereIsRoom(Promise.resolve(1))).toBe(1)
  await expect(whereThereIsRoom(Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug')
})
