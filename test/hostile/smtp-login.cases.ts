import type { HostileCase, Told } from './case.ts'
import { type ScramTwist, scramServer } from './scram-server.ts'
import { SECRET, SECRET_SAID, TOKEN } from './secret.ts'
import { ehlo, type SmtpCall } from './smtp-area.ts'
import { close, hear, line, type Step } from './steps.ts'

const by = (mechanism: string, more: object = {}): SmtpCall => ({
  auth: { user: 'alice', password: SECRET, mechanism, ...more },
})
const offering = (...mechanisms: readonly string[]) => ({ EHLO: [ehlo(`AUTH ${mechanisms.join(' ')}`)] })
const challenge = (text: string | Buffer): Step => line(`334 ${Buffer.from(text).toString('base64')}`)
const YES = line('235 2.7.0 Authentication successful')
const NO = line('535 5.7.8 Error: authentication failed')
const ABORTED: Told = [422, 'failed', 'auth', 'auth-aborted']
const VIOLATION: Told = [502, 'failed', 'auth', 'protocol-violation']

const WORDS = {
  challenge: (base64: string) => `334 ${base64}\r\n`,
  yes: '235 2.7.0 Authentication successful',
}
const scram = (twist?: ScramTwist) => ({
  ...offering('SCRAM-SHA-256'),
  AUTH: scramServer(SECRET, WORDS, twist),
})

/** RFC 5802 §9: what a server must not get away with. */
const scrams = (
  [
    ['nonce-of-its-own', { first: ({ salt }) => `r=another,s=${salt},i=4096` }, ABORTED],
    [
      'nonce-of-ours-alone',
      { first: ({ nonce, salt }) => `r=${nonce.replace('-and-mine', '')},s=${salt},i=4096` },
      ABORTED,
    ],
    ['nonce-missing', { first: ({ salt }) => `s=${salt},i=4096` }, ABORTED],
    ['salt-empty', { first: ({ nonce }) => `r=${nonce},s=,i=4096` }, ABORTED],
    ['salt-not-base64', { first: ({ nonce }) => `r=${nonce},s=!!!!,i=4096` }, ABORTED],
    ['iterations-missing', { first: ({ nonce, salt }) => `r=${nonce},s=${salt}` }, ABORTED],
    ['iterations-0', { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=0` }, ABORTED],
    ['iterations-1', { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=1` }, ABORTED],
    ['iterations-below-zero', { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=-4096` }, ABORTED],
    ['iterations-2-to-the-31', { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=2147483648` }, ABORTED],
    [
      'iterations-beyond-all-numbers',
      { first: ({ nonce, salt }) => `r=${nonce},s=${salt},i=${'9'.repeat(400)}` },
      ABORTED,
    ],
    [
      'extension-that-must-be-known',
      { first: ({ nonce, salt }) => `m=new,r=${nonce},s=${salt},i=4096` },
      ABORTED,
    ],
    ['signature-wrong', { last: () => `v=${Buffer.alloc(32).toString('base64')}` }, VIOLATION],
    ['signature-cut', { last: (honest) => honest.slice(0, 20) }, ABORTED],
    ['signature-missing', { last: () => '' }, ABORTED],
    ['error-and-then-yes', { last: () => 'e=invalid-proof' }, VIOLATION],
  ] as readonly [string, ScramTwist, Told][]
).map(
  ([name, twist, told]): HostileCase<SmtpCall> => ({
    name: `scram-${name}`,
    rule: 5,
    call: by('scram-sha-256'),
    does: scram(twist),
    told,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: scram(), hears: [/^MAIL/m] },
  }),
)

/** Challenges that are none, of the mechanisms that have no server of their own here. */
const nonsense = (
  [
    ['cram-md5', 'not-base64', line('334 !!not base64!!'), challenge('<1896.697170952@mx.example.test>')],
    ['cram-md5', 'empty', line('334 '), challenge('<1896.697170952@mx.example.test>')],
    ['digest-md5', 'not-base64', line('334 ====')],
    ['digest-md5', 'empty', line('334 ')],
    ['digest-md5', 'without-a-nonce', challenge('realm="r",qop="auth",charset=utf-8,algorithm=md5-sess')],
    ['digest-md5', 'two-nonces', challenge('nonce="a",nonce="b",qop="auth",algorithm=md5-sess')],
    ['digest-md5', 'weaker-algorithm', challenge('nonce="a",qop="auth",algorithm=md5')],
    ['digest-md5', 'open-quotation', challenge(`nonce="${'\\'.repeat(1999)}`)],
    ['digest-md5', 'too-long', challenge(`nonce="${'x'.repeat(3000)}",qop="auth",algorithm=md5-sess`)],
    ['scram-sha-256', 'not-base64', line('334 r=plain,s=text,i=4096')],
    ['scram-sha-256', 'empty', line('334 ')],
    ['scram-sha-256', 'octets-of-chance', challenge(Buffer.from([0, 255, 0, 44, 128, 10, 13]))],
    ['scram-sha-256', 'of-6000-octets', challenge(`r=${'n'.repeat(6000)},s=AAAA,i=4096`)],
  ] as readonly [string, string, Step, Step?][]
).map(
  ([mechanism, name, hostile, honest]): HostileCase<SmtpCall> => ({
    name: `${mechanism}-challenge-${name}`,
    rule: 5,
    call: by(mechanism),
    does: {
      ...offering(mechanism.toUpperCase()),
      AUTH: [hostile, hear, line('501 5.7.0 Authentication aborted')],
    },
    told: ABORTED,
    hears: [/^\*\r$/m],
    never: [SECRET_SAID, /^MAIL/m],
    twin:
      honest === undefined
        ? { call: by('scram-sha-256'), does: scram(), never: [SECRET_SAID] }
        : { does: { ...offering(mechanism.toUpperCase()), AUTH: [honest, hear, YES] }, never: [SECRET_SAID] },
  }),
)

