import type { HostileCase, Told } from './case.ts'
import { DELE, DELE_BY_UID, lines, type Pop3Call } from './pop3-area.ts'
import { close, flood, line, reset, say, silence } from './steps.ts'

const cut: Told = [502, 'failed', 'transaction', 'connection-closed']
const DONE: Told = [200, 'ok', null, null]
const UNKNOWN: Told = [502, 'unknown', 'update', 'outcome-unknown']
const MARKED: Told = [502, 'failed', 'transaction', 'deletion-not-committed']
/** Rule 1 for POP3: from QUIT on nobody knows until its reply was read. */
const quits = (
  [
    ['lost', [close]],
    ['reset', [reset]],
    ['half-answered', [say('+O'), close]],
    ['answered-without-a-line-end', [say('+OK Bye'), close]],
    ['answered-with-garbage', [line('what?')]],
    ['answered-with-a-continuation', [line('+ go ahead')]],
    ['answered-by-a-flood', [flood('+OK Bye and more '.repeat(10))]],
  ] as const
).flatMap(([name, steps]): HostileCase<Pop3Call>[] => [
  {
    name: `quit-after-dele-${name}`,
    rule: 1,
    call: DELE,
    does: { QUIT: steps },
    told: UNKNOWN,
    hears: [/^DELE 1\r\nQUIT\r\n$/m],
    holds: ({ committed, deleted }) => {
      if (committed !== 'unknown' || deleted.length !== 1) throw new Error(`committed: ${committed}`)
    },
    twin: {
      does: {},
      holds: ({ committed }) => {
        if (committed !== true) throw new Error(`committed: ${committed}`)
      },
    },
  },
  {
    name: `quit-after-several-dele-${name}`,
    rule: 1,
    call: { method: 'delete', query: { uids: 'a,b' } },
    does: {
      LIST: [lines('+OK', '1 42', '2 42')],
      UIDL: [lines('+OK', '1 a', '2 b')],
      QUIT: steps,
    },
    told: UNKNOWN,
    hears: [/^DELE 1\r\nDELE 2\r\nQUIT\r\n$/m],
    twin: { does: { LIST: [lines('+OK', '1 42', '2 42')], UIDL: [lines('+OK', '1 a', '2 b')] } },
  },
])

