import type { Diagnosis } from '../diagnosis/situation.ts'
import type { Failure } from '../session/outcome.ts'
import type { SessionFacts } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import type { OpeningReport } from '../smtp/open.ts'
import type { SmtpReply } from '../smtp/reply.ts'

export const LEVELS = ['error', 'warning', 'info'] as const

/** Something worth telling whoever runs the server. */
export interface CheckFinding {
  /** `error`: mail is lost, refused or in danger; `warning`: it should be better; `info`: good to know. */
  readonly level: (typeof LEVELS)[number]
  readonly code: string
  readonly text: string
  /** What to do about it, most useful first. */
  readonly instructions: readonly string[]
  /** `seq` of the entries of the check's own transcript that show it. */
  readonly evidence: readonly number[]
}

/** One subject of a check: its part of the answer, the same as a person reads it, and what is to be said of it. */
export interface Section {
  /** Members of the answer. */
  readonly part: Readonly<Record<string, unknown>>
  readonly title: string
  readonly lines: readonly string[]
  readonly findings: readonly CheckFinding[]
}

/** What a refusal or a failure in one of the sessions means. */
export type Diagnose = (
  end: SessionFacts,
  where: { readonly target: Target; readonly opening: OpeningReport; readonly recipient?: string },
  failure: Failure,
) => Diagnosis | undefined

/** A reply as it is told, without what is ours alone; null where there is none. */
export function told(reply: SmtpReply | undefined) {
  if (reply === undefined) return null
  const { severity: _, ...body } = reply
  return body
}

export function finding(
  level: CheckFinding['level'],
  code: string,
  text: string,
  instructions: readonly string[] = [],
  evidence: readonly number[] = [],
): CheckFinding {
  return { level, code, text, instructions, evidence }
}
