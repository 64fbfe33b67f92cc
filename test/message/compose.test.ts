import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ComposeOptions, type Composition, compose } from '../../src/message/compose.ts'
import type { ComposedMessage } from '../../src/message/composed-message.ts'
import { MessageError } from '../../src/message/message-error.ts'
import { type ReadMessage, readMessage } from '../../src/message/read.ts'

const OPTIONS: ComposeOptions = {
  encoding: '7bit',
  now: new Date('2026-11-23T10:00:00.000Z'),
  random: (octets) => Buffer.alloc(octets, 0xab),
}
const ALICE = { from: 'alice@example.com', to: ['bob@example.org'] }

function wholeOf({ blocks }: Composition): Buffer {
  return Buffer.concat(blocks)
}

async function octetsOf(
  message: Partial<ComposedMessage>,
  options: Partial<ComposeOptions> = {},
): Promise<string> {
  return wholeOf(await compose({ ...ALICE, ...message }, { ...OPTIONS, ...options })).toString()
}

async function roundTrip(
  message: Partial<ComposedMessage>,
  options: Partial<ComposeOptions> = {},
): Promise<ReadMessage> {
  const { blocks } = await compose({ ...ALICE, ...message }, { ...OPTIONS, ...options })
  return readMessage(Readable.from(blocks), {
    headerOctets: 100_000,
    textOctets: 1_000_000,
    attachments: 50,
  })
}

async function refusal(
  message: Partial<ComposedMessage>,
  options: Partial<ComposeOptions> = {},
): Promise<readonly (string | number)[]> {
  try {
    await compose({ ...ALICE, ...message }, { ...OPTIONS, ...options })
  } catch (thrown) {
    if (thrown instanceof MessageError) return thrown.path
    throw thrown
  }
  return ['nothing was refused']
}

test('a plain message is exactly this', async () => {
  const { blocks, ...rest } = await compose(
    {
      from: '"Alice" <alice@example.com>',
      to: ['bob@example.org'],
      subject: 'Hi',
      text: 'hello\n',
      headers: { 'X-CHECK': '1' },
    },
    OPTIONS,
  )
  expect(Buffer.concat(blocks).toString()).toBe(
    [
      'X-CHECK: 1',
      'From: Alice <alice@example.com>',
      'To: bob@example.org',
      'Subject: Hi',
      `Message-ID: <${'ab'.repeat(16)}@example.com>`,
      'Date: Mon, 23 Nov 2026 10:00:00 +0000',
      'Content-Transfer-Encoding: 7bit',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'hello',
      '',
    ].join('\r\n'),
  )
  expect(rest).toEqual({
    messageId: `<${'ab'.repeat(16)}@example.com>`,
    from: { name: 'Alice', address: 'alice@example.com' },
    recipients: ['bob@example.org'],
    eightBit: false,
    needsSmtpUtf8: false,
  })
})

test('to, cc and bcc are recipients, none twice, and bcc stands nowhere in the octets', async () => {
  const composed = await compose(
    {
      from: 'a@x.test',
      to: ['b@x.test'],
      cc: ['"C" <c@x.test>', 'b@x.test'],
      bcc: ['hidden@x.test'],
      text: '',
    },
    OPTIONS,
  )
  expect(composed.recipients).toEqual(['b@x.test', 'c@x.test', 'hidden@x.test'])
  expect(wholeOf(composed).toString()).not.toMatch(/hidden|bcc/i)
})

