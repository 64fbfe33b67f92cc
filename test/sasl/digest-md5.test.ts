import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DigestMd5 } from '../../src/sasl/digest-md5.ts'
import type { Circumstances, Credentials } from '../../src/sasl/mechanism.ts'
import { answer, circumstances, credentials, saslErrorOf } from './given.ts'

const chris = credentials('chris', 'secret')
const CHALLENGE =
  'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'

function digest(given: Credentials = chris, more: Partial<Circumstances> = {}): DigestMd5 {
  return new DigestMd5(
    given,
    circumstances({ service: 'imap', host: 'elwood.innosoft.com', nonce: () => 'OA6MHXh6VqTrRk', ...more }),
  )
}

const md5 = (octets: Buffer) => createHash('md5').update(octets).digest()
const hex = (text: string) => md5(Buffer.from(text)).toString('hex')

/** The response directive as a server computes it, from the octets it has stored (RFC 2831 §2.1.2.1). */
function expected(stored: Buffer, nonce: string, cnonce: string, uri: string, authzid?: string): string {
  const tail = `:${nonce}:${cnonce}${authzid === undefined ? '' : `:${authzid}`}`
  const a1 = md5(Buffer.concat([md5(stored), Buffer.from(tail)])).toString('hex')
  return hex(`${a1}:${nonce}:00000001:${cnonce}:auth:${hex(`AUTHENTICATE:${uri}`)}`)
}

describe('the examples of RFC 2831 §4', () => {
  test('IMAP', () => {
    const mechanism = digest()
    expect(mechanism.initial()).toBeUndefined()
    expect(answer(mechanism, CHALLENGE)).toBe(
      'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,' +
        'cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",' +
        'response=d388dad90d4bbd760a152321f2143af7,qop=auth',
    )
    expect(answer(mechanism, 'rspauth=ea40f60335c427b5527b84dbabcdfffd')).toBe('')
    expect(mechanism.finish()).toBeUndefined()
  })

  test('ACAP', () => {
    const mechanism = digest(chris, { service: 'acap', nonce: () => 'OA9BSuZWMSpW8m' })
    expect(answer(mechanism, CHALLENGE.replace('OA6MG9tEQGm2hh', 'OA9BSXrbuRhWay'))).toContain(
      'response=6084c6db3fede7352c551284490fd0fc,',
    )
    expect(answer(mechanism, 'rspauth="2f0b3d7c3c2e486600ef710726aa2eae"')).toBe('')
    expect(mechanism.finish()).toBeUndefined()
  })
})

describe('what the server has to prove', () => {
  test('a wrong rspauth makes the success worthless', () => {
    const mechanism = digest()
    answer(mechanism, CHALLENGE)
    answer(mechanism, 'rspauth=00000000000000000000000000000000')
    expect(() => mechanism.finish()).toThrow('does not know the password')
  })

  test('so does a shorter one', () => {
    const mechanism = digest()
    answer(mechanism, CHALLENGE)
    answer(mechanism, 'rspauth=ea40')
    expect(() => mechanism.finish()).toThrow('does not know the password')
  })

  test.each([
    ['before the challenge', 0],
    ['after it', 1],
  ])('a success without rspauth, %s, is none', (_, challenges) => {
    const mechanism = digest()
    for (let n = 0; n < challenges; n += 1) answer(mechanism, CHALLENGE)
    expect(() => mechanism.finish()).toThrow('did not send rspauth')
  })

  test.each([
    ['another challenge', CHALLENGE],
    ['nothing', ''],
    ['two of them', 'rspauth=ea40f60335c427b5527b84dbabcdfffd,rspauth=ea40f60335c427b5527b84dbabcdfffd'],
  ])('where rspauth is due, %s cannot be right', (_, challenge) => {
    const mechanism = digest()
    answer(mechanism, CHALLENGE)
    saslErrorOf(() => answer(mechanism, challenge))
    expect(() => mechanism.finish()).toThrow('did not send rspauth')
  })

  test('nothing may come after rspauth', () => {
    const mechanism = digest()
    answer(mechanism, CHALLENGE)
    answer(mechanism, 'rspauth=ea40f60335c427b5527b84dbabcdfffd')
    saslErrorOf(() => answer(mechanism, 'rspauth=ea40f60335c427b5527b84dbabcdfffd'))
  })
})

