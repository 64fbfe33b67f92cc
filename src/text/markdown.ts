/*
 * Text of strangers in Markdown (CommonMark 0.31, and GitHub's tables, autolinks and mentions on top of it). What is in a
 * code span or a fence is neither HTML nor a link, nor does it call anybody.
 */

/** Words that mean nothing but themselves, with the marks that stand around words. */
const PLAIN_WORD = /^[("“‘]*[\p{L}\p{N}§]+(?:[.’'-][\p{L}\p{N}]+)*[)"”’.,;:!?…]*$/u
/** A dash or the like that stands alone. */
const PLAIN_MARK = /^[–—…]$/
/** GitHub links `www.` and what may be a commit; a number may begin a list. */
const MEANS_MORE = /^\W*www\.|[0-9a-f]{7,}|^\d+[.)]$/i
const TRAILING_MARKS = /[.,;:!?…]+$/

/** Prose that may quote somebody, as Markdown: code spans stay code spans, and what could mean more becomes one. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? codeSpan(part.slice(1, -1)) : words(part)))
    .join('')
}

/** Text on one line, as it is. */
export function codeSpan(text: string): string {
  // a line break ends no code span, and two end the paragraph around it
  const line = text.replaceAll(/\s+/g, ' ')
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
export function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}text\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}\n`
}

function words(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => {
      if (/^\s*$/.test(word)) return word === '' ? '' : ' '
      if (PLAIN_MARK.test(word) || (PLAIN_WORD.test(word) && !MEANS_MORE.test(word))) return word
      const marks = TRAILING_MARKS.exec(word)?.[0] ?? ''
      const bare = word.slice(0, word.length - marks.length)
      return bare === '' ? codeSpan(word) : `${codeSpan(bare)}${marks}`
    })
    .join('')
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