describe('what goes in comes out again', () => {
  test('names, subject, texts and filenames beyond ASCII', async () => {
    const read = await roundTrip({
      from: '"Zoë, \\"Q\\"" <zoe@example.com>',
      to: ['Jürgen Groß <j@example.org>', '"山田 太郎" <y@example.org>'],
      subject: `Grüße – ${'sehr lange Betreffzeile mit Umlauten äöü '.repeat(6).trim()} 🎉`,
      text: 'Häl\tlo\n\nWelt 🎉\n.\n..\nFrom here\n',
      html: '<p>Hällo</p>',
      headers: { 'X-Groesse': 'größer' },
      attachments: [
        {
          filename: 'Übersicht – 2026 "neu".pdf',
          contentType: 'application/pdf',
          content: Buffer.from([0, 13, 10, 255, 13]),
        },
      ],
    })
    expect(read.problems).toEqual([])
    expect(read.from).toEqual([{ name: 'Zoë, "Q"', address: 'zoe@example.com' }])
    expect(read.to).toEqual([
      { name: 'Jürgen Groß', address: 'j@example.org' },
      { name: '山田 太郎', address: 'y@example.org' },
    ])
    expect(read.subject).toBe(`Grüße – ${'sehr lange Betreffzeile mit Umlauten äöü '.repeat(6).trim()} 🎉`)
    expect(read.text).toBe('Häl\tlo\n\nWelt 🎉\n.\n..\nFrom here\n')
    expect(read.html).toBe('<p>Hällo</p>')
    expect(read.headers).toContainEqual({ name: 'X-Groesse', value: 'größer' })
    expect(read.attachments).toEqual([
      {
        number: 1,
        filename: 'Übersicht – 2026 "neu".pdf',
        contentType: 'application/pdf',
        disposition: 'attachment',
        cid: null,
        octets: 5,
        sha256: createHash('sha256')
          .update(Buffer.from([0, 13, 10, 255, 13]))
          .digest('hex'),
      },
    ])
  })

  test('an image in the HTML, an attached message and a text file', async () => {
    const read = await roundTrip({
      text: 'see',
      html: '<img src="cid:logo@example.com">',
      attachments: [
        { cid: 'logo@example.com', contentType: 'image/png', content: Buffer.from('png') },
        { filename: 'old.eml', content: 'Subject: old\n\nbody\n' },
        { filename: 'notes.txt', content: 'ä\n', disposition: 'inline' },
      ],
    })
    expect(
      read.attachments.map(({ number, filename, contentType, disposition, cid, octets }) => ({
        number,
        filename,
        contentType,
        disposition,
        cid,
        octets,
      })),
    ).toEqual([
      {
        number: 1,
        filename: null,
        contentType: 'image/png',
        disposition: 'inline',
        cid: 'logo@example.com',
        octets: 3,
      },
      {
        number: 2,
        filename: 'old.eml',
        contentType: 'message/rfc822',
        disposition: 'inline',
        cid: null,
        octets: 22,
      },
      {
        number: 3,
        filename: 'notes.txt',
        contentType: 'text/plain',
        disposition: 'inline',
        cid: null,
        octets: 3,
      },
    ])
    expect(read.text).toBe('see')
  })

  test('the type of a file is told by its name, and never multipart', async () => {
    const attachments = ['a.pdf', 'b.gzip', 'README'].map((filename) => ({ filename, content: 'x' }))
    expect((await roundTrip({ attachments })).attachments.map((one) => one.contentType)).toEqual([
      'application/pdf',
      'application/octet-stream',
      'application/octet-stream',
    ])
  })

  test('a calendar is an alternative and a file', async () => {
    const octets = await octetsOf({
      text: 'come',
      calendar: { method: 'request', content: 'BEGIN:VCALENDAR\nEND:VCALENDAR' },
    })
    expect(octets).toContain('Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n')
    expect(octets).toContain('Content-Disposition: attachment; filename=invite.ics\r\n')
    expect(octets).toContain('BEGIN:VCALENDAR\r\nEND:VCALENDAR')
  })

  test('priority, list fields, reply-to, references, date and message-id', async () => {
    const octets = await octetsOf({
      priority: 'low',
      list: {
        id: 'Größe <sizes.example.com>',
        unsubscribe: ['mailto:off@example.com', 'https://example.com/off'],
        post: ['mailto:l@example.com'],
      },
      replyTo: '"R" <r@example.com>',
      inReplyTo: 'one@example.com',
      references: ['<zero@example.com>', '<one@example.com>'],
      date: new Date('1999-12-31T23:59:59Z'),
      messageId: '<mine@example.com>',
    })
    for (const line of [
      'X-Priority: 5 (Lowest)',
      'Importance: Low',
      'List-Id: =?UTF-8?Q?Gr=C3=B6=C3=9Fe?= <sizes.example.com>',
      'List-Unsubscribe: <mailto:off@example.com>, <https://example.com/off>',
      'List-Post: <mailto:l@example.com>',
      'Reply-To: R <r@example.com>',
      'In-Reply-To: <one@example.com>',
      'References: <zero@example.com> <one@example.com>',
      'Date: Fri, 31 Dec 1999 23:59:59 +0000',
      'Message-ID: <mine@example.com>',
    ]) {
      expect(octets).toContain(`${line}\r\n`)
    }
  })

  test('own fields keep their names, order and quotes, and can come several times', async () => {
    const octets = await octetsOf({
      headers: {
        'X-MS-b': ['two "2"', 'three'],
        'x-a': 'one',
        Received: 'from a by b; Mon, 1 Jan 2024 00:00:00 +0000',
      },
    })
    expect(octets.startsWith('X-MS-b: two "2"\r\nX-MS-b: three\r\nx-a: one\r\nReceived: from a by b;')).toBe(
      true,
    )
  })

  test('subject, date and message-id can stand among the headers instead', async () => {
    const composed = await compose(
      {
        ...ALICE,
        headers: {
          subject: 'Größe',
          DATE: 'yesterday',
          'message-id': '<own@example.com>',
          To: 'undisclosed-recipients:;',
        },
        to: [],
      },
      OPTIONS,
    )
    const octets = wholeOf(composed).toString()
    expect(composed.messageId).toBe('<own@example.com>')
    expect(octets.match(/^(?:subject|date|message-id|to):.*$/gim)).toEqual([
      'To: undisclosed-recipients:;',
      'Subject: =?UTF-8?Q?Gr=C3=B6=C3=9Fe?=',
      'Message-ID: <own@example.com>',
      'Date: yesterday',
    ])
  })
})

