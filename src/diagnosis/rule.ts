import type { FaultKind, Stage } from '../session/outcome.ts'
import type { DiagnosisCode } from './codes.ts'
import { detailOf, textOf } from './reply-text.ts'
import type { Confidence, Retry, Situation, Suggestion } from './situation.ts'

/** What has to hold for a rule; every field that is given has to. */
export interface When {
  readonly stages?: readonly Stage[]
  readonly verbs?: readonly string[]
  readonly severity?: 'transient' | 'permanent'
  /** SMTP reply codes. */
  readonly codes?: readonly number[]
  /** Subject and detail of the enhanced status code: `7.8` is 4.7.8 and 5.7.8 alike; `7.*` is all of a subject. */
  readonly details?: readonly string[]
  /** POP3 response codes. */
  readonly responseCodes?: readonly string[]
  readonly faultKinds?: readonly FaultKind[]
  readonly faultCodes?: readonly string[]
  /** What the reply says, case aside. */
  readonly wording?: RegExp
  /** A condition over the rest of the session. */
  readonly history?: (situation: Situation) => boolean
}

/** One way to tell what happened. The texts that are given here replace those of the code. */
export interface Rule {
  readonly code: DiagnosisCode
  readonly when: When
  /** Left out: by level, see `levelOf`. */
  readonly confidence?: Confidence
  readonly cause?: (situation: Situation) => string
  /** What the caller can do. */
  readonly remedies?: (situation: Situation) => readonly string[]
  readonly retry?: Retry
  readonly suggestion?: (situation: Situation) => Suggestion | undefined
}

/** Enhanced status codes that servers use for many things: they decide no more than a reply code does. */
const VAGUE_DETAILS: ReadonlySet<string> = new Set(['0.0', '4.1', '5.1', '5.2', '5.4', '7.1', '3.2'])

/**
 * How much a rule knows. A lower level is asked first; within a level the first rule of the table that holds wins.
 *
 * 0. an exact code (enhanced, response or fault code) together with a wording
 * 1. an exact code
 * 2. a wording
 * 3. anything less: reply code, stage, class
 */
function levelOf({ when }: Rule): 0 | 1 | 2 | 3 {
  const exact =
    when.details?.some((detail) => !isVague(detail)) ??
    (when.responseCodes !== undefined || when.faultCodes !== undefined)
  if (exact) return when.wording === undefined ? 1 : 0
  return when.wording === undefined ? 3 : 2
}

const CONFIDENCE = ['certain', 'certain', 'likely', 'guess'] as const

export function confidenceOf(rule: Rule): Confidence {
  return rule.confidence ?? CONFIDENCE[levelOf(rule)]
}

/** The rules in the order in which they are asked. */
export function ordered(rules: readonly Rule[]): readonly Rule[] {
  return rules.toSorted((a, b) => levelOf(a) - levelOf(b))
}

export function holds({ when }: Rule, situation: Situation): boolean {
  const { reply, fault } = situation
  return (
    (when.stages?.includes(situation.stage) ?? true) &&
    (when.verbs === undefined || (situation.verb !== undefined && when.verbs.includes(situation.verb))) &&
    (when.severity === undefined || when.severity === reply?.severity) &&
    (when.codes === undefined || (reply?.code !== undefined && when.codes.includes(reply.code))) &&
    (when.details === undefined || hasDetail(when.details, detailOf(reply))) &&
    (when.responseCodes === undefined || when.responseCodes.includes(reply?.responseCode ?? '')) &&
    (when.faultKinds === undefined || (fault !== undefined && when.faultKinds.includes(fault.kind))) &&
    (when.faultCodes === undefined || when.faultCodes.includes(fault?.code ?? '')) &&
    (when.wording === undefined || (reply !== undefined && when.wording.test(textOf(reply)))) &&
    (when.history === undefined || when.history(situation))
  )
}

function isVague(detail: string): boolean {
  return detail.endsWith('.*') || detail.endsWith('.0') || VAGUE_DETAILS.has(detail)
}

function hasDetail(wanted: readonly string[], detail: string | undefined): boolean {
  if (detail === undefined) return false
  return wanted.some((one) => (one.endsWith('*') ? detail.startsWith(one.slice(0, -1)) : one === detail))
}