describe('challenges', () => {
  test.each([
    ['is empty', ''],
    ['is no list of directives', '<1896.697170952@postoffice.reston.mci.net>'],
    ['has a quote without end', 'nonce="abc,algorithm=md5-sess'],
    ['has words behind a value', 'nonce="abc"def,algorithm=md5-sess'],
    ['has no nonce', 'realm="r",algorithm=md5-sess'],
    ['has an empty nonce', 'nonce="",algorithm=md5-sess'],
    ['has two nonces', 'nonce="a",nonce="b",algorithm=md5-sess'],
    ['names no algorithm', 'nonce="a"'],
    ['names another algorithm', 'nonce="a",algorithm=md5'],
    ['wants a security layer', 'nonce="a",algorithm=md5-sess,qop="auth-int,auth-conf"'],
    ['names another charset', 'nonce="a",algorithm=md5-sess,charset=koi8-r'],
    ['is longer than 2048 octets', `nonce="${'a'.repeat(2048)}",algorithm=md5-sess`],
  ])('a challenge cannot be right that %s', (_, challenge) => {
    const error = saslErrorOf(() => answer(digest(), challenge))
    expect(error.field).toBeUndefined()
    expect(error.message).not.toContain('secret')
  })

  test('blanks, empty elements, case, unknown directives and a missing qop are no obstacle', () => {
    const challenge =
      ' ,, NONCE = "OA6MG9tEQGm2hh" ,\r\n realm="elwood.innosoft.com",Algorithm=MD5-sess, charset=UTF-8, x-new=1, '
    expect(answer(digest(), challenge)).toContain('response=d388dad90d4bbd760a152321f2143af7')
  })

  test('auth is found among other qualities of protection', () => {
    expect(answer(digest(), CHALLENGE.replace('"auth"', '"auth-int, auth"'))).toContain(
      'response=d388dad90d4bbd760a152321f2143af7',
    )
  })

  test('quotes and backslashes in what the server sends come back as they were', () => {
    const response = answer(
      digest(),
      'realm="a \\"b\\" \\\\c",nonce="n\\"1",algorithm=md5-sess,charset=utf-8',
    )
    expect(response).toContain('realm="a \\"b\\" \\\\c",nonce="n\\"1",')
    const uri = 'imap/elwood.innosoft.com'
    const stored = Buffer.from('chris:a "b" \\c:secret')
    expect(response).toContain(`response=${expected(stored, 'n"1', 'OA6MHXh6VqTrRk', uri)},`)
  })
})

describe('realms', () => {
  const several = 'realm="one.test",realm="two.test",nonce="n",algorithm=md5-sess'

  test.each([
    ['the one that the user name names', 'chris@TWO.test', several, 'realm="two.test"'],
    ['the first, where it names none', 'chris', several, 'realm="one.test"'],
    ['the first, where it names another', 'chris@three.test', several, 'realm="one.test"'],
  ])('of several the choice is %s', (_, user, challenge, realm) => {
    const response = answer(digest(credentials(user, 'secret')), challenge)
    expect(response).toContain(realm)
    expect(response).toContain(`username="${user}"`)
  })

  test('without one, none is named, and it is empty in what is hashed', () => {
    const response = answer(digest(), 'nonce="n",algorithm=md5-sess')
    expect(response).not.toContain('realm')
    const digested = expected(Buffer.from('chris::secret'), 'n', 'OA6MHXh6VqTrRk', 'imap/elwood.innosoft.com')
    expect(response).toContain(`response=${digested},`)
  })
})

describe('beyond ASCII', () => {
  const uri = 'imap/elwood.innosoft.com'

  test('what fits into ISO 8859-1 is sent as UTF-8 and hashed as ISO 8859-1', () => {
    const response = answer(
      digest(credentials('j\u00fcrgen', 'gr\u00fc\u00df')),
      'realm="b\u00e4r",nonce="n",algorithm=md5-sess,charset=utf-8',
    )
    expect(response).toContain('username="j\u00fcrgen",realm="b\u00e4r"')
    const stored = Buffer.from('j\u00fcrgen:b\u00e4r:gr\u00fc\u00df', 'latin1')
    expect(response).toContain(`response=${expected(stored, 'n', 'OA6MHXh6VqTrRk', uri)},`)
  })

  test('what does not is hashed as UTF-8', () => {
    const response = answer(
      digest(credentials('\u0142ukasz', 'has\u0142o')),
      'realm="r",nonce="n",algorithm=md5-sess,charset=utf-8',
    )
    const stored = Buffer.from('\u0142ukasz:r:has\u0142o')
    expect(response).toContain(`response=${expected(stored, 'n', 'OA6MHXh6VqTrRk', uri)},`)
  })

  test('without charset=utf-8 the user is sent as ISO 8859-1', () => {
    const octets = digest(credentials('j\u00fcrgen', 'secret')).respond(
      Buffer.from('nonce="n",algorithm=md5-sess'),
    )
    expect(octets.toString('latin1')).toContain('username="j\u00fcrgen"')
    expect(octets.toString('latin1')).not.toContain('charset')
  })

  test.each([
    ['user', credentials('\u0142ukasz', 'secret')],
    ['password', credentials('chris', 'has\u0142o')],
  ])('without it, a %s that needs UTF-8 is refused', (field, given) => {
    const error = saslErrorOf(() => answer(digest(given), 'nonce="n",algorithm=md5-sess'))
    expect(error.field).toBe(field)
    expect(error.message).not.toMatch(/has\u0142o|\u0142ukasz/)
  })
})

test('an authorization identity is sent and hashed', () => {
  const response = answer(digest(credentials('chris', 'secret', { authzid: 'boss' })), CHALLENGE)
  expect(response).toMatch(/,authzid="boss"$/)
  const stored = Buffer.from('chris:elwood.innosoft.com:secret')
  const uri = 'imap/elwood.innosoft.com'
  expect(response).toContain(`response=${expected(stored, 'OA6MG9tEQGm2hh', 'OA6MHXh6VqTrRk', uri, 'boss')},`)
})

test.each([
  ['user', credentials('ch\nris', 'secret')],
  ['user', credentials('', 'secret')],
  ['password', credentials('chris', 'sec\0ret')],
  ['authzid', credentials('chris', 'secret', { authzid: 'b\ross' })],
])('nothing is made of a %s that cannot be sent', (field, given) => {
  expect(saslErrorOf(() => digest(given)).field).toBe(field)
})
