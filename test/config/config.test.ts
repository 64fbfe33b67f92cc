import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { configOf, KEY, keysOf, OTHER_KEY, refusalOf } from './reading.ts'

test('with nothing set the service listens on loopback, with the sandbox, and trusts nobody', () => {
  const config = configOf({})
  expect(config).toEqual({
    host: '127.0.0.1',
    port: 25110,
    apiKeys: [],
    keys: [],
    open: false,
    servers: [],
    signingKeys: new Map(),
    defaultServer: 'sandbox',
    sandbox: true,
    egress: {
      allow: [],
      publicPorts: [24, 25, 110, 465, 587, 995, 2525].map((port) => ({ low: port, high: port })),
    },
    dnsServers: [],
    helloName: 'machine.example.com',
    maxSessions: 200,
    maxSessionsPerTarget: 20,
    maxMessageOctets: 52_428_800,
    maxRecipients: 1000,
    timeLimits: {
      maxima: {
        connect: 60_000,
        greeting: 300_000,
        command: 300_000,
        data: 180_000,
        final: 600_000,
        quit: 5000,
        total: 900_000,
      },
      defaults: {
        connect: 15_000,
        greeting: 60_000,
        command: 60_000,
        data: 60_000,
        final: 120_000,
        quit: 5000,
        total: 120_000,
      },
    },
    rateLimit: 600,
    trustProxy: [],
    shutdownGraceMs: 10_000,
    logLevel: 'info',
  })
})

describe('API keys', () => {
  test('come from a file as well, one a line', () => {
    expect(keysOf(configOf({ MAILWIRE_API_KEYS_FILE: 'keys' }))).toEqual([KEY, OTHER_KEY])
  })

  test('come from one place only', () => {
    expect(refusalOf({ MAILWIRE_API_KEYS: KEY, MAILWIRE_API_KEYS_FILE: 'keys' })).toMatch(
      /MAILWIRE_API_KEYS and MAILWIRE_API_KEYS_FILE/,
    )
  })

  test('are shown neither by the configuration nor by what is wrong with them', () => {
    expect(JSON.stringify(configOf({ MAILWIRE_API_KEYS: KEY }))).not.toContain(KEY)
    expect(refusalOf({ MAILWIRE_API_KEYS: 'tooshort' })).not.toContain('tooshort')
    expect(refusalOf({ MAILWIRE_API_KEYS: `${KEY} x` })).not.toContain(KEY)
    expect(refusalOf({ MAILWIRE_API_KEYS_FILE: 'short-keys' })).not.toContain('tooshort')
  })
})

describe('listening beyond loopback', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', '2001:db8::1', 'mail.example.com', '::ffff:10.0.0.1'])(
    'on %s without keys is refused with the three ways out',
    (host) => {
      const message = refusalOf({ MAILWIRE_HOST: host })
      expect(message).toMatch(/^MAILWIRE_HOST /)
      for (const way of ['MAILWIRE_API_KEYS', 'MAILWIRE_OPEN=true', 'MAILWIRE_HOST=127.0.0.1']) {
        expect(message).toContain(way)
      }
    },
  )

  test.each([{ MAILWIRE_API_KEYS: KEY }, { MAILWIRE_API_KEYS_FILE: 'keys' }, { MAILWIRE_OPEN: 'true' }])(
    'is possible with %o',
    (env) => {
      expect(configOf({ MAILWIRE_HOST: '0.0.0.0', ...env }).host).toBe('0.0.0.0')
    },
  )
})

