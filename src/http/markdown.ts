import { cell, codeSpan, fenced, prose } from '../text/markdown.ts'
import type { Transcript } from '../transcript/entry.ts'
import { transcriptText } from '../transcript/text.ts'
import { type Account, prospects, type SessionAccount } from './account.ts'

/** A call as a ticket: verdict, facts, diagnosis, findings, and the dialogue. Nothing that a server said is more than text. */
export function accountMarkdown(account: Account): string {
  return account.map(partMarkdown).join('\n')
}

function partMarkdown(part: Account[number]): string {
  if (typeof part === 'string') return `${prose(part)}\n`
  if ('lines' in part) return fenced(part.lines, 'text')
  if ('command' in part) return `### The same with ${part.tool}\n\n${fenced(part.command, 'sh')}`
  return ticket(part)
}

function ticket({ transcript, outcome, stage, diagnosis }: SessionAccount): string {
  const code = diagnosis === undefined ? '' : `: ${diagnosis.code}`
  const blocks = [`## ${transcript.protocol.toUpperCase()} session ${outcome} (stage ${stage})${code}`]
  if (diagnosis !== undefined) blocks.push(prose(diagnosis.summary))
  blocks.push(factsOf(transcript))
  if (diagnosis !== undefined) {
    blocks.push(
      '### Diagnosis',
      prose(diagnosis.cause),
      diagnosis.remedies.map((remedy) => `- ${prose(remedy)}`).join('\n'),
      `${prose(prospects(diagnosis))}; more: ${codeSpan(`/problems/${diagnosis.code}`)}`,
    )
  }
  if (transcript.findings.length > 0) {
    blocks.push(
      '### Findings',
      transcript.findings.map(({ code, text }) => `- ${codeSpan(code)}: ${prose(text)}`).join('\n'),
    )
  }
  blocks.push('### Dialogue', fenced(transcriptText(transcript), 'text'))
  return blocks.filter((block) => block !== '').join('\n\n')
}

function factsOf(transcript: Transcript): string {
  const { server, client, tls, bytes } = transcript
  const facts: readonly (readonly [string, string | null])[] = [
    ['Server', server.url],
    ['Address', server.address ?? 'not connected'],
    ['Greeting', server.greeting],
    ['Introduced as', client.hello],
    ['TLS', tls === null ? 'none' : `${tls.version} ${tls.cipher}, ${verdicts(tls)}`],
    ['Certificate', tls?.certificate === undefined ? null : certificate(tls.certificate)],
    ['Session', transcript.id],
    ['Began', transcript.startedAt],
    [
      'Took',
      `${transcript.durationMs.toFixed(1)} ms, ${transcript.roundTrips} round trips, ${bytes.sent} octets sent, ${bytes.received} received`,
    ],
  ]
  const rows = facts.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${cell(value)} |`]))
  return ['| | |', '| --- | --- |', ...rows].join('\n')
}

function verdicts({ trusted, nameMatches, verifyError }: NonNullable<Transcript['tls']>): string {
  const chain = trusted ? 'chain trusted' : `chain not trusted (${verifyError ?? 'no certificate'})`
  return `${chain}, ${nameMatches ? 'name matches' : 'name does not match'}`
}

function certificate(facts: NonNullable<Transcript['tls']>['certificate']): string | null {
  if (facts === null) return null
  return `${facts.subject}, issued by ${facts.issuer}, valid to ${facts.validTo} (${facts.daysLeft} days left)`
}
