import { HeaderBlock } from '../message/header-block.ts'
import { headerFacts } from '../message/header-facts.ts'

const CR = 0x0d
const LF = 0x0a
const QUOTE = 0x3e
const FROM = Buffer.from('From ')
const ONE_CR = Buffer.from('\r')
const ONE_LF = Buffer.from('\n')
const ONE_QUOTE = Buffer.from('>')
const NOTHING = Buffer.alloc(0)

/** So much of a message is waited for, to know its sender. */
const LONGEST_HEADER = 64 * 1024

/**
 * One message as a mailbox file holds it (RFC 4155): behind a line that begins with `From `, with LF at the ends of
 * lines, and an empty line behind it.
 *
 * Quoted as mboxrd does it, so that every message can be told from the next and comes out as it was: a line that begins
 * with `From `, or with `>` before it, gets one `>` more.
 */
export class MboxMessage {
  readonly #quoting = new FromQuoting()
  #header: Buffer | undefined = NOTHING

  push(chunk: Buffer): Buffer {
    if (this.#header === undefined) return this.#quoting.push(chunk)
    this.#header = Buffer.concat([this.#header, chunk])
    const whole = this.#header.includes('\r\n\r\n') || this.#header.includes('\n\n')
    return whole || this.#header.length >= LONGEST_HEADER ? this.#begun(this.#header) : NOTHING
  }

  end(): Buffer {
    const begun = this.#header === undefined ? NOTHING : this.#begun(this.#header)
    return Buffer.concat([begun, this.#quoting.end(), ONE_LF])
  }

  #begun(octets: Buffer): Buffer {
    this.#header = undefined
    return Buffer.concat([Buffer.from(separator(octets)), this.#quoting.push(octets)])
  }
}

/** RFC 4155 appendix A: who sent it, and when it was received, as asctime() writes it, in UTC. */
function separator(octets: Buffer): string {
  const block = new HeaderBlock(LONGEST_HEADER, () => undefined)
  block.push(octets)
  block.end()
  const { headers, from, received, date } = headerFacts(block.fields(), () => undefined)
  const returnPath = headers.find(({ name }) => name.toLowerCase() === 'return-path')?.value
  const sender = [/^<?([^<>]*)>?$/.exec(returnPath?.trim() ?? '')?.[1], from[0]?.address].find(
    (address) => address !== undefined && /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(address),
  )
  const at = new Date(received[0]?.at ?? date ?? 0)
  const [day = '', date_ = '', month = '', year = '', time = ''] = at.toUTCString().split(/,? /)
  return `From ${sender ?? 'MAILER-DAEMON'} ${day} ${month} ${date_.replace(/^0/, ' ')} ${time} ${year}\n`
}

/** Lines that could pass for the beginning of a message, quoted; CRLF to LF. Bounded: lines may be of any length. */
class FromQuoting {
  /** In `start` nothing but `>` was seen of this line. */
  #place: 'start' | 'text' = 'start'
  #held: Buffer = NOTHING

  push(chunk: Buffer): Buffer {
    const octets = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = NOTHING
    const pieces: Buffer[] = []
    let at = 0
    while (at < octets.length) {
      if (this.#place === 'start') {
        const from = at
        while (octets[at] === QUOTE) at += 1
        pieces.push(octets.subarray(from, at))
        const next = octets.subarray(at, at + FROM.length)
        if (next.length < FROM.length && next.equals(FROM.subarray(0, next.length))) {
          this.#held = next
          break
        }
        if (next.equals(FROM)) pieces.push(ONE_QUOTE)
        this.#place = 'text'
      } else {
        const lf = octets.indexOf(LF, at)
        const end = lf === -1 ? octets.length : lf
        const cr = end > at && octets[end - 1] === CR
        pieces.push(octets.subarray(at, cr ? end - 1 : end))
        if (lf === -1) {
          if (cr) this.#held = ONE_CR
          break
        }
        pieces.push(ONE_LF)
        at = lf + 1
        this.#place = 'start'
      }
    }
    return Buffer.concat(pieces)
  }

  /** The last line ends, too. */
  end(): Buffer {
    const rest = this.#held
    this.#held = NOTHING
    return this.#place === 'text' || rest.length > 0 ? Buffer.concat([rest, ONE_LF]) : NOTHING
  }
}
