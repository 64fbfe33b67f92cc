import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { inTurns } from '../text/in-turns.ts'
import { type LineEndFinding, LineEnds } from '../text/line-ends.ts'
import { type InPieces, LongText } from '../text/long-text.ts'
import { type FieldPath, MessageError } from './message-error.ts'

/** A longer text than this is never passed on as it is, and so the library need not look at it whole. */
const LONGEST_STRING = 131_072

/** What is known of a long text for people before it is written into a message. */
export interface LongBody {
  readonly octets: InPieces
  readonly content: Readable
  readonly transferEncoding: '8bit' | 'base64' | 'quoted-printable'
}

/** Text for people has lines, and MIME ends them with CRLF, whatever ended them before. */
export async function bodyText(
  path: FieldPath,
  given: string | LongText,
  encoding: '7bit' | '8bit',
): Promise<string | LongBody> {
  const halves = given instanceof LongText ? given.surrogates === 'halves' : /\p{Cs}/u.test(given)
  if (halves) throw new MessageError(path, 'half of a surrogate pair is no character')
  if (!(given instanceof LongText)) return inLines(given)
  return given.octets > LONGEST_STRING ? await longBody(given, encoding) : inLines(given.toString())
}

function inLines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n')
}

export function contentOf(body: string | LongBody | undefined): string | Readable | undefined {
  return typeof body === 'object' ? body.content : body
}

/** The text with CRLF, and how it is to be encoded: the library cannot look through what it is given as a stream. */
async function longBody(text: LongText, encoding: '7bit' | '8bit'): Promise<LongBody> {
  const decoder = new StringDecoder('utf8')
  const count = { letters: 0, others: 0, controls: 0 }
  for await (const piece of inTurns(text.pieces())) add(count, decoder.write(piece))
  const noticed = await noticedIn(text)
  const readable = count.controls === 0 && has(noticed, 'eight-bit') && !has(noticed, 'long-line')
  const octets = inCrlf(text)
  return {
    octets,
    content: streamOf(octets),
    transferEncoding:
      encoding === '8bit' && readable ? '8bit' : count.others < count.letters ? 'quoted-printable' : 'base64',
  }
}

/** A stream that lets others have their turn. */
export function streamOf(octets: InPieces): Readable {
  return Readable.from(inTurns(octets.pieces()), { objectMode: false })
}

/** What there is to be noticed of the line ends. */
export async function noticedIn(octets: InPieces): Promise<readonly LineEndFinding[]> {
  const ends = new LineEnds('convert')
  for await (const piece of inTurns(octets.pieces())) ends.push(piece)
  ends.end()
  return ends.findings
}

/** The octets with CRLF alone. */
export function inCrlf(octets: InPieces): InPieces {
  return {
    *pieces() {
      const ends = new LineEnds('convert')
      for (const piece of octets.pieces()) yield ends.push(piece)
      yield ends.end()
    },
  }
}

export function has(findings: readonly LineEndFinding[], code: LineEndFinding['code']): boolean {
  return findings.some((finding) => finding.code === code)
}

/** Letters speak for quoted-printable, what it would have to encode for base64; the same is counted of shorter texts. */
function add(count: { letters: number; others: number; controls: number }, text: string): void {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if ((unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)) count.letters += 1
    else if (unit >= 0x80 || (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d)) {
      count.others += 1
      if (unit < 0xa0) count.controls += 1
    } else if (unit === 0x7f) count.controls += 1
  }
}
