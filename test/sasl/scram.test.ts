import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Circumstances, Credentials } from '../../src/sasl/mechanism.ts'
import { Scram, type ScramHash } from '../../src/sasl/scram.ts'
import { answer, circumstances, credentials, saslErrorOf } from './given.ts'

const pencil = credentials('user', 'pencil')

function scram(hash: ScramHash, nonce: string, given: Credentials = pencil): Scram {
  return new Scram(hash, 'unbound', given, circumstances({ nonce: () => nonce }))
}

describe('published examples', () => {
  test('SCRAM-SHA-1, RFC 5802 §5', () => {
    const mechanism = scram('SHA-1', 'fyko+d2lbbFgONRv9qkxdawL')
    expect(mechanism.name).toBe('SCRAM-SHA-1')
    expect(mechanism.initial().toString()).toBe('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')
    expect(answer(mechanism, 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096')).toBe(
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    )
    expect(answer(mechanism, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')).toBe('')
    expect(mechanism.finish()).toBeUndefined()
  })

  test('SCRAM-SHA-256, RFC 7677 §3', () => {
    const mechanism = scram('SHA-256', 'rOprNGfwEbeRWgbNEkqO')
    expect(mechanism.name).toBe('SCRAM-SHA-256')
    expect(mechanism.initial().toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    expect(answer(mechanism, `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)).toBe(
      `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    expect(answer(mechanism, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toBe('')
    expect(mechanism.finish()).toBeUndefined()
  })
})

/** The server's side, from RFC 5802 §3 and on its own feet. */
class Server {
  readonly #hash: string
  readonly #password: string
  readonly #salt = Buffer.from('a grain of salt')
  readonly #iterations = 4096
  /** What the client said about itself: the decoded `c=`, and the names. */
  bound = Buffer.alloc(0)
  user = ''
  gs2 = ''
  #bare = ''
  #first = ''

  constructor(hash: ScramHash, password: string) {
    this.#hash = hash.replace('-', '').toLowerCase()
    this.#password = password
  }

  challenge(clientFirst: Buffer): string {
    const [, gs2 = '', bare = '', user = '', nonce = ''] =
      /^((?:n|y|p=[a-z-]+),(?:a=[^,]*)?,)(n=([^,]*),r=([^,]*))$/.exec(clientFirst.toString()) ?? []
    this.gs2 = gs2
    this.#bare = bare
    this.user = user
    this.#first = `r=${nonce}-and-mine,s=${this.#salt.toString('base64')},i=${this.#iterations}`
    return this.#first
  }

  /** The last message, when the proof is right. */
  verify(clientFinal: string): string {
    const [, withoutProof = '', c = '', proof = ''] = /^(c=([^,]*),r=[^,]*),p=(.*)$/.exec(clientFinal) ?? []
    this.bound = Buffer.from(c, 'base64')
    const message = `${this.#bare},${this.#first},${withoutProof}`
    const salted = this.#hi()
    const storedKey = this.#h(this.#hmac(salted, 'Client Key'))
    const signature = this.#hmac(storedKey, message)
    const clientKey = Buffer.from(proof, 'base64').map((octet, at) => octet ^ signature[at]!)
    if (!this.#h(Buffer.from(clientKey)).equals(storedKey)) return 'e=invalid-proof'
    return `v=${this.#hmac(this.#hmac(salted, 'Server Key'), message).toString('base64')}`
  }

  #hi(): Buffer {
    let u = this.#hmac(Buffer.from(this.#password), Buffer.concat([this.#salt, Buffer.from([0, 0, 0, 1])]))
    const sum = Buffer.from(u)
    for (let i = 1; i < this.#iterations; i += 1) {
      u = this.#hmac(Buffer.from(this.#password), u)
      for (let at = 0; at < sum.length; at += 1) sum[at]! ^= u[at]!
    }
    return sum
  }

  #h(octets: Buffer): Buffer {
    return createHash(this.#hash).update(octets).digest()
  }

  #hmac(key: Buffer, message: Buffer | string): Buffer {
    return createHmac(this.#hash, key).update(message).digest()
  }
}

function logIn(mechanism: Scram, server: Server): void {
  const final = server.verify(answer(mechanism, server.challenge(mechanism.initial())))
  answer(mechanism, final)
  mechanism.finish()
}

describe('against a server that was written apart', () => {
  test.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)('SCRAM-%s', (hash) => {
    const server = new Server(hash, 'pencil')
    logIn(scram(hash, 'abc'), server)
    expect(server.bound.toString()).toBe('n,,')
  })

  test.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)(
    'SCRAM-%s with a wrong password shows what the server said',
    (hash) => {
      const mechanism = scram(hash, 'abc', credentials('user', 'crayon'))
      expect(() => logIn(mechanism, new Server(hash, 'pencil'))).toThrow('reported an error')
      expect(mechanism.refusal).toBe('invalid-proof')
    },
  )

  test.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)('SCRAM-%s-PLUS is bound to the channel', (hash) => {
    const server = new Server(hash, 'pencil')
    const data = Buffer.from('00ff80c3', 'hex')
    const given = circumstances({ bindings: { 'tls-exporter': data }, offered: [`SCRAM-${hash}-PLUS`] })
    const mechanism = new Scram(hash, 'bound', pencil, given)
    expect(mechanism.name).toBe(`SCRAM-${hash}-PLUS`)
    logIn(mechanism, server)
    expect(server.bound).toEqual(Buffer.concat([Buffer.from('p=tls-exporter,,'), data]))
  })

  test('names are escaped, and prepared as the password is', () => {
    const server = new Server('SHA-256', 'p\u00e9ncil IX')
    const given = credentials('a=b,c\u00ad', 'pe\u0301ncil\u00a0\u2168', { authzid: 'x,y=z' })
    logIn(scram('SHA-256', 'abc', given), server)
    expect(server.user).toBe('a=3Db=2Cc')
    expect(server.bound.toString()).toBe('n,a=x=2Cy=3Dz,')
  })

  test('extensions that may be passed over are passed over', () => {
    const mechanism = scram('SHA-1', 'fyko+d2lbbFgONRv9qkxdawL')
    mechanism.initial()
    answer(mechanism, 'r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096,x=unknown')
    answer(mechanism, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=unknown')
    // the extension is part of what is signed, so the old signature no longer fits
    expect(() => mechanism.finish()).toThrow('signature of the server is wrong')
  })
})

describe('what is said about channel binding', () => {
  const bindings = {
    'tls-exporter': Buffer.from('e'),
    'tls-unique': Buffer.from('u'),
    'tls-server-end-point': Buffer.from('s'),
  }

  test.each<[string, 'bound' | 'unbound', Partial<Circumstances>]>([
    ['n,,', 'unbound', {}],
    ['n,,', 'unbound', { offered: ['SCRAM-SHA-256-PLUS'] }],
    ['n,,', 'unbound', { bindings, offered: ['scram-sha-256', 'scram-sha-256-plus'] }],
    ['y,,', 'unbound', { bindings, offered: ['SCRAM-SHA-256'] }],
    ['p=tls-exporter,,', 'bound', { bindings }],
    ['p=tls-unique,,', 'bound', { bindings: { ...bindings, 'tls-exporter': undefined } }],
    ['p=tls-server-end-point,,', 'bound', { bindings: { 'tls-server-end-point': Buffer.from('s') } }],
  ])('%s when %s and %j', (header, bound, more) => {
    const initial = new Scram('SHA-256', bound, pencil, circumstances(more)).initial().toString()
    expect(initial).toBe(`${header}n=user,r=a-nonce`)
  })

  test('without anything to bind to, -PLUS is not begun', () => {
    expect(() => new Scram('SHA-256', 'bound', pencil, circumstances())).toThrow('no channel binding')
  })
})

describe('a server that cannot be right', () => {
  const salt = 's=QSXCR+Q6sek8bf92'

  test.each([
    ['is empty', ''],
    ['has no nonce', `${salt},i=4096`],
    ['repeats our nonce', `r=abc,${salt},i=4096`],
    ['does not extend our nonce', `r=abXdef,${salt},i=4096`],
    ['has a nonce beyond ASCII', `r=abc\u00e9,${salt},i=4096`],
    ['has no salt', 'r=abcdef,i=4096'],
    ['has an empty salt', 'r=abcdef,s=,i=4096'],
    ['has a salt that is not base64', 'r=abcdef,s=QSXC*,i=4096'],
    ['has no iterations', `r=abcdef,${salt}`],
    ['has iterations that are no number', `r=abcdef,${salt},i=4096x`],
    ['has iterations with a sign', `r=abcdef,${salt},i=-4096`],
    ['demands an extension in front', `m=x,r=abcdef,${salt},i=4096`],
    ['demands an extension behind', `r=abcdef,${salt},i=4096,m=x`],
    ['asks for one iteration', `r=abcdef,${salt},i=1`],
    ['asks for 4095 iterations', `r=abcdef,${salt},i=4095`],
    ['asks for 100001 iterations', `r=abcdef,${salt},i=100001`],
    ['asks for iterations without end', `r=abcdef,${salt},i=${'9'.repeat(400)}`],
    ['is not SCRAM', '<1896.697170952@postoffice.reston.mci.net>'],
  ])('its first message %s', (_, challenge) => {
    const mechanism = scram('SHA-256', 'abc')
    mechanism.initial()
    const error = saslErrorOf(() => answer(mechanism, challenge))
    expect(error.field).toBeUndefined()
    expect(error.message).not.toContain('pencil')
    expect(() => mechanism.finish()).toThrow('did not send its signature')
  })

  test.each([`m=x,r=abcdef,${salt},i=4096`, `r=abcdef,${salt},i=4096,m=x`])(
    '%s is named as what it is',
    (challenge) => {
      const mechanism = scram('SHA-256', 'abc')
      expect(saslErrorOf(() => answer(mechanism, challenge)).message).toContain('extension of SCRAM')
    },
  )

  test.each([4096, 100_000])('%i iterations are carried out', (iterations) => {
    const mechanism = scram('SHA-1', 'abc')
    mechanism.initial()
    expect(answer(mechanism, `r=abcdef,${salt},i=${iterations}`)).toMatch(/^c=biws,r=abcdef,p=/)
  })

  test.each([
    ['is wrong', 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ='],
    ['is cut short', 'v=rmF9'],
  ])('the success is worthless when the signature %s', (_, final) => {
    const mechanism = scram('SHA-1', 'abc')
    mechanism.initial()
    answer(mechanism, `r=abcdef,${salt},i=4096`)
    expect(answer(mechanism, final)).toBe('')
    expect(() => mechanism.finish()).toThrow('does not know the password')
  })

  test.each([
    ['is empty', ''],
    ['has an empty signature', 'v='],
    ['has a signature that is not base64', 'v=rm*F'],
    ['is another first message', `r=abcdef,${salt},i=4096`],
  ])('its last message %s', (_, final) => {
    const mechanism = scram('SHA-1', 'abc')
    mechanism.initial()
    answer(mechanism, `r=abcdef,${salt},i=4096`)
    saslErrorOf(() => answer(mechanism, final))
    expect(() => mechanism.finish()).toThrow('did not send its signature')
  })

  test('a success without a signature is none, before and after the proof', () => {
    const mechanism = scram('SHA-1', 'abc')
    mechanism.initial()
    expect(() => mechanism.finish()).toThrow('did not send its signature')
    answer(mechanism, `r=abcdef,${salt},i=4096`)
    expect(() => mechanism.finish()).toThrow('did not send its signature')
  })

  test('nothing may come after its last message', () => {
    const mechanism = scram('SHA-1', 'fyko+d2lbbFgONRv9qkxdawL')
    mechanism.initial()
    answer(mechanism, `r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,${salt},i=4096`)
    answer(mechanism, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')
    saslErrorOf(() => answer(mechanism, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ='))
  })
})

describe('an error of the server', () => {
  test('is acknowledged and kept, in place of either message', () => {
    const early = scram('SHA-1', 'abc')
    early.initial()
    expect(answer(early, 'e=unsupported-channel-binding-type')).toBe('')
    expect(early.refusal).toBe('unsupported-channel-binding-type')
    saslErrorOf(() => answer(early, 'e=unknown-user'))
    expect(() => early.finish()).toThrow('reported an error')
  })

  test('is bounded and made visible', () => {
    const mechanism = scram('SHA-1', 'abc')
    mechanism.initial()
    mechanism.respond(Buffer.concat([Buffer.from('e='), Buffer.alloc(10_000, 7)]))
    expect(mechanism.refusal).toBe('\\x07'.repeat(200))
  })
})

test.each([
  ['user', credentials('us\u0007er', 'pencil')],
  ['user', credentials('us\0er', 'pencil')],
  ['user', credentials('', 'pencil')],
  ['user', credentials('\u00ad', 'pencil')],
  ['password', credentials('user', 'pen\u0007cil')],
  ['password', credentials('user', '')],
  ['password', credentials('user', 'pen\u0378cil')],
  ['authzid', credentials('user', 'pencil', { authzid: 'a\0' })],
])('nothing is made of a %s that cannot be sent', (field, given) => {
  const error = saslErrorOf(() => scram('SHA-256', 'abc', given))
  expect(error.field).toBe(field)
  expect(error.message).not.toContain('pen')
})
