import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MailHosts, mailHosts, NullMx } from '../../src/wire/mx.ts'
import { createResolver, DnsError, type Resolver } from '../../src/wire/resolve.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

let server: DnsServer
let resolver: Resolver

beforeAll(async () => {
  const mx = (...records: (readonly [preference: number, exchange: string])[]) => ({
    MX: records.map(([preference, exchange]) => ({ preference, exchange })),
  })
  server = await startDnsServer({
    'plain.test': mx([30, 'c.plain.test'], [10, 'a.plain.test'], [20, 'b.plain.test']),
    'equal.test': mx(
      [10, 'a.test'],
      [10, 'b.test'],
      [10, 'c.test'],
      [10, 'd.test'],
      [5, 'first.test'],
      [20, 'last.test'],
    ),
    'no-mx.test': { A: ['192.0.2.1'] },
    'null.test': mx([0, '.']),
    'null-ten.test': mx([10, '.']),
    'null-beside.test': mx([0, '.'], [10, 'a.test']),
    'literal.test': mx([5, '192.0.2.1'], [6, '[192.0.2.2]'], [10, 'a.test']),
    'odd.test': mx([5, '127.1'], [6, 'bad name.test'], [7, 'a\r\nb.test'], [10, 'a.test']),
    'unusable.test': mx([5, '192.0.2.1'], [10, '.']),
    'twice.test': mx([30, 'a.test'], [10, 'A.Test'], [20, 'b.test']),
    'many.test': mx(...Array.from({ length: 40 }, (_, n) => [n, `mx${n}.many.test`] as const)),
    'alias.test': { CNAME: 'plain.test' },
    'mx-fails.test': { A: ['192.0.2.1'], MX: 'servfail' },
    'mx-silent.test': { A: ['192.0.2.1'], MX: 'timeout' },
    'xn--bcher-kva.test': mx([10, 'mx.xn--bcher-kva.test']),
  })
  resolver = createResolver({ servers: [server.address], timeoutMs: 250, tries: 1 })
})
afterAll(() => server.close())

/** Random numbers that were drawn before. */
function drawn(...numbers: number[]): () => number {
  let at = 0
  return () => numbers[at++ % numbers.length] ?? 0
}

const hostsOf = ({ hosts }: MailHosts) => hosts.map(({ host }) => host)

async function ask(domain: string, random = drawn(0.5)): Promise<MailHosts> {
  return await mailHosts(resolver, domain, random)
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => new Error('it went well'),
    (thrown: unknown) => thrown as Error,
  )
}

