import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import * as packet from 'dns-packet'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { dnsAsker } from '../../src/wire/dns-question.ts'
import { type TlsaFacts, tlsaRecords } from '../../src/wire/tlsa.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const SHA256 = 'ab'.repeat(32)
const RECORD = { usage: 3, selector: 1, matchingType: 1, data: SHA256 }
const still = new AbortController().signal

let server: DnsServer

beforeAll(async () => {
  server = await startDnsServer({
    '_25._tcp.mx.test': { TLSA: [`3 1 1 ${SHA256}`, '2 0 2 cd'], AD: true },
    '_25._tcp.bare.test': { TLSA: [`3 1 1 ${SHA256}`] },
    '_587._tcp.mx.test': {},
    '_25._tcp.alias.test': { CNAME: '_dane.test' },
    '_dane.test': { TLSA: [`3 1 1 ${SHA256}`] },
    '_25._tcp.loop.test': { CNAME: '_pool.test' },
    '_pool.test': { CNAME: '_25._tcp.loop.test' },
    '_25._tcp.large.test': { TLSA: [`3 0 0 ${'ef'.repeat(3000)}`], AD: true },
    '_25._tcp.huge.test': { TLSA: [`3 0 0 ${'ef'.repeat(20_000)}`] },
    '_25._tcp.many.test': { TLSA: Array.from({ length: 200 }, (_, n) => `3 1 1 ${n.toString(16)}0`) },
    '_25._tcp.servfail.test': 'servfail',
    '_25._tcp.refused.test': 'refused',
    '_25._tcp.silent.test': 'timeout',
    '_25._tcp.xn--bcher-kva.test': { TLSA: [`3 1 1 ${SHA256}`] },
  })
})
afterAll(() => server.close())

function records(host: string, port = 25, servers = [server.address], signal = still): Promise<TlsaFacts> {
  return tlsaRecords(dnsAsker({ servers, timeoutMs: 250, tries: 1 }), host, port, signal)
}

describe('the TLSA records of a host', () => {
  test('come with their data and with what the resolver says of DNSSEC', async () => {
    expect(await records('MX.test')).toEqual({
      name: '_25._tcp.mx.test',
      records: [RECORD, { usage: 2, selector: 0, matchingType: 2, data: 'cd' }],
      authenticated: true,
      fault: null,
    })
    expect(await records('bare.test')).toMatchObject({ authenticated: false, records: [RECORD] })
    expect(await records('bücher.test')).toMatchObject({ records: [RECORD] })
  })

  test.each(['mx.test', 'gone.test'])('there may be none, and that is an answer: %s', async (host) => {
    expect(await records(host, 587)).toEqual({
      name: `_587._tcp.${host}`,
      records: [],
      authenticated: false,
      fault: null,
    })
  })

  test('an alias leads to those of its target, and a loop nowhere', async () => {
    expect(await records('alias.test')).toMatchObject({ records: [RECORD], fault: null })
    expect((await records('loop.test')).fault?.message).toMatch(/SERVFAIL/)
  })

  test('a large answer is had by TCP; one that is too large is not read', async () => {
    const { records: found, authenticated } = await records('large.test')
    expect(found[0]?.data).toBe('ef'.repeat(3000))
    expect(authenticated).toBe(true)
    expect((await records('huge.test')).fault).toEqual({
      code: 'dns-failure',
      message: 'no TLSA answer for _25._tcp.huge.test: the answer is longer than 16384 octets',
    })
  })

  test('their number is bounded', async () => {
    expect((await records('many.test')).records).toHaveLength(32)
  })

  test.each([
    ['servfail.test', 'the resolver answered SERVFAIL'],
    ['refused.test', 'the resolver refused to answer'],
    ['silent.test', 'the resolver did not answer in time'],
  ])('%s: nobody could say, and why is told', async (host, reason) => {
    expect(await records(host)).toEqual({
      name: `_25._tcp.${host}`,
      records: [],
      authenticated: false,
      fault: { code: 'dns-failure', message: `no TLSA answer for _25._tcp.${host}: ${reason}` },
    })
  })

  test.each(['192.0.2.1', '::1', 'a b', 'x..test'])('%s has no name, and nobody is asked', async (host) => {
    const before = server.asked.length
    expect((await records(host)).fault?.code).toBe('dns-not-found')
    expect(server.asked).toHaveLength(before)
  })
})

