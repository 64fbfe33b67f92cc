import { EventEmitter } from 'node:events'
import type { Response } from 'express'
import { expect, test } from 'vitest'
import { Call } from '../../src/http/call.ts'
import { holding } from '../../src/http/holding.ts'
import { Sessions } from '../../src/session/sessions.ts'
import { manualClock } from '../support/manual-clock.ts'
import { scriptedOptions, TIME_LIMITS } from '../support/scripted-session.ts'

function call() {
  const clock = manualClock()
  const { options } = scriptedOptions('smtp', '', { clock })
  const response = Object.assign(new EventEmitter(), {
    writableFinished: false,
    destroyed: false,
    locals: {} as Record<string, unknown>,
  })
  response.locals['call'] = new Call(response as unknown as Response, clock)
  const sessions = new Sessions({ inAll: 2, perTarget: 1 })
  const hold = holding({ tools: options.tools, sessions }, TIME_LIMITS, response as unknown as Response)
  return { clock, response, sessions, hold, target: options.target }
}

test('each session of a call has what the others have left of its time', async () => {
  const { clock, hold, target } = call()
  const spent = () => hold(target, async ({ timeLimits }) => [timeLimits.spent, timeLimits.total])
  expect(await spent()).toEqual([0, TIME_LIMITS.total])
  clock.advance(7000)
  expect(await spent()).toEqual([7000, TIME_LIMITS.total])
})

test('all of them end when the caller leaves, and none is held beyond the limits', async () => {
  const { response, sessions, hold, target } = call()
  const ended = hold(
    target,
    ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      }),
  )
  await expect(hold(target, async () => 'there is room')).rejects.toThrow('which is the limit')
  response.emit('close')
  await ended
  expect(sessions.running).toBe(0)
})
