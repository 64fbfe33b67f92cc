import { createHash, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TlsaSeen } from '../../src/check/hosts.ts'
import { probesSection } from '../../src/check/probes-section.ts'
import type { Section } from '../../src/check/section.ts'
import { tlsaSection } from '../../src/check/tlsa-section.ts'
import type { TlsaRecord } from '../../src/session/lookups.ts'
import type { Target } from '../../src/session/target.ts'
import type { TlsFacts } from '../../src/wire/wire.ts'
import { createAuthority } from '../support/certificates.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const told = ({ findings }: Section) => findings.map(({ level, code }) => `${level} ${code}`)

const TARGET: Target = {
  url: 'smtp://mx.example.test:25',
  protocol: 'smtp',
  host: 'mx.example.test',
  port: 25,
  security: 'opportunistic',
  verify: 'look',
  servername: 'mx.example.test',
  minVersion: 'TLSv1.2',
  chosenBy: 'requested',
}

let presented: readonly Buffer[]
let other: readonly Buffer[]
let byAuthority: TlsaRecord
let byKey: TlsaRecord

beforeAll(async () => {
  const authority = await createAuthority()
  const leaf = await authority.issue({ names: ['mx.example.test'] })
  const stranger = await createAuthority()
  const der = (pem: string) => new X509Certificate(pem).raw
  presented = [der(leaf.cert), der(authority.cert)]
  other = [der(stranger.cert)]
  const digest = (octets: Buffer) => createHash('sha256').update(octets).digest('hex')
  byAuthority = { usage: 2, selector: 0, matchingType: 1, data: digest(der(authority.cert)) }
  byKey = { usage: 3, selector: 0, matchingType: 1, data: digest(der(leaf.cert)) }
})

const seen = (
  records: readonly TlsaRecord[],
  tls: readonly (TlsFacts | undefined)[],
  authenticated = true,
): TlsaSeen => ({
  host: 'mx.example.test',
  target: TARGET,
  tls,
  facts: { name: '_25._tcp.mx.example.test', records, authenticated, fault: null },
})
const good = (change: Partial<TlsFacts> = {}): TlsFacts => ({ ...GOOD_TLS, presented, ...change })

describe('TLSA records', () => {
  test('that match leave nothing to say', () => {
    expect(told(tlsaSection([seen([byKey], [good()])]))).toEqual([])
    expect(told(tlsaSection([seen([byAuthority], [good(), good()])]))).toEqual([])
  })

  test('have to match at every address', () => {
    const section = tlsaSection([seen([byKey], [good(), good({ presented: other }), undefined])])
    expect(told(section)).toEqual(['error tlsa-mismatch'])
    expect(section.findings[0]?.text).toContain('at 1 of 3 addresses')
    expect(section.part).toMatchObject({ tlsa: [{ verdict: 'mismatched', records: [{ depth: 0 }] }] })
  })

  test('of an authority want the name in the certificate, those of the server’s own do not', () => {
    const misnamed = good({ nameMatches: false })
    expect(told(tlsaSection([seen([byAuthority], [misnamed])]))).toEqual(['error tlsa-name-mismatch'])
    expect(told(tlsaSection([seen([byAuthority, byKey], [misnamed])]))).toEqual([])
  })

  test('that nobody vouches for do no harm, and no good', () => {
    expect(told(tlsaSection([seen([byKey], [good({ presented: other })], false)]))).toEqual([
      'warning tlsa-not-authenticated',
      'warning tlsa-mismatch',
    ])
  })

  test('nobody may have answered in time', () => {
    const section = tlsaSection([{ ...seen([], [good()]), facts: undefined }])
    expect(told(section)).toEqual(['info tlsa-unknown'])
    expect(section.part).toMatchObject({ tlsa: [{ name: null, verdict: 'unknown', authenticated: null }] })
  })

  test('a whole certificate is not told twice over', () => {
    const whole = {
      usage: 3,
      selector: 0,
      matchingType: 0,
      data: (presented[0] ?? Buffer.alloc(0)).toString('hex'),
    }
    const section = tlsaSection([seen([whole], [good()])])
    expect(section.lines[1]).toMatch(/^ {2}3 0 0 [0-9a-f]{32}…: matches, depth 0$/)
  })
})

test('probes for which there was no room are named', () => {
  const section = probesSection({
    injection: undefined,
    ends: [],
    token: undefined,
    left: ['starttlsInjection', 'LF.LF'],
    sessions: [],
  })
  expect(told(section)).toEqual(['info probes-left'])
  expect(section.part).toEqual({
    probes: { starttlsInjection: null, bareNewline: null, notTried: ['starttlsInjection', 'LF.LF'] },
  })
})
