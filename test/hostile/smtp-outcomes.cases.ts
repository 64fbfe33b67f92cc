import type { HostileCase, Told } from './case.ts'
import { BYE, CONTENT, ehlo, GO, OK, QUEUED, type SmtpCall } from './smtp-area.ts'
import {
  awaitOctets,
  close,
  flood,
  line,
  reset,
  say,
  silence,
  takeChunk,
  takeContent,
  wait,
} from './steps.ts'

const UNKNOWN: Told = [502, 'unknown', 'end-of-data', 'outcome-unknown']
const REFUSED: Told = [422, 'rejected', 'end-of-data', 'content-rejected']
const DEFERRED: Told = [503, 'deferred', 'end-of-data', 'server-storage-full']
const HONEST_END = { DATA: [GO, takeContent, QUEUED] }
const PIPELINED = { EHLO: [ehlo('PIPELINING')] }
const CHUNKED = { EHLO: [ehlo('CHUNKING')] }
const LARGE = {
  message: { raw: `Subject: x\r\n\r\nthe content of the message\r\n${`${'x'.repeat(76)}\r\n`.repeat(6000)}` },
}
const LMTP = {
  scheme: 'lmtp' as const,
  envelope: { from: 'a@example.test', to: ['b@example.test', 'c@example.test'] },
}

/** The final reply, cut at each octet of it and then lost: only the whole of it is an answer. */
const FINAL = '250 2.0.0 Ok\r\n'
const cutFinals: HostileCase<SmtpCall>[] = [0, 1, 2, 3, 4, 9, FINAL.length - 2, FINAL.length - 1].map(
  (octets) => ({
    name: `final-reply-cut-after-${octets}-octets`,
    rule: 1,
    does: { DATA: [GO, takeContent, say(FINAL.slice(0, octets)), close] },
    told: UNKNOWN,
    hears: [CONTENT, /^\.\r$/m],
    twin: { does: { DATA: [GO, takeContent, say(FINAL, octets === 0 ? 'whole' : [octets]), close] } },
  }),
)

