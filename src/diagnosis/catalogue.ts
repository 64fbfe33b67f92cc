import { RECIPIENT_PAGES, SENDER_PAGES } from './catalogue-address.ts'
import { DIALOGUE_PAGES } from './catalogue-dialogue.ts'
import type { CatalogueEntry } from './catalogue-entry.ts'
import { GREETING_PAGES } from './catalogue-greeting.ts'
import { LOGIN_PAGES } from './catalogue-login.ts'
import { MESSAGE_PAGES, POLICY_PAGES } from './catalogue-message.ts'
import { NETWORK_PAGES } from './catalogue-network.ts'
import { POP3_PAGES } from './catalogue-pop3.ts'
import { SERVICE_PAGES } from './catalogue-service.ts'
import { TLS_PAGES } from './catalogue-tls.ts'
import type { ProblemCode } from './codes.ts'

/** Every problem this service knows, and its page under `/problems`. */
export const PROBLEMS: Readonly<Record<ProblemCode, CatalogueEntry>> = {
  ...NETWORK_PAGES,
  ...GREETING_PAGES,
  ...TLS_PAGES,
  ...LOGIN_PAGES,
  ...SENDER_PAGES,
  ...RECIPIENT_PAGES,
  ...MESSAGE_PAGES,
  ...POLICY_PAGES,
  ...DIALOGUE_PAGES,
  ...POP3_PAGES,
  ...SERVICE_PAGES,
}
