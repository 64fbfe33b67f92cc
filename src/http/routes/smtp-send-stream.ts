import type { Router } from 'express'
import type { ConfiguredServer } from '../../session/configured-server.ts'
import type { ContentFacts, Envelope } from '../../smtp/envelope.ts'
import { send } from '../../smtp/send.ts'
import { mailboxCredentials } from '../access.ts'
import { submissionWish } from '../auth-wish.ts'
import type { Context } from '../context.ts'
import { deliver, destinationOf, type Sending, wayOf } from '../delivery.ts'
import { queryEnvelope } from '../envelope.ts'
import { MessageStream } from '../message-stream.ts'
import { popBefore } from '../pop-before.ts'
import { invalidRequest, Problem } from '../problem.ts'
import { represent } from '../represent.ts'
import { contentLengthOf, hearOut, invite, isOfType, RequestBody } from '../request-body.ts'
import { mount, route, validParameters } from '../route.ts'
import { timeLimitsOf } from '../run.ts'
import { connectionOf } from '../schema/connection.ts'
import { SendStreamQuery, type StreamWishes, streamed, wishesIn } from '../schema/send-stream.ts'
import { brokenOffProblem, sendAnswer } from '../send-answer.ts'
import { openingOf, wishesOf } from '../send-wishes.ts'
import { together } from '../together.ts'
import { sendRoute } from './smtp-send.ts'

/** The same operation as the JSON form, which documents both. */
const sendStreamRoute = route({
  method: 'post',
  path: '/smtp/send',
  operationId: 'smtpSendStream',
  summary: 'Send one message as it is',
  description: streamed.description,
  tag: 'SMTP',
  impact: 'sends',
  query: SendStreamQuery,
  responses: sendRoute.responses,
})

export function mountSmtpSendStream(router: Router, context: Context): void {
  mount(router, sendStreamRoute, (request) => isOfType(request, streamed.type))(
    async ({ query }, request, response) => {
      refuseKey(request.headers['idempotency-key'])
      requireIdentity(request.headers['content-encoding'])
      requireRoom(context, contentLengthOf(request))
      const connection = connectionOf(query)
      const credentials = mailboxCredentials(request)
      const login = credentials === undefined ? 'not-asked' : 'asked'
      const routing = { route: query.route, port: query.port, family: query.family }
      let server: ConfiguredServer | undefined
      const { way, timeLimits, auth, wishes, paths } = await together({
        way: () => {
          const meant = wayOf(context, { ...connection, ...routing }, login, 'query')
          server = meant.server
          return meant
        },
        timeLimits: () => timeLimitsOf(context, connection.timeouts, 'query'),
        auth: () => submissionWish(credentials, query, server),
        wishes: () => validParameters(wishesIn(query)),
        paths: () => queryEnvelope(context, query),
      })
      const name = wishes.hello?.name ?? server?.hello ?? context.helloName
      const opening = openingOf({ ...query, ...wishes }, name, 'query')
      const envelope: Envelope = { wishes: wishesOf(wishes.envelope), ...paths }
      const destination = destinationOf(way, envelope, () => ({ parameter: 'to' }))
      const facts = factsOf(query, contentLengthOf(request))
      requireSizeForBinary(wishes, facts)
      const { clock } = context.tools
      const message = new MessageStream(
        () => {
          invite(request, response)
          return new RequestBody(request)
        },
        {
          lineEnds: query.lineEnds ?? 'auto',
          maxOctets: context.maxMessageOctets,
          idleMs: timeLimits.data,
          deadline: clock.now() + timeLimits.total,
        },
        clock,
      )
      const sending: Sending = (target, tools, limits, signal) =>
        send(tools, {
          target,
          opening,
          ...(query.popBefore === undefined ? { auth } : { auth: undefined, popLogin: auth }),
          ...(wishes.proxy === undefined ? {} : { proxied: wishes.proxy }),
          envelope,
          message: {
            content: () => message.content(),
            facts,
          },
          pipelining: query.pipelining ?? 'auto',
          chunking: query.chunking ?? 'auto',
          onRejectedRecipient: query.onRejectedRecipient ?? 'continue',
          timeLimits: limits,
          signal,
        })
      if (query.popBefore !== undefined && auth !== undefined) {
        const pop = { ...connection, server: query.popBefore }
        await popBefore(context, pop, auth, timeLimits, response, 'query')
      }
      const { result, ...delivery } = await deliver(context, {
        destination,
        timeLimits,
        response,
        sending,
        // a body can be had once
        repeatable: () => !message.begun,
      })
      message.release()
      hearOut(request, response)
      const noticed = { messageId: message.messageId, findings: [...message.findings, ...delivery.findings] }
      const sent = { envelope, message: noticed, detailLevel: query.transcript, ...delivery }
      const { brokenOff } = message
      if (brokenOff !== undefined && result.failure?.unmet === brokenOff.unmet) {
        const { errors, ...problem } = brokenOff.problem
        throw brokenOffProblem(result, sent, {
          ...problem,
          ...(errors === undefined ? {} : { members: { errors } }),
        })
      }
      const answer = sendAnswer(result, sent)
      if (answer instanceof Problem) throw answer
      represent(request, response, answer)
    },
  )
}

/** Line ends may become more octets, and never fewer: no size is better than a wrong one (RFC 1870 §5). */
function factsOf({ lineEnds }: SendStreamQuery, length: number | undefined): ContentFacts {
  return {
    octets: lineEnds === 'refuse' ? length : undefined,
    ...(length === undefined ? {} : { leastOctets: length }),
    eightBit: 'unknown',
    header: 'ascii',
  }
}

/**
 * RFC 3030 §3: binary content goes by BDAT alone, and that is told its size.
 * @throws {Problem} 400
 */
function requireSizeForBinary({ envelope }: StreamWishes, { octets }: ContentFacts): void {
  if (envelope?.body !== 'BINARYMIME' || octets !== undefined) return
  throw invalidRequest([
    {
      parameter: 'envelope.body',
      detail: 'BINARYMIME needs the size beforehand: a Content-Length, and lineEnds=refuse',
    },
  ])
}

/**
 * Whether two streams are the same is not known before they are over, and a key that does not hold is worse than none.
 * @throws {Problem} 400
 */
function refuseKey(key: unknown): void {
  if (key === undefined) return
  throw invalidRequest([
    { header: 'Idempotency-Key', detail: 'it goes with JSON: `message.rawBase64` takes the exact octets' },
  ])
}

/** @throws {Problem} 415 */
function requireIdentity(coding: string | undefined): void {
  if (coding === undefined || coding.toLowerCase() === 'identity') return
  throw new Problem({
    status: 415,
    code: 'unsupported-media-type',
    detail: 'The message has to come without a content encoding.',
  })
}

/** @throws {Problem} 413, before anything is connected */
function requireRoom(context: Context, octets: number | undefined): void {
  if (octets === undefined || octets <= context.maxMessageOctets) return
  throw new Problem({
    status: 413,
    code: 'payload-too-large',
    detail: `The message has ${octets} octets; this service takes at most ${context.maxMessageOctets}.`,
  })
}
