import { isUtf8 } from 'node:buffer'
import { wholeCharacters } from './utf8.ts'

const CR = 0x0d
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/
const PLAIN_LINES = /^[\t\r\n\x20-\x5b\x5d-\x7e]*$/
const BARE_CR_OR_LF = /\r(?!\n)|(?<!\r)\n/
/** Control, format (bidirectional overrides), surrogate, private and unassigned characters, and odd spaces. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\\]/gu
const LINE_END_OR_TAB: Readonly<Record<string, string>> = { '\\x0d\\x0a': '\r\n', '\\x09': '\t' }

/**
 * Octets as text that a person can read and that gives every octet back: a backslash is doubled, and what is not
 * printable UTF-8 appears as `\xNN`, one for each octet.
 */
export function visible(octets: Buffer): string {
  const latin1 = octets.toString('latin1')
  if (PLAIN.test(latin1)) return latin1
  const text = asUtf8(octets)
  if (text !== undefined) return text.replace(UNPRINTABLE, escaped)
  return piecewise(octets)
}

/** `visible` of octets that are at hand as characters, one each: of a listing there are many, and hardly one is odd. */
export function visibleLatin1(octets: string): string {
  return PLAIN.test(octets) ? octets : visible(Buffer.from(octets, 'latin1'))
}

/** `visible` of text of our own, as it goes out. */
export function visibleText(text: string): string {
  return PLAIN.test(text) ? text : visible(Buffer.from(text))
}

/** Like `visible`, for a piece of content: CRLF and TAB stay as they are. */
export function visibleContent(octets: Buffer): string {
  const latin1 = octets.toString('latin1')
  if (PLAIN_LINES.test(latin1) && !BARE_CR_OR_LF.test(latin1)) return latin1
  // a doubled backslash is passed over as a whole, or what stands behind it would be taken for an escape
  return visible(octets).replace(/\\\\|\\x0d\\x0a|\\x09/g, (found) => LINE_END_OR_TAB[found] ?? found)
}

/** The same of content in pieces, cut anywhere. */
export function* visibleContentIn(pieces: Iterable<Buffer>): Generator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (const piece of pieces) {
    const octets = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = wholeCharacters(octets)
    // it may be half of a line end
    const end = octets[whole - 1] === CR ? whole - 1 : whole
    rest = octets.subarray(end)
    yield visibleContent(octets.subarray(0, end))
  }
  yield visibleContent(rest)
}

/** The octets that `visible` made this text of; text that it cannot have made is taken as UTF-8. */
export function octetsOf(text: string): Buffer {
  if (!text.includes('\\')) return Buffer.from(text)
  const pieces = text.split(/(\\x[0-9a-f]{2}|\\\\)/i).map((piece) => {
    if (piece === '\\\\') return Buffer.from('\\')
    if (/^\\x[0-9a-f]{2}$/i.test(piece)) return Buffer.from(piece.slice(2), 'hex')
    return Buffer.from(piece)
  })
  return Buffer.concat(pieces)
}

function asUtf8(octets: Buffer): string | undefined {
  return isUtf8(octets) ? octets.toString() : undefined
}

function escaped(character: string): string {
  if (character === '\\') return '\\\\'
  return [...Buffer.from(character)].map(hex).join('')
}

/** Runs that are UTF-8 stay readable between octets that are not. */
function piecewise(octets: Buffer): string {
  let out = ''
  let at = 0
  while (at < octets.length) {
    const octet = octets[at] ?? 0
    const width = octet < 0x80 ? 1 : octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc2 ? 2 : 0
    const text = width === 0 ? undefined : asUtf8(octets.subarray(at, at + width))
    if (text === undefined || text.length === 0) {
      out += hex(octet)
      at += 1
    } else {
      out += text.replace(UNPRINTABLE, escaped)
      at += width
    }
  }
  return out
}

function hex(octet: number): string {
  return `\\x${octet.toString(16).padStart(2, '0')}`
}
