import type { Reply, Severity } from '../session/answer.ts'
import type { ReplyReader } from '../session/incoming.ts'
import { Fault } from '../session/outcome.ts'
import type { Line } from '../text/lines.ts'
import { visibleLatin1 } from '../text/visible.ts'

export interface SmtpReply extends Reply {
  readonly code: number
}

/** RFC 5321 §4.2: `Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF` */
const REPLY_LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s
/** RFC 3463 §2: `class "." subject "." detail`, followed by a blank. */
const ENHANCED = /^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)/

const MOST_LINES = 1000
const MOST_OCTETS = 131_072
const MOST_BLANK_LINES = 10

/**
 * Lines to SMTP replies, strictly: three digits, the first from 2 to 5, the same code on all lines. What is tolerated
 * is told under a name: `bare-lf`, `blank-line`, `code-without-text`.
 */
export class SmtpReplyReader implements ReplyReader<SmtpReply> {
  readonly #tolerated: (code: string, text: string) => void
  #code: string | undefined
  #texts: string[] = []
  #octets = 0
  #blank = 0

  constructor(tolerated: (code: string, text: string) => void) {
    this.#tolerated = tolerated
  }

  line(line: Line): SmtpReply | undefined {
    if (line.end === 'lf') this.#tolerated('bare-lf', 'A line of a reply ended in LF without CR.')
    if (line.octets.length === 0) return this.#blankLine()
    const [, code, separator, text] = REPLY_LINE.exec(line.octets.toString('latin1')) ?? []
    if (code === undefined) throw new Fault('protocol', 'the server sent a line that is no SMTP reply')
    if (this.#code !== undefined && this.#code !== code) {
      throw new Fault('protocol', `the lines of one reply had different codes, ${this.#code} and ${code}`)
    }
    this.#code = code
    this.#bounded(line.octets.length)
    this.#texts.push(visibleLatin1(text ?? ''))
    if (separator === '-') return undefined
    if (separator === undefined) this.#tolerated('code-without-text', 'A reply had a code and no text.')
    return this.#whole(Number(code))
  }

  partial(): readonly string[] {
    return this.#texts.map((text) => `${this.#code ?? ''}-${text}`)
  }

  #whole(code: number): SmtpReply {
    const { lines, enhanced } = withoutEnhanced(this.#texts, code)
    this.#code = undefined
    this.#texts = []
    this.#octets = 0
    this.#blank = 0
    return { code, severity: severityOf(code), lines, ...(enhanced === undefined ? {} : { enhanced }) }
  }

  #blankLine(): undefined {
    this.#blank += 1
    if (this.#blank > MOST_BLANK_LINES)
      throw new Fault('protocol', 'the server sent blank lines instead of a reply')
    this.#tolerated('blank-line', 'The server sent a blank line where a reply was due.')
    return undefined
  }

  #bounded(octets: number): void {
    this.#octets += octets
    if (this.#texts.length >= MOST_LINES)
      throw new Fault('limit', `a reply had more than ${MOST_LINES} lines`)
    if (this.#octets > MOST_OCTETS) throw new Fault('limit', `a reply had more than ${MOST_OCTETS} octets`)
  }
}

/** The entry that shows the reply, as evidence. */
export function seqOf(reply: SmtpReply): number[] {
  return reply.seq === undefined ? [] : [reply.seq]
}

export function severityOf(code: number): Severity {
  if (code < 300) return 'completion'
  if (code < 400) return 'intermediate'
  return code < 500 ? 'transient' : 'permanent'
}

/**
 * The enhanced status code stands apart from the text only where its class is that of the reply code (RFC 2034 §4);
 * else it is text. Later lines of a reply repeat it.
 */
function withoutEnhanced(
  texts: readonly string[],
  code: number,
): { lines: readonly string[]; enhanced?: string } {
  const enhanced = ENHANCED.exec(texts[0] ?? '')?.[1]
  if (enhanced === undefined || enhanced[0] !== String(code)[0]) return { lines: texts }
  const lines = texts.map((text) =>
    ENHANCED.exec(text)?.[1] === enhanced ? text.slice(enhanced.length + 1) : text,
  )
  return { lines, enhanced }
}
