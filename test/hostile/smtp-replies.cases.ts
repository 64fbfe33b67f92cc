import type { HostileCase, Told } from './case.ts'
import { BYE, CONTENT, ehlo, GO, GREETING, OK, QUEUED, type SmtpCall } from './smtp-area.ts'
import { close, line, type Step, say, silence, takeContent, wait } from './steps.ts'

const broken = (stage: string): Told => [502, 'failed', stage, 'protocol-violation']
const tooMuch = (stage: string): Told => [502, 'failed', stage, 'limit-exceeded']
const MAIL_OK = line('250 2.1.0 Ok')
const PIPELINED = { EHLO: [ehlo('PIPELINING')] }

/** Octets that are no SMTP reply, each in place of a yes to MAIL. */
const NO_REPLIES: readonly [name: string, octets: string | Buffer][] = [
  ['code-000', '000 Ok\r\n'],
  ['code-100', '100 Ok\r\n'],
  ['code-199', '199 Ok\r\n'],
  ['code-600', '600 Ok\r\n'],
  ['code-999', '999 Ok\r\n'],
  ['code-of-two-digits', '25 Ok\r\n'],
  ['code-of-four-digits', '2500 Ok\r\n'],
  ['code-with-a-sign', '+250 Ok\r\n'],
  ['code-below-zero', '-250 Ok\r\n'],
  ['code-in-hex', '0xfa Ok\r\n'],
  ['code-with-a-point', '2.50 Ok\r\n'],
  ['code-of-letters', 'ZSO Ok\r\n'],
  ['code-of-full-width-digits', Buffer.from('２５０ Ok\r\n')],
  ['code-of-arabic-digits', Buffer.from('٢٥٠ Ok\r\n')],
  ['code-of-superscripts', Buffer.from('²50 Ok\r\n')],
  ['byte-order-mark', Buffer.from('\ufeff250 Ok\r\n')],
  ['blank-before-the-code', ' 250 Ok\r\n'],
  ['nul-before-the-code', '\x150 Ok\r\n'],
  ['nul-in-the-code', '2\x0050 Ok\r\n'],
  ['cr-before-the-code', '\r250 Ok\r\n'],
  ['no-blank-behind-the-code', '250Ok\r\n'],
  ['tab-behind-the-code', '250\tOk\r\n'],
  ['underscore-behind-the-code', '250_Ok\r\n'],
  ['no-break-space-behind-the-code', '250\xa0Ok\r\n'],
  ['pop3-reply', '+OK\r\n'],
  ['imap-reply', '* OK\r\n'],
  ['http-reply', 'HTTP/1.1 200 OK\r\n'],
  ['only-a-dot', '.\r\n'],
  ['octets-of-chance', Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x1b, 0x5b, 0x0d, 0x0a])],
]

const noReplies = NO_REPLIES.map(
  ([name, octets]): HostileCase<SmtpCall> => ({
    name,
    rule: 3,
    does: { MAIL: [say(octets)] },
    told: broken('mail'),
    never: [/^RCPT/m, /^QUIT/m],
    twin: { does: { MAIL: [say('250 Ok\r\n')] } },
  }),
)

/** The same garbage where other replies are due. */
const GARBAGE_AT: readonly [verb: string, stage: string][] = [
  ['GREETING', 'greeting'],
  ['EHLO', 'hello'],
  ['RCPT', 'rcpt'],
  ['DATA', 'data'],
]
const garbageAt = GARBAGE_AT.map(
  ([verb, stage]): HostileCase<SmtpCall> => ({
    name: `no-reply-at-${stage}`,
    rule: 3,
    does: { [verb]: [line('2SO what?')] },
    told: broken(stage),
    twin: { does: {} },
  }),
)

