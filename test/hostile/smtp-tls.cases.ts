import type { HostileCase, Told } from './case.ts'
import type { IdentityName } from './identities.ts'
import { SECRET, SECRET_SAID } from './secret.ts'
import { ehlo, GREETING, OK, type SmtpCall } from './smtp-area.ts'
import {
  awaitOctets,
  CLIENT_HELLO,
  close,
  line,
  reset,
  type Script,
  type Step,
  say,
  sayBeneath,
  tls,
} from './steps.ts'

const REQUIRED = { tls: 'required' }
const LOGIN = { auth: { user: 'alice', password: SECRET } }
/** Offered in the clear, and not again inside TLS. */
const OFFERED: Script = { 'EHLO 1': [ehlo('STARTTLS')] }
const GO = line('220 2.0.0 Ready to start TLS')
const INJECTED: Told = [502, 'failed', 'starttls', 'starttls-injection']
const HANDSHAKE: Told = [502, 'failed', 'starttls', 'tls-handshake-failed']

/** Rule 3 and CVE-2011-0411: what lies behind the agreement in the clear is no part of what is said inside TLS. */
const injections = (
  [
    ['one-reply', '250 injected\r\n'],
    ['a-whole-ehlo-reply', '250-mx.evil.test\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n'],
    ['half-a-reply', '250-half'],
    ['one-octet', '2'],
    ['a-line-end', '\r\n'],
    ['a-second-agreement', '220 Ready\r\n'],
    ['a-refusal', '454 4.7.0 TLS not available\r\n'],
    ['a-goodbye', '421 4.3.2 Shutting down\r\n'],
    ['replies-for-the-whole-session', '250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e\r\n221 f\r\n'],
  ] as const
).map(
  ([name, octets]): HostileCase<SmtpCall> => ({
    name: `starttls-injection-of-${name}`,
    rule: 3,
    call: REQUIRED,
    does: { ...OFFERED, STARTTLS: [say(`220 2.0.0 Ready to start TLS\r\n${octets}`), tls()] },
    told: INJECTED,
    findings: ['starttls-injection'],
    // not even a ClientHello
    never: [CLIENT_HELLO, /^MAIL/m],
    twin: { does: { ...OFFERED, STARTTLS: [say('220 2.0.0 Ready to start TLS\r\n'), tls()] } },
  }),
)

/** A certificate that does not verify. */
const certificates = (
  [
    ['expired', 'certificate-expired'],
    ['not-yet-valid', 'certificate-not-yet-valid'],
    ['other-name', 'certificate-name-mismatch'],
    ['self-signed', 'certificate-untrusted'],
    ['other-authority', 'certificate-untrusted'],
  ] as const
).flatMap(([identity, code]: readonly [IdentityName, string]): HostileCase<SmtpCall>[] => [
  {
    name: `certificate-${identity}`,
    rule: 5,
    call: { ...REQUIRED, ...LOGIN },
    does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')], STARTTLS: [GO, tls(identity)] },
    told: [502, 'failed', 'starttls', code],
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')], STARTTLS: [GO, tls('good')] }, never: [] },
  },
  {
    name: `certificate-${identity}-with-opportunistic-tls-gets-no-password`,
    rule: 5,
    call: LOGIN,
    does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN LOGIN')], STARTTLS: [GO, tls(identity)] },
    told: [422, 'failed', 'auth', 'credentials-need-tls'],
    findings: [code],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN LOGIN')], STARTTLS: [GO, tls('good')] } },
  },
])