describe('the resolvers', () => {
  test('are asked one after the other, and again', async () => {
    const dead = await closedUdpPort()
    expect(await records('mx.test', 25, [`127.0.0.1:${dead}`, server.address])).toMatchObject({
      records: [RECORD, {}],
    })
    const before = server.asked.length
    await tlsaRecords(
      dnsAsker({ servers: [server.address], timeoutMs: 20, tries: 3 }),
      'silent.test',
      25,
      still,
    )
    expect(server.asked.slice(before)).toEqual(Array(3).fill('TLSA _25._tcp.silent.test'))
    expect((await records('mx.test', 25, [`127.0.0.1:${dead}`])).fault?.message).toContain(
      'the resolver could not be reached',
    )
  })

  test('are the system’s where none is configured', async () => {
    const before = dns.getServers()
    dns.setServers([server.address])
    try {
      expect(await tlsaRecords(dnsAsker({ timeoutMs: 250, tries: 1 }), 'mx.test', 25, still)).toMatchObject({
        records: [RECORD, {}],
      })
    } finally {
      dns.setServers(before)
    }
  })

  test('by IPv6', async () => {
    const six = await resolver((query) => answering(query), '::1')
    expect(await records('mx.test', 25, [`[::1]:${six.port}`])).toMatchObject({ records: [RECORD] })
  })

  test('a caller who leaves ends the waiting at once', async () => {
    const caller = new AbortController()
    const silent = await resolver(() => [])
    const waiting = records('mx.test', 25, [`127.0.0.1:${silent.port}`], caller.signal)
    await silent.heard()
    caller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(records('mx.test', 25, [server.address], caller.signal)).rejects.toThrow('gone')
  })

  test('are asked with a new id and from a new port each time, for DNSSEC’s word and in 1232 octets', async () => {
    const odd = await resolver((query) => answering(query))
    for (let n = 0; n < 8; n += 1) await records('mx.test', 25, [`127.0.0.1:${odd.port}`])
    expect(new Set(odd.queries.map(({ id }) => id)).size).toBeGreaterThan(5)
    expect(new Set(odd.ports).size).toBeGreaterThan(5)
    const [query] = odd.queries
    expect(query).toMatchObject({ flag_ad: true, flag_rd: true })
    expect(query?.additionals).toMatchObject([{ type: 'OPT', flag_do: true, udpPayloadSize: 1232 }])
  })
})

