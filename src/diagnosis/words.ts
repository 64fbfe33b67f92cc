import type { DiagnosisCode } from './codes.ts'
import type { Retry, Situation, Suggestion } from './situation.ts'
import { ADDRESS_WORDS } from './words-address.ts'
import { DIALOGUE_WORDS } from './words-dialogue.ts'
import { LOGIN_WORDS } from './words-login.ts'
import { MESSAGE_WORDS } from './words-message.ts'
import { NETWORK_WORDS } from './words-network.ts'
import { POP3_WORDS } from './words-pop3.ts'
import { TLS_WORDS } from './words-tls.ts'

/** What a code means in a situation: the page of the code speaks in general, these name the thing at hand. */
export interface Words {
  readonly summary: (situation: Situation) => string
  readonly cause: (situation: Situation) => string
  /** What the caller can do, where it is not what the page says. */
  readonly remedies?: (situation: Situation) => readonly string[] | undefined
  readonly retry?: (situation: Situation) => Retry
  readonly suggestion?: (situation: Situation) => Suggestion | undefined
}

export const WORDS: Readonly<Record<DiagnosisCode, Words>> = {
  ...NETWORK_WORDS,
  ...TLS_WORDS,
  ...LOGIN_WORDS,
  ...ADDRESS_WORDS,
  ...MESSAGE_WORDS,
  ...DIALOGUE_WORDS,
  ...POP3_WORDS,
}
