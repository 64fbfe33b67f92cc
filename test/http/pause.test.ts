import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { pause } from '../../src/http/pause.ts'
import { manualClock } from '../support/manual-clock.ts'

test('a pause ends when its time has passed, and leaves nothing behind', async () => {
  const clock = manualClock()
  const answer = new PassThrough()
  const pausing = pause(clock, 5000, answer, new AbortController().signal)
  clock.advance(4999)
  expect(clock.waiting).toBe(1)
  clock.advance(1)
  expect(await pausing).toBe('over')
  expect([clock.waiting, answer.listenerCount('close')]).toEqual([0, 0])
})

test('a time that is over already is no wait', async () => {
  const clock = manualClock()
  const pausing = pause(clock, -1, new PassThrough(), new AbortController().signal)
  clock.advance(0)
  expect(await pausing).toBe('over')
})

test('a caller who leaves in a pause ends it at once', async () => {
  const clock = manualClock()
  const answer = new PassThrough()
  const pausing = pause(clock, 5000, answer, new AbortController().signal)
  answer.destroy()
  expect(await pausing).toBe('left')
  expect([clock.now(), clock.waiting]).toEqual([0, 0])
})

test('after a caller has left there is no pause', async () => {
  const clock = manualClock()
  const answer = new PassThrough()
  answer.destroy()
  await once(answer, 'close')
  expect(await pause(clock, 5000, answer, new AbortController().signal)).toBe('left')
  expect(clock.waiting).toBe(0)
})

test('a service that takes no new sessions ends it at once, and also before it begins', async () => {
  const clock = manualClock()
  const answer = new PassThrough()
  const closing = new AbortController()
  const pausing = pause(clock, 5000, answer, closing.signal)
  closing.abort()
  expect(await pausing).toBe('over')
  expect([clock.now(), clock.waiting, answer.listenerCount('close')]).toEqual([0, 0, 0])
  expect(await pause(clock, 5000, answer, closing.signal)).toBe('over')
})