describe('sandbox and default server', () => {
  test.each([
    [{}, true, 'sandbox'],
    [{ MAILWIRE_SANDBOX: 'off' }, false, undefined],
    [{ MAILWIRE_SERVERS_FILE: 'none.yaml' }, true, 'sandbox'],
    [{ MAILWIRE_SERVERS_FILE: 'office.yaml' }, false, 'office'],
    [{ MAILWIRE_SERVERS_FILE: 'office.yaml', MAILWIRE_SANDBOX: 'on' }, true, 'sandbox'],
    [
      { MAILWIRE_SERVERS_FILE: 'office.yaml', MAILWIRE_SANDBOX: 'on', MAILWIRE_DEFAULT_SERVER: 'office' },
      true,
      'office',
    ],
    [{ MAILWIRE_SERVERS_FILE: 'two.json' }, false, undefined],
    [{ MAILWIRE_SERVERS_FILE: 'two.json', MAILWIRE_DEFAULT_SERVER: 'home' }, false, 'home'],
    [{ MAILWIRE_SERVERS_FILE: 'sandbox.yaml' }, false, 'sandbox'],
  ])('%o: sandbox %s, default %s', (env, sandbox, defaultServer) => {
    expect(configOf(env)).toMatchObject({ sandbox, defaultServer })
  })

  test.each([
    [{ MAILWIRE_DEFAULT_SERVER: 'sandbox', MAILWIRE_SANDBOX: 'off' }, /none/],
    [{ MAILWIRE_DEFAULT_SERVER: 'sandbox', MAILWIRE_SERVERS_FILE: 'two.json' }, /home, office/],
    [{ MAILWIRE_DEFAULT_SERVER: 'constructor', MAILWIRE_SERVERS_FILE: 'two.json' }, /home, office/],
  ])('%o: a default that does not exist is refused, with those that do', (env, names) => {
    expect(refusalOf(env)).toMatch(/^MAILWIRE_DEFAULT_SERVER /)
    expect(refusalOf(env)).toMatch(names)
  })

  test('a configured server cannot be called sandbox beside the sandbox', () => {
    expect(refusalOf({ MAILWIRE_SERVERS_FILE: 'sandbox.yaml', MAILWIRE_SANDBOX: 'on' })).toMatch(
      /^MAILWIRE_SERVERS_FILE .*sandbox/,
    )
  })
})

describe('time limits', () => {
  test('what a call gets never exceeds what it may ask for', () => {
    const short = '700'
    const { timeLimits } = configOf({
      MAILWIRE_CONNECT_TIMEOUT_MS: short,
      MAILWIRE_GREETING_TIMEOUT_MS: short,
      MAILWIRE_COMMAND_TIMEOUT_MS: short,
      MAILWIRE_DATA_TIMEOUT_MS: short,
      MAILWIRE_FINAL_TIMEOUT_MS: short,
      MAILWIRE_TOTAL_TIMEOUT_MS: short,
    })
    expect(timeLimits.defaults).toEqual({
      connect: 700,
      greeting: 700,
      command: 700,
      data: 700,
      final: 700,
      quit: 5000,
      total: 700,
    })
  })

  test('a higher maximum leaves what a call gets as it is', () => {
    expect(configOf({ MAILWIRE_TOTAL_TIMEOUT_MS: '3600000' }).timeLimits).toMatchObject({
      maxima: { total: 3_600_000 },
      defaults: { total: 120_000 },
    })
  })
})

describe('the name in EHLO', () => {
  test.each([
    ['mx1.example.com', 'mx1.example.com'],
    ['MX1.Example.com', 'mx1.example.com'],
    ['3f1c9a7be2d4', 'localhost'],
    ['my_machine.example.com', 'localhost'],
    ['192.0.2.1', 'localhost'],
    ['', 'localhost'],
    ['evil.example\r\nRSET', 'localhost'],
  ])('on a machine called %j is %s', (hostname, name) => {
    expect(configOf({}, hostname).helloName).toBe(name)
  })
})

test('files that the servers file names are beside it', () => {
  const config = configOf({ MAILWIRE_SERVERS_FILE: '/etc/mailwire/servers.yaml' })
  expect(config.servers[0]?.credentials?.credential?.value.reveal()).toBe('from a file')
})

test('the configuration is frozen, all the way down', () => {
  const config = configOf({ MAILWIRE_SERVERS_FILE: 'office.yaml', MAILWIRE_API_KEYS: KEY })
  const parts = [
    config,
    config.apiKeys,
    config.servers,
    config.servers[0],
    config.servers[0]?.smtp,
    config.egress,
    config.egress.publicPorts,
    config.timeLimits.maxima,
  ]
  for (const part of parts) expect(Object.isFrozen(part)).toBe(true)
})

test('a mistake of our own in reading a file is not taken for one of the configuration', () => {
  const broken = (): never => {
    throw new TypeError('a bug')
  }
  expect(() => readConfig({ MAILWIRE_SERVERS_FILE: 'x' }, { readFile: broken, hostname: '' })).toThrow(
    TypeError,
  )
})
