import type { Reply, Severity } from '../session/answer.ts'
import type { ReplyReader } from '../session/incoming.ts'
import { Fault } from '../session/outcome.ts'
import type { Line } from '../text/lines.ts'
import { visible } from '../text/visible.ts'

export interface Pop3Reply extends Reply {
  readonly status: '+OK' | '-ERR' | '+'
}

/** RFC 1939 §9: `"+OK" / "-ERR"`, then a blank and text; RFC 5034 §4: `"+" SP [base64]`. */
const STATUS_LINE = /^(\+OK|-ERR|\+)(?:[ \t](.*))?$/is
/** RFC 2449 §8: `"[" resp-level *("/" resp-level) "]"` before the text. */
const RESPONSE_CODE = /^\[([\x21-\x2e\x30-\x5a\x5c\x5e-\x7e]+(?:\/[\x21-\x2e\x30-\x5a\x5c\x5e-\x7e]+)*)\] ?/
/** RFC 2449 §8.1.1, RFC 3206 §4: trying again later may help. */
const TRANSIENT: ReadonlySet<string> = new Set(['LOGIN-DELAY', 'SYS/TEMP'])

const MOST_BLANK_LINES = 10

/**
 * Status lines to POP3 replies. What servers do and RFC 1939 does not know is told under a name: `bare-lf`,
 * `blank-line`, `status-case`.
 */
export class Pop3ReplyReader implements ReplyReader<Pop3Reply> {
  readonly #tolerated: (code: string, text: string) => void
  #blank = 0

  constructor(tolerated: (code: string, text: string) => void) {
    this.#tolerated = tolerated
  }

  line(line: Line): Pop3Reply | undefined {
    if (line.end === 'lf') this.#tolerated('bare-lf', 'A status line ended in LF without CR.')
    if (line.octets.length === 0) {
      this.#blank += 1
      if (this.#blank > MOST_BLANK_LINES)
        throw new Fault('protocol', 'the server sent blank lines instead of a reply')
      this.#tolerated('blank-line', 'The server sent a blank line where a reply was due.')
      return undefined
    }
    this.#blank = 0
    const [, indicator, rest] = STATUS_LINE.exec(line.octets.toString('latin1')) ?? []
    if (indicator === undefined) throw new Fault('protocol', 'the server sent a line that is no POP3 reply')
    const status = indicator.toUpperCase() as Pop3Reply['status']
    if (status !== indicator) this.#tolerated('status-case', 'A status indicator was not in upper case.')
    const text = rest === undefined ? '' : visible(line.octets.subarray(indicator.length + 1))
    return replyOf(status, text)
  }

  partial(): readonly string[] {
    return []
  }
}

/**
 * A yes or a no. `+` is neither: it asks for more (RFC 5034 §4), and to a command that has no more to say it is no answer.
 * @throws {Fault} `protocol`
 */
export function settled(reply: Pop3Reply): Pop3Reply {
  if (reply.status !== '+') return reply
  throw new Fault('protocol', 'the server asked for more where only a yes or a no can be right')
}

function replyOf(status: Pop3Reply['status'], text: string): Pop3Reply {
  if (status === '+') return { status, severity: 'intermediate', lines: [text] }
  const code = RESPONSE_CODE.exec(text)
  if (code === null) return { status, severity: severityOf(status, undefined), lines: [text] }
  const responseCode = (code[1] ?? '').toUpperCase()
  return {
    status,
    severity: severityOf(status, responseCode),
    responseCode,
    lines: [text.slice(code[0].length)],
  }
}

function severityOf(status: '+OK' | '-ERR', responseCode: string | undefined): Severity {
  if (status === '+OK') return 'completion'
  return responseCode !== undefined && TRANSIENT.has(responseCode) ? 'transient' : 'permanent'
}
