import type { HostileCase, Told } from './case.ts'
import { CONTENT, GO, GREETING, type SmtpCall } from './smtp-area.ts'
import { close, line, type Step, say, silence, takeContent, wait } from './steps.ts'

const broken = (stage: string): Told => [502, 'failed', stage, 'protocol-violation']
const tooMuch = (stage: string): Told => [502, 'failed', stage, 'limit-exceeded']
const MAIL_OK = line('250 2.1.0 Ok')

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

/** Honest replies in the worst segmentation. */
const eachOctet = (text: string): Step => say(text, 'each-octet')

/** Rule 3: a strict reader of replies. */
export const REPLY_CASES: readonly HostileCase<SmtpCall>[] = [
  ...noReplies,
  ...garbageAt,
  ...tolerated,
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
    told: [502, 'failed', 'mail', 'protocol-violation'],
    never: [/^RCPT/m],
    twin: { does: { MAIL: [MAIL_OK] } },
  },
  {
    name: 'recipient-answered-with-354',
    rule: 3,
    does: { RCPT: [GO] },
    told: [502, 'failed', 'rcpt', 'protocol-violation'],
    never: [/^DATA/m],
    twin: { does: { RCPT: [line('251 User not local; will forward')] } },
  },
  {
    name: 'greeting-of-250',
    rule: 3,
    does: { GREETING: [line('250 mx.example.test')] },
    told: [502, 'failed', 'greeting', 'protocol-violation'],
    never: [/^EHLO/m, /^MAIL/m],
    twin: { does: { GREETING: [GREETING] } },
  },
  {
    name: 'hello-answered-with-354',
    rule: 3,
    does: { EHLO: [GO] },
    told: [502, 'failed', 'hello', 'protocol-violation'],
    never: [/^MAIL/m],
    twin: { does: {} },
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
]
