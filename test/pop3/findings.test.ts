import { describe, expect, test } from 'vitest'
import { capabilityOf } from '../../src/pop3/capa.ts'
import { findingsOn, type ServerSeen } from '../../src/pop3/findings.ts'
import type { TlsReport, Transcript } from '../../src/transcript/entry.ts'

const list = (...lines: readonly string[]) => lines.map((line) => capabilityOf(Buffer.from(line)))

/** What a server offers of which there is nothing to say. */
const GOOD = [
  'SASL PLAIN SCRAM-SHA-256',
  'UIDL',
  'TOP',
  'PIPELINING',
  'RESP-CODES',
  'AUTH-RESP-CODE',
] as const
const without = (keyword: string) => GOOD.filter((line) => line.split(' ')[0] !== keyword)

const TLS: TlsReport = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  resumed: false,
  handshakeMs: 5,
  trusted: true,
  nameMatches: true,
  verifyError: null,
  certificate: {
    subject: 'CN=mail.lab.test',
    issuer: 'CN=Lab',
    names: ['mail.lab.test'],
    validFrom: '2026-01-01T00:00:00.000Z',
    validTo: '2026-04-01T00:00:00.000Z',
    daysLeft: 60,
    fingerprint256: 'AA',
    chain: [],
  },
}

/** As a session with STLS leaves it: CAPA at 3 and 4, TLS at 7, CAPA at 8 and 9. */
const transcript = (more: Partial<Transcript> = {}): Transcript => ({
  id: 'ID',
  protocol: 'pop3',
  server: { url: 'pop3://mail.lab.test', host: 'mail.lab.test', port: 110, address: null, greeting: null },
  client: { address: null, port: null, hello: null },
  startedAt: '',
  durationMs: 0,
  roundTrips: 0,
  bytes: { sent: 0, received: 0 },
  tls: TLS,
  phases: [],
  findings: [],
  entries: [
    { seq: 3, atMs: 0, kind: 'command', line: 'CAPA' },
    { seq: 4, atMs: 0, kind: 'reply', status: '+OK', lines: [''], waitedMs: 0, answers: 3 },
    { seq: 7, atMs: 0, kind: 'event', event: 'tls', text: '' },
    { seq: 8, atMs: 0, kind: 'command', line: 'CAPA' },
    { seq: 9, atMs: 0, kind: 'reply', status: '+OK', lines: [''], waitedMs: 0, answers: 8 },
  ],
  ...more,
})

const BEST: ServerSeen = {
  security: 'required',
  transcript: transcript(),
  before: list('STLS', ...without('SASL')),
  beforeLogin: list(...GOOD),
  afterLogin: undefined,
  apop: undefined,
}

const told = (more: Partial<ServerSeen>): string[] =>
  findingsOn({ ...BEST, ...more }).map(({ level, code }) => `${level} ${code}`)

test('of a server as it should be there is nothing to say', () => {
  expect(told({})).toEqual([])
  expect(told({ security: 'implicit', before: undefined })).toEqual([])
})

describe('encryption', () => {
  const clear = transcript({ tls: null })

  test.each<[string, Partial<ServerSeen>, string[]]>([
    [
      'no STLS',
      { security: 'opportunistic', transcript: clear, before: list(...GOOD), beforeLogin: list(...GOOD) },
      ['error starttls-not-offered', 'warning auth-in-the-clear'],
    ],
    [
      'STLS that was refused',
      { security: 'opportunistic', transcript: clear, beforeLogin: list('STLS', ...without('SASL')) },
      ['error starttls-refused', 'info auth-needs-tls'],
    ],
    [
      'STLS that nobody wanted to use',
      { security: 'off', transcript: clear, beforeLogin: list('STLS', ...without('SASL')) },
      ['info auth-needs-tls'],
    ],
    [
      'passwords that are taken in the clear',
      { before: list('STLS', 'USER', ...GOOD) },
      ['warning auth-in-the-clear'],
    ],
    ['digests in the clear show nothing', { before: list('STLS', 'SASL CRAM-MD5 SCRAM-SHA-1') }, []],
    ['STLS once more inside TLS', { beforeLogin: list('STLS', ...GOOD) }, ['warning starttls-inside-tls']],
    [
      'on a port with TLS from the first octet there is no STLS to miss',
      { security: 'implicit', before: undefined },
      [],
    ],
  ])('%s', (_what, seen, findings) => {
    expect(told(seen)).toEqual(findings)
  })

  test('names what is taken in the clear', () => {
    const [finding] = findingsOn({ ...BEST, before: list('STLS', 'USER', 'SASL PLAIN CRAM-MD5') })
    expect(finding?.text).toMatch(/^PLAIN, USER may be used without TLS/)
    expect(finding?.evidence).toEqual([4])
  })
})

