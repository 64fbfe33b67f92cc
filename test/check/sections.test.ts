import { describe, expect, test } from 'vitest'
import { isPublic, literalOf } from '../../src/check/addresses.ts'
import { look } from '../../src/check/look.ts'
import { namesSection } from '../../src/check/names.ts'
import { greetingSection, offersSection } from '../../src/check/offers.ts'
import type { RelaySeen } from '../../src/check/relay.ts'
import { relayForms } from '../../src/check/relay-forms.ts'
import { relaySection } from '../../src/check/relay-section.ts'
import type { Section } from '../../src/check/section.ts'
import type { Seen } from '../../src/check/seen.ts'
import { tlsSection } from '../../src/check/tls.ts'
import type { ReverseFacts } from '../../src/session/lookups.ts'
import { mailbox } from '../../src/smtp/path.ts'
import { severityOf } from '../../src/smtp/reply.ts'
import type { TlsFacts } from '../../src/wire/wire.ts'
import { manualClock } from '../support/manual-clock.ts'
import { scriptedOptions } from '../support/scripted-session.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const codes = ({ findings }: Section, level?: string) =>
  findings.filter((each) => level === undefined || each.level === level).map(({ code }) => code)

const PLAIN = ['220 mx.example.test ESMTP', ['250 mx.example.test']] as const
const GOOD_CERTIFICATE = GOOD_TLS.certificate!

/** What a check has seen of a server that greets and offers so. */
async function seen(
  options: {
    readonly greeting?: string
    readonly pauseMs?: number
    readonly offers?: readonly string[]
    readonly inTls?: readonly string[]
    readonly tls?: TlsFacts
    readonly more?: Partial<Seen>
  } = {},
): Promise<Seen> {
  const { greeting = PLAIN[0], pauseMs = 0, offers = PLAIN[1], inTls = PLAIN[1], tls, more = {} } = options
  const first = tls === undefined ? offers : ['250-mx.example.test', '250 STARTTLS']
  const script = [
    ...(pauseMs === 0 ? [] : [`S: <PAUSE ${pauseMs}>`]),
    `S: ${greeting}`,
    'C: EHLO probe.example.test',
    ...first.map((line) => `S: ${line}`),
    ...(tls === undefined
      ? []
      : [
          'C: STARTTLS',
          'S: 220 Go',
          'C: <TLS>',
          'C: EHLO probe.example.test',
          ...inTls.map((line) => `S: ${line}`),
        ]),
    'C: QUIT',
    'S: 221 Bye',
  ]
  const clock = manualClock()
  const target = { security: 'opportunistic' } as const
  const { options: session } = scriptedOptions('smtp', script.join('\n'), {
    clock,
    target,
    ...(tls === undefined ? {} : { tls }),
  })
  const hello = { name: 'probe.example.test', verb: 'auto' } as const
  const terms = { ...session, signal: new AbortController().signal }
  const recipients = { sender: null, recipients: [], madeUp: [] }
  const looked = await look(terms, session.target, { hello, auth: undefined, recipients, questions: [] })
  return {
    target: session.target,
    wishes: {
      hello,
      auth: undefined,
      sender: null,
      recipients: [],
      questions: [],
      tlsVersions: 'try',
      relayTest: undefined,
      mtaSts: undefined,
      tlsa: 'leave',
      probes: undefined,
    },
    looked,
    reverse: undefined,
    tlsVersions: undefined,
    relay: undefined,
    domain: undefined,
    mtaSts: undefined,
    tlsa: undefined,
    probes: undefined,
    ...more,
  }
}

describe('the greeting', () => {
  test('that is slow is told with its time, and no fault', async () => {
    const section = greetingSection(await seen({ pauseMs: 16_000 }))
    expect(section.part).toMatchObject({ greeting: { ms: 16_000 } })
    expect(codes(section)).toEqual(['greeting-slow'])
    expect(section.findings[0]).toMatchObject({ level: 'info', text: 'The greeting took 16.0 s.' })
    expect(codes(greetingSection(await seen({ pauseMs: 1000 })))).toEqual([])
  })
})

