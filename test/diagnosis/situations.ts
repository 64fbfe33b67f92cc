import type { Situation } from '../../src/diagnosis/situation.ts'
import type { Reply } from '../../src/session/answer.ts'
import { Fault, type FaultKind, type Stage, Unmet } from '../../src/session/outcome.ts'
import type { TlsFacts } from '../../src/wire/wire.ts'

const NOTHING: Situation = {
  protocol: 'smtp',
  stage: 'rcpt',
  outcome: 'ok',
  server: { scheme: 'smtp', host: 'mx.lab.test', port: 25 },
  tls: 'off',
  login: { state: 'not-asked', offered: [] },
  evidence: [],
}

type With = Partial<Situation>

/** `smtp(550, '5.1.1', 'User unknown', 'rcpt')` */
export function smtp(code: number, enhanced: string, text: string, stage: Stage, more: With = {}): Situation {
  const transient = code < 500
  const severity = code < 400 ? 'completion' : transient ? 'transient' : 'permanent'
  const reply: Reply = { severity, code, lines: text.split(' | '), ...(enhanced === '' ? {} : { enhanced }) }
  const outcome = code < 400 ? 'ok' : transient ? 'deferred' : 'rejected'
  return { ...NOTHING, stage, outcome, reply, sender: 'alice@lab.test', recipient: 'bob@other.test', ...more }
}

/** `pop3('IN-USE', 'Mailbox is locked', 'auth', 'PASS')` */
export function pop3(
  responseCode: string,
  text: string,
  stage: Stage,
  verb: string,
  more: With = {},
): Situation {
  const transient = responseCode === 'SYS/TEMP' || responseCode === 'LOGIN-DELAY'
  const reply: Reply = {
    severity: transient ? 'transient' : 'permanent',
    status: '-ERR',
    lines: [text],
    ...(responseCode === '' ? {} : { responseCode }),
  }
  return {
    ...NOTHING,
    protocol: 'pop3',
    server: { scheme: 'pop3', host: 'mail.lab.test', port: 110 },
    stage,
    outcome: transient ? 'deferred' : 'rejected',
    reply,
    verb,
    ...more,
  }
}

export function fault(kind: FaultKind, code: string | undefined, stage: Stage, more: With = {}): Situation {
  const options = code === undefined ? {} : { code }
  return {
    ...NOTHING,
    stage,
    outcome: 'failed',
    fault: new Fault(kind, 'no reply to RCPT within 30 s', options),
    ...more,
  }
}

export function unmet(code: string, stage: Stage, more: With = {}): Situation {
  const reason = new Unmet(code, 'the server does not offer it', { offered: ['PIPELINING', 'SIZE 1000'] })
  return { ...NOTHING, stage, outcome: 'failed', unmet: reason, ...more }
}

/** Another server, port and way to begin. */
export function at(scheme: Situation['server']['scheme'], port: number, host = 'mx.lab.test'): With {
  const protocol = scheme === 'lmtp' ? 'lmtp' : scheme.startsWith('pop3') ? 'pop3' : 'smtp'
  return { protocol, server: { scheme, host, port } }
}

export function seen(octets: string): With {
  return { octetsSeen: Buffer.from(octets, 'latin1') }
}

export function tlsFacts(verifyError: string | null, names: readonly string[] = ['mail.lab.test']): TlsFacts {
  return {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    resumed: false,
    handshakeMs: 1,
    trusted: verifyError === null,
    nameMatches: false,
    verifyError,
    certificate: {
      subject: 'CN=mail.lab.test',
      issuer: 'CN=Lab',
      names,
      validFrom: '2026-01-01T00:00:00.000Z',
      validTo: '2026-03-01T00:00:00.000Z',
      daysLeft: -10,
      fingerprint256: '00',
      chain: [],
    },
    presented: [],
  }
}