/** Rules 1 and 8: what is deleted, whether it is, and that nothing else is. */
export const DELETION_CASES: readonly HostileCase<Pop3Call>[] = [
  ...quits,
  {
    name: 'quit-after-dele-unanswered',
    rule: 1,
    call: DELE,
    does: { QUIT: [silence] },
    told: UNKNOWN,
    limits: { final: 500 },
    twin: { does: {}, limits: { final: 5000 } },
  },
  {
    name: 'quit-after-dele-refused',
    rule: 1,
    call: DELE,
    does: { QUIT: [line('-ERR [SYS/TEMP] some deleted messages not removed'), close] },
    told: [503, 'deferred', 'update', 'mailbox-temporary-failure'],
    holds: ({ committed }) => {
      if (committed !== false) throw new Error(`committed: ${committed}`)
    },
    twin: { does: {} },
  },
  {
    name: 'quit-after-dele-refused-as-if-it-were-a-login',
    rule: 12,
    call: DELE,
    does: { QUIT: [line('-ERR [AUTH] Authentication failed.')] },
    told: [422, 'rejected', 'update', 'deletion-not-committed'],
    twin: { does: {} },
  },
  {
    name: 'dele-refused-as-if-it-were-a-login',
    rule: 12,
    call: DELE,
    does: { DELE: [line('-ERR [AUTH] No.')] },
    told: [422, 'rejected', 'transaction', 'refused-permanently'],
    twin: { does: {} },
  },
  {
    name: 'closes-after-dele',
    rule: 1,
    call: DELE,
    does: { DELE: [close] },
    told: cut,
    never: [/^QUIT/m],
    twin: { does: {}, hears: [/^QUIT/m] },
  },
  {
    name: 'garbage-after-dele',
    rule: 1,
    call: DELE,
    does: { DELE: [line('gone')] },
    told: [502, 'failed', 'transaction', 'protocol-violation'],
    never: [/^QUIT/m],
    twin: { does: {}, hears: [/^QUIT/m] },
  },
  {
    name: 'second-dele-refused-and-rset-as-well',
    rule: 1,
    call: { method: 'delete', query: { uids: 'a,b' } },
    does: {
      LIST: [lines('+OK', '1 42', '2 42')],
      UIDL: [lines('+OK', '1 a', '2 b')],
      'DELE 2': [line('-ERR no')],
      RSET: [line('-ERR no')],
    },
    told: [422, 'rejected', 'transaction', 'refused-permanently'],
    // QUIT would delete the first
    never: [/^QUIT/m],
    twin: {
      does: { LIST: [lines('+OK', '1 42', '2 42')], UIDL: [lines('+OK', '1 a', '2 b')] },
      hears: [/^QUIT/m],
    },
  },
  {
    name: 'rset-of-a-rehearsal-refused',
    rule: 1,
    call: { ...DELE, query: { rehearse: 'true' } },
    does: { RSET: [line('-ERR no')] },
    told: DONE,
    findings: ['rset-refused'],
    never: [/^QUIT/m],
    twin: { does: {}, hears: [/^RSET\r\nQUIT/m] },
  },
  {
    name: 'rset-of-a-rehearsal-lost',
    rule: 1,
    call: { ...DELE, query: { rehearse: 'true' } },
    does: { RSET: [close] },
    told: MARKED,
    never: [/^QUIT/m],
    twin: { does: {}, hears: [/^RSET\r\nQUIT/m] },
  },
  {
    name: 'number-moved-to-another-message',
    rule: 8,
    call: { ...DELE, headers: { 'If-Match': '"uid-of-before"' } },
    does: { UIDL: [line('+OK 1 uid-of-another')] },
    told: [412, 'rejected', 'transaction', 'precondition-failed'],
    never: [/^DELE/m],
    twin: { does: { UIDL: [line('+OK 1 uid-of-before')] }, hears: [/^DELE 1/m] },
  },
  {
    name: 'unique-id-told-for-another-number',
    rule: 8,
    call: { ...DELE, headers: { 'If-Match': '"uid-1"' } },
    does: { UIDL: [line('+OK 2 uid-1')] },
    told: [412, 'rejected', 'transaction', 'precondition-failed'],
    never: [/^DELE/m],
    twin: { does: { UIDL: [line('+OK 1 uid-1')] }, hears: [/^DELE 1/m] },
  },
  {
    name: 'two-messages-with-one-unique-id',
    rule: 8,
    call: DELE_BY_UID,
    does: { UIDL: [lines('+OK', '1 uid-1', '2 uid-1')] },
    told: [422, 'rejected', 'transaction', 'unique-id-ambiguous'],
    never: [/^DELE/m],
    twin: { does: { UIDL: [lines('+OK', '1 uid-1', '2 uid-2')] }, hears: [/^DELE 1/m] },
  },
  {
    name: 'unique-id-in-other-letters',
    rule: 8,
    call: DELE_BY_UID,
    does: { UIDL: [lines('+OK', '1 UID-1', '2 uid-1 ', '3 uid-10', '4 xuid-1')] },
    told: [404, 'rejected', 'transaction', 'no-such-message'],
    never: [/^DELE/m],
    twin: { does: { UIDL: [lines('+OK', '1 UID-1', '2 uid-1')] }, hears: [/^DELE 2/m] },
  },
  {
    name: 'unique-ids-withdrawn',
    rule: 8,
    call: DELE_BY_UID,
    does: { UIDL: [line('-ERR Unknown command.')] },
    told: [422, 'failed', 'transaction', 'extension-not-offered'],
    never: [/^DELE/m],
    twin: { does: {}, hears: [/^DELE 1/m] },
  },
  {
    name: 'maildrop-holds-more-than-was-expected',
    rule: 8,
    call: { method: 'delete', query: { all: 'true', expect: '1' } },
    does: { LIST: [lines('+OK', '1 42', '2 42')], UIDL: [lines('+OK', '1 a', '2 b')] },
    told: [412, 'rejected', 'transaction', 'precondition-failed'],
    never: [/^DELE/m],
    twin: { does: {}, hears: [/^DELE 1/m] },
  },
]
