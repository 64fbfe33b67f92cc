import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesIn, findingIn } from '../support/checks.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { mailServer } from '../support/mail-server.ts'
import { startTestService, type TestService } from '../support/service.ts'

const MX = (...exchanges: string[]) => ({
  MX: exchanges.map((exchange, at) => ({ preference: 10 * (at + 1), exchange })),
})

const twentyAt = (network: string) => Array.from({ length: 20 }, (_, n) => `${network}.${n + 1}`)

let dns: DnsServer
let mailwire: TestService

beforeAll(async () => {
  dns = await startDnsServer({
    'several.test': MX('gone.several.test', 'mx1.several.test', 'mx2.several.test'),
    'mx1.several.test': { A: ['127.0.0.2', '127.0.0.1'], AAAA: ['::1'] },
    'mx2.several.test': { A: ['127.0.0.3'] },
    'sandbox.test': { A: ['127.0.0.1'] },
    'one.test': MX('sandbox.test'),
    'implicit.test': { A: ['127.0.0.1'] },
    'null.test': { MX: [{ preference: 0, exchange: '.' }] },
    'fails.test': 'servfail',
    'inside.test': MX('mx.inside.test'),
    'mx.inside.test': { A: ['10.0.0.1'] },
    'odd.test': MX('192.0.2.1', 'sandbox.test'),
    'many.test': MX('mx1.many.test', 'mx2.many.test'),
    'mx1.many.test': { A: twentyAt('127.1.0') },
    'mx2.many.test': { A: twentyAt('127.2.0') },
    'xn--bcher-kva.test': MX('sandbox.test'),
    '1.0.0.127.in-addr.arpa': { PTR: ['mx.named.test', 'elsewhere.test'] },
    'mx.named.test': { A: ['127.0.0.1'] },
    'elsewhere.test': { A: ['192.0.2.9'] },
  })
  mailwire = await startTestService({
    env: { MAILWIRE_DNS_SERVERS: dns.address, MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*,[::1]:*' },
  })
})
afterAll(async () => {
  await mailwire.close()
  await dns.close()
})

const check = (body: object) => mailwire.agent.post('/smtp/check').send({ tlsVersions: false, ...body })
const ofSandbox = () => ({
  port: mailwire.sandbox.smtpPort,
  tlsCa: mailwire.sandbox.ca,
  tlsServername: 'sandbox.test',
})

interface Row {
  readonly host: string
  readonly address: string | null
  readonly stage: string
  readonly outcome: string
  readonly diagnosis: { readonly code: string } | null
  readonly stages: readonly { readonly stage: string; readonly verdict: string }[]
  readonly tls: object | null
}
const rows = (body: { domain: { hosts: Row[] } }) => body.domain.hosts
const stages = (row: Row | undefined) => row?.stages.map(({ verdict }) => verdict)

describe('a domain', () => {
  test('is looked at with every mail host and every address, in a matrix of stages', async () => {
    const { body } = await check({ domain: 'several.test', ...ofSandbox() }).expect(200)
    expect(
      rows(body).map(({ host, address, outcome, diagnosis }) => [host, address, outcome, diagnosis?.code]),
    ).toEqual([
      ['gone.several.test', null, 'failed', 'dns-not-found'],
      ['mx1.several.test', '127.0.0.2', 'failed', 'connection-refused'],
      ['mx1.several.test', '127.0.0.1', 'ok', undefined],
      ['mx1.several.test', '::1', 'failed', 'connection-refused'],
      ['mx2.several.test', '127.0.0.3', 'failed', 'connection-refused'],
    ])
    const [gone, refused, reached] = rows(body)
    expect(stages(gone)).toEqual(['failed', ...Array(5).fill('not-reached')])
    expect(stages(refused)).toEqual(['done', 'failed', ...Array(4).fill('not-reached')])
    expect(stages(reached)).toEqual(Array(6).fill('done'))
    expect(reached?.tls).toMatchObject({ trusted: true, nameMatches: true, daysLeft: 364 })
    expect(codesIn(body, 'error')).toEqual(['mail-host-unreachable', 'mail-host-unreachable'])
    expect(findingIn(body, 'mail-host-unreachable')?.text).toContain('gone.several.test')
    expect(codesIn(body, 'warning').filter((code) => code === 'address-unreachable')).toHaveLength(3)
    // the thorough look is at the first that answered
    expect(body.server).toMatchObject({ host: 'mx1.several.test', address: '127.0.0.1' })
    expect(body.sessions).toHaveLength(5)
    expect(body.sessions[2]).toMatchObject({ purpose: 'mail host: mx1.several.test', outcome: 'ok' })
  })

  test('an egress policy by address holds for each address of a mail host', async () => {
    const { body } = await check({ domain: 'inside.test' }).expect(403)
    expect(body).toMatchObject({ type: '/problems/target-not-allowed' })
    expect(rows(body.check)[0]).toMatchObject({
      address: '10.0.0.1',
      diagnosis: { code: 'target-not-allowed' },
    })
  })

  test('without STARTTLS, with a certificate that does not verify, with one host alone', async () => {
    const { port } = await mailServer('220 mx.example.test ESMTP', '250 mx.example.test', '221 Bye')
    const clear = await check({ domain: 'one.test', port }).expect(200)
    expect(stages(rows(clear.body)[0])).toEqual([
      'done',
      'done',
      'done',
      'done',
      'not-offered',
      'not-offered',
    ])
    expect(codesIn(clear.body, 'error')).toEqual(['starttls-not-offered', 'starttls-not-offered'])
    expect(codesIn(clear.body, 'info')).toContain('mail-host-alone')
    const unknown = await check({ domain: 'one.test', port: mailwire.sandbox.smtpPort }).expect(200)
    expect(codesIn(unknown.body, 'warning')).toContain('mail-host-certificate')
    expect(codesIn(unknown.body, 'error')).toEqual(['certificate-untrusted'])
  })

  test('a session that breaks off is told with its stage', async () => {
    const { port } = await mailServer('220 mx.example.test ESMTP', '554 5.7.1 No', '221 Bye')
    const { body } = await check({ domain: 'one.test', port }).expect(200)
    expect(body.outcome).toBe('partial')
    expect(stages(rows(body)[0])).toEqual(['done', 'done', 'done', 'failed', 'not-reached', 'not-reached'])
    expect(codesIn(body, 'error')).toContain('session-broke-off')
  })

  test('records that are missing or odd are findings', async () => {
    const implicit = await check({ domain: 'implicit.test', ...ofSandbox() }).expect(200)
    expect(implicit.body.domain.source).toBe('implicit')
    expect(codesIn(implicit.body, 'info')).toContain('mx-missing')
    const odd = await check({ domain: 'odd.test', ...ofSandbox() }).expect(200)
    expect(codesIn(odd.body, 'error')).toEqual(['mx-unusable'])
  })

  test('of other letters is asked for as A-labels', async () => {
    const { body } = await check({ domain: 'bücher.test', ...ofSandbox() }).expect(200)
    expect(body.domain.domain).toBe('xn--bcher-kva.test')
  })

  test.each([
    ['null.test', 422, 'null-mx'],
    ['fails.test', 502, 'dns-failure'],
    ['nobody-has-this.test', 502, 'dns-not-found'],
  ])('%s has nothing to look at: %i %s', async (domain, status, code) => {
    const { body } = await check({ domain }).expect(status)
    expect(body.type).toBe(`/problems/${code}`)
  })

  test('by family', async () => {
    const { body } = await check({ domain: 'several.test', family: 6, ...ofSandbox() }).expect(502)
    expect(rows(body.check).map(({ address }) => address)).toEqual([null, '::1', null])
  })

  test('with more addresses than anybody wants to wait for, the first are looked at', async () => {
    const { port } = await mailServer('220 mx.example.test', '250 mx.example.test', '221 Bye')
    const { body } = await check({ domain: 'many.test', port }).expect(502)
    expect(rows(body.check)).toHaveLength(32)
    expect(body.check.domain.notTried).toHaveLength(8)
    expect(codesIn(body.check, 'info')).toContain('addresses-left')
  })
})

describe('the name of an address', () => {
  test('leads back to it or not, and is held against greeting and hello', async () => {
    const named = await mailServer('220 mx.named.test ESMTP', '250 mx.other.test', '221 Bye')
    const { body } = await check({ server: `smtp://127.0.0.1:${named.port}` }).expect(200)
    expect(body.names).toMatchObject({
      greeting: { name: 'mx.named.test', confirmed: true },
      hello: { name: 'mx.other.test', confirmed: false },
      reverse: {
        address: '127.0.0.1',
        names: [
          { name: 'mx.named.test', confirmed: true },
          { name: 'elsewhere.test', confirmed: false },
        ],
        fault: null,
      },
    })
    expect(findingIn(body, 'reverse-dns-other-name')?.text).toContain('mx.other.test')
  })
})
