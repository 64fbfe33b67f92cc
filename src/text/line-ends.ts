import { isAscii } from 'node:buffer'

/** What to do with line ends other than CRLF (contract §5, `lineEnds`). */
export type LineEndPolicy = 'auto' | 'convert' | 'refuse'

/** A CR or LF that is not part of a CRLF, and that the policy does not let pass. */
export class BareLineEnd extends Error {
  override readonly name = 'BareLineEnd'
  readonly which: 'bare-cr' | 'bare-lf'
  /** How many octets stand before it. */
  readonly offset: number

  constructor(which: 'bare-cr' | 'bare-lf', offset: number, reason: string) {
    super(`a bare ${which === 'bare-cr' ? 'CR' : 'LF'} at octet ${offset} ${reason}`)
    this.which = which
    this.offset = offset
  }
}

/** What was converted, or is worth knowing about the octets as they were given. */
export interface LineEndFinding {
  readonly code: 'lf-converted' | 'cr-converted' | 'long-line' | 'eight-bit' | 'nul'
  readonly text: string
}

const CR = 0x0d
const LF = 0x0a
const ONE_CR = Buffer.from('\r')
const NOTHING = Buffer.alloc(0)
/** A call into `indexOf` or `copy` costs as much as some dozen steps: very short lines must not pay it each time. */
const SHORT = 32
/** RFC 5322 §2.1.1, the CRLF not counted. */
const LONGEST_LINE = 998

/**
 * Message octets, in any segmentation, to lines that end in CRLF and in nothing else (RFC 5321 §2.3.8).
 *
 * `auto` takes a file of bare LF for a Unix file and converts it; in anything else a bare CR or LF is refused, since
 * two readers may find different lines in it. A refusal can come late: what was given out before is clean, and is
 * not the whole message.
 */
export class LineEnds {
  readonly #policy: LineEndPolicy
  /** The last octet was a CR, and what follows decides what it is. */
  #heldCr = false
  /** Octets that came before the ones now looked at. */
  #before = 0
  #lineStart = 0
  #lines = 0
  #firstCrlf: number | undefined
  #firstBareLf: number | undefined
  #lfConverted = 0
  #crConverted = 0
  #longLines = 0
  #firstLongLine = 0
  #eightBit = false
  #firstNul: number | undefined

  constructor(policy: LineEndPolicy) {
    this.#policy = policy
  }

  /**
   * The chunk with CRLF alone; the very chunk when there was nothing to change.
   * @throws {BareLineEnd}
   */
  push(chunk: Buffer): Buffer {
    if (chunk.length === 0) return NOTHING
    const octets = this.#heldCr ? Buffer.concat([ONE_CR, chunk]) : chunk
    this.#heldCr = octets[octets.length - 1] === CR
    return this.#crlfOnly(this.#heldCr ? octets.subarray(0, -1) : octets)
  }

  /**
   * What was held back: nothing, or what became of a last CR.
   * @throws {BareLineEnd}
   */
  end(): Buffer {
    const rest = this.#heldCr ? this.#crlfOnly(ONE_CR) : NOTHING
    this.#heldCr = false
    this.#endLine(this.#before)
    return rest
  }

