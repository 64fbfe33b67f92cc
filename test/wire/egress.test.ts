import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHost } from '../../src/text/host.ts'
import { checkEgress, type EgressPolicy, parseEgressEntries, parsePorts } from '../../src/wire/egress.ts'

const MAIL_PORTS = '24,25,110,465,587,995,2525'

function policy(allow = '', ports = MAIL_PORTS): EgressPolicy {
  return { allow: parseEgressEntries(allow), publicPorts: parsePorts(ports) }
}

/** What would allow it, or `allowed`. */
function verdict(at: EgressPolicy, address: string, port = 25, host = address): string {
  const found = checkEgress(at, { host, address, port })
  return found.allowed ? 'allowed' : `${found.setting}=${found.entry}`
}

describe('what is public', () => {
  test.each([
    '8.8.8.8',
    '1.0.0.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7:ffff::1',
    '2001:db9::1',
    '2003::1',
    '2620:4f:7fff::1',
    '2a00:1450:4001::1b',
    '3fff:1000::1',
  ])('%s may be dialled on mail ports and on no other', (address) => {
    for (const { low } of parsePorts(MAIL_PORTS)) expect(verdict(policy(), address, low)).toBe('allowed')
    for (const port of [22, 26, 53, 80, 443, 2526, 6379, 65535]) {
      expect(verdict(policy(), address, port)).not.toBe('allowed')
    }
  })

  /** The registries of RFC 6890 at IANA, and what clouds and old standards add. */
  const SPECIAL = `
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 100.100.100.200/32 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 169.254.169.254/32
    172.16.0.0/12 192.0.0.0/24 192.0.0.192/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16
    192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32
    ::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23
    2001::/32 2001:1::1/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
    2002::/16 2620:4f:8000::/48 3fff::/20 4000::/3 5f00::/16 8000::/1 fc00::/7 fd00:ec2::254/128 fd20:ce::254/128
    fe80::/10 fec0::/10 ff00::/8 ff02::1/128`

  test.each(SPECIAL.trim().split(/\s+/))('no address of %s may be dialled by default', (network) => {
    const [first = '', bits = ''] = network.split('/')
    const family = first.includes(':') ? 'ipv6' : 'ipv4'
    const inside = new BlockList()
    inside.addSubnet(first, Number(bits), family)
    const total = family === 'ipv6' ? 128 : 32
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << BigInt(total - Number(bits))) - 1n }), (offset) => {
        const address = spelt(numberOf(first) + offset, family)
        expect(inside.check(address, family)).toBe(true)
        expect(verdict(policy(), address)).not.toBe('allowed')
      }),
      { numRuns: 30 },
    )
  })

  test('an address with a zone is judged by its octets', () => {
    expect(verdict(policy(), 'fe80::1%eth0')).toBe('MAILWIRE_EGRESS_ALLOW=[fe80::1]:25')
    expect(verdict(policy('[fe80::]/10'), 'fe80::1%eth0')).toBe('allowed')
  })

  test('what is no address at all is never allowed', () => {
    const all = policy('0.0.0.0/0:*,[::]/0:*')
    expect(() => verdict(all, '127.1')).toThrow('not an address')
    expect(() => verdict(all, 'mail.test')).toThrow('not an address')
  })

  test('every spelling of the same octets has the same verdict', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.constantFrom('::', '::ffff:', '64:ff9b::'),
        (v4, prefix) => {
          const [a = 0, b = 0, c = 0, d = 0] = v4
          const hex = `${prefix}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
          const dotted = `${prefix}${a}.${b}.${c}.${d}`
          expect(verdict(policy(), dotted)).toBe(verdict(policy(), hex))
          expect(verdict(policy(), hex.toUpperCase())).toBe(verdict(policy(), hex))
          expect(verdict(policy(`[${dotted}]`), hex)).toBe(verdict(policy(`[${hex}]`), dotted))
        },
      ),
    )
  })
})

describe('an IPv4 address inside an IPv6 address', () => {
  test.each([
    ['IPv4-compatible', '[::]/96', '::7f00:1', '::8.8.8.8'],
    ['IPv4-mapped', '[::ffff:0:0]/96', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
    ['IPv4-translated', '[::ffff:0:0:0]/96', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
    ['NAT64', '[64:ff9b::]/96', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8'],
    ['NAT64 of the own network, /96', '[64:ff9b:1::]/48', '64:ff9b:1::127.0.0.1', '64:ff9b:1::8.8.8.8'],
    [
      'NAT64 of the own network, /64',
      '[64:ff9b:1::]/48',
      '64:ff9b:1:0:7f:0:100:0',
      '64:ff9b:1:0:8:808:800:0',
    ],
    ['NAT64 of the own network, /56', '[64:ff9b:1::]/48', '64:ff9b:1:7f:0:1::', '64:ff9b:1:8:8:808::'],
    ['NAT64 of the own network, /48', '[64:ff9b:1::]/48', '64:ff9b:1:7f00:0:100::', '64:ff9b:1:808:8:800::'],
    ['6to4', '[2002::]/16', '2002:7f00:1::1', '2002:808:808::1'],
    ['the client of Teredo', '[2001::]/32', '2001:0:808:808:0:0:80ff:fffe', '2001:0:808:808:0:0:f7f7:f7f7'],
    ['the server of Teredo', '[2001::]/32', '2001:0:7f00:1:0:0:f7f7:f7f7', '2001:0:808:808:0:0:f7f7:f7f7'],
  ])('%s: both have to be allowed', (_, outer, loopback, open) => {
    expect(verdict(policy(), loopback)).not.toBe('allowed')
    expect(verdict(policy('127.0.0.1'), loopback)).not.toBe('allowed')
    expect(verdict(policy(outer), loopback)).toBe('MAILWIRE_EGRESS_ALLOW=127.0.0.1:25')
    expect(verdict(policy(`${outer},127.0.0.1`), loopback)).toBe('allowed')
    expect(verdict(policy(outer), open)).toBe('allowed')
  })

  test('ISATAP hides one in any network, also a public one', () => {
    expect(verdict(policy(), '2a00:1450::5efe:8.8.8.8')).toBe('allowed')
    expect(verdict(policy(), '2a00:1450::5efe:10.0.0.1')).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.1:25')
    expect(verdict(policy(), '2a00:1450::200:5efe:10.0.0.1')).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.1:25')
  })

  test('the refusal names the entries for both', () => {
    const refused = verdict(policy(), '::ffff:169.254.169.254')
    expect(refused).toBe('MAILWIRE_EGRESS_ALLOW=[::ffff:a9fe:a9fe]:25,169.254.169.254:25')
  })
})

describe('what is allowed besides', () => {
  test.each([
    ['an address without a port: the mail ports', '127.0.0.1', '127.0.0.1', [25, 2525], [26, 80]],
    ['an address with a port: that one only', '127.0.0.1:2526', '127.0.0.1', [2526], [25, 2525]],
    ['an address with a range of ports', '127.0.0.1:2500-2599', '127.0.0.1', [2500, 2599], [2499, 2600, 25]],
    ['an address with all ports', '127.0.0.1:*', '127.0.0.1', [1, 25, 65535], [0]],
    ['a network', '10.0.0.0/8', '10.255.0.1', [25], [80]],
    ['a network with a port', '10.1.0.0/16:26', '10.1.255.255', [26], [25]],
    ['a network that ends inside an octet', '10.0.16.0/20:*', '10.0.31.255', [1], []],
    ['an IPv6 address', '[::1]:2525', '::1', [2525], [25]],
    ['an IPv6 network', '[fd00::]/8:25', 'fdff::1', [25], [26]],
    ['an IPv6 network without a port', '[fd00::]/8', 'fd12::1', [25, 587], [26]],
    ['a public address on another port', '8.8.8.8:2526', '8.8.8.8', [2526, 25], [2527]],
    ['every IPv4 address', '0.0.0.0/0:*', '169.254.169.254', [80], []],
  ])('%s', (_, entry, address, open, closed) => {
    for (const port of open) expect(verdict(policy(entry), address, port)).toBe('allowed')
    for (const port of closed) expect(verdict(policy(entry), address, port)).not.toBe('allowed')
  })

  test.each([
    ['10.0.0.0/8:*', '11.0.0.0'],
    ['10.0.16.0/20:*', '10.0.32.0'],
    ['10.0.16.0/20:*', '10.0.15.255'],
    ['127.0.0.1:*', '127.0.0.2'],
    ['[fd00::]/8:*', 'fc00::1'],
    ['[fd00::]/8:*', '10.0.0.1'],
    ['0.0.0.0/0:*', '::1'],
    ['[::]/0:*', '127.0.0.1'],
  ])('%s does not open %s', (entry, address) => {
    expect(verdict(policy(entry), address, 81)).not.toBe('allowed')
  })

  test('the ports of an entry without ports are those of public addresses', () => {
    const custom = policy('10.0.0.1', '26,2000-2002')
    expect(verdict(custom, '10.0.0.1', 2001)).toBe('allowed')
    expect(verdict(custom, '10.0.0.1', 25)).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.1:25')
    expect(verdict(custom, '8.8.8.8', 25)).toBe('MAILWIRE_EGRESS_ALLOW=8.8.8.8:25')
    expect(verdict(custom, '8.8.8.8', 26)).toBe('allowed')
  })

  test('a host counts by the name that was asked for, whatever it resolves to', () => {
    const internal = policy('mail.internal:587, Bücher.Example')
    expect(verdict(internal, '10.0.0.5', 587, 'mail.internal')).toBe('allowed')
    expect(verdict(internal, '169.254.169.254', 587, 'MAIL.Internal.')).toBe('allowed')
    expect(verdict(internal, '::1', 25, 'xn--bcher-kva.example')).toBe('allowed')
    expect(verdict(internal, '::1', 25, 'bücher.example.')).toBe('allowed')
    expect(verdict(internal, '10.0.0.5', 25, 'mail.internal')).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.5:25')
    expect(verdict(internal, '10.0.0.5', 587, 'x.mail.internal')).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.5:587')
    expect(verdict(internal, '10.0.0.5', 587, '10.0.0.5')).toBe('MAILWIRE_EGRESS_ALLOW=10.0.0.5:587')
  })

  test('what a refusal names is what has to be configured', () => {
    for (const address of [
      '127.0.0.1',
      '::1',
      'fd00::5',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '2002:7f00:1::',
    ]) {
      const refused = checkEgress(policy(), { host: address, address, port: 2526 })
      if (refused.allowed) throw new Error(`${address} is allowed`)
      expect(verdict(policy(refused.entry), address, 2526)).toBe('allowed')
    }
  })
})

describe('entries at fault stop the service and are named', () => {
  test.each([
    ['127.0.0.1,fd00::/8', "'fd00::/8': an IPv6 address stands in brackets"],
    ['::1', "'::1': an IPv6 address stands in brackets"],
    ['::1:25', "'::1:25': an IPv6 address stands in brackets"],
    ['*', "'*': it holds characters that no host name has"],
    ['*.internal', "'*.internal': it holds characters that no host name has"],
    ['a.test,,b.test', "'': it is empty"],
    ['10.0.0.5/8', "'10.0.0.5/8': the address has bits beyond its prefix; the network is 10.0.0.0/8"],
    ['10.0.24.0/20', 'the network is 10.0.16.0/20'],
    ['[fd00::1]/8:25', 'the network is [fd00::]/8'],
    ['10.0.0.0/33', "'10.0.0.0/33': the prefix is at most 32 bits long"],
    ['[fd00::]/129', 'the prefix is at most 128 bits long'],
    ['10.0.0.0/', "'10.0.0.0/': is no entry"],
    ['10/8', "'10/8': it ends in a number"],
    ['127.1:25', "'127.1:25': it ends in a number"],
    ['mail.test/24', "'mail.test/24': only an address can have a prefix length"],
    ['[fe80::1%eth0]:25', 'an address with a zone'],
    ['[127.0.0.1]:25', 'it is not an IPv6 address'],
    ['[::1', "'[::1': is no entry"],
    ['a.test:0', "'a.test:0': ports are written"],
    ['a.test:65536', 'ports are written'],
    ['a.test:30-20', 'ports are written'],
    ['a.test:', 'ports are written'],
    ['a.test:smtp', 'ports are written'],
    ['a.test:025', 'ports are written'],
    ['a.test:25:26', "'a.test:25:26': is no entry"],
    ['smtp://a.test', 'ports are written'],
  ])('%s', (text, message) => {
    expect(() => parseEgressEntries(text)).toThrow(message)
  })

  test.each(['0', '25,', '65536', '1-', '-1', '2-1', 'smtp', '25;26', '*', '1e3', '２５'])(
    'ports %s',
    (text) => {
      expect(() => parsePorts(text)).toThrow('ports are written 25 or 2500-2599')
    },
  )

  test('nothing configured is nothing allowed besides', () => {
    expect(parseEgressEntries('  ')).toEqual([])
    expect(parsePorts('')).toEqual([])
  })
})

describe('what a caller writes as host', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[2001:DB8:0:0::1]', '2001:DB8:0:0::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ])('%s is an address', (text, address) => {
    expect(parseHost(text)).toEqual({ kind: 'address', address, family: address.includes(':') ? 6 : 4 })
  })

  test.each([
    ['Mail.Example.COM', 'mail.example.com'],
    ['mail.example.com.', 'mail.example.com'],
    ['mail', 'mail'],
    ['mail_1.internal', 'mail_1.internal'],
    ['_mta-sts.example.com', '_mta-sts.example.com'],
    ['1und1.de', '1und1.de'],
    ['1.2.3.4.example', '1.2.3.4.example'],
    ['0x7f.example', '0x7f.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['straße.example', 'xn--strae-oqa.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    [`${'abcdefg.'.repeat(31)}abcde`, `${'abcdefg.'.repeat(31)}abcde`],
  ])('%s is a name', (text, name) => {
    expect(parseHost(text)).toEqual({ kind: 'name', name })
  })

  test.each([
    ['127.1', 'it ends in a number'],
    ['127.0.1', 'it ends in a number'],
    ['2130706433', 'it ends in a number'],
    ['0177.0.0.1', 'it ends in a number'],
    ['127.0.0.01', 'it ends in a number'],
    ['0x7f.1', 'it ends in a number'],
    ['0x7f000001', 'it ends in a number'],
    ['0X7F.0.0.0x1', 'it ends in a number'],
    ['127.0.0.0x', 'it ends in a number'],
    ['017700000001', 'it ends in a number'],
    ['127.0.0.1.', 'it ends in a number'],
    ['256.0.0.1', 'it ends in a number'],
    ['1.2.3.4.5', 'it ends in a number'],
    ['example.123', 'it ends in a number'],
    ['１２７.0.0.1', 'no internationalised domain name'],
    ['127。0。0。1', 'no internationalised domain name'],
    ['①②⑦.⓪.⓪.①', 'no internationalised domain name'],
    ['ｅxample.com', 'no internationalised domain name'],
    ['mail。example。com', 'no internationalised domain name'],
    ['exam\u00adple.com', 'no internationalised domain name'],
    ['exam\u200bple.com', 'no internationalised domain name'],
    ['é\u202e.com', 'no internationalised domain name'],
    ['xn--ö.com', 'no internationalised domain name'],
    ['é.1', 'no internationalised domain name'],
    ['\ud800.com', 'no internationalised domain name'],
    ['fe80::1%eth0', 'an address with a zone'],
    ['[fe80::1%25eth0]', 'an address with a zone'],
    ['[127.0.0.1]', 'it is not an IPv6 address'],
    ['[mail.example]', 'it is not an IPv6 address'],
    ['[::1', 'it is not an IPv6 address'],
    ['[]', 'it is not an IPv6 address'],
    ['1::2::3', 'it is not an IPv6 address'],
    ['::127.1', 'it is not an IPv6 address'],
    ['::1.', 'it is not an IPv6 address'],
    ['mail.example:25', 'it is not an IPv6 address'],
    ['', 'it is empty'],
    ['.', 'it is empty'],
    ['..', 'its labels are not all'],
    ['a..b', 'its labels are not all'],
    ['.a', 'its labels are not all'],
    ['a.b..', 'its labels are not all'],
    ['-a.example', 'its labels are not all'],
    ['a-.example', 'its labels are not all'],
    ['é..example', 'its labels are not all'],
    [' mail.example', 'it holds characters'],
    ['mail.example\r\n', 'it holds characters'],
    ['mail\0.example', 'it holds characters'],
    ['mail%2eexample', 'it holds characters'],
    ['é%2eexample', 'it holds characters'],
    ['user@mail.example', 'it holds characters'],
    ['mail.example/x', 'it holds characters'],
    ['*.example', 'it holds characters'],
    [`${'a'.repeat(64)}.example`, 'a label is longer than 63'],
    [`${'ü'.repeat(60)}.example`, 'a label is longer than 63'],
    [`${'abcdefg.'.repeat(31)}abcdef`, 'it is longer than 253'],
  ])('%j is malformed', (text, reason) => {
    expect(parseHost(text)).toEqual({ kind: 'malformed', reason: expect.stringContaining(reason) })
  })

  test('whatever is written, a name never holds what getaddrinfo would read as an address', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '127',
      '0x7f',
      '017',
      '.',
      '。',
      '．',
      '１',
      'x',
      'ⅹ',
      '%31',
      ':',
      'a',
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), (pieces) => {
        const host = parseHost(pieces.join(''))
        if (host.kind === 'name') expect(new URL(`http://${host.name}/`).hostname).toBe(host.name)
        if (host.kind === 'name') expect(host.name).not.toMatch(/^[0-9.]+$/)
      }),
      { numRuns: 2000 },
    )
  })
})

function numberOf(address: string): bigint {
  if (!address.includes(':'))
    return address.split('.').reduce((sum, octet) => (sum << 8n) + BigInt(octet), 0n)
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const parts = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return parts.reduce((sum, part) => (sum << 16n) + BigInt(`0x${part}`), 0n)
}

function spelt(value: bigint, family: 'ipv4' | 'ipv6'): string {
  const [count, width, radix] = family === 'ipv4' ? [4, 8n, 10] : [8, 16n, 16]
  const parts = Array.from(
    { length: count },
    (_, n) => (value >> (BigInt(count - 1 - n) * width)) & ((1n << width) - 1n),
  )
  return parts.map((part) => part.toString(radix)).join(family === 'ipv4' ? '.' : ':')
}
