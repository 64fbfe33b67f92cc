import { describe, expect, test } from 'vitest'
import { Budget, type TimeLimits } from '../../src/session/budget.ts'
import { Fault } from '../../src/session/outcome.ts'
import { manualClock } from '../support/manual-clock.ts'
import { TIME_LIMITS } from '../support/scripted-session.ts'

function budgetWith(limits: Partial<TimeLimits> = {}, signal?: AbortSignal) {
  const clock = manualClock()
  const budget = new Budget(clock, { ...TIME_LIMITS, ...limits }, { left: signal })
  const cuts: Fault[] = []
  budget.severs((fault) => cuts.push(fault))
  return { budget, clock, cuts }
}

const never = () => new Promise<never>(() => undefined)

/** What a wait came to; set once it is over. */
function watched(waiting: Promise<unknown>): { fault?: Fault; value?: unknown } {
  const end: { fault?: Fault; value?: unknown } = {}
  waiting.then(
    (value) => {
      end.value = value
    },
    (error: Fault) => {
      end.fault = error
    },
  )
  return end
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a phase', () => {
  test('gives what was waited for', async () => {
    const { budget, clock } = budgetWith()
    await expect(budget.spend('command', 'reply', async () => 7)).resolves.toBe(7)
    budget.close()
    expect(clock.waiting).toBe(0)
  })

  test('hands on what the work throws', async () => {
    const { budget, clock } = budgetWith()
    await expect(
      budget.spend('command', 'reply', async () => Promise.reject(new Error('lost'))),
    ).rejects.toThrow('lost')
    budget.close()
    expect(clock.waiting).toBe(0)
  })

  test.each(['connect', 'greeting', 'command', 'data', 'final', 'quit'] as const)(
    '%s has its own limit',
    async (phase) => {
      const { budget, clock, cuts } = budgetWith({ [phase]: 1234, total: 1_000_000 })
      const end = watched(budget.spend(phase, 'reply to RCPT', never))
      clock.advance(1233)
      await settled()
      expect(end.fault).toBeUndefined()
      clock.advance(1)
      await settled()
      expect(end.fault).toMatchObject({
        kind: 'timeout',
        code: phase,
        message: 'no reply to RCPT within 1.234 s',
      })
      expect(cuts).toEqual([end.fault])
    },
  )

  test('says a limit below a second in ms', async () => {
    const { budget, clock } = budgetWith({ quit: 250 })
    const end = watched(budget.spend('quit', 'reply to QUIT', never))
    clock.advance(250)
    await settled()
    expect(end.fault?.message).toBe('no reply to QUIT within 250 ms')
  })

  test('that ended in time counts no longer', async () => {
    const { budget, clock, cuts } = budgetWith({ command: 100 })
    await budget.spend('command', 'reply', async () => undefined)
    clock.advance(1000)
    expect(cuts).toEqual([])
    await expect(budget.spend('command', 'reply', async () => 'next')).resolves.toBe('next')
  })

  test('that ran out ends once, whatever the work comes to later', async () => {
    const { budget, clock, cuts } = budgetWith({ command: 100 })
    let late: (value: string) => void = () => undefined
    const end = watched(budget.spend('command', 'reply', () => new Promise((resolve) => (late = resolve))))
    clock.advance(100)
    late('too late')
    await settled()
    expect(end.value).toBeUndefined()
    expect(end.fault?.kind).toBe('timeout')
    expect(cuts).toHaveLength(1)
  })
})

