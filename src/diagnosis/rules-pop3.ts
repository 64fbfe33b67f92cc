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
import { ordered, type Rule } from './rule.ts'
import { WRONG_PROTOCOL_RULES } from './rules-network.ts'
import type { Situation } from './situation.ts'

/** Commands that belong to one state of the session each (RFC 1939 §4, §5). */
const AUTHORIZATION_VERBS: ReadonlySet<string> = new Set(['USER', 'PASS', 'APOP', 'AUTH', 'STLS'])
const TRANSACTION_VERBS: ReadonlySet<string> = new Set([
  'STAT',
  'LIST',
  'RETR',
  'DELE',
  'TOP',
  'UIDL',
  'RSET',
  'NOOP',
])

const NOT_KNOWN =
  /unknown (?:\w+ )*(?:state )?command|unrecogni[sz]ed|unimplemented|not (?:implemented|supported|recogni[sz]ed)|invalid command|can't do that/i
const IN_USE =
  /\block(?:ed)?\b|\bin use\b|already (?:in use|locked|open|logged)|another (?:\w+ )?(?:session|client|process)|mailbox (?:is )?busy/i
const TOO_SOON =
  /log[io]n limit|logins? must be|minimum time|wait.{0,30}before|reduce the frequency|too (?:often|frequent|soon)|check.{0,10}mail.{0,20}(?:often|every|once)/i
const NO_MAILDROP =
  /(?:unable to|failed to|can'?t|cannot|could ?n[o']t|couldn't).{0,15}(?:open|read|scan|access|find|stat)\b.{0,40}(?:mail|inbox|spool|file|index|record)|maildir invalid|no \$?home|chdir .*failed|corrupt/i

