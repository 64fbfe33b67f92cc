import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { mailServer } from '../support/mail-server.ts'
import { startTestService, type TestService } from '../support/service.ts'

/*
 * What callers may write for a mail server that only the service can reach, and what each of them is answered, over the
 * whole call. Something listens on the port of 127.0.0.1 and ::1 all the time, and nobody ever connects to it.
 * EGRESS_TABLE=1 npx vitest run test/http/egress-table.test.ts prints it.
 */

let dns: DnsServer
let mailwire: TestService
let inside: { readonly port: number; readonly servers: readonly Server[] }
let connections = 0
const table: string[] = []

beforeAll(async () => {
  inside = await listeningInside()
  dns = await startDnsServer({
    'v4.test': { A: ['127.0.0.1'] },
    'v6.test': { AAAA: ['::1'] },
    'private.test': { A: ['10.0.0.1'] },
    'metadata.test': { A: ['169.254.169.254'] },
    'mapped.test': { AAAA: ['::ffff:127.0.0.1'] },
    'nat64.test': { AAAA: ['64:ff9b::7f00:1'] },
    'sixtofour.test': { AAAA: ['2002:7f00:1::1'] },
    'several.test': { A: ['10.0.0.1', '127.0.0.1'], AAAA: ['::1', 'fd00::1'] },
    'mixed.test': { A: ['127.0.0.1', '127.0.0.2'] },
    'rebound.test': { A: { turns: [['127.0.0.2'], ['127.0.0.1']] } },
    'chain.test': { CNAME: 'chain-2.test' },
    'chain-2.test': { CNAME: 'chain-3.test' },
    'chain-3.test': { CNAME: 'v4.test' },
    'mx.test': { MX: [{ preference: 10, exchange: 'v4.test' }] },
    'mx-chain.test': { MX: [{ preference: 10, exchange: 'chain.test' }] },
    'mx-v6.test': { MX: [{ preference: 10, exchange: 'v6.test' }] },
    'mx-literal.test': { MX: [{ preference: 10, exchange: '127.0.0.1' }] },
    'xn--bcher-kva.test': { A: ['127.0.0.1'] },
  })
  mailwire = await startTestService({
    env: {
      MAILWIRE_DNS_SERVERS: dns.address,
      MAILWIRE_EGRESS_ALLOW: '127.0.0.2:*',
      MAILWIRE_SERVERS_FILE: 'servers.json',
      MAILWIRE_SANDBOX: 'on',
      MAILWIRE_DEFAULT_SERVER: 'sandbox',
    },
    files: {
      'servers.json': JSON.stringify({ servers: { office: { smtp: 'smtp://127.0.0.1:9' } } }),
    },
  })
})

afterAll(async () => {
  expect(connections).toBe(0)
  await mailwire.close()
  await dns.close()
  for (const server of inside.servers) server.close()
  if (process.env['EGRESS_TABLE'] !== undefined) {
    const head = '| what | written as | answer |\n| --- | --- | --- |'
    process.stdout.write(`${[head, ...table].join('\n')}\n`)
  }
})

/** Something on the same port of 127.0.0.1 and ::1 that counts who comes. */
async function listeningInside() {
  const count = (): void => {
    connections += 1
  }
  const v4 = createServer(count).listen(0, '127.0.0.1')
  await once(v4, 'listening')
  const address = v4.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const v6 = createServer(count).listen(port, '::1')
  await once(v6, 'listening')
  return { port, servers: [v4, v6] }
}

const ENVELOPE = { from: 'alice@sender.test', to: ['bob@sandbox.test'] }

const send = (body: object) => mailwire.agent.post('/smtp/send').send({ envelope: ENVELOPE, ...body })

function row(what: string, written: string, answer: string): void {
  table.push(`| ${what} | \`${written.replaceAll('|', '\\|')}\` | ${answer} |`)
}

/** What stands in the diagnosis as that which would allow it. */
function settingIn(body: { diagnosis: { cause: string } }): string {
  return /MAILWIRE_EGRESS_ALLOW=(\S+) would allow it/.exec(body.diagnosis.cause)?.[1] ?? 'nothing'
}

