import type { ProblemCode } from '../diagnosis/codes.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import type { Diagnosis, Situation } from '../diagnosis/situation.ts'
import type { Reply } from '../session/answer.ts'
import type { Failure, Outcome } from '../session/outcome.ts'
import type { SessionFacts } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { inTurns } from '../text/in-turns.ts'
import type { Transcript } from '../transcript/entry.ts'
import { Problem } from './problem.ts'

/** What the diagnosis needs and a session's end does not hold by itself. */
export type Circumstances = { readonly target: Target } & Pick<
  Situation,
  'login' | 'starttls' | 'sender' | 'recipient' | 'deletions' | 'sizeLimit'
>

/** Where nothing else is said, when to come back. */
const COME_BACK_SECONDS = 60

/** What is to be explained: a failure, one refusal among several, or a success. */
export type Event = Omit<Failure, 'outcome'> & { readonly outcome: Outcome }

/** The situation in which it happened, for the diagnosis. */
export function situationOf(end: SessionFacts, circumstances: Circumstances, event: Event): Situation {
  const { target, ...rest } = circumstances
  const { transcript } = end
  return {
    protocol: target.protocol,
    ...told(event, end.scrub),
    ...verbOf(transcript, event.reply),
    server: {
      host: target.host,
      port: target.port,
      scheme: schemeOf(target),
      ...(transcript.server.address === null ? {} : { address: transcript.server.address }),
    },
    tls: transcript.tls === null ? 'off' : 'on',
    ...(end.tls === undefined ? {} : { tlsFacts: end.tls }),
    tlsMinVersion: target.minVersion,
    ...(transcript.findings.some(({ code }) => code === 'pipelining-suspected')
      ? { pipelining: 'suspected' as const }
      : {}),
    octetsSeen: end.firstOctets,
    evidence: evidenceOf(transcript, event.reply),
    ...rest,
  }
}

/** The event without the session's secrets in what the server said: a diagnosis may repeat it, in words of our own. */
function told(event: Event, scrub: (text: string) => string): Event {
  const { reply, fault } = event
  return {
    ...event,
    ...(reply === undefined ? {} : { reply: { ...reply, lines: reply.lines.map(scrub) } }),
    ...(fault === undefined ? {} : { fault: fault.retold(scrub) }),
  }
}

/**
 * The problem that a failed session is to its caller: the outcome → status table of contract §3.
 * @param refusals `alike`: what was refused were the caller's own commands, and none of them is what the URL names
 */
export function problemOf(
  end: SessionFacts & { readonly failure: Failure },
  circumstances: Circumstances,
  members: Readonly<Record<string, unknown>>,
  detailLevel: 'full' | 'none' | undefined,
  refusals: 'by-code' | 'alike' = 'by-code',
): Problem {
  const { failure, transcript } = end
  const situation = situationOf(end, circumstances, failure)
  const diagnosis = diagnose(situation)
  const code: ProblemCode = diagnosis?.code ?? 'refused-permanently'
  const isAlike = refusals === 'alike' && failure.outcome === 'rejected'
  const status = isAlike ? 422 : statusOf(failure, code, situation.protocol)
  return new Problem({
    status,
    code,
    detail: diagnosis?.summary ?? sentence(end.scrub(failure.unmet?.message ?? '')),
    headers: headersOf(status, diagnosis, transcript.id),
    members: {
      outcome: failure.outcome,
      stage: failure.stage,
      ...(diagnosis === undefined ? {} : { diagnosis }),
      ...scrubbed(
        {
          ...(failure.reply === undefined ? {} : { reply: replyBody(failure.reply) }),
          ...(failure.unmet === undefined || failure.unmet.offered.length === 0
            ? {}
            : { offered: failure.unmet.offered }),
          ...members,
        },
        end.scrub,
      ),
      ...(detailLevel === 'none' ? {} : { transcript }),
    },
    account: [{ transcript, outcome: failure.outcome, stage: failure.stage, diagnosis }],
  })
}