describe('the whole call', () => {
  test('ends what is being waited for, though its phase has time left', async () => {
    const { budget, clock, cuts } = budgetWith({ total: 5000, command: 30_000 })
    const end = watched(budget.spend('command', 'reply', never))
    clock.advance(5000)
    await settled()
    expect(end.fault).toMatchObject({ kind: 'timeout', code: 'total' })
    expect(end.fault?.message).toContain('5 s')
    expect(cuts).toEqual([end.fault])
  })

  test('is not extended by work that makes progress', async () => {
    const { budget, clock } = budgetWith({ total: 5000, command: 3000 })
    for (let step = 0; step < 4; step += 1) {
      await budget.spend('command', 'reply', async () => clock.advance(1000))
    }
    const end = watched(budget.spend('command', 'reply', never))
    clock.advance(1000)
    await settled()
    expect(end.fault?.code).toBe('total')
  })

  test('cuts the connection between two waits as well, and nothing is begun after', async () => {
    const { budget, clock, cuts } = budgetWith({ total: 5000 })
    clock.advance(5000)
    expect(cuts).toMatchObject([{ kind: 'timeout', code: 'total' }])
    let begun = false
    const waiting = budget.spend('command', 'reply', async () => {
      begun = true
    })
    await expect(waiting).rejects.toMatchObject({ code: 'total' })
    expect(begun).toBe(false)
    expect(() => budget.check()).toThrow(Fault)
  })

  test('that was closed calls nobody', () => {
    const { budget, clock, cuts } = budgetWith({ total: 5000 })
    budget.close()
    clock.advance(10_000)
    expect(cuts).toEqual([])
    expect(clock.waiting).toBe(0)
  })
})

describe('a caller who leaves', () => {
  test('interrupts what is being waited for', async () => {
    const caller = new AbortController()
    const { budget } = budgetWith({}, caller.signal)
    const end = watched(budget.spend('command', 'reply', never))
    caller.abort()
    await settled()
    expect(end.fault).toMatchObject({ kind: 'aborted' })
    await expect(budget.spend('command', 'reply', async () => 1)).rejects.toMatchObject({ kind: 'aborted' })
  })

  test('before the beginning lets nothing begin', async () => {
    const { budget } = budgetWith({}, AbortSignal.abort())
    await expect(budget.spend('connect', 'connection', async () => 1)).rejects.toMatchObject({
      kind: 'aborted',
    })
  })

  test('while the answer is awaited that tells what became of the message, is heard after it', async () => {
    const caller = new AbortController()
    const { budget, cuts } = budgetWith({}, caller.signal)
    budget.shield()
    let answer: (value: string) => void = () => undefined
    const end = watched(budget.spend('final', 'reply', () => new Promise((resolve) => (answer = resolve))))
    caller.abort()
    await settled()
    expect(end).toEqual({})
    answer('250 ok')
    await settled()
    expect(end.value).toBe('250 ok')
    budget.unshield()
    expect(cuts).toMatchObject([{ kind: 'aborted' }])
    expect(() => budget.check()).toThrow('the caller has left')
  })

  test('does not stop the clock', async () => {
    const caller = new AbortController()
    const { budget, clock } = budgetWith({ final: 1000 }, caller.signal)
    budget.shield()
    const end = watched(budget.spend('final', 'reply to the end of data', never))
    caller.abort()
    clock.advance(1000)
    await settled()
    expect(end.fault).toMatchObject({ kind: 'timeout', code: 'final' })
  })

  test('after the end is nobody’s concern', () => {
    const caller = new AbortController()
    const { budget, cuts } = budgetWith({}, caller.signal)
    budget.close()
    caller.abort()
    expect(cuts).toEqual([])
  })

  test('who is still there hears nothing of an unshielded session', () => {
    const { budget, cuts } = budgetWith({}, new AbortController().signal)
    budget.shield()
    budget.unshield()
    expect(cuts).toEqual([])
    expect(() => budget.check()).not.toThrow()
  })
})

test('a signal that lives long is left without listeners', async () => {
  const caller = new AbortController()
  let listeners = 0
  const { signal } = caller
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1
    remove(...args)
  }
  const { budget } = budgetWith({}, signal)
  expect(listeners).toBe(1)
  budget.close()
  expect(listeners).toBe(0)
})