/** What is read all the same, under a name. */
const TOLERATED: readonly [name: string, finding: string, octets: string, honest: string][] = [
  ['bare-lf', 'bare-lf', '250 Ok\n', '250 Ok\r\n'],
  ['bare-lf-in-a-reply-of-lines', 'bare-lf', '250-Ok\n250 Ok\r\n', '250-Ok\r\n250 Ok\r\n'],
  ['code-without-text', 'code-without-text', '250\r\n', '250 \r\n'],
  ['blank-line-before-the-reply', 'blank-line', '\r\n250 Ok\r\n', '250 Ok\r\n'],
]
const tolerated = TOLERATED.map(
  ([name, finding, octets, honest]): HostileCase<SmtpCall> => ({
    name,
    rule: 3,
    does: { MAIL: [say(octets)] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: [finding],
    twin: { does: { MAIL: [say(honest)] } },
  }),
)

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

/** Honest replies in the worst segmentation. */
const eachOctet = (text: string): Step => say(text, 'each-octet')

/** Rule 3: a strict reader of replies, and what is asked is answered by what comes behind it. */
export const REPLY_CASES: readonly HostileCase<SmtpCall>[] = [
  ...noReplies,
  ...garbageAt,
  ...tolerated,
  ...extras,
  ...goodbyes,
  {
    name: 'all-replies-octet-by-octet-and-one-of-them-no',
    rule: 3,
    does: {
      GREETING: [eachOctet('220 mx.example.test ESMTP\r\n')],
      EHLO: [eachOctet('250-mx.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n')],
      MAIL: [eachOctet('250 2.1.0 Ok\r\n')],
      RCPT: [eachOctet('550-5.1.1 No such\r\n550 5.1.1 user\r\n')],
      DATA: [eachOctet('554 5.5.1 No valid recipients\r\n')],
    },
    told: [422, 'rejected', 'rcpt', 'unknown-user'],
    never: [CONTENT],
    twin: {
      does: {
        EHLO: [eachOctet('250-mx.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n')],
        RCPT: [eachOctet('250-2.1.5 O\r\n250 2.1.5 k\r\n')],
        DATA: [eachOctet('354 Go\r\n'), takeContent, eachOctet('250 2.0.0 Ok\r\n')],
      },
    },
  },
  {
    name: 'cr-only',
    rule: 3,
    does: { MAIL: [say('250 Ok\r'), silence] },
    told: [504, 'failed', 'mail', 'reply-timeout'],
    limits: { command: 400 },
    twin: { does: { MAIL: [say('250 Ok\r'), wait(20), say('\n')] }, limits: { command: 3000 } },
  },
  {
    name: 'lines-ended-by-cr-alone',
    rule: 3,
    does: { MAIL: [say('250-Ok\r250 Ok\r\n'), silence] },
    told: [504, 'failed', 'mail', 'reply-timeout'],
    limits: { command: 400 },
    twin: { does: { MAIL: [say('250-Ok\r\n250 Ok\r\n')] }, limits: { command: 3000 } },
  },
  {
    name: 'two-codes-in-one-reply',
    rule: 3,
    does: { MAIL: [say('250-Ok\r\n550 No\r\n')] },
    told: broken('mail'),
    twin: { does: { MAIL: [say('250-Ok\r\n250 Ok\r\n')] } },
  },
  {
    name: 'two-codes-of-one-class-in-one-reply',
    rule: 3,
    does: { MAIL: [say('250-Ok\r\n251 Ok\r\n')] },
    told: broken('mail'),
    twin: { does: { MAIL: [say('251-Ok\r\n251 Ok\r\n')] } },
  },
  {
    name: 'text-alone-between-two-lines',
    rule: 3,
    does: { MAIL: [say('250-Ok\r\nand so on\r\n250 Ok\r\n')] },
    told: broken('mail'),
    twin: { does: { MAIL: [say('250-Ok\r\n250-and so on\r\n250 Ok\r\n')] } },
  },
  {
    name: 'reply-of-lines-without-an-end',
    rule: 3,
    does: { MAIL: [say('250-Ok\r\n250-Ok\r\n'), close] },
    told: [502, 'failed', 'mail', 'connection-closed'],
    twin: { does: { MAIL: [say('250-Ok\r\n250-Ok\r\n250 Ok\r\n')] } },
  },
  {
    name: 'eleven-blank-lines',
    rule: 3,
    does: { MAIL: [say('\r\n'.repeat(11)), MAIL_OK] },
    told: broken('mail'),
    twin: { does: { MAIL: [say('\r\n'.repeat(10)), MAIL_OK] }, findings: ['blank-line'] },
  },
  {
    name: 'line-of-8193-octets',
    rule: 3,
    does: { MAIL: [line(`250 ${'x'.repeat(8192 - 5)}`)] },
    told: tooMuch('mail'),
    twin: { does: { MAIL: [line(`250 ${'x'.repeat(8192 - 6)}`)] } },
  },
  {
    name: 'reply-of-1001-lines',
    rule: 3,
    does: { MAIL: [say(`${'250-x\r\n'.repeat(1000)}250 x\r\n`)] },
    told: tooMuch('mail'),
    twin: { does: { MAIL: [say(`${'250-x\r\n'.repeat(999)}250 x\r\n`)] } },
  },
  {
    name: 'reply-beyond-131072-octets',
    rule: 3,
    does: { MAIL: [say(`${`250-${'x'.repeat(8000)}\r\n`.repeat(17)}250 x\r\n`)] },
    told: tooMuch('mail'),
    twin: { does: { MAIL: [say(`${`250-${'x'.repeat(8000)}\r\n`.repeat(16)}250 x\r\n`)] } },
  },
  {
    name: 'mail-answered-with-354',
    rule: 3,
    does: { MAIL: [GO] },
    told: [422, 'rejected', 'mail', 'refused-permanently'],
    never: [/^RCPT/m],
    twin: { does: { MAIL: [MAIL_OK] } },
  },
  {
    name: 'recipient-answered-with-354',
    rule: 3,
    does: { RCPT: [GO] },
    told: [422, 'rejected', 'rcpt', 'refused-permanently'],
    never: [/^DATA/m],
    twin: { does: { RCPT: [line('251 User not local; will forward')] } },
  },
  {
    name: 'greeting-of-250',
    rule: 3,
    does: { GREETING: [line('250 mx.example.test')] },
    told: [422, 'rejected', 'greeting', 'expectation-not-met'],
    never: [/^EHLO/m, /^MAIL/m],
    twin: { does: { GREETING: [GREETING] } },
  },
  {
    name: 'hello-answered-with-354',
    rule: 3,
    does: { EHLO: [GO] },
    told: [422, 'rejected', 'hello', 'refused-permanently'],
    never: [/^MAIL/m],
    twin: { does: {} },
  },
  {
    name: 'pipelined-one-reply-too-many',
    rule: 3,
    does: { ...PIPELINED, MAIL: [say('250 2.1.0 Ok\r\n250 2.1.0 Ok\r\n')] },
    told: [422, 'rejected', 'data', 'refused-permanently'],
    limits: { total: 1500 },
    never: [CONTENT, /^\.\r$/m],
    twin: { does: PIPELINED, limits: { total: 8000 } },
  },
  {
    name: 'pipelined-one-reply-too-few',
    rule: 3,
    does: { ...PIPELINED, RCPT: [], DATA: [GO, takeContent, silence] },
    // the 354 stands where the answer to RCPT was due: a server out of step is given nothing
    told: [422, 'rejected', 'rcpt', 'refused-permanently'],
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
    name: 'nul-in-the-text',
    rule: 3,
    does: { RCPT: [line('550 5.1.1 no\0such\0user')] },
    told: [422, 'rejected', 'rcpt', 'unknown-user'],
    holds: ({ reply }) => {
      if (reply.lines[0] !== 'no\\x00such\\x00user') throw new Error(reply.lines[0])
    },
    twin: { does: { RCPT: [line('250 2.1.5 no\0such\0problem')] } },
  },
  {
    name: 'goodbye-to-quit-in-pieces-and-more',
    rule: 3,
    does: { DATA: [GO, takeContent, QUEUED], QUIT: [BYE, OK, line('250 and more'), close] },
    told: [200, 'accepted', 'end-of-data', null],
    twin: { does: {} },
  },
]
