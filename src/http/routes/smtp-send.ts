import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { diagnose } from '../../diagnosis/diagnose.ts'
import type { Target } from '../../session/target.ts'
import { mechanismsIn, sizeLimitIn } from '../../smtp/ehlo.ts'
import type { Envelope } from '../../smtp/envelope.ts'
import { type SendResult, send } from '../../smtp/send.ts'
import { visibleContent } from '../../text/visible.ts'
import { bodyWish } from '../auth-wish.ts'
import type { Context } from '../context.ts'
import { envelopeOf, requireAddresses } from '../envelope.ts'
import { type OutgoingMessage, outgoingMessage } from '../outgoing-message.ts'
import { popBefore } from '../pop-before.ts'
import { represent, requireAcceptable } from '../represent.ts'
import { mount, route } from '../route.ts'
import { runFor, timeLimitsOf } from '../run.ts'
import { answer, problems } from '../schema/answers.ts'
import { transcriptQuery } from '../schema/connection.ts'
import { DryRunAnswer, SendAnswer, SendBody } from '../schema/send.ts'
import { openingOf, wishesOf } from '../send-wishes.ts'
import {
  type Circumstances,
  problemOf,
  replyBody,
  scrubbed,
  sessionText,
  situationOf,
} from '../session-answer.ts'
import { EXAMPLES } from './smtp-send-examples.ts'

const sendRoute = route({
  method: 'post',
  path: '/smtp/send',
  operationId: 'smtpSend',
  summary: 'Send one message',
  description:
    'One session that sends one message: greeting, EHLO, STARTTLS, login, MAIL, RCPT for each recipient, DATA, QUIT. `accepted` means that the server has taken the message over. With `stopAfter` the session ends earlier, with `dryRun` nothing is connected.',
  tag: 'SMTP',
  impact: 'sends',
  query: z.strictObject(transcriptQuery),
  body: SendBody,
  bodyExamples: EXAMPLES,
  responses: {
    200: answer(
      z.union([SendAnswer, DryRunAnswer]),
      'The server took the message over, for all recipients or for some.',
    ),
    ...problems([400, 401, 403, 406, 413, 415, 422, 429, 502, 503, 504]),
  },
})

export const smtpSendRoutes = [sendRoute]

export function smtpSendRouter(context: Context): Router {
  const router = Router()
  mount(
    router,
    sendRoute,
  )(async ({ body, query }, request, response) => {
    requireAcceptable(request, ['application/json', 'text/plain'])
    const { target, server } = context.servers.meant('smtp', body, 'body')
    const timeLimits = timeLimitsOf(context, body.timeouts, 'body')
    const auth = bodyWish(body.auth, server)
    const hello = body.hello?.name ?? server?.hello ?? context.helloName
    requireAddresses(context, body)
    const opening = openingOf(body, hello)
    const message = await outgoingMessage(context, body)
    const envelope = envelopeOf(context, body, message)
    if (body.dryRun === true) {
      represent(request, response, dryRun(envelope, message))
      return
    }
    const pop = body.auth?.popBefore
    if (pop !== undefined && auth !== undefined) {
      await popBefore(context, { ...body, server: pop }, auth, timeLimits, response)
    }
    const result = await runFor(context, target, response, (signal) =>
      send(context.tools, {
        target,
        opening,
        auth: pop === undefined ? auth : undefined,
        ...(body.proxy === undefined ? {} : { proxied: body.proxy }),
        envelope: { ...envelope, wishes: wishesOf(body.envelope) },
        message: { content: () => [message.octets], facts: message.facts },
        pipelining: body.pipelining ?? 'auto',
        chunking: body.chunking ?? 'auto',
        onRejectedRecipient: body.onRejectedRecipient ?? 'continue',
        timeLimits,
        signal,
      }),
    )
    answerSend(
      request,
      response,
      result,
      circumstancesOf(target, envelope, result),
      message,
      query.transcript,
    )
  })
  return router
}

