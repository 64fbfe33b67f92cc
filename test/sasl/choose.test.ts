import { describe, expect, test } from 'vitest'
import { type Choice, chooseMechanisms, type Means } from '../../src/sasl/choose.ts'
import { Secret } from '../../src/text/secret.ts'
import { circumstances, credentials } from './given.ts'

const EVERYTHING = [
  'ANONYMOUS',
  'CRAM-MD5',
  'DIGEST-MD5',
  'EXTERNAL',
  'GSSAPI',
  'LOGIN',
  'NTLM',
  'OAUTHBEARER',
  'PLAIN',
  'SCRAM-SHA-1',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-512',
  'SCRAM-SHA-512-PLUS',
  'XOAUTH2',
]
/** What Dovecot lists in the corpus. */
const DOVECOT = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256']

const token = new Secret('ya29.token')
const bindings = { 'tls-exporter': Buffer.from('exported') }

function means(more: Partial<Means> = {}): Means {
  return { credentials: credentials('alice', 'pa55word'), bindings: {}, tls: 'verified', ...more }
}

function namesIn(choice: Choice): string[] {
  return choice.kind === 'chosen' ? choice.mechanisms.map(({ name }) => name) : [choice.kind]
}

describe('auto', () => {
  test.each<[string, readonly string[], Means, string[]]>([
    [
      'verified TLS',
      DOVECOT,
      means(),
      ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN', 'DIGEST-MD5', 'CRAM-MD5'],
    ],
    [
      'listeners on the wire',
      DOVECOT,
      means({ tls: 'unverified' }),
      ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'CRAM-MD5', 'PLAIN', 'LOGIN'],
    ],
    [
      'a channel that can be bound to',
      EVERYTHING,
      means({ bindings }),
      [
        'SCRAM-SHA-512-PLUS',
        'SCRAM-SHA-256-PLUS',
        'SCRAM-SHA-1-PLUS',
        'SCRAM-SHA-512',
        'SCRAM-SHA-256',
        'SCRAM-SHA-1',
        'PLAIN',
        'LOGIN',
        'DIGEST-MD5',
        'CRAM-MD5',
      ],
    ],
    [
      'none that can',
      EVERYTHING,
      means(),
      ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN', 'DIGEST-MD5', 'CRAM-MD5'],
    ],
    ['a token', EVERYTHING, means({ credentials: { user: 'alice', token } }), ['OAUTHBEARER', 'XOAUTH2']],
    [
      'a token and Microsoft',
      ['LOGIN', 'XOAUTH2'],
      means({ credentials: { user: 'alice', token } }),
      ['XOAUTH2'],
    ],
    [
      'a token and a password',
      EVERYTHING,
      means({ credentials: credentials('alice', 'x', { token }) }),
      ['OAUTHBEARER', 'XOAUTH2'],
    ],
    [
      'somebody to act for',
      EVERYTHING,
      means({ credentials: credentials('alice', 'x', { authzid: 'bob' }) }),
      ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'DIGEST-MD5'],
    ],
    ['a list in lower case', ['plain', 'cram-md5'], means(), ['PLAIN', 'CRAM-MD5']],
    ['a token and no OAuth', DOVECOT, means({ credentials: { user: 'alice', token } }), ['none-in-common']],
    ['neither password nor token', EVERYTHING, means({ credentials: { user: 'alice' } }), ['none-in-common']],
    ['GSSAPI and no other', ['GSSAPI'], means(), ['none-in-common']],
    [
      'EXTERNAL and ANONYMOUS, which are used by name only',
      ['EXTERNAL', 'ANONYMOUS'],
      means(),
      ['none-in-common'],
    ],
    ['no offer', [], means(), ['none-in-common']],
  ])('with %s', (_, offered, given, expected) => {
    expect(namesIn(chooseMechanisms('auto', offered, given))).toEqual(expected)
    expect(namesIn(chooseMechanisms('AUTO', offered, given))).toEqual(expected)
  })
})

describe('by name', () => {
  test.each<[string, Means]>([
    ['plain', means()],
    ['Login', means()],
    ['cram-md5', means()],
    ['DIGEST-MD5', means()],
    ['scram-sha-1', means({ bindings })],
    ['scram-sha-256', means()],
    ['scram-sha-512', means()],
    ['scram-sha-256-plus', means({ bindings })],
    ['xoauth2', means({ credentials: { user: 'alice', token } })],
    ['oauthbearer', means({ credentials: { user: 'alice', token } })],
    ['external', means({ credentials: { user: '' } })],
    ['anonymous', means({ credentials: { user: '' } })],
  ])('%s is the one that is tried, and can be begun', (wish, given) => {
    const choice = chooseMechanisms(wish, EVERYTHING, given)
    expect(namesIn(choice)).toEqual([wish.toUpperCase()])
    if (choice.kind !== 'chosen') return
    const begun = choice.mechanisms[0].begin(given.credentials, circumstances({ bindings: given.bindings }))
    expect(begun.name).toBe(wish.toUpperCase())
  })

  test('what is not offered is not tried', () => {
    expect(chooseMechanisms('scram-sha-512', DOVECOT, means())).toEqual({
      kind: 'not-offered',
      mechanism: 'SCRAM-SHA-512',
    })
    expect(chooseMechanisms('plain', [], means())).toEqual({ kind: 'not-offered', mechanism: 'PLAIN' })
  })

  test.each<[string, Means, string]>([
    ['plain', means({ credentials: { user: 'alice' } }), 'PLAIN needs a password'],
    ['plain', means({ credentials: { user: 'alice', token } }), 'PLAIN needs a password'],
    ['xoauth2', means(), 'XOAUTH2 needs a token'],
    ['scram-sha-1-plus', means(), 'SCRAM-SHA-1-PLUS needs a connection that can be bound to'],
    [
      'scram-sha-1-plus',
      means({ bindings, credentials: { user: 'alice' } }),
      'SCRAM-SHA-1-PLUS needs a password',
    ],
    [
      'login',
      means({ credentials: credentials('a', 'b', { authzid: 'c' }) }),
      'LOGIN has no place for an authorization identity',
    ],
    ['gssapi', means(), 'GSSAPI is not spoken here'],
  ])('%s is not possible: %#', (wish, given, because) => {
    expect(chooseMechanisms(wish, EVERYTHING, given)).toEqual({
      kind: 'not-possible',
      mechanism: wish.toUpperCase(),
      because,
    })
  })
})

test('the mechanisms that put the secret itself on the wire are marked', () => {
  const all = EVERYTHING.flatMap((name) => {
    const choice = chooseMechanisms(
      name,
      EVERYTHING,
      means({ bindings, credentials: credentials('a', 'b', { token }) }),
    )
    return choice.kind === 'chosen' ? choice.mechanisms : []
  })
  const exposing = all.filter(({ exposesSecret }) => exposesSecret).map(({ name }) => name)
  expect(all).toHaveLength(14)
  expect(exposing).toEqual(['LOGIN', 'OAUTHBEARER', 'PLAIN', 'XOAUTH2'])
})
