import type { HostileCase, Told } from './case.ts'
import { LOGGED_IN, OK, type Pop3Call, STAT } from './pop3-area.ts'
import { SECRET_SAID } from './secret.ts'
import { drip, flood, line, type Step, say, silence, wait } from './steps.ts'

const broken = (stage: string): Told => [502, 'failed', stage, 'protocol-violation']

/** Status lines that are none, in place of a yes to STAT. */
const noReplies = (
  [
    ['smtp-reply', '250 Ok'],
    ['ok-without-a-plus', 'OK 1 42'],
    ['two-plusses', '++OK 1 42'],
    ['blank-before', ' +OK 1 42'],
    ['okay', '+OKAY 1 42'],
    ['no-blank', '+OK1 42'],
    ['unknown-indicator', '*OK 1 42'],
    ['only-a-minus', '- 1 42'],
    ['err-without-a-minus', 'ERR no'],
    ['full-width-plus', '\xef\xbc\x8bOK 1 42'],
    ['nul-before', '\0+OK 1 42'],
    ['nul-in-the-indicator', '+O\0K 1 42'],
    ['escape-before', '\x1b[1m+OK 1 42'],
    ['only-a-dot', '.'],
  ] as const
).map(
  ([name, reply]): HostileCase<Pop3Call> => ({
    name: `pop3-${name}`,
    rule: 3,
    call: STAT,
    does: { STAT: [line(reply)] },
    told: broken('transaction'),
    never: [/^QUIT/m],
    twin: { does: { STAT: [line('+OK 1 42')] } },
  }),
)

/** Silence, drips and floods at each stage. */
const stages = (
  [
    ['GREETING', 'greeting', line('+OK ready'), 'greeting', 'greeting-timeout'],
    ['CAPA', 'capabilities', line('-ERR no'), 'command', 'reply-timeout'],
    ['USER', 'auth', OK, 'command', 'reply-timeout'],
    ['PASS', 'auth', LOGGED_IN, 'command', 'reply-timeout'],
    ['STAT', 'transaction', line('+OK 1 42'), 'command', 'reply-timeout'],
  ] as const
).flatMap(([verb, stage, honest, limit, code]): HostileCase<Pop3Call>[] => [
  {
    name: `pop3-silence-at-${verb.toLowerCase()}`,
    rule: 2,
    call: STAT,
    does: { [verb]: [silence] },
    told: [504, 'failed', stage, code],
    limits: { [limit]: 400 },
    twin: { does: { [verb]: [wait(30), honest] }, limits: { [limit]: 4000 } },
  },
  {
    name: `pop3-drip-at-${verb.toLowerCase()}`,
    rule: 2,
    call: STAT,
    does: { [verb]: [drip('+', 5)] },
    told: [504, 'failed', stage, code],
    limits: { [limit]: 400 },
    twin: { does: { [verb]: [{ ...honest, cut: 'each-octet' } as Step] }, limits: { [limit]: 4000 } },
  },
  {
    name: `pop3-line-without-end-at-${verb.toLowerCase()}`,
    rule: 2,
    call: STAT,
    does: { [verb]: [say('+OK '), flood('x'.repeat(1000))] },
    told: [502, 'failed', stage, 'limit-exceeded'],
    twin: { does: { [verb]: [honest] } },
  },
])

/** Rules 2 and 3 for POP3: deadlines, and a strict reader of replies. */
export const POP3_REPLY_CASES: readonly HostileCase<Pop3Call>[] = [
  ...noReplies,
  ...stages,
  {
    name: 'pop3-everything-at-once-before-anything-is-asked',
    rule: 3,
    call: STAT,
    does: {
      GREETING: [say('+OK ready\r\n-ERR no\r\n+OK\r\n+OK in\r\n+OK 9 999\r\n+OK bye\r\n')],
      CAPA: [silence],
    },
    told: [504, 'failed', 'capabilities', 'reply-timeout'],
    findings: ['unsolicited-reply'],
    limits: { command: 400 },
    never: [/^USER/m, SECRET_SAID],
    twin: { does: {}, limits: { command: 4000 } },
  },
  {
    name: 'pop3-one-more-yes-behind-user',
    rule: 3,
    call: STAT,
    does: { USER: [say('+OK\r\n+OK you are in already\r\n')], PASS: [line('-ERR [AUTH] no')] },
    told: [401, 'rejected', 'auth', 'credentials-rejected'],
    findings: ['unsolicited-reply'],
    twin: { does: {} },
  },
  {
    name: 'pop3-asks-for-more-after-capa',
    rule: 3,
    call: STAT,
    does: { CAPA: [line('+ more')] },
    told: broken('capabilities'),
    never: [/^USER/m],
    twin: { does: {} },
  },
  {
    name: 'pop3-asks-for-more-after-pass',
    rule: 3,
    call: STAT,
    does: { PASS: [line('+ more')] },
    told: broken('auth'),
    twin: { does: {} },
  },
  {
    name: 'pop3-quit-unanswered',
    rule: 2,
    call: STAT,
    does: { QUIT: [silence] },
    told: [200, 'ok', null, null],
    findings: ['quit-unanswered'],
    limits: { total: 1500 },
    twin: { does: {}, limits: { total: 8000 } },
  },
]