/** The same with the session's secrets taken out of every text: servers echo, and not only into the transcript. */
export function scrubbed<T extends object>(value: T, scrub: (text: string) => string): T {
  // a listing has a hundred thousand texts, and hardly ever one of them holds a secret
  const whole = JSON.stringify(value)
  return scrub(whole) === whole ? value : eachScrubbed(value, scrub)
}

/** As many elements as are looked through at one go: a millisecond or two. */
const SLICE = 2000

/** The same of a list that may be long: others have their turn before all of it is looked through. */
export async function scrubbedInTurns<T extends object>(
  list: readonly T[],
  scrub: (text: string) => string,
): Promise<readonly T[]> {
  if (list.length <= SLICE) return scrubbed(list, scrub)
  const clean: T[] = []
  const starts = Array.from({ length: Math.ceil(list.length / SLICE) }, (_, at) => at * SLICE)
  for await (const start of inTurns(starts)) clean.push(...scrubbed(list.slice(start, start + SLICE), scrub))
  return clean
}

function eachScrubbed<T>(value: T, scrub: (text: string) => string): T {
  if (typeof value === 'string') return scrub(value) as T
  if (Array.isArray(value)) return value.map((part: unknown) => eachScrubbed(part, scrub)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, eachScrubbed(part, scrub)])) as T
}

/** A reply without what is ours alone. */
export function replyBody(reply: Reply): Omit<Reply, 'severity'> {
  const { severity: _, ...body } = reply
  return body
}

function schemeOf({ protocol, security }: Target): Situation['server']['scheme'] {
  if (security !== 'implicit' || protocol === 'lmtp') return protocol
  return `${protocol}s`
}

function statusOf(failure: Failure, code: ProblemCode, protocol: Situation['protocol']): number {
  switch (failure.outcome) {
    case 'unknown':
      return 502
    case 'deferred':
      return 503
    case 'failed':
      return code === 'shutting-down' ? 503 : faultStatus(failure)
    case 'rejected':
      return refusalStatus(code, protocol)
  }
}

function faultStatus(failure: Failure): number {
  if (failure.unmet !== undefined) return 422
  if (failure.fault?.kind === 'policy') return 403
  return failure.fault?.kind === 'timeout' ? 504 : 502
}

function refusalStatus(code: ProblemCode, protocol: Situation['protocol']): number {
  if (code === 'precondition-failed') return 412
  if (protocol !== 'pop3') return 422
  if (code === 'no-such-message') return 404
  if (code === 'mailbox-in-use') return 423
  return code === 'credentials-rejected' ? 401 : 422
}

function headersOf(status: number, diagnosis: Diagnosis | undefined, id: string): Record<string, string> {
  return {
    'X-Session-Id': id,
    ...(status === 503 || status === 423
      ? { 'Retry-After': String(diagnosis?.afterSeconds ?? COME_BACK_SECONDS) }
      : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="mailbox", charset="UTF-8"' } : {}),
  }
}

/** The command that the reply answers. */
function verbOf(transcript: Transcript, reply: Reply | undefined): { verb?: string } {
  const entry = transcript.entries.find((each) => each.kind === 'reply' && each.seq === reply?.seq)
  const answers = entry?.kind === 'reply' ? entry.answers : undefined
  const command = transcript.entries.find((each) => each.kind === 'command' && each.seq === answers)
  const verb = command?.kind === 'command' ? /^[A-Za-z]+/.exec(command.line)?.[0].toUpperCase() : undefined
  return verb === undefined ? {} : { verb }
}

/** The command and the reply that decided; without a reply, what was said last. */
function evidenceOf(transcript: Transcript, reply: Reply | undefined): number[] {
  const { entries } = transcript
  const decisive = reply?.seq === undefined ? undefined : entries.find((each) => each.seq === reply.seq)
  if (decisive?.kind === 'reply')
    return decisive.answers === undefined ? [decisive.seq] : [decisive.answers, decisive.seq]
  const last = entries.findLast((each) => each.kind !== 'event' || each.event !== 'closed')
  return last === undefined ? [] : [last.seq]
}

function sentence(text: string): string {
  return text === '' ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
