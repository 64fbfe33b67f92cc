import type { HostileCase, Told } from './case.ts'
import type { IdentityName } from './identities.ts'
import { LOGGED_IN, lines, type Pop3Call, STAT } from './pop3-area.ts'
import { type ScramTwist, scramServer } from './scram-server.ts'
import { SECRET, SECRET_SAID } from './secret.ts'
import { awaitOctets, CLIENT_HELLO, close, hear, line, say, tls } from './steps.ts'

const SECURE: Pop3Call = { ...STAT, query: { tls: 'required', allowInsecureAuth: 'false' } }
const CAREFUL: Pop3Call = { ...STAT, query: { allowInsecureAuth: 'false' } }
const OFFERED = { 'CAPA 1': [lines('+OK', 'USER', 'STLS')], 'CAPA tls': [lines('+OK', 'USER')] }
const GO = line('+OK Begin TLS')
const broken = (stage: string): Told => [502, 'failed', stage, 'protocol-violation']
const HANDSHAKE: Told = [502, 'failed', 'starttls', 'tls-handshake-failed']

const injections = (
  [
    ['one-reply', '+OK injected\r\n'],
    ['a-capability-list', '+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n'],
    ['half-a-reply', '+O'],
    ['a-line-end', '\r\n'],
  ] as const
).map(
  ([name, octets]): HostileCase<Pop3Call> => ({
    name: `stls-injection-of-${name}`,
    rule: 3,
    call: SECURE,
    does: { ...OFFERED, STLS: [say(`+OK Begin TLS\r\n${octets}`), tls()] },
    told: [502, 'failed', 'starttls', 'starttls-injection'],
    findings: ['starttls-injection'],
    never: [SECRET_SAID, /^USER/m, CLIENT_HELLO],
    twin: { does: OFFERED },
  }),
)

const certificates = (
  [
    ['expired', 'certificate-expired'],
    ['other-name', 'certificate-name-mismatch'],
    ['self-signed', 'certificate-untrusted'],
  ] as const
).flatMap(([identity, code]: readonly [IdentityName, string]): HostileCase<Pop3Call>[] => [
  {
    name: `pop3-certificate-${identity}`,
    rule: 5,
    call: SECURE,
    does: { ...OFFERED, STLS: [GO, tls(identity)] },
    told: [502, 'failed', 'starttls', code],
    never: [SECRET_SAID, /^USER/m],
    twin: { does: { ...OFFERED, STLS: [GO, tls('good')] } },
  },
  {
    name: `pop3-certificate-${identity}-with-opportunistic-tls-gets-no-password`,
    rule: 5,
    call: CAREFUL,
    does: { ...OFFERED, STLS: [GO, tls(identity)] },
    told: [422, 'failed', 'auth', 'credentials-need-tls'],
    never: [SECRET_SAID, /^USER/m],
    twin: { does: { ...OFFERED, STLS: [GO, tls('good')] } },
  },
])

/** CVE-2007-1558: timestamps that are no msg-id. */
const timestamps = (
  [
    ['none', '+OK ready'],
    ['without-an-at', '+OK <1896.697170952>'],
    ['without-brackets', '+OK 1896.697170952@mx.example.test'],
    ['empty', '+OK <>'],
    ['of-octets-beyond-ascii', '+OK <\x80\xff\x01@mx.example.test>'],
    ['with-a-nul', '+OK <1896.\0@mx.example.test>'],
    ['with-a-blank', '+OK <18 96@mx.example.test>'],
  ] as const
).map(
  ([name, greeting]): HostileCase<Pop3Call> => ({
    name: `apop-timestamp-${name}`,
    rule: 5,
    call: { ...STAT, query: { auth: 'apop' } },
    does: { GREETING: [line(greeting)] },
    told: [422, 'failed', 'auth', 'mechanism-not-supported'],
    never: [/^APOP/m, SECRET_SAID],
    twin: {
      does: { GREETING: [line('+OK <1896.697170952@mx.example.test>')] },
      hears: [/^APOP bob [0-9a-f]{32}/m],
    },
  }),
)

