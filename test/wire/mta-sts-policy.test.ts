import { describe, expect, test } from 'vitest'
import { parsePolicy, recordId } from '../../src/wire/mta-sts-policy.ts'

const GOOD = ['version: STSv1', 'mode: enforce', 'mx: mx.example.test', 'max_age: 86400']
const written = (...lines: string[]) => `${lines.join('\r\n')}\r\n`
const without = (name: string, ...more: string[]) =>
  written(...GOOD.filter((line) => !line.startsWith(`${name}:`)), ...more)

describe('the record', () => {
  test.each([
    ['v=STSv1; id=20160831085700Z;', '20160831085700Z'],
    ['v=STSv1;id=1', '1'],
    ['v=STSv1 ;\tid=1 ; ', '1'],
    ['v=STSv1; x-y.z=1:2; id=7', '7'],
    ['v=STSv1; id=1; id=2', '1'],
    [`v=STSv1; id=${'a'.repeat(32)}`, 'a'.repeat(32)],
  ])('%s', (text, id) => {
    expect(recordId([text])).toBe(id)
  })

  test('may be missing, and others do not count', () => {
    expect(recordId([])).toBeNull()
    expect(
      recordId(['v=spf1 -all', 'V=STSv1; id=1', 'v=STSv1', 'v=STSv10; id=1', ' v=STSv1; id=1']),
    ).toBeNull()
    expect(recordId(['v=spf1 -all', 'v=STSv1; id=1'])).toBe('1')
  })

  test.each<[string[], RegExp]>([
    [['v=STSv1; id=1', 'v=STSv1; id=1'], /2 records/],
    [['v=STSv1;'], /no id/],
    [['v=STSv1; ID=1'], /no id/],
    [['v=STSv1; id=a-b'], /its id is not/],
    [[`v=STSv1; id=${'a'.repeat(33)}`], /its id is not/],
    [['v=STSv1; id='], /name=value/],
    [['v=STSv1; id=1;;'], /name=value/],
    [['v=STSv1; id=1 2'], /name=value/],
    [['v=STSv1; id=1; é=2'], /name=value/],
  ])('that is malformed counts for nothing: %j', (texts, reason) => {
    expect(() => recordId(texts)).toThrow(expect.objectContaining({ code: 'mta-sts-record' }))
    expect(() => recordId(texts)).toThrow(reason)
  })
})

describe('the policy', () => {
  test('is read with CRLF and with LF, with and without the last line end', () => {
    const expected = { mode: 'enforce', mx: ['mx.example.test'], maxAgeSeconds: 86_400 }
    for (const text of [written(...GOOD), GOOD.join('\n'), `${GOOD.join('\n')}\n`, GOOD.join('\r\n')])
      expect(parsePolicy(text)).toEqual(expected)
  })

  test('blanks around values, other fields, capitals in names of hosts and the order do not matter', () => {
    expect(
      parsePolicy(
        'max_age:0 \nmx:\t*.EXAMPLE.test\t\nx-later: what ever: é\nmx: mx.example.test\nmode:testing\nversion:STSv1',
      ),
    ).toEqual({ mode: 'testing', mx: ['*.example.test', 'mx.example.test'], maxAgeSeconds: 0 })
  })

  test('of a field that stands there twice the first counts', () => {
    expect(parsePolicy(written(...GOOD, 'mode: none', 'max_age: 1', 'version: 2'))).toMatchObject({
      mode: 'enforce',
      maxAgeSeconds: 86_400,
    })
  })

  test('needs an mx unless its mode is none', () => {
    expect(parsePolicy('version: STSv1\nmode: none\nmax_age: 1')).toEqual({
      mode: 'none',
      mx: [],
      maxAgeSeconds: 1,
    })
  })

  test('may last up to a year', () => {
    expect(parsePolicy(without('max_age', 'max_age: 31557600')).maxAgeSeconds).toBe(31_557_600)
  })

  test.each([
    ['', /no version/],
    [without('version'), /no version/],
    [without('mode'), /no mode/],
    [without('mx'), /no mx/],
    [without('max_age'), /no max_age/],
    [without('version', 'version: STSv2'), /version is not/],
    [without('version', 'Version: STSv1'), /no version/],
    [without('mode', 'mode: Enforce'), /mode is none of/],
    [without('mode', 'mode: '), /line 4 is not/],
    [without('max_age', 'max_age: -1'), /max_age/],
    [without('max_age', 'max_age: 1e3'), /max_age/],
    [without('max_age', 'max_age: 31557601'), /max_age/],
    [without('max_age', 'max_age: 00000000001'), /max_age/],
    [written(...GOOD, ''), /line 5 is not/],
    [`\ufeff${written(...GOOD)}`, /line 1 is not/],
    [written(...GOOD).replaceAll('\r\n', '\r'), /max_age|line 1|version/],
    [written('<!DOCTYPE html>', ...GOOD), /line 1 is not/],
    [written(' version: STSv1', ...GOOD), /line 1 is not/],
  ])('that a sender could not read is none: %j', (text, reason) => {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code: 'mta-sts-policy' }))
    expect(() => parsePolicy(text)).toThrow(reason)
  })

  test.each([
    '*',
    '*.',
    '*.*.example.test',
    'mx.*.example.test',
    '192.0.2.1',
    '[::1]',
    'a b',
    'mx..test',
    '*mx.test',
    'bücher.test',
    'mx.test\u0000',
  ])('has no use for the mx %j', (mx) => {
    expect(() => parsePolicy(without('mx', `mx: ${mx}`))).toThrow(/an mx of it/)
  })

  test('a line that is as long as a policy may be is read in no time', () => {
    const began = performance.now()
    for (const line of [
      `x: a${' '.repeat(65_000)}\u000b`,
      `x: ${'a '.repeat(32_000)}\u000b`,
      ':'.repeat(65_000),
    ])
      expect(() => parsePolicy(line)).toThrow(/line 1|no version/)
    expect(performance.now() - began).toBeLessThan(500)
  })
})
