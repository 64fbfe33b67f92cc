import { createHash } from 'node:crypto'
import type { HostileCase } from './case.ts'
import { SECRET, TOKEN } from './secret.ts'
import { ehlo, GO, type SmtpCall } from './smtp-area.ts'
import { close, hear, line, type Script, say, silence, takeContent } from './steps.ts'

const PLAIN: SmtpCall = { auth: { user: 'alice', password: SECRET, mechanism: 'plain', allowInsecure: true } }
const OFFER: Script = { EHLO: [ehlo('AUTH PLAIN')] }
const octets = Buffer.from(SECRET)
const behind = (before: string): string => Buffer.from(`${before}${SECRET}`).toString('base64')

/** The ways in which servers, or their logs, spell what they were sent. */
const SPELLINGS: readonly [name: string, text: string][] = [
  ['plain', SECRET],
  ['capitals', SECRET.toUpperCase()],
  ['small-letters', SECRET.toLowerCase()],
  [
    'swapped-case',
    SECRET.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())),
  ],
  ['base64', behind('')],
  ['base64-behind-one-octet', behind('x')],
  ['base64-behind-two-octets', behind('xy')],
  ['base64-without-padding', behind('').replace(/=+$/, '')],
  ['base64-of-urls', Buffer.from(`\0alice\0${SECRET}`).toString('base64url')],
  ['the-response-of-plain', Buffer.from(`\0alice\0${SECRET}`).toString('base64')],
  ['hex', octets.toString('hex')],
  ['hex-in-capitals', octets.toString('hex').toUpperCase()],
  ['percent-encoded', encodeURIComponent(SECRET)],
  ['percent-encoded-small', encodeURIComponent(SECRET).toLowerCase()],
  ['percent-encoded-octet-by-octet', [...octets].map((octet) => `%${octet.toString(16)}`).join('')],
  ['as-a-form', new URLSearchParams({ p: SECRET }).toString()],
  ['as-json', JSON.stringify({ password: SECRET })],
  ['between-other-words', `user alice gave ${SECRET}, which is wrong`],
]

/** A refused login that says what was said. */
const spelt = SPELLINGS.map(
  ([name, text]): HostileCase<SmtpCall> => ({
    name: `echoes-the-password-in-${name}`,
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [line(`535 5.7.8 Authentication failed: ${text}`)] },
    told: [422, 'rejected', 'auth', 'credentials-rejected'],
    hears: [/^AUTH PLAIN/m],
    holds: ({ reply }) => {
      if (!reply.lines.join().includes('***')) throw new Error(`not redacted: ${reply.lines}`)
    },
    twin: {
      does: { ...OFFER, AUTH: [line('535 5.7.8 Authentication failed: staple of a horse')] },
      told: [422, 'rejected', 'auth', 'credentials-rejected'],
      holds: ({ reply }) => {
        if (reply.lines.join().includes('***')) throw new Error(`redacted: ${reply.lines}`)
      },
    },
  }),
)

/** Longer than any line of a reply. */
const LONG_TOKEN = `ya29.${createHash('shake256', { outputLength: 14_900 }).update('token').digest('base64url')}`

const echoed = (text: string, each: number): string =>
  Array.from(
    { length: Math.ceil(text.length / each) },
    (_, at) => `535-${text.slice(at * each, (at + 1) * each)}\r\n`,
  ).join('')

const ECHO = `${SECRET} ${behind('\0alice\0')}`
const ALL: Script = { ...OFFER, AUTH: [line('235 2.7.0 Ok')] }

/** The same at each place where a server has the word after a login. */
const staged = (
  [
    ['MAIL', 'mail', { MAIL: [line(`550 5.7.1 ${ECHO}`)] }, [422, 'rejected', 'mail', 'policy-rejected']],
    ['RCPT', 'rcpt', { RCPT: [line(`550 5.7.1 ${ECHO}`)] }, [422, 'rejected', 'rcpt', 'policy-rejected']],
    ['DATA', 'data', { DATA: [line(`554 5.7.1 ${ECHO}`)] }, [422, 'rejected', 'data', 'policy-rejected']],
    [
      'the final reply',
      'end-of-data',
      { DATA: [GO, takeContent, line(`554 5.7.1 ${ECHO}`)] },
      [422, 'rejected', 'end-of-data', 'policy-rejected'],
    ],
  ] as const
).map(
  ([, stage, does, told]): HostileCase<SmtpCall> => ({
    name: `echoes-the-password-at-${stage}`,
    rule: 6,
    call: PLAIN,
    does: { ...ALL, ...does },
    told: [...told],
    twin: { does: ALL },
  }),
)

