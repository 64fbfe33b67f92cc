import { PassThrough } from 'node:stream'
import { type ReadMessage, readMessage } from '../message/read.ts'
import type { FoundMessage } from '../pop3/maildrop.ts'
import { inAscii } from './etag.ts'
import { writeTo } from './stream-sink.ts'

/** What a message as JSON may take at the most. */
const READING = { textOctets: 5_000_000, attachments: 200, headerOctets: 1_000_000 }

/** Parameters that say what is to be done with a message, and nothing about where it is. */
const OF_ONE_CALL: ReadonlySet<string> = new Set([
  'lines',
  'transcript',
  'numbers',
  'uids',
  'subject',
  'from',
  'to',
  'header',
  'after',
  'timeout',
  'interval',
])

/** A message that is parsed while it arrives. */
export interface Reading {
  write(octets: Buffer): Promise<void>
  /** To be called at the end, when the message was whole. */
  message(): Promise<ReadMessage>
  /** The message broke off. */
  abandon(): void
}

export function reading(): Reading {
  const octets = new PassThrough()
  const message = readMessage(octets, READING)
  // it is awaited at the end; what broke off is told by whoever noticed
  message.catch(() => undefined)
  return {
    write: (chunk) => writeTo(octets, chunk),
    message: async () => {
      octets.end()
      return await message
    },
    abandon: () => void octets.destroy(),
  }
}

/** The message as it stands in an answer. `url` is that of the call, for the links to attachments. */
export function messageJson(
  found: FoundMessage,
  octets: number,
  complete: 'whole' | 'cut',
  message: ReadMessage,
  url: string,
): Readonly<Record<string, unknown>> {
  const { number, uid } = found
  const name = uid === null ? String(number) : `uid:${encodeURIComponent(inAscii(uid))}`
  const search = searchOf(url)
  const attachments = message.attachments.map((attachment) =>
    Object.assign({}, attachment, {
      href: `/pop3/messages/${name}/attachments/${attachment.number}${search}`,
    }),
  )
  return { number, uid, octets, complete: complete === 'whole', ...message, attachments }
}

/** The same server, on the same terms. */
function searchOf(url: string): string {
  const parameters = new URLSearchParams(url.split('?', 2)[1] ?? '')
  for (const name of [...parameters.keys()]) if (OF_ONE_CALL.has(name)) parameters.delete(name)
  const search = parameters.toString()
  return search === '' ? '' : `?${search}`
}
