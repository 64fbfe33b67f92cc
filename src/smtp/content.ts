import type { Command } from '../session/command.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { DotStuffer } from '../text/dots.ts'
import { bdatLast } from './command.ts'
import type { SmtpReply } from './reply.ts'

/** How the content goes to the server: after DATA with dot-stuffing, or as one chunk of BDAT (RFC 3030). */
export type Carriage =
  | { readonly by: 'DATA' }
  | {
      readonly by: 'BDAT'
      readonly octets: number
      /** `with-envelope` saves a flight, and gives the content away before a refusal is known. */
      readonly when: 'after-replies' | 'with-envelope'
    }

export interface Handing {
  readonly carriage: Carriage
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer>
  /** QUIT in the same flight. */
  readonly along?: Command
  /** One for a message; LMTP gives one for each recipient. */
  readonly finals: number
}

/** The replies that are due to it. */
export interface Handed {
  readonly finals: readonly Pending<SmtpReply>[]
  readonly along?: Pending<SmtpReply>
}

/**
 * Hands the content over. From its last octets on nobody but the server knows what became of it, and a caller who leaves
 * does not end the session.
 */
export async function handOver(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  handing: Handing,
): Promise<Handed> {
  const { carriage, content, along, finals } = handing
  const stuffer = new DotStuffer()
  const chunk = carriage.by === 'BDAT'
  return await dialogue.content({
    content: chunk ? exactly(content, carriage.octets) : content,
    encode: chunk ? (block) => block : (block) => stuffer.push(block),
    end: chunk ? () => Buffer.alloc(0) : () => stuffer.end(),
    ...(chunk ? { opening: bdatLast(carriage.octets) } : {}),
    ...(chunk && carriage.when === 'with-envelope' ? { replies: 'due' as const } : {}),
    ...(along === undefined ? {} : { along }),
    finals,
    handOver: () => {
      session.stage = 'end-of-data'
      session.handedOver = true
      session.budget.shield()
    },
  })
}

/** RFC 2920 §3.1: where nobody was accepted and DATA was answered 354 all the same, a lone dot ends it. */
export async function endEmpty(dialogue: Dialogue<SmtpReply>): Promise<void> {
  dialogue.note(
    'lone-dot',
    'nobody was accepted and DATA was answered all the same: it is ended without content',
  )
  try {
    const { finals } = await dialogue.content({
      content: [],
      encode: (block) => block,
      end: () => new DotStuffer().end(),
      handOver: () => undefined,
    })
    for (const final of finals) await dialogue.reply(final)
  } catch (error) {
    // the refusal that led here decides, whatever becomes of the connection
    if (!(error instanceof Fault || error instanceof Refusal)) throw error
    dialogue.finding('lone-dot-unanswered', `The lone dot was not answered: ${error.message}.`)
  }
}

/** BDAT has said how many octets come: another number would turn content into commands, or commands into content. */
async function* exactly(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  octets: number,
): AsyncGenerator<Buffer> {
  let left = octets
  for await (const block of content) {
    left -= block.length
    if (left < 0) break
    yield block
  }
  if (left !== 0) throw new RangeError('the content has another size than was announced')
}
