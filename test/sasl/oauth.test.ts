import { describe, expect, test } from 'vitest'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { oauthBearer, xoauth2 } from '../../src/sasl/oauth.ts'
import { Secret } from '../../src/text/secret.ts'
import { circumstances, saslErrorOf } from './given.ts'

const token = new Secret('vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==')

describe('OAUTHBEARER', () => {
  // RFC 7628 §4.1 and §4.2, IMAP; the same over submission
  test.each([
    [
      143,
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
    ],
    [
      587,
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
    ],
  ])('the example of RFC 7628 §4, to port %i', (port, message) => {
    const bearer = oauthBearer(
      { user: 'user@example.com', token },
      circumstances({ host: 'server.example.com', port }),
    )
    expect(bearer.initial()?.toString('base64')).toBe(message)
  })

  test('a refusal is acknowledged with a lone 0x01 and kept for people to read (RFC 7628 §3.2.3)', () => {
    const bearer = oauthBearer({ user: 'user@example.com', token }, circumstances())
    const challenge =
      'eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0='
    expect(bearer.refusal).toBeUndefined()
    expect(bearer.respond(Buffer.from(challenge, 'base64')).toString('base64')).toBe('AQ==')
    expect(JSON.parse(bearer.refusal ?? '')).toEqual({
      status: 'invalid_token',
      scope: 'example_scope',
      'openid-configuration': 'https://example.com/.well-known/openid-configuration',
    })
  })

  test('the account is the authorization identity where there is one, and is escaped', () => {
    const bearer = oauthBearer({ user: 'admin', authzid: 'a=b,c', token }, circumstances())
    expect(bearer.initial()?.toString().split('\x01')[0]).toBe('n,a=a=3Db=2Cc,')
  })
})

describe('XOAUTH2', () => {
  test('the message that Google documents', () => {
    const google = {
      user: 'someuser@example.com',
      token: new Secret('ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg'),
    }
    expect(xoauth2(google).initial()?.toString('base64')).toBe(
      'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
    )
  })

  test('a refusal is acknowledged with an empty response and kept for people to read', () => {
    const bearer = xoauth2({ user: 'alice', token })
    const challenge =
      'eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K'
    expect(bearer.respond(Buffer.from(challenge, 'base64'))).toEqual(Buffer.alloc(0))
    expect(bearer.refusal).toBe(
      '{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}\\x0a',
    )
  })

  test('what the server says is bounded and made visible', () => {
    const bearer = xoauth2({ user: 'alice', token })
    bearer.respond(Buffer.alloc(100_000, 0xff))
    expect(bearer.refusal).toBe('\\xff'.repeat(1000))
  })

  test('a challenge after the refusal cannot be right, and neither can a success', () => {
    const bearer = xoauth2({ user: 'alice', token })
    bearer.respond(Buffer.from('{"status":"401"}'))
    expect(() => bearer.respond(Buffer.from('{"status":"401"}'))).toThrow(SaslError)
    expect(() => bearer.finish()).toThrow(SaslError)
  })

  test('success without a challenge is success', () => {
    expect(xoauth2({ user: 'alice', token }).finish()).toBeUndefined()
  })
})

describe.each([
  ['XOAUTH2', xoauth2],
  ['OAUTHBEARER', (given: Parameters<typeof xoauth2>[0]) => oauthBearer(given, circumstances())],
])('%s', (_, begin) => {
  test.each([
    ['user', 'with the separator', { user: 'a\x01auth=Bearer other', token }],
    ['user', 'with a line break', { user: 'a\r\nb', token }],
    ['user', 'with NUL', { user: 'a\0b', token }],
    ['user', 'that is empty', { user: '', token }],
    ['token', 'with the separator', { user: 'alice', token: new Secret('s3cret\x01x') }],
    ['token', 'with a blank', { user: 'alice', token: new Secret('s3cret x') }],
    ['token', 'with a line break at its end', { user: 'alice', token: new Secret('s3cret\n') }],
    ['token', 'that is empty', { user: 'alice', token: new Secret('') }],
    ['token', 'that is missing', { user: 'alice' }],
  ])('nothing is made of a %s %s', (field, _what, given) => {
    const error = saslErrorOf(() => begin(given))
    expect(error.field).toBe(field)
    expect(error.message).not.toContain('s3cret')
  })
})
