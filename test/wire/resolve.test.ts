import dns from 'node:dns/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createResolver, DnsError, parseDnsServers, type Resolver } from '../../src/wire/resolve.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

let server: DnsServer
let resolver: Resolver

beforeAll(async () => {
  server = await startDnsServer({
    'one.test': { A: ['192.0.2.1'] },
    'several.test': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1', '2001:db8::2'] },
    'six.test': { AAAA: ['2001:db8::6'] },
    'many.test': { A: Array.from({ length: 200 }, (_, n) => `192.0.2.${n}`) },
    'rebound.test': { A: { turns: [['192.0.2.1', '192.0.2.2'], ['127.0.0.1']] } },
    'chain.test': { CNAME: 'link.test' },
    'link.test': { CNAME: 'one.test' },
    'loop.test': { CNAME: 'pool.test' },
    'pool.test': { CNAME: 'loop.test' },
    'dangling.test': { CNAME: 'gone.test' },
    'xn--bcher-kva.test': { A: ['192.0.2.3'] },
    'empty.test': {},
    'servfail.test': 'servfail',
    'refused.test': 'refused',
    'silent.test': 'timeout',
    'half.test': { A: ['192.0.2.9'], AAAA: 'servfail' },
    'half-empty.test': { A: [], AAAA: 'servfail' },
    'mail.test': {
      MX: [
        { preference: 20, exchange: 'b.mail.test' },
        { preference: 10, exchange: 'a.mail.test' },
      ],
    },
    localhost: { A: ['192.0.2.66'], MX: [{ preference: 1, exchange: 'evil.test' }] },
    'text.test': { TXT: ['v=spf1 -all', 'x'.repeat(600)] },
    '1.2.0.192.in-addr.arpa': { PTR: ['mx.one.test', 'mx2.one.test'] },
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['six.test'] },
    '3.2.0.192.in-addr.arpa': 'servfail',
  })
  resolver = createResolver({ servers: [server.address], timeoutMs: 250, tries: 1 })
})
afterAll(() => server.close())

async function addressesOf(host: string, options?: Parameters<Resolver['addresses']>[1]): Promise<string[]> {
  return (await resolver.addresses(host, options)).map(({ address }) => address)
}

