import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { configOf, KEY, keysOf, OTHER_KEY, refusalOf } from './reading.ts'

describe('each variable is read', () => {
  const cases: [string, string, (config: Config) => unknown, unknown][] = [
    ['MAILWIRE_HOST', '::1', (config) => config.host, '::1'],
    ['MAILWIRE_HOST', '[::1]', (config) => config.host, '::1'],
    ['MAILWIRE_HOST', 'localhost', (config) => config.host, 'localhost'],
    ['MAILWIRE_HOST', '127.8.9.10', (config) => config.host, '127.8.9.10'],
    ['MAILWIRE_HOST', '::ffff:127.0.0.1', (config) => config.host, '::ffff:127.0.0.1'],
    ['MAILWIRE_PORT', '0', (config) => config.port, 0],
    ['MAILWIRE_PORT', '65535', (config) => config.port, 65535],
    ['MAILWIRE_API_KEYS', `${KEY}, ${OTHER_KEY}`, keysOf, [KEY, OTHER_KEY]],
    ['MAILWIRE_OPEN', 'true', (config) => config.open, true],
    ['MAILWIRE_SERVERS_FILE', 'office.yaml', (config) => config.servers.map(({ name }) => name), ['office']],
    ['MAILWIRE_DEFAULT_SERVER', 'sandbox', (config) => config.defaultServer, 'sandbox'],
    ['MAILWIRE_SANDBOX', 'off', (config) => config.sandbox, false],
    ['MAILWIRE_EGRESS_ALLOW', '127.0.0.0/8:*,mail.internal:587', (config) => config.egress.allow.length, 2],
    [
      'MAILWIRE_EGRESS_PORTS',
      '25,2500-2599',
      (config) => config.egress.publicPorts,
      [
        { low: 25, high: 25 },
        { low: 2500, high: 2599 },
      ],
    ],
    [
      'MAILWIRE_DNS_SERVERS',
      '192.0.2.53,[2001:db8::53]:5353',
      (config) => config.dnsServers,
      ['192.0.2.53', '[2001:db8::53]:5353'],
    ],
    ['MAILWIRE_HELLO_NAME', 'Probe.example.com', (config) => config.helloName, 'probe.example.com'],
    ['MAILWIRE_HELLO_NAME', 'localhost', (config) => config.helloName, 'localhost'],
    ['MAILWIRE_HELLO_NAME', '[192.0.2.1]', (config) => config.helloName, '[192.0.2.1]'],
    ['MAILWIRE_HELLO_NAME', '[IPv6:2001:db8::1]', (config) => config.helloName, '[IPv6:2001:db8::1]'],
    ['MAILWIRE_MAX_SESSIONS', '5000', (config) => config.maxSessions, 5000],
    ['MAILWIRE_MAX_SESSIONS_PER_TARGET', '5000', (config) => config.maxSessionsPerTarget, 5000],
    ['MAILWIRE_MAX_MESSAGE_BYTES', '1073741824', (config) => config.maxMessageOctets, 1_073_741_824],
    ['MAILWIRE_MAX_RECIPIENTS', '1', (config) => config.maxRecipients, 1],
    ['MAILWIRE_CONNECT_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.connect, 70_000],
    ['MAILWIRE_GREETING_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.greeting, 70_000],
    ['MAILWIRE_COMMAND_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.command, 70_000],
    ['MAILWIRE_DATA_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.data, 70_000],
    ['MAILWIRE_FINAL_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.final, 70_000],
    ['MAILWIRE_TOTAL_TIMEOUT_MS', '70000', (config) => config.timeLimits.maxima.total, 70_000],
    ['MAILWIRE_RATE_LIMIT', '10000000', (config) => config.rateLimit, 10_000_000],
    ['MAILWIRE_RATE_LIMIT', '0', (config) => config.rateLimit, 0],
    ['MAILWIRE_TRUST_PROXY', 'false', (config) => config.trustProxy, []],
    ['MAILWIRE_TRUST_PROXY', '10.0.0.0/8, ::1', (config) => config.trustProxy, ['10.0.0.0/8', '::1']],
    ['MAILWIRE_SHUTDOWN_GRACE_MS', '0', (config) => config.shutdownGraceMs, 0],
    ['MAILWIRE_LOG_LEVEL', 'debug', (config) => config.logLevel, 'debug'],
  ]
  test.each(cases)('%s=%s', (name, text, pick, value) => {
    expect(pick(configOf({ [name]: text }))).toEqual(value)
  })

  test.each([...new Set(cases.map(([name]) => name))])('%s is not set where it is empty', (name) => {
    expect(configOf({ [name]: '' })).toEqual(configOf({}))
  })
})

describe('a wrong value is refused in one line that names the variable', () => {
  test.each([
    ['MAILWIRE_HOST', 'a b'],
    ['MAILWIRE_HOST', '127.1'],
    ['MAILWIRE_HOST', '*'],
    ['MAILWIRE_PORT', '65536'],
    ['MAILWIRE_PORT', '-1'],
    ['MAILWIRE_PORT', '1e3'],
    ['MAILWIRE_PORT', '0x19'],
    ['MAILWIRE_PORT', '025'],
    ['MAILWIRE_PORT', ' 25'],
    ['MAILWIRE_PORT', '25\n'],
    ['MAILWIRE_PORT', '25.0'],
    ['MAILWIRE_PORT', 'Infinity'],
    ['MAILWIRE_API_KEYS', 'fifteen-charact'],
    ['MAILWIRE_API_KEYS', `${KEY},`],
    ['MAILWIRE_API_KEYS', `${KEY} with blanks`],
    ['MAILWIRE_API_KEYS', `${KEY}\u00e9`],
    ['MAILWIRE_API_KEYS_FILE', 'short-keys'],
    ['MAILWIRE_API_KEYS_FILE', 'comma-keys'],
    ['MAILWIRE_API_KEYS_FILE', 'empty'],
    ['MAILWIRE_API_KEYS_FILE', 'absent'],
    ['MAILWIRE_OPEN', 'yes'],
    ['MAILWIRE_OPEN', 'TRUE'],
    ['MAILWIRE_SERVERS_FILE', 'absent'],
    ['MAILWIRE_SERVERS_FILE', 'empty'],
    ['MAILWIRE_DEFAULT_SERVER', 'office'],
    ['MAILWIRE_SANDBOX', 'true'],
    ['MAILWIRE_EGRESS_ALLOW', '10.0.0.0/33'],
    ['MAILWIRE_EGRESS_ALLOW', 'a b\nc'],
    ['MAILWIRE_EGRESS_PORTS', '25,'],
    ['MAILWIRE_DNS_SERVERS', 'dns.example.com'],
    ['MAILWIRE_DNS_SERVERS', '192.0.2.53:0'],
    ['MAILWIRE_HELLO_NAME', 'a b'],
    ['MAILWIRE_HELLO_NAME', 'my_name.example.com'],
    ['MAILWIRE_HELLO_NAME', '192.0.2.1'],
    ['MAILWIRE_HELLO_NAME', '[2001:db8::1]'],
    ['MAILWIRE_HELLO_NAME', '[192.0.2.1]\r\nRSET'],
    ['MAILWIRE_MAX_SESSIONS', '0'],
    ['MAILWIRE_MAX_SESSIONS_PER_TARGET', '0'],
    ['MAILWIRE_MAX_MESSAGE_BYTES', '50MB'],
    ['MAILWIRE_MAX_MESSAGE_BYTES', '9007199254740993'],
    ['MAILWIRE_MAX_RECIPIENTS', '0'],
    ['MAILWIRE_CONNECT_TIMEOUT_MS', '0'],
    ['MAILWIRE_GREETING_TIMEOUT_MS', '5s'],
    ['MAILWIRE_COMMAND_TIMEOUT_MS', '2147483648'],
    ['MAILWIRE_DATA_TIMEOUT_MS', '0'],
    ['MAILWIRE_FINAL_TIMEOUT_MS', '0'],
    ['MAILWIRE_TOTAL_TIMEOUT_MS', '0'],
    ['MAILWIRE_RATE_LIMIT', '-1'],
    ['MAILWIRE_TRUST_PROXY', 'true'],
    ['MAILWIRE_TRUST_PROXY', 'loopback'],
    ['MAILWIRE_TRUST_PROXY', '10/8'],
    ['MAILWIRE_TRUST_PROXY', '0x7f.1'],
    ['MAILWIRE_TRUST_PROXY', '10.0.0.0/33'],
    ['MAILWIRE_TRUST_PROXY', '10.0.0.0/8,'],
    ['MAILWIRE_TRUST_PROXY', 'fe80::1%eth0'],
    ['MAILWIRE_SHUTDOWN_GRACE_MS', '10s'],
    ['MAILWIRE_LOG_LEVEL', 'trace'],
  ])('%s=%j', (name, text) => {
    const message = refusalOf({ [name]: text })
    expect(message).toMatch(new RegExp(`^${name} .+$`))
    expect(message).not.toContain('\n')
  })

  test.each([
    ['MAILWIRE_PORT', '1e3', /a whole number from 0 to 65535/],
    ['MAILWIRE_RATE_LIMIT', 'x', /a whole number from 0 on/],
    ['MAILWIRE_LOG_LEVEL', 'x', /error, warn, info or debug/],
    ['MAILWIRE_OPEN', 'x', /true or false/],
    ['MAILWIRE_API_KEYS', `${KEY},short`, /at least 16 characters; entry 2/],
    ['MAILWIRE_API_KEYS_FILE', 'short-keys', /at least 16 characters; line 3/],
    ['MAILWIRE_SERVERS_FILE', 'absent', /cannot be read \(ENOENT\)/],
    ['MAILWIRE_TRUST_PROXY', '10.0.0.0/8,true', /false, or addresses and networks .* entry 2/],
  ])('%s=%s says what is expected', (name, text, expectation) => {
    expect(refusalOf({ [name]: text })).toMatch(expectation)
  })
})

describe('variables that nobody reads', () => {
  test.each([
    ['MAILWIRE_PROT', 'MAILWIRE_PORT'],
    ['MAILWIRE_API_KEY', 'MAILWIRE_API_KEYS'],
    ['MAILWIRE_API_KEY_FILE', 'MAILWIRE_API_KEYS_FILE'],
    ['MAILWIRE_TOTAL_TIMEOUT', 'MAILWIRE_TOTAL_TIMEOUT_MS'],
    ['mailwire_port', 'MAILWIRE_PORT'],
  ])('%s is refused, and %s suggested', (name, suggestion) => {
    expect(refusalOf({ [name]: 'x' })).toContain(`${name} (did you mean ${suggestion}?)`)
  })

  test('all of them are named, without a suggestion where none is near', () => {
    const message = refusalOf({ MAILWIRE_PROT: '1', MAILWIRE_SOMETHING_ELSE: '2' })
    expect(message).toContain('MAILWIRE_PROT (did you mean MAILWIRE_PORT?); MAILWIRE_SOMETHING_ELSE.')
  })

  test('a name cannot break the line', () => {
    expect(refusalOf({ 'MAILWIRE_\nX': '1' })).not.toContain('\n')
  })

  test('other programs’ variables are none of our business', () => {
    expect(configOf({ PATH: '/bin', PORT: 'x', MAILWIREX: 'x' })).toEqual(configOf({}))
  })

  test('what Kubernetes tells of a Service called mailwire is no configuration', () => {
    const links = {
      MAILWIRE_PORT: 'tcp://10.0.0.7:80',
      MAILWIRE_SERVICE_HOST: '10.0.0.7',
      MAILWIRE_SERVICE_PORT: '80',
      MAILWIRE_SERVICE_PORT_HTTP: '80',
      MAILWIRE_PORT_80_TCP: 'tcp://10.0.0.7:80',
      MAILWIRE_PORT_80_TCP_PROTO: 'tcp',
      MAILWIRE_PORT_80_TCP_PORT: '80',
      MAILWIRE_PORT_80_TCP_ADDR: '10.0.0.7',
    }
    expect(configOf(links)).toEqual(configOf({}))
  })

  test('a secret that the servers file refers to is known', () => {
    const env = { MAILWIRE_SERVERS_FILE: 'secret.yaml', MAILWIRE_OFFICE_PASSWORD: 'hunter22' }
    expect(configOf(env).servers[0]?.credentials?.credential?.value.reveal()).toBe('hunter22')
  })
})
