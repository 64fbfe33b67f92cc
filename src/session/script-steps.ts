import type { Captures } from '../text/pattern.ts'
import type { Reply } from './answer.ts'
import type { AuthReport, AuthWish } from './auth.ts'
import type { Phase } from './budget.ts'
import type { Expectation } from './expectation.ts'
import type { Outcome, Stage } from './outcome.ts'
import type { SessionEnd } from './session.ts'
import type { Flights } from './turns.ts'

/** The caller's own session: what is said, in order, and what becomes of it where the server says something else. */
export interface Script {
  readonly steps: readonly Step[]
  /** `continue`: the first step that was not met still decides what the session came to. */
  readonly onUnexpected: 'stop' | 'continue' | 'quit'
  readonly flights: Flights
}

export type Step = StepCommon &
  (
    | { readonly kind: 'send'; readonly line: string; readonly secret?: StepSecret }
    | {
        readonly kind: 'content'
        readonly octets: Buffer
        readonly dotStuff: 'on' | 'off'
        readonly terminate: 'on' | 'off'
        readonly secret?: StepSecret
      }
    | { readonly kind: 'raw'; readonly octets: Buffer; readonly secret?: StepSecret }
    | { readonly kind: 'start-tls' }
    | { readonly kind: 'login'; readonly wish: AuthWish }
    /** Nothing is said, one more reply is read. */
    | { readonly kind: 'read' }
    | { readonly kind: 'pause' }
    | { readonly kind: 'drop' }
  )

export type StepKind = Step['kind']

interface StepCommon {
  /** What has to pass before. */
  readonly pauseMs?: number
  readonly expect?: Expectation
  /** Left out: by what is said, and where in the session. */
  readonly reply?: 'wait' | 'none'
  /** Left out: by the command. */
  readonly multiline?: boolean
}

/** What may not be shown: all that stands behind the command, or a text wherever it stands. */
export type StepSecret = { readonly is: 'the-rest' } | { readonly is: 'text'; readonly text: string }

/** How a step is said, and what it means where the session is. */
export interface Saying {
  readonly stage: Stage
  readonly phase: Phase
  /** Whether a reply to it is due. */
  readonly reply: 'wait' | 'none'
  readonly multiline: boolean
  /** `hands-over`: once it is said the server may have acted, whatever becomes of the answer. */
  readonly means: 'nothing-yet' | 'hands-over'
  /** Where in a line a secret begins that stands there by the protocol. */
  readonly hiddenFrom?: number
}

/** What is known beside a reply, for whoever explains it. */
export interface ScriptFacts {
  readonly login: { readonly state: 'not-asked' | 'asked' | 'done'; readonly offered: readonly string[] }
  readonly starttls?: 'offered' | 'not-offered'
  /** The reverse-path of the last MAIL, `''` for the null one. */
  readonly sender?: string
  readonly recipient?: string
  readonly deletions?: number
}

/** `settles`: it is the answer to what was handed over. */
export type Settling = 'settles' | 'goes-on'

/** What a protocol knows of what a caller says by itself. It follows the session, and says nothing but a login. */
export interface ScriptWords<R extends Reply> {
  /** The saying of a line here and now. */
  line(line: string): Saying
  /** The saying of octets here and now: as content, or as they are. */
  octets(octets: Buffer, kind: 'content' | 'raw'): Saying
  /** What follows this line depends on its reply, so that nothing goes with it in one flight. */
  endsFlight(line: string): boolean
  /** It is about to be said. @param line undefined where it is octets */
  said(line: string | undefined, octets: Buffer): void
  /** The next reply has come. */
  answered(reply: R, body: readonly string[]): Settling
  /** The TLS handshake is through: what was learnt before is forgotten. */
  secured(): void
  /** Why content cannot be sent here: the server has not asked for it. */
  contentRefused(): { readonly reply: R | undefined } | undefined
  /** @throws {Refusal} {Unmet} {Fault} */
  logIn(wish: AuthWish): Promise<void>
  readonly facts: ScriptFacts
  readonly auth: AuthReport | undefined
  /** Whether QUIT would be taken for QUIT, and would do nothing unwanted. */
  readonly leaving: 'quit' | 'drop' | 'said'
  /** Whether the server has taken a message over. */
  readonly outcome: 'ok' | 'accepted'
}

/** A step that was done, or begun. */
export interface StepRecord {
  readonly kind: StepKind
  readonly stage: Stage
  readonly facts: ScriptFacts
  readonly tls: 'off' | 'on'
  /** The line as it may be shown. */
  readonly line?: string
  /** Octets given to the wire. */
  readonly octets?: number
  readonly pauseMs?: number
  reply?: Reply
  /** Octets of the reply that are not in `lines`. */
  leftOut: number
  waitedMs?: number
  captured?: Captures
  met: boolean
}

/** How a scripted session ended, and all that was done in it. */
export type ScriptEnd = SessionEnd<void> & {
  readonly outcome: Outcome
  readonly records: readonly StepRecord[]
  /** As they were when it ended. */
  readonly facts: ScriptFacts
  readonly auth: AuthReport | undefined
}
