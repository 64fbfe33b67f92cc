import type { DiagnosisCode } from './codes.ts'
import { ADDRESS_WORDS } from './words-address.ts'
import { DIALOGUE_WORDS } from './words-dialogue.ts'
import type { Words } from './words-entry.ts'
import { LOGIN_WORDS } from './words-login.ts'
import { MESSAGE_WORDS } from './words-message.ts'
import { NETWORK_WORDS } from './words-network.ts'
import { POP3_WORDS } from './words-pop3.ts'
import { TLS_WORDS } from './words-tls.ts'

export const WORDS: Readonly<Record<DiagnosisCode, Words>> = {
  ...NETWORK_WORDS,
  ...TLS_WORDS,
  ...LOGIN_WORDS,
  ...ADDRESS_WORDS,
  ...MESSAGE_WORDS,
  ...DIALOGUE_WORDS,
  ...POP3_WORDS,
}
