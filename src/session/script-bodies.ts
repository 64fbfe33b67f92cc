import { visible } from '../text/visible.ts'
import { Fault } from './outcome.ts'

/** What is kept of the replies of one session, octets. Beyond it they are read and counted. */
export const KEPT_OCTETS = 4_194_304

/** More than any mailbox that is looked at by hand: then it is a flood. */
export const MOST_OCTETS = 268_435_456

/** The replies of one session: as lines, whole up to a limit, and read to their ends. */
export class ScriptBodies {
  #room = KEPT_OCTETS
  #octets = 0

  /** A reply without a body: its first line in any case, and the rest of it while there is room. */
  kept(lines: readonly string[]): { readonly lines: readonly string[]; readonly leftOut: number } {
    const octets = lines.reduce((sum, line) => sum + line.length, 0)
    const first = lines.slice(0, 1)
    const fits = octets <= this.#room
    const taken = fits ? octets : (first[0]?.length ?? 0)
    this.#room = Math.max(0, this.#room - taken)
    return fits ? { lines, leftOut: 0 } : { lines: first, leftOut: octets - taken }
  }

  /**
   * The lines as they may be shown, unstuffed, and how many octets are not among them.
   * @throws {Fault} `limit` when the server floods
   */
  async of(
    body: AsyncIterable<Buffer>,
  ): Promise<{ readonly lines: readonly string[]; readonly leftOut: number }> {
    const kept: Buffer[] = []
    let leftOut = 0
    for await (const piece of body) {
      this.#octets += piece.length
      if (this.#octets > MOST_OCTETS)
        throw new Fault('limit', `the server sent more than ${MOST_OCTETS} octets of multi-line replies`)
      const taken = piece.subarray(0, this.#room)
      this.#room -= taken.length
      leftOut += piece.length - taken.length
      // what was read may be a small part of a large buffer
      if (taken.length > 0) kept.push(Buffer.from(taken))
    }
    return { lines: linesOf(Buffer.concat(kept)), leftOut }
  }
}

function linesOf(octets: Buffer): string[] {
  const lines = octets.toString('latin1').split('\r\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => visible(Buffer.from(line, 'latin1')))
}