/** Rule 5: a login that is asked for is done as it was asked for, or is a failure. */
export const LOGIN_CASES: readonly HostileCase<SmtpCall>[] = [
  ...scrams,
  ...nonsense,
  {
    name: 'says-yes-to-scram-at-once',
    rule: 5,
    call: by('scram-sha-256'),
    does: { ...offering('SCRAM-SHA-256'), AUTH: [YES] },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: scram() },
  },
  {
    name: 'says-yes-to-scram-before-its-signature',
    rule: 5,
    call: by('scram-sha-256'),
    does: { ...offering('SCRAM-SHA-256'), AUTH: [scram().AUTH[0] as Step, hear, YES] },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: scram() },
  },
  {
    name: 'says-yes-to-cram-md5-at-once',
    rule: 5,
    call: by('cram-md5'),
    does: { ...offering('CRAM-MD5'), AUTH: [YES] },
    told: VIOLATION,
    never: [/^MAIL/m],
    twin: { does: { ...offering('CRAM-MD5'), AUTH: [challenge('<1.2@mx.example.test>'), hear, YES] } },
  },
  {
    name: 'says-yes-to-digest-md5-at-once',
    rule: 5,
    call: by('digest-md5'),
    does: { ...offering('DIGEST-MD5'), AUTH: [YES] },
    told: VIOLATION,
    never: [/^MAIL/m],
    twin: { call: by('scram-sha-256'), does: scram() },
  },
  {
    name: 'says-yes-to-digest-md5-without-rspauth',
    rule: 5,
    call: by('digest-md5'),
    does: {
      ...offering('DIGEST-MD5'),
      AUTH: [challenge('nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess'), hear, YES],
    },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { call: by('scram-sha-256'), does: scram() },
  },
  {
    name: 'digest-md5-with-a-wrong-rspauth',
    rule: 5,
    call: by('digest-md5'),
    does: {
      ...offering('DIGEST-MD5'),
      AUTH: [
        challenge('nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess'),
        hear,
        challenge(`rspauth=${'0'.repeat(32)}`),
        hear,
        YES,
      ],
    },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { call: by('scram-sha-256'), does: scram() },
  },
  {
    name: 'says-yes-to-login-before-the-password',
    rule: 5,
    call: by('login', { allowInsecure: true }),
    does: { ...offering('LOGIN'), AUTH: [challenge('Username:'), hear, YES] },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: {
      does: { ...offering('LOGIN'), AUTH: [challenge('Username:'), hear, challenge('Password:'), hear, YES] },
    },
  },
  {
    name: 'says-yes-to-login-at-once',
    rule: 5,
    call: by('login', { allowInsecure: true }),
    does: { ...offering('LOGIN'), AUTH: [YES] },
    told: VIOLATION,
    never: [SECRET_SAID, /^MAIL/m],
    twin: {
      does: { ...offering('LOGIN'), AUTH: [challenge('Username:'), hear, challenge('Password:'), hear, YES] },
    },
  },
  {
    name: 'asks-for-more-after-plain-that-took-the-envelope-along',
    rule: 5,
    call: by('plain', { allowInsecure: true }),
    does: { EHLO: [ehlo('AUTH PLAIN', 'PIPELINING')], AUTH: [line('334 '), hear, hear, hear] },
    told: VIOLATION,
    never: [/^the content/m, /^\.\r$/m],
    twin: { does: { EHLO: [ehlo('AUTH PLAIN', 'PIPELINING')], AUTH: [YES] } },
  },
  {
    name: 'refuses-plain-and-wants-content-all-the-same',
    rule: 5,
    call: by('plain', { allowInsecure: true }),
    does: { EHLO: [ehlo('AUTH PLAIN', 'PIPELINING')], AUTH: [NO] },
    told: [422, 'rejected', 'auth', 'credentials-rejected'],
    never: [/^the content/m, /^\.\r$/m],
    twin: { does: { EHLO: [ehlo('AUTH PLAIN', 'PIPELINING')], AUTH: [YES] } },
  },
  {
    name: 'offers-nothing-that-can-be-done',
    rule: 5,
    call: by('auto', { allowInsecure: true }),
    does: offering('GSSAPI', 'NTLM', 'X-SEND-ME-THE-PASSWORD'),
    told: [422, 'failed', 'auth', 'mechanism-not-supported'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: offering('GSSAPI', 'PLAIN'), never: [] },
  },
  {
    name: 'offers-no-login-at-all',
    rule: 5,
    call: by('auto', { allowInsecure: true }),
    does: { EHLO: [ehlo('SIZE 1000000')] },
    told: [422, 'failed', 'auth', 'auth-not-offered'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: offering('PLAIN') },
  },
  {
    name: 'offers-mechanisms-with-names-like-commands',
    rule: 5,
    call: by('auto', { allowInsecure: true }),
    does: offering('PLAIN\\r\\nRCPT', '*', '=', '../PLAIN', 'PL%41IN', 'PLAIN,LOGIN'),
    told: [422, 'failed', 'auth', 'mechanism-not-supported'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: offering('*', 'plain') },
  },
  {
    name: 'downgrades-by-refusing-the-better-mechanism',
    rule: 5,
    call: by('auto'),
    does: {
      ...offering('SCRAM-SHA-256', 'PLAIN', 'LOGIN'),
      AUTH: [line('504 5.5.4 Unrecognized authentication type')],
    },
    told: [422, 'rejected', 'auth', 'mechanism-not-supported'],
    never: [SECRET_SAID, /^AUTH (?:PLAIN|LOGIN)/m, /^MAIL/m],
    twin: { does: { ...offering('SCRAM-SHA-256', 'PLAIN', 'LOGIN'), AUTH: scramServer(SECRET, WORDS) } },
  },
  {
    name: 'refuses-the-credentials-and-offers-to-try-plain',
    rule: 5,
    call: by('auto', { allowInsecure: true }),
    does: { ...offering('CRAM-MD5', 'PLAIN'), AUTH: [challenge('<1.2@mx.example.test>'), hear, NO] },
    told: [422, 'rejected', 'auth', 'credentials-rejected'],
    never: [SECRET_SAID, /^AUTH PLAIN/m, /^MAIL/m],
    twin: {
      does: { ...offering('CRAM-MD5', 'PLAIN'), AUTH: [challenge('<1.2@mx.example.test>'), hear, YES] },
    },
  },
  {
    name: 'answers-the-cancelling-with-yes',
    rule: 5,
    call: by('cram-md5'),
    does: { ...offering('CRAM-MD5'), AUTH: [line('334 !!'), hear, YES] },
    told: ABORTED,
    never: [/^MAIL/m],
    twin: { does: { ...offering('CRAM-MD5'), AUTH: [challenge('<1.2@mx.example.test>'), hear, YES] } },
  },
  {
    name: 'closes-in-the-middle-of-the-exchange',
    rule: 5,
    call: by('scram-sha-256'),
    does: { ...offering('SCRAM-SHA-256'), AUTH: [scram().AUTH[0] as Step, hear, close] },
    told: [502, 'failed', 'auth', 'connection-closed'],
    twin: { does: scram() },
  },
  {
    name: 'says-goodbye-in-the-middle-of-the-exchange',
    rule: 5,
    call: by('cram-md5'),
    does: {
      ...offering('CRAM-MD5'),
      AUTH: [challenge('<1.2@mx.example.test>'), hear, line('421 4.7.0 Too many errors'), close],
    },
    told: [503, 'deferred', 'auth', 'too-many-errors'],
    twin: { does: { ...offering('CRAM-MD5'), AUTH: [challenge('<1.2@mx.example.test>'), hear, YES] } },
  },
  {
    name: 'takes-back-the-hello-after-the-login',
    rule: 5,
    call: by('cram-md5'),
    does: {
      'EHLO 1': [ehlo('AUTH CRAM-MD5')],
      'EHLO 2': [line('550 5.7.1 No')],
      AUTH: [challenge('<1.2@mx.example.test>'), hear, YES],
    },
    told: [422, 'rejected', 'hello', 'policy-rejected'],
    never: [/^MAIL/m],
    twin: { does: { ...offering('CRAM-MD5'), AUTH: [challenge('<1.2@mx.example.test>'), hear, YES] } },
  },
  {
    name: 'oauth-error-challenge-again-and-again',
    rule: 5,
    call: { auth: { user: 'alice', token: TOKEN, mechanism: 'xoauth2', allowInsecure: true } },
    does: {
      ...offering('XOAUTH2'),
      AUTH: Array.from({ length: 100 }, () => [
        challenge('{"status":"401","schemes":"bearer"}'),
        hear,
      ]).flat(),
    },
    told: ABORTED,
    never: [/^MAIL/m],
    twin: { does: { ...offering('XOAUTH2'), AUTH: [YES] } },
  },
]