describe('7bit and 8bit', () => {
  const message = { text: 'Grüße\n', html: `<p>${'ä'.repeat(600)}</p>` }

  test('7bit has no octet beyond 7 bits', async () => {
    const composed = await compose({ ...ALICE, ...message }, OPTIONS)
    expect(wholeOf(composed).every((octet) => octet < 0x80)).toBe(true)
    expect(composed.eightBit).toBe(false)
  })

  test('8bit leaves text readable, except where its lines are too long', async () => {
    const composed = await compose({ ...ALICE, ...message }, { ...OPTIONS, encoding: '8bit' })
    expect(wholeOf(composed).toString()).toContain('Content-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n')
    expect(wholeOf(composed).toString()).not.toContain('ä'.repeat(600))
    expect(composed.eightBit).toBe(true)
    expect((await roundTrip(message, { encoding: '8bit' })).html).toBe(message.html)
  })

  test('ASCII stays 7bit in either', async () => {
    expect(await octetsOf({ text: 'plain' }, { encoding: '8bit' })).toContain(
      'Content-Transfer-Encoding: 7bit',
    )
  })

  test('an attached message that is 8-bit needs 8bit', async () => {
    const attachments = [{ contentType: 'message/rfc822', content: 'Subject: x\n\nGrüße\n' }]
    expect(await refusal({ attachments })).toEqual(['attachments', 0, 'content'])
    expect(await octetsOf({ attachments }, { encoding: '8bit' })).toContain(
      'Content-Transfer-Encoding: 8bit\r\n',
    )
  })

  test('a local part beyond ASCII needs 8bit, and SMTPUTF8', async () => {
    expect(await refusal({ cc: ['jürgen@example.org'] })).toEqual(['cc', 0])
    const composed = await compose(
      { ...ALICE, cc: ['jürgen@bücher.example'] },
      { ...OPTIONS, encoding: '8bit' },
    )
    expect(composed.needsSmtpUtf8).toBe(true)
    expect(wholeOf(composed).toString()).toContain('Cc: jürgen@bücher.example\r\n')
  })

  test('a domain beyond ASCII goes out as A-labels, in the message-id too', async () => {
    const octets = await octetsOf({ from: 'a@bücher.example' })
    expect(octets).toContain('From: a@xn--bcher-kva.example\r\n')
    expect(octets).toMatch(/^Message-ID: <[0-9a-f]{32}@xn--bcher-kva\.example>\r$/m)
  })
})

