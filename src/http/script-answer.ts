import { diagnose } from '../diagnosis/diagnose.ts'
import { isPositive } from '../session/answer.ts'
import type { ScriptEnd, StepRecord } from '../session/script-steps.ts'
import type { Target } from '../session/target.ts'
import type { Problem } from './problem.ts'
import type { Answer } from './represent.ts'
import { problemOf, replyBody, scrubbed, situationOf } from './session-answer.ts'

/** Refusals that are explained each by itself: rules are many, and a script may be refused all the time. */
const MOST_EXPLAINED = 100

/** The answer to a scripted session: a problem where it did not come to its end as it was wanted. */
export function scriptAnswer(
  end: ScriptEnd,
  target: Target,
  detailLevel: 'full' | 'none' | undefined,
): Answer | Problem {
  const { failure, outcome, stage, transcript, records } = end
  const refused = records.filter(({ reply }) => reply !== undefined && !isPositive(reply))
  const explained = new Set(refused.slice(0, MOST_EXPLAINED))
  const steps = records.map((record) => ({
    ...told(record),
    ...(explained.has(record) ? explanationOf(record, end, target) : {}),
  }))
  const members = { steps, auth: end.auth ?? null }
  if (failure !== undefined) {
    const decisive = records.find(({ reply }) => reply !== undefined && reply.seq === failure.reply?.seq)
    const facts = decisive?.facts ?? end.facts
    return problemOf({ ...end, failure }, { target, ...facts }, members, detailLevel, 'alike')
  }
  const taking = records.findLast((record) => record.stage === 'end-of-data' && isYes(record))
  const event = { outcome, stage, ...(taking?.reply === undefined ? {} : { reply: taking.reply }) }
  const diagnosis = diagnose(situationOf(end, { target, ...end.facts }, event))
  return {
    headers: { 'X-Session-Id': transcript.id },
    json: {
      outcome,
      stage,
      ...scrubbed(members, end.scrub),
      diagnosis: diagnosis ?? null,
      ...(detailLevel === 'none' ? {} : { transcript }),
    },
    account: [{ transcript, outcome, stage, diagnosis }],
  }
}

function told(record: StepRecord): object {
  const { reply, leftOut, met, waitedMs, captured } = record
  return {
    ...saidOf(record),
    ...(record.pauseMs === undefined ? {} : { pauseMs: record.pauseMs }),
    reply: reply === undefined ? null : replyBody(reply),
    ...(leftOut === 0 ? {} : { leftOut }),
    met,
    waitedMs: waitedMs === undefined ? null : Math.round(waitedMs * 1000) / 1000,
    ...(captured === undefined ? {} : { captured: Object.fromEntries(captured) }),
  }
}

/** Under the names that the request has for it. */
function saidOf({ kind, line, octets = 0 }: StepRecord): object {
  switch (kind) {
    case 'send':
      return { send: line }
    case 'content':
      return { data: { octets } }
    case 'raw':
      return { raw: { octets } }
    case 'start-tls':
      return { startTls: true }
    case 'login':
      return { login: true }
    case 'drop':
      return { drop: true }
    case 'read':
    case 'pause':
      return {}
  }
}

/** What a refusal means, at the place of the session where it came. */
function explanationOf(record: StepRecord, end: ScriptEnd, target: Target): object {
  const { reply, stage, facts, tls } = record
  if (reply === undefined) return {}
  const outcome = reply.severity === 'transient' ? 'deferred' : 'rejected'
  // what a refusal means it says at once
  const brief = { ...reply, lines: reply.lines.slice(0, 8) }
  const situation = situationOf(end, { target, ...facts }, { outcome, stage, reply: brief })
  const code = diagnose({ ...situation, tls })?.code
  return code === undefined ? {} : { diagnosis: { code } }
}

function isYes({ reply }: StepRecord): boolean {
  return reply?.severity === 'completion'
}
