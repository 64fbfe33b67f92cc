import { expect, test } from 'vitest'
import { apopDigest, apopTimestamp } from '../../src/sasl/apop.ts'
import { Secret } from '../../src/text/secret.ts'

test('the example of RFC 1939 §7', () => {
  const timestamp = apopTimestamp('POP3 server ready <1896.697170952@dbc.mtview.ca.us>')
  expect(timestamp).toBe('<1896.697170952@dbc.mtview.ca.us>')
  expect(apopDigest('<1896.697170952@dbc.mtview.ca.us>', new Secret('tanstaaf'))).toBe(
    'c4c9334bac560ecc979e58001b3e22fb',
  )
})

test.each([
  [
    'Dovecot',
    'Dovecot (Debian) ready. <3d3.1.6b064bb9.QlMJ5B8B7uYNgG0Mqprb7g==@vm>',
    '<3d3.1.6b064bb9.QlMJ5B8B7uYNgG0Mqprb7g==@vm>',
  ],
  ['an address literal', '<1.2@[192.0.2.7]> ready', '<1.2@[192.0.2.7]>'],
  ['something else in brackets before', '<ready> <1.2@mail>', '<1.2@mail>'],
])('a timestamp is found in the greeting: %s', (_, greeting, timestamp) => {
  expect(apopTimestamp(greeting)).toBe(timestamp)
})

// CVE-2007-1558
test.each([
  ['no timestamp at all', 'Dovecot ready.'],
  ['no domain', 'ready <1896.697170952>'],
  ['nothing before the @', 'ready <@mail>'],
  ['nothing after the @', 'ready <1896@>'],
  ['two @', 'ready <1@2@mail>'],
  ['a blank', 'ready <18 96@mail>'],
  ['octets that are not ASCII, as the transcript shows them', 'ready <18\\x8096@mail>'],
  ['a letter that is not ASCII', 'ready <18é96@mail>'],
  ['a control character', 'ready <18\u000196@mail>'],
  ['no end', 'ready <1896.697170952@mail'],
])('there is no APOP for a greeting with %s', (_, greeting) => {
  expect(apopTimestamp(greeting)).toBeUndefined()
})