describe('refused and never repaired, with the field named', () => {
  const EVIL = ['\r\nBcc: evil@x.test', '\nx', '\rx', '\0x']

  test.each(EVIL)('%j, wherever it is', async (evil) => {
    expect(await refusal({ from: `a@x.test${evil}` })).toEqual(['from'])
    expect(await refusal({ from: `"a${evil}" <a@x.test>` })).toEqual(['from'])
    expect(await refusal({ to: ['b@x.test', `b${evil}@x.test`] })).toEqual(['to', 1])
    expect(await refusal({ bcc: [`b@x.test${evil}`] })).toEqual(['bcc', 0])
    expect(await refusal({ replyTo: `b@x.test${evil}` })).toEqual(['replyTo'])
    expect(await refusal({ subject: `s${evil}` })).toEqual(['subject'])
    expect(await refusal({ headers: { 'X-A': `s${evil}` } })).toEqual(['headers', 'X-A'])
    expect(await refusal({ headers: { 'X-A': ['fine', `s${evil}`] } })).toEqual(['headers', 'X-A'])
    expect(await refusal({ headers: { [`X-A${evil}`]: 'x' } })).toEqual(['headers', `X-A${evil}`])
    expect(await refusal({ attachments: [{ filename: `f${evil}`, content: '' }] })).toEqual([
      'attachments',
      0,
      'filename',
    ])
    expect(await refusal({ attachments: [{ contentType: `text/plain${evil}`, content: '' }] })).toEqual([
      'attachments',
      0,
      'contentType',
    ])
    expect(await refusal({ attachments: [{ cid: `c${evil}`, content: '' }] })).toEqual([
      'attachments',
      0,
      'cid',
    ])
    expect(await refusal({ calendar: { method: `REQUEST${evil}`, content: 'x' } })).toEqual([
      'calendar',
      'method',
    ])
    expect(await refusal({ messageId: `<a@b>${evil}` })).toEqual(['messageId'])
    expect(await refusal({ inReplyTo: `<a@b>${evil}` })).toEqual(['inReplyTo'])
    expect(await refusal({ references: ['<a@b>', `<a@b>${evil}`] })).toEqual(['references', 1])
    expect(await refusal({ list: { id: `a.b${evil}` } })).toEqual(['list', 'id'])
    expect(await refusal({ list: { help: [`mailto:a@b${evil}`] } })).toEqual(['list', 'help', 0])
  })

  test.each([
    ['Content-Type', 'text/html'],
    ['content-transfer-encoding', 'binary'],
    ['Content-Disposition', 'inline'],
    ['MIME-Version', '1.0'],
    ['Bcc', 'x@y.test'],
    ['From', 'x@y.test'],
    ['To', 'x@y.test'],
    ['X-Empty', '  '],
    ['X A', '1'],
    ['X:A', '1'],
    ['', '1'],
    ['X-Ä', '1'],
    ['X'.repeat(77), '1'],
    ['Sender', 'ä@y.test'],
    ['X-Long', 'x'.repeat(900)],
    ['X-Spaces', `a${' '.repeat(80)}b`],
    ['X-Bell', 'a\x07'],
    ['X-Half', 'a\ud800'],
    ['Message-ID', 'no identifier'],
  ])('the header %j: %j', async (name, value) => {
    expect(await refusal({ headers: { [name]: value } })).toEqual(['headers', name])
  })

  test('a field that is given both ways', async () => {
    const both: readonly (readonly [Partial<ComposedMessage>, string])[] = [
      [{ subject: 'a' }, 'SUBJECT'],
      [{ cc: ['a@b.test'] }, 'Cc'],
      [{ date: new Date(0) }, 'Date'],
      [{ messageId: '<a@b>' }, 'Message-Id'],
      [{ replyTo: 'a@b.test' }, 'Reply-To'],
      [{ references: ['<a@b>'] }, 'References'],
      [{ priority: 'high' }, 'Importance'],
      [{ list: { id: 'a.b' } }, 'List-ID'],
    ]
    for (const [message, name] of both)
      expect(await refusal({ ...message, headers: { [name]: '<x@y>' } })).toEqual(['headers', name])
    expect(await refusal({ headers: { Subject: 'a', subject: 'b' } })).toEqual(['headers', 'subject'])
  })

  test.each([
    [{ attachments: [{ contentType: 'multipart/mixed', content: '' }] }, ['attachments', 0, 'contentType']],
    [{ attachments: [{ contentType: 'nonsense', content: '' }] }, ['attachments', 0, 'contentType']],
    [{ attachments: [{ filename: ' ', content: '' }] }, ['attachments', 0, 'filename']],
    [{ attachments: [{ filename: 'a\tb', content: '' }] }, ['attachments', 0, 'filename']],
    [{ attachments: [{ filename: 'x'.repeat(900), content: '' }] }, ['attachments', 0, 'filename']],
    [{ attachments: [{ cid: '<a@b>', content: '' }] }, ['attachments', 0, 'cid']],
    [
      { attachments: [{ contentType: 'message/rfc822', content: `a: b\n\n${'x'.repeat(999)}` }] },
      ['attachments', 0, 'content'],
    ],
    [{ attachments: [{ filename: 'a.eml', content: 'a: b\n\n\0' }] }, ['attachments', 0, 'content']],
    [{ calendar: { method: 'REQUEST', content: '' } }, ['calendar', 'content']],
    [{ text: 'a\udc00' }, ['text']],
    [{ html: '\ud800' }, ['html']],
    [{ date: new Date(Number.NaN) }, ['date']],
    [{ date: new Date('+012026-01-01T00:00:00Z') }, ['date']],
    [{ list: { id: 'two words' } }, ['list', 'id']],
    [{ list: { help: ['javascript:x'] } }, ['list', 'help', 0]],
    [{ list: { help: ['https://a.test/>,<x'] } }, ['list', 'help', 0]],
    [{ messageId: 'a b@c' }, ['messageId']],
  ] as const)('%j', async (message, path) => {
    expect(await refusal(message as Partial<ComposedMessage>)).toEqual(path)
  })
})

