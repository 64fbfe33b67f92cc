import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { codesIn, findingIn } from '../support/checks.ts'
import { type DnsServer, startDnsServer, type Zone } from '../support/dns-server.ts'
import { mailServer } from '../support/mail-server.ts'
import { type PolicyHost, policy, startPolicyHost } from '../support/policy-host.ts'
import { startTestService, type TestService } from '../support/service.ts'

const RECORD = { TXT: ['v=STSv1; id=7'] }
const HERE = { A: ['127.0.0.1'] }
const MX = { MX: [{ preference: 10, exchange: 'sandbox.test' }] }

const policies: Readonly<Record<string, string>> = {
  'good.test': 'version: STSv1\nmode: enforce\nmx: sandbox.test\nmax_age: 1209600\n',
  'other.test': 'version: STSv1\nmode: enforce\nmx: *.sandbox.test\nmax_age: 1209600\n',
  'tried.test': 'version: STSv1\nmode: testing\nmx: mx.test\nmax_age: 60\n',
  'none.test': 'version: STSv1\nmode: none\nmax_age: 60\n',
  'broken.test': 'no policy',
}

const zone: Record<string, Zone[string]> = {}

let dns: DnsServer
let host: PolicyHost
let mailwire: TestService

/** As a zone file has it, for the certificate that the sandbox presents. */
async function publicKeyDigest(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  socket.destroy()
  return createHash('sha256').update(key!).digest('hex')
}

beforeAll(async () => {
  const authority = await createAuthority()
  const domains = Object.keys(policies)
  const certificate = await authority.issue({ names: domains.map((domain) => `mta-sts.${domain}`) })
  host = await startPolicyHost(
    certificate,
    Object.fromEntries(domains.map((domain) => [`mta-sts.${domain}`, policy(policies[domain] ?? '')])),
  )
  Object.assign(zone, {
    'sandbox.test': HERE,
    'plain.test': MX,
    '_mta-sts.fails.test': 'servfail',
    'fails.test': MX,
    ...Object.fromEntries(
      domains.flatMap((domain) => [
        [domain, MX],
        [`_mta-sts.${domain}`, RECORD],
        [`mta-sts.${domain}`, HERE],
      ]),
    ),
  })
  dns = await startDnsServer(zone)
  mailwire = await startTestService({
    env: { MAILWIRE_DNS_SERVERS: dns.address },
    policyHost: { port: host.port, ca: authority.cert },
  })
  const digest = await publicKeyDigest(mailwire.sandbox.smtpsPort)
  const { smtpPort } = mailwire.sandbox
  Object.assign(zone, {
    [`_${smtpPort}._tcp.sandbox.test`]: { TLSA: [`3 1 1 ${digest}`, `1 1 1 ${digest}`], AD: true },
    [`_${smtpPort}._tcp.unsigned.test`]: { TLSA: [`3 1 1 ${digest}`] },
    [`_${smtpPort}._tcp.stale.test`]: { TLSA: [`3 1 1 ${'ab'.repeat(32)}`], AD: true },
    [`_${smtpPort}._tcp.useless.test`]: { TLSA: [`0 1 1 ${digest}`], AD: true },
    [`_${smtpPort}._tcp.fails.test`]: 'servfail',
  })
})
afterAll(async () => {
  await mailwire.close()
  await host.close()
  await dns.close()
})

const check = (body: object) =>
  mailwire.agent.post('/smtp/check').send({ tlsVersions: false, tlsCa: mailwire.sandbox.ca, ...body })
const ofDomain = (domain: string, more: object) => check({ domain, port: mailwire.sandbox.smtpPort, ...more })
const ofHost = (tlsServername: string, more: object) =>
  check({ server: `smtp://127.0.0.1:${mailwire.sandbox.smtpPort}`, tlsServername, ...more })

