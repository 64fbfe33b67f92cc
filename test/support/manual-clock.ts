import type { Clock } from '../../src/session/budget.ts'

/** Time that passes only when a test, or a script's `<PAUSE n>`, says so. */
export interface ManualClock extends Clock {
  advance(ms: number): void
  /** Calls that are still to come; 0 once a session has cleared up. */
  readonly waiting: number
}

export function manualClock(): ManualClock {
  let nowMs = 0
  const calls = new Set<{ readonly at: number; readonly call: () => void }>()
  return {
    now: () => nowMs,
    wallNow: () => Date.UTC(2026, 0, 1) + nowMs,
    after(ms, call) {
      const entry = { at: nowMs + ms, call }
      calls.add(entry)
      return () => calls.delete(entry)
    },
    advance(ms) {
      const until = nowMs + ms
      for (;;) {
        const due = [...calls].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        calls.delete(due)
        nowMs = due.at
        due.call()
      }
      nowMs = until
    },
    get waiting() {
      return calls.size
    },
  }
}