/** Rule 1: three outcomes at every cut of the final reply, and what only looks like one. */
export const OUTCOME_CASES: readonly HostileCase<SmtpCall>[] = [
  ...cutFinals,
  {
    name: 'reset-after-the-dot',
    rule: 1,
    does: { DATA: [GO, takeContent, reset] },
    told: UNKNOWN,
    twin: { does: HONEST_END },
  },
  {
    name: 'silence-after-the-dot',
    rule: 1,
    does: { DATA: [GO, takeContent, silence] },
    told: UNKNOWN,
    limits: { final: 400 },
    twin: { does: { DATA: [GO, takeContent, wait(30), QUEUED] }, limits: { final: 4000 } },
  },
  {
    name: 'half-a-final-reply-and-silence',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250 2.0.0 O'), silence] },
    told: UNKNOWN,
    limits: { final: 400 },
    twin: {
      does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n', 'each-octet')] },
      limits: { final: 4000 },
    },
  },
  {
    name: 'final-reply-without-its-last-line',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250-2.0.0 Ok\r\n'), close] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say('250-2.0.0 Ok\r\n250 2.0.0 Ok\r\n')] } },
  },
  {
    name: 'final-reply-without-a-line-end',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250 2.0.0 Ok'), close] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n'), close] } },
  },
  {
    name: 'final-reply-that-ends-in-cr',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r'), close] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n'), close] } },
  },
  {
    name: 'final-reply-is-garbage',
    rule: 1,
    does: { DATA: [GO, takeContent, line('what?')] },
    told: UNKNOWN,
    never: [/^QUIT/m, /^RSET/m],
    twin: { does: { DATA: [GO, takeContent, line('250 what?')] } },
  },
  {
    name: 'final-reply-is-354-again',
    rule: 1,
    does: { DATA: [GO, takeContent, GO] },
    told: UNKNOWN,
    never: [/^QUIT/m, /^RSET/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'final-reply-has-two-codes',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250-2.0.0 Ok\r\n550 5.7.1 No\r\n')] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say('550-5.7.1 No\r\n550 5.7.1 spam\r\n')] }, told: REFUSED },
  },
  {
    name: 'final-reply-floods',
    rule: 1,
    does: { DATA: [GO, takeContent, flood('250-and more\r\n')] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say(`${'250-and more\r\n'.repeat(500)}250 that is all\r\n`)] } },
  },
  {
    name: 'accepts-together-with-the-354',
    rule: 1,
    does: { DATA: [say('354 Go\r\n250 2.0.0 Ok\r\n'), takeContent, silence] },
    told: [502, 'failed', 'data', 'protocol-violation'],
    findings: ['early-reply'],
    never: [/^\.\r$/m, /^QUIT/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'refuses-together-with-the-354',
    rule: 1,
    does: { DATA: [say('354 Go\r\n554 5.7.1 No\r\n'), takeContent, silence] },
    told: [422, 'rejected', 'data', 'policy-rejected'],
    findings: ['early-reply'],
    never: [/^\.\r$/m],
    twin: {
      does: { DATA: [GO, takeContent, line('554 5.7.1 No')] },
      told: [422, 'rejected', 'end-of-data', 'policy-rejected'],
    },
  },
  {
    name: 'says-goodbye-together-with-the-354',
    rule: 1,
    does: { DATA: [say('354 Go\r\n421 4.3.2 Shutting down\r\n'), close] },
    told: [503, 'deferred', 'data', 'server-shutting-down'],
    never: [/^\.\r$/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'accepts-in-the-middle-of-the-content',
    rule: 1,
    call: LARGE,
    does: { DATA: [GO, awaitOctets(100), line('250 2.0.0 Ok'), takeContent, silence] },
    told: [502, 'failed', 'data', 'protocol-violation'],
    findings: ['early-reply'],
    never: [/^\.\r$/m, /^QUIT/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'refuses-in-the-middle-of-the-content',
    rule: 1,
    call: LARGE,
    does: { DATA: [GO, awaitOctets(100), line('552 5.3.4 Message too big'), takeContent, silence] },
    told: [422, 'rejected', 'data', 'message-too-large'],
    findings: ['early-reply'],
    never: [/^\.\r$/m, /^QUIT/m],
    twin: {
      does: { DATA: [GO, takeContent, line('552 5.3.4 Message too big')] },
      told: [422, 'rejected', 'end-of-data', 'message-too-large'],
    },
  },
  {
    name: 'closes-in-the-middle-of-the-content',
    rule: 1,
    call: LARGE,
    does: { DATA: [GO, awaitOctets(100), close] },
    told: [502, 'failed', 'data', 'connection-closed'],
    never: [/^\.\r$/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'resets-in-the-middle-of-the-content',
    rule: 1,
    call: LARGE,
    does: { DATA: [GO, awaitOctets(100), reset] },
    told: [502, 'failed', 'data', 'connection-closed'],
    never: [/^\.\r$/m],
    twin: { does: HONEST_END },
  },
  {
    name: 'accepts-data-without-asking-for-content',
    rule: 1,
    does: { DATA: [line('250 2.0.0 Ok')] },
    told: [502, 'failed', 'data', 'protocol-violation'],
    twin: { does: HONEST_END },
  },
  {
    name: 'says-421-to-the-dot',
    rule: 1,
    does: { DATA: [GO, takeContent, line('421 4.3.2 Shutting down'), close] },
    told: [503, 'deferred', 'end-of-data', 'server-shutting-down'],
    twin: {
      does: { DATA: [GO, takeContent, line('452 4.3.1 Insufficient system storage')] },
      told: DEFERRED,
    },
  },
  {
    name: 'pipelined-closes-after-the-dot',
    rule: 1,
    does: { ...PIPELINED, DATA: [GO, takeContent, close] },
    told: UNKNOWN,
    hears: [CONTENT],
    twin: { does: { ...PIPELINED, ...HONEST_END } },
  },
  {
    name: 'pipelined-answers-quit-only',
    rule: 1,
    does: { ...PIPELINED, DATA: [GO, takeContent], QUIT: [BYE, close] },
    // a 221 to the end of the content is a well-formed yes by its class, and none by what it says
    told: UNKNOWN,
    twin: { does: { ...PIPELINED, ...HONEST_END, QUIT: [BYE, close] } },
  },
  {
    name: 'pipelined-half-a-final-reply',
    rule: 1,
    does: { ...PIPELINED, DATA: [GO, takeContent, say('250 2.0'), close] },
    told: UNKNOWN,
    twin: {
      does: { ...PIPELINED, DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n'), close] },
      findings: ['quit-unanswered'],
    },
  },
  {
    name: 'chunk-answered-with-354',
    rule: 1,
    does: { ...CHUNKED, BDAT: [takeChunk, GO] },
    told: UNKNOWN,
    never: [/^QUIT/m],
    twin: { does: CHUNKED },
  },
  {
    name: 'chunk-answered-with-half-a-reply',
    rule: 1,
    does: { ...CHUNKED, BDAT: [takeChunk, say('250'), close] },
    told: UNKNOWN,
    twin: { does: CHUNKED },
  },
  {
    name: 'chunk-taken-for-nobody',
    rule: 1,
    call: { chunking: 'early' },
    does: {
      EHLO: [ehlo('PIPELINING', 'CHUNKING')],
      RCPT: [line('550 5.1.1 No such user')],
      BDAT: [takeChunk, QUEUED],
    },
    told: [502, 'unknown', 'rcpt', 'outcome-unknown'],
    never: [],
    twin: { does: { EHLO: [ehlo('PIPELINING', 'CHUNKING')] } },
  },
  {
    name: 'lmtp-closes-between-the-final-replies',
    rule: 1,
    call: LMTP,
    does: { DATA: [GO, takeContent, OK, close] },
    told: UNKNOWN,
    holds: ({ accepted }) => {
      if (accepted.join() !== 'b@example.test') throw new Error(`accepted: ${accepted}`)
    },
    twin: { does: { DATA: [GO, takeContent, OK, OK] } },
  },
  {
    name: 'lmtp-half-a-second-final-reply',
    rule: 1,
    call: LMTP,
    does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n250 2.'), close] },
    told: UNKNOWN,
    twin: { does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n'), close] } },
  },
  {
    name: 'quit-unanswered',
    rule: 1,
    does: { QUIT: [silence] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['quit-unanswered'],
    limits: { total: 1500 },
    hears: [/^QUIT/m],
    twin: { does: {}, limits: { total: 5000 } },
  },
  {
    name: 'quit-answered-by-a-close',
    rule: 1,
    does: { QUIT: [close] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['quit-unanswered'],
    twin: { does: {} },
  },
  {
    name: 'quit-answered-by-a-reset',
    rule: 1,
    does: { QUIT: [reset] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['quit-unanswered'],
    twin: { does: {} },
  },
  {
    name: 'quit-refused',
    rule: 1,
    does: { QUIT: [line('550 5.7.1 I take it all back'), close] },
    told: [200, 'accepted', 'end-of-data', null],
    twin: { does: {} },
  },
  {
    name: 'quit-answered-by-a-flood',
    rule: 1,
    does: { QUIT: [flood('221-Bye\r\n')] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['quit-unanswered'],
    twin: { does: {} },
  },
  {
    name: 'says-more-behind-the-final-reply',
    rule: 1,
    does: { DATA: [GO, takeContent, say('250 2.0.0 Ok\r\n550 5.7.1 No\r\n'), wait(20)] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['unsolicited-reply'],
    twin: { does: HONEST_END },
  },
]
