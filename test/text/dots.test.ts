import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DotStuffer, DotUnstuffer } from '../../src/text/dots.ts'
import { everyCut } from '../support/every-cut.ts'

function stuffed(chunks: readonly Buffer[]): string {
  const stuffer = new DotStuffer()
  const pieces = chunks.map((chunk) => stuffer.push(chunk))
  return Buffer.concat([...pieces, stuffer.end()]).toString('latin1')
}

function unstuffed(chunks: readonly Buffer[]): { content: string; rest: string | undefined } {
  const unstuffer = new DotUnstuffer()
  const content: Buffer[] = []
  for (const [place, chunk] of chunks.entries()) {
    const out = unstuffer.push(chunk)
    content.push(...out.content)
    if (out.rest !== undefined) {
      const rest = Buffer.concat([out.rest, ...chunks.slice(place + 1)]).toString('latin1')
      return { content: Buffer.concat(content).toString('latin1'), rest }
    }
  }
  return { content: Buffer.concat(content).toString('latin1'), rest: undefined }
}

/** Octets in which line ends and dots are as likely as can be. */
const awkward = fc
  .array(fc.constantFrom('.', '\r', '\n', '\r\n', '\r\n.', '\r\n..', 'a', '\xff', '\0'), { maxLength: 40 })
  .map((pieces) => pieces.join(''))

/** The octets cut at any places. */
const cut = (octets: string, lengths: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = []
  let rest = Buffer.from(octets, 'latin1')
  for (const length of lengths) {
    chunks.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return [...chunks, rest]
}

describe('stuffing (RFC 5321 §4.5.2)', () => {
  test.each([
    ['a line that begins with a dot gets one more', 'a\r\n.b\r\n', 'a\r\n..b\r\n.\r\n'],
    ['a dot at the very beginning as well', '.a\r\n', '..a\r\n.\r\n'],
    ['a lone dot cannot end the message', 'a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
    ['dots one after the other', '.\r\n.\r\n', '..\r\n..\r\n.\r\n'],
    ['dots within a line stay', 'a.b..\r\n', 'a.b..\r\n.\r\n'],
    ['an empty message is the terminator alone', '', '.\r\n'],
    ['a message without a last line end gets one', 'a', 'a\r\n.\r\n'],
    ['a bare LF is no line end, so a dot behind it stays', 'a\n.b\r\n', 'a\n.b\r\n.\r\n'],
    ['a bare CR is no line end, so a dot behind it stays', 'a\r.b\r\n', 'a\r.b\r\n.\r\n'],
    ['a last bare LF is not taken for a line end', 'a\n', 'a\n\r\n.\r\n'],
    ['a last bare CR is not taken for a line end', 'a\r', 'a\r\r\n.\r\n'],
  ])('%s', (_, content, wire) => {
    expect(everyCut(content, stuffed)).toBe(wire)
  })

  test('a chunk with nothing to double is handed on as it is, without a copy', () => {
    const chunk = Buffer.from('Subject: hello\r\n')
    expect(new DotStuffer().push(chunk)).toBe(chunk)
  })

  test('whatever the content and its cuts, only the end is CRLF.CRLF', () => {
    fc.assert(
      fc.property(awkward, fc.array(fc.nat(7), { maxLength: 20 }), (content, lengths) => {
        const wire = stuffed(cut(content, lengths))
        const end = `\r\n${wire}`.indexOf('\r\n.\r\n')
        expect(end).toBe(wire.length + 2 - '\r\n.\r\n'.length)
      }),
    )
  })
})

describe('unstuffing (RFC 1939 §3)', () => {
  test.each([
    ['the CRLF before the dot belongs to the content', 'a\r\n.\r\n', 'a\r\n', ''],
    ['a leading dot is taken away', '..a\r\n..\r\n.\r\n', '.a\r\n.\r\n', ''],
    ['content that is empty', '.\r\n', '', ''],
    ['what follows the end is left alone', 'a\r\n.\r\n+OK next\r\n', 'a\r\n', '+OK next\r\n'],
    ['what follows the end is left alone, dots and all', '.\r\n.\r\n', '', '.\r\n'],
    ['LF . LF ends nothing', 'a\n.\nb\r\n.\r\n', 'a\n.\nb\r\n', ''],
    ['LF . CRLF ends nothing', 'a\n.\r\nb\r\n.\r\n', 'a\n.\r\nb\r\n', ''],
    ['CRLF . LF ends nothing', 'a\r\n.\nb\r\n.\r\n', 'a\r\n\nb\r\n', ''],
    ['CRLF . CR ends nothing', 'a\r\n.\rb\r\n.\r\n', 'a\r\n\rb\r\n', ''],
    ['CRLF . CR CRLF ends nothing', 'a\r\n.\r\r\n.\r\n', 'a\r\n\r\r\n', ''],
    ['CR . CRLF ends nothing', 'a\r.\r\nb\r\n.\r\n', 'a\r.\r\nb\r\n', ''],
    ['NUL and 8-bit octets pass', '\0\xff\r\n.\r\n', '\0\xff\r\n', ''],
  ])('%s', (_, wire, content, rest) => {
    expect(everyCut(wire, unstuffed)).toEqual({ content, rest })
  })

  test('content that breaks off has no end', () => {
    for (const wire of ['', 'a', 'a\r\n', 'a\r\n.', 'a\r\n.\r', 'a\r\n..\r\n']) {
      expect(everyCut(wire, unstuffed).rest, JSON.stringify(wire)).toBeUndefined()
    }
  })

  test('a message that ends in CRLF comes back as it was, through any cuts', () => {
    const lengths = fc.array(fc.nat(7), { maxLength: 20 })
    fc.assert(
      fc.property(awkward, lengths, lengths, fc.boolean(), (octets, out, back, nothing) => {
        const content = nothing ? '' : `${octets}\r\n`
        const wire = stuffed(cut(content, out))
        expect(unstuffed(cut(`${wire}250 ok\r\n`, back))).toEqual({ content, rest: '250 ok\r\n' })
      }),
    )
  })

  test('nothing but a dot between two line ends of CRLF ends the content', () => {
    fc.assert(
      fc.property(awkward, fc.array(fc.nat(7), { maxLength: 20 }), (wire, lengths) => {
        const end = `\r\n${wire}`.indexOf('\r\n.\r\n')
        const { rest } = unstuffed(cut(wire, lengths))
        expect(rest).toBe(end === -1 ? undefined : wire.slice(end + '.\r\n'.length))
      }),
    )
  })
})
