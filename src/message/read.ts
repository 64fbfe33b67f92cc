import { createHash } from 'node:crypto'
import { BodyText } from './body-text.ts'
import { decodeText, wellFormed } from './charset.ts'
import { type DeliveryReport, deliveryReport } from './delivery-status.ts'
import { HeaderBlock } from './header-block.ts'
import { type HeaderFacts, headerFacts } from './header-facts.ts'
import { type Part, partsOf } from './parts.ts'

/** How much of a message is taken in. */
export interface ReadLimits {
  readonly headerOctets: number
  /** Of the text, and as many of the HTML. */
  readonly textOctets: number
  /** How many attachments are listed. */
  readonly attachments: number
}

/** A message as it was read: what could not be is null or empty, and `problems` says why. */
export interface ReadMessage extends HeaderFacts {
  readonly text: string | null
  readonly html: string | null
  readonly attachments: readonly ReadAttachment[]
  /** Of a delivery status notification. */
  readonly report: DeliveryReport | null
  readonly problems: readonly string[]
}

export interface AttachmentFacts {
  /** From 1. */
  readonly number: number
  readonly filename: string | null
  readonly contentType: string
  readonly disposition: string | null
  readonly cid: string | null
}

export interface ReadAttachment extends AttachmentFacts {
  /** Decoded. */
  readonly octets: number
  readonly sha256: string
}

const MOST_PROBLEMS = 50
const LONGEST_REPORT = 256 * 1024

/** Reads a message to its end, whatever it is. Only what the source throws is thrown. */
export async function readMessage(source: AsyncIterable<Buffer>, limits: ReadLimits): Promise<ReadMessage> {
  const problems = new Problems()
  const header = new HeaderBlock(limits.headerOctets, problems.add)
  const text = new BodyText(limits.textOctets, 'text', problems.add)
  const html = new BodyText(limits.textOctets, 'HTML', problems.add)
  const attachments: ReadAttachment[] = []
  let report: DeliveryReport | null = null
  let attached = 0
  let parts = 0
  let broken = false
  const breakOff = (why: string): void => {
    broken = true
    problems.add(why)
  }
  for await (const part of partsOf(source, header, breakOff)) {
    parts += 1
    const body = isBody(part, parts) ? (part.contentType === 'text/html' ? html : text) : undefined
    if (body !== undefined) {
      await body.read(part)
      continue
    }
    attached += 1
    if (attached > limits.attachments) continue
    const { attachment, start } = await summedUp(part, attached, problems.add)
    attachments.push(attachment)
    if (report === null && isDeliveryStatus(part)) report = deliveryReport(wellFormed(start.toString()))
  }
  if (attached > limits.attachments) {
    problems.add(`only ${limits.attachments} of ${attached} attachments are listed`)
  }
  const nothing = parts === 0 || (broken && !text.any && !html.any)
  const bodyStart = header.bodyStart().subarray(0, limits.textOctets)
  if (nothing && bodyStart.length > 0) {
    problems.add('no text could be told from the rest; the text is the beginning of the body as it stands')
    text.add(wellFormed(decodeText(bodyStart, undefined, 'cut').text))
  }
  return Object.assign(headerFacts(header.fields(), problems.add), {
    text: text.whole,
    html: html.whole,
    attachments,
    report,
    problems: problems.all,
  })
}

/** One attachment, its content as it arrives. */
export interface OpenAttachment extends AttachmentFacts {
  /** Reads the message to its end behind the content. Throws where the content cannot be read to its own end. */
  readonly content: AsyncIterable<Buffer>
}

/**
 * The attachment of this number, as `readMessage` counts them; undefined where the message has none of it, and then the
 * message has been read to its end.
 */
export async function attachmentOf(
  source: AsyncIterable<Buffer>,
  number: number,
  limits: Pick<ReadLimits, 'headerOctets'>,
): Promise<OpenAttachment | undefined> {
  const all = partsOf(source, new HeaderBlock(limits.headerOctets, () => undefined), () => undefined)
  let attached = 0
  for (let parts = 1; ; parts += 1) {
    const next = await all.next()
    if (next.done === true) return undefined
    if (isBody(next.value, parts)) continue
    attached += 1
    if (attached === number)
      return { ...factsOf(next.value, attached), content: contentThenRest(next.value, all) }
  }
}

async function* contentThenRest(
  part: Part,
  all: AsyncGenerator<Part, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* part.content
    for await (const _ of all);
  } finally {
    await all.return()
  }
}

/** The first part is the body also where it has a filename, and everything else with a filename is a file. */
function isBody(part: Part, number: number): boolean {
  if (part.contentType !== 'text/plain' && part.contentType !== 'text/html') return false
  return part.disposition !== 'attachment' && (part.filename === undefined || number === 1)
}

function isDeliveryStatus(part: Part): boolean {
  return (
    part.contentType === 'message/delivery-status' || part.contentType === 'message/global-delivery-status'
  )
}

function factsOf(part: Part, number: number): AttachmentFacts {
  const given = (text: string | undefined): string | null =>
    text === undefined || text === '' ? null : wellFormed(text)
  return {
    number,
    filename: given(part.filename),
    contentType: wellFormed(part.contentType),
    disposition: given(part.disposition),
    cid: given(part.cid),
  }
}

async function summedUp(part: Part, number: number, problem: (text: string) => void) {
  const hash = createHash('sha256')
  const start: Buffer[] = []
  let octets = 0
  try {
    for await (const chunk of part.content) {
      hash.update(chunk)
      if (isDeliveryStatus(part) && octets < LONGEST_REPORT) start.push(chunk)
      octets += chunk.length
    }
  } catch {
    problem(`attachment ${number} breaks off after ${octets} octets`)
  }
  return {
    attachment: Object.assign(factsOf(part, number), { octets, sha256: hash.digest('hex') }),
    start: Buffer.concat(start).subarray(0, LONGEST_REPORT),
  }
}

/** Each is told once, and not without end. */
class Problems {
  readonly #all = new Set<string>()

  readonly add = (text: string): void => {
    if (this.#all.size < MOST_PROBLEMS) this.#all.add(wellFormed(text))
  }

  get all(): readonly string[] {
    return [...this.#all]
  }
}
