import type { HostileCase, Told } from './case.ts'
import { SECRET } from './secret.ts'
import { CONTENT, ehlo, GO, GREETING, OK, QUEUED, type SmtpCall } from './smtp-area.ts'
import {
  awaitOctets,
  close,
  deaf,
  drip,
  flood,
  hear,
  line,
  type Script,
  type Step,
  say,
  silence,
  takeContent,
  tls,
  wait,
} from './steps.ts'

const late = (stage: string, code = 'reply-timeout'): Told => [504, 'failed', stage, code]
/** Short, and yet enough for what an honest server says on a machine that has other things to do. */
const SHORT = 400
/** More than all buffers on the way hold. */
const LARGE = { streamed: Buffer.from(`Subject: x\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(8000)}`) }
const LOGIN = { auth: { user: 'alice', password: SECRET, mechanism: 'login', allowInsecure: true } }
const PLAIN = { auth: { user: 'alice', password: SECRET, mechanism: 'plain', allowInsecure: true } }

/** Each stage of a plain session, what it is called, and an honest reply to it. */
const STAGES: readonly [verb: string, stage: string, honest: Step, call?: SmtpCall, around?: Script][] = [
  ['GREETING', 'greeting', GREETING],
  ['EHLO', 'hello', ehlo()],
  ['MAIL', 'mail', line('250 2.1.0 Ok')],
  ['RCPT', 'rcpt', line('250 2.1.5 Ok')],
  ['AUTH', 'auth', line('235 2.7.0 Authentication successful'), PLAIN, { EHLO: [ehlo('AUTH PLAIN')] }],
]

/** What is told of a wait for the reply to it that was too long. */
const lateAt = (stage: string): Told =>
  late(stage, stage === 'greeting' ? 'greeting-timeout' : 'reply-timeout')

const silences = STAGES.map(
  ([verb, stage, honest, call, around]): HostileCase<SmtpCall> => ({
    name: `silence-at-${stage}`,
    rule: 2,
    ...(call === undefined ? {} : { call }),
    does: { ...around, [verb]: [silence] },
    told: lateAt(stage),
    limits: { [stage === 'greeting' ? 'greeting' : 'command']: SHORT },
    twin: { does: { ...around, [verb]: [wait(30), honest] }, limits: { greeting: 2000, command: 2000 } },
  }),
)

/** An octet every few ms keeps every idle timer happy. */
const drips = STAGES.map(
  ([verb, stage, honest, call, around]): HostileCase<SmtpCall> => ({
    name: `drip-at-${stage}`,
    rule: 2,
    ...(call === undefined ? {} : { call }),
    does: { ...around, [verb]: [drip('2', 5)] },
    told: lateAt(stage),
    limits: { [stage === 'greeting' ? 'greeting' : 'command']: SHORT },
    mostOctets: 1000,
    twin: {
      does: { ...around, [verb]: [{ ...honest, cut: 'each-octet' } as Step] },
      limits: { greeting: 5000, command: 5000 },
    },
  }),
)

const drippedLines = STAGES.map(
  ([verb, stage, honest, call, around]): HostileCase<SmtpCall> => ({
    name: `drip-of-endless-lines-at-${stage}-ends-with-the-whole-call`,
    rule: 2,
    ...(call === undefined ? {} : { call }),
    does: { ...around, [verb]: [drip(`${verb === 'GREETING' ? 220 : 250}-more\r\n`, 2)] },
    told: lateAt(stage),
    limits: { total: 900 },
    mostOctets: 2000,
    twin: { does: { ...around, [verb]: [honest] }, limits: { total: 8000 } },
  }),
)

const floods = STAGES.map(
  ([verb, stage, honest, call, around]): HostileCase<SmtpCall> => ({
    name: `endless-lines-at-${stage}`,
    rule: 2,
    ...(call === undefined ? {} : { call }),
    does: { ...around, [verb]: [flood('250-and more\r\n')] },
    told: [502, 'failed', stage, 'limit-exceeded'],
    twin: { does: { ...around, [verb]: [honest] } },
  }),
)

const floodsOfOneLine = STAGES.map(
  ([verb, stage, honest, call, around]): HostileCase<SmtpCall> => ({
    name: `line-without-end-at-${stage}`,
    rule: 2,
    ...(call === undefined ? {} : { call }),
    does: { ...around, [verb]: [say('250 '), flood('x'.repeat(1000))] },
    told: [502, 'failed', stage, 'limit-exceeded'],
    mostOctets: 140_000,
    twin: {
      does: {
        ...around,
        [verb]: [say('2'), honest.does === 'say' ? say(honest.octets.subarray(1)) : honest],
      },
    },
  }),
)

