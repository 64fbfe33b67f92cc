import type { Readable } from 'node:stream'
import { type AttachmentStream, MailParser, type MessageText, type StructuredHeader } from 'mailparser'
import type { HeaderBlock } from './header-block.ts'

/** A leaf of the MIME structure, with its content decoded. */
export interface Part {
  readonly contentType: string
  readonly parameters: Readonly<Record<string, string>>
  readonly disposition: string | undefined
  readonly filename: string | undefined
  readonly cid: string | undefined
  /** Throws where the content breaks off because the rest of the message cannot be read. */
  readonly content: AsyncIterable<Buffer>
}

const MOST_PARTS = 1000
const LONGEST_PART_HEADER = 256 * 1024

/**
 * mailparser, told that no part is text: it would hold the text of a message in memory, however much there is, and keep
 * it to itself when it fails later. So each part comes as a stream.
 */
class PartParser extends MailParser {
  readonly textTypes: readonly string[] = []
}

/**
 * The parts of a message, in their order, while it arrives.
 *
 * A message that the parser fails on ends early with a problem; the source is read to its end all the same, since it is
 * part of a dialogue. What the source throws is thrown.
 */
export async function* partsOf(
  source: AsyncIterable<Buffer>,
  header: HeaderBlock,
  broken: (why: string) => void,
): AsyncGenerator<Part, void, undefined> {
  const parser = new PartParser({
    ignoreEmbedded: true,
    checksumAlgo: false,
    maxChildNodes: MOST_PARTS,
    maxHeadSize: LONGEST_PART_HEADER,
  })
  let current: Readable | undefined
  parser.on('error', (error: Error) => current?.destroy(error))
  let wanted = true
  const feeding = feed(source, header, parser, () => wanted)
  // it is awaited at the end; until then a failure shows in the parser
  feeding.catch(() => undefined)
  try {
    for await (const item of parser as AsyncIterable<AttachmentStream | MessageText>) {
      if (item.type !== 'attachment') continue
      current = item.content
      item.content.on('error', () => undefined)
      yield partOf(item)
      item.content.resume()
      item.release?.()
    }
  } catch (error) {
    broken(
      `the rest of the message could not be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    wanted = false
    parser.destroy()
  }
  await feeding
}

async function feed(
  source: AsyncIterable<Buffer>,
  header: HeaderBlock,
  parser: MailParser,
  wanted: () => boolean,
): Promise<void> {
  try {
    for await (const chunk of source) {
      const octets = header.push(chunk)
      if (wanted() && octets.length > 0 && !parser.write(octets)) await drained(parser)
    }
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
  const rest = header.end()
  if (wanted()) parser.end(rest)
}

function drained(parser: MailParser): Promise<void> {
  return new Promise((resolve) => {
    if (parser.destroyed) {
      resolve()
      return
    }
    const done = (): void => {
      parser.off('drain', done)
      parser.off('close', done)
      resolve()
    }
    parser.on('drain', done)
    parser.on('close', done)
  })
}

function partOf(item: AttachmentStream): Part {
  const type = item.headers.get('content-type')
  const structured = isStructured(type) ? type : undefined
  const declared = structured?.value.trim().toLowerCase() ?? ''
  return {
    // RFC 2045 §5.2: what has no type that can be read is plain text
    contentType: /^[^\s/]+\/[^\s/]+$/.test(declared) ? declared : 'text/plain',
    parameters: structured?.params ?? {},
    disposition: item.contentDisposition,
    filename: item.filename,
    cid: item.cid,
    content: item.content,
  }
}

function isStructured(value: unknown): value is StructuredHeader {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    typeof value.value === 'string' &&
    'params' in value
  )
}
