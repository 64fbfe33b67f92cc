import { expect, test } from 'vitest'
import { CramMd5 } from '../../src/sasl/cram-md5.ts'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { answer, credentials, saslErrorOf } from './given.ts'

const CHALLENGE = '<1896.697170952@postoffice.reston.mci.net>'

test('the example of RFC 2195 §2', () => {
  const cram = new CramMd5(credentials('tim', 'tanstaaftanstaaf'))
  expect(cram.initial()).toBeUndefined()
  expect(answer(cram, CHALLENGE)).toBe('tim b913a602c7eda7a495b4e6e7334d3890')
  expect(cram.finish()).toBeUndefined()
})

test('an empty challenge cannot be right', () => {
  expect(() => answer(new CramMd5(credentials('tim', 'secret')), '')).toThrow(SaslError)
})

test('a second challenge cannot be right', () => {
  const cram = new CramMd5(credentials('tim', 'secret'))
  answer(cram, CHALLENGE)
  expect(() => answer(cram, CHALLENGE)).toThrow(SaslError)
})

test('a success without a challenge is none', () => {
  expect(() => new CramMd5(credentials('tim', 'secret')).finish()).toThrow(SaslError)
})

test.each([
  ['user', credentials('ti\nm', 'secret')],
  ['user', credentials('ti\0m', 'secret')],
  ['password', credentials('tim', 'sec\0ret')],
])('nothing is made of a %s that holds a forbidden character', (field, given) => {
  expect(saslErrorOf(() => new CramMd5(given)).field).toBe(field)
})