/** Rule 6: by position in what is sent, by value in what is received. The runner searches each answer, and the log. */
export const SECRET_CASES: readonly HostileCase<SmtpCall>[] = [
  ...spelt,
  ...staged,
  {
    name: 'echoes-the-password-in-the-queue-id',
    rule: 6,
    call: PLAIN,
    does: { ...ALL, DATA: [GO, takeContent, line(`250 2.0.0 Ok: queued as ${octets.toString('hex')}`)] },
    told: [200, 'accepted', 'end-of-data', null],
    holds: ({ queueId }) => {
      if (queueId !== '***') throw new Error(`the queue id is ${queueId}`)
    },
    twin: {
      does: { ...ALL, DATA: [GO, takeContent, line('250 2.0.0 Ok: queued as 4FxYz')] },
      holds: ({ queueId }) => {
        if (queueId !== '4FxYz') throw new Error(`the queue id is ${queueId}`)
      },
    },
  },
  {
    name: 'echoes-the-password-in-what-it-offers',
    rule: 6,
    call: PLAIN,
    does: {
      'EHLO 1': [ehlo('AUTH PLAIN')],
      'EHLO 2': [ehlo(`X-LOGGED-IN ${ECHO}`, 'SIZE 10')],
      AUTH: ALL['AUTH'] ?? [],
    },
    told: [422, 'failed', 'mail', 'message-too-large'],
    never: [/^MAIL/m],
    twin: { does: { ...ALL, 'EHLO 2': [ehlo('X-LOGGED-IN', 'SIZE 1000000')] } },
  },
  {
    name: 'greets-with-the-password-of-an-earlier-session',
    rule: 6,
    call: PLAIN,
    does: { ...ALL, GREETING: [line(`220 mx.example.test ${ECHO}`)] },
    told: [200, 'accepted', 'end-of-data', null],
    twin: { does: ALL },
  },
  {
    name: 'offers-the-password-before-the-login',
    rule: 6,
    call: PLAIN,
    does: { ...ALL, EHLO: [ehlo(`X-LAST-TIME ${ECHO}`)] },
    told: [422, 'failed', 'auth', 'auth-not-offered'],
    never: [/^AUTH/m, /^MAIL/m],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-garbage',
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [line(ECHO)] },
    told: [502, 'failed', 'auth', 'protocol-violation'],
    never: [/^MAIL/m],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-half-a-reply',
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [say(`535-${SECRET}\r\n535-${behind('x')}`), close] },
    told: [502, 'failed', 'auth', 'connection-closed'],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-a-reply-nobody-asked-for',
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [say(`235 2.7.0 Ok\r\n250 ${ECHO}\r\n`)] },
    told: [200, 'accepted', 'end-of-data', null],
    findings: ['unsolicited-reply'],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-an-endless-line',
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [say(`535 ${ECHO} ${'x'.repeat(20_000)}`), silence] },
    told: [502, 'failed', 'auth', 'limit-exceeded'],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-a-reply-of-two-codes',
    rule: 6,
    call: PLAIN,
    does: { ...OFFER, AUTH: [say(`535-${SECRET}\r\n550 ${SECRET}\r\n`)] },
    told: [502, 'failed', 'auth', 'protocol-violation'],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-password-in-its-goodbye',
    rule: 6,
    call: PLAIN,
    does: { ...ALL, QUIT: [line(`221 ${ECHO}`), close] },
    told: [200, 'accepted', 'end-of-data', null],
    twin: { does: ALL },
  },
  {
    name: 'echoes-the-token',
    rule: 6,
    call: { auth: { user: 'alice', token: TOKEN, mechanism: 'xoauth2', allowInsecure: true } },
    does: {
      EHLO: [ehlo('AUTH XOAUTH2')],
      AUTH: [
        line(`535 5.7.8 ${Buffer.from(`user=alice\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64')}`),
      ],
    },
    told: [422, 'rejected', 'auth', 'credentials-rejected'],
    twin: { does: { EHLO: [ehlo('AUTH XOAUTH2')] } },
  },
  {
    name: 'echoes-a-token-of-20000-characters-over-several-lines',
    rule: 6,
    call: { auth: { user: 'alice', token: LONG_TOKEN, mechanism: 'xoauth2', allowInsecure: true } },
    does: {
      EHLO: [ehlo('AUTH XOAUTH2')],
      AUTH: [
        line('334 '),
        hear,
        say(`${echoed(LONG_TOKEN, 7000)}535 5.7.8 Error: authentication failed\r\n`),
      ],
    },
    told: [422, 'rejected', 'auth', 'credentials-rejected'],
    holds: (body) => {
      if (JSON.stringify(body).includes(LONG_TOKEN.slice(8000, 9000)))
        throw new Error('a part of the token is told')
    },
    twin: {
      does: { EHLO: [ehlo('AUTH XOAUTH2')], AUTH: [line('334 '), hear, line('235 2.7.0 Ok')] },
    },
  },
  {
    name: 'echoes-the-password-to-each-recipient',
    rule: 6,
    call: { ...PLAIN, envelope: { from: 'a@example.test', to: ['b@example.test', 'c@example.test'] } },
    does: { ...ALL, 'RCPT 1': [line(`550 5.1.1 ${ECHO}`)], 'RCPT 2': [line('250 2.1.5 Ok')] },
    told: [200, 'partial', 'end-of-data', null],
    twin: { does: ALL },
  },
]
