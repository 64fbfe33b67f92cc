import type { Writable } from 'node:stream'
import type { Clock } from '../session/budget.ts'

/**
 * Until the time has passed, or the caller who waits for this answer has left.
 * @returns which of the two
 */
export async function pause(clock: Clock, ms: number, answer: Writable): Promise<'passed' | 'left'> {
  // `close` comes once only: who left before is not told of again
  if (answer.closed) return 'left'
  return await new Promise((resolve) => {
    const end = (how: 'passed' | 'left'): void => {
      cancel()
      answer.off('close', left)
      resolve(how)
    }
    const left = (): void => end('left')
    const cancel = clock.after(Math.max(ms, 0), () => end('passed'))
    answer.once('close', left)
  })
}