/** The handshake broken in each way; none of it may be taken for a connection without TLS. */
const breakages = (
  [
    ['garbage-for-a-server-hello', [awaitOctets(), say(Buffer.alloc(200, 0xa5))]],
    ['smtp-for-a-server-hello', [awaitOctets(), line('454 4.7.0 TLS not available')]],
    ['http-for-a-server-hello', [awaitOctets(), say('HTTP/1.1 400 Bad Request\r\n\r\n'), close]],
    ['close-in-the-handshake', [awaitOctets(), close]],
    ['close-before-the-handshake', [close]],
    ['reset-in-the-handshake', [awaitOctets(), reset]],
    ['alert-handshake-failure', [awaitOctets(), say('\x15\x03\x03\x00\x02\x02\x28'), close]],
    ['alert-internal-error', [awaitOctets(), say('\x15\x03\x03\x00\x02\x02\x50'), close]],
    ['half-a-record', [awaitOctets(), say('\x16\x03\x03\x00\x7a\x02\x00'), close]],
    ['record-of-a-type-that-does-not-exist', [awaitOctets(), say('\x99\x03\x03\x00\x02\x02\x28'), close]],
    ['record-longer-than-any', [awaitOctets(), say(`\x16\x03\x03\xff\xff${'\0'.repeat(65_535)}`), close]],
    ['client-hello-for-a-server-hello', [awaitOctets(), say('\x16\x03\x01\x00\x04\x01\x00\x00\x00'), close]],
  ] as readonly [string, readonly Step[]][]
).flatMap(([name, steps]): HostileCase<SmtpCall>[] => [
  {
    name,
    rule: 5,
    call: { ...REQUIRED, ...LOGIN },
    does: { ...OFFERED, STARTTLS: [GO, ...steps] },
    told: HANDSHAKE,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: `${name}-with-opportunistic-tls`,
    rule: 5,
    call: LOGIN,
    does: { ...OFFERED, STARTTLS: [GO, ...steps] },
    told: HANDSHAKE,
    never: [SECRET_SAID, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')] }, never: [] },
  },
])

/** TLS, and what an attacker in the middle makes of it. */
export const TLS_CASES: readonly HostileCase<SmtpCall>[] = [
  ...injections,
  ...certificates,
  ...breakages,
  {
    name: 'plain-text-inside-the-established-tls',
    rule: 3,
    call: REQUIRED,
    does: { ...OFFERED, 'EHLO tls': [sayBeneath('250 mx.evil.test\r\n')] },
    told: [502, 'failed', 'hello', 'connection-closed'],
    never: [/^MAIL/m],
    twin: { does: OFFERED },
  },
  {
    name: 'old-version-of-tls',
    rule: 5,
    call: REQUIRED,
    does: { ...OFFERED, STARTTLS: [GO, tls('good', 'old')] },
    told: [502, 'failed', 'starttls', 'tls-version-too-old'],
    never: [/^MAIL/m],
    twin: {
      call: { ...REQUIRED, tlsMinVersion: 'TLSv1' },
      does: { ...OFFERED, STARTTLS: [GO, tls('good', 'old')] },
    },
  },
  {
    name: 'stripped-starttls-where-tls-is-required',
    rule: 5,
    call: { ...REQUIRED, ...LOGIN },
    does: { EHLO: [ehlo('AUTH PLAIN')] },
    told: [422, 'failed', 'starttls', 'starttls-not-offered'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: 'stripped-starttls-gets-no-password',
    rule: 5,
    call: LOGIN,
    does: { EHLO: [ehlo('XXXXXXXA', 'AUTH PLAIN LOGIN')] },
    told: [422, 'failed', 'auth', 'credentials-need-tls'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN LOGIN')] }, never: [] },
  },
  {
    name: 'ehlo-refused-so-that-there-is-no-starttls',
    rule: 5,
    call: REQUIRED,
    does: { EHLO: [line('502 5.5.2 Error: command not recognized')] },
    told: [422, 'rejected', 'hello', 'command-not-recognized'],
    never: [/^HELO/m, /^MAIL/m],
    twin: { does: OFFERED },
  },
  {
    name: 'starttls-refused-where-tls-is-required',
    rule: 5,
    call: { ...REQUIRED, ...LOGIN },
    does: { ...OFFERED, STARTTLS: [line('454 4.7.0 TLS not available')] },
    told: [503, 'deferred', 'starttls', 'starttls-refused'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: 'starttls-refused-gets-no-password',
    rule: 5,
    call: LOGIN,
    does: { EHLO: [ehlo('STARTTLS', 'AUTH PLAIN')], STARTTLS: [line('454 4.7.0 TLS not available')] },
    told: [422, 'failed', 'auth', 'credentials-need-tls'],
    findings: ['starttls-refused'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: { does: { ...OFFERED, 'EHLO tls': [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: 'login-offered-in-the-clear-only',
    rule: 5,
    call: { ...REQUIRED, ...LOGIN },
    does: { 'EHLO 1': [ehlo('STARTTLS', 'AUTH PLAIN LOGIN')], 'EHLO tls': [ehlo()] },
    told: [422, 'failed', 'auth', 'auth-not-offered'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: {
      does: { 'EHLO 1': [ehlo('STARTTLS', 'AUTH PLAIN LOGIN')], 'EHLO tls': [ehlo('AUTH PLAIN')] },
      never: [],
    },
  },
  {
    name: 'mechanism-offered-in-the-clear-only',
    rule: 5,
    call: { ...REQUIRED, auth: { ...LOGIN.auth, mechanism: 'plain' } },
    does: { 'EHLO 1': [ehlo('STARTTLS', 'AUTH PLAIN')], 'EHLO tls': [ehlo('AUTH GSSAPI')] },
    told: [422, 'failed', 'auth', 'mechanism-not-supported'],
    never: [SECRET_SAID, /^AUTH/m, /^MAIL/m],
    twin: {
      does: { 'EHLO 1': [ehlo('STARTTLS', 'AUTH GSSAPI')], 'EHLO tls': [ehlo('AUTH PLAIN')] },
      never: [],
    },
  },
  {
    name: 'size-offered-in-the-clear-only',
    rule: 5,
    call: REQUIRED,
    does: { 'EHLO 1': [ehlo('STARTTLS', 'SIZE 1', 'PIPELINING')], 'EHLO tls': [ehlo()] },
    told: [200, 'accepted', 'end-of-data', null],
    // what was offered before TLS is not asked for after it
    never: [/SIZE=/],
    twin: { does: { 'EHLO 1': [ehlo('STARTTLS')], 'EHLO tls': [ehlo('SIZE 1000000')] }, hears: [/SIZE=/] },
  },
  {
    name: 'hello-refused-inside-tls',
    rule: 5,
    call: REQUIRED,
    does: { ...OFFERED, 'EHLO tls': [line('550 5.7.1 No')] },
    told: [422, 'rejected', 'hello', 'policy-rejected'],
    never: [/^MAIL/m],
    twin: { does: OFFERED },
  },
  {
    name: 'second-greeting-inside-tls',
    rule: 3,
    call: REQUIRED,
    // it stands where the answer to EHLO is due, and every answer behind it where another one is due: no 354 is where it belongs
    does: { ...OFFERED, STARTTLS: [GO, tls(), line('220 mx.evil.test')] },
    told: [502, 'failed', 'data', 'protocol-violation'],
    limits: { total: 2000 },
    twin: { does: OFFERED, limits: { total: 8000 } },
  },
  {
    name: 'starttls-answered-with-354',
    rule: 3,
    call: REQUIRED,
    does: { ...OFFERED, STARTTLS: [line('354 Ready to start TLS'), tls()] },
    told: [502, 'failed', 'starttls', 'protocol-violation'],
    never: [CLIENT_HELLO, /^MAIL/m],
    twin: { does: OFFERED },
  },
  {
    name: 'starttls-offered-again-inside-tls',
    rule: 5,
    call: REQUIRED,
    does: { EHLO: [ehlo('STARTTLS')] },
    told: [200, 'accepted', 'end-of-data', null],
    never: [/STARTTLS[\s\S]*STARTTLS/],
    twin: { does: OFFERED },
  },
  {
    name: 'plain-greeting-where-tls-is-due',
    rule: 5,
    call: { scheme: 'smtps', ...LOGIN },
    does: { GREETING: [GREETING] },
    told: [502, 'failed', 'tls', 'tls-on-plain-port'],
    never: [/^EHLO/m, SECRET_SAID],
    twin: { does: { GREETING: [tls(), GREETING], EHLO: [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: 'certificate-of-another-name-where-tls-is-due',
    rule: 5,
    call: { scheme: 'smtps', ...LOGIN },
    does: { GREETING: [tls('other-name'), GREETING], EHLO: [ehlo('AUTH PLAIN')] },
    told: [502, 'failed', 'tls', 'certificate-name-mismatch'],
    never: [/^EHLO/m, SECRET_SAID],
    twin: { does: { GREETING: [tls(), GREETING], EHLO: [ehlo('AUTH PLAIN')] }, never: [] },
  },
  {
    name: 'alert-where-tls-is-due',
    rule: 5,
    call: { scheme: 'smtps' },
    does: { GREETING: [awaitOctets(), say('\x15\x03\x03\x00\x02\x02\x28'), close] },
    told: [502, 'failed', 'tls', 'tls-handshake-failed'],
    never: [/^EHLO/m],
    twin: { does: { GREETING: [tls(), GREETING] } },
  },
  {
    name: 'closes-inside-tls',
    rule: 5,
    call: REQUIRED,
    does: { ...OFFERED, MAIL: [close] },
    told: [502, 'failed', 'mail', 'connection-closed'],
    twin: { does: { ...OFFERED, MAIL: [OK] } },
  },
  {
    name: 'resets-inside-tls-after-the-dot',
    rule: 1,
    call: REQUIRED,
    does: { ...OFFERED, DATA: [line('354 Go'), { does: 'take-content' }, reset] },
    told: [502, 'unknown', 'end-of-data', 'outcome-unknown'],
    twin: { does: OFFERED },
  },
]