const WORDS = { challenge: (base64: string) => `+ ${base64}\r\n`, yes: '+OK Logged in.' }
const scrams = (
  [
    [
      'nonce-of-its-own',
      { first: ({ salt }) => `r=another,s=${salt},i=4096` },
      [422, 'failed', 'auth', 'auth-aborted'],
    ],
    [
      'iterations-0',
      { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=0` },
      [422, 'failed', 'auth', 'auth-aborted'],
    ],
    ['signature-wrong', { last: () => `v=${Buffer.alloc(32).toString('base64')}` }, broken('auth')],
  ] as readonly [string, ScramTwist, Told][]
).map(
  ([name, twist, told]): HostileCase<Pop3Call> => ({
    name: `pop3-scram-${name}`,
    rule: 5,
    call: { ...STAT, query: { auth: 'scram-sha-256', allowInsecureAuth: 'false' } },
    does: { CAPA: [lines('+OK', 'SASL SCRAM-SHA-256')], AUTH: scramServer(SECRET, WORDS, twist) },
    told,
    never: [SECRET_SAID, /^STAT/m],
    twin: { does: { CAPA: [lines('+OK', 'SASL SCRAM-SHA-256')], AUTH: scramServer(SECRET, WORDS) } },
  }),
)

/** Rules 5 and 6 for POP3: TLS, logins and secrets. */
export const SESSION_CASES: readonly HostileCase<Pop3Call>[] = [
  ...injections,
  ...certificates,
  ...timestamps,
  ...scrams,
  {
    name: 'pop3-handshake-of-garbage',
    rule: 5,
    call: SECURE,
    does: { ...OFFERED, STLS: [GO, awaitOctets(), say(Buffer.alloc(100, 0xa5))] },
    told: HANDSHAKE,
    never: [SECRET_SAID, /^USER/m],
    twin: { does: OFFERED },
  },
  {
    name: 'pop3-close-in-the-handshake',
    rule: 5,
    call: SECURE,
    does: { ...OFFERED, STLS: [GO, awaitOctets(), close] },
    told: HANDSHAKE,
    never: [SECRET_SAID, /^USER/m],
    twin: { does: OFFERED },
  },
  {
    name: 'pop3-stripped-stls',
    rule: 5,
    call: SECURE,
    does: { CAPA: [lines('+OK', 'USER')] },
    told: [422, 'failed', 'starttls', 'starttls-not-offered'],
    never: [SECRET_SAID, /^USER/m],
    twin: { does: OFFERED },
  },
  {
    name: 'pop3-capa-refused-gets-no-password',
    rule: 5,
    call: CAREFUL,
    does: { CAPA: [line('-ERR no')] },
    told: [422, 'failed', 'auth', 'credentials-need-tls'],
    never: [SECRET_SAID, /^USER/m],
    twin: { does: OFFERED },
  },
  {
    name: 'pop3-login-offered-in-the-clear-only',
    rule: 5,
    call: { ...SECURE, query: { ...SECURE.query, auth: 'auto' } },
    does: { 'CAPA 1': [lines('+OK', 'USER', 'STLS', 'SASL PLAIN')], 'CAPA tls': [lines('+OK', 'TOP')] },
    told: [422, 'failed', 'auth', 'auth-not-offered'],
    never: [SECRET_SAID, /^USER/m, /^AUTH/m],
    twin: { does: { 'CAPA 1': [lines('+OK', 'STLS')], 'CAPA tls': [lines('+OK', 'SASL PLAIN')] } },
  },
  {
    name: 'pop3-endless-challenges',
    rule: 2,
    call: { ...STAT, query: { auth: 'login' } },
    does: {
      CAPA: [lines('+OK', 'SASL LOGIN')],
      AUTH: Array.from({ length: 200 }, () => [line('+ UGFzc3dvcmQ6'), hear]).flat(),
    },
    told: [422, 'failed', 'auth', 'auth-aborted'],
    never: [/^STAT/m],
    twin: {
      does: {
        CAPA: [lines('+OK', 'SASL LOGIN')],
        AUTH: [line('+ VXNlcm5hbWU6'), hear, line('+ UGFzc3dvcmQ6'), hear, LOGGED_IN],
      },
    },
  },
  {
    name: 'pop3-mailbox-in-use',
    rule: 12,
    call: STAT,
    does: { PASS: [line('-ERR [IN-USE] Do you have another POP session running?')] },
    told: [423, 'rejected', 'auth', 'mailbox-in-use'],
    twin: { does: {} },
  },
  {
    name: 'pop3-response-code-that-is-none',
    rule: 12,
    call: STAT,
    does: { PASS: [line(`-ERR [${'X'.repeat(3000)}\x1b[2J] no`)] },
    told: [401, 'rejected', 'auth', 'credentials-rejected'],
    twin: { does: {} },
  },
  {
    name: 'pop3-echoes-the-password',
    rule: 6,
    call: STAT,
    does: { PASS: [line(`-ERR wrong password: ${SECRET} (${Buffer.from(SECRET).toString('hex')})`)] },
    told: [401, 'rejected', 'auth', 'credentials-rejected'],
    holds: ({ reply }) => {
      if (!reply.lines[0].includes('*** (***)')) throw new Error(reply.lines[0])
    },
    twin: { does: {} },
  },
  {
    name: 'pop3-echoes-the-password-in-its-response-code',
    rule: 6,
    call: STAT,
    does: { PASS: [line(`-ERR [AUTH/${Buffer.from(SECRET).toString('hex')}] no`)] },
    told: [401, 'rejected', 'auth', 'credentials-rejected'],
    twin: { does: {} },
  },
  {
    name: 'pop3-greets-with-the-password-of-an-earlier-session',
    rule: 6,
    call: { path: '/pop3/capabilities' },
    does: {
      GREETING: [line(`+OK ${SECRET} ready`)],
      CAPA: [lines('+OK', 'USER', `IMPLEMENTATION ${SECRET}`)],
    },
    told: [200, 'ok', null, null],
    twin: { does: { CAPA: [lines('+OK', 'USER')] } },
  },
  {
    name: 'pop3-echoes-the-password-in-a-unique-id',
    rule: 6,
    does: { UIDL: [lines('+OK', `1 ${Buffer.from(SECRET).toString('base64')}`)] },
    told: [200, 'ok', null, null],
    findings: [],
    twin: { does: {} },
  },
  {
    name: 'pop3-echoes-the-password-in-the-unique-id-of-a-message-that-is-read',
    rule: 6,
    call: { path: '/pop3/messages/1' },
    does: { UIDL: [line(`+OK 1 ${Buffer.from(SECRET).toString('hex')}`)] },
    told: [200, 'ok', null, null],
    holds: ({ uid }) => {
      if (uid !== '***') throw new Error(uid)
    },
    twin: {
      does: {},
      holds: ({ uid }) => {
        if (uid !== 'uid-1') throw new Error(uid)
      },
    },
  },
  {
    name: 'pop3-echoes-the-password-among-its-capabilities',
    rule: 6,
    call: { path: '/pop3/capabilities' },
    does: {
      'CAPA 1': [lines('+OK', 'USER')],
      'CAPA 2': [
        lines('+OK', 'USER', `X-PASSWORD ${Buffer.from(SECRET).toString('hex')}`, `IMPLEMENTATION ${SECRET}`),
      ],
    },
    told: [200, 'ok', null, null],
    twin: { does: { CAPA: [lines('+OK', 'USER')] } },
  },
  {
    name: 'pop3-greets-with-no',
    rule: 12,
    call: STAT,
    does: { GREETING: [line('-ERR [SYS/TEMP] Too many connections'), close] },
    told: [503, 'deferred', 'greeting', 'too-many-connections'],
    twin: { does: {} },
  },
]
