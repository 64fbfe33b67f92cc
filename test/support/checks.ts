/** What tests look for in the answer to a check. */
export interface CheckFindingBody {
  readonly level: 'error' | 'warning' | 'info'
  readonly code: string
  readonly text: string
  readonly instructions: readonly string[]
  readonly evidence: readonly number[]
}

interface WithFindings {
  readonly findings: readonly CheckFindingBody[]
}

/** The codes of what was found, of one level or of all. */
export function codesIn({ findings }: WithFindings, level?: CheckFindingBody['level']): string[] {
  return findings.filter((each) => level === undefined || each.level === level).map(({ code }) => code)
}

/** The finding with this code. */
export function findingIn({ findings }: WithFindings, code: string): CheckFindingBody | undefined {
  return findings.find((each) => each.code === code)
}
