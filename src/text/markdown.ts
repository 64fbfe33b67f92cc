import { visible } from './visible.ts'

/*
 * Text of strangers in Markdown (CommonMark 0.31, and GitHub's tables, autolinks and mentions on top of it). What is in a
 * code span or a fence is neither HTML nor a link, nor does it call anybody.
 */

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Words that mean nothing but themselves, with the marks that stand around words. */
const PLAIN_WORD = /^[("“‘]*(?:[\p{L}\p{N}§]+(?:[.’'-][\p{L}\p{N}]+)*)?[)"”’.,;:!?…–—]*$/u
/** GitHub links `www.`, what may be a commit, and an issue; a number may begin a list. */
const MEANS_MORE = /^\W*(?:www\.|GH-\d)|[0-9a-f]{7,}|^\d+[.)]$/i
const TRAILING_MARKS = /[.,;:!?…]+$/

interface Piece {
  readonly kind: 'plain' | 'code'
  readonly text: string
}

/** Prose that may quote somebody, as Markdown: code spans stay code spans, and what could mean more becomes one. */
export function prose(text: string): string {
  return joined(text.split(/(`[^`]+`|\s+)/).flatMap(piecesOf))
    .map((piece) => (piece.kind === 'code' ? codeSpan(piece.text) : piece.text))
    .join('')
}

/** Text on one line, as it is. */
export function codeSpan(text: string): string {
  // a line break ends no code span, and two end the paragraph around it
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(UNPRINTABLE, (character) => visible(Buffer.from(character)))
  if (line.trim() === '') return ''
  const marks = '`'.repeat(longestRun(line) + 1)
  const pad = /^`|`$|^ .* $/.test(line) ? ' ' : ''
  return `${marks}${pad}${line}${pad}${marks}`
}

/** A code span in the cell of a table: a bar would end the cell, and how it is escaped there is not the same everywhere. */
export function cell(text: string): string {
  return codeSpan(text.replaceAll('|', '\\x7c'))
}

/** Lines as they are, in a fence that none of them can close. */
export function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}\n`
}

function piecesOf(part: string): Piece[] {
  if (part === '') return []
  if (/^(?:\s+|`\s+`)$/.test(part)) return [{ kind: 'plain', text: ' ' }]
  if (/^`[^`]+`$/.test(part)) return [{ kind: 'code', text: part.slice(1, -1) }]
  if (PLAIN_WORD.test(part) && !MEANS_MORE.test(part)) return [{ kind: 'plain', text: part }]
  const marks = TRAILING_MARKS.exec(part)?.[0] ?? ''
  const bare = part.slice(0, part.length - marks.length)
  if (bare === '') return [{ kind: 'code', text: part }]
  return [{ kind: 'code', text: bare }, ...(marks === '' ? [] : [{ kind: 'plain', text: marks } as const])]
}

/** Two code spans without anything between them would share their backticks, and end where neither does. */
function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = []
  for (const piece of pieces) {
    const before = all.at(-1)
    if (before?.kind === 'code' && piece.kind === 'code')
      all[all.length - 1] = { kind: 'code', text: before.text + piece.text }
    else all.push(piece)
  }
  return all
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