describe('the order', () => {
  test('is that of the preferences', async () => {
    expect(await ask('plain.test')).toEqual({
      hosts: [
        { host: 'a.plain.test', source: 'mx', preference: 10 },
        { host: 'b.plain.test', source: 'mx', preference: 20 },
        { host: 'c.plain.test', source: 'mx', preference: 30 },
      ],
      findings: [],
    })
  })

  test('of equal preferences is drawn by lot, and only of those', async () => {
    const records = [
      { preference: 10, exchange: 'a.test' },
      { preference: 10, exchange: 'b.test' },
      { preference: 5, exchange: 'first.test' },
      { preference: 10, exchange: 'c.test' },
    ]
    const fixed: Resolver = { ...resolver, mx: () => Promise.resolve(records) }
    const order = async (...lots: number[]) => hostsOf(await mailHosts(fixed, 'equal.test', drawn(...lots)))
    expect(await order(0.1, 0.2, 0.99, 0.3)).toEqual(['first.test', 'a.test', 'b.test', 'c.test'])
    expect(await order(0.3, 0.2, 0.99, 0.1)).toEqual(['first.test', 'c.test', 'b.test', 'a.test'])
    expect(await order(0.2, 0.3, 0.99, 0.1)).toEqual(['first.test', 'c.test', 'a.test', 'b.test'])
  })

  test('puts each of several equal hosts first about as often', async () => {
    const firsts = new Map<string, number>()
    for (let run = 0; run < 400; run += 1) {
      const [low, first = ''] = hostsOf(await ask('equal.test', Math.random))
      expect(low).toBe('first.test')
      firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    expect([...firsts.keys()].sort()).toEqual(['a.test', 'b.test', 'c.test', 'd.test'])
    // 100 expected, a standard deviation of 8.7
    for (const count of firsts.values()) expect(count).toBeGreaterThan(45)
  })
})

describe('a domain without MX records', () => {
  test.each([
    ['no-mx.test', 'no-mx.test'],
    ['NO-MX.test.', 'no-mx.test'],
    ['nö-mx.test', 'xn--n-mx-5qa.test'],
  ])('%s is its own mail host', async (domain, host) => {
    const fixed: Resolver = { ...resolver, mx: () => Promise.resolve([]) }
    const expected = { hosts: [{ host, source: 'implicit', preference: 0 }], findings: [] }
    expect(await mailHosts(fixed, domain, drawn(0.5))).toEqual(expected)
  })

  test('is asked for nothing else, so that dialling resolves it once', async () => {
    const before = server.asked.length
    expect(hostsOf(await ask('no-mx.test'))).toEqual(['no-mx.test'])
    expect(server.asked.slice(before)).toEqual(['MX no-mx.test'])
  })

  test('is not the same as one whose MX records could not be had', async () => {
    for (const domain of ['mx-fails.test', 'mx-silent.test']) {
      const failure = await failureOf(ask(domain))
      expect(failure).toBeInstanceOf(DnsError)
      expect(failure).toMatchObject({ code: 'dns-failure' })
    }
  })

  test('is not the same as one that does not exist', async () => {
    expect(await failureOf(ask('gone.test'))).toMatchObject({ name: 'DnsError', code: 'dns-not-found' })
  })
})

describe('a domain that takes no mail', () => {
  test.each(['null.test', 'null-ten.test'])('%s says so', async (domain) => {
    const failure = await failureOf(ask(domain))
    expect(failure).toBeInstanceOf(NullMx)
    expect(failure.message).toBe(`${domain} accepts no mail: its only MX record is "." (RFC 7505)`)
  })
})

describe('records that cannot be used', () => {
  test.each([
    ['null-beside.test', ['null-beside.test has an MX record for "." beside others (RFC 7505 §3).']],
    [
      'literal.test',
      [
        'literal.test has an MX record for the address 192.0.2.1, where only a name may stand (RFC 5321 §5.1).',
        "literal.test has an MX record for '[192.0.2.2]', which is no host name: it is not an IPv6 address.",
      ],
    ],
  ])('%s: they are passed over and named', async (domain, texts) => {
    const found = await ask(domain)
    expect(hostsOf(found)).toEqual(['a.test'])
    expect(found.findings).toEqual(texts.map((text) => ({ code: 'mx-unusable', text })))
  })

  test('odd names reach nobody and break no line', async () => {
    const found = await ask('odd.test')
    expect(hostsOf(found)).toEqual(['a.test'])
    expect(found.findings.map(({ code }) => code)).toEqual(['mx-unusable', 'mx-unusable', 'mx-unusable'])
    for (const { text } of found.findings) expect(text).toMatch(/^[\x20-\x7e§]+$/)
  })

  test('when none is left the domain itself is not tried', async () => {
    const failure = await failureOf(ask('unusable.test'))
    expect(failure).toMatchObject({ name: 'DnsError', code: 'dns-not-found' })
    expect(failure.message).toContain('192.0.2.1')
  })

  test('a host that is named twice is tried once, by its best preference', async () => {
    expect((await ask('twice.test')).hosts).toEqual([
      { host: 'a.test', source: 'mx', preference: 10 },
      { host: 'b.test', source: 'mx', preference: 20 },
    ])
  })

  test('the number of hosts is bounded, and the best are kept', async () => {
    const found = await ask('many.test')
    expect(hostsOf(found)).toEqual(Array.from({ length: 16 }, (_, n) => `mx${n}.many.test`))
    expect(found.findings).toEqual([
      { code: 'mx-too-many', text: 'many.test has 40 mail hosts; the first 16 count.' },
    ])
  })
})

describe('what stands behind the @', () => {
  test.each([
    ['[192.0.2.1]', '192.0.2.1'],
    ['[IPv6:2001:db8::1]', '2001:db8::1'],
    ['[ipv6:::ffff:127.0.0.1]', '::ffff:127.0.0.1'],
  ])('%s is its own host, and nobody is asked', async (domain, host) => {
    const before = server.asked.length
    expect((await ask(domain)).hosts).toEqual([{ host, source: 'literal', preference: 0 }])
    expect(server.asked).toHaveLength(before)
  })

  test.each(['[2001:db8::1]', '[IPv6:192.0.2.1]', '[127.1]', '[a.test]', '[192.0.2.1', '[]', '[[::1]]'])(
    '%s is no address literal',
    async (domain) => {
      const failure = await failureOf(ask(domain))
      expect(failure).toMatchObject({ name: 'DnsError', code: 'dns-not-found' })
      expect(failure.message).toContain('is no address literal')
    },
  )

  test('an alias leads to the records of its target', async () => {
    expect(hostsOf(await ask('alias.test'))).toEqual(['a.plain.test', 'b.plain.test', 'c.plain.test'])
  })

  test('an internationalised domain is asked for as A-labels', async () => {
    expect(hostsOf(await ask('bücher.test'))).toEqual(['mx.xn--bcher-kva.test'])
    expect(server.asked).toContain('MX xn--bcher-kva.test')
  })

  test.each(['192.0.2.1', '127.1', 'a..b', ''])('%j is no domain', async (domain) => {
    expect(await failureOf(ask(domain))).toMatchObject({ name: 'DnsError', code: 'dns-not-found' })
  })
})
