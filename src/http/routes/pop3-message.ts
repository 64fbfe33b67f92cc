import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import type { Maildrop, MessageRef } from '../../pop3/maildrop.ts'
import { type RetrieveOptions, retrieve } from '../../pop3/retrieve.ts'
import type { Context } from '../context.ts'
import { entityTag, precondition } from '../etag.ts'
import { messageJson, reading } from '../message-json.ts'
import { nameSession, type Pop3Query, pop3Call } from '../pop3-call.ts'
import { EVENT_STREAM } from '../represent.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { linesQuery, MessageAnswer, messageParams, pop3Query, sessionHeaders } from '../schema/pop3.ts'
import { writeTo } from '../stream-sink.ts'
import { MESSAGE_EXAMPLE, RAW_EXAMPLE } from './pop3-examples.ts'

const RAW = 'message/rfc822'

const HEADERS = z.object({
  ETag: z.string().optional().describe('The unique-id.'),
  ...sessionHeaders,
})

const read = route({
  method: 'get',
  path: '/pop3/messages/{n}',
  operationId: 'pop3Retrieve',
  summary: 'Read one message',
  description:
    'RETR, or TOP with `lines`. As JSON the message is parsed; as `message/rfc822` its exact octets are streamed. The `ETag` is the unique-id, which `If-Match` takes: then it is read, or deleted, only if it is that message; with it in `If-None-Match` nothing is retrieved and the answer is 304.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  params: messageParams,
  query: z.strictObject({ ...pop3Query, lines: linesQuery }),
  responses: {
    200: {
      ...answer(MessageAnswer, 'The message.', MESSAGE_EXAMPLE),
      headers: HEADERS,
      content: {
        ...answer(MessageAnswer, '', MESSAGE_EXAMPLE).content,
        [RAW]: {
          schema: z.string().meta({ format: 'binary', description: 'The exact octets.' }),
          example: RAW_EXAMPLE,
        },
      },
    },
    304: { description: 'It is the message of `If-None-Match`; it was not retrieved.', headers: HEADERS },
    ...problems([400, 401, 403, 404, 406, 412, 422, 423, 429, 502, 503, 504]),
  },
})

export const pop3MessageRoutes = [read]

export function mountPop3Message(router: Router, context: Context): void {
  mount(
    router,
    read,
  )(async ({ params, query, accepted }, request, response) => {
    const { lines, ...common } = query
    // a stream of events is nothing that a caller could have kept
    const unless = accepted === EVENT_STREAM ? undefined : precondition(request, 'If-None-Match')
    const onlyIf = precondition(request, 'If-Match')
    const wanted = {
      asked: {
        ...(lines === undefined ? {} : { lines }),
        ...(onlyIf === undefined ? {} : { onlyIf }),
        ...(unless === undefined ? {} : { unless }),
      },
      ...common,
    }
    const give = accepted === RAW ? giveRaw : giveParsed
    await give(context, params.n, wanted, request, response)
  })
}

interface Wanted extends Pop3Query {
  readonly asked: Pick<RetrieveOptions, 'lines' | 'onlyIf' | 'unless'>
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
  const done = await call.run(
    async (maildrop) =>
      await retrieve(
        maildrop,
        ref,
        {
          begin: ({ uid }) => {
            response.setHeader('Content-Type', RAW)
            response.setHeader('X-Session-Id', maildrop.session.recorder.id)
            tag(response, told(maildrop, uid))
          },
          write: (octets) => writeTo(response, octets),
        },
        { maxOctets: Number.MAX_SAFE_INTEGER, ...query.asked },
      ),
  )
  const { found, octets } = done.value
  if (octets === undefined) notModified(response, found.uid === null ? null : done.scrub(found.uid))
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
    const parsing = reading()
    try {
      const sink = { begin: () => undefined, write: parsing.write }
      const retrieved = await retrieve(maildrop, ref, sink, {
        maxOctets: context.maxMessageOctets,
        ...query.asked,
      })
      const { octets } = retrieved
      const found = { ...retrieved.found, uid: told(maildrop, retrieved.found.uid) }
      if (octets === undefined) return { found, body: undefined }
      const complete = query.asked.lines === undefined ? 'whole' : 'cut'
      return {
        found,
        body: messageJson(found, octets, complete, await parsing.message(), request.originalUrl),
      }
    } finally {
      parsing.abandon()
    }
  })
  const { found, body } = done.value
  if (body !== undefined) {
    call.answerAsItIs(done, body, tagged(found.uid))
    return
  }
  nameSession(response, done)
  notModified(response, found.uid)
  response.end()
}

/** A unique-id is the server's word, and may be what it was told. */
function told({ session }: Maildrop, uid: string | null): string | null {
  return uid === null ? null : session.recorder.scrub(uid)
}

function notModified(response: Response, uid: string | null): void {
  tag(response, uid)
  response.status(304)
}

function tag(response: Response, uid: string | null): void {
  response.setHeader('Cache-Control', 'no-store')
  for (const [name, value] of Object.entries(tagged(uid))) response.setHeader(name, value)
}

/** One message has one unique-id, whatever the form it is given in. */
function tagged(uid: string | null): Record<string, string> {
  return { Vary: 'Accept', ...(uid === null ? {} : { ETag: entityTag(uid) }) }
}
