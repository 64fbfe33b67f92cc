import { DotUnstuffer } from '../text/dots.ts'
import { PREVIEW_OCTETS } from '../transcript/recorder.ts'
import type { Reply } from './answer.ts'
import type { Due, Incoming } from './incoming.ts'

/** What came of the content of a multi-line reply: how many octets, the beginning of them, and whether all. */
export type ContentEnded = (bytes: number, beginning: Buffer, end: 'whole' | 'incomplete') => void

/**
 * The content of a multi-line reply as it comes, unstuffed, until its terminator (RFC 1939 §3).
 * @param ended called once, also when whoever reads it leaves early
 * @throws {Fault} `closed` when it breaks off
 */
export async function* multiLineContent<R extends Reply>(
  incoming: Incoming<R>,
  due: Due,
  ended: ContentEnded,
): AsyncGenerator<Buffer> {
  const unstuffer = new DotUnstuffer()
  let bytes = 0
  let beginning: Buffer = Buffer.alloc(0)
  let end: 'whole' | 'incomplete' = 'incomplete'
  try {
    for (;;) {
      const { content, rest } = unstuffer.push(await incoming.octets(due))
      if (rest !== undefined) {
        incoming.giveBack(rest)
        end = 'whole'
      }
      for (const piece of content) {
        if (bytes < PREVIEW_OCTETS)
          beginning = Buffer.concat([beginning, piece.subarray(0, PREVIEW_OCTETS - bytes)])
        bytes += piece.length
        yield piece
      }
      if (end === 'whole') return
    }
  } finally {
    ended(bytes, beginning, end)
  }
}
