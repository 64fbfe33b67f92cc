import { expect, test } from 'vitest'
import { queueIdIn } from '../../src/smtp/queue-id.ts'
import { recordedReplies } from '../support/recorded-replies.ts'

test.each([
  ['Postfix', 'Ok: queued as 9B8A0238F0B', '9B8A0238F0B'],
  ['Postfix with long ids', 'Ok: queued as 4XyZ1b2Qdqz9vFT', '4XyZ1b2Qdqz9vFT'],
  ['Postfix after BDAT', 'Ok: 12 bytes queued as 44BAA238F33', '44BAA238F33'],
  ['Postfix behind a filter', 'from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 1F2E3D', '1F2E3D'],
  ['Exim', 'OK id=1tFxyz-0000AB-2C', '1tFxyz-0000AB-2C'],
  ['Exim with new ids', 'OK id=1tFxyz-00000000AbC-1d2E', '1tFxyz-00000000AbC-1d2E'],
  ['Sendmail', '4AK9x8Gh012345 Message accepted for delivery', '4AK9x8Gh012345'],
  ['OpenSMTPD', '4b2d1f0a Message accepted for delivery', '4b2d1f0a'],
  [
    'Exchange',
    '<abc@example.test> [InternalId=15320190320641, Hostname=EX01.example.test] 1586 bytes in 0.119, 12.970 KB/sec Queued mail for delivery',
    '15320190320641',
  ],
  ['Dovecot', '<alice@lab.test> YLXtFQypBGs8AgAAyMCXRw:R4 Saved', 'YLXtFQypBGs8AgAAyMCXRw:R4'],
  ['Gmail', 'OK  1732531200 d9443c01a7336-2129dc1 - gsmtp', '1732531200 d9443c01a7336-2129dc1'],
  ['qmail', 'ok 1732531200 qp 12345', '1732531200 qp 12345'],
  ['Haraka', 'Message Queued (8D2A1B3C-1.1)', '8D2A1B3C-1.1'],
])('%s names the message', (_, line, id) => {
  expect(queueIdIn([line])).toBe(id)
})

test.each([
  ['Ok'],
  ['Message accepted for delivery'],
  ['Requested mail action okay, completed'],
  ['Message queued for delivery'],
  ['Ok: queued as '],
  [''],
])('no name is made up: "%s"', (line) => {
  expect(queueIdIn([line])).toBeUndefined()
})

test('the name is found on any line of the reply', () => {
  expect(queueIdIn(['thank you', 'Ok: queued as ABC'])).toBe('ABC')
})

test('of all that Postfix answered only acceptances have a name', () => {
  const named = recordedReplies('smtp').filter(({ lines }) => queueIdIn(lines) !== undefined)
  expect(named.length).toBeGreaterThan(5)
  expect(new Set(named.map(({ code }) => code))).toEqual(new Set(['250']))
})

test('a reply of nothing but what may be an id takes no time', () => {
  const lines = Array.from({ length: 16 }, () => 'a'.repeat(8100))
  const began = performance.now()
  expect(queueIdIn(lines)).toBeUndefined()
  expect(performance.now() - began).toBeLessThan(1000)
})
