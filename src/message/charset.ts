import { TextDecoder } from 'node:util'
import iconv from 'iconv-lite'

/** Octets as text, and what was wrong with them. */
export interface DecodedText {
  readonly text: string
  readonly problem?: string
}

/** Transfer encodings that iconv-lite lists among its charsets, and UTF-7, in which markup can hide from a filter. */
const NO_CHARSET = /^(?:(?:cs)?unicode11)?utf7(?:imap)?$|^base64$|^hex$|^binary$|^ucs2$/

/**
 * Octets in the charset that a message names, or in what they seem to be where it names none.
 * @param end `cut`: a character may be cut at the end, and then is left out
 */
export function decodeText(octets: Buffer, charset: string | undefined, end: 'whole' | 'cut'): DecodedText {
  const stream = end === 'cut'
  const name = charset?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'us-ascii' || name === 'ascii') return undeclared(octets, stream)
  const decoder = decoderOf(name)
  if (decoder !== undefined) {
    const text = decoder.decode(octets, { stream })
    const damaged = decoder.encoding === 'utf-8' && text.includes('\ufffd') && !octets.includes('\ufffd')
    return damaged ? { text, problem: 'octets that are not UTF-8 were replaced' } : { text }
  }
  if (!NO_CHARSET.test(name.replace(/[^a-z0-9]/g, '')) && iconv.encodingExists(name))
    return { text: iconv.decode(octets, name) }
  const guessed = undeclared(octets, stream)
  return { text: guessed.text, problem: `the charset ${JSON.stringify(name.slice(0, 40))} is not known` }
}

/** Half of a surrogate pair is no character, and no valid JSON either. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

/** UTF-8 when it is, and else the charset that has a character for each octet and was meant most often. */
function undeclared(octets: Buffer, stream: boolean): DecodedText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream }) }
  } catch {
    const text = new TextDecoder('windows-1252').decode(octets)
    return { text, problem: 'octets beyond ASCII without a charset, and not UTF-8: taken for windows-1252' }
  }
}

function decoderOf(name: string): TextDecoder | undefined {
  try {
    return new TextDecoder(name)
  } catch {
    return undefined
  }
}
