import { PassThrough } from 'node:stream'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { readMessage } from '../../message/read.ts'
import type { FoundMessage, MessageRef } from '../../pop3/maildrop.ts'
import { Unmet } from '../../session/outcome.ts'
import type { Context } from '../context.ts'
import { entityTag, uidsIn } from '../etag.ts'
import { type Pop3Query, pop3Call } from '../pop3-call.ts'
import { invalidRequest } from '../problem.ts'
import { requireAcceptable } from '../represent.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { DeleteAnswer, linesQuery, MessageAnswer, messageParams, pop3Query } from '../schema/pop3.ts'
import { writeTo } from '../stream-sink.ts'

const retrieve = route({
  method: 'get',
  path: '/pop3/messages/{n}',
  operationId: 'pop3Retrieve',
  summary: 'Read one message',
  description:
    'RETR, or TOP with `lines`. As JSON the message is parsed; as `message/rfc822` its exact octets are streamed. The `ETag` is the unique-id, which `If-Match` takes when it is to be deleted.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  params: messageParams,
  query: z.strictObject({ ...pop3Query, lines: linesQuery }),
  responses: {
    200: {
      ...answer(MessageAnswer, 'The message.'),
      headers: z.object({
        ETag: z.string().optional().describe('The unique-id.'),
        'X-Session-Id': z.string().optional(),
      }),
      content: {
        ...answer(MessageAnswer, '').content,
        'message/rfc822': { schema: z.string().meta({ format: 'binary', description: 'The exact octets.' }) },
      },
    },
    ...problems([400, 401, 403, 404, 406, 422, 423, 429, 502, 503, 504]),
  },
})

const remove = route({
  method: 'delete',
  path: '/pop3/messages/{n}',
  operationId: 'pop3Delete',
  summary: 'Delete one message',
  description:
    'DELE, then QUIT, so that it takes effect; the answer says whether it did. Name the message by `uid:…`, or give its unique-id in `If-Match`: a number may name another message by now.',
  tag: 'POP3',
  impact: 'destroys',
  credentials: 'mailbox',
  params: messageParams,
  query: z.strictObject(pop3Query),
  responses: {
    200: answer(DeleteAnswer, 'It is deleted.'),
    ...problems([400, 401, 403, 404, 406, 412, 422, 423, 429, 502, 503, 504]),
  },
})

export const pop3MessageRoutes = [retrieve, remove]

/** What a message as JSON may take at the most. */
const READING = { textOctets: 5_000_000, attachments: 200, headerOctets: 1_000_000 }

export function pop3MessageRouter(context: Context): Router {
  const router = Router()
  mount(
    router,
    retrieve,
  )(async ({ params, query }, request, response) => {
    requireAcceptable(request, ['application/json', 'text/plain', 'message/rfc822'])
    const { lines, ...common } = query
    const raw = request.accepts(['application/json', 'text/plain', 'message/rfc822']) === 'message/rfc822'
    const give = raw ? giveRaw : giveParsed
    await give(context, params.n, { ...common, lines }, request, response)
  })
  mount(
    router,
    remove,
  )(async ({ params, query }, request, response) => {
    requireAcceptable(request, ['application/json', 'text/plain'])
    const call = pop3Call(context, query, request, response)
    const wanted = ifMatch(request)
    let marked: FoundMessage[] = []
    const done = await call.run(
      async (maildrop) => {
        const found = await maildrop.find(params.n)
        requireMatch(found, wanted)
        if (params.n.by === 'number' && wanted === undefined) {
          maildrop.remark(
            'number-may-move',
            'A message number is valid in one session only; a unique-id or If-Match is the safe way.',
          )
        }
        await maildrop.mark([found])
        marked = [found]
        await maildrop.commit()
        return [found]
      },
      ({ failure }) => ({ deleted: marked, committed: failure?.outcome === 'unknown' ? 'unknown' : false }),
    )
    call.answer(done, { deleted: done.value, committed: true })
  })
  return router
}

interface Wanted extends Pop3Query {
  readonly lines: number | undefined
}

/** The octets as they come. What goes wrong before the first of them is a problem; a message that breaks off aborts the answer. */
async function giveRaw(
  context: Context,
  ref: MessageRef,
  query: Wanted,
  request: Request,
  response: Response,
): Promise<void> {
  const call = pop3Call(context, query, request, response)
  await call.run(async (maildrop, session) => {
    const found = await maildrop.find(ref)
    await maildrop.retrieve(
      found,
      {
        begin: ({ uid }) => {
          response.setHeader('Content-Type', 'message/rfc822')
          response.setHeader('Cache-Control', 'no-store')
          response.setHeader('X-Session-Id', session.recorder.id)
          if (uid !== null) response.setHeader('ETag', entityTag(uid))
        },
        write: (octets) => writeTo(response, octets),
      },
      { ...cut(query.lines), maxOctets: Number.MAX_SAFE_INTEGER },
    )
  })
  response.end()
}

async function giveParsed(
  context: Context,
  ref: MessageRef,
  query: Wanted,
  request: Request,
  response: Response,
): Promise<void> {
  const call = pop3Call(context, query, request, response)
  const done = await call.run(async (maildrop) => {
    const found = await maildrop.find(ref)
    const octets = new PassThrough()
    const sink = { begin: () => undefined, write: (chunk: Buffer) => writeTo(octets, chunk) }
    const receive = async (): Promise<number> => {
      try {
        const limits = { ...cut(query.lines), maxOctets: context.maxMessageOctets }
        return (await maildrop.retrieve(found, sink, limits)).octets
      } finally {
        octets.end()
      }
    }
    // both at once, so that whichever fails first is heard
    const [received, message] = await Promise.all([receive(), readMessage(octets, READING)])
    return { found, received, message }
  })
  const { found, received, message } = done.value
  if (found.uid !== null) response.setHeader('ETag', entityTag(found.uid))
  call.answer(done, { ...found, octets: received, complete: query.lines === undefined, ...message })
}

function cut(lines: number | undefined): { readonly lines?: number } {
  return lines === undefined ? {} : { lines }
}

function ifMatch(request: Request): readonly string[] | '*' | undefined {
  const header = request.headers['if-match']
  if (header === undefined) return undefined
  const uids = uidsIn(header)
  if (uids !== undefined) return uids
  throw invalidRequest([
    { header: 'If-Match', detail: 'the unique-id in quotation marks is wanted, as ETag gives it' },
  ])
}

/** @throws {Unmet} when the message is another one than was meant */
function requireMatch(found: FoundMessage, wanted: readonly string[] | '*' | undefined): void {
  if (wanted === undefined || wanted === '*') return
  if (found.uid !== null && wanted.includes(found.uid)) return
  throw new Unmet(
    'precondition-failed',
    `message ${found.number} has another unique-id than If-Match names`,
    { outcome: 'rejected' },
  )
}
