import {
  APP_PASSWORD,
  APP_PASSWORD_CAUSE,
  APP_PASSWORD_REMEDIES,
  BROKEN_OFF,
  DISABLED,
  MECHANISM,
  NOT_IN_THE_CLEAR,
  TOO_MANY_LOGINS,
} from './login-wording.ts'
import type { Rule } from './rule.ts'
import type { Situation } from './situation.ts'

/** AUTH, and what servers say instead of serving somebody who has not logged in. */
export const LOGIN_RULES: readonly Rule[] = [
  {
    code: 'mechanism-not-supported',
    when: { stages: ['auth'], details: ['7.8', '7.4', '5.4', '7.9'], wording: MECHANISM },
    confidence: 'certain',
  },
  {
    code: 'credentials-rejected',
    when: { stages: ['auth'], details: ['7.9', '7.8'], wording: APP_PASSWORD },
    cause: () => APP_PASSWORD_CAUSE,
    remedies: () => APP_PASSWORD_REMEDIES,
  },
  {
    // RFC 4954 §4 wants 501 for this; Cyrus SASL behind Postfix says it with 535
    code: 'auth-aborted',
    when: { stages: ['auth'], details: ['7.8', '7.0', '5.2'], wording: BROKEN_OFF },
  },
  {
    code: 'account-disabled',
    when: { stages: ['auth'], details: ['7.8', '7.139', '7.14', '7.13', '7.9', '7.3'], wording: DISABLED },
  },
  {
    code: 'too-many-auth-failures',
    when: { stages: ['auth', 'greeting'], details: ['7.0', '7.8'], wording: TOO_MANY_LOGINS },
  },

  { code: 'auth-needs-tls', when: { details: ['7.11'] } },
  { code: 'account-disabled', when: { stages: ['auth'], details: ['7.13'] } },
  {
    code: 'mechanism-not-supported',
    when: { stages: ['auth'], details: ['7.9', '7.12'] },
    cause: () =>
      'The server wants another mechanism for this account: a stronger one, or once PLAIN over TLS to renew what it has stored.',
  },
  { code: 'auth-required', when: { details: ['7.57'] } },
  {
    code: 'auth-temporary-failure',
    when: { stages: ['auth'], severity: 'transient', details: ['7.8', '3.0', '3.2'] },
  },
  {
    code: 'credentials-rejected',
    when: { stages: ['auth'], severity: 'permanent', details: ['7.8', '7.3'] },
  },

  {
    code: 'too-many-auth-failures',
    when: { stages: ['auth', 'greeting'], wording: TOO_MANY_LOGINS },
    confidence: 'certain',
  },
  {
    code: 'credentials-rejected',
    when: { stages: ['auth'], wording: APP_PASSWORD },
    cause: () => APP_PASSWORD_CAUSE,
    remedies: () => APP_PASSWORD_REMEDIES,
  },
  { code: 'auth-needs-tls', when: { stages: ['auth'], wording: NOT_IN_THE_CLEAR }, confidence: 'certain' },
  { code: 'account-disabled', when: { stages: ['auth'], wording: DISABLED } },
  { code: 'mechanism-not-supported', when: { stages: ['auth'], wording: MECHANISM } },
  {
    code: 'auth-aborted',
    when: { stages: ['auth'], codes: [501, 535], wording: BROKEN_OFF },
    confidence: 'certain',
  },
  {
    code: 'auth-needs-tls',
    when: {
      stages: ['auth'],
      codes: [500, 502, 503],
      wording:
        /auth\w*.{0,30}not (?:enabled|advertised|available|allowed|supported|permitted)|command not (?:supported|implemented|recogni[sz]ed)|unrecogni[sz]ed/i,
      history: couldStartTls,
    },
    cause: () =>
      'The server does not know AUTH on this connection. It offers STARTTLS, and many servers offer AUTH only after that.',
  },
  {
    code: 'auth-not-offered',
    when: {
      stages: ['auth'],
      codes: [500, 502, 503],
      wording:
        /auth\w*.{0,30}not (?:enabled|advertised|available|allowed|supported|permitted)|command not (?:supported|implemented|recogni[sz]ed)|unrecogni[sz]ed|unimplemented/i,
    },
    confidence: 'certain',
  },
  {
    code: 'auth-required',
    when: {
      wording:
        /auth\w* (?:is )?(?:required|needed)\b|\b(?:must|need to|please|have to) (?:be )?(?:auth\w*|log ?in)|\bnot (?:logged in|authenticated)|(?:issue an|need) auth(?:entication)?\b|and auth first|client was not authenticated|smtp auth\w* (?:is )?required|requires? auth\w*|unauthenticated (?:mail|connections?|senders?) (?:is |are )?not (?:allowed|permitted|accepted)|required to authenticate/i,
      stages: ['hello', 'mail', 'rcpt', 'data', 'end-of-data'],
      history: ({ login }) => login.state !== 'done',
    },
    confidence: 'certain',
  },

  { code: 'auth-needs-tls', when: { stages: ['auth'], codes: [538] }, confidence: 'certain' },
  {
    code: 'auth-required',
    when: { codes: [530], stages: ['mail', 'rcpt', 'data', 'end-of-data'] },
    confidence: 'likely',
  },
  { code: 'mechanism-not-supported', when: { stages: ['auth'], codes: [504, 534] }, confidence: 'likely' },
  { code: 'auth-not-offered', when: { stages: ['auth'], codes: [500, 502] }, confidence: 'likely' },
  { code: 'auth-aborted', when: { stages: ['auth'], codes: [501] }, confidence: 'likely' },
  { code: 'credentials-rejected', when: { stages: ['auth'], codes: [535] }, confidence: 'certain' },
  {
    code: 'auth-temporary-failure',
    when: { stages: ['auth'], codes: [432, 435, 450, 451, 454] },
    confidence: 'likely',
  },
  { code: 'credentials-rejected', when: { stages: ['auth'], codes: [550, 553, 554] } },
]

function couldStartTls({ tls, starttls }: Situation): boolean {
  return tls === 'off' && starttls === 'offered'
}
