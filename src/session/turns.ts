import type { Reply } from './answer.ts'
import type { Phase } from './budget.ts'
import type { Command } from './command.ts'
import type { Dialogue, Pending } from './dialogue.ts'

/** `grouped`: all in one flight, where the server offers PIPELINING; `single`: each when its turn comes. */
export type Flights = 'grouped' | 'single'

export interface Turn {
  readonly command: Command
  readonly phase?: Phase
  readonly multiline?: boolean
}

/**
 * Commands whose replies are read one after the other, however they are sent: each call of the result gives the next
 * command's reply.
 */
export function turns<R extends Reply>(
  dialogue: Dialogue<R>,
  group: readonly Turn[],
  flights: Flights,
): () => Promise<{ readonly reply: R; readonly pending: Pending<R> }> {
  const sent = flights === 'grouped' ? dialogue.sendGroup(group) : []
  let place = 0
  return async () => {
    const turn = group[place]
    if (turn === undefined) throw new Error('more replies are asked for than there are commands')
    const pending = sent[place] ?? (dialogue.sendGroup([turn])[0] as Pending<R>)
    place += 1
    return { reply: await dialogue.reply(pending), pending }
  }
}
