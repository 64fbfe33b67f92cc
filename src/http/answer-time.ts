import type { RequestHandler } from 'express'
import type { Clock } from '../session/budget.ts'

/** How long an answer may lie there, however small it is. */
const UNREAD_MS = 60_000

/** How much slower than this a caller may not be with an answer that is whole. */
const SLOWEST_OCTETS_PER_MS = 100

/**
 * Whoever asks and does not read would keep the answer in memory for ever. What is passed on while its session runs is
 * under that session's limits, and counts from its last octet.
 */
export function answerTime(clock: Clock): RequestHandler {
  return (_request, response, next) => {
    response.once('prefinish', () => {
      const { socket } = response
      if (socket === null || socket.writableLength === 0) return
      const allowed = UNREAD_MS + socket.writableLength / SLOWEST_OCTETS_PER_MS
      const cancel = clock.after(allowed, () => void socket.destroy())
      response.once('close', cancel)
    })
    next()
  }
}
