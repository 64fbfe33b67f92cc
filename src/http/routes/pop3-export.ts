import type { Request, Response } from 'express'
import type { ListedMessage } from '../../pop3/maildrop.ts'
import { MboxMessage } from '../../pop3/mbox.ts'
import { type MessagesSink, retrieveEach } from '../../pop3/retrieve.ts'
import type { Selection } from '../../pop3/selection.ts'
import type { Context } from '../context.ts'
import { messageJson, type Reading, reading } from '../message-json.ts'
import { type Pop3Query, pop3Call } from '../pop3-call.ts'
import { writeTo } from '../stream-sink.ts'

/** RFC 4155. */
export const MBOX = 'application/mbox'
/** One JSON value a line. */
export const NDJSON = 'application/x-ndjson'

/**
 * Whole messages, as they come. What goes wrong before the first of them is a problem; from then on it breaks off the
 * answer, so that it can never pass for whole.
 */
export async function giveAll(
  context: Context,
  query: Pop3Query,
  selection: Selection,
  form: typeof MBOX | typeof NDJSON,
  request: Request,
  response: Response,
): Promise<void> {
  const call = pop3Call(context, query, request, response)
  const head = (id: string): void => {
    if (response.headersSent) return
    response.setHeader('Content-Type', form)
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Session-Id', id)
  }
  const done = await call.run(async (maildrop) => {
    const sink = form === MBOX ? mboxSink(response) : ndjsonSink(response, request.originalUrl)
    try {
      const begin = async (message: ListedMessage): Promise<void> => {
        head(maildrop.session.recorder.id)
        await sink.begin(message)
      }
      await retrieveEach(maildrop, selection, { ...sink, begin })
    } finally {
      sink.abandon()
    }
  })
  head(done.transcript.id)
  response.end()
}

interface Leavable extends MessagesSink {
  /** No more comes. */
  abandon(): void
}

function mboxSink(response: Response): Leavable {
  let message = new MboxMessage()
  return {
    begin: async () => {
      message = new MboxMessage()
    },
    write: async (octets) => await writeTo(response, message.push(octets)),
    end: async () => await writeTo(response, message.end()),
    abandon: () => undefined,
  }
}

function ndjsonSink(response: Response, url: string): Leavable {
  let current: Reading | undefined
  let listed: ListedMessage | undefined
  let octets = 0
  return {
    begin: async (message) => {
      current = reading()
      listed = message
      octets = 0
    },
    write: async (chunk) => {
      octets += chunk.length
      await current?.write(chunk)
    },
    end: async () => {
      if (current === undefined || listed === undefined) return
      const body = messageJson(listed, octets, 'whole', await current.message(), url)
      await writeTo(response, Buffer.from(`${JSON.stringify(body)}\n`))
    },
    abandon: () => current?.abandon(),
  }
}
