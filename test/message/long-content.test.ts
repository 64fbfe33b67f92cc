import { generateKeyPairSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type ComposeOptions, compose } from '../../src/message/compose.ts'
import type { ComposedMessage } from '../../src/message/composed-message.ts'
import { sign } from '../../src/message/dkim.ts'
import { MessageError } from '../../src/message/message-error.ts'
import { readMessage } from '../../src/message/read.ts'
import { Blocks } from '../../src/text/blocks.ts'
import { LongText } from '../../src/text/long-text.ts'
import { Secret } from '../../src/text/secret.ts'

const OPTIONS: ComposeOptions = {
  encoding: '7bit',
  now: new Date('2026-11-23T10:00:00Z'),
  random: (octets) => Buffer.alloc(octets, 0xab),
}
const ALICE = { from: 'alice@example.com', to: ['bob@example.org'] }

/** In blocks that are filled in odd steps. */
function long(text: string): LongText {
  const octets = Buffer.from(text)
  const blocks = new Blocks()
  for (let at = 0; at < octets.length; at += 50_001) blocks.push(octets.subarray(at, at + 50_001))
  return new LongText(blocks.end(), 'in-pairs')
}

async function composed(message: Partial<ComposedMessage>, encoding: '7bit' | '8bit'): Promise<string> {
  const { blocks } = await compose({ ...ALICE, ...message }, { ...OPTIONS, encoding })
  return Buffer.concat(blocks).toString('latin1')
}

/** Where the library breaks a line of quoted-printable softly depends on how its input is cut (RFC 2045 §6.7). */
const hard = (message: string): string => message.replaceAll('=\r\n', '')

const TEXTS = {
  'lines of ASCII': 'A line of text that is not long.\r\n'.repeat(8000),
  'a Unix file': 'A line of text that is not long.\n'.repeat(8000),
  'old line ends, and blanks before them': 'A line of text \t \r'.repeat(9000),
  'lines with some letters beyond ASCII': 'Größer, schöner — “und” weiter 😀 so.\n'.repeat(5000),
  'letters beyond ASCII alone': 'пошта и ещё одна почта\n'.repeat(8000),
  'long lines': `${'wörds and '.repeat(200)}\n`.repeat(100),
  'no line at all': 'x='.repeat(100_000),
  'control characters': 'a\u0007b ü\u0085\n'.repeat(20_000),
} as const

describe('a long text is encoded as a string is', () => {
  const each = Object.entries(TEXTS).flatMap(([name, text]) =>
    (['7bit', '8bit'] as const).map((encoding) => [name, encoding, text] as const),
  )

  test.each(each)('%s, %s', async (_name, encoding, text) => {
    for (const field of ['text', 'html'] as const) {
      const expected = await composed({ [field]: text }, encoding)
      expect(hard(await composed({ [field]: long(text) }, encoding)) === hard(expected)).toBe(true)
    }
  })

  test('as a calendar, of which there are two in a message', async () => {
    for (const encoding of ['7bit', '8bit'] as const) {
      const content = TEXTS['lines with some letters beyond ASCII']
      const read = async (given: string | LongText) => {
        const calendar = { method: 'request', content: given }
        return await composed(
          { text: 'x', calendar, attachments: [{ filename: 'a', content: 'a' }] },
          encoding,
        )
      }
      // two fields of the file stand the other way round
      const lines = async (given: string | LongText) =>
        hard(await read(given))
          .split('\r\n')
          .sort()
          .join('\n')
      expect((await lines(long(content))) === (await lines(content))).toBe(true)
    }
  })

  test('also where it is not so long after all', async () => {
    const text = 'short lines\n'.repeat(2000)
    const message = await composed({ text: long(text) }, '7bit')
    expect(message).toBe(await composed({ text }, '7bit'))
    expect(message).toContain('Content-Transfer-Encoding: 7bit')
  })
})

describe('a long attachment', () => {
  test.each(['application/octet-stream', 'text/plain', 'message/rfc822'])(
    'is what a short one is: %s',
    async (contentType) => {
      const text = `Subject: x\r\n\r\n${TEXTS['lines of ASCII']}`
      const read = async (content: Buffer | LongText) =>
        await composed({ text: 'x', attachments: [{ contentType, filename: 'a', content }] }, '7bit')
      expect((await read(long(text))) === (await read(Buffer.from(text)))).toBe(true)
    },
  )

  test('that is a message keeps octets beyond 7 bits for 8BITMIME alone', async () => {
    const content = long(`Subject: x\n\n${TEXTS['lines with some letters beyond ASCII']}`)
    const attachments = [{ contentType: 'message/rfc822', content }]
    expect(await composed({ attachments }, '8bit')).toContain('Content-Transfer-Encoding: 8bit\r\n')
    await expect(composed({ attachments }, '7bit')).rejects.toThrow(MessageError)
  })

  test('is read again as it was', async () => {
    const content = long(TEXTS['control characters'])
    const { blocks } = await compose({ ...ALICE, attachments: [{ filename: 'a.bin', content }] }, OPTIONS)
    expect(blocks.length).toBeGreaterThan(1)
    const limits = { headerOctets: 9999, textOctets: 9999, attachments: 9 }
    const { attachments } = await readMessage(Readable.from(blocks), limits)
    expect(attachments).toMatchObject([{ filename: 'a.bin', octets: content.octets }])
  })
})

test('half of a surrogate pair in a long text is told where it stands', async () => {
  const text = new LongText(long(TEXTS['a Unix file']).pieces(), 'halves')
  await expect(composed({ text }, '7bit')).rejects.toMatchObject({ name: 'MessageError', path: ['text'] })
})

test('a long message is signed as a short one, and its blocks are the same', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const key = { domain: 'example.com', selector: 's', privateKey: new Secret(privateKey) }
  const { blocks } = await compose({ ...ALICE, text: long(TEXTS['a Unix file']) }, OPTIONS)
  const [field, ...rest] = await sign(blocks, key)
  const [whole] = await sign([Buffer.concat(blocks)], key)
  expect(field?.toString()).toBe(whole?.toString())
  expect(rest).toEqual(blocks)
})
