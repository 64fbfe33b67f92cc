import { expect, test } from 'vitest'
import { capabilityOf, mechanismsIn, offers } from '../../src/pop3/capa.ts'
import { recordedLines } from '../support/recorded-replies.ts'

const read = (...lines: string[]) => lines.map((line) => capabilityOf(Buffer.from(line, 'latin1')))

test('what Dovecot offers is read as it is meant', () => {
  const lines = recordedLines('pop3', 'capa').filter((line) => line !== '' && line !== '.')
  const capabilities = read(...lines)
  for (const keyword of ['TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'STLS', 'USER', 'SASL']) {
    expect(offers(capabilities, keyword), keyword).toBe(true)
  }
  expect(mechanismsIn(capabilities)).toEqual([
    'PLAIN',
    'LOGIN',
    'CRAM-MD5',
    'DIGEST-MD5',
    'SCRAM-SHA-1',
    'SCRAM-SHA-256',
  ])
  expect(capabilities.map(({ line }) => line)).toEqual(lines)
})

test('keywords and mechanisms are known in any case', () => {
  const capabilities = read('stls', 'Sasl plain Login')
  expect(offers(capabilities, 'STLS')).toBe(true)
  expect(mechanismsIn(capabilities)).toEqual(['PLAIN', 'LOGIN'])
})

test('parameters are told as they were given', () => {
  expect(read('EXPIRE 60 USER', 'IMPLEMENTATION  Cyrus POP3')).toMatchObject([
    { keyword: 'EXPIRE', parameters: ['60', 'USER'] },
    { keyword: 'IMPLEMENTATION', parameters: ['Cyrus', 'POP3'] },
  ])
})

test('without SASL there are no mechanisms', () => {
  expect(mechanismsIn(read('USER'))).toEqual([])
  expect(mechanismsIn(read('SASL'))).toEqual([])
})

test('a keyword that only begins like another one is another one', () => {
  expect(offers(read('STLSX', 'X STLS'), 'STLS')).toBe(false)
})

test('octets that are not printable stay visible', () => {
  expect(read('X-\0\xff')[0]?.line).toBe('X-\\x00\\xff')
})
