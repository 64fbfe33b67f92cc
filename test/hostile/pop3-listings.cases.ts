import type { Body, HostileCase, Told } from './case.ts'
import { lines, type Pop3Call, STAT } from './pop3-area.ts'
import { close, drip, flood, line, say, silence, wait } from './steps.ts'

const broken: Told = [502, 'failed', 'transaction', 'protocol-violation']
const tooMuch: Told = [502, 'failed', 'transaction', 'limit-exceeded']
const cut: Told = [502, 'failed', 'transaction', 'connection-closed']
const late: Told = [504, 'failed', 'transaction', 'reply-timeout']
const DONE: Told = [200, 'ok', null, null]
const HONEST_LIST = { LIST: [lines('+OK', '1 42')] }

const messagesAre =
  (...expected: readonly (string | number | null)[][]) =>
  ({ messages }: Body): void => {
    const told = JSON.stringify(messages.map(({ number, octets, uid }: Body) => [number, octets, uid]))
    if (told !== JSON.stringify(expected)) throw new Error(told)
  }

/** Rows of LIST that are none; the twin has an honest one in their place. */
const rows = (
  [
    ['number-0', '0 42'],
    ['number-below-zero', '-1 42'],
    ['number-beyond-2-to-the-53', '9007199254740993 42'],
    ['number-of-40-digits', `${'9'.repeat(40)} 42`],
    ['number-in-hex', '0x1 42'],
    ['number-with-a-point', '1.0 42'],
    ['number-with-an-exponent', '1e0 42'],
    ['number-with-a-plus', '+1 42'],
    ['number-of-full-width-digits', '\xef\xbc\x91 42'],
    ['size-below-zero', '1 -42'],
    ['size-beyond-2-to-the-53', '1 9007199254740993'],
    ['size-missing', '1'],
    ['size-of-letters', '1 many'],
    ['tab-between', '1\t42'],
    ['nul-between', '1\x0042'],
    ['blank-before', ' 1 42'],
    ['empty-row', ''],
    ['reply-for-a-row', '-ERR gone'],
    ['yes-for-a-row', '+OK 1 42'],
  ] as const
).map(
  ([name, row]): HostileCase<Pop3Call> => ({
    name: `list-${name}`,
    rule: 8,
    does: { LIST: [lines('+OK', row)] },
    told: broken,
    twin: { does: HONEST_LIST, holds: messagesAre([1, 42, 'uid-1']) },
  }),
)

const stats = (
  [
    ['below-zero', '+OK -1 42'],
    ['beyond-2-to-the-53', '+OK 9007199254740993 1'],
    ['octets-beyond-2-to-the-53', '+OK 1 9007199254740993'],
    ['of-letters', '+OK one message'],
    ['without-octets', '+OK 1'],
    ['empty', '+OK'],
    ['in-hex', '+OK 0x1 0x2'],
    ['continuation', '+ 1 42'],
  ] as const
).map(
  ([name, reply]): HostileCase<Pop3Call> => ({
    name: `stat-${name}`,
    rule: 8,
    call: STAT,
    does: { STAT: [line(reply)] },
    told: broken,
    twin: { does: { STAT: [line('+OK 1 42')] } },
  }),
)

