import { describe, expect, test } from 'vitest'
import { capabilityOf } from '../../src/pop3/capa.ts'
import { loginDelayOf, nextLook } from '../../src/pop3/pace.ts'
import type { Failure } from '../../src/session/outcome.ts'

describe('when to look again', () => {
  const pace = { interval: 1000, deadline: 10_000 }

  test.each([
    ['after the interval', 0, 0, 1000],
    ['the last time at the deadline, and not behind it', 9500, 0, 10_000],
    ['not after the look at the deadline', 10_000, 0, undefined],
    ['nor after one that began behind it', 10_001, 0, undefined],
    ['not before the server wants it', 0, 3000, 3000],
    ['where the server wants less than the interval, after the interval', 0, 500, 1000],
    ['at the deadline, where the server allows just that', 4000, 6000, 10_000],
    ['never, where the server wants longer than the deadline', 4000, 6001, undefined],
  ])('%s', (_when, began, loginDelay, next) => {
    expect(nextLook(began, pace, loginDelay)).toBe(next)
  })
})

describe('how long a server wants to be left alone', () => {
  const capabilities = (...lines: string[]) => lines.map((line) => capabilityOf(Buffer.from(line)))

  test.each([
    ['it does not say', ['USER'], 0],
    ['it says so in CAPA', ['USER', 'LOGIN-DELAY 900'], 900_000],
    ['with a scope behind it', ['login-delay 60 USER'], 60_000],
    ['it gives no number', ['LOGIN-DELAY soon'], 0],
    ['it gives a number that nobody waits for', ['LOGIN-DELAY 99999999'], 0],
  ])('%s', (_how, lines, ms) => {
    expect(loginDelayOf(undefined, capabilities(...lines))).toBe(ms)
  })

  test('a refusal that says that it was too soon is a minute, whatever CAPA says', () => {
    const tooSoon: Failure = {
      outcome: 'deferred',
      stage: 'auth',
      reply: { severity: 'transient', status: '-ERR', responseCode: 'LOGIN-DELAY', lines: ['too soon'] },
    }
    expect(loginDelayOf(tooSoon, capabilities('LOGIN-DELAY 5'))).toBe(60_000)
    expect(loginDelayOf(tooSoon, undefined)).toBe(60_000)
  })
})
