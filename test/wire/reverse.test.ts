import { afterAll, beforeAll, expect, test } from 'vitest'
import { createResolver, type Resolver } from '../../src/wire/resolve.ts'
import { reverseNames } from '../../src/wire/reverse.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const SIX = `${'1.0.0.0.'.padEnd(48, '0.')}8.b.d.0.1.0.0.2.ip6.arpa`
const still = new AbortController().signal

let server: DnsServer
let resolver: Resolver

beforeAll(async () => {
  server = await startDnsServer({
    '1.2.0.192.in-addr.arpa': { PTR: ['mx.test', 'other.test', 'gone.test', 'fails.test'] },
    'mx.test': { A: ['192.0.2.9', '192.0.2.1'], AAAA: ['2001:db8::1'] },
    'other.test': { A: ['192.0.2.2'] },
    'fails.test': 'servfail',
    [SIX]: { PTR: ['MX.test'] },
    '3.2.0.192.in-addr.arpa': 'servfail',
    '4.2.0.192.in-addr.arpa': { PTR: Array.from({ length: 40 }, (_, n) => `n${n}.test`) },
    '5.2.0.192.in-addr.arpa': { PTR: ['a\r\nb.test', '192.0.2.5', '\u202etset'] },
    '6.2.0.192.in-addr.arpa': 'timeout',
  })
  resolver = createResolver({ servers: [server.address], timeoutMs: 250, tries: 1 })
})
afterAll(() => server.close())

const names = async (address: string) => await reverseNames(resolver, address, still)

test('each name of an address is told, and whether it leads back', async () => {
  expect(await names('192.0.2.1')).toEqual({
    address: '192.0.2.1',
    names: [
      { name: 'mx.test', confirmed: true },
      { name: 'other.test', confirmed: false },
      { name: 'gone.test', confirmed: false },
      { name: 'fails.test', confirmed: false },
    ],
    fault: null,
  })
})

test.each(['2001:db8::1', '2001:0DB8:0:0::0001'])(
  'an IPv6 address is the same however it is spelt: %s',
  async (address) => {
    const before = server.asked.length
    expect((await names(address)).names).toEqual([{ name: 'MX.test', confirmed: true }])
    expect(server.asked.slice(before)).toEqual([`PTR ${SIX}`, 'AAAA mx.test'])
  },
)

test('an address may have no name; that nobody could say is something else', async () => {
  expect(await names('192.0.2.2')).toEqual({ address: '192.0.2.2', names: [], fault: null })
  expect((await names('192.0.2.3')).fault?.code).toBe('dns-failure')
})

test('the number of names is bounded, and so are the questions', async () => {
  const before = server.asked.length
  expect((await names('192.0.2.4')).names).toHaveLength(8)
  expect(server.asked.slice(before).filter((one) => one.startsWith('A '))).toHaveLength(8)
})

test('names that are none confirm nothing and break no line', async () => {
  const { names: found } = await names('192.0.2.5')
  expect(found.map(({ confirmed }) => confirmed)).toEqual([false, false, false])
  for (const { name } of found) expect(name).toMatch(/^[\x20-\x7e]+$/)
})

test('a caller who leaves ends the waiting at once', async () => {
  const caller = new AbortController()
  const waiting = reverseNames(resolver, '192.0.2.6', caller.signal)
  caller.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(reverseNames(resolver, '192.0.2.1', caller.signal)).rejects.toThrow('gone')
})
