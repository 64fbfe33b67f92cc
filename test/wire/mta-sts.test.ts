import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseEgressEntries } from '../../src/wire/egress.ts'
import { type MtaStsFacts, mtaStsOf } from '../../src/wire/mta-sts.ts'
import { createResolver, type Resolver } from '../../src/wire/resolve.ts'
import { type Authority, createAuthority, selfSigned } from '../support/certificates.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { closedPort } from '../support/mail-server.ts'
import { type PolicyAnswer, type PolicyHost, policy, startPolicyHost } from '../support/policy-host.ts'

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 86400\n'
const RECORD = { TXT: ['v=STSv1; id=1'] }
const HERE = { A: ['127.0.0.1'] }

let reached = (): void => undefined
const leftHostIsReached = new Promise<void>((resolve) => {
  reached = resolve
})

const ANSWERS: Readonly<Record<string, PolicyAnswer>> = {
  'mta-sts.good.test': policy(POLICY),
  'mta-sts.moved.test': (response) =>
    response.writeHead(301, { location: 'https://mta-sts.good.test/.well-known/mta-sts.txt' }).end(),
  'mta-sts.html.test': (response) => response.setHeader('content-type', 'text/html').end(POLICY),
  'mta-sts.untyped.test': (response) => response.end(POLICY),
  'mta-sts.packed.test': (response) =>
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(POLICY),
  'mta-sts.full.test': policy(`${POLICY}x: ${'y'.repeat(65_536 - POLICY.length - 4)}\n`),
  'mta-sts.over.test': policy(`${POLICY}x: ${'y'.repeat(65_536 - POLICY.length - 3)}\n`),
  'mta-sts.endless.test': (response) => {
    response.setHeader('content-type', 'text/plain')
    const more = (): void => {
      while (!response.destroyed && response.write('y'.repeat(16_384)));
    }
    response.on('drain', more)
    more()
  },
  'mta-sts.broken.test': policy('mode: enforce\n'),
  'mta-sts.cut.test': (response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
    response.write(POLICY)
    setImmediate(() => response.destroy())
  },
  'mta-sts.left.test': () => reached(),
  'mta-sts.slow.test': (response) => response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders(),
}

let authority: Authority
let dns: DnsServer
let resolver: Resolver
let host: PolicyHost

beforeAll(async () => {
  authority = await createAuthority()
  host = await startPolicyHost(
    await authority.issue({ names: Object.keys(ANSWERS).concat('mta-sts.gone.test') }),
    ANSWERS,
  )
  const zone = Object.fromEntries(
    [...Object.keys(ANSWERS), 'mta-sts.gone.test'].flatMap((name) => [
      [name, HERE],
      [name.replace('mta-sts', '_mta-sts'), RECORD],
    ]),
  )
  dns = await startDnsServer({
    ...zone,
    '_mta-sts.hostless.test': RECORD,
    '_mta-sts.twice.test': { TXT: ['v=STSv1; id=1', 'v=STSv1; id=2'] },
    '_mta-sts.servfail.test': 'servfail',
    '_mta-sts.inside.test': RECORD,
    'mta-sts.inside.test': { A: ['10.0.0.1', '169.254.169.254'], AAAA: ['fd00::1'] },
    '_mta-sts.several.test': RECORD,
    'mta-sts.several.test': { A: ['10.0.0.1', '127.0.0.2', '127.0.0.1'] },
    '_mta-sts.deserted.test': RECORD,
    'mta-sts.deserted.test': { A: ['127.0.0.2'] },
    '_mta-sts.other-name.test': RECORD,
    'mta-sts.other-name.test': HERE,
    '_mta-sts.rebound.test': RECORD,
    'mta-sts.rebound.test': { A: { turns: [['127.0.0.1'], ['10.0.0.1']] } },
    'good.test': {},
  })
  resolver = createResolver({ servers: [dns.address], timeoutMs: 250, tries: 1 })
})
afterAll(async () => {
  await host.close()
  await dns.close()
})

const still = new AbortController().signal

