import type { TlsReport } from '../transcript/entry.ts'
import type { TlsFacts } from '../wire/wire.ts'

/** The transcript tells of a certificate, and does not hold it. */
export function reportOf(facts: TlsFacts): TlsReport {
  const { presented: _, ...report } = facts
  return report
}

/** Both verdicts in words. */
export function verdictsIn(facts: TlsFacts): string {
  const chain = facts.trusted
    ? 'chain trusted'
    : `chain not trusted (${facts.verifyError ?? 'no certificate'})`
  return `${chain}, ${facts.nameMatches ? 'name matches' : 'name does not match'}`
}
