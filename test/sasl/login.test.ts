import { expect, test } from 'vitest'
import { Login } from '../../src/sasl/login.ts'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { answer, credentials, saslErrorOf } from './given.ts'

const alice = credentials('alice', 'pa55word')

test.each(['Password:', 'Password\0', '', 'Kennwort bitte'])(
  'the password follows the user name, asked for by %j',
  (prompt) => {
    const login = new Login(alice)
    expect(login.initial().toString()).toBe('alice')
    expect(answer(login, prompt)).toBe('pa55word')
    expect(login.finish()).toBeUndefined()
  },
)

test.each(['Username:', 'username:', 'User Name\0'])(
  'a server that passes over the initial response and asks by %j gets the user name again, not the password',
  (prompt) => {
    const login = new Login(alice)
    login.initial()
    expect(answer(login, prompt)).toBe('alice')
    expect(answer(login, 'Password:')).toBe('pa55word')
    expect(login.finish()).toBeUndefined()
  },
)

test('the user name is repeated once, so that a server which labels everything so gets its password', () => {
  const login = new Login(alice)
  login.initial()
  expect(answer(login, 'Username:')).toBe('alice')
  expect(answer(login, 'Username:')).toBe('pa55word')
})

test('a challenge after the password cannot be right', () => {
  const login = new Login(alice)
  login.initial()
  answer(login, 'Password:')
  expect(() => answer(login, 'Password:')).toThrow(SaslError)
})

test('a success before the password was asked for is none', () => {
  const login = new Login(alice)
  login.initial()
  expect(() => login.finish()).toThrow('never asked for the password')
})

test.each([
  ['user', credentials('', 'pa55word')],
  ['user', credentials('a\0', 'pa55word')],
  ['password', credentials('alice', '')],
  ['password', credentials('alice', 'pa\0')],
])('nothing is made of a %s that is empty or holds NUL', (field, given) => {
  expect(saslErrorOf(() => new Login(given)).field).toBe(field)
})