/** All rules over POP3 replies, in the order in which they are asked. */
export const POP3_RULES: readonly Rule[] = [
  ...WRONG_PROTOCOL_RULES,
  ...ordered([
    { code: 'mechanism-not-supported', when: { responseCodes: ['AUTH'], wording: MECHANISM } },
    { code: 'auth-needs-tls', when: { responseCodes: ['AUTH', 'SYS/PERM'], wording: NOT_IN_THE_CLEAR } },
    {
      code: 'credentials-rejected',
      when: { responseCodes: ['AUTH', 'SYS/PERM'], wording: APP_PASSWORD },
      cause: () => APP_PASSWORD_CAUSE,
      remedies: () => APP_PASSWORD_REMEDIES,
    },
    { code: 'account-disabled', when: { responseCodes: ['AUTH', 'SYS/PERM'], wording: DISABLED } },
    { code: 'auth-aborted', when: { responseCodes: ['AUTH'], wording: BROKEN_OFF } },
    { code: 'bad-sequence', when: { responseCodes: ['AUTH'], wording: /must give (?:pass|user)/i } },
    {
      code: 'too-many-auth-failures',
      when: { responseCodes: ['AUTH', 'LOGIN-DELAY', 'SYS/TEMP'], wording: TOO_MANY_LOGINS },
    },
    {
      code: 'too-many-connections',
      when: {
        responseCodes: ['SYS/TEMP', 'IN-USE', 'LOGIN-DELAY'],
        wording: /too many (?:\w+ )?(?:connections|sessions)/i,
      },
    },
    {
      code: 'policy-rejected',
      when: { responseCodes: ['SYS/PERM'], wording: /permission|read-?only|not allowed/i },
    },

    {
      code: 'server-shutting-down',
      when: { responseCodes: ['SYS/TEMP', 'IN-USE'], wording: /shutting down/i },
    },
    { code: 'mailbox-in-use', when: { responseCodes: ['IN-USE'] } },
    { code: 'login-delay', when: { responseCodes: ['LOGIN-DELAY'] } },
    { code: 'mailbox-temporary-failure', when: { responseCodes: ['SYS/TEMP'] } },
    { code: 'mailbox-damaged', when: { responseCodes: ['SYS/PERM'] }, confidence: 'likely' },
    // RFC 3206 §5: it answers a login; elsewhere nobody was asked for credentials
    { code: 'credentials-rejected', when: { responseCodes: ['AUTH'], stages: ['greeting', 'auth'] } },

    {
      code: 'too-many-errors',
      when: { wording: /too many (?:\w+ )*(?:commands|errors)/i },
      confidence: 'certain',
    },
    {
      code: 'too-many-connections',
      when: { wording: /too many (?:\w+ )*(?:connections|sessions)/i },
      confidence: 'certain',
    },
    { code: 'login-delay', when: { stages: ['greeting', 'auth', 'transaction'], wording: TOO_SOON } },
    {
      code: 'too-many-auth-failures',
      when: { stages: ['auth', 'greeting'], wording: TOO_MANY_LOGINS },
      confidence: 'certain',
    },
    {
      code: 'auth-needs-tls',
      when: { stages: ['auth', 'capabilities'], wording: NOT_IN_THE_CLEAR },
      confidence: 'certain',
    },
    {
      code: 'bad-sequence',
      when: {
        stages: ['auth', 'starttls'],
        wording: /no username given|must give|already (?:active|authenticated|logged in|successfully|know)/i,
      },
      confidence: 'certain',
    },
    {
      code: 'mailbox-in-use',
      when: {
        stages: ['auth', 'transaction'],
        wording: IN_USE,
        history: ({ reply }) => !DISABLED.test(reply?.lines.join(' ') ?? ''),
      },
    },
    { code: 'account-disabled', when: { stages: ['auth', 'transaction'], wording: DISABLED } },
    {
      code: 'credentials-rejected',
      when: { stages: ['auth'], wording: APP_PASSWORD },
      cause: () => APP_PASSWORD_CAUSE,
      remedies: () => APP_PASSWORD_REMEDIES,
    },
    { code: 'mechanism-not-supported', when: { stages: ['auth'], wording: MECHANISM } },
    { code: 'auth-aborted', when: { stages: ['auth'], wording: BROKEN_OFF } },
    {
      code: 'credentials-rejected',
      when: {
        stages: ['auth'],
        wording:
          /(?:authori[sz]\w+|authenticat\w+|log ?[io]n|password|credentials?).{0,25}\b(?:fail\w*|invalid|incorrect|rejected|denied|bad|wrong|error)|(?:bad|invalid|incorrect|wrong|unknown) (?:login|apop|password|user|credential|username)|access denied/i,
      },
    },
    { code: 'mailbox-damaged', when: { stages: ['auth', 'transaction'], wording: NO_MAILDROP } },
    {
      code: 'deletion-not-committed',
      when: {
        stages: ['update', 'quit'],
        wording: /unlink|not removed|deleted? messages?|sync|expunge|could not (?:delete|update)/i,
      },
      confidence: 'certain',
    },
    {
      code: 'message-already-deleted',
      when: {
        stages: ['transaction'],
        wording: /(?:already|is|been|marked)(?: \w+)? deleted|deleted message/i,
      },
      confidence: 'certain',
    },
    {
      code: 'no-such-message',
      when: {
        stages: ['transaction'],
        wording:
          /no such message|there'?s no message|not that many messages|message.{0,20}(?:does not exist|doesn't exist|not found)|counted from 1|number too large|bad message number|unable to open that message|invalid message ?(?:id|$)/i,
      },
      confidence: 'certain',
    },
    {
      code: 'syntax-error',
      when: {
        wording:
          /invalid (?:message number|size|number of lines|argument)|missing .{0,25}argument|(?:extra|bad) .{0,15}argument|noise after|not a number|syntax|line count/i,
      },
      confidence: 'certain',
    },
    {
      code: 'starttls-not-offered',
      when: { stages: ['starttls'], wording: NOT_KNOWN },
      confidence: 'certain',
    },
    {
      code: 'auth-needs-tls',
      when: {
        stages: ['auth'],
        verbs: ['USER', 'PASS', 'AUTH'],
        wording: /not valid in this state|unknown (?:\w+ )*(?:state )?command/i,
        history: inTheClear,
      },
      cause: () => 'The server does not know this way to log in on a connection that is not encrypted.',
    },
    {
      code: 'bad-sequence',
      when: { wording: /not valid in this state|wrong state|only valid in|not allowed (?:now|in this)/i },
      confidence: 'certain',
    },
    {
      code: 'bad-sequence',
      when: { wording: NOT_KNOWN, history: inTheWrongState },
      cause: ({ verb }) =>
        `The server knows ${verb ?? 'the command'} only in another state of the session: before the login, or after it (RFC 1939 §3).`,
    },
    { code: 'command-not-recognized', when: { wording: NOT_KNOWN }, confidence: 'certain' },
    { code: 'line-too-long', when: { wording: /buffer full|line too long/i }, confidence: 'certain' },
    {
      code: 'connection-closed',
      when: { wording: /autologout|idle|timed? ?out/i },
      cause: () => 'The server waited too long for the next command and ended the session.',
      retry: 'later',
    },
    {
      code: 'server-shutting-down',
      when: { wording: /shutting down|shutdown|killed|maintenance|going down/i },
      confidence: 'certain',
    },
    {
      code: 'server-temporary-failure',
      when: { wording: /temporar(?:y|ily)|try again|internal (?:server )?error|out of memory|backend/i },
      retry: 'later',
    },

    { code: 'greeting-refused', when: { stages: ['greeting'] }, confidence: 'certain' },
    { code: 'command-not-recognized', when: { stages: ['capabilities'] }, confidence: 'likely' },
    { code: 'starttls-refused', when: { stages: ['starttls'] }, confidence: 'likely' },
    { code: 'credentials-rejected', when: { stages: ['auth'], severity: 'permanent' } },
    {
      code: 'deletion-not-committed',
      when: { stages: ['update', 'quit'], history: ({ deletions = 0 }) => deletions > 0 },
      confidence: 'certain',
    },
    { code: 'refused-temporarily', when: { severity: 'transient' }, confidence: 'certain' },
    { code: 'refused-permanently', when: { severity: 'permanent' }, confidence: 'certain' },
  ] satisfies readonly Rule[]),
]

function inTheWrongState({ stage, verb }: Situation): boolean {
  if (verb === undefined) return false
  return stage === 'auth'
    ? TRANSACTION_VERBS.has(verb)
    : stage === 'transaction' && AUTHORIZATION_VERBS.has(verb)
}

function inTheClear({ tls }: Situation): boolean {
  return tls === 'off'
}
