import { setImmediate as nextTurn } from 'node:timers/promises'

/** The pieces one by one, each in a turn of the event loop of its own, so that others have theirs between them. */
export async function* inTurns<T>(pieces: Iterable<T>): AsyncGenerator<T> {
  for (const piece of pieces) {
    yield piece
    await nextTurn()
  }
}