/** What UIDL may say: the listing is told all the same, and that something was odd. */
const uids = (
  [
    [
      'missing-for-a-message',
      ['2 b'],
      'uidl-incomplete',
      [
        [1, 10, null],
        [2, 20, 'b'],
      ],
    ],
    [
      'twice-for-a-message',
      ['1 a', '1 z', '2 b'],
      'uidl-odd',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'without-an-id',
      ['1', '2 b'],
      'uidl-odd',
      [
        [1, 10, null],
        [2, 20, 'b'],
      ],
    ],
    [
      'of-number-0',
      ['0 z', '1 a', '2 b'],
      'uidl-odd',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'below-zero',
      ['-1 z', '1 a', '2 b'],
      'uidl-odd',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'beyond-all-numbers',
      [`${'9'.repeat(30)} z`, '1 a', '2 b'],
      'uidl-odd',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'three-blanks',
      ['1   a', '2 b'],
      'uidl-blanks',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'of-a-message-that-list-does-not-name',
      ['1 a', '2 b', '3 c'],
      'uidl-surplus',
      [
        [1, 10, 'a'],
        [2, 20, 'b'],
      ],
    ],
    [
      'the-same-for-two-messages',
      ['1 a', '2 a'],
      'uidl-repeated',
      [
        [1, 10, 'a'],
        [2, 20, 'a'],
      ],
    ],
    [
      'with-a-blank-in-it',
      ['1 a b', '2 b'],
      'uidl-characters',
      [
        [1, 10, 'a b'],
        [2, 20, 'b'],
      ],
    ],
    [
      'beyond-ascii',
      ['1 \xff', '2 b'],
      'uidl-characters',
      [
        [1, 10, '\\xff'],
        [2, 20, 'b'],
      ],
    ],
    [
      'of-71-characters',
      [`1 ${'a'.repeat(71)}`, '2 b'],
      'uidl-characters',
      [
        [1, 10, 'a'.repeat(71)],
        [2, 20, 'b'],
      ],
    ],
  ] as readonly [string, readonly string[], string, readonly (string | number | null)[][]][]
).map(
  ([name, rows, finding, messages]): HostileCase<Pop3Call> => ({
    name: `uidl-${name}`,
    rule: 8,
    does: { STAT: [line('+OK 2 30')], LIST: [lines('+OK', '1 10', '2 20')], UIDL: [lines('+OK', ...rows)] },
    told: DONE,
    findings: [finding],
    holds: messagesAre(...messages),
    twin: {
      does: {
        STAT: [line('+OK 2 30')],
        LIST: [lines('+OK', '1 10', '2 20')],
        UIDL: [lines('+OK', '1 a', '2 b')],
      },
      holds: (body) => {
        messagesAre([1, 10, 'a'], [2, 20, 'b'])(body)
        if (body.transcript.findings.length > 0) throw new Error('an honest UIDL is no finding')
      },
    },
  }),
)

/** Where a listing breaks off, before its dot: none of it is told as if it were all. */
const WHOLE = '+OK\r\n1 42\r\n.\r\n'
const cuts = [0, 2, 3, 5, 9, 11, 12, 13].map(
  (octets): HostileCase<Pop3Call> => ({
    name: `list-cut-after-${octets}-octets`,
    rule: 8,
    does: { LIST: [say(WHOLE.slice(0, octets)), close] },
    told: cut,
    twin: {
      does: { LIST: [say(WHOLE, octets === 0 ? 'each-octet' : [octets])] },
      holds: messagesAre([1, 42, 'uid-1']),
    },
  }),
)

