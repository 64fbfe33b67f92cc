import { describe, expect, test } from 'vitest'
import { type Failure, Fault, Unmet } from '../../src/session/outcome.ts'
import { decisive, mayTryNext } from '../../src/smtp/attempts.ts'

const reply = (code: number) => ({
  code,
  severity: code < 500 ? ('transient' as const) : ('permanent' as const),
  lines: ['as it is'],
})
const refused = (code: number, stage: Failure['stage']) => ({
  failure: { outcome: code < 500 ? 'deferred' : 'rejected', stage, reply: reply(code) } as const,
})
const fault = (
  kind: Fault['kind'],
  stage: Failure['stage'],
  outcome: Failure['outcome'] = 'failed',
  code?: string,
) => ({
  failure: { outcome, stage, fault: new Fault(kind, 'as it is', code === undefined ? {} : { code }) },
})
const unmet = {
  failure: { outcome: 'failed', stage: 'mail', unmet: new Unmet('extension-not-offered', 'no') } as const,
}

describe('the next mail host', () => {
  test.each([
    ['no address', fault('dns', 'dns')],
    ['a target that is not allowed', fault('policy', 'dns')],
    ['no connection', fault('connect', 'connect')],
    ['a silent one', fault('timeout', 'greeting', 'failed', 'greeting')],
    ['a handshake that fails', fault('tls', 'starttls')],
    ['a connection that is lost before the end of data', fault('closed', 'data')],
    ['4yz in the greeting', refused(421, 'greeting')],
    ['5yz in the greeting', refused(554, 'greeting')],
    ['4yz at EHLO', refused(450, 'hello')],
    ['4yz at RCPT', refused(451, 'rcpt')],
    ['4yz at DATA', refused(451, 'data')],
    ['an extension that is lacking', unmet],
  ])('is tried after %s', (_name, end) => {
    expect(mayTryNext(end)).toBe(true)
  })

  test.each([
    ['success', { failure: undefined }],
    ['no answer to the end of data', fault('closed', 'end-of-data', 'unknown')],
    ['4yz to the end of data', refused(452, 'end-of-data')],
    ['5yz to the end of data', refused(554, 'end-of-data')],
    ['5yz at EHLO', refused(550, 'hello')],
    ['5yz at MAIL', refused(550, 'mail')],
    ['5yz at RCPT', refused(550, 'rcpt')],
    ['a caller who left', fault('aborted', 'rcpt')],
    ['the end of the time of the whole call', fault('timeout', 'connect', 'failed', 'total')],
  ])('is not tried after %s', (_name, end) => {
    expect(mayTryNext(end)).toBe(false)
  })
})

describe('the attempt that decides', () => {
  const named = (...ends: Parameters<typeof mayTryNext>[0][]) =>
    ends.map((result, name) => ({ name, result }))

  test.each([
    ['the one that went well', [fault('connect', 'connect'), { failure: undefined }], 1],
    ['the one that ended it', [refused(451, 'rcpt'), fault('closed', 'end-of-data', 'unknown')], 1],
    [
      'of those that failed, the one where a server said why',
      [refused(451, 'rcpt'), unmet, fault('connect', 'connect')],
      0,
    ],
    ['or the one that lacked something', [unmet, fault('connect', 'connect')], 0],
    ['or the last', [fault('dns', 'dns'), fault('connect', 'connect')], 1],
  ] as const)('is %s', (_name, ends, place) => {
    expect(decisive(named(...ends))?.name).toBe(place)
  })
})
