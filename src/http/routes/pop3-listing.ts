import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { headersOf, valuesOf } from '../../pop3/headers.ts'
import type { ListedMessage, Maildrop } from '../../pop3/maildrop.ts'
import { since } from '../../pop3/wait.ts'
import type { Context } from '../context.ts'
import { pop3Call } from '../pop3-call.ts'
import { type FieldError, invalidRequest } from '../problem.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { ListAnswer, pop3Query, sessionHeaders } from '../schema/pop3.ts'
import { listQuery, selectionOf, selectionQuery } from '../schema/pop3-several.ts'
import { scrubbedInTurns } from '../session-answer.ts'
import { LIST_EXAMPLE, MBOX_EXAMPLE, NDJSON_EXAMPLE } from './pop3-examples.ts'
import { giveAll, MBOX, NDJSON } from './pop3-export.ts'

const query = z.strictObject({ ...pop3Query, ...listQuery, ...selectionQuery })
type ListQuery = z.output<typeof query>

const list = route({
  method: 'get',
  path: '/pop3/messages',
  operationId: 'pop3List',
  summary: 'The messages of a maildrop, listed or whole',
  description: `LIST and UIDL joined, and STAT held against them. Numbers are valid in one session only; a \`uid\` names its message also in the next call, as \`uid:…\` in the path.

As \`${MBOX}\` (RFC 4155, quoted as mboxrd does) and as \`${NDJSON}\` (parsed, one line each) the messages themselves are streamed, all of them or those of \`numbers\` or \`uids\`, in one session. A message that breaks off breaks off the answer.`,
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query,
  responses: {
    200: {
      ...answer(ListAnswer, 'The listing.', LIST_EXAMPLE),
      headers: z.object({
        Link: z
          .string()
          .optional()
          .describe('With `limit` (RFC 8288): `first`, `prev`, `next` and `last`, relative to this URL.'),
        ...sessionHeaders,
      }),
      content: {
        ...answer(ListAnswer, '', LIST_EXAMPLE).content,
        [MBOX]: {
          schema: z.string().meta({ format: 'binary', description: 'The messages, as a mailbox file.' }),
          example: MBOX_EXAMPLE,
        },
        [NDJSON]: {
          schema: z.string().meta({
            description:
              'One parsed message a line, as `MessageAnswer` without outcome, login, diagnosis and transcript.',
          }),
          example: NDJSON_EXAMPLE,
        },
      },
    },
    ...problems([400, 401, 403, 404, 406, 422, 423, 429, 502, 503, 504]),
  },
})

export const pop3ListingRoutes = [list]

export function mountPop3Listing(router: Router, context: Context): void {
  mount(
    router,
    list,
  )(async ({ query, accepted }, request, response) => {
    if (accepted === MBOX || accepted === NDJSON) {
      refuseGiven(
        query,
        ['headers', 'after', 'offset', 'limit'],
        'a listing takes this, whole messages do not',
      )
      const selection = selectionOf(query)
      if (selection === undefined)
        throw invalidRequest([{ parameter: 'uids', detail: 'numbers stand beside it' }])
      await giveAll(context, query, selection, accepted, request, response)
    } else {
      refuseGiven(
        query,
        ['numbers', 'uids'],
        `this chooses among whole messages: Accept ${MBOX} or ${NDJSON}`,
      )
      await giveListing(context, query, request, response)
    }
  })
}

async function giveListing(
  context: Context,
  query: ListQuery,
  request: Request,
  response: Response,
): Promise<void> {
  const { offset = 0, limit, headers, after } = query
  const call = pop3Call(context, query, request, response)
  const done = await call.run(async (maildrop) => {
    const all = await maildrop.list(headers === undefined ? 'quit' : 'more')
    const chosen = since(maildrop, all, after)
    const page = chosen.slice(offset, limit === undefined ? undefined : offset + limit)
    const messages = headers === undefined ? page : await withHeaders(maildrop, page, headers)
    return {
      messages,
      total: all.length,
      octets: all.reduce((sum, message) => sum + message.octets, 0),
      selected: chosen.length,
    }
  })
  const links =
    limit === undefined ? {} : { Link: linksOf(request.originalUrl, offset, limit, done.value.selected) }
  const messages = await scrubbedInTurns(done.value.messages, done.scrub)
  call.answerAsItIs(done, { ...done.value, messages }, links)
}

async function withHeaders(maildrop: Maildrop, page: readonly ListedMessage[], names: readonly string[]) {
  const given = new Map<number, Record<string, string | null>>()
  const numbers = page.map(({ number }) => number)
  if (numbers.length > 0) {
    await headersOf(maildrop, numbers, { ending: 'quit', without: 'nothing' }, (number, header) => {
      if (header !== undefined) given.set(number, valuesOf(header, names))
    })
  }
  return page.map(({ number, octets, uid }) => ({ number, octets, uid, headers: given.get(number) ?? null }))
}

/** RFC 8288 §3, relative to the URL of the call, so that they are right behind a proxy too. */
function linksOf(url: string, offset: number, limit: number, selected: number): string {
  const last = selected === 0 ? 0 : Math.floor((selected - 1) / limit) * limit
  const places: readonly (readonly [string, number | undefined])[] = [
    ['first', 0],
    ['prev', offset > 0 ? Math.max(0, offset - limit) : undefined],
    ['next', offset + limit < selected ? offset + limit : undefined],
    ['last', last],
  ]
  return places
    .flatMap(([relation, place]) => {
      if (place === undefined) return []
      const parameters = new URLSearchParams(url.split('?', 2)[1] ?? '')
      parameters.set('offset', String(place))
      return [`<?${parameters.toString()}>; rel="${relation}"`]
    })
    .join(', ')
}

function refuseGiven(query: ListQuery, names: readonly (keyof ListQuery)[], detail: string): void {
  const errors: FieldError[] = names
    .filter((name) => query[name] !== undefined)
    .map((parameter) => ({ parameter, detail }))
  if (errors.length > 0) throw invalidRequest(errors)
}