describe('spellings of what is inside', () => {
  /** What it is, as it is written, and the entries that would allow it; undefined where it is no host at all. */
  const SPELLINGS: [what: string, host: string, entries: string[] | undefined][] = [
    ['loopback', '127.0.0.1', ['127.0.0.1']],
    ['loopback, another of its addresses', '127.9.9.9', ['127.9.9.9']],
    ['loopback, IPv6', '[::1]', ['[::1]']],
    ['loopback, IPv6 in full', '[0:0:0:0:0:0:0:1]', ['[::1]']],
    ['loopback by name', 'localhost', ['127.0.0.1']],
    ['any address', '0.0.0.0', ['0.0.0.0']],
    ['any address, IPv6', '[::]', ['[::]']],
    ['private', '10.0.0.1', ['10.0.0.1']],
    ['private', '172.16.0.1', ['172.16.0.1']],
    ['private', '192.168.1.1', ['192.168.1.1']],
    ['unique local', '[fd00::1]', ['[fd00::1]']],
    ['carrier-grade NAT', '100.64.0.1', ['100.64.0.1']],
    ['link-local', '169.254.0.1', ['169.254.0.1']],
    ['link-local, IPv6', '[fe80::1]', ['[fe80::1]']],
    ['metadata of clouds', '169.254.169.254', ['169.254.169.254']],
    ['metadata, IPv6', '[fd00:ec2::254]', ['[fd00:ec2::254]']],
    ['multicast', '224.0.0.1', ['224.0.0.1']],
    ['broadcast', '255.255.255.255', ['255.255.255.255']],
    ['IPv4-mapped', '[::ffff:127.0.0.1]', ['[::ffff:7f00:1]', '127.0.0.1']],
    ['IPv4-mapped, in hexadecimal', '[::ffff:7f00:1]', ['[::ffff:7f00:1]', '127.0.0.1']],
    ['IPv4-compatible', '[::127.0.0.1]', ['[::7f00:1]', '127.0.0.1']],
    ['IPv4-translated', '[::ffff:0:127.0.0.1]', ['[::ffff:0:7f00:1]', '127.0.0.1']],
    ['6to4', '[2002:7f00:1::1]', ['[2002:7f00:1::1]', '127.0.0.1']],
    ['NAT64', '[64:ff9b::7f00:1]', ['[64:ff9b::7f00:1]', '127.0.0.1']],
    ['NAT64 of the own network', '[64:ff9b:1::127.0.0.1]', ['[64:ff9b:1::7f00:1]', '127.0.0.1']],
    ['Teredo', '[2001:0:808:808::80ff:fffe]', ['[2001:0:808:808::80ff:fffe]', '8.8.8.8', '127.0.0.1']],
    ['ISATAP in a public network', '[2a00:1450::5efe:127.0.0.1]', ['[2a00:1450::5efe:7f00:1]', '127.0.0.1']],
    ['a public address on a port for something else', '192.0.9.9', ['192.0.9.9']],
    ['short', '127.1', undefined],
    ['shorter', '127.0.1', undefined],
    ['decimal', '2130706433', undefined],
    ['octal', '0177.0.0.1', undefined],
    ['octal, whole', '017700000001', undefined],
    ['hexadecimal', '0x7f000001', undefined],
    ['hexadecimal, in part', '0x7f.1', undefined],
    ['leading zeros', '127.000.000.001', undefined],
    ['too many parts', '127.0.0.1.1', undefined],
    ['a dot at the end', '127.0.0.1.', undefined],
    ['full-width digits', '１２７.0.0.1', undefined],
    ['circled digits', '①②⑦.⓪.⓪.①', undefined],
    ['ideographic full stops', '127。0。0。1', undefined],
    ['percent-encoded', '%31%32%37.0.0.1', undefined],
    ['a zone id', '[fe80::1%25lo]', undefined],
    ['a zone id, plain', '[::1%lo]', undefined],
    ['a user in front', 'mail.example.com@127.0.0.1', undefined],
    ['IPv4 in brackets', '[127.0.0.1]', undefined],
    ['a line break', 'mail.example.com\r\n127.0.0.1', undefined],
    ['NUL', '127.0.0.1\0.example.com', undefined],
    ['an invisible character', 'local\u00adhost', undefined],
    ['a name that resolves to loopback', 'v4.test', ['127.0.0.1']],
    ['the same in capitals, with a dot', 'V4.TEST.', ['127.0.0.1']],
    ['the same with a name of other letters', 'bücher.test', ['127.0.0.1']],
    ['a name that resolves to ::1', 'v6.test', ['[::1]']],
    ['a name that resolves to a private address', 'private.test', ['10.0.0.1']],
    ['a name that resolves to metadata', 'metadata.test', ['169.254.169.254']],
    ['a name that resolves to an IPv4-mapped address', 'mapped.test', ['[::ffff:7f00:1]', '127.0.0.1']],
    ['a name that resolves to NAT64', 'nat64.test', ['[64:ff9b::7f00:1]', '127.0.0.1']],
    ['a name that resolves to 6to4', 'sixtofour.test', ['[2002:7f00:1::1]', '127.0.0.1']],
    ['a chain of CNAMEs to loopback', 'chain.test', ['127.0.0.1']],
  ]

  test.each(SPELLINGS)('%s: %s', async (what, host, entries) => {
    const { port } = inside
    const { status, body } = await send({ server: `smtp://${host}:${port}` })
    if (entries === undefined) {
      expect([status, body.errors?.[0]?.pointer]).toEqual([400, '/server'])
      row(what, JSON.stringify(host).slice(1, -1).replace('\u00ad', '\\u00ad'), '400, no host')
      return
    }
    expect([status, body.type, body.outcome]).toEqual([403, '/problems/target-not-allowed', 'failed'])
    expect(settingIn(body).split(',')).toEqual(entries.map((entry) => `${entry}:${port}`))
    row(
      what,
      host,
      `403, \`MAILWIRE_EGRESS_ALLOW=${settingIn(body).replaceAll(`:${port}`, ':port')}\` would allow it`,
    )
  })

  test('several records, all of them inside', async () => {
    const { body } = await send({ server: `smtp://several.test:${inside.port}` }).expect(403)
    expect(settingIn(body)).toMatch(/:\d+$/)
    row('several records, all of them inside', 'several.test', '403')
  })

  test('POP3 is answered the same', async () => {
    for (const host of ['127.0.0.1', 'v4.test', '[::ffff:127.0.0.1]']) {
      const { body } = await mailwire.agent
        .get('/pop3/stat')
        .query({ server: `pop3://${host}:${inside.port}` })
        .auth('bob', 'some-other-word')
        .expect(403)
      expect(body.type).toBe('/problems/target-not-allowed')
      row('the same over POP3', `pop3://${host}`, '403')
    }
  })
})

