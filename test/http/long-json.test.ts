import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LongJson } from '../../src/http/long-json.ts'
import { Problem } from '../../src/http/problem.ts'
import { requireStrictJson } from '../../src/http/strict-json.ts'
import { LongText } from '../../src/text/long-text.ts'
import { cutsOf } from '../support/every-cut.ts'

/** What became of a body: its value, or what was at fault. */
type Read = { readonly value: unknown } | { readonly status: number; readonly errors: unknown }

async function readOrRefused(read: () => unknown): Promise<Read> {
  try {
    return { value: await read() }
  } catch (error) {
    if (error instanceof SyntaxError)
      return { status: 400, errors: [{ pointer: '', detail: 'this is not JSON' }] }
    if (!(error instanceof Problem)) throw error
    const { status, members } = error.options
    return { status, errors: members?.['errors'] }
  }
}

async function atOnce(octets: Buffer): Promise<Read> {
  return await readOrRefused(() => {
    requireStrictJson(octets, 'utf-8')
    const value = JSON.parse(octets.toString()) as unknown
    if (typeof value !== 'object' || value === null) throw new SyntaxError('neither object nor array')
    return value
  })
}

async function inPieces(pieces: readonly Buffer[]): Promise<Read> {
  return await readOrRefused(async () => {
    const json = new LongJson()
    for (const piece of pieces) json.push(piece)
    return plain(await json.end())
  })
}

/** Wherever it is cut. */
async function everyCut<T>(octets: Buffer, read: (pieces: readonly Buffer[]) => Promise<T>, expected: T) {
  for (const pieces of cutsOf(octets)) expect(await read(pieces)).toEqual(expected)
}

