import type { Router } from 'express'
import { z } from 'zod'
import type { FoundMessage, Maildrop } from '../../pop3/maildrop.ts'
import { loginDelayOf, nextLook, type Pace } from '../../pop3/pace.ts'
import { retrieve } from '../../pop3/retrieve.ts'
import type { Pop3End } from '../../pop3/session.ts'
import { type Criteria, look, type SeenMessage } from '../../pop3/wait.ts'
import { NoRoom } from '../../session/sessions.ts'
import type { Context } from '../context.ts'
import { entityTag } from '../etag.ts'
import { messageJson, reading } from '../message-json.ts'
import { pause } from '../pause.ts'
import { type Done, type Failed, hasFailed, nameSession, pop3Call } from '../pop3-call.ts'
import { invalidRequest, Problem } from '../problem.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { MessageAnswer, pop3Query, sessionHeaders } from '../schema/pop3.ts'
import { waitQuery } from '../schema/pop3-several.ts'
import { MESSAGE_EXAMPLE } from './pop3-examples.ts'

const TIMEOUT_MS = 60_000
const INTERVAL_MS = 5000
/** As many of the messages that came and were others are told. */
const MOST_SEEN = 100

const query = z.strictObject({ ...pop3Query, ...waitQuery })
type WaitQuery = z.output<typeof query>

const wait = route({
  method: 'get',
  path: '/pop3/messages/wait',
  operationId: 'pop3Wait',
  summary: 'Wait for a message',
  description:
    'Looks into the maildrop at a polite pace, one session after the other, until a message comes that is like this, and answers with it, parsed. With what was seen instead, the answer is 504. LOGIN-DELAY of the server holds, and a mailbox that is in use or not to be had for now is tried again. A caller that leaves ends it.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query,
  responses: {
    200: {
      ...answer(MessageAnswer, 'The message.', MESSAGE_EXAMPLE),
      headers: z.object({
        ETag: z.string().optional().describe('The unique-id.'),
        ...sessionHeaders,
      }),
    },
    ...problems([400, 401, 403, 406, 422, 423, 429, 502, 503, 504]),
  },
})

export const pop3WaitRoutes = [wait]

type Found = { readonly found: FoundMessage; readonly body: Readonly<Record<string, unknown>> } | undefined

export function mountPop3Wait(router: Router, context: Context): void {
  mount(
    router,
    wait,
  )(async ({ query }, request, response) => {
    const { clock } = context.tools
    const pace = paceOf(context, query, clock.now())
    const call = pop3Call(context, query, request, response)
    const seen = new Set<string>()
    const passed: SeenMessage[] = []
    const pass = (message: SeenMessage): void => {
      if (passed.length < MOST_SEEN) passed.push(message)
    }
    let last: Pop3End<Found> | undefined
    for (let looks = 1; ; looks += 1) {
      const began = clock.now()
      const end = await attempted(looks, () =>
        call.attempt((maildrop) =>
          lookFor(maildrop, criteriaOf(query), seen, pass, context.maxMessageOctets, request.originalUrl),
        ),
      )
      if (end !== undefined && hasFailed(end) && !mayPass(end)) throw call.problem(end, {})
      last = end ?? last
      if (end !== undefined && !hasFailed(end) && end.value !== undefined) {
        const { found, body } = end.value
        nameSession(response, end)
        const headers = found.uid === null ? {} : { ETag: entityTag(found.uid) }
        call.answerAsItIs(end as Done<Found>, body, headers)
        return
      }
      const next = nextLook(began, pace, loginDelayOf(end?.failure, end?.opening.capabilities))
      if (next === undefined) {
        // the last look says why nothing could be seen
        if (end !== undefined && hasFailed(end)) throw call.problem(end, { looks, seen: passed })
        throw nothingCame(last, passed, looks, pace.timeout, query)
      }
      const how = await pause(clock, next - clock.now(), response, context.sessions.closing)
      if (how === 'left') return
    }
  })
}

/** @throws {Problem} 400 when it is longer than a call may take */
function paceOf(
  context: Context,
  { timeout = TIMEOUT_MS, interval = INTERVAL_MS }: WaitQuery,
  now: number,
): Pace & { readonly timeout: number } {
  const maximum = context.timeLimits.maxima.total
  if (timeout > maximum)
    throw invalidRequest([{ parameter: 'timeout', detail: `at most ${maximum} ms are allowed here` }])
  return { timeout, interval, deadline: now + timeout }
}

async function lookFor(
  maildrop: Maildrop,
  criteria: Criteria,
  seen: Set<string>,
  pass: (message: SeenMessage) => void,
  maxOctets: number,
  url: string,
): Promise<Found> {
  const match = await look(maildrop, criteria, seen, pass)
  if (match === undefined) return undefined
  const parsing = reading()
  try {
    const sink = { begin: () => undefined, write: parsing.write }
    const ref = { by: 'number', number: match.number } as const
    const { octets = 0 } = await retrieve(maildrop, ref, sink, { maxOctets })
    const uid = match.uid === null ? null : maildrop.session.recorder.scrub(match.uid)
    const found = { ...match, uid }
    return { found, body: messageJson(found, octets, 'whole', await parsing.message(), url) }
  } finally {
    parsing.abandon()
  }
}

/** Where there is no room for a session now, a later one may look; the first look has to be possible. */
async function attempted<T>(looks: number, attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof NoRoom) || error.limit === 'shutting-down' || looks === 1) throw error
    return undefined
  }
}

/** The mailbox is in use, or the server asks to come later: that may pass while we wait. */
function mayPass({ failure }: Failed<unknown>): boolean {
  return failure.outcome === 'deferred' || failure.reply?.responseCode === 'IN-USE'
}

function nothingCame(
  last: Pop3End<Found> | undefined,
  seen: readonly SeenMessage[],
  looks: number,
  timeout: number,
  { transcript: level }: WaitQuery,
): Problem {
  const others = seen.length === 0 ? 'none came' : `${seen.length} others were there`
  const detail = `No message like this within ${timeout} ms; ${others}.`
  const transcript = last?.transcript
  return new Problem({
    status: 504,
    code: 'no-such-message',
    detail,
    members: {
      outcome: 'failed',
      stage: 'transaction',
      looks,
      seen,
      ...(transcript === undefined || level === 'none' ? {} : { transcript }),
    },
    ...(transcript === undefined
      ? {}
      : {
          headers: { 'X-Session-Id': transcript.id },
          account: [detail, { transcript, outcome: 'failed', stage: 'transaction', diagnosis: undefined }],
        }),
  })
}

function criteriaOf({ subject, from, to, header, after }: WaitQuery): Criteria {
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(after === undefined ? {} : { after }),
    headers: header === undefined ? [] : [header],
  }
}
