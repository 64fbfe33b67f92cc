import type { Reply } from './answer.ts'

/** How far a session had come (contract §10). */
export const STAGES = [
  'dns',
  'connect',
  'tls',
  'greeting',
  'hello',
  'starttls',
  'capabilities',
  'auth',
  'mail',
  'rcpt',
  'data',
  'end-of-data',
  'transaction',
  'update',
  'quit',
] as const
export type Stage = (typeof STAGES)[number]

export const OUTCOMES = ['accepted', 'ok', 'partial', 'rejected', 'deferred', 'failed', 'unknown'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** The server answered, and the answer was no. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`the server answered ${reply.code ?? reply.status ?? ''} ${reply.lines.join(' / ')}`)
    this.reply = reply
  }
}

export type FaultKind =
  | 'dns'
  | 'policy'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'closed'
  | 'protocol'
  | 'limit'
  | 'aborted'

/** There was no answer to judge. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  /** Finer than the kind where the cause is known: a code of the diagnosis vocabulary, or Node's (`ECONNREFUSED`). */
  readonly code: string | undefined

  constructor(
    kind: FaultKind,
    message: string,
    options: { readonly code?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.kind = kind
    this.code = options.code
  }

  /** The same in other words: a message may quote what the server sent. */
  retold(words: (message: string) => string): Fault {
    return new Fault(this.kind, words(this.message), {
      ...(this.code === undefined ? {} : { code: this.code }),
      cause: this.cause,
    })
  }
}

/** What the request asked for is not possible in this session; nothing was sent that would have needed it. */
export class Unmet extends Error {
  override readonly name = 'Unmet'
  /** A code of the diagnosis vocabulary: `credentials-need-tls`, `starttls-not-offered`, … */
  readonly code: string
  /** What the server offered instead. */
  readonly offered: readonly string[]
  /** The extension that is missing, as EHLO would list it. */
  readonly keyword: string | undefined
  /** `rejected` where the mailbox itself says no: there is no such message, or it is another one. */
  readonly outcome: 'failed' | 'rejected'

  constructor(
    code: string,
    message: string,
    options: {
      readonly offered?: readonly string[]
      readonly keyword?: string
      readonly outcome?: 'failed' | 'rejected'
    } = {},
  ) {
    super(message)
    this.code = code
    this.offered = options.offered ?? []
    this.keyword = options.keyword
    this.outcome = options.outcome ?? 'failed'
  }
}

/** Why a session did not do what was asked: exactly one of `reply`, `fault` and `unmet`. */
export interface Failure {
  readonly outcome: Extract<Outcome, 'rejected' | 'deferred' | 'failed' | 'unknown'>
  readonly stage: Stage
  readonly reply?: Reply
  readonly fault?: Fault
  readonly unmet?: Unmet
}

/**
 * The one judgement over what a session threw.
 * @param pastReturn the server may have acted already: from the end of mail data on, or from QUIT on after DELE
 * @throws whatever is neither a Refusal, a Fault nor Unmet: that is a bug
 */
export function outcomeOf(thrown: unknown, stage: Stage, pastReturn: boolean): Failure {
  if (thrown instanceof Refusal) {
    const outcome = thrown.reply.severity === 'transient' ? 'deferred' : 'rejected'
    return { outcome, stage, reply: thrown.reply }
  }
  if (thrown instanceof Fault) return { outcome: pastReturn ? 'unknown' : 'failed', stage, fault: thrown }
  if (thrown instanceof Unmet) return { outcome: thrown.outcome, stage, unmet: thrown }
  throw thrown
}
