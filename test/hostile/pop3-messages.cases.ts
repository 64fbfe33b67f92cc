import type { Body, HostileCase, Told } from './case.ts'
import { lines, type Pop3Call, RETR } from './pop3-area.ts'
import { close, drip, flood, line, say, silence, wait } from './steps.ts'

const cut: Told = [502, 'failed', 'transaction', 'connection-closed']
const DONE: Told = [200, 'ok', null, null]
const retr = (
  octets: string | Buffer,
  segmentation: 'whole' | 'each-octet' | readonly number[] = 'whole',
) => ({
  RETR: [say(Buffer.concat([Buffer.from('+OK\r\n'), Buffer.from(octets as string, 'latin1')]), segmentation)],
})
const HEAD = 'Subject: x\r\n\r\n'

const textIs =
  (text: string) =>
  (body: Body): void => {
    if (body.text !== text) throw new Error(JSON.stringify(body.text))
  }
const octetsAre =
  (octets: number) =>
  (body: Body): void => {
    if (body.octets !== octets) throw new Error(`${body.octets} octets`)
  }

/** Dots at the beginning of lines, which only their doubling tells from the end. */
const dots = (
  [
    ['a-dot-alone-doubled', '..\r\n', '.\n'],
    ['a-dot-before-text', '..text\r\n', '.text\n'],
    ['three-dots', '...\r\n', '..\n'],
    ['a-dot-that-was-not-doubled', '.text\r\n', 'text\n'],
    ['a-dot-behind-bare-lf', 'a\n.\r\nb\r\n', 'a\n.\nb\n'],
    ['a-dot-behind-bare-cr', 'a\r.\r\nb\r\n', undefined],
    ['a-dot-before-bare-lf', 'a\r\n..\nb\r\n', 'a\n.\nb\n'],
    ['a-dot-before-bare-cr', 'a\r\n..\rb\r\n', undefined],
    ['dots-in-the-middle', 'a.\r\n b .\r\n', 'a.\n b .\n'],
  ] as readonly [string, string, string | undefined][]
).map(
  ([name, content, text]): HostileCase<Pop3Call> => ({
    name,
    rule: 8,
    call: RETR,
    does: retr(`${HEAD}${content}.\r\n`, 'each-octet'),
    told: DONE,
    ...(text === undefined ? {} : { holds: textIs(text) }),
    twin: { does: retr(`${HEAD}${content}.\r\n`), ...(text === undefined ? {} : { holds: textIs(text) }) },
  }),
)

/** The end of a message, cut at each of its octets: before the last of them it is none. */
const END = 'text\r\n.\r\n'
const ends = [4, 5, 6, 7, 8].map(
  (octets): HostileCase<Pop3Call> => ({
    name: `message-cut-after-${octets}-octets-of-its-end`,
    rule: 8,
    call: RETR,
    does: { RETR: [say(`+OK\r\n${HEAD}${END.slice(0, octets)}`), close] },
    told: cut,
    twin: {
      does: { RETR: [say(`+OK\r\n${HEAD}${END}`, [5 + HEAD.length + octets])] },
      holds: textIs('text\n'),
    },
  }),
)

