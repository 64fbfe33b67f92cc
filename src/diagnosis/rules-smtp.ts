import { ordered, type Rule } from './rule.ts'
import { WRONG_PROTOCOL_RULES } from './rules-network.ts'
import { RECIPIENT_RULES, SENDER_RULES } from './rules-smtp-address.ts'
import { DIALOGUE_RULES } from './rules-smtp-dialogue.ts'
import { LOGIN_RULES } from './rules-smtp-login.ts'
import { MESSAGE_RULES } from './rules-smtp-message.ts'
import { FALLBACK_RULES, GENERAL_RULES, POLICY_RULES, SERVER_RULES } from './rules-smtp-policy.ts'

/** All rules over SMTP and LMTP replies, in the order in which they are asked. */
export const SMTP_RULES: readonly Rule[] = [
  ...WRONG_PROTOCOL_RULES,
  ...ordered([
    ...POLICY_RULES,
    ...SENDER_RULES,
    ...RECIPIENT_RULES,
    ...LOGIN_RULES,
    ...DIALOGUE_RULES,
    ...MESSAGE_RULES,
    ...SERVER_RULES,
    ...GENERAL_RULES,
    ...FALLBACK_RULES,
  ]),
]
