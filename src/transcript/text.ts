import type { Entry, Transcript } from './entry.ts'
import { PREVIEW_OCTETS } from './recorder.ts'

/**
 * The transcript as a person reads it in a terminal: who said what, when, inside TLS or not.
 *
 * The marks are those that readers of swaks know: `->` sent, `<-` received, `~>` and `<~` inside TLS, `<**` and `<~*`
 * a refusal, `===` what this service did or decided.
 */
export function transcriptText(transcript: Transcript): string {
  const { server, protocol } = transcript
  const lines = [
    `=== ${protocol.toUpperCase()} session ${transcript.id} with ${server.url}, ${transcript.startedAt}`,
  ]
  for (const entry of transcript.entries) lines.push(...entryText(entry))
  for (const finding of transcript.findings) lines.push(`=== finding ${finding.code}: ${finding.text}`)
  lines.push(
    `=== ${transcript.durationMs.toFixed(1)} ms, ${transcript.roundTrips} round trips, ` +
      `${transcript.bytes.sent} octets sent, ${transcript.bytes.received} received`,
  )
  return `${lines.join('\n')}\n`
}

function entryText(entry: Entry): string[] {
  const at = entry.atMs.toFixed(1).padStart(9)
  const inTls = entry.tls === true
  switch (entry.kind) {
    case 'event':
      return [`${at} === ${entry.event}: ${entry.text}`]
    case 'command':
      return [`${at} ${inTls ? ' ~>' : ' ->'} ${entry.line}`]
    case 'reply':
      return replyLines(entry).map((line) => `${at} ${replyMark(entry, inTls)} ${line}`)
    case 'data':
      return dataText(entry, at)
  }
}

function replyMark(entry: Extract<Entry, { kind: 'reply' }>, inTls: boolean): string {
  const refused = entry.incomplete === true || entry.status === '-ERR' || (entry.code ?? 0) >= 400
  if (refused) return inTls ? '<~*' : '<**'
  return inTls ? '<~ ' : '<- '
}

type ReplyParts = Pick<Extract<Entry, { kind: 'reply' }>, 'code' | 'enhanced' | 'status' | 'responseCode'> & {
  readonly lines: readonly string[]
}

/** A reply line by line, each with its code, as it came. */
export function replyLines({ code, enhanced, status, responseCode, lines }: ReplyParts): readonly string[] {
  if (code !== undefined) {
    const prefix = enhanced === undefined ? '' : `${enhanced} `
    return lines.map((line, place) => `${code}${place < lines.length - 1 ? '-' : ' '}${prefix}${line}`)
  }
  if (status !== undefined) {
    const prefix = responseCode === undefined ? '' : `[${responseCode}] `
    return lines.map((line, place) => (place === 0 ? `${status} ${prefix}${line}`.trimEnd() : line))
  }
  return lines
}

function dataText(entry: Extract<Entry, { kind: 'data' }>, at: string): string[] {
  const inTls = entry.tls === true
  const mark = entry.from === 'client' ? (inTls ? ' ~>' : ' ->') : inTls ? '<~ ' : '<- '
  const shown = entry.preview.replace(/\r\n$/, '').split('\r\n')
  if (entry.bytes > PREVIEW_OCTETS) shown.push('…')
  const broken = entry.incomplete === true ? ', broken off' : ''
  return [`${at} ${mark} [${entry.bytes} octets${broken}]`, ...shown.map((line) => `${at} ${mark} | ${line}`)]
}
