import type { HostileCase, Told } from './case.ts'
import { BYE, CONTENT, ehlo, GO, OK, QUEUED, type SmtpCall } from './smtp-area.ts'
import { close, line, say, silence, takeContent, wait } from './steps.ts'

const broken = (stage: string): Told => [502, 'failed', stage, 'protocol-violation']
const PIPELINED = { EHLO: [ehlo('PIPELINING')] }

/** A reply that nobody asked for behind an honest one: it is no answer to the next command. */
const EXTRA_BEHIND: readonly [verb: string, honest: string][] = [
  ['GREETING', '220 mx.example.test ESMTP\r\n'],
  ['EHLO', '250 mx.example.test\r\n'],
  ['MAIL', '250 2.1.0 Ok\r\n'],
  ['RCPT', '250 2.1.5 Ok\r\n'],
]
const extras = EXTRA_BEHIND.flatMap(([verb, honest]): HostileCase<SmtpCall>[] => [
  {
    name: `one-more-no-behind-${verb.toLowerCase()}`,
    rule: 3,
    does: { [verb]: [say(`${honest}550 5.7.1 No\r\n`)] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['unsolicited-reply'],
    hears: [CONTENT],
    twin: { does: { [verb]: [say(honest)] } },
  },
  {
    // a yes in advance does not stand for the refusal that comes when it is asked for
    name: `one-more-yes-behind-${verb.toLowerCase()}`,
    rule: 3,
    does: { [verb]: [say(`${honest}250 2.0.0 Ok\r\n`)], DATA: [line('554 5.7.1 No')] },
    told: [422, 'rejected', 'data', 'policy-rejected'],
    findings: ['unsolicited-reply'],
    twin: { does: { [verb]: [say(honest)] } },
  },
  {
    name: `goodbye-behind-${verb.toLowerCase()}`,
    rule: 3,
    does: { [verb]: [say(`${honest}421 4.3.2 Shutting down\r\n`), wait(50), close] },
    told: [
      503,
      'deferred',
      { GREETING: 'hello', EHLO: 'mail', MAIL: 'rcpt', RCPT: 'data' }[verb] ?? '',
      'server-shutting-down',
    ],
    never: [/^DATA/m, CONTENT],
    twin: { does: { [verb]: [say(honest)] } },
  },
  {
    name: `half-a-reply-behind-${verb.toLowerCase()}`,
    rule: 3,
    does: { [verb]: [say(`${honest}250-half of`)] },
    told: broken({ GREETING: 'hello', EHLO: 'mail', MAIL: 'rcpt', RCPT: 'data' }[verb] ?? ''),
    never: [/^DATA/m, /^QUIT/m],
    twin: { does: { [verb]: [say(honest)] } },
  },
])

const goodbyes = ['EHLO', 'MAIL', 'RCPT', 'DATA'].map(
  (verb): HostileCase<SmtpCall> => ({
    name: `goodbye-in-answer-to-${verb.toLowerCase()}`,
    rule: 3,
    does: { [verb]: [line('421 4.3.2 Shutting down'), close] },
    told: [503, 'deferred', verb === 'EHLO' ? 'hello' : verb.toLowerCase(), 'server-shutting-down'],
    twin: { does: {} },
  }),
)

/** Rule 3: what is asked is answered by what comes behind it, and not by what came before. */
export const SHIFT_CASES: readonly HostileCase<SmtpCall>[] = [
  ...extras,
  ...goodbyes,
  {
    name: 'pipelined-one-reply-too-many',
    rule: 3,
    does: { ...PIPELINED, MAIL: [say('250 2.1.0 Ok\r\n250 2.1.0 Ok\r\n')] },
    told: [502, 'failed', 'data', 'protocol-violation'],
    limits: { total: 1500 },
    never: [CONTENT, /^\.\r$/m],
    twin: { does: PIPELINED, limits: { total: 8000 } },
  },
  {
    name: 'pipelined-one-reply-too-few',
    rule: 3,
    does: { ...PIPELINED, RCPT: [], DATA: [GO, takeContent, silence] },
    // the 354 stands where the answer to RCPT was due: a server out of step is given nothing
    told: [502, 'failed', 'rcpt', 'protocol-violation'],
    limits: { data: 400 },
    never: [CONTENT, /^\.\r$/m],
    twin: { does: PIPELINED, limits: { data: 4000 } },
  },
  {
    name: 'pipelined-all-replies-before-they-are-asked-for',
    rule: 3,
    does: {
      EHLO: [say('250-mx.example.test\r\n250 PIPELINING\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n250 Ok\r\n')],
      DATA: [line('554 5.7.1 No')],
    },
    told: [422, 'rejected', 'data', 'policy-rejected'],
    findings: ['unsolicited-reply'],
    never: [CONTENT],
    twin: { does: PIPELINED },
  },
  {
    name: 'pipelined-refuses-everybody-and-wants-content',
    rule: 3,
    does: {
      ...PIPELINED,
      RCPT: [line('550 5.1.1 No such user')],
      DATA: [GO, takeContent, line('250 2.0.0 Ok')],
    },
    told: [422, 'rejected', 'rcpt', 'unknown-user'],
    never: [CONTENT],
    hears: [/^\.\r$/m],
    twin: {
      does: {
        ...PIPELINED,
        RCPT: [line('550 5.1.1 No such user')],
        DATA: [line('554 5.5.1 No valid recipients')],
      },
      told: [422, 'rejected', 'rcpt', 'unknown-user'],
      never: [CONTENT, /^\.\r$/m],
    },
  },
  {
    name: 'pipelined-refuses-the-sender-and-takes-the-recipient',
    rule: 3,
    does: { ...PIPELINED, MAIL: [line('550 5.7.1 No')], DATA: [GO, takeContent, line('250 2.0.0 Ok')] },
    told: [422, 'rejected', 'mail', 'policy-rejected'],
    never: [CONTENT],
    twin: { does: PIPELINED },
  },
  {
    name: 'refuses-and-hangs-up-in-one-segment',
    rule: 3,
    does: { RCPT: [line('550 5.1.1 No such user'), close] },
    told: [422, 'rejected', 'rcpt', 'unknown-user'],
    findings: ['quit-unanswered'],
    twin: {
      does: { RCPT: [line('550 5.1.1 No such user')] },
      told: [422, 'rejected', 'rcpt', 'unknown-user'],
    },
  },
  {
    name: 'everything-at-once-before-anything-is-asked',
    rule: 3,
    does: {
      GREETING: [
        say(
          '220 mx.example.test ESMTP\r\n250 mx.example.test\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n250 Ok: queued\r\n221 Bye\r\n',
        ),
      ],
      ELSE: [silence],
      EHLO: [silence],
    },
    told: [504, 'failed', 'hello', 'reply-timeout'],
    findings: ['unsolicited-reply'],
    limits: { command: 400 },
    twin: { does: {}, limits: { command: 4000 } },
  },
  {
    name: 'goodbye-to-quit-in-pieces-and-more',
    rule: 3,
    does: { DATA: [GO, takeContent, QUEUED], QUIT: [BYE, OK, line('250 and more'), close] },
    told: [200, 'accepted', 'end-of-data', null],
    twin: { does: {} },
  },
]
