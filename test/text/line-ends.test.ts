import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BareLineEnd, type LineEndPolicy, LineEnds } from '../../src/text/line-ends.ts'

interface Result {
  readonly octets: string
  readonly findings: readonly string[]
  readonly refused?: readonly [which: string, offset: number]
}

function run(policy: LineEndPolicy, chunks: readonly Buffer[]): Result {
  const ends = new LineEnds(policy)
  const out: Buffer[] = []
  try {
    for (const chunk of chunks) out.push(ends.push(chunk))
    out.push(ends.end())
  } catch (thrown) {
    if (!(thrown instanceof BareLineEnd)) throw thrown
    return { octets: '', findings: [], refused: [thrown.which, thrown.offset] }
  }
  return {
    octets: Buffer.concat(out).toString('latin1'),
    findings: ends.findings.map((finding) => finding.text),
  }
}

function whole(policy: LineEndPolicy, text: string): Result {
  return run(policy, [Buffer.from(text, 'latin1')])
}

const codes = (policy: LineEndPolicy, text: string): readonly string[] => {
  const ends = new LineEnds(policy)
  ends.push(Buffer.from(text, 'latin1'))
  ends.end()
  return ends.findings.map((finding) => finding.code)
}

describe('auto', () => {
  test('a message with CRLF goes out as it came, without a finding', () => {
    const given = Buffer.from('a: b\r\n\r\n.\r\n\r\nlast')
    const ends = new LineEnds('auto')
    expect(ends.push(given)).toBe(given)
    expect(ends.end()).toHaveLength(0)
    expect(ends.findings).toEqual([])
  })

  test('a Unix file is converted, and that is a finding', () => {
    expect(whole('auto', '\na: b\n\ntext')).toEqual({
      octets: '\r\na: b\r\n\r\ntext',
      findings: ['3 bare LF became CRLF.'],
    })
  })

  test.each([
    ['an LF behind CRLF', 'a\r\nb\nc', 'bare-lf', 4],
    ['a CRLF behind LF', 'a\nb\r\nc', 'bare-lf', 1],
    ['a CR in a line', 'a\rb\r\n', 'bare-cr', 1],
    ['a CR in a Unix file', 'a\nb\rc\n', 'bare-cr', 3],
    ['a CR at the very end', 'a\r\nb\r', 'bare-cr', 4],
    ['CR CR LF', 'a\r\r\n', 'bare-cr', 1],
    ['the end of mail data, smuggled', 'a\r\nb\n.\r\nMAIL FROM:<x@y.test>\r\n', 'bare-lf', 4],
  ])('%s is refused with its place', (_, text, which, offset) => {
    expect(whole('auto', text).refused).toEqual([which, offset])
  })
})

describe('convert', () => {
  test('each CR, LF and CRLF becomes one CRLF, with counts', () => {
    expect(whole('convert', 'a\rb\nc\r\nd\r\r\n\n')).toEqual({
      octets: 'a\r\nb\r\nc\r\nd\r\n\r\n\r\n',
      findings: ['2 bare LF became CRLF.', '2 bare CR became CRLF.'],
    })
  })

  test('a last CR becomes CRLF', () => {
    expect(whole('convert', 'a\r')).toEqual({ octets: 'a\r\n', findings: ['one bare CR became CRLF.'] })
  })
})

describe('refuse', () => {
  test.each([
    ['a\nb', 'bare-lf', 1],
    ['a\rb', 'bare-cr', 1],
    ['a\r\n\n', 'bare-lf', 3],
  ])('%j is refused with its place', (text, which, offset) => {
    expect(whole('refuse', text).refused).toEqual([which, offset])
  })

  test('CRLF passes', () => {
    expect(whole('refuse', 'a\r\nb\r\n')).toEqual({ octets: 'a\r\nb\r\n', findings: [] })
  })

  test('the message of the refusal says what and where', () => {
    expect(() => new LineEnds('refuse').push(Buffer.from('ab\nc'))).toThrow(
      'a bare LF at octet 2 where only CRLF ends a line',
    )
  })
})

describe('what else is worth knowing', () => {
  test('a line of 998 octets is none too many, one of 999 is', () => {
    expect(codes('auto', `a\r\n${'x'.repeat(998)}\r\n`)).toEqual([])
    expect(whole('auto', `a\r\n${'x'.repeat(999)}\r\nb\r\n${'y'.repeat(2000)}`).findings).toEqual([
      '2 lines are over 998 octets long, line 2 first (RFC 5322 §2.1.1).',
    ])
  })

  test('octets beyond 7 bits and NUL are named', () => {
    expect(codes('auto', 'a\x7f\r\n')).toEqual([])
    expect(codes('auto', 'a\x80\r\n')).toEqual(['eight-bit'])
    expect(whole('auto', 'ab\0\r\n\0').findings).toEqual(['There is a NUL, first at octet 2 (RFC 5322 §4).'])
  })
})

const policies = fc.constantFrom<LineEndPolicy>('auto', 'convert', 'refuse')
const message = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '\r\n', '\n', 'a', '.', '\0', 'é', 'x'.repeat(600)), {
    maxLength: 30,
  })
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'))

test('the result does not depend on where the octets are cut', () => {
  fc.assert(
    fc.property(policies, message, fc.array(fc.nat(3000), { maxLength: 8 }), (policy, octets, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, octets.length)), octets.length].sort(
        (a, b) => a - b,
      )
      const chunks = places.slice(1).map((place, n) => octets.subarray(places[n], place))
      expect(run(policy, chunks)).toEqual(run(policy, [octets]))
      const single = [...octets].map((octet) => Buffer.from([octet]))
      expect(run(policy, single)).toEqual(run(policy, [octets]))
    }),
    { numRuns: 300 },
  )
})

test('no bare CR or LF ever leaves, refused or not, and nothing else is changed', () => {
  fc.assert(
    fc.property(policies, message, fc.nat(3000), (policy, octets, cut) => {
      const ends = new LineEnds(policy)
      let out = ''
      let whole = true
      try {
        out += ends.push(octets.subarray(0, cut)).toString('latin1')
        out += ends.push(octets.subarray(cut)).toString('latin1')
        out += ends.end().toString('latin1')
      } catch {
        whole = false
      }
      expect(out.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
      if (whole) expect(out).toBe(octets.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'))
    }),
    { numRuns: 500 },
  )
})
