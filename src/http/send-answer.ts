import { diagnose } from '../diagnosis/diagnose.ts'
import type { Target } from '../session/target.ts'
import { mechanismsIn, sizeLimitIn } from '../smtp/ehlo.ts'
import type { Envelope } from '../smtp/envelope.ts'
import type { SendResult } from '../smtp/send.ts'
import type { Transcript } from '../transcript/entry.ts'
import { replyLines } from '../transcript/text.ts'
import type { Account } from './account.ts'
import type { Attempt } from './delivery.ts'
import { Problem, type ProblemOptions } from './problem.ts'
import type { Answer } from './represent.ts'
import { type Circumstances, problemOf, replyBody, scrubbed, situationOf } from './session-answer.ts'

/** What was sent, and how its answer is to be told. */
export interface Sent {
  readonly target: Target
  readonly envelope: Envelope
  readonly message: {
    readonly messageId: string | null
    /** What was noticed about the message itself. */
    readonly findings: readonly { readonly code: string; readonly text: string }[]
  }
  /** The sessions, where mail hosts were tried. */
  readonly attempts: readonly Attempt[] | undefined
  readonly detailLevel: 'full' | 'none' | undefined
}

/** The answer to a send: a problem when it did not do what was asked for any recipient. */
export function sendAnswer(result: SendResult, sent: Sent): Answer | Problem {
  const circumstances = circumstancesOf(sent, result)
  const { stage, outcome, reply } = result
  const shared = sharedMembers(result, sent, circumstances)
  const transcript = withFindings(result.transcript, sent.message.findings)
  if (result.failure !== undefined)
    return withOtherAttempts(
      problemOf(
        { ...result, transcript },
        circumstances,
        { ...shared, ...attemptsOf(sent) },
        sent.detailLevel,
      ),
      otherAccounts(result, sent),
      recipientsAccount(result, shared),
    )
  const situation = situationOf(
    result,
    circumstances,
    firstRefusal(result) ?? { outcome, stage, ...(reply === undefined ? {} : { reply }) },
  )
  const diagnosis = diagnose(situation)
  return {
    headers: { 'X-Session-Id': transcript.id },
    json: {
      outcome,
      stage,
      ...scrubbed(
        {
          accepted: shared.accepted,
          rejected: shared.rejected,
          messageId: shared.messageId,
          auth: shared.auth,
          queueId: result.queueId ?? null,
          reply: reply === undefined ? null : replyBody(reply),
        },
        result.scrub,
      ),
      diagnosis: diagnosis ?? null,
      ...attemptsOf(sent),
      ...(sent.detailLevel === 'none' ? {} : { transcript }),
    },
    account: [
      ...otherAccounts(result, sent),
      { transcript, outcome, stage, diagnosis },
      ...recipientsAccount(result, shared),
    ],
  }
}

/** A send that ended because of what the caller sent, or did not send: the session is told with the caller's mistake. */
export function brokenOffProblem(
  result: SendResult,
  sent: Sent,
  problem: Pick<ProblemOptions, 'status' | 'code' | 'detail' | 'members'>,
): Problem {
  const { outcome, stage, scrub } = result
  const transcript = withFindings(result.transcript, sent.message.findings)
  const shared = sharedMembers(result, sent, circumstancesOf(sent, result))
  return new Problem({
    ...problem,
    headers: { 'X-Session-Id': transcript.id },
    members: {
      ...problem.members,
      outcome,
      stage,
      ...scrubbed(shared, scrub),
      ...attemptsOf(sent),
      ...(sent.detailLevel === 'none' ? {} : { transcript }),
    },
    account: [problem.detail, { transcript, outcome, stage, diagnosis: undefined }],
  })
}

/** The sessions that did not decide. */
function otherAccounts({ transcript: decisive }: SendResult, { attempts = [] }: Sent): Account {
  return attempts
    .filter(({ result }) => result.transcript.id !== decisive.id)
    .map(({ result: { transcript, outcome, stage } }) => ({
      transcript,
      outcome,
      stage,
      diagnosis: undefined,
    }))
}

function withOtherAttempts({ options }: Problem, others: Account, recipients: Account): Problem {
  return new Problem({ ...options, account: [...others, ...(options.account ?? []), ...recipients] })
}

/** Of several recipients a person wants to know which: the diagnosis speaks of the first that was refused. */
function recipientsAccount(
  { scrub }: SendResult,
  { accepted, rejected }: ReturnType<typeof sharedMembers>,
): Account {
  if (rejected.length === 0 || accepted.length + rejected.length < 2) return []
  const lines = [
    ...accepted.map((recipient) => `accepted: ${recipient}`),
    ...rejected.map(({ recipient, reply, diagnosis }) => {
      const why = diagnosis === undefined ? '' : ` (${diagnosis.code})`
      return `rejected: ${recipient}${why}: ${replyLines(reply).join(' / ')}`
    }),
  ]
  return [{ lines: scrub(`${lines.join('\n')}\n`) }]
}

/** Each attempt's own recorder has taken the secrets out of its transcript. */
function attemptsOf({ attempts, detailLevel }: Sent) {
  if (attempts === undefined) return {}
  return {
    attempts: attempts.map(({ host, result: { outcome, stage, transcript } }) => ({
      host,
      address: transcript.server.address,
      outcome,
      stage,
      ...(detailLevel === 'none' ? {} : { transcript }),
    })),
  }
}

function sharedMembers(result: SendResult, { message }: Sent, circumstances: Circumstances) {
  return {
    accepted: result.accepted.map(({ recipient }) => recipient),
    rejected: rejectedOf(result, circumstances),
    messageId: message.messageId,
    auth: result.opening.auth ?? null,
  }
}

/** What was noticed about the message itself belongs to the same account. */
function withFindings(transcript: Transcript, noticed: Sent['message']['findings']): Transcript {
  const findings = noticed.map(({ code, text }) => ({ code, text, evidence: [] }))
  return { ...transcript, findings: [...findings, ...transcript.findings] }
}

/** On a partial success the diagnosis is that of the first refusal. */
function firstRefusal(result: SendResult) {
  const [first] = result.rejected
  if (first === undefined) return undefined
  const outcome = first.reply.severity === 'transient' ? ('deferred' as const) : ('rejected' as const)
  return { outcome, stage: first.stage, reply: first.reply }
}

function rejectedOf(result: SendResult, circumstances: Circumstances) {
  return result.rejected.map(({ recipient, stage, reply }) => {
    const outcome = reply.severity === 'transient' ? ('deferred' as const) : ('rejected' as const)
    const code = diagnose(
      situationOf(result, { ...circumstances, recipient }, { outcome, stage, reply }),
    )?.code
    return { recipient, reply: replyBody(reply), ...(code === undefined ? {} : { diagnosis: { code } }) }
  })
}

function circumstancesOf({ target, envelope }: Sent, result: SendResult): Circumstances {
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