describe('the certificate', () => {
  const days = (daysLeft: number) =>
    transcript({ tls: { ...TLS, certificate: { ...TLS.certificate!, daysLeft } } })

  test.each([
    [15, []],
    [14, ['warning certificate-expires-soon']],
    [0, ['warning certificate-expires-soon']],
  ])('%d days before its end', (daysLeft, findings) => {
    expect(told({ transcript: days(daysLeft) })).toEqual(findings)
  })

  test('that nobody trusts: how long it is valid does not matter', () => {
    const tls = { ...TLS, trusted: false, certificate: { ...TLS.certificate!, daysLeft: 1 } }
    expect(told({ transcript: transcript({ tls }) })).toEqual([])
  })

  test('that does not verify is told as the session told it', () => {
    const text = 'The certificate expired on 2026-01-01T00:00:00.000Z.'
    const seen = transcript({ findings: [{ code: 'certificate-expired', text, evidence: [] }] })
    expect(findingsOn({ ...BEST, transcript: seen })).toMatchObject([
      { level: 'error', code: 'certificate-expired', text, evidence: [7] },
    ])
  })

  test('what else the session found is none of it', () => {
    const bare = { code: 'bare-lf', text: 'x', evidence: [] }
    expect(told({ transcript: transcript({ findings: [bare] }) })).toEqual([])
  })

  test.each([
    ['TLSv1', ['error tls-version-too-old']],
    ['TLSv1.1', ['error tls-version-too-old']],
    ['TLSv1.2', []],
  ])('%s', (version, findings) => {
    expect(told({ transcript: transcript({ tls: { ...TLS, version } }) })).toEqual(findings)
  })
})

describe('logging in', () => {
  test.each<[string, Partial<ServerSeen>, string[]]>([
    ['no way at all', { beforeLogin: list(...without('SASL')) }, ['error auth-not-offered']],
    [
      'nor with TLS, which there is not',
      {
        security: 'opportunistic',
        transcript: transcript({ tls: null }),
        before: list(...without('SASL')),
        beforeLogin: list(...without('SASL')),
      },
      ['error starttls-not-offered', 'error auth-not-offered'],
    ],
    ['APOP alone', { beforeLogin: list(...without('SASL')), apop: '<1@x>' }, ['warning apop-alone']],
    [
      'APOP, and what TLS would bring nobody has seen',
      {
        security: 'off',
        transcript: transcript({ tls: null }),
        beforeLogin: list('STLS', ...without('SASL')),
        apop: '<1@x>',
      },
      ['info auth-needs-tls'],
    ],
    ['APOP beside others', { apop: '<1@x>' }, []],
    ['USER alone', { beforeLogin: list('USER', ...without('SASL')) }, []],
    [
      'SASL without mechanisms',
      { beforeLogin: list('SASL', ...without('SASL')) },
      ['error auth-not-offered'],
    ],
    [
      'no response codes',
      { beforeLogin: list('SASL PLAIN', 'UIDL', 'TOP', 'PIPELINING') },
      ['info response-codes-missing'],
    ],
    ['only those for a login', { beforeLogin: list(...without('RESP-CODES')) }, []],
  ])('%s', (_what, seen, findings) => {
    expect(told(seen)).toEqual(findings)
  })

  test('what is not offered any more after the login is not missed', () => {
    expect(told({ afterLogin: list(...without('SASL')) })).toEqual([])
  })
})

describe('what else it offers', () => {
  test.each<[string, readonly string[], string[]]>([
    ['no UIDL', without('UIDL'), ['warning uidl-not-offered']],
    ['no TOP', without('TOP'), ['info top-not-offered']],
    ['no PIPELINING', without('PIPELINING'), ['info pipelining-not-offered']],
    ['a long LOGIN-DELAY', [...GOOD, 'LOGIN-DELAY 300'], ['warning login-delay-long']],
    ['a short one', [...GOOD, 'LOGIN-DELAY 299'], []],
    ['one that is no number', [...GOOD, 'LOGIN-DELAY never'], []],
    ['EXPIRE 0', [...GOOD, 'EXPIRE 0 USER'], ['warning expire-at-once']],
    ['EXPIRE NEVER', [...GOOD, 'EXPIRE NEVER'], []],
  ])('%s', (_what, lines, findings) => {
    expect(told({ beforeLogin: list(...lines) })).toEqual(findings)
    // what is said after the login counts more
    expect(told({ afterLogin: list(...lines) })).toEqual(findings)
    expect(told({ beforeLogin: list(...lines), afterLogin: list(...GOOD) })).toEqual([])
  })

  test('no CAPA: told as such, and nothing else is guessed', () => {
    const unknown = { before: undefined, beforeLogin: undefined, afterLogin: undefined }
    expect(told(unknown)).toEqual(['info capa-not-known'])
  })
})

test('the gravest comes first, each with something to do and the reply that shows it', () => {
  const findings = findingsOn({ ...BEST, before: list('USER'), beforeLogin: list('LOGIN-DELAY 900') })
  const levels = findings.map(({ level }) => level)
  expect(levels).toEqual(['error', 'error', 'warning', 'warning', 'warning', 'info', 'info', 'info'])
  for (const { instructions, text, evidence } of findings) {
    expect(instructions.length).toBeGreaterThan(0)
    expect(text).toMatch(/\.$/)
    expect(evidence).toHaveLength(1)
  }
  expect(findings.find(({ code }) => code === 'uidl-not-offered')?.evidence).toEqual([9])
})