/** Rule 8: numbers by a strict pattern, a terminator or a failure, and bounds. */
export const LISTING_CASES: readonly HostileCase<Pop3Call>[] = [
  ...rows,
  ...stats,
  ...uids,
  ...cuts,
  {
    name: 'list-without-a-terminator',
    rule: 8,
    does: { LIST: [say('+OK\r\n1 42\r\n'), silence] },
    told: late,
    limits: { data: 400 },
    twin: { does: { LIST: [say('+OK\r\n1 42\r\n'), wait(50), say('.\r\n')] }, limits: { data: 4000 } },
  },
  {
    name: 'list-terminated-by-bare-lf',
    rule: 8,
    does: { LIST: [say('+OK\r\n1 42\r\n.\n'), silence] },
    told: broken,
    twin: { does: { LIST: [say('+OK\r\n1 42\r\n.\r\n')] } },
  },
  {
    name: 'list-names-a-message-twice',
    rule: 8,
    does: { LIST: [lines('+OK', '1 42', '1 42')] },
    told: broken,
    twin: { does: { LIST: [lines('+OK', '1 42', '2 42')] }, findings: ['stat-differs'] },
  },
  {
    name: 'list-has-rows-beyond-stat',
    rule: 8,
    does: { STAT: [line('+OK 1 42')], LIST: [lines('+OK', '1 42', '2 42', '3 42')] },
    told: DONE,
    findings: ['stat-differs'],
    twin: { does: { STAT: [line('+OK 3 126')], LIST: [lines('+OK', '1 42', '2 42', '3 42')] } },
  },
  {
    name: 'stat-counts-what-list-does-not-have',
    rule: 8,
    does: { STAT: [line('+OK 1000 42000')], LIST: [lines('+OK')], UIDL: [lines('+OK')] },
    told: DONE,
    findings: ['stat-differs'],
    holds: messagesAre(),
    twin: {
      does: { STAT: [line('+OK 0 0')], LIST: [lines('+OK')], UIDL: [lines('+OK')] },
      holds: messagesAre(),
    },
  },
  {
    name: 'list-is-endless',
    rule: 2,
    does: { LIST: [line('+OK'), flood('1 42\r\n')] },
    told: broken,
    twin: { does: HONEST_LIST },
  },
  {
    name: 'list-has-a-line-without-an-end',
    rule: 9,
    does: { LIST: [say('+OK\r\n1 '), flood('4'.repeat(1000))] },
    told: tooMuch,
    twin: { does: HONEST_LIST },
  },
  {
    name: 'uidl-is-endless',
    rule: 9,
    does: { UIDL: [line('+OK'), flood(`1 ${'u'.repeat(2000)}\r\n`, 200 * 1024 * 1024)] },
    told: tooMuch,
    mostOctets: 34 * 1024 * 1024,
    limits: { total: 15_000 },
    twin: { does: { UIDL: [lines('+OK', `1 ${'u'.repeat(2000)}`)] } },
  },
  {
    name: 'list-drips',
    rule: 2,
    does: { LIST: [line('+OK'), drip('1', 2)] },
    told: late,
    limits: { total: 1200 },
    twin: { does: { LIST: [say(WHOLE, 'each-octet')] }, limits: { total: 8000 } },
  },
  {
    name: 'err-in-the-middle-of-list',
    rule: 8,
    does: { STAT: [line('+OK 2 84')], LIST: [say('+OK\r\n1 42\r\n-ERR the rest is lost\r\n')] },
    told: broken,
    twin: {
      does: { STAT: [line('+OK 2 84')], LIST: [lines('+OK', '1 42', '2 42')] },
      findings: ['uidl-incomplete'],
    },
  },
  {
    name: 'capa-is-endless',
    rule: 9,
    does: { CAPA: [line('+OK'), flood('X-CAPABILITY\r\n')] },
    told: [502, 'failed', 'capabilities', 'limit-exceeded'],
    twin: { does: { CAPA: [lines('+OK', 'USER', 'UIDL', 'TOP')] } },
  },
  {
    name: 'capa-of-201-lines',
    rule: 9,
    does: { CAPA: [lines('+OK', 'USER', ...Array.from({ length: 200 }, (_, at) => `X-${at}`))] },
    told: [502, 'failed', 'capabilities', 'limit-exceeded'],
    twin: { does: { CAPA: [lines('+OK', 'USER', ...Array.from({ length: 199 }, (_, at) => `X-${at}`))] } },
  },
  {
    name: 'capa-has-a-line-without-an-end',
    rule: 9,
    does: { CAPA: [line('+OK'), flood('X'.repeat(1000))] },
    told: [502, 'failed', 'capabilities', 'limit-exceeded'],
    twin: { does: { CAPA: [lines('+OK', 'USER')] } },
  },
  {
    name: 'unique-ids-that-no-header-takes',
    rule: 8,
    call: { path: '/pop3/messages/1' },
    does: { UIDL: [say(Buffer.from('+OK 1 ü€"\\\r\n'))] },
    told: DONE,
    twin: { does: { UIDL: [line('+OK 1 uid-1')] } },
  },
  {
    name: 'unique-ids-in-escapes',
    rule: 12,
    does: { UIDL: [say('+OK\r\n1 \x1b[2J\x07\x00\r\n.\r\n')] },
    told: DONE,
    holds: messagesAre([1, 42, '\\x1b[2J\\x07\\x00']),
    twin: { does: { UIDL: [lines('+OK', '1 a[2J')] }, holds: messagesAre([1, 42, 'a[2J']) },
  },
  {
    name: 'login-delay-beyond-all-numbers',
    rule: 9,
    call: { path: '/pop3/capabilities' },
    does: { CAPA: [lines('+OK', 'USER', 'LOGIN-DELAY 99999999999999999999', 'EXPIRE -1')] },
    told: DONE,
    holds: ({ loginDelaySeconds, expireDays }) => {
      if (loginDelaySeconds !== null || expireDays !== null) throw new Error('they are told')
    },
    twin: {
      does: { CAPA: [lines('+OK', 'USER', 'LOGIN-DELAY 900', 'EXPIRE 7')] },
      holds: ({ loginDelaySeconds, expireDays }) => {
        if (loginDelaySeconds !== 900 || expireDays !== 7) throw new Error('they are not told')
      },
    },
  },
  {
    name: 'login-delay-of-a-day-while-somebody-waits',
    rule: 2,
    call: {
      path: '/pop3/messages/wait',
      query: { timeout: '500', interval: '100', subject: 'nothing like it' },
    },
    does: { CAPA: [lines('+OK', 'USER', 'UIDL', 'TOP', 'LOGIN-DELAY 86400')] },
    told: [504, 'failed', 'transaction', 'no-such-message'],
    hears: [/^TOP 1/m],
    twin: { does: {}, call: { path: '/pop3/messages/wait', query: { timeout: '500', subject: 'x' } } },
  },
]
