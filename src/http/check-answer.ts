import { wasGreeted } from '../check/domain.ts'
import { type Report, reportOf } from '../check/report.ts'
import type { CheckFinding, Diagnose } from '../check/section.ts'
import type { Seen } from '../check/seen.ts'
import type { FurtherSession } from '../check/terms.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import type { Failure } from '../session/outcome.ts'
import { mechanismsIn } from '../smtp/ehlo.ts'
import { Problem } from './problem.ts'
import type { Answer } from './represent.ts'
import { type Circumstances, problemOf, scrubbed, situationOf } from './session-answer.ts'

type DetailLevel = 'full' | 'none' | undefined
type Where = Parameters<Diagnose>[1]

/**
 * The answer to a check. What a server lacks is a finding, for the check has succeeded in looking. It is a problem when
 * there was nothing to look at, or when a login that was asked for did not come about.
 */
export function checkAnswer(seen: Seen, detailLevel: DetailLevel): Answer | Problem {
  const { looked } = seen
  const report = reportOf(seen, diagnoseCheck)
  const { failure } = looked
  if (failure !== undefined && !isAnswered(seen, failure)) {
    return problemWith(seen, failure, report, detailLevel)
  }
  const { transcript, stage, scrub, target } = looked
  const outcome = failure === undefined ? 'ok' : 'partial'
  const diagnosis =
    failure === undefined ? undefined : diagnoseCheck(looked, { target, opening: looked.report }, failure)
  return {
    headers: { 'X-Session-Id': transcript.id },
    json: {
      outcome,
      stage,
      ...scrubbed(membersOf(seen, report, detailLevel), scrub),
      diagnosis: diagnosis ?? null,
      ...(detailLevel === 'none' ? {} : { transcript }),
    },
    account: [{ lines: scrub(reportText(seen, report)) }, { transcript, outcome, stage, diagnosis }],
  }
}

/** What a refusal or a failure in one of the sessions means. */
export const diagnoseCheck: Diagnose = (end, where, failure) =>
  diagnose(situationOf(end, circumstancesOf(where), failure))

function circumstancesOf({ target, opening, recipient }: Where): Circumstances {
  const { auth, extensions, extensionsBeforeTls } = opening
  return {
    target,
    login: {
      state: auth === undefined ? 'not-asked' : auth.chosen === null ? 'asked' : 'done',
      offered: extensions === undefined ? [] : mechanismsIn(extensions),
    },
    ...(extensionsBeforeTls === undefined
      ? {}
      : { starttls: extensionsBeforeTls.has('STARTTLS') ? ('offered' as const) : ('not-offered' as const) }),
    ...(recipient === undefined ? {} : { recipient }),
  }
}

/** A check that broke off has seen something; one without the login that was asked for has not done what it should. */
function isAnswered({ looked, wishes }: Seen, failure: Failure): boolean {
  if (!wasGreeted(looked) || failure.fault?.kind === 'aborted') return false
  return wishes.auth === undefined || (looked.report.auth?.chosen ?? null) !== null
}

/** What was seen before it failed is told all the same. */
function problemWith(seen: Seen, failure: Failure, report: Report, detailLevel: DetailLevel): Problem {
  const { looked } = seen
  const where = { target: looked.target, opening: looked.report }
  const something = wasGreeted(looked) || seen.domain !== undefined
  const { options } = problemOf(
    { ...looked, failure },
    circumstancesOf(where),
    {
      auth: looked.report.auth ?? null,
      ...(something ? { check: membersOf(seen, report, detailLevel) } : {}),
    },
    detailLevel,
  )
  if (!something) return new Problem(options)
  return new Problem({
    ...options,
    account: [{ lines: looked.scrub(reportText(seen, report)) }, ...(options.account ?? [])],
  })
}

function membersOf(seen: Seen, { sections, findings, sessions }: Report, detailLevel: DetailLevel) {
  const { transcript, report } = seen.looked
  const { url, host, port, address } = transcript.server
  return {
    server: { url, host, port, address },
    findings,
    ...Object.assign({}, ...sections.map(({ part }) => part)),
    auth: report.auth ?? null,
    sessions: sessions.map(({ purpose, target, end }) => ({
      purpose,
      host: target.host,
      address: end.transcript.server.address,
      outcome: end.failure?.outcome ?? 'ok',
      stage: end.stage,
      ...(detailLevel === 'none' ? {} : { transcript: end.transcript }),
    })),
  }
}

/** Findings first, then each subject; as a person reads it. */
function reportText({ looked: { transcript } }: Seen, { sections, findings, sessions }: Report): string {
  const { url, address } = transcript.server
  return [
    `=== Check of ${url}${address === null ? '' : ` at ${address}`}, ${transcript.startedAt}`,
    '',
    ...(findings.length === 0 ? ['Nothing was found.'] : findings.flatMap(findingLines)),
    ...sections.flatMap(({ title, lines }) => ['', `--- ${title}`, ...lines.map((line) => `    ${line}`)]),
    ...(sessions.length === 0 ? [] : ['', '--- Further sessions', ...sessions.map(sessionLine)]),
    '',
  ].join('\n')
}

function findingLines({ level, code, text, instructions }: CheckFinding): string[] {
  return [`${level.padEnd(7)} ${code}: ${text}`, ...instructions.map((each) => `          * ${each}`)]
}

function sessionLine({ purpose, target, end }: FurtherSession): string {
  const { failure, stage, transcript } = end
  return `    ${purpose}, ${target.host}: ${failure?.outcome ?? 'ok'} (stage ${stage}), ${transcript.durationMs.toFixed(1)} ms`
}
