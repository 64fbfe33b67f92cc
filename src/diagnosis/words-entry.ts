import type { Retry, Situation, Suggestion } from './situation.ts'

/** What a code means in a situation: the page of the code speaks in general, these name the thing at hand. */
export interface Words {
  readonly summary: (situation: Situation) => string
  readonly cause: (situation: Situation) => string
  /** What the caller can do, where it is not what the page says. */
  readonly remedies?: (situation: Situation) => readonly string[] | undefined
  readonly retry?: (situation: Situation) => Retry
  readonly suggestion?: (situation: Situation) => Suggestion | undefined
}
