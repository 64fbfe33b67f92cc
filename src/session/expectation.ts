import { type Captures, Pattern } from '../text/pattern.ts'
import { replyLines } from '../transcript/text.ts'
import type { Reply } from './answer.ts'

/** What a step wants to be answered. */
export type Expectation =
  | { readonly kind: 'code'; readonly code: number }
  /** `2xx`: all codes that begin with this digit. */
  | { readonly kind: 'class'; readonly digit: number }
  | { readonly kind: 'status'; readonly status: string }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }

/** How the protocol's replies begin: with a code, or with a status indicator. */
export type ReplyForm = 'codes' | 'statuses'

/**
 * A code (`250`), a class (`2xx`) or a status (`+OK`, `-ERR`, `+`) as the protocol has them; anything else is a regular
 * expression.
 * @throws {PatternError}
 */
export function expectation(text: string, form: ReplyForm): Expectation {
  if (form === 'codes' && /^[2-5][0-9]{2}$/.test(text)) return { kind: 'code', code: Number(text) }
  if (form === 'codes' && /^[2-5]xx$/i.test(text)) return { kind: 'class', digit: Number(text[0]) }
  if (form === 'statuses' && /^(?:\+OK|-ERR|\+)$/i.test(text))
    return { kind: 'status', status: text.toUpperCase() }
  return { kind: 'pattern', pattern: new Pattern(text) }
}

/** The names that later steps may use. */
export function namesIn(expected: Expectation | undefined): readonly string[] {
  return expected?.kind === 'pattern' ? expected.pattern.names : []
}

const NOTHING: Captures = new Map()

/**
 * Whether the reply is the one that is wanted. A regular expression looks at it as a transcript shows it, line by line
 * with code or status.
 * @returns what its groups captured; undefined when it is another reply
 */
export function meets(reply: Reply, expected: Expectation): Captures | undefined {
  switch (expected.kind) {
    case 'code':
      return reply.code === expected.code ? NOTHING : undefined
    case 'class':
      return Math.floor((reply.code ?? 0) / 100) === expected.digit ? NOTHING : undefined
    case 'status':
      return reply.status === expected.status ? NOTHING : undefined
    case 'pattern':
      return expected.pattern.match(replyLines(reply).join('\n'))
  }
}