  /** Complete after `end`. */
  get findings(): readonly LineEndFinding[] {
    const findings: LineEndFinding[] = []
    const tell = (code: LineEndFinding['code'], text: string): number => findings.push({ code, text })
    if (this.#lfConverted > 0) tell('lf-converted', `${lineEnds(this.#lfConverted, 'LF')} became CRLF.`)
    if (this.#crConverted > 0) tell('cr-converted', `${lineEnds(this.#crConverted, 'CR')} became CRLF.`)
    if (this.#longLines > 0) {
      const lines = this.#longLines === 1 ? 'one line is' : `${this.#longLines} lines are`
      tell(
        'long-line',
        `${lines} over ${LONGEST_LINE} octets long, line ${this.#firstLongLine} first (RFC 5322 §2.1.1).`,
      )
    }
    if (this.#eightBit) tell('eight-bit', 'There are octets beyond 7 bits, which need 8BITMIME (RFC 6152).')
    if (this.#firstNul !== undefined)
      tell('nul', `There is a NUL, first at octet ${this.#firstNul} (RFC 5322 §4).`)
    return findings
  }

  #crlfOnly(octets: Buffer): Buffer {
    if (!this.#eightBit) this.#eightBit = !isAscii(octets)
    if (this.#firstNul === undefined) {
      const nul = octets.indexOf(0)
      if (nul !== -1) this.#firstNul = this.#before + nul
    }
    const converted = this.#converted(octets)
    this.#before += octets.length
    return converted
  }

  /** One search for each CR and LF, and no loop over octets where lines have a usual length. */
  #converted(octets: Buffer): Buffer {
    let writer: CrlfWriter | undefined
    let at = 0
    let cr = -1
    let lf = -1
    let stepsFirst = 0
    for (;;) {
      if (cr < at) cr = placeOf(CR, octets, at, stepsFirst)
      if (lf < at) lf = placeOf(LF, octets, at, stepsFirst)
      const found = Math.min(cr, lf)
      if (found === octets.length) return writer === undefined ? octets : writer.end()
      stepsFirst = found - at < SHORT ? SHORT : 0
      const offset = this.#before + found
      if (lf === cr + 1 && lf < octets.length) {
        this.#crlf(offset)
        at = lf + 1
      } else {
        if (found === lf) this.#bareLf(offset)
        else this.#bareCr(offset)
        writer ??= new CrlfWriter(octets)
        writer.crlfAt(found)
        at = found + 1
      }
      this.#endLine(offset)
      this.#lineStart = this.#before + at
    }
  }

  #crlf(offset: number): void {
    this.#firstCrlf ??= offset
    if (this.#policy === 'auto' && this.#firstBareLf !== undefined) {
      throw new BareLineEnd('bare-lf', this.#firstBareLf, 'in a message that has CRLF as well')
    }
  }

  #bareLf(offset: number): void {
    if (this.#policy === 'refuse') throw new BareLineEnd('bare-lf', offset, 'where only CRLF ends a line')
    if (this.#policy === 'auto' && this.#firstCrlf !== undefined) {
      throw new BareLineEnd('bare-lf', offset, 'in a message that has CRLF as well')
    }
    this.#firstBareLf ??= offset
    this.#lfConverted += 1
  }

  #bareCr(offset: number): void {
    if (this.#policy !== 'convert') throw new BareLineEnd('bare-cr', offset, 'where only CRLF ends a line')
    this.#crConverted += 1
  }

  #endLine(offset: number): void {
    this.#lines += 1
    if (offset - this.#lineStart <= LONGEST_LINE) return
    if (this.#longLines === 0) this.#firstLongLine = this.#lines
    this.#longLines += 1
  }
}

/** Octets with some of them replaced by CRLF. */
class CrlfWriter {
  readonly #octets: Buffer
  readonly #out: Buffer
  #from = 0
  #to = 0

  constructor(octets: Buffer) {
    this.#octets = octets
    this.#out = Buffer.allocUnsafe(octets.length * 2)
  }

  crlfAt(place: number): void {
    this.#copyTo(place)
    this.#out[this.#to] = CR
    this.#out[this.#to + 1] = LF
    this.#to += 2
    this.#from = place + 1
  }

  end(): Buffer {
    this.#copyTo(this.#octets.length)
    return this.#out.subarray(0, this.#to)
  }

  #copyTo(end: number): void {
    const length = end - this.#from
    if (length > SHORT) this.#octets.copy(this.#out, this.#to, this.#from, end)
    else for (let n = 0; n < length; n += 1) this.#out[this.#to + n] = this.#octets[this.#from + n] ?? 0
    this.#to += length
  }
}

function placeOf(octet: number, octets: Buffer, from: number, stepsFirst: number): number {
  const near = Math.min(from + stepsFirst, octets.length)
  for (let at = from; at < near; at += 1) if (octets[at] === octet) return at
  const at = octets.indexOf(octet, near)
  return at === -1 ? octets.length : at
}

function lineEnds(count: number, which: string): string {
  return count === 1 ? `one bare ${which}` : `${count} bare ${which}`
}