test('a path, a URL or a raw part of an attachment is out of reach', async () => {
  for (const content of [{ path: '/etc/hostname' }, { href: 'http://127.0.0.1/' }, undefined]) {
    const attachments = [{ filename: 'a', content }] as unknown as ComposedMessage['attachments']
    expect(await refusal({ attachments })).toEqual(['attachments', 0, 'content'])
  }
  const beside = [
    {
      filename: 'a.bin',
      content: Buffer.from('given'),
      path: '/etc/hostname',
      href: 'http://127.0.0.1/',
      raw: 'X: y',
    },
  ]
  expect(await octetsOf({ attachments: beside })).toContain(Buffer.from('given').toString('base64'))
  const text = { path: '/etc/hostname' } as unknown as string
  await expect(compose({ ...ALICE, text }, OPTIONS)).rejects.toThrow()
})

test('whatever the texts are, only CRLF ends lines, none is over 998 octets, and 7bit keeps its word', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom('\r', '\n\r\n\r', 'x'.repeat(5000), '\0', '.\n.', 'ä'.repeat(3000)),
  )
  await fc.assert(
    fc.asyncProperty(
      texts,
      texts,
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('7bit', '8bit'),
      async (text, html, file, encoding) => {
        const options = { ...OPTIONS, encoding: encoding as ComposeOptions['encoding'] }
        const composed = await compose(
          { ...ALICE, text, html, attachments: [{ filename: 'f', content: Buffer.from(file) }] },
          options,
        )
        const octets = wholeOf(composed).toString('latin1')
        expect(octets.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
        expect(octets.endsWith('\r\n')).toBe(true)
        expect(Math.max(...octets.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
        if (encoding === '7bit') expect(octets).toMatch(/^\p{ASCII}*$/u)
      },
    ),
    { numRuns: 60 },
  )
})