/** Rule 2: one deadline over the whole call, whatever the server does with its time. */
export const DEADLINE_CASES: readonly HostileCase<SmtpCall>[] = [
  ...silences,
  ...drips,
  ...drippedLines,
  ...floods,
  ...floodsOfOneLine,
  {
    name: 'silence-at-data',
    rule: 2,
    does: { DATA: [silence] },
    told: late('data'),
    limits: { data: SHORT },
    twin: { does: { DATA: [wait(30), GO, takeContent, QUEUED] }, limits: { data: 2000 } },
  },
  {
    name: 'drip-at-data',
    rule: 2,
    does: { DATA: [drip('3', 5)] },
    told: late('data'),
    limits: { data: SHORT },
    twin: { does: { DATA: [say('354 Go\r\n', 'each-octet'), takeContent, QUEUED] }, limits: { data: 5000 } },
  },
  {
    name: 'drip-at-the-final-reply',
    rule: 2,
    does: { DATA: [GO, takeContent, drip('250-wait\r\n', 2)] },
    told: [502, 'unknown', 'end-of-data', 'outcome-unknown'],
    limits: { final: SHORT },
    twin: {
      does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n', 'each-octet')] },
      limits: { final: 5000 },
    },
  },
  {
    name: 'drip-at-quit',
    rule: 2,
    does: { QUIT: [drip('221-Bye\r\n', 2)] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['quit-unanswered'],
    limits: { total: 1500 },
    twin: { does: { QUIT: [say('221 Bye\r\n', 'each-octet')] }, limits: { total: 8000 } },
  },
  {
    name: 'does-not-read-the-content',
    rule: 2,
    call: LARGE,
    does: { DATA: [deaf, GO, silence] },
    told: late('data'),
    limits: { data: SHORT },
    never: [/^\.\r$/m],
    twin: { does: {}, limits: { data: 8000 } },
  },
  {
    name: 'drip-in-the-tls-handshake',
    rule: 2,
    call: { tls: 'required' },
    does: {
      EHLO: [ehlo('STARTTLS')],
      STARTTLS: [line('220 Go'), awaitOctets(), say('\x16\x03\x03\x40\x00'), drip('\x02', 5)],
    },
    told: late('starttls', 'tls-handshake-failed'),
    limits: { connect: SHORT },
    twin: { does: { 'EHLO 1': [ehlo('STARTTLS')] }, limits: { connect: 8000 } },
  },
  {
    name: 'silence-in-the-tls-handshake',
    rule: 2,
    call: { tls: 'required' },
    does: { EHLO: [ehlo('STARTTLS')], STARTTLS: [line('220 Go'), silence] },
    told: late('starttls', 'tls-handshake-failed'),
    limits: { connect: SHORT },
    twin: { does: { 'EHLO 1': [ehlo('STARTTLS')] }, limits: { connect: 8000 } },
  },
  {
    name: 'silence-in-the-first-tls-handshake',
    rule: 2,
    call: { scheme: 'smtps' },
    does: { GREETING: [silence] },
    told: late('tls', 'tls-handshake-failed'),
    limits: { connect: SHORT },
    twin: { does: { GREETING: [tls(), GREETING] }, limits: { connect: 8000 } },
  },
  {
    name: 'silence-inside-tls',
    rule: 2,
    call: { tls: 'required' },
    does: { 'EHLO 1': [ehlo('STARTTLS')], 'EHLO tls': [silence] },
    told: late('hello'),
    limits: { command: 1000 },
    never: [/^MAIL/m],
    twin: { does: { 'EHLO 1': [ehlo('STARTTLS')] }, limits: { command: 5000 } },
  },
  {
    name: 'endless-challenges',
    rule: 2,
    call: LOGIN,
    does: {
      EHLO: [ehlo('AUTH LOGIN')],
      AUTH: Array.from({ length: 500 }, () => [line('334 UGFzc3dvcmQ6'), hear]).flat(),
    },
    told: [422, 'failed', 'auth', 'auth-aborted'],
    twin: {
      does: {
        EHLO: [ehlo('AUTH LOGIN')],
        AUTH: [line('334 VXNlcm5hbWU6'), hear, line('334 UGFzc3dvcmQ6'), hear, line('235 2.7.0 Ok')],
      },
    },
  },
  {
    name: 'endless-empty-challenges-to-plain',
    rule: 2,
    call: { auth: { ...PLAIN.auth, initialResponse: 'off' } },
    does: {
      EHLO: [ehlo('AUTH PLAIN')],
      AUTH: Array.from({ length: 500 }, () => [line('334 '), hear]).flat(),
    },
    told: [422, 'failed', 'auth', 'auth-aborted'],
    twin: { does: { EHLO: [ehlo('AUTH PLAIN')], AUTH: [line('334 '), hear, line('235 2.7.0 Ok')] } },
  },
  {
    name: 'endless-lines-that-nobody-asked-for',
    rule: 2,
    does: { EHLO: [ehlo(), flood('250-more\r\n')] },
    told: [502, 'failed', 'mail', 'limit-exceeded'],
    twin: { does: { EHLO: [ehlo()] } },
  },
  {
    name: 'answers-each-command-after-almost-all-of-its-time',
    rule: 2,
    does: {
      GREETING: [wait(700), GREETING],
      EHLO: [wait(700), ehlo()],
    },
    told: late('hello'),
    limits: { command: 1200, greeting: 1200, total: 1200 },
    never: [/^DATA/m, CONTENT],
    twin: {
      does: { GREETING: [wait(20), GREETING] },
      limits: { command: 4000, greeting: 4000, total: 8000 },
    },
  },
  {
    name: 'closes-only-when-all-time-is-up',
    rule: 2,
    does: { MAIL: [wait(800), close] },
    told: late('mail'),
    limits: { command: SHORT },
    twin: { does: { MAIL: [wait(20), OK] }, limits: { command: 4000 } },
  },
]
