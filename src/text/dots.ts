const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const LINE_START_WITH_DOT = Buffer.from('\r\n.')
const ONE_DOT = Buffer.from('.')
const ONE_CR = Buffer.from('\r')

/** Where in a line the next octet stands; only CRLF ends a line (RFC 5321 §2.3.8). */
type Place = 'line-start' | 'after-cr' | 'text'

/** Transparency when sending (RFC 5321 §4.5.2): a line that begins with a dot gets one more. */
export class DotStuffer {
  #place: Place = 'line-start'

  /** The chunk as it goes on the wire; the very chunk when there was nothing to double. */
  push(chunk: Buffer): Buffer {
    const pieces: Buffer[] = []
    let from = 0
    let at = this.#firstLineStart(chunk)
    while (at < chunk.length) {
      if (chunk[at] === DOT) {
        pieces.push(chunk.subarray(from, at), ONE_DOT)
        from = at
      }
      const found = chunk.indexOf(LINE_START_WITH_DOT, at)
      at = found === -1 ? chunk.length : found + 2
    }
    this.#place = placeAfter(chunk, this.#place)
    if (pieces.length === 0) return chunk
    pieces.push(chunk.subarray(from))
    return Buffer.concat(pieces)
  }

  /** The end of mail data: `.` CRLF, after a CRLF where the content did not end with one. */
  end(): Buffer {
    return Buffer.from(this.#place === 'line-start' ? '.\r\n' : '\r\n.\r\n')
  }

  /** The first place in the chunk where a line may begin; later ones are searched for. */
  #firstLineStart(chunk: Buffer): number {
    if (this.#place === 'line-start') return 0
    if (this.#place === 'after-cr' && chunk[0] === LF) return 1
    const found = chunk.indexOf(LINE_START_WITH_DOT)
    return found === -1 ? chunk.length : found + 2
  }
}

/** What a chunk gave: content octets, and at the end the octets behind the terminator. */
export interface Unstuffed {
  readonly content: readonly Buffer[]
  /** Set when the terminator was seen: what followed it, and belongs to the next reply. */
  readonly rest?: Buffer
}

/**
 * Byte-stuffing undone when receiving (RFC 1939 §3), with bounded memory: nothing of the content is held back.
 *
 * Only CRLF `.` CRLF ends it. The CRLF before the dot belongs to the content.
 */
export class DotUnstuffer {
  #place: Place | 'after-dot' | 'after-dot-cr' = 'line-start'

  push(chunk: Buffer): Unstuffed {
    const content: Buffer[] = []
    let from = 0
    let at = 0
    const emitTo = (end: number): void => {
      if (end > from) content.push(chunk.subarray(from, end))
    }
    while (at < chunk.length) {
      const octet = chunk[at]
      switch (this.#place) {
        case 'text': {
          const found = chunk.indexOf(LINE_START_WITH_DOT, at)
          if (found === -1) {
            this.#place = placeAfter(chunk.subarray(at), 'text')
            at = chunk.length
          } else {
            this.#place = 'line-start'
            at = found + 2
          }
          break
        }
        case 'after-cr':
          this.#place = octet === LF ? 'line-start' : 'text'
          if (octet === LF) at += 1
          break
        case 'line-start':
          if (octet === DOT) {
            emitTo(at)
            at += 1
            from = at
            this.#place = 'after-dot'
          } else this.#place = 'text'
          break
        case 'after-dot':
          if (octet === CR) {
            at += 1
            from = at
            this.#place = 'after-dot-cr'
          } else this.#place = 'text'
          break
        case 'after-dot-cr':
          if (octet === LF) return { content, rest: chunk.subarray(at + 1) }
          content.push(ONE_CR)
          this.#place = 'after-cr'
          break
      }
    }
    emitTo(chunk.length)
    return { content }
  }
}

function placeAfter(chunk: Buffer, before: Place): Place {
  const last = chunk[chunk.length - 1]
  if (last === undefined) return before
  if (last === CR) return 'after-cr'
  if (last !== LF) return 'text'
  const afterCr = chunk.length > 1 ? chunk[chunk.length - 2] === CR : before === 'after-cr'
  return afterCr ? 'line-start' : 'text'
}
