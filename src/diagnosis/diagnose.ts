import { isPositive } from '../session/answer.ts'
import { PROBLEMS } from './catalogue.ts'
import { type DiagnosisCode, isDiagnosisCode } from './codes.ts'
import { secondsIn, textOf } from './reply-text.ts'
import { confidenceOf, holds, ordered, type Rule } from './rule.ts'
import { NETWORK_RULES } from './rules-network.ts'
import { POP3_RULES } from './rules-pop3.ts'
import { SMTP_RULES } from './rules-smtp.ts'
import { TLS_RULES } from './rules-tls.ts'
import type { Confidence, Diagnosis, Retry, Situation } from './situation.ts'
import { WORDS } from './words.ts'

/** All rules over faults, in the order in which they are asked. */
const FAULT_RULES: readonly Rule[] = ordered([...TLS_RULES, ...NETWORK_RULES])

/** The rules by what there is to judge. */
export function rulesFor({
  protocol,
  fault,
  reply,
}: Pick<Situation, 'protocol' | 'fault' | 'reply'>): readonly Rule[] {
  if (fault !== undefined) return FAULT_RULES
  if (reply === undefined) return []
  return protocol === 'pop3' ? POP3_RULES : SMTP_RULES
}

/**
 * What went wrong, in plain words, and what can be done about it.
 * @returns undefined only where nothing went wrong and nothing is to be said
 */
export function diagnose(situation: Situation): Diagnosis | undefined {
  const { outcome, reply, fault, unmet } = situation
  if (outcome === 'unknown') return diagnosis(situation, 'outcome-unknown', 'certain')
  if (unmet !== undefined)
    return isDiagnosisCode(unmet.code) ? diagnosis(situation, unmet.code, 'certain') : undefined
  // whoever raised the fault already knew what it means
  if (fault?.code !== undefined && isDiagnosisCode(fault.code))
    return diagnosis(situation, fault.code, 'certain')
  if (fault === undefined && (reply === undefined || isPositive(reply))) return diagnosisOfYes(situation)
  const rule = rulesFor(situation).find((each) => holds(each, situation))
  return rule === undefined ? undefined : diagnosis(situation, rule.code, confidenceOf(rule), rule)
}

function diagnosisOfYes(situation: Situation): Diagnosis | undefined {
  if (situation.outcome === 'accepted') return diagnosis(situation, 'accepted-not-delivered', 'certain')
  const wanted =
    situation.outcome === 'rejected' || situation.outcome === 'deferred' || situation.outcome === 'failed'
  return wanted && situation.reply !== undefined
    ? diagnosis(situation, 'expectation-not-met', 'certain')
    : undefined
}

function diagnosis(
  situation: Situation,
  code: DiagnosisCode,
  confidence: Confidence,
  rule?: Rule,
): Diagnosis {
  const page = PROBLEMS[code]
  const words = WORDS[code]
  const callers = rule?.remedies?.(situation) ?? words.remedies?.(situation) ?? page.callers
  const retry = rule?.retry ?? words.retry?.(situation) ?? retryOf(page.retry, situation)
  const afterSeconds =
    retry === 'later' && situation.reply !== undefined ? secondsIn(textOf(situation.reply)) : undefined
  const suggestion = rule?.suggestion?.(situation) ?? words.suggestion?.(situation)
  return {
    code,
    summary: words.summary(situation),
    cause: rule?.cause?.(situation) ?? words.cause(situation),
    remedies: [...callers, ...page.administrators.map(forAdministrators)],
    evidence: evidenceOf(situation),
    retry,
    ...(afterSeconds === undefined ? {} : { afterSeconds }),
    confidence,
    references: page.references,
    ...(suggestion === undefined || Object.keys(suggestion).length === 0 ? {} : { suggestion }),
  }
}

/** Some of these are for others, and say so themselves. */
function forAdministrators(remedy: string): string {
  return remedy.startsWith('Whoever runs') ? remedy : `For the server’s administrator: ${remedy}`
}

/** A 4yz reply is a promise that the same may work later (RFC 5321 §4.2.1). */
function retryOf(usual: Retry, { reply }: Situation): Retry {
  return usual === 'no' && reply?.severity === 'transient' ? 'later' : usual
}

function evidenceOf({ evidence, reply }: Situation): readonly number[] {
  if (reply?.seq === undefined || evidence.includes(reply.seq)) return evidence
  return [...evidence, reply.seq]
}