describe('what is offered', () => {
  test('again inside TLS though it must not be, or missing', async () => {
    const inTls = ['250-mx.example.test', '250-STARTTLS', '250 SIZE 1000']
    const section = offersSection(await seen({ tls: GOOD_TLS, inTls }))
    expect(codes(section, 'warning')).toEqual(['starttls-inside-tls'])
    expect(section.findings.find(({ code }) => code === 'extensions-missing')?.text).toBe(
      'Not offered: PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES, SMTPUTF8.',
    )
  })

  test('for a login in the clear, by mechanisms that show the password only', async () => {
    const open = offersSection(await seen({ offers: ['250-mx.example.test', '250 AUTH CRAM-MD5 PLAIN'] }))
    expect(open.findings.find(({ code }) => code === 'auth-in-the-clear')?.text).toMatch(/^PLAIN may/)
    const shielded = offersSection(await seen({ offers: ['250-mx.example.test', '250 AUTH SCRAM-SHA-256'] }))
    expect(codes(shielded)).not.toContain('auth-in-the-clear')
  })
})

describe('a certificate', () => {
  const on = async (tls: Partial<TlsFacts>) => tlsSection(await seen({ tls: { ...GOOD_TLS, ...tls } }))

  test('that is as it should be is no finding', async () => {
    expect(codes(await on({}))).toEqual([])
  })

  test.each([
    ['CERT_HAS_EXPIRED', 'certificate-expired', /^Renew it/],
    ['CERT_NOT_YET_VALID', 'certificate-not-yet-valid', /clock/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted', /authority that clients trust/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-untrusted', /intermediate/],
  ])('with %s is %s, and what helps is said', async (verifyError, code, instruction) => {
    const section = await on({ trusted: false, verifyError })
    expect(codes(section, 'error')).toEqual([code])
    expect(section.findings[0]?.instructions[0]).toMatch(instruction)
    expect(section.findings[0]?.evidence).not.toEqual([])
  })

  test('has two verdicts, each with a finding of its own', async () => {
    const section = await on({ trusted: false, nameMatches: false, verifyError: 'SELF_SIGNED_CERT_IN_CHAIN' })
    expect(codes(section, 'error')).toEqual(['certificate-untrusted', 'certificate-name-mismatch'])
  })

  test('that soon expires is a warning, and one that is missing an error', async () => {
    expect(codes(await on({ certificate: { ...GOOD_CERTIFICATE, daysLeft: 14 } }))).toEqual([
      'certificate-expires-soon',
    ])
    expect(codes(await on({ certificate: { ...GOOD_CERTIFICATE, daysLeft: 15 } }))).toEqual([])
    expect(codes(await on({ certificate: null, trusted: false }), 'error')).toEqual(['certificate-untrusted'])
  })
})

describe('versions of TLS', () => {
  const [yes, no, unknown] = ['yes', 'no', 'unknown'] as const
  test.each([
    [[no, no, yes, yes], []],
    [[no, no, yes, no], ['tls13-not-taken']],
    [[yes, no, yes, yes], ['tls-old-versions']],
    [
      [yes, yes, no, no],
      ['tls-version-too-old', 'tls13-not-taken'],
    ],
    [[unknown, unknown, yes, yes], ['tls-versions-unknown']],
    [[no, no, no, no], []],
  ] as const)('%j is told as %j', async (accepted, told) => {
    const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
    const tlsVersions = versions.map((version, at) => ({
      version,
      accepted: accepted[at]!,
      session: undefined,
    }))
    expect(codes(tlsSection(await seen({ tls: GOOD_TLS, more: { tlsVersions } })))).toEqual(told)
  })
})

