import { decodeText } from './charset.ts'

/** RFC 2047 §2 `encoded-word`, with the language of RFC 2231 §5; spaces are taken inside, as many mailers write them. */
const ENCODED_WORD = /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([BbQq])\?([^?]*)\?=/g

/**
 * The text of a header field with its encoded-words read (RFC 2047).
 *
 * A character that is split over two words of one charset is joined, though §5 forbids the split.
 */
export function decodedWords(value: string, problem: (text: string) => void): string {
  if (!value.includes('=?')) return value
  let out = ''
  let from = 0
  let charset: string | undefined
  let held: Buffer[] = []
  const flush = (): void => {
    if (held.length === 0) return
    const decoded = decodeText(Buffer.concat(held), charset, 'whole')
    if (decoded.problem !== undefined) problem(`a header field: ${decoded.problem}`)
    out += decoded.text
    held = []
  }
  for (const match of value.matchAll(ENCODED_WORD)) {
    const between = value.slice(from, match.index)
    const word = (match[1] ?? '').toLowerCase()
    // RFC 2047 §6.2: white space between two encoded-words is not part of the text
    const joined = from > 0 && /^\s*$/.test(between)
    if (!joined || word !== charset) flush()
    if (!joined) out += between
    charset = word
    held.push(octetsOf(match[2] ?? 'Q', match[3] ?? ''))
    from = match.index + match[0].length
  }
  flush()
  return out + value.slice(from)
}

function octetsOf(encoding: string, text: string): Buffer {
  if (encoding.toUpperCase() === 'B') return Buffer.from(text, 'base64')
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  // what stands there unencoded may be beyond one octet, where a field holds raw UTF-8
  return /[\u0100-\u{10ffff}]/u.test(octets) ? Buffer.from(octets) : Buffer.from(octets, 'latin1')
}
