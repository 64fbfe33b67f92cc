import type { Transcript } from '../transcript/entry.ts'
import { type CheckFinding, type Diagnose, finding, type Section } from './section.ts'
import type { Seen } from './seen.ts'

/** How long each step took, what was odd in the session, and where it broke off. */
export function sessionSection({ looked }: Seen, diagnose: Diagnose): Section {
  const { transcript, failure, target, report } = looked
  const phases = phasesOf(transcript)
  const meaning = failure === undefined ? undefined : diagnose(looked, { target, opening: report }, failure)
  return {
    title: 'Times',
    part: { phases },
    lines: phases.map(({ name, ms }) => `${name}: ${ms} ms`),
    findings: [
      ...(meaning === undefined
        ? []
        : [
            finding(
              'error',
              meaning.code,
              `The session broke off at the stage ${looked.stage}. ${meaning.summary}`,
              meaning.remedies,
              meaning.evidence,
            ),
          ]),
      ...oddities(transcript),
    ],
  }
}

/** What came before the dialogue, and then each command with the time until its reply. */
function phasesOf({
  phases,
  entries,
}: Transcript): readonly { readonly name: string; readonly ms: number }[] {
  const lines = new Map(
    entries.flatMap((entry) => (entry.kind === 'command' ? [[entry.seq, entry.line] as const] : [])),
  )
  const [before, tls] = [
    phases.filter(({ name }) => name !== 'tls'),
    phases.filter(({ name }) => name === 'tls'),
  ]
  const replies = entries.flatMap((entry) => {
    const line = entry.kind === 'reply' && entry.answers !== undefined ? lines.get(entry.answers) : undefined
    if (entry.kind !== 'reply' || line === undefined) return []
    const said = { name: line, ms: entry.waitedMs }
    return line === 'STARTTLS' ? [said, ...tls] : [said]
  })
  return lines.size > 0 && [...lines.values()].includes('STARTTLS')
    ? [...before, ...replies]
    : [...phases, ...replies]
}

/** Certificates and TLS are told of with their own verdicts. */
const TOLD_ELSEWHERE = /^(?:certificate-|starttls-)/

function oddities({ findings }: Transcript): CheckFinding[] {
  return findings
    .filter(({ code }) => !TOLD_ELSEWHERE.test(code))
    .map(({ code, text, evidence }) =>
      finding('warning', code, text, [INSTRUCTIONS[code] ?? TOLERATED], evidence),
    )
}

const TOLERATED = 'This service tolerates it; not every client does.'

const INSTRUCTIONS: Readonly<Record<string, string>> = {
  'bare-lf':
    'End every line of a reply in CRLF (RFC 5321 §2.3.8); clients that hold on to that do not see the end of such a line.',
  'legacy-auth':
    'Spell the extension `AUTH PLAIN`, not `AUTH=PLAIN`; the old form is for clients that hardly anybody has any more (Postfix: broken_sasl_auth_clients = no).',
  'unsolicited-reply':
    'Find out what sends it, mostly a filter or proxy between: clients may take it for the answer to their next command.',
  'quit-unanswered':
    'Answer QUIT before closing (RFC 5321 §4.1.1.10); clients may take the whole session for broken otherwise.',
}