/** Rules 8 and 9: what becomes of messages that are read. */
export const MESSAGE_CASES: readonly HostileCase<Pop3Call>[] = [
  ...dots,
  ...ends,
  {
    name: 'message-larger-than-list-said',
    rule: 8,
    call: RETR,
    does: retr(`${HEAD}${'x'.repeat(70)}\r\n`.repeat(100).concat('.\r\n')),
    told: DONE,
    holds: octetsAre((HEAD.length + 72) * 100),
    twin: { does: {} },
  },
  {
    name: 'message-smaller-than-list-said',
    rule: 8,
    call: RETR,
    does: { RETR: [lines('+OK 1000000 octets')] },
    told: DONE,
    holds: octetsAre(0),
    twin: { does: {}, holds: octetsAre(42) },
  },
  {
    name: 'message-without-end',
    rule: 9,
    call: RETR,
    does: { RETR: [say(`+OK\r\n${HEAD}`), flood(`${'x'.repeat(76)}\r\n`)] },
    told: [502, 'failed', 'transaction', 'limit-exceeded'],
    mostOctets: 1_200_000,
    twin: { does: retr(`${HEAD}${`${'x'.repeat(76)}\r\n`.repeat(2000)}.\r\n`) },
  },
  {
    name: 'message-of-one-line-without-end',
    rule: 9,
    call: RETR,
    does: { RETR: [say(`+OK\r\n${HEAD}`), flood('x'.repeat(1000))] },
    told: [502, 'failed', 'transaction', 'limit-exceeded'],
    mostOctets: 1_200_000,
    twin: { does: retr(`${HEAD}${'x'.repeat(500_000)}\r\n.\r\n`), mostOctets: 600_000 },
  },
  {
    name: 'message-of-header-without-end',
    rule: 9,
    call: RETR,
    does: { RETR: [line('+OK'), flood('X-Header: and more\r\n')] },
    told: [502, 'failed', 'transaction', 'limit-exceeded'],
    mostOctets: 1_200_000,
    twin: { does: retr(`${'X-Header: and more\r\n'.repeat(500)}\r\nx\r\n.\r\n`) },
  },
  {
    name: 'message-that-drips',
    rule: 2,
    call: RETR,
    does: { RETR: [say(`+OK\r\n${HEAD}`), drip('x', 5)] },
    told: [504, 'failed', 'transaction', 'reply-timeout'],
    limits: { total: 1200 },
    twin: { does: retr(`${HEAD}text\r\n.\r\n`, 'each-octet'), limits: { total: 8000 } },
  },
  {
    name: 'message-that-stops',
    rule: 2,
    call: RETR,
    does: { RETR: [say(`+OK\r\n${HEAD}half`), silence] },
    told: [504, 'failed', 'transaction', 'reply-timeout'],
    limits: { data: 500 },
    twin: { does: { RETR: [say(`+OK\r\n${HEAD}half`), wait(50), say('\r\n.\r\n')] }, limits: { data: 5000 } },
  },
  {
    name: 'raw-message-that-stops',
    rule: 2,
    call: { ...RETR, headers: { Accept: 'message/rfc822' } },
    does: { RETR: [say(`+OK\r\n${HEAD}half`), silence] },
    told: [0, 'broken-off', null, null],
    limits: { data: 500 },
    twin: {
      call: RETR,
      does: { RETR: [say(`+OK\r\n${HEAD}half`), wait(50), say('\r\n.\r\n')] },
      limits: { data: 5000 },
    },
  },
  {
    name: 'raw-message-that-breaks-off',
    rule: 8,
    call: { ...RETR, headers: { Accept: 'message/rfc822' } },
    does: { RETR: [say(`+OK\r\n${HEAD}half`), close] },
    told: [0, 'broken-off', null, null],
    twin: { call: RETR, does: retr(`${HEAD}half\r\n.\r\n`) },
  },
  {
    name: 'nul-and-eight-bits-in-a-message',
    rule: 8,
    call: RETR,
    does: retr(Buffer.from(`${HEAD}\0\x01\x80\xff\r\n.\r\n`, 'latin1').toString('latin1')),
    told: DONE,
    holds: octetsAre(HEAD.length + 6),
    twin: { does: retr(`${HEAD}abcd\r\n.\r\n`), holds: octetsAre(HEAD.length + 6) },
  },
  {
    name: 'yes-of-a-mebibyte-of-text',
    rule: 9,
    call: RETR,
    does: { RETR: [say(`+OK ${'x'.repeat(1_048_576)}\r\n`), lines('Subject: x', '', 'text')] },
    told: [502, 'failed', 'transaction', 'limit-exceeded'],
    twin: { does: { RETR: [lines(`+OK ${'x'.repeat(8000)}`, 'Subject: x', '', 'text')] } },
  },
  {
    name: 'replies-behind-the-end-of-a-message',
    rule: 3,
    call: RETR,
    does: retr(`${HEAD}text\r\n.\r\n+OK and more\r\n-ERR and more\r\n`),
    told: DONE,
    findings: ['unsolicited-reply'],
    holds: textIs('text\n'),
    twin: { does: retr(`${HEAD}text\r\n.\r\n`), holds: textIs('text\n') },
  },
]
