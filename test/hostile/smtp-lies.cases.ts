import type { HostileCase } from './case.ts'
import { ehlo, GO, GREETING, OK, QUEUED, type SmtpCall } from './smtp-area.ts'
import { close, line, type Script, say, takeContent } from './steps.ts'

const ACCEPTED = [200, 'accepted', 'end-of-data', null] as const
const offers = (...extensions: readonly string[]): Script => ({ EHLO: [ehlo(...extensions)] })
const final = (text: string): Script => ({ DATA: [GO, takeContent, line(text)] })

const isPrintable = (text: string): void => {
  if (/[\p{Cc}\u202a-\u202e\u2028\u2029]/u.test(text))
    throw new Error('there is an octet that a terminal would obey')
}

/** What EHLO may say of the size, and what is made of it. */
const sizes = (
  [
    ['beyond-all-numbers', 'SIZE 99999999999999999999999999'],
    ['below-zero', 'SIZE -1'],
    ['with-a-point', 'SIZE 1.5'],
    ['in-powers-of-ten', 'SIZE 1e1'],
    ['in-hex', 'SIZE 0x01'],
    ['of-letters', 'SIZE ten'],
    ['of-nothing', 'SIZE'],
    ['zero', 'SIZE 0'],
  ] as const
).map(
  ([name, extension]): HostileCase<SmtpCall> => ({
    name: `size-${name}`,
    rule: 9,
    does: offers(extension),
    told: ACCEPTED,
    hears: [/^MAIL FROM:<alice@example\.test> SIZE=42/m],
    twin: { does: offers('SIZE 1000000'), hears: [/SIZE=42/] },
  }),
)

