import { describe, expect, test } from 'vitest'
import { namedAddress } from '../../src/message/addresses.ts'
import { MessageError } from '../../src/message/message-error.ts'

describe('an address is read', () => {
  test.each([
    ['bob@example.org', '', 'bob@example.org'],
    ['<bob@example.org>', '', 'bob@example.org'],
    ['Bob <bob@example.org>', 'Bob', 'bob@example.org'],
    ['"Bob, the \\"B\\" \\\\" <bob@example.org>', 'Bob, the "B" \\', 'bob@example.org'],
    ['J. R. Doe <j@localhost>', 'J. R. Doe', 'j@localhost'],
    ['Jürgen Groß <jürgen@bücher.example>', 'Jürgen Groß', 'jürgen@bücher.example'],
    ['"a b"@example.org', '', '"a b"@example.org'],
    ['"x@y"@example.org', '', '"x@y"@example.org'],
    ['a@[192.0.2.1]', '', 'a@[192.0.2.1]'],
    ['a@[IPv6:2001:db8::1]', '', 'a@[IPv6:2001:db8::1]'],
    ["o'neil+tag=x@example.org", '', "o'neil+tag=x@example.org"],
  ])('%s', (text, name, address) => {
    expect(namedAddress(['from'], text)).toEqual({ name, address })
  })
})

describe('what is no address is refused, and nothing is repaired', () => {
  test.each([
    '',
    'bob',
    '@example.org',
    'bob@',
    'bob@@example.org',
    'a@b@example.org',
    'bob@example..org',
    '.bob@example.org',
    'bob smith@example.org',
    'bob@exa mple.org',
    'Doe, John <j@example.org>',
    'a@x.test, b@x.test',
    'a@x.test b@x.test',
    'a@x.test;b@x.test',
    '<a@x.test> trailing',
    '<a@x.test><b@x.test>',
    'Bob <<a@x.test>>',
    '"unclosed <a@x.test>',
    'a@x.test (comment)',
    'friends: a@x.test, b@x.test;',
    'undisclosed-recipients:;',
    'a@x.test\r\nBcc: b@x.test',
    'a\0@x.test',
    'Bob\n <a@x.test>',
    'a@[not closed',
    `${'ä'.repeat(200)}@example.org`,
    'a@\ud800.test',
    'a@xn--a.bücher.test\u0000',
  ])('%j', (text) => {
    expect(() => namedAddress(['to', 3], text)).toThrow(MessageError)
  })

  test('a group is told to be one', () => {
    expect(() => namedAddress(['to', 0], 'friends: a@x.test;')).toThrow(
      'a group of addresses is not taken; give its members',
    )
  })
})