describe('names', () => {
  const facts = (address: string, names: ReverseFacts['names'], fault: ReverseFacts['fault'] = null) =>
    ({ address, names, fault }) satisfies ReverseFacts
  const on = async (reverse: ReverseFacts | undefined) => namesSection(await seen({ more: { reverse } }))
  const own = (confirmed: boolean) => [{ name: 'MX.example.test.', confirmed }]

  test.each([
    ['that agree', facts('198.51.1.1', own(true)), []],
    ['that do not lead back', facts('198.51.1.1', own(false)), ['warning reverse-dns-unconfirmed']],
    ['that are missing', facts('198.51.1.1', []), ['warning reverse-dns-missing']],
    [
      'that are others',
      facts('198.51.1.1', [{ name: 'pool-7.isp.test', confirmed: true }]),
      ['warning reverse-dns-other-name'],
    ],
    ['that are missing inside a network', facts('10.0.0.1', []), ['info reverse-dns-missing']],
    [
      'that nobody can say',
      facts('198.51.1.1', [], { code: 'dns-failure', message: 'the resolver answered SERVFAIL' }),
      ['info reverse-dns-unknown'],
    ],
    ['that nobody said in time', undefined, ['info reverse-dns-unknown']],
  ] as const)('%s', async (_, reverse, told) => {
    const { findings } = await on(reverse)
    expect(findings.map(({ level, code }) => `${level} ${code}`)).toEqual(told)
  })
})

describe('the verdict of a relay test', () => {
  const forms = relayForms({
    from: mailbox('a@example.org'),
    to: mailbox('b@example.com'),
    name: 'mx.example.test',
    literal: '[198.51.100.25]',
  })
  const at = async (client: string, server: string, codeOf: (form: string) => number): Promise<Section> => {
    const { looked } = await seen()
    const { transcript } = looked
    const end = {
      ...looked,
      transcript: {
        ...transcript,
        client: { ...transcript.client, address: client },
        server: { ...transcript.server, address: server },
      },
    }
    const tries = forms.map((form) => {
      const code = codeOf(form.form)
      return { form, at: 'rcpt', reply: { code, severity: severityOf(code), lines: ['words'] } } as const
    })
    const relay: RelaySeen = {
      tries,
      left: [],
      session: { purpose: 'relay test', target: looked.target, end },
    }
    return relaySection(relay)
  }
  const outside = async (codeOf: (form: string) => number) => await at('9.9.9.9', '8.8.8.8', codeOf)
  const verdict = (section: Section) => (section.part['relay'] as { verdict: string }).verdict

  test('is a suspicion and no proof where RCPT is accepted for another domain', async () => {
    const section = await outside((form) => (form === 'source-route@name' ? 250 : 554))
    expect(verdict(section)).toBe('suspected')
    expect(section.findings[0]).toMatchObject({ level: 'warning', code: 'relay-suspected' })
    expect(section.findings[0]?.text).toContain('a suspicion and no proof')
    expect(section.findings[0]?.instructions[0]).toContain('Only its arrival proves a relay')
  })

  test('is none where only forms are accepted that the server may take for its own names', async () => {
    const section = await outside((form) => (/^(?:percent|quoted|bang)/.test(form) ? 250 : 554))
    expect(verdict(section)).toBe('inconclusive')
    expect(section.lines.join('\n')).toContain('local names')
  })

  test('is none from inside, and none where everything is put off', async () => {
    expect(verdict(await at('10.0.0.2', '10.0.0.1', () => 250))).toBe('inconclusive')
    expect(verdict(await at('9.9.9.9', '127.0.0.1', () => 250))).toBe('inconclusive')
    expect(verdict(await outside(() => 450))).toBe('inconclusive')
  })

  test('is good where every form is refused', async () => {
    expect(verdict(await outside(() => 554))).toBe('refused')
  })
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['::1', false],
  ['fd00::1', false],
  ['::ffff:10.0.0.1', false],
  ['mx.example.test', false],
])('whether %s is public: %s', (address, is) => {
  expect(isPublic(address)).toBe(is)
})

test('an address as a literal', () => {
  expect([literalOf('192.0.2.1'), literalOf('2001:db8::1')]).toEqual(['[192.0.2.1]', '[IPv6:2001:db8::1]'])
})