/** Rules 9 and 12: lies, and garbage where words are due. */
export const LIE_CASES: readonly HostileCase<SmtpCall>[] = [
  ...sizes,
  {
    name: 'size-smaller-than-any-message',
    rule: 9,
    does: offers('SIZE 1'),
    told: [422, 'failed', 'mail', 'message-too-large'],
    never: [/^MAIL/m],
    twin: { does: offers('SIZE 42') },
  },
  {
    name: 'size-told-twice-the-smaller-second',
    rule: 9,
    does: offers('SIZE 1000000', 'SIZE 1'),
    told: ACCEPTED,
    twin: { does: offers('SIZE 1000000') },
  },
  {
    name: 'ten-thousand-extensions',
    rule: 9,
    does: offers(...Array.from({ length: 10_000 }, (_, at) => `X-${at}`)),
    told: [502, 'failed', 'hello', 'limit-exceeded'],
    twin: { does: offers(...Array.from({ length: 900 }, (_, at) => `X-${at}`)) },
  },
  {
    name: 'extension-of-10000-octets',
    rule: 9,
    does: offers(`X-${'y'.repeat(10_000)}`),
    told: [502, 'failed', 'hello', 'limit-exceeded'],
    twin: { does: offers(`X-${'y'.repeat(8000)}`) },
  },
  {
    name: 'ten-thousand-mechanisms',
    rule: 9,
    call: { auth: { user: 'alice', token: 'not-a-real-token', allowInsecure: true } },
    does: {
      EHLO: [say(`250-mx\r\n${`250-AUTH ${'X'.repeat(9)}${' Y'.repeat(3000)}\r\n`.repeat(15)}250 SIZE\r\n`)],
    },
    told: [422, 'failed', 'auth', 'mechanism-not-supported'],
    never: [/^AUTH/m, /^MAIL/m],
    twin: { does: { EHLO: [ehlo(`AUTH${' Y'.repeat(1000)} XOAUTH2`)] } },
  },
  {
    name: 'extensions-named-like-what-objects-have',
    rule: 9,
    does: offers('__proto__ x', 'constructor', 'toString', 'hasOwnProperty', 'SIZE __proto__'),
    told: ACCEPTED,
    twin: { does: offers('8BITMIME') },
  },
  {
    name: 'extensions-with-terminal-escapes',
    rule: 12,
    does: offers('X-\x1b[2J\x1b[1;1H', '\x07\x08\x9b31m', '\u202egpj.exe', 'SIZE \x1b]0;owned\x07'),
    told: ACCEPTED,
    holds: (body) => isPrintable(JSON.stringify(body.transcript)),
    twin: { does: offers('X-HARMLESS'), holds: (body) => isPrintable(JSON.stringify(body.transcript)) },
  },
  {
    name: 'terminal-escapes-in-a-refusal',
    rule: 12,
    does: { RCPT: [line('550 5.1.1 \x1b[31muser\x1b[0m unknown\x07')] },
    told: [422, 'rejected', 'rcpt', 'unknown-user'],
    holds: (body) => isPrintable(JSON.stringify(body)),
    twin: {
      does: { RCPT: [line('550 5.1.1 user unknown')] },
      told: [422, 'rejected', 'rcpt', 'unknown-user'],
    },
  },
  {
    name: 'terminal-escapes-in-the-greeting',
    rule: 12,
    does: { GREETING: [line('220 \x1b]0;owned\x07mx.example.test ESMTP')] },
    told: ACCEPTED,
    holds: (body) => isPrintable(JSON.stringify(body)),
    twin: { does: { GREETING: [GREETING] } },
  },
  {
    name: 'html-in-a-refusal',
    rule: 12,
    does: { RCPT: [line('550 5.7.1 <script>alert(1)</script><img src=x onerror=alert(1)>')] },
    told: [422, 'rejected', 'rcpt', 'policy-rejected'],
    twin: {
      does: { RCPT: [line('550 5.7.1 denied by policy')] },
      told: [422, 'rejected', 'rcpt', 'policy-rejected'],
    },
  },
  {
    name: 'line-breaks-of-unicode-in-a-refusal',
    rule: 12,
    does: { RCPT: [say(Buffer.from('550 5.7.1 no\u2028X-Injected: yes\u2029\u0085more\r\n'))] },
    told: [422, 'rejected', 'rcpt', 'policy-rejected'],
    holds: (body) => isPrintable(JSON.stringify(body.reply)),
    twin: { does: { RCPT: [line('550 5.7.1 no')] }, told: [422, 'rejected', 'rcpt', 'policy-rejected'] },
  },
  {
    name: 'queue-id-that-no-pattern-likes',
    rule: 11,
    // 130,000 octets, each of which may begin the name of a queued message
    does: {
      DATA: [GO, takeContent, say(`${`250-${'a'.repeat(8100)}\r\n`.repeat(15)}250 ${'a'.repeat(8100)}\r\n`)],
    },
    told: ACCEPTED,
    twin: { does: final('250 2.0.0 Ok: queued as 4FxYz') },
  },
  {
    name: 'refusal-that-no-pattern-likes',
    rule: 11,
    does: { RCPT: [line(`550 5.0.0 ${'maximum'.repeat(1100)}`)] },
    told: [422, 'rejected', 'rcpt', 'recipient-rejected'],
    twin: { does: { RCPT: [line('550 5.0.0 No')] }, told: [422, 'rejected', 'rcpt', 'recipient-rejected'] },
  },
  {
    name: 'enhanced-code-of-another-class',
    rule: 3,
    does: { RCPT: [line('550 2.1.5 Ok')] },
    told: [422, 'rejected', 'rcpt', 'recipient-rejected'],
    holds: ({ reply }) => {
      if (reply.enhanced !== undefined) throw new Error(`enhanced is ${reply.enhanced}`)
    },
    twin: { does: { RCPT: [line('250 2.1.5 Ok')] } },
  },
  {
    name: 'yes-with-the-words-of-a-no',
    rule: 3,
    does: final('250 5.7.1 Message refused, blacklisted, go away'),
    told: ACCEPTED,
    twin: { does: final('250 2.0.0 Ok') },
  },
  {
    name: 'enhanced-code-of-many-digits',
    rule: 3,
    does: { RCPT: [line('550 5.9999.99999 No')] },
    told: [422, 'rejected', 'rcpt', 'recipient-rejected'],
    holds: ({ reply }) => {
      if (reply.enhanced !== undefined) throw new Error(`enhanced is ${reply.enhanced}`)
    },
    twin: { does: { RCPT: [line('550 5.1.1 No')] }, told: [422, 'rejected', 'rcpt', 'unknown-user'] },
  },
  {
    name: 'offers-pipelining-and-cannot-do-it',
    rule: 2,
    does: { ...offers('PIPELINING'), MAIL: [line('250 Ok'), { does: 'hear' }, { does: 'hear' }] },
    told: [504, 'failed', 'rcpt', 'reply-timeout'],
    limits: { command: 500 },
    never: [/^the content/m, /^\.\r$/m],
    twin: { does: offers('PIPELINING'), limits: { command: 5000 } },
  },
  {
    name: 'offers-chunking-and-does-not-know-it',
    rule: 3,
    does: { ...offers('CHUNKING'), BDAT: [{ does: 'take-chunk' }, line('500 5.5.1 What?')] },
    told: [422, 'rejected', 'end-of-data', 'command-not-recognized'],
    twin: { does: offers('CHUNKING') },
  },
  {
    name: 'refuses-rset-and-quit',
    rule: 12,
    does: { DATA: [line('554 5.7.1 No')], RSET: [line('500 No')], QUIT: [line('500 No')] },
    told: [422, 'rejected', 'data', 'policy-rejected'],
    hears: [/^QUIT/m],
    twin: { does: { DATA: [GO, takeContent, QUEUED], RSET: [OK] } },
  },
  {
    name: 'keeps-its-last-words-when-it-hangs-up',
    rule: 12,
    does: { EHLO: [say('250-mx.example.test\r\n250-I am about to crash\r\n'), close] },
    told: [502, 'failed', 'hello', 'connection-closed'],
    holds: ({ transcript }) => {
      if (!JSON.stringify(transcript).includes('I am about to crash')) throw new Error('its words are lost')
    },
    twin: { does: {} },
  },
  {
    name: 'five-thousand-entries',
    rule: 9,
    does: { EHLO: [ehlo()], GREETING: [say(`220 mx\r\n${'250 x\r\n'.repeat(7000)}`)] },
    told: ACCEPTED,
    findings: ['unsolicited-reply'],
    holds: ({ transcript }) => {
      if (transcript.entries.length > 5100) throw new Error(`${transcript.entries.length} entries`)
    },
    twin: { does: {} },
  },
]