describe('an answer that is none', () => {
  const other = (query: packet.DecodedPacket, name: string) =>
    packet.encode({ ...responseTo(query), questions: [{ type: 'TLSA', name, class: 'IN' }] })
  const byType = (query: packet.DecodedPacket) =>
    packet.encode({
      ...responseTo(query),
      questions: [{ type: 'A', name: '_25._tcp.mx.test', class: 'IN' }],
    })

  test.each<[string, (query: packet.DecodedPacket) => Buffer]>([
    ['of another id', (query) => packet.encode({ ...responseTo(query), id: ((query.id ?? 0) + 1) & 0xffff })],
    ['to another name', (query) => other(query, '_25._tcp.evil.test')],
    ['to another type', byType],
    ['without its question', (query) => packet.encode({ ...responseTo(query), questions: [] })],
    ['that is a question', (query) => packet.encode({ ...responseTo(query), type: 'query' })],
    ['of nothing', () => Buffer.alloc(0)],
    ['of a few octets', (query) => packet.encode(responseTo(query)).subarray(0, 7)],
    ['that breaks off', (query) => packet.encode(responseTo(query)).subarray(0, 60)],
    ['of noise', (query) => noise(query)],
    ['with a name that points at itself', (query) => selfPointing(query)],
  ])('%s is passed over, and the true one is taken', async (_, made) => {
    const odd = await resolver((query) => [made(query), ...answering(query)])
    expect((await records('mx.test', 25, [`127.0.0.1:${odd.port}`])).records).toEqual([RECORD])
    const alone = await resolver((query) => [made(query)])
    const { fault } = await records('mx.test', 25, [`127.0.0.1:${alone.port}`])
    expect(fault?.message).toContain('did not answer in time')
  })

  test('records of other names count for nothing', async () => {
    const odd = await resolver((query) => {
      const stray = { ...ANSWER, name: '_25._tcp.evil.test' }
      return [packet.encode({ ...responseTo(query), answers: [stray] })]
    })
    expect(await records('mx.test', 25, [`127.0.0.1:${odd.port}`])).toMatchObject({
      records: [],
      fault: null,
    })
  })

  test('a code that only EDNS can tell is no answer', async () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 1, ednsVersion: 0 } as const
    const odd = await resolver((query) => [
      packet.encode({
        ...responseTo(query),
        answers: [],
        additionals: [{ ...opt, flags: 0, flag_do: false, options: [] }],
      }),
    ])
    expect((await records('mx.test', 25, [`127.0.0.1:${odd.port}`])).fault?.message).toContain('code 16')
  })

  test.each<[string, (query: packet.DecodedPacket) => Buffer, string]>([
    ['noise', (query) => framed(noise(query)), 'the answer was malformed'],
    ['less than it announces', () => Buffer.from([0, 100, 1, 2, 3]), 'the resolver broke off its answer'],
    ['nothing', () => Buffer.alloc(0), 'the resolver broke off its answer'],
    ['too much', () => Buffer.from([0xff, 0xff]), 'the answer is longer than 16384 octets'],
  ])('by TCP %s is told as such', async (_, made, reason) => {
    const odd = await resolver((query) => [truncated(query)], '127.0.0.1', made)
    const { fault } = await records('mx.test', 25, [`127.0.0.1:${odd.port}`])
    expect(fault?.message).toContain(reason)
  })

  test('whatever stands behind the question, it ends in facts', async () => {
    const seeds = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 60, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(seeds, async (bodies) => {
        const odd = await resolver((query) => [
          ...bodies.map((body) => withBody(query, body)),
          ...answering(query),
        ])
        const { name, fault } = await records('mx.test', 25, [`127.0.0.1:${odd.port}`])
        expect([name, fault === null || fault.code === 'dns-failure']).toEqual(['_25._tcp.mx.test', true])
      }),
      { numRuns: 10 },
    )
  })

  test('the dearest answer to read costs little', async () => {
    const odd = await resolver(
      (query) => [truncated(query)],
      '127.0.0.1',
      (query) => framed(pointerMaze(query)),
    )
    const began = performance.now()
    const found = await records('mx.test', 25, [`127.0.0.1:${odd.port}`])
    expect(found).toMatchObject({ records: [], fault: null })
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

const ANSWER = {
  type: 'TLSA',
  name: '_25._tcp.mx.test',
  ttl: 0,
  data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from(SHA256, 'hex') },
} as const

function responseTo({ id, questions }: packet.DecodedPacket): packet.Packet {
  return {
    type: 'response',
    ...(id === undefined ? {} : { id }),
    questions: questions ?? [],
    answers: [ANSWER],
  }
}

const answering = (query: packet.DecodedPacket): Buffer[] => [packet.encode(responseTo(query))]

const truncated = (query: packet.DecodedPacket): Buffer =>
  packet.encode({ ...responseTo(query), answers: [], flags: packet.TRUNCATED_RESPONSE })

/** The right id, and then anything. */
function noise({ id = 0 }: packet.DecodedPacket): Buffer {
  const octets = Buffer.alloc(200, 0xe7)
  octets.writeUInt16BE(id)
  return octets
}

/** Id and question as they should be, four counts that promise records, and octets in their place. */
function withBody(query: packet.DecodedPacket, body: Uint8Array): Buffer {
  const octets = Buffer.concat([packet.encode({ ...responseTo(query), answers: [] }), body])
  for (const [place, count] of [body[0] ?? 1, body[1] ?? 0, body[2] ?? 0].entries())
    octets.writeUInt16BE(count & 3, 6 + 2 * place)
  return octets
}

function selfPointing({ id = 0 }: packet.DecodedPacket): Buffer {
  const octets = Buffer.from('000080000001000000000000c00c00340001', 'hex')
  octets.writeUInt16BE(id)
  return octets
}

/** Names that lead through thousands of pointers, in as many records as there is room for. */
function pointerMaze(query: packet.DecodedPacket): Buffer {
  const head = packet.encode({ ...responseTo(query), answers: [] })
  const chainAt = head.length + 11
  const links = 4000
  // the first record is of an unknown type, and its data are a chain in which each pointer leads to the one before
  const chain = Buffer.alloc(1 + 2 * links)
  for (let n = 0; n < links; n += 1) {
    const before = n === 0 ? chainAt : chainAt + 1 + 2 * (n - 1)
    chain.writeUInt16BE(0xc000 | before, 1 + 2 * n)
  }
  const first = Buffer.alloc(11)
  first.writeUInt16BE(0xfe00, 1)
  first.writeUInt16BE(1, 3)
  first.writeUInt16BE(chain.length, 9)
  const record = Buffer.alloc(12)
  record.writeUInt16BE(0xc000 | (chainAt + 1 + 2 * (links - 1)), 0)
  record.writeUInt16BE(0xfe00, 2)
  record.writeUInt16BE(1, 4)
  const room = 16_384 - head.length - first.length - chain.length
  const count = Math.floor(room / record.length)
  const octets = Buffer.concat([head, first, chain, ...Array<Buffer>(count).fill(record)])
  octets.writeUInt16BE(count + 1, 6)
  return octets
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

async function closedUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

/** A resolver that answers what it is told to, octet by octet. */
async function resolver(
  byUdp: (query: packet.DecodedPacket) => Buffer[],
  address = '127.0.0.1',
  byTcp?: (query: packet.DecodedPacket) => Buffer,
) {
  const tcp = createServer().listen(0, address)
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket(address === '::1' ? 'udp6' : 'udp4').bind(port, address)
  await once(udp, 'listening')
  const queries: packet.DecodedPacket[] = []
  const ports: number[] = []
  const sockets = new Set<Socket>()
  let told = (): void => undefined
  const first = new Promise<void>((resolve) => {
    told = resolve
  })
  udp.on('message', (octets, from) => {
    const query = packet.decode(octets)
    queries.push(query)
    ports.push(from.port)
    for (const answer of byUdp(query)) udp.send(answer, from.port, from.address)
    told()
  })
  tcp.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (octets) => socket.end(byTcp?.(packet.decode(octets.subarray(2))) ?? ''))
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    udp.close()
    await new Promise((resolve) => tcp.close(resolve))
  })
  return { port, queries, ports, heard: () => first }
}
