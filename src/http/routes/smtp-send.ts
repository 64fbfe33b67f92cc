import type { Router } from 'express'
import { z } from 'zod'
import type { ConfiguredServer } from '../../session/configured-server.ts'
import { send } from '../../smtp/send.ts'
import { bodyWish } from '../auth-wish.ts'
import type { Context } from '../context.ts'
import { deliver, destinationOf, reachedServer, type Sending, wayOf } from '../delivery.ts'
import { dryRun } from '../dry-run.ts'
import { addressFaults, envelopeOf, requireAddresses } from '../envelope.ts'
import { answerOf, type Finished, idempotencyHeaders, idempotencyKeyOf } from '../idempotency.ts'
import { outgoingMessage } from '../outgoing-message.ts'
import { popBefore } from '../pop-before.ts'
import { represent } from '../represent.ts'
import { mount, route } from '../route.ts'
import { timeLimitsOf } from '../run.ts'
import { answer, problems } from '../schema/answers.ts'
import { transcriptQuery } from '../schema/connection.ts'
import { DryRunAnswer, SendAnswer, SendBody } from '../schema/send.ts'
import { streamed } from '../schema/send-stream.ts'
import { sendAnswer } from '../send-answer.ts'
import { openingOf, wishesOf } from '../send-wishes.ts'
import { together } from '../together.ts'
import { EXAMPLES } from './smtp-send-examples.ts'

const SENT = answer(
  z.union([SendAnswer, DryRunAnswer]),
  'The server took the message over, for all recipients or for some.',
)

export const sendRoute = route({
  method: 'post',
  path: '/smtp/send',
  operationId: 'smtpSend',
  summary: 'Send one message',
  description:
    'One session that sends one message: greeting, EHLO, STARTTLS, login, MAIL, RCPT for each recipient, DATA, QUIT. `accepted` means that the server has taken the message over. With `stopAfter` the session ends earlier, with `dryRun` nothing is connected. With `route: "mx"` the mail hosts of the recipients’ domain are tried in the order of their MX records, the next one where one fails before the message was handed over. A body of `message/rfc822` is passed on as it comes, with everything else in the query: `curl --data-binary @mail.eml`.',
  tag: 'SMTP',
  impact: 'sends',
  query: z.strictObject(transcriptQuery),
  headers: idempotencyHeaders,
  body: SendBody,
  alsoAtFault: addressFaults,
  bodyExamples: EXAMPLES,
  streamed,
  credentials: 'optional',
  responses: {
    200: {
      ...SENT,
      headers: SENT.headers.extend({
        'Idempotency-Replayed': z
          .literal('true')
          .optional()
          .describe('This is the answer of the first call with this `Idempotency-Key`.'),
      }),
    },
    ...problems([400, 401, 403, 406, 408, 409, 413, 415, 422, 429, 502, 503, 504]),
  },
})

export const smtpSendRoutes = [sendRoute]

export function mountSmtpSend(router: Router, context: Context): void {
  mount(
    router,
    sendRoute,
  )(async ({ body, query }, request, response) => {
    const key = idempotencyKeyOf(request)
    let server: ConfiguredServer | undefined
    const { way, timeLimits, auth, opening, message } = await together({
      way: () => {
        const meant = wayOf(context, body, body.auth === undefined ? 'not-asked' : 'asked', 'body')
        server = meant.server
        return meant
      },
      timeLimits: () => timeLimitsOf(context, body.timeouts, 'body'),
      auth: () => bodyWish(body.auth, server),
      addresses: () => requireAddresses(context, body.envelope),
      opening: () => openingOf(body, body.hello?.name ?? server?.hello ?? context.helloName, 'body'),
      message: () => outgoingMessage(context, body),
    })
    const envelope = envelopeOf(context, body, message)
    const destination = destinationOf(way, envelope, (at) => ({
      pointer: body.envelope?.to === undefined ? '/message' : `/envelope/to/${at}`,
    }))
    if (body.dryRun === true) {
      represent(request, response, dryRun(envelope, message))
      return
    }
    const work = async (): Promise<Finished> => {
      const pop = body.auth?.popBefore
      if (pop !== undefined && auth !== undefined) {
        await popBefore(context, { ...body, server: pop }, auth, timeLimits, response, 'body')
      }
      const sending: Sending = (target, tools, limits, signal) =>
        send(tools, {
          target,
          opening,
          ...(pop === undefined ? { auth } : { auth: undefined, popLogin: auth }),
          ...(body.proxy === undefined ? {} : { proxied: body.proxy }),
          envelope: { wishes: wishesOf(body.envelope), ...envelope },
          message: { content: () => message.blocks, facts: message.facts },
          pipelining: body.pipelining ?? 'auto',
          chunking: body.chunking ?? 'auto',
          onRejectedRecipient: body.onRejectedRecipient ?? 'continue',
          timeLimits: limits,
          signal,
        })
      const delivery = await deliver(context, {
        destination,
        timeLimits,
        response,
        sending,
        repeatable: () => true,
      })
      const findings = [...message.findings, ...delivery.findings]
      const told = { ...message, findings }
      return {
        answer: sendAnswer(delivery.result, {
          envelope,
          message: told,
          detailLevel: query.transcript,
          ...delivery,
        }),
        stands: reachedServer(delivery) ? 'for-good' : 'until-next-time',
      }
    }
    const caller = String(response.locals['caller'])
    represent(
      request,
      response,
      key === undefined
        ? answerOf(await work())
        : await context.idempotency.once(
            { key, caller, wish: { body: request.body, query } },
            response,
            work,
          ),
    )
  })
}
