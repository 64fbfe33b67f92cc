import { describe, expect, test } from 'vitest'
import { detailOf, secondsIn, textOf } from '../../src/diagnosis/reply-text.ts'
import type { Reply } from '../../src/session/answer.ts'

function reply(code: number, ...lines: string[]): Reply {
  return { severity: code < 500 ? 'transient' : 'permanent', code, lines }
}

describe('how long a server asks to wait', () => {
  test.each([
    ['try again in 5 minutes', 300],
    ['Greylisted for 300 seconds (see http://isg.ee.ethz.ch/)', 300],
    ['<a@b.test>: Recipient address rejected: Greylisted for 5 minutes', 300],
    ['retry timeout: 60', 60],
    ['Logins must be at least 5 minutes apart', 300],
    ['Exceeded the login limit for a 15 minute period.', 900],
    ['please wait 10 min before the next login', 600],
    ['come back in 00:04:59', 299],
    ['user over quota, try in 2 hours', 7200],
    ['deferred, retry after 30s', 30],
    ['300 seconds remaining', 300],
  ])('%s', (text, seconds) => {
    expect(secondsIn(text)).toBe(seconds)
  })

  test.each([
    'try again later',
    'Please try again later from [192.0.2.1]. (AS77712344)',
    'Client host [107.6.51.128] blocked',
    'too many hops 19 (17 max)',
    'size 10485760 exceeded',
    'wait 99999999999 seconds',
    'greylisted for 0 seconds',
    'mailbox already in use by pid 12345',
    'queued at 12:30:15',
  ])('%s says nothing about it', (text) => {
    expect(secondsIn(text)).toBeUndefined()
  })
})

test('the text of a reply is free of the enhanced codes before its lines', () => {
  expect(textOf(reply(550, '5.7.26 This mail is', '5.7.26 unauthenticated'))).toBe(
    'This mail is unauthenticated',
  )
})

test('the enhanced code is found where qmail puts it', () => {
  expect(detailOf(reply(553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"))).toBe(
    '7.1',
  )
  expect(detailOf({ ...reply(550, 'No'), enhanced: '5.1.1' })).toBe('1.1')
  expect(detailOf(reply(550, 'No (5.1.1)'))).toBeUndefined()
})
