import { PassThrough } from 'node:stream'
import type { Response, Router } from 'express'
import { z } from 'zod'
import { attachmentOf, type OpenAttachment } from '../../message/read.ts'
import { retrieve } from '../../pop3/retrieve.ts'
import { Fault } from '../../session/outcome.ts'
import type { Context } from '../context.ts'
import { pop3Call } from '../pop3-call.ts'
import { Problem } from '../problem.ts'
import { mount, route } from '../route.ts'
import { problems } from '../schema/answers.ts'
import { attachmentParams, pop3Query, sessionHeaders } from '../schema/pop3.ts'
import { writeTo } from '../stream-sink.ts'

/** Whatever the message says that it is: a browser is to keep it, and never to run it. */
const TYPE = 'application/octet-stream'

const attachment = route({
  method: 'get',
  path: '/pop3/messages/{n}/attachments/{i}',
  operationId: 'pop3Attachment',
  summary: 'The bytes of one attachment',
  description:
    'RETR, and of it the attachment of this number, as the parsed message counts them; decoded, and streamed while it arrives. Its type stands in the parsed message.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  params: attachmentParams,
  query: z.strictObject(pop3Query),
  responses: {
    200: {
      description: 'The bytes.',
      headers: z.object({
        'Content-Disposition': z.string().describe('`attachment`, with the filename (RFC 6266).'),
        ...sessionHeaders,
      }),
      content: { [TYPE]: { schema: z.string().meta({ format: 'binary' }), example: '%PDF-1.7' } },
    },
    ...problems([400, 401, 403, 404, 406, 422, 423, 429, 502, 503, 504]),
  },
})

export const pop3AttachmentRoutes = [attachment]

export function mountPop3Attachment(router: Router, context: Context): void {
  mount(
    router,
    attachment,
  )(async ({ params, query }, request, response) => {
    const call = pop3Call(context, query, request, response)
    await call.run(async (maildrop) => {
      const message = new PassThrough()
      let failure: unknown
      const giving = give(message, params.i, response, maildrop.session.recorder.id)
      giving.catch((error: unknown) => {
        failure = error
        message.destroy()
      })
      const sink = { begin: () => undefined, write: (octets: Buffer) => writeTo(message, octets) }
      try {
        await retrieve(maildrop, params.n, sink, { maxOctets: Number.MAX_SAFE_INTEGER })
        message.end()
        await giving
      } catch (error) {
        // what went wrong with the attachment comes before what became of the message for it
        throw failure ?? error
      } finally {
        message.destroy()
      }
    })
    response.end()
  })
}

async function give(message: PassThrough, number: number, response: Response, id: string): Promise<void> {
  const found = await attachmentOf(message, number, { headerOctets: 1_000_000 })
  if (found === undefined) {
    throw new Problem({
      status: 404,
      code: 'not-found',
      detail: `The message has no attachment ${number}.`,
      headers: { 'X-Session-Id': id },
    })
  }
  response.attachment(filenameOf(found))
  response.setHeader('Content-Type', TYPE)
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'")
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Session-Id', id)
  try {
    for await (const chunk of found.content) await writeTo(response, chunk)
  } catch (error) {
    if (response.destroyed) throw error
    if (!response.headersSent) response.removeHeader('Content-Disposition')
    throw new Fault('protocol', `attachment ${number} cannot be read to its end`, { cause: error })
  }
}

/** RFC 6266 §4.3: a name without a path, and nothing in it that a file system or a terminal takes for more. */
function filenameOf({ filename, number }: OpenAttachment): string {
  const name = (filename ?? '')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .split(/[/\\]/)
    .at(-1)
    ?.replace(/^[.\s]+/, '')
    .trimEnd()
  return name === undefined || name === '' ? `attachment-${number}` : [...name].slice(0, 200).join('')
}