function lookup(
  domain: string,
  options: {
    readonly allow?: string
    readonly port?: number
    readonly ca?: string
    readonly timeoutMs?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<MtaStsFacts> {
  const {
    allow = '127.0.0.0/8:*',
    port = host.port,
    ca = authority.cert,
    timeoutMs = 5000,
    signal = still,
  } = options
  const egress = { allow: parseEgressEntries(allow), publicPorts: [{ low: 25, high: 25 }] }
  return mtaStsOf({ resolver, egress, port, ca, timeoutMs }, domain, signal)
}

const faultOf = async (...wish: Parameters<typeof lookup>) => (await lookup(...wish)).fault

describe('the policy of a domain', () => {
  test('comes from its policy host, by the name of that', async () => {
    const [before, names] = [host.asked.length, host.names.length]
    expect(await lookup('Good.test')).toEqual({
      domain: 'good.test',
      id: '1',
      policy: { mode: 'enforce', mx: ['mx.good.test'], maxAgeSeconds: 86_400 },
      fault: null,
    })
    expect(host.asked.slice(before)).toEqual(['GET /.well-known/mta-sts.txt mta-sts.good.test'])
    expect(host.names.slice(names)).toEqual(['mta-sts.good.test'])
  })

  test('is not asked for without a record', async () => {
    const before = host.asked.length
    expect(await lookup('recordless.test')).toEqual({
      domain: 'recordless.test',
      id: null,
      policy: null,
      fault: null,
    })
    expect(await faultOf('twice.test')).toMatchObject({ code: 'mta-sts-record' })
    expect(await faultOf('servfail.test')).toMatchObject({ code: 'dns-failure' })
    expect(await faultOf('127.0.0.1')).toMatchObject({ code: 'dns-not-found' })
    expect(host.asked).toHaveLength(before)
  })

  test.each([
    ['moved.test', 'it redirects (301), which nobody may follow (RFC 8461 §3.3)'],
    ['gone.test', 'it answers with status 404'],
    ['html.test', 'what it gives is not text/plain'],
    ['untyped.test', 'what it gives is not text/plain'],
    ['packed.test', 'what it gives is encoded'],
    ['over.test', 'the policy is longer than 65536 octets'],
    ['endless.test', 'the policy is longer than 65536 octets'],
    ['cut.test', 'the connection was lost'],
    ['hostless.test', 'mta-sts.hostless.test does not exist in the DNS'],
    ['deserted.test', 'nobody listens there'],
    ['other-name.test', 'its certificate is for another name'],
  ])('%s gives none: %s', async (domain, reason) => {
    const before = host.asked.length
    expect(await lookup(domain)).toEqual({
      domain,
      id: '1',
      policy: null,
      fault: { code: 'mta-sts-policy-host', message: `mta-sts.${domain} gave no policy: ${reason}` },
    })
    expect(host.asked.length - before).toBeLessThanOrEqual(1)
  })

  test('may be as long as 64 KiB', async () => {
    expect(await lookup('full.test')).toMatchObject({ policy: { mode: 'enforce' }, fault: null })
  })

  test('that cannot be read is told as such', async () => {
    expect(await faultOf('broken.test')).toEqual({
      code: 'mta-sts-policy',
      message: 'the MTA-STS policy cannot be used: it has no version',
    })
  })

  test('from a host whose certificate does not verify is none', async () => {
    const { cert } = await selfSigned({ names: ['x.test'] })
    expect(await faultOf('good.test', { ca: cert })).toEqual({
      code: 'mta-sts-policy-host',
      message: 'mta-sts.good.test gave no policy: its certificate is from an authority that is not trusted',
    })
  })

  test('is not waited for beyond the time limit, nor when the caller leaves', async () => {
    expect(await faultOf('slow.test', { timeoutMs: 100 })).toMatchObject({
      message: 'mta-sts.slow.test gave no policy: there was no whole answer within 100 ms',
    })
    const caller = new AbortController()
    const waiting = lookup('left.test', { signal: caller.signal })
    await leftHostIsReached
    caller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
  })
})

describe('the egress policy', () => {
  test.each([
    ['private addresses', 'inside.test', '127.0.0.0/8:*'],
    ['loopback', 'good.test', ''],
    ['what is allowed for mail ports only', 'good.test', '127.0.0.0/8'],
    ['what is allowed for another port', 'good.test', '127.0.0.0/8:25'],
  ])('keeps from %s', async (_, domain, allow) => {
    const before = host.asked.length
    expect(await faultOf(domain, { allow })).toEqual({
      code: 'target-not-allowed',
      message: `the egress policy does not allow mta-sts.${domain} on port ${host.port}`,
    })
    expect(host.asked).toHaveLength(before)
  })

  test('holds for the address that is dialled: a name is resolved once', async () => {
    const asked = () => dns.asked.filter((one) => one === 'A mta-sts.rebound.test').length
    expect(await faultOf('rebound.test')).toMatchObject({ message: /another name/ })
    expect(asked()).toBe(1)
    expect(await faultOf('rebound.test')).toMatchObject({ code: 'target-not-allowed' })
  })

  test('leaves the addresses that are allowed, of which the next is tried when nobody listens', async () => {
    // nobody listens on 127.0.0.2, and 10.0.0.1 is not even tried
    expect(await faultOf('several.test')).toMatchObject({ message: /another name/ })
    expect(await faultOf('several.test', { port: await closedPort() })).toMatchObject({
      message: 'mta-sts.several.test gave no policy: nobody listens there',
    })
  })
})
