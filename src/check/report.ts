import { domainSection } from './domain-section.ts'
import { mtaStsSection } from './mta-sts-section.ts'
import { namesSection } from './names.ts'
import { greetingSection, offersSection } from './offers.ts'
import { probesSection } from './probes-section.ts'
import { questionsSection } from './questions-section.ts'
import { recipientsSection } from './recipients-section.ts'
import { relaySection } from './relay-section.ts'
import { type CheckFinding, type Diagnose, LEVELS, type Section } from './section.ts'
import type { Seen } from './seen.ts'
import { sessionSection } from './session-section.ts'
import type { FurtherSession } from './terms.ts'
import { tlsSection } from './tls.ts'
import { tlsaSection } from './tlsa-section.ts'

/** What there is to tell of a check, subject by subject, and everything that was found, the gravest first. */
export interface Report {
  readonly sections: readonly Section[]
  readonly findings: readonly CheckFinding[]
  readonly sessions: readonly FurtherSession[]
}

export function reportOf(seen: Seen, diagnose: Diagnose): Report {
  const { wishes, domain, relay, tlsa, probes } = seen
  const sections = [
    ...(domain === undefined ? [] : [domainSection(domain, diagnose)]),
    greetingSection(seen),
    namesSection(seen),
    offersSection(seen),
    tlsSection(seen),
    ...(wishes.recipients.length === 0 ? [] : [recipientsSection(seen, diagnose)]),
    ...(wishes.questions.length === 0 ? [] : [questionsSection(seen)]),
    ...(relay === undefined ? [] : [relaySection(relay)]),
    ...(wishes.mtaSts === undefined ? [] : [mtaStsSection(seen, wishes.mtaSts)]),
    ...(tlsa === undefined ? [] : [tlsaSection(tlsa)]),
    ...(probes === undefined ? [] : [probesSection(probes)]),
    sessionSection(seen, diagnose),
  ]
  const found = sections.flatMap(({ findings }) => findings)
  return {
    sections,
    findings: LEVELS.flatMap((level) => found.filter((each) => each.level === level)),
    sessions: furtherSessions(seen),
  }
}

function furtherSessions({ domain, tlsVersions = [], relay, probes }: Seen): readonly FurtherSession[] {
  return [
    ...(domain?.cells ?? []).map(({ host, target, end }) => ({
      purpose: `mail host: ${host.host}`,
      target,
      end,
    })),
    ...tlsVersions.flatMap(({ session }) => (session === undefined ? [] : [session])),
    ...(relay?.session === undefined ? [] : [relay.session]),
    ...(probes?.sessions ?? []),
  ]
}