/** With strings for long texts. */
function plain(value: unknown): unknown {
  if (value instanceof LongText) return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

describe('a body in pieces, cut anywhere, is read as it is at one go', () => {
  test.each([
    '{"message":{"raw":"a\\r\\nb\\t\\"\\\\\\/\\b\\f"}}',
    '{"message":{"text":"ü€😀 \\u00fc\\u20AC\\ud83d\\ude00"}}',
    '{"message":{"rawBase64":"QUJD","x":["raw","text"]},"raw":"\\n"}',
    ' [ {"steps":[{"raw":"a"}]} ] ',
    '{"steps":[{"data":"\\\\"},{"raw":"\\\\\\""},{"send":"\\n"},7]}',
    '{"message":{"attachments":[{"content":""},{"text":"\\u000a","filename":"a"}]}}',
    '{"message":{"attachments":{"0":{"content":"x"}}}}',
    '{"message":"raw"}',
    '{"mess\\u0061ge":{"raw":"x","r\\u0061w2":"y"}}',
    '[]',
  ])('%s', async (text) => {
    const octets = Buffer.from(text)
    const expected = await atOnce(octets)
    expect(expected).toHaveProperty('value')
    await everyCut(octets, inPieces, expected)
  })

  test.each([
    ['a name twice', '{"message":{"raw":"a","raw":"b"}}'],
    ['a name twice, behind a text that is none', '{"message":{"raw":"\\x","text":1,"text":2}}'],
    ['__proto__', '{"message":{"__proto__":{"raw":"a"}}}'],
    ['nesting', `{"message":${'['.repeat(40)}`],
    ['no JSON', '{"message":{"raw":"a"}'],
    ['no colon', '{"message":{"raw" "a"}}'],
    ['two texts in one place', '{"message":{"raw":"a" "b"}}'],
    ['an unknown escape', '{"message":{"raw":"\\x41"}}'],
    ['an escape that is cut off', '{"message":{"raw":"\\u00e"}}'],
    ['digits that are none', '{"message":{"raw":"\\u00xy"}}'],
    ['a line break in a text', '{"message":{"raw":"a\nb"}}'],
    ['a text without end', '{"message":{"raw":"a\\"}}'],
    ['a name with an unknown escape', '{"message":{"r\\xaw":"a"}}'],
    ['a string', '"message"'],
    ['null', 'null'],
    ['two values', '{} {}'],
    ['a comma too many', '{"message":{"raw":"a",}}'],
  ])('with %s', async (_fault, text) => {
    const octets = Buffer.from(text)
    const expected = await atOnce(octets)
    expect(expected).toHaveProperty('errors')
    await everyCut(octets, inPieces, expected)
  })

  test.each([
    ['in a text', Buffer.from('{"message":{"raw":"\xff"}}', 'latin1')],
    ['in a text, cut off', Buffer.from('{"message":{"raw":"\xe2\x82"}}', 'latin1')],
    ['behind names that stand twice', Buffer.from('{"a":1,"a":2,"b":"\xc3"}', 'latin1')],
    ['at the end', Buffer.from('{}\xc3', 'latin1')],
  ])('that is no UTF-8, %s', async (_where, octets) => {
    const expected = {
      status: 400,
      errors: [{ pointer: '', detail: 'this is not UTF-8' }],
    }
    await everyCut<Read>(octets, inPieces, expected)
    expect(await atOnce(octets)).toEqual(expected)
  })

  test('that has too many values', async () => {
    const octets = Buffer.from(`{"message":{"raw":"a"},"b":[${'1,'.repeat(600_000)}1]}`)
    expect(await inPieces([octets.subarray(0, 50), octets.subarray(50)])).toEqual(await atOnce(octets))
    expect(await inPieces([octets])).toMatchObject({ status: 400 })
  })

  test('whatever it holds', async () => {
    const texts = fc.record(
      {
        raw: fc.string({ unit: 'binary' }),
        text: fc.jsonValue(),
        attachments: fc.array(fc.record({ content: fc.string() })),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(texts, fc.jsonValue({ maxDepth: 3 }), fc.nat(), async (message, other, cut) => {
        const octets = Buffer.from(
          JSON.stringify({ message, steps: [{ raw: message.raw, data: other }], other }),
        )
        const at = cut % octets.length
        expect(await inPieces([octets.subarray(0, at), octets.subarray(at)])).toEqual(await atOnce(octets))
      }),
    )
  })

  test('nothing at all is an empty object, and a byte order mark is passed over', async () => {
    expect(await inPieces([])).toEqual({ value: {} })
    await everyCut<Read>(Buffer.from('\ufeff{"a":1}'), inPieces, { value: { a: 1 } })
  })
})

describe('a long text', () => {
  const long = 'x'.repeat(16_380)

  async function raw(pieces: readonly Buffer[]) {
    const json = new LongJson()
    json.push(Buffer.from(`{"message":{"raw":"${long}`))
    for (const piece of pieces) json.push(piece)
    json.push(Buffer.from('"}}'))
    const { message } = (await json.end()) as { message: { raw: unknown } }
    const text = message.raw
    if (!(text instanceof LongText)) throw new Error('the text is not long')
    return { text: text.toString(), surrogates: text.surrogates }
  }

  test('is octets, its escapes undone wherever they are cut', async () => {
    const rest = 'ü€😀\\u00fc\\u20AC\\ud83d\\ude00\\r\\n\\"\\\\\\/'
    await everyCut<unknown>(Buffer.from(rest), raw, {
      text: long + (JSON.parse(`"${rest}"`) as string),
      surrogates: 'in-pairs',
    })
  })

  test.each([
    '\\ud83d',
    '\\ude00',
    '\\ud83dx',
    '\\ud83d\\n',
    '\\ud83d\\ud83d\\ude00',
    '\\ude00\\ud83d',
    '\\ud83d\\u0041',
  ])('tells of half a surrogate pair, and holds what Node makes of it: %s', async (half) => {
    const rest = `xxxx${half}`
    const expected = Buffer.from(JSON.parse(`"${rest}"`) as string).toString()
    await everyCut<unknown>(Buffer.from(rest), raw, { text: long + expected, surrogates: 'halves' })
  })

  test('is so from 16 KiB on, and with half of a surrogate pair', async () => {
    const read = async (text: string): Promise<unknown> => {
      const json = new LongJson()
      json.push(Buffer.from(`{"message":{"html":"${text}"}}`))
      return ((await json.end()) as { message: { html: unknown } }).message.html
    }
    expect(await read('x'.repeat(16_384))).toBe('x'.repeat(16_384))
    expect(await read('x'.repeat(16_385))).toBeInstanceOf(LongText)
    expect(await read('\\ud83d')).toBeInstanceOf(LongText)
  })
})

test('what stands beside the texts has a limit', async () => {
  const json = new LongJson()
  const piece = Buffer.from(`"${'x'.repeat(1_000_000)}",`)
  json.push(Buffer.from(`{"message":{"raw":"${'x'.repeat(20_000_000)}"},"others":[`))
  for (let n = 0; n < 9; n += 1) json.push(piece)
  json.push(Buffer.from('1]}'))
  expect(await readOrRefused(() => json.end())).toEqual({ status: 413, errors: undefined })
})
