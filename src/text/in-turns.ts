import { setImmediate as nextTurn } from 'node:timers/promises'
import type { InPieces } from './long-text.ts'

/** The pieces one by one, each in a turn of the event loop of its own, so that others have theirs between them. */
export async function* inTurns<T>(pieces: Iterable<T>): AsyncGenerator<T> {
  for (const piece of pieces) {
    yield piece
    await nextTurn()
  }
}

/** The octets in one buffer. */
export async function inOne(octets: InPieces): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of inTurns(octets.pieces())) pieces.push(piece)
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  // memory that is touched for the first time costs more than the copy
  for await (const piece of inTurns(pieces)) at += piece.copy(whole, at)
  return whole
}