describe('the DNS', () => {
  test('several records, of which one is allowed: that one is dialled, and no other', async () => {
    const server = await mailServer('554 5.3.2 No mail here')
    const relay = createServer((socket) => socket.end('554 5.3.2 No mail here\r\n'))
    relay.listen(inside.port, '127.0.0.2')
    await once(relay, 'listening')
    const { body } = await send({ server: `smtp://mixed.test:${inside.port}` }).expect(422)
    expect(body.transcript.server.address).toBe('127.0.0.2')
    expect(server.connections()).toBe(0)
    row('several records, one of them allowed', 'mixed.test', '127.0.0.2 is dialled, 127.0.0.1 is not')
    relay.close()
  })

  test('rebinding: what was judged is what is dialled; the next call is judged anew', async () => {
    const relay = createServer((socket) => socket.end('554 5.3.2 No mail here\r\n'))
    relay.listen(inside.port, '127.0.0.2')
    await once(relay, 'listening')
    const { body } = await send({ server: `smtp://rebound.test:${inside.port}` }).expect(422)
    expect(body.transcript.server.address).toBe('127.0.0.2')
    expect(dns.asked.filter((question) => question === 'A rebound.test')).toHaveLength(1)
    await send({ server: `smtp://rebound.test:${inside.port}` }).expect(403)
    row('rebinding', 'rebound.test', 'asked once, and that address is dialled; the next call: 403')
    relay.close()
  })

  test.each(['mx.test', 'mx-chain.test', 'mx-v6.test', 'mx-literal.test', '[127.0.0.1]', '[IPv6:::1]'])(
    'mail hosts of %s',
    async (domain) => {
      const { status, body } = await send({
        route: 'mx',
        port: inside.port,
        envelope: { ...ENVELOPE, to: [`bob@${domain}`] },
      })
      // an MX that names an address is no mail host at all
      const expected =
        domain === 'mx-literal.test'
          ? [502, '/problems/dns-not-found']
          : [403, '/problems/target-not-allowed']
      expect([status, body.type]).toEqual(expected)
      row(
        'mail hosts of a domain',
        `route: mx, bob@${domain}`,
        status === 403 ? '403' : '502, no usable mail host',
      )
    },
  )
})