function dryRun(envelope: Envelope, message: OutgoingMessage) {
  const from = envelope.reversePath?.address ?? ''
  const to = envelope.forwardPaths.map(({ address }) => address)
  const raw = visibleContent(message.octets)
  return {
    json: {
      outcome: 'ok',
      dryRun: true,
      envelope: { from, to },
      messageId: message.messageId,
      octets: message.octets.length,
      rawBase64: message.octets.toString('base64'),
      raw,
      findings: message.findings,
    },
    text: `MAIL FROM:<${from}>\n${to.map((recipient) => `RCPT TO:<${recipient}>\n`).join('')}DATA\n${raw}\n`,
  }
}

function answerSend(
  request: Request,
  response: Response,
  result: SendResult,
  circumstances: Circumstances,
  message: OutgoingMessage,
  detailLevel: 'full' | 'none' | undefined,
): void {
  const { transcript, accepted, reply, opening, stage, outcome } = result
  const shared = {
    accepted: accepted.map(({ recipient }) => recipient),
    rejected: rejectedOf(result, circumstances),
    messageId: message.messageId,
    auth: opening.auth ?? null,
  }
  if (result.failure !== undefined) throw problemOf(result, circumstances, shared, detailLevel)
  const situation = situationOf(
    result,
    circumstances,
    firstRefusal(result) ?? { outcome, stage, ...(reply === undefined ? {} : { reply }) },
  )
  const diagnosis = scrubbed(diagnose(situation), result.scrub)
  response.setHeader('X-Session-Id', transcript.id)
  represent(request, response, {
    json: {
      outcome,
      stage,
      ...scrubbed(
        {
          ...shared,
          queueId: result.queueId ?? null,
          reply: reply === undefined ? null : replyBody(reply),
        },
        result.scrub,
      ),
      diagnosis: diagnosis ?? null,
      ...(detailLevel === 'none' ? {} : { transcript: withFindings(transcript, message) }),
    },
    text: sessionText(withFindings(transcript, message), outcome, stage, diagnosis),
  })
}

/** What was noticed about the message before the session began belongs to the same account. */
function withFindings(
  transcript: SendResult['transcript'],
  message: OutgoingMessage,
): SendResult['transcript'] {
  const findings = message.findings.map(({ code, text }) => ({ code, text, evidence: [] }))
  return { ...transcript, findings: [...findings, ...transcript.findings] }
}

/** On a partial success the diagnosis is that of the first refusal. */
function firstRefusal(result: SendResult) {
  const [first] = result.rejected
  if (first === undefined) return undefined
  const outcome = first.reply.severity === 'transient' ? ('deferred' as const) : ('rejected' as const)
  return { outcome, stage: 'rcpt' as const, reply: first.reply }
}

function rejectedOf(result: SendResult, circumstances: Circumstances) {
  return result.rejected.map(({ recipient, reply }) => {
    const outcome = reply.severity === 'transient' ? ('deferred' as const) : ('rejected' as const)
    const stage =
      result.failure !== undefined && result.failure.reply === reply
        ? result.failure.stage
        : ('rcpt' as const)
    const code = diagnose(
      situationOf(result, { ...circumstances, recipient }, { outcome, stage, reply }),
    )?.code
    return { recipient, reply: replyBody(reply), ...(code === undefined ? {} : { diagnosis: { code } }) }
  })
}

function circumstancesOf(target: Target, envelope: Envelope, result: SendResult): Circumstances {
  const { auth, extensions, extensionsBeforeTls } = result.opening
  const recipient = result.rejected[0]?.recipient ?? envelope.forwardPaths[0]?.address
  const sizeLimit = extensions === undefined ? undefined : sizeLimitIn(extensions)
  return {
    target,
    login: {
      state: auth === undefined ? 'not-asked' : auth.chosen === null ? 'asked' : 'done',
      offered: extensions === undefined ? [] : mechanismsIn(extensions),
    },
    ...(extensionsBeforeTls === undefined
      ? {}
      : { starttls: extensionsBeforeTls.has('STARTTLS') ? ('offered' as const) : ('not-offered' as const) }),
    sender: envelope.reversePath?.address ?? '',
    ...(recipient === undefined ? {} : { recipient }),
    ...(sizeLimit === undefined ? {} : { sizeLimit }),
  }
}