/** `code: message` of a DnsError, with what Node said as its cause. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DnsError)
  const { code, message, cause } = error as DnsError
  return `${code}: ${message} (${(cause as { code?: string } | undefined)?.code ?? 'no cause'})`
}

describe('addresses', () => {
  test('a name has all its addresses, IPv4 first', async () => {
    expect(await resolver.addresses('several.test')).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
      { address: '2001:db8::1', family: 6 },
      { address: '2001:db8::2', family: 6 },
    ])
  })

  test('only one family is asked for when only one is wanted', async () => {
    expect(await addressesOf('several.test', { family: 6 })).toEqual(['2001:db8::1', '2001:db8::2'])
    expect(await addressesOf('several.test', { family: 4 })).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(await failureOf(addressesOf('six.test', { family: 4 }))).toBe(
      'dns-not-found: six.test has no IPv4 address (no cause)',
    )
    await failureOf(addressesOf('gone4.test', { family: 4 }))
    await failureOf(addressesOf('gone6.test', { family: 6 }))
    expect(server.asked.filter((question) => question.includes('gone'))).toEqual([
      'A gone4.test',
      'AAAA gone6.test',
    ])
  })

  test('a name that is rebound gives one set of answers for each question', async () => {
    const before = server.asked.length
    expect(await addressesOf('rebound.test')).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(server.asked.slice(before).sort()).toEqual(['A rebound.test', 'AAAA rebound.test'])
    expect(await addressesOf('rebound.test')).toEqual(['127.0.0.1'])
  })

  test('a chain of aliases is followed', async () => {
    expect(await addressesOf('chain.test')).toEqual(['192.0.2.1'])
  })

  test('an internationalised name is asked for as A-labels', async () => {
    expect(await addressesOf('Bücher.test.')).toEqual(['192.0.2.3'])
    expect(server.asked).toContain('A xn--bcher-kva.test')
  })

  test('no more than 32 come back, also when the answer needs TCP', async () => {
    expect(await addressesOf('many.test')).toHaveLength(32)
  })

  test('half an answer will do where it has an address, and proves nothing where it has none', async () => {
    expect(await addressesOf('half.test')).toEqual(['192.0.2.9'])
    expect(await failureOf(addressesOf('half-empty.test'))).toMatch(
      /^dns-failure: no AAAA answer for half-empty/,
    )
  })

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8::7', '2001:DB8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ])('%s is its own answer, and nobody is asked', async (host, address) => {
    const before = server.asked.length
    expect(await addressesOf(host)).toEqual([address])
    expect(server.asked).toHaveLength(before)
    const other = address.includes(':') ? 4 : 6
    expect(await failureOf(addressesOf(host, { family: other }))).toContain(`has no IPv${other} address`)
  })

  test.each(['localhost', 'LOCALHOST.', 'mail.localhost'])(
    '%s is loopback, whatever the resolver says',
    async (host) => {
      expect(await addressesOf(host)).toEqual(['127.0.0.1', '::1'])
      expect(await addressesOf(host, { family: 6 })).toEqual(['::1'])
      expect(await resolver.mx(host)).toEqual([])
      expect(server.asked.filter((question) => /localhost/i.test(question))).toEqual([])
    },
  )

  test.each(['127.1', '0x7f.1', '１２７.0.0.1', 'a..b', 'one.test\r\n', ''])(
    '%j reaches no resolver',
    async (host) => {
      const before = server.asked.length
      const failure = await failureOf(addressesOf(host))
      expect(failure).toMatch(/^dns-not-found: ".*" is no host: /)
      expect(failure).not.toMatch(/[\r\n]/)
      expect(await failureOf(createResolver().addresses(host))).toBe(failure)
      expect(server.asked).toHaveLength(before)
    },
  )

  test('without servers the system is asked, and its failures are told apart too', async () => {
    const failing = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code })
    const lookup = vi
      .spyOn(dns, 'lookup')
      .mockResolvedValueOnce([
        { address: '2001:db8::5', family: 6 },
        { address: '10.0.0.5', family: 4 },
      ] as never)
      .mockRejectedValueOnce(failing('ENOTFOUND'))
      .mockRejectedValueOnce(failing('EAI_AGAIN'))
      .mockRejectedValueOnce(new RangeError('a bug'))
    try {
      const system = createResolver()
      expect(await system.addresses('Mail.Internal')).toEqual([
        { address: '2001:db8::5', family: 6 },
        { address: '10.0.0.5', family: 4 },
      ])
      expect(lookup).toHaveBeenCalledWith('mail.internal', { all: true, verbatim: true })
      expect(await failureOf(system.addresses('a.test'))).toBe(
        'dns-not-found: a.test has no address (ENOTFOUND)',
      )
      expect(await failureOf(system.addresses('a.test'))).toBe(
        'dns-failure: no address answer for a.test: the resolver did not answer, or answered SERVFAIL (EAI_AGAIN)',
      )
      await expect(system.addresses('a.test')).rejects.toThrow(RangeError)
    } finally {
      lookup.mockRestore()
    }
  })
})

describe('what went wrong is told apart', () => {
  test.each([
    ['gone.test', 'dns-not-found: gone.test does not exist in the DNS (ENOTFOUND)'],
    ['dangling.test', 'dns-not-found: dangling.test does not exist in the DNS (ENOTFOUND)'],
    ['empty.test', 'dns-not-found: empty.test has no address (no cause)'],
    [
      'servfail.test',
      'dns-failure: no A answer for servfail.test: the resolver answered SERVFAIL (ESERVFAIL)',
    ],
    ['loop.test', 'dns-failure: no A answer for loop.test: the resolver answered SERVFAIL (ESERVFAIL)'],
    ['refused.test', 'dns-failure: no A answer for refused.test: the resolver refused to answer (EREFUSED)'],
    [
      'silent.test',
      'dns-failure: no A answer for silent.test: the resolver did not answer in time (ETIMEOUT)',
    ],
  ])('%s', async (host, failure) => {
    expect(await failureOf(addressesOf(host))).toBe(failure)
  })

  test('a resolver that is not there', async () => {
    const gone = await startDnsServer({})
    await gone.close()
    const nobody = createResolver({ servers: [gone.address], timeoutMs: 250, tries: 1 })
    expect(await failureOf(nobody.addresses('one.test'))).toBe(
      'dns-failure: no A answer for one.test: the resolver could not be reached (ECONNREFUSED)',
    )
  })

  test('the next server is asked when one is not there', async () => {
    const gone = await startDnsServer({})
    await gone.close()
    const two = createResolver({ servers: [gone.address, server.address], timeoutMs: 250, tries: 1 })
    expect(await two.addresses('one.test')).toEqual([{ address: '192.0.2.1', family: 4 }])
  })
})

describe('a caller who leaves', () => {
  test('is not kept waiting, and gets the reason', async () => {
    const leaving = new AbortController()
    const waiting = addressesOf('silent.test', { signal: leaving.signal })
    const reason = new Error('gone')
    leaving.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(addressesOf('one.test', { signal: leaving.signal })).rejects.toBe(reason)
  })

  test('does not take the answer away from others', async () => {
    const leaving = new AbortController()
    const mine = addressesOf('one.test', { signal: leaving.signal })
    const others = addressesOf('several.test')
    leaving.abort()
    await expect(mine).rejects.toThrow('aborted')
    expect(await others).toHaveLength(4)
  })

  test('is listened for only while it matters', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners += 1
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...given)
    }
    await addressesOf('one.test', { signal })
    await failureOf(addressesOf('gone.test', { signal }))
    expect(listeners).toBe(0)
  })
})

describe('other records', () => {
  test('MX records come as they are', async () => {
    const records = await resolver.mx('Mail.Test')
    expect(records).toHaveLength(2)
    expect(records).toEqual(
      expect.arrayContaining([
        { preference: 10, exchange: 'a.mail.test' },
        { preference: 20, exchange: 'b.mail.test' },
      ]),
    )
  })

  test('no MX record is an answer, no domain and no reply are not', async () => {
    expect(await resolver.mx('one.test')).toEqual([])
    expect(await failureOf(resolver.mx('gone.test'))).toMatch(/^dns-not-found: gone.test does not exist/)
    expect(await failureOf(resolver.mx('servfail.test'))).toMatch(
      /^dns-failure: no MX answer for servfail.test/,
    )
    expect(await failureOf(resolver.mx('192.0.2.1'))).toMatch(
      /^dns-not-found: "192.0.2.1" is no domain: it is an address/,
    )
  })

  test('a text record is one text, however it was cut', async () => {
    expect((await resolver.txt('text.test')).sort()).toEqual(['v=spf1 -all', 'x'.repeat(600)])
    expect(await resolver.txt('_mta-sts.one.test')).toEqual([])
    expect(await resolver.txt('one.test')).toEqual([])
    expect(await failureOf(resolver.txt('servfail.test'))).toMatch(/^dns-failure: no TXT answer/)
  })

  test('an address has its names', async () => {
    expect((await resolver.ptr('192.0.2.1')).sort()).toEqual(['mx.one.test', 'mx2.one.test'])
    expect(await resolver.ptr('2001:db8::1')).toEqual(['six.test'])
    expect(await resolver.ptr('192.0.2.2')).toEqual([])
    expect(await failureOf(resolver.ptr('192.0.2.3'))).toMatch(
      /^dns-failure: no PTR answer for 3.2.0.192.in-addr.arpa/,
    )
  })
})

describe('the servers', () => {
  test('are addresses with an optional port', () => {
    const text = '192.0.2.53, 192.0.2.53:5353,2001:db8::53,[2001:db8::53],[2001:db8::53]:5353'
    expect(parseDnsServers(text)).toEqual([
      '192.0.2.53',
      '192.0.2.53:5353',
      '2001:db8::53',
      '[2001:db8::53]',
      '[2001:db8::53]:5353',
    ])
    expect(parseDnsServers(' ')).toEqual([])
  })

  test.each([
    'dns.test',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '192.0.2.53:99999',
    '192.0.2.53:053',
    '192.0.2.53:domain',
    '192.0.2.53:',
    '192.0.2',
    '127.1:53',
    '[192.0.2.53]:53',
    '[2001:db8::53]:0',
    '[fe80::1%eth0]:53',
    'fe80::1%eth0',
    'http://192.0.2.53',
    '',
  ])('%j stops the service at its start', (text) => {
    expect(() => parseDnsServers(`192.0.2.1,${text}`)).toThrow(`'${text}': a DNS server looks like`)
    expect(() => createResolver({ servers: [text] })).toThrow(`'${text}': a DNS server looks like`)
  })
})
