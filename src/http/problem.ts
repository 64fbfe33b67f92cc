import type { ProblemCode } from '../diagnosis/codes.ts'
import type { Account } from './account.ts'

/** What is at fault in a request: a JSON pointer into the body (RFC 6901), or the name of a parameter or header. */
export interface FieldError {
  readonly pointer?: string
  readonly parameter?: string
  readonly header?: string
  readonly detail: string
}

export interface ProblemOptions {
  readonly status: number
  /** Its title and its page stand in the catalogue. */
  readonly code: ProblemCode
  readonly detail: string
  /** Members beside those of RFC 9457: `errors`, or what a session came to. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** What a person is told of it, where there was a session. */
  readonly account?: Account
}

/** An answer that is not 2xx, as it stands in RFC 9457. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly options: ProblemOptions

  constructor(options: ProblemOptions) {
    super(options.detail)
    this.options = options
  }
}

/** A request that is malformed; every field at fault is named, none of their values is quoted. */
export function invalidRequest(errors: readonly FieldError[]): Problem {
  const named = errors
    .map((error) => error.pointer ?? error.parameter ?? error.header ?? '')
    .filter((name) => name !== '')
  return new Problem({
    status: 400,
    code: 'invalid-request',
    detail: named.length === 0 ? 'The request is malformed.' : `At fault: ${named.slice(0, 20).join(', ')}.`,
    members: { errors },
  })
}
