import type { Script } from './steps.ts'

/** A rule of the reliability promises in SECURITY.md's order: outcomes, deadlines, replies, addresses, credentials, secrets … */
export type Rule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12

/** What the caller is told: HTTP status, outcome, stage, and the problem's code; null where the answer has none. */
export type Told = readonly [status: number, outcome: string, stage: string | null, code: string | null]

/** Time limits of a call, ms. */
export interface Limits {
  readonly connect?: number
  readonly greeting?: number
  readonly command?: number
  readonly data?: number
  readonly final?: number
  readonly total?: number
}

/** How a session with a server is to end, and what may be seen of it. */
export interface Play<Call> {
  /** What the server does other than an honest one. */
  readonly does: Script
  readonly call?: Call
  readonly told: Told
  /** A wait is over with the longest of these; where none is given nothing has to be waited for. */
  readonly limits?: Limits
  /** Codes of findings that have to be there. */
  readonly findings?: readonly string[]
  /** What the server may not have heard; left out: everything that comes behind the stage where it ended. */
  readonly never?: readonly RegExp[]
  /** What it has to have heard. */
  readonly hears?: readonly RegExp[]
  /** What the service may have read of the server, octets; left out: `MOST_OCTETS`. */
  readonly mostOctets?: number
  /** What is in the answer besides. */
  readonly holds?: (body: Body) => void
}

/** A server that is hostile in one way, and its twin that is not. */
export interface HostileCase<Call> extends Play<Call> {
  /** kebab-case. */
  readonly name: string
  readonly rule: Rule
  /** The same without the hostile bit: what is left out is as in the case, and the caller is told of success. */
  readonly twin: Partial<Play<Call>> & Pick<Play<Call>, 'does'>
}

/** The body of an answer, as far as these tests look. */
// biome-ignore lint/suspicious/noExplicitAny: an answer may be anything, which is the point
export type Body = any

/** A reply and some text: more is read of no server that is asked for neither a listing nor a message. */
export const MOST_OCTETS = 300_000