describe('ports', () => {
  test('of public addresses: those of MAILWIRE_EGRESS_PORTS, and no other', async () => {
    for (const port of [1, 22, 26, 53, 80, 443, 3306, 6379, 25110, 65535]) {
      const { body } = await send({ server: `smtp://192.0.9.9:${port}` }).expect(403)
      expect(settingIn(body)).toBe(`192.0.9.9:${port}`)
    }
    row('ports that are not for mail', '192.0.9.9:22, :80, :443, :6379, …', '403')
    for (const port of ['0', '65536', '99999', '-1', '025', '2.5', '25:25', '２５'])
      await send({ server: `smtp://192.0.9.9:${port}` }).expect(400)
    row('ports that are none', '192.0.9.9:0, :65536, :-1, :025, …', '400')
  })
})

describe('the service itself', () => {
  test.each(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '[::ffff:127.0.0.1]', 'v4.test'])(
    'under %s is a target like any other inside',
    async (host) => {
      const { port } = new URL(mailwire.url)
      const before = mailwire.logs().length
      await send({ server: `smtp://${host}:${port}` }).expect(403)
      expect(
        mailwire
          .logs()
          .slice(before)
          .filter((line) => line.includes('request completed')),
      ).toHaveLength(1)
      row('the service’s own address', `${host}:(its port)`, '403')
    },
  )
})

describe('configured servers', () => {
  test('are exempt by their name, and not by their address', async () => {
    const { body } = await send({ server: 'office' }).expect(502)
    expect(body.type).toBe('/problems/connection-refused')
    row('a configured server by its name', 'office', 'dialled')
    await send({ server: 'smtp://127.0.0.1:9' }).expect(403)
    row('its address', '127.0.0.1:9', '403')
    await send({ server: 'sandbox' }).expect(200)
    row('the sandbox', 'sandbox', 'dialled')
  })
})

describe('a refusal gives nothing away about what listens there', () => {
  /** Without what is of one call alone: ids and times. */
  const words = (body: object, port: number): string =>
    JSON.stringify(body)
      .replaceAll(String(port), 'PORT')
      .replace(/"(?:id|messageId)":"[^"]+"/g, '')
      .replace(/"startedAt":"[^"]+"/, '')
      .replaceAll(/"(?:atMs|durationMs|ms)":[\d.]+/g, '')

  test('the same words, and nothing was tried that could take longer', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const address = gone.address()
    const closed = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => gone.close(resolve))
    const times: Record<string, number[]> = { open: [], closed: [] }
    const said: string[] = []
    for (let round = 0; round < 25; round += 1) {
      for (const [name, port] of [
        ['open', inside.port],
        ['closed', closed],
      ] as const) {
        const { body } = await send({ server: `smtp://127.0.0.1:${port}` }).expect(403)
        said.push(words(body, port))
        const names = body.transcript.phases.map((phase: { name: string }) => phase.name)
        expect(names).toEqual(['dns'])
        expect(body.transcript.entries).toEqual([])
        times[name]?.push(body.transcript.durationMs)
      }
    }
    expect(new Set(said).size).toBe(1)
    const median = (values: number[] = []): string => (values.sort((a, b) => a - b)[12] ?? 0).toFixed(3)
    row(
      'something listens there, or nothing',
      '127.0.0.1:open, 127.0.0.1:closed',
      `403 in the same words; no connection is begun; median session ${median(times['open'])} ms and ${median(times['closed'])} ms`,
    )
  })
})
