import { inTurns } from './in-turns.ts'
import type { InPieces, LongText } from './long-text.ts'

/** Whether a long text is base64 by RFC 4648 §4 and nothing else. */
export async function isBase64(text: LongText): Promise<boolean> {
  let ended = false
  for await (const characters of inTurns(quanta(text))) {
    const octets = Buffer.from(characters, 'base64')
    if (ended || octets.toString('base64') !== characters) return false
    // padding ends it
    ended = octets.length * 4 !== characters.length * 3
  }
  return true
}

/** The octets that a long text is the base64 of. */
export function decodedBase64(text: LongText): InPieces {
  return {
    *pieces() {
      for (const characters of quanta(text)) yield Buffer.from(characters, 'base64')
    },
  }
}

/** The base64 of octets in pieces. */
export function* encodedBase64(pieces: Iterable<Buffer>): Generator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (const piece of pieces) {
    const octets = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = octets.length - (octets.length % 3)
    rest = octets.subarray(whole)
    yield octets.toString('base64', 0, whole)
  }
  if (rest.length > 0) yield rest.toString('base64')
}

/** Pieces of whole groups of four characters. */
function* quanta(text: LongText): Generator<string> {
  let rest = ''
  for (const piece of text.pieces()) {
    const characters = rest + piece.toString('latin1')
    const whole = characters.length - (characters.length % 4)
    rest = characters.slice(whole)
    yield characters.slice(0, whole)
  }
  if (rest !== '') yield rest
}
