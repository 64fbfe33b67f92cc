import { isUtf8 } from 'node:buffer'

const NOTHING = Buffer.alloc(0)

/** Whether octets are UTF-8 (RFC 3629), wherever they are cut. */
export class Utf8Check {
  /** The beginning of a character that the last piece ended in. */
  #begun: Buffer = NOTHING
  #fault = false

  push(piece: Buffer): void {
    if (this.#fault || piece.length === 0) return
    const missing = this.#begun.length === 0 ? 0 : widthOf(this.#begun[0] ?? 0) - this.#begun.length
    const rest = piece.subarray(missing)
    if (missing > 0) this.#begun = Buffer.concat([this.#begun, piece.subarray(0, missing)])
    // too short still: all of the piece belongs to it
    if (missing > piece.length) return
    const whole = wholeCharacters(rest)
    this.#fault = !isUtf8(this.#begun) || !isUtf8(rest.subarray(0, whole))
    this.#begun = Buffer.from(rest.subarray(whole))
  }

  /** Whether it may be, as far as it came. */
  get mayBe(): boolean {
    return !this.#fault
  }

  /** Of all that came. */
  get isUtf8(): boolean {
    return !this.#fault && this.#begun.length === 0
  }
}

/** How many octets there are before a character that is cut off; what is no UTF-8 anyway is left to be found. */
export function wholeCharacters(octets: Buffer): number {
  for (let back = 1; back <= 3 && back <= octets.length; back += 1) {
    const octet = octets[octets.length - back] ?? 0
    if (octet < 0x80) break
    if (octet >= 0xc0) return widthOf(octet) > back ? octets.length - back : octets.length
  }
  return octets.length
}

function widthOf(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
}
