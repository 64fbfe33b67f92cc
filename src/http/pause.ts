import type { Writable } from 'node:stream'
import type { Clock } from '../session/budget.ts'

/**
 * Until the time has passed, the caller who waits for this answer has left, or the service takes no new sessions.
 * @returns whether the caller is still there
 */
export async function pause(
  clock: Clock,
  ms: number,
  answer: Writable,
  closing: AbortSignal,
): Promise<'over' | 'left'> {
  // `close` comes once only: who left before is not told of again
  if (answer.closed) return 'left'
  if (closing.aborted) return 'over'
  return await new Promise((resolve) => {
    const end = (how: 'over' | 'left'): void => {
      cancel()
      answer.off('close', left)
      closing.removeEventListener('abort', over)
      resolve(how)
    }
    const left = (): void => end('left')
    const over = (): void => end('over')
    const cancel = clock.after(Math.max(ms, 0), over)
    answer.once('close', left)
    closing.addEventListener('abort', over)
  })
}
