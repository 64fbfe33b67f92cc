import { Router } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { pop3Call } from '../pop3-call.ts'
import { requireAcceptable } from '../represent.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { ListAnswer, pop3Query, StatAnswer } from '../schema/pop3.ts'

const FAILURES = problems([400, 401, 403, 406, 422, 423, 429, 502, 503, 504])

const stat = route({
  method: 'get',
  path: '/pop3/stat',
  operationId: 'pop3Stat',
  summary: 'How many messages, how many octets',
  description: 'Logs in and asks STAT.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query: z.strictObject(pop3Query),
  responses: { 200: answer(StatAnswer, 'What STAT answered.'), ...FAILURES },
})

const list = route({
  method: 'get',
  path: '/pop3/messages',
  operationId: 'pop3List',
  summary: 'The messages of a maildrop',
  description:
    'LIST and UIDL joined. Numbers are valid in one session only; a `uid` names its message also in the next call, as `uid:…` in the path.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query: z.strictObject(pop3Query),
  responses: { 200: answer(ListAnswer, 'The listing.'), ...FAILURES },
})

export const pop3ListingRoutes = [stat, list]

export function pop3ListingRouter(context: Context): Router {
  const router = Router()
  mount(
    router,
    stat,
  )(async ({ query }, request, response) => {
    requireAcceptable(request, ['application/json', 'text/plain'])
    const call = pop3Call(context, query, request, response)
    const done = await call.run((maildrop) => maildrop.stat())
    call.answer(done, done.value)
  })
  mount(
    router,
    list,
  )(async ({ query }, request, response) => {
    requireAcceptable(request, ['application/json', 'text/plain'])
    const call = pop3Call(context, query, request, response)
    const done = await call.run((maildrop) => maildrop.list())
    const messages = done.value
    const octets = messages.reduce((sum, message) => sum + message.octets, 0)
    call.answer(done, { messages, total: messages.length, octets })
  })
  return router
}
