import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ValueError } from '../../src/config/config-error.ts'
import { type ApiKey, KEYS_EXAMPLE, limitedKeys } from '../../src/config/keys-file.ts'
import type { Target } from '../../src/session/target.ts'
import { parsePorts } from '../../src/wire/egress.ts'
import { configOf, KEY, OTHER_KEY, refusalOf } from './reading.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const FILES: Readonly<Record<string, string>> = { secret: `${KEY}\n`, short: 'tooshort\n' }

function read(keys: unknown): ApiKey[] {
  return readText(JSON.stringify({ keys }))
}

function readText(text: string): ApiKey[] {
  return limitedKeys(
    text,
    {
      content: (path) => {
        const content = FILES[path]
        if (content === undefined) throw new ValueError('names a file that cannot be read (ENOENT)')
        return content
      },
      variable: (name) => (name === 'THE_KEY' ? KEY : undefined),
    },
    { servers: ['office', 'sandbox'], mailPorts: parsePorts('25,587') },
  )
}

function faultOf(keys: unknown): string {
  try {
    read(keys)
  } catch (error) {
    if (error instanceof ValueError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

const at = (host: string, port = 25, name?: string): Target => ({
  url: `smtp://${host}:${port}`,
  protocol: 'smtp',
  host,
  port,
  security: 'off',
  verify: 'strict',
  servername: host,
  minVersion: 'TLSv1.2',
  chosenBy: name === undefined ? 'requested' : 'configured',
  ...(name === undefined ? {} : { name }),
})

describe('a key', () => {
  test.each([
    ['itself', { key: KEY }],
    ['in a file', { keyFile: 'secret' }],
    ['in the environment', { keyEnv: 'THE_KEY' }],
    ['as its digest', { sha256: sha256(KEY) }],
  ])('is given %s, and may do everything where nothing else is said', (_how, way) => {
    const [key] = read([{ name: 'monitoring', ...way }])
    expect(key?.digest.toString('hex')).toBe(sha256(KEY))
    expect(key).toMatchObject({
      name: 'monitoring',
      may: ['reads', 'sends', 'destroys'],
      rate: undefined,
    })
    expect(key?.reaches(at('anything.example'))).toBe(true)
  })

  test('reaches the servers that its list names, and no others', () => {
    const [key] = read([
      {
        name: 'a',
        key: KEY,
        targets: ['office', 'mail.example.com:2525', 'mx.example.com', '192.0.2.0/24', '[2001:db8::]/32:*'],
      },
    ])
    const reached = (...target: Parameters<typeof at>) => key?.reaches(at(...target))
    expect(reached('10.0.0.1', 25, 'office')).toBe(true)
    expect(reached('10.0.0.1', 25, 'sandbox')).toBe(false)
    expect(reached('MAIL.example.com.', 2525)).toBe(true)
    expect(reached('mail.example.com', 25)).toBe(false)
    expect(reached('x.mail.example.com', 2525)).toBe(false)
    expect(reached('mx.example.com', 587)).toBe(true)
    expect(reached('mx.example.com', 2525)).toBe(false)
    expect(reached('192.0.2.77', 587)).toBe(true)
    expect(reached('192.0.3.1')).toBe(false)
    expect(reached('::ffff:192.0.2.77')).toBe(false)
    expect(reached('2001:db8::1', 65535)).toBe(true)
    // the name is a configured server's, and not a host's
    expect(reached('office')).toBe(false)
  })

  test('an address of a configured server is not the configured server', () => {
    const [key] = read([{ name: 'a', key: KEY, targets: ['192.0.2.1'] }])
    expect(key?.reaches(at('192.0.2.1', 25, 'office'))).toBe(false)
  })

  test('the example of --help can be read', () => {
    const text = KEYS_EXAMPLE.replace('/run/secrets/monitoring', 'secret')
    expect(readText(text)).toMatchObject([{ name: 'monitoring', may: ['reads'], rate: 60 }])
  })
})

describe('what is wrong is named, and never quoted', () => {
  test.each([
    [[], 'is wrong: keys: '],
    [[{ name: 'A B', key: KEY }], 'keys.0.name: a name is made of'],
    [[{ name: 'a' }], 'keys.0: needs exactly one of key, keyFile, keyEnv, sha256'],
    [[{ name: 'a', key: KEY, sha256: sha256(KEY) }], 'keys.0: needs exactly one of'],
    [[{ name: 'a', key: 'tooshort' }], 'keys.0.key: must hold keys of at least 16 characters'],
    [[{ name: 'a', key: `${KEY},${KEY}` }], 'keys.0.key: must hold keys of visible ASCII'],
    [[{ name: 'a', keyFile: 'short' }], 'keys.0.keyFile: must hold keys of at least 16 characters'],
    [[{ name: 'a', keyFile: 'nowhere' }], 'keys.0.keyFile: names a file that cannot be read (ENOENT)'],
    [[{ name: 'a', keyEnv: 'NOT_SET' }], 'keys.0.keyEnv: names an environment variable that is not set'],
    [[{ name: 'a', sha256: KEY }], 'keys.0.sha256: must be 64 hexadecimal digits'],
    [[{ name: 'a', key: KEY, may: [] }], 'keys.0.may: '],
    [[{ name: 'a', key: KEY, may: ['writes'] }], 'keys.0.may.0: '],
    [[{ name: 'a', key: KEY, targets: ['10.0.0.0/33'] }], 'keys.0.targets.0: must be a configured server'],
    [[{ name: 'a', key: KEY, targets: ['office', KEY.repeat(9)] }], 'keys.0.targets.1: must be a configured'],
    [[{ name: 'a', key: KEY, targets: ['a.test,b.test'] }], 'keys.0.targets.0: must be a configured server'],
    [[{ name: 'a', key: KEY, rate: -1 }], 'keys.0.rate: '],
    [[{ name: 'a', key: KEY, limit: 1 }], 'keys.0: Unrecognized key'],
    [
      [
        { name: 'a', key: KEY },
        { name: 'a', key: OTHER_KEY },
      ],
      'keys: a stands there twice',
    ],
  ])('%j', (keys, message) => {
    const fault = faultOf(keys)
    expect(fault).toContain(message)
    for (const value of [KEY, OTHER_KEY, 'tooshort', '10.0.0.0']) expect(fault).not.toContain(value)
  })
})

describe('MAILWIRE_KEYS_FILE', () => {
  test('adds to the keys that may do everything', () => {
    const { keys, apiKeys } = configOf({
      MAILWIRE_API_KEYS: KEY,
      MAILWIRE_KEYS_FILE: '/etc/mailwire/keys.yaml',
    })
    expect(apiKeys).toHaveLength(1)
    expect(keys.map(({ name, may }) => [name, may])).toEqual([
      [undefined, ['reads', 'sends', 'destroys']],
      ['monitoring', ['reads']],
    ])
    // a file it names lies beside it
    expect(keys[1]?.digest.toString('hex')).toBe(sha256(OTHER_KEY))
  })

  test('is enough to listen beyond loopback', () => {
    const { keys } = configOf({
      MAILWIRE_HOST: '0.0.0.0',
      MAILWIRE_KEYS_FILE: '/etc/mailwire/keys.yaml',
    })
    expect(keys).toHaveLength(1)
  })

  test('one key with two sets of limits stops the service', () => {
    const refusal = refusalOf({
      MAILWIRE_API_KEYS: OTHER_KEY,
      MAILWIRE_KEYS_FILE: '/etc/mailwire/keys.yaml',
    })
    expect(refusal).toBe('MAILWIRE_KEYS_FILE is wrong: the key of monitoring stands somewhere else too')
  })

  test('a file that is not there stops the service', () => {
    expect(refusalOf({ MAILWIRE_KEYS_FILE: 'nowhere' })).toBe(
      'MAILWIRE_KEYS_FILE names a file that cannot be read (ENOENT)',
    )
  })
})
