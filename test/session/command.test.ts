import { describe, expect, test } from 'vitest'
import { command, ForbiddenOctet, secretCommand } from '../../src/session/command.ts'

test('a command is a line that ends in CRLF, and is shown without it', () => {
  expect(command('QUIT')).toMatchObject({ verb: 'QUIT', shown: 'QUIT', redacted: false })
  expect(command('QUIT').octets.toString()).toBe('QUIT\r\n')
  expect(command('EHLO', 'me.example').octets.toString()).toBe('EHLO me.example\r\n')
})

test('what is not printable goes out as it is and is shown as octets', () => {
  const { octets, shown } = command('USER', 'jörg\t\\')
  expect(octets.toString()).toBe('USER jörg\t\\\r\n')
  expect(shown).toBe('USER jörg\\x09\\\\')
})

describe('a secret', () => {
  test('goes out and is not shown', () => {
    const pass = secretCommand('PASS', '', 'hunter2')
    expect(pass.octets.toString()).toBe('PASS hunter2\r\n')
    expect(pass).toMatchObject({ verb: 'PASS', shown: 'PASS ***', redacted: true })
  })

  test('has a beginning that is', () => {
    const auth = secretCommand('AUTH', 'PLAIN', 'AGEAYg==')
    expect(auth.octets.toString()).toBe('AUTH PLAIN AGEAYg==\r\n')
    expect(auth.shown).toBe('AUTH PLAIN ***')
  })

  test('may be the whole line', () => {
    const response = secretCommand('', '', 'AGEAYg==')
    expect(response.octets.toString()).toBe('AGEAYg==\r\n')
    expect(response.shown).toBe('***')
  })

  test('does not show how long it is, not even that it is empty', () => {
    expect(secretCommand('PASS', '', '').shown).toBe('PASS ***')
    expect(secretCommand('', '', '').shown).toBe('***')
    expect(secretCommand('', '', '').octets.toString()).toBe('\r\n')
  })
})

describe('nothing becomes a second line', () => {
  test.each(['a\r\nDATA', 'a\nDATA', 'a\rDATA', 'a\0', '\r\n', '\n'])('%j', (text) => {
    expect(() => command('RCPT', text)).toThrow(ForbiddenOctet)
    expect(() => command(text)).toThrow(ForbiddenOctet)
    expect(() => secretCommand('PASS', '', text)).toThrow(ForbiddenOctet)
    expect(() => secretCommand('AUTH', text, 'x')).toThrow(ForbiddenOctet)
    expect(() => secretCommand(text, '', 'x')).toThrow(ForbiddenOctet)
    expect(() => secretCommand('', '', text)).toThrow(ForbiddenOctet)
  })

  test('characters that are made of such octets in other encodings pass', () => {
    expect(command('USER', '\u010d\u010a\u0d0a').octets.toString()).toBe('USER \u010d\u010a\u0d0a\r\n')
  })

  test('the refusal does not repeat what may be a secret', () => {
    expect(() => secretCommand('PASS', '', 'hunter2\r\n')).toThrow(/^(?!.*hunter2)/)
  })
})
