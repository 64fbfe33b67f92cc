import { expect, test } from 'vitest'
import { mxMatches } from '../../src/session/mta-sts.ts'

const policy = { mx: ['mx.example.test', '*.wild.test'] }

test.each([
  'mx.example.test',
  'MX.Example.Test',
  'mx.example.test.',
  'a.wild.test',
  'xn--bcher-kva.wild.test',
])('%s stands in the policy', (host) => {
  expect(mxMatches(policy, host)).toBe(true)
})

test.each([
  'example.test',
  'a.mx.example.test',
  'mx.example.test.evil.test',
  'wild.test',
  '.wild.test',
  'a.b.wild.test',
  'awild.test',
  '*',
  '',
])('%j does not: a wildcard is one label, and only the leftmost', (host) => {
  expect(mxMatches(policy, host)).toBe(false)
})

test('a policy without an mx has room for nobody', () => {
  expect(mxMatches({ mx: [] }, 'mx.example.test')).toBe(false)
})
