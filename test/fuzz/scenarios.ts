import type { Test } from 'supertest'
import { LOGGED_IN, lines, POP3, type Pop3Call } from '../hostile/pop3-area.ts'
import { ehlo, SMTP, type SmtpCall } from '../hostile/smtp-area.ts'
import { line, type Script, tls } from '../hostile/steps.ts'
import type { TestService } from '../support/service.ts'
import type { Random } from './random.ts'

/** An honest dialogue, and the call that leads to it. */
export interface Scenario {
  readonly name: string
  readonly script: Script
  /** Whether the call holds the secret; a server that knows it from elsewhere may say it to whoever does not. */
  readonly login: 'with-secret' | 'none'
  readonly call: (service: TestService, port: number, ca: string) => Test
}

/** A call is over after this long. */
export const TOTAL_MS = 1200

const LIMITS = { connect: 400, greeting: 400, command: 400, data: 400, final: 400, total: TOTAL_MS }
const TLS = { STARTTLS: [line('220 2.0.0 Ready to start TLS'), tls()] }

/** A dialogue of either protocol, by chance. */
export function scenario(random: Random, secret: string): Scenario {
  return random.below(2) === 0 ? smtp(random, secret) : pop3(random)
}

function smtp(random: Random, secret: string): Scenario {
  const offers = [
    'PIPELINING',
    'CHUNKING',
    '8BITMIME',
    'SIZE 1000000',
    'SMTPUTF8',
    'DSN',
    'AUTH PLAIN LOGIN',
  ].filter(() => random.below(2) === 0)
  const secured = random.below(3) === 0
  const login = random.below(2) === 0 ? 'with-secret' : 'none'
  const body: SmtpCall = {
    ...(login === 'with-secret' ? { auth: { user: 'alice', password: secret, allowInsecure: true } } : {}),
    ...(secured ? { tls: 'required' } : { tls: 'off' }),
    envelope: {
      from: 'alice@example.test',
      to: ['bob@example.test', 'carol@example.test'].slice(0, 1 + random.below(2)),
    },
    scheme: random.below(5) === 0 ? 'lmtp' : 'smtp',
  }
  const script: Script = secured
    ? {
        ...SMTP.honest,
        ...TLS,
        'EHLO 1': [ehlo('STARTTLS')],
        'LHLO 1': [ehlo('STARTTLS')],
        EHLO: [ehlo(...offers)],
        LHLO: [ehlo(...offers)],
      }
    : { ...SMTP.honest, EHLO: [ehlo(...offers)], LHLO: [ehlo(...offers)] }
  return {
    name: `${body.scheme}${secured ? ' with TLS' : ''}`,
    script,
    login,
    call: (service, port, ca) => SMTP.call(service, port, ca, body, LIMITS),
  }
}

const CALLS: readonly Pop3Call[] = [
  { path: '/pop3/stat' },
  { path: '/pop3/messages' },
  { path: '/pop3/messages', query: { headers: 'subject' } },
  { path: '/pop3/messages/1' },
  { path: '/pop3/messages/uid:uid-1' },
  { path: '/pop3/messages/latest', query: { lines: '1' } },
  { path: '/pop3/capabilities' },
  { path: '/pop3/messages/wait', query: { timeout: '300', interval: '100', subject: 'x' } },
  { method: 'delete', path: '/pop3/messages/1' },
  { method: 'delete', path: '/pop3/messages/uid:uid-1' },
  { method: 'delete', path: '/pop3/messages', query: { numbers: '1' } },
]

function pop3(random: Random): Scenario {
  const capabilities = ['USER', 'UIDL', 'TOP', 'PIPELINING', 'RESP-CODES', 'SASL PLAIN'].filter(
    () => random.below(2) === 0,
  )
  const secured = random.below(3) === 0
  const call = random.of(CALLS)
  const query = { ...call.query, auth: 'auto', tls: secured ? 'required' : 'off' }
  const offered = lines('+OK', 'USER', ...capabilities)
  return {
    name: `pop3${secured ? ' with TLS' : ''}`,
    login: 'with-secret',
    script: {
      ...POP3.honest,
      AUTH: [LOGGED_IN],
      CAPA: [offered],
      ...(secured ? { 'CAPA 1': [lines('+OK', 'USER', 'STLS')] } : {}),
    },
    call: (service, port, ca) => POP3.call(service, port, ca, { ...call, query }, LIMITS),
  }
}
