import { expect, test } from 'vitest'
import { explainedIn } from '../../src/smtp/explained.ts'

const explanationOf = (keyword: string, ...parameters: string[]) =>
  explainedIn(new Map([[keyword, parameters]]))[0]?.explanation

test('each extension is shown as the server spelt it, and explained in a sentence', () => {
  const [auth] = explainedIn(new Map([['AUTH', ['PLAIN', 'login']]]))
  expect(auth).toEqual({
    keyword: 'AUTH',
    parameters: ['PLAIN', 'login'],
    line: 'AUTH PLAIN login',
    explanation: 'AUTH logs in by PLAIN, LOGIN (RFC 4954 §3).',
  })
})

test('parameters are part of the explanation, and without them it holds as well', () => {
  expect(explanationOf('SIZE', '1000')).toContain('the limit is 1000 octets')
  expect(explanationOf('SIZE', '0')).toContain('no limit is named')
  expect(explanationOf('AUTH')).toContain('no mechanism at present')
  expect(explanationOf('DELIVERBY', '240')).toContain('from 240 seconds on')
  expect(explanationOf('DELIVERBY')).not.toContain('seconds on')
  expect(explanationOf('FUTURERELEASE', '3600', '2027-01-01T00:00:00Z')).toContain(
    '3600 seconds or until 2027',
  )
  expect(explanationOf('FUTURERELEASE')).not.toContain('undefined')
  expect(explanationOf('LIMITS', 'RCPTMAX=10')).toContain(': RCPTMAX=10')
})

test('what nobody knows here is null, whatever its name', () => {
  for (const keyword of ['XYZZY', '__PROTO__', 'CONSTRUCTOR', 'TOSTRING'])
    expect(explanationOf(keyword)).toBeNull()
})
