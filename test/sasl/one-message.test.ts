import { describe, expect, test } from 'vitest'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { anonymous, external, plain } from '../../src/sasl/one-message.ts'
import { credentials, saslErrorOf } from './given.ts'

describe('PLAIN', () => {
  test.each([
    ['without an authorization identity', credentials('tim', 'tanstaaftanstaaf'), '\0tim\0tanstaaftanstaaf'],
    ['with one', credentials('Kurt', 'xipj3plmq', { authzid: 'Ursel' }), 'Ursel\0Kurt\0xipj3plmq'],
    ['with an empty one', credentials('tim', 'tanstaaftanstaaf', { authzid: '' }), '\0tim\0tanstaaftanstaaf'],
  ])('the examples of RFC 4616 §4, %s', (_, given, message) => {
    expect(plain(given).initial()?.toString()).toBe(message)
  })

  test('the strings go out as they were given: preparing them is the business of the server', () => {
    const user = 'ａlice\u00ad'
    const password = 'e\u0301\u00a0'
    expect(plain(credentials(user, password)).initial()).toEqual(Buffer.from(`\0${user}\0${password}`))
  })

  test.each([
    ['user', credentials('al\0ice', 'pa55word')],
    ['password', credentials('alice', 'pa55\0word')],
    ['authzid', credentials('alice', 'pa55word', { authzid: 'b\0ob' })],
    ['user', credentials('', 'pa55word')],
    ['password', credentials('alice', '')],
    ['password', { user: 'alice' }],
    ['user', credentials('al\ud800ice', 'pa55word')],
    ['password', credentials('alice', 'pa55\udfffword')],
  ])('nothing is made of a %s that cannot be sent', (field, given) => {
    const error = saslErrorOf(() => plain(given))
    expect(error.field).toBe(field)
    expect(error.message).toContain(field)
    expect(error.message).not.toMatch(/pa55|alice/)
  })

  test('a challenge after the one message cannot be right', () => {
    expect(() => plain(credentials('alice', 'pa55word')).respond(Buffer.alloc(0))).toThrow(SaslError)
  })

  test('success is taken as it is: PLAIN lets no server prove itself', () => {
    expect(plain(credentials('alice', 'pa55word')).finish()).toBeUndefined()
  })
})

describe('EXTERNAL', () => {
  test.each([
    ['nothing, when the certificate says it all', { user: '' }, ''],
    ['the user', { user: 'fred@example.com' }, 'fred@example.com'],
    ['the authorization identity, when there is one', { user: 'fred', authzid: 'ops' }, 'ops'],
  ])('the message is %s', (_, given, message) => {
    expect(external(given).initial()).toEqual(Buffer.from(message))
  })

  test('NUL is refused', () => {
    expect(saslErrorOf(() => external({ user: 'fr\0ed' })).field).toBe('user')
  })
})

describe('ANONYMOUS', () => {
  test('the example of RFC 4505 §4', () => {
    expect(anonymous({ user: 'sirhc' }).initial()?.toString('base64')).toBe('c2lyaGM=')
  })

  test('the trace may be empty', () => {
    expect(anonymous({ user: '' }).initial()).toEqual(Buffer.alloc(0))
  })

  test.each([
    ['is longer than 255 characters', 'x'.repeat(256)],
    ['holds a line break', 'sir\r\nhc'],
    ['holds NUL', 'sir\0hc'],
  ])('a trace is refused that %s', (_, user) => {
    expect(saslErrorOf(() => anonymous({ user })).field).toBe('user')
    expect(anonymous({ user: 'x'.repeat(255) }).initial()?.length).toBe(255)
  })
})