describe('MTA-STS', () => {
  const told = (body: Parameters<typeof codesIn>[0]) =>
    codesIn(body).filter((code) => code.startsWith('mta-sts'))

  test('a domain whose mail hosts are as its policy wants them', async () => {
    const { body } = await ofDomain('good.test', { mtaSts: true }).expect(200)
    expect(body.mtaSts).toEqual({
      domain: 'good.test',
      id: '7',
      policy: { mode: 'enforce', mx: ['sandbox.test'], maxAgeSeconds: 1_209_600 },
      hosts: [{ host: 'sandbox.test', listed: true, verified: true }],
      fault: null,
    })
    expect(told(body)).toEqual([])
    expect(host.asked).toContain('GET /.well-known/mta-sts.txt mta-sts.good.test')
  })

  test('a mail host that the policy has no room for, or that does not verify', async () => {
    const { body } = await ofDomain('other.test', { mtaSts: true }).expect(200)
    expect(body.mtaSts.hosts).toEqual([{ host: 'sandbox.test', listed: false, verified: true }])
    expect(findingIn(body, 'mta-sts-host-not-listed')).toMatchObject({ level: 'error' })
    const unknown = await ofDomain('good.test', { mtaSts: true, tlsCa: undefined }).expect(200)
    expect(findingIn(unknown.body, 'mta-sts-host-not-verified')).toMatchObject({ level: 'error' })
  })

  test('in testing the same is a warning', async () => {
    const { body } = await ofDomain('tried.test', { mtaSts: true, tlsCa: undefined }).expect(200)
    expect(told(body)).toEqual([
      'mta-sts-short-lived',
      'mta-sts-host-not-listed',
      'mta-sts-host-not-verified',
      'mta-sts-testing',
    ])
    expect(codesIn(body, 'error').filter((code) => code.startsWith('mta-sts'))).toEqual([])
  })

  test('a mode of none asks nothing of the mail hosts', async () => {
    const { body } = await ofDomain('none.test', { mtaSts: true }).expect(200)
    expect(told(body)).toEqual(['mta-sts-none'])
    expect(body.mtaSts.hosts).toEqual([])
  })

  test('a policy that is broken, is not there, or that nobody could ask for', async () => {
    const broken = await ofDomain('broken.test', { mtaSts: true }).expect(200)
    expect(findingIn(broken.body, 'mta-sts-broken')).toMatchObject({ level: 'error' })
    expect(broken.body.mtaSts).toMatchObject({ id: '7', policy: null, fault: { code: 'mta-sts-policy' } })
    const missing = await ofDomain('plain.test', { mtaSts: true }).expect(200)
    expect(told(missing.body)).toEqual(['mta-sts-missing'])
    const unknown = await ofDomain('fails.test', { mtaSts: true }).expect(200)
    expect(told(unknown.body)).toEqual(['mta-sts-unknown'])
  })

  test('of another domain than the server’s name, for a server alone', async () => {
    const { body } = await ofHost('sandbox.test', { mtaSts: 'Good.test' }).expect(200)
    expect(body.mtaSts).toMatchObject({
      domain: 'good.test',
      hosts: [{ host: 'sandbox.test', listed: true, verified: true }],
    })
    expect(body.domain).toBeUndefined()
  })

  test.each([true, '127.0.0.1', 'a b'])('%j is no domain, and nobody is asked', async (mtaSts) => {
    const before = dns.asked.length
    const { body } = await ofHost('sandbox.test', { mtaSts }).expect(400)
    expect(body.errors).toMatchObject([{ pointer: '/mtaSts' }])
    expect(dns.asked).toHaveLength(before)
  })
})

describe('TLSA', () => {
  const told = (body: Parameters<typeof codesIn>[0]) =>
    codesIn(body).filter((code) => code.startsWith('tlsa'))

  test('the records of every mail host are held against what it presents', async () => {
    const { body } = await ofDomain('good.test', { tlsa: true }).expect(200)
    const name = `_${mailwire.sandbox.smtpPort}._tcp.sandbox.test`
    expect(body.tlsa).toMatchObject([
      { host: 'sandbox.test', name, verdict: 'matched', authenticated: true, fault: null },
    ])
    expect(body.tlsa[0].records).toMatchObject([
      { usage: 3, selector: 1, matchingType: 1, unusable: null, depth: 0 },
      { usage: 1, unusable: 'usage', depth: null },
    ])
    expect(told(body)).toEqual(['tlsa-unusable'])
    expect(findingIn(body, 'tlsa-unusable')?.level).toBe('info')
    // what was presented is nobody else's
    expect(JSON.stringify(body)).not.toContain('presented')
  })

  test.each<[string, string, string, string[]]>([
    ['stale.test', 'mismatched', 'error', ['tlsa-mismatch']],
    ['unsigned.test', 'matched', 'warning', ['tlsa-not-authenticated']],
    ['useless.test', 'unusable', 'warning', ['tlsa-unusable']],
    ['plain.test', 'none', 'info', ['tlsa-missing']],
    ['fails.test', 'unknown', 'info', ['tlsa-unknown']],
  ])('%s: %s, which is worth a word of %s', async (name, verdict, level, codes) => {
    const { body } = await ofHost(name, { tlsa: true }).expect(200)
    expect(body.tlsa).toMatchObject([{ host: name, verdict }])
    expect(told(body)).toEqual(codes)
    expect(findingIn(body, codes[0] ?? '')?.level).toBe(level)
  })

  test('records of a server without TLS', async () => {
    const { port } = await mailServer('220 mx.example.test', '250 mx.example.test', '221 Bye')
    zone[`_${port}._tcp.clear.test`] = { TLSA: [`3 1 1 ${'ab'.repeat(32)}`], AD: true }
    const server = `smtp://127.0.0.1:${port}`
    const { body } = await check({ server, tlsServername: 'clear.test', tlsa: true }).expect(200)
    expect(body.tlsa).toMatchObject([{ verdict: 'no-tls', records: [{ depth: null }] }])
    expect(told(body)).toEqual(['tlsa-without-tls'])
    expect(findingIn(body, 'tlsa-without-tls')?.level).toBe('error')
  })

  test('are not asked for unless somebody wants them', async () => {
    const before = dns.asked.length
    const { body } = await ofHost('sandbox.test', {}).expect(200)
    expect(body).not.toHaveProperty('tlsa')
    expect(body).not.toHaveProperty('mtaSts')
    expect(dns.asked.slice(before).filter((one) => /TLSA|TXT/.test(one))).toEqual([])
  })
})

test('both as a person reads them', async () => {
  const { text } = await ofDomain('good.test', { mtaSts: true, tlsa: true }).accept('text/plain').expect(200)
  expect(text).toContain(
    '--- MTA-STS of good.test\n    record: id 7\n    policy: mode enforce, for 1209600 s, mx sandbox.test\n',
  )
  expect(text).toContain('    sandbox.test: listed, verified')
  expect(text).toContain('    sandbox.test: matched, DNSSEC vouches for them\n      3 1 1 ')
})
