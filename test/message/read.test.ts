import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HeaderBlock } from '../../src/message/header-block.ts'
import { partsOf } from '../../src/message/parts.ts'
import {
  attachmentOf,
  type OpenAttachment,
  type ReadLimits,
  type ReadMessage,
  readMessage,
} from '../../src/message/read.ts'

const LIMITS: ReadLimits = { headerOctets: 64 * 1024, textOctets: 100_000, attachments: 20 }

async function read(
  message: string | Buffer,
  limits: Partial<ReadLimits> = {},
  size = 1000,
): Promise<ReadMessage> {
  const octets = typeof message === 'string' ? Buffer.from(message, 'latin1') : message
  return readMessage(inPieces(octets, size), { ...LIMITS, ...limits })
}

function inPieces(octets: Buffer, size: number): Readable {
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size))
  return Readable.from(pieces)
}

async function contentOf(attachment: OpenAttachment | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of attachment?.content ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const lines = (...all: string[]): string => all.join('\r\n')

const MIXED = lines(
  'Received: from a.test (a.test [192.0.2.1]) by b.test with ESMTPS; Mon, 6 May 2024 16:15:05 +0000',
  'Received: from laptop by a.test with ESMTPSA; Mon, 6 May 2024 16:15:00 +0000',
  'Authentication-Results: b.test; spf=pass smtp.mailfrom=a.test',
  'From: =?utf-8?q?Zo=C3=AB?= <zoe@a.test>',
  'To: "B, ob" <bob@b.test>, Friends: c@b.test, d@b.test;',
  'Cc: xn@xn--bcher-kva.example',
  'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
  ' and more',
  'Date: Mon, 6 May 2024 18:15:00 +0200',
  'Message-ID: <1@a.test>',
  'X-Raw: caf\xc3\xa9',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  'preamble',
  '--b',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'caf=E9',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<b>caf\xc3\xa9</b>',
  '--b',
  'Content-Type: application/octet-stream; name="x.bin"',
  'Content-Disposition: attachment; filename="x.bin"',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC/w==',
  '--b',
  'Content-Type: text/plain; name=notes.txt',
  'Content-Disposition: inline; filename=notes.txt',
  '',
  'a note',
  '--b--',
  'epilogue',
  '',
)

test('a message is read into its facts, whatever the segmentation', async () => {
  const whole = await read(MIXED)
  expect(whole).toMatchObject({
    messageId: '<1@a.test>',
    date: '2024-05-06T16:15:00.000Z',
    subject: 'Grüße and more',
    from: [{ name: 'Zoë', address: 'zoe@a.test' }],
    to: [
      { name: 'B, ob', address: 'bob@b.test' },
      { name: '', address: 'c@b.test' },
      { name: '', address: 'd@b.test' },
    ],
    cc: [{ name: '', address: 'xn@xn--bcher-kva.example' }],
    replyTo: [],
    sender: [],
    text: 'café',
    html: '<b>café</b>',
    attachments: [
      {
        number: 1,
        filename: 'x.bin',
        contentType: 'application/octet-stream',
        disposition: 'attachment',
        cid: null,
        octets: 4,
        sha256: createHash('sha256')
          .update(Buffer.from([0, 1, 2, 255]))
          .digest('hex'),
      },
      { number: 2, filename: 'notes.txt', contentType: 'text/plain', disposition: 'inline', octets: 6 },
    ],
    authenticationResults: [{ server: 'b.test', results: [{ method: 'spf', result: 'pass' }] }],
    report: null,
    problems: [],
  })
  expect(whole.received.map((hop) => hop.delaySeconds)).toEqual([5, null])
  expect(whole.headers.map((field) => field.name).slice(0, 4)).toEqual([
    'Received',
    'Received',
    'Authentication-Results',
    'From',
  ])
  expect(whole.headers).toContainEqual({ name: 'X-Raw', value: 'café' })
  for (const size of [1, 2, 3, 7, 100_000]) expect(await read(MIXED, {}, size)).toEqual(whole)
})

test('a Unix file reads the same', async () => {
  const { text, html, attachments, problems, subject } = await read(MIXED.replaceAll('\r\n', '\n'))
  expect({ text, html, subject, problems }).toEqual({
    text: 'café',
    html: '<b>café</b>',
    subject: 'Grüße and more',
    problems: [],
  })
  expect(attachments).toHaveLength(2)
})

test('a delivery status notification is read', async () => {
  const message = lines(
    'From: MAILER-DAEMON@mail.example.com (Mail Delivery System)',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
    '',
    '--x',
    '',
    'I am sorry.',
    '--x',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mail.example.com',
    '',
    'Final-Recipient: rfc822; nobody@example.org',
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
    '--x',
    'Content-Type: message/rfc822',
    '',
    'Subject: original',
    '',
    'text of the original',
    '--x--',
    '',
  )
  const { report, text, subject, attachments, from } = await read(message)
  expect(from).toEqual([{ name: 'Mail Delivery System', address: 'MAILER-DAEMON@mail.example.com' }])
  expect(text).toBe('I am sorry.')
  expect(subject).toBeNull()
  expect(report).toEqual({
    reportingMta: 'mail.example.com',
    arrived: null,
    recipients: [
      {
        finalRecipient: 'nobody@example.org',
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: '550 5.1.1 User unknown',
        remoteMta: null,
      },
    ],
  })
  expect(attachments.map((one) => one.contentType)).toEqual(['message/delivery-status', 'message/rfc822'])
})

test('format=flowed is unfolded', async () => {
  expect((await read('Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n')).text).toBe(
    'one two\n',
  )
})

describe('charsets', () => {
  const typed = (charset: string, body: string) =>
    read(`Content-Type: text/plain; charset=${charset}\r\n\r\n${body}`)

  test.each([
    ['windows-1251', '\xcf\xf0\xe8\xe2\xe5\xf2', 'Привет'],
    ['gb18030', '\xc4\xe3\xba\xc3', '你好'],
    ['iso-2022-jp', '\x1b$BF|K\\\x1b(B', '日本'],
    ['cp437', '\x81', 'ü'],
    ['us-ascii', 'caf\xc3\xa9', 'café'],
  ])('%s', async (charset, body, text) => {
    expect(await typed(charset, body)).toMatchObject({ text, problems: [] })
  })

  test('none, an unknown one, UTF-7 and broken UTF-8 are told, and the text is still there', async () => {
    expect(await read('A: b\r\n\r\ncaf\xe9')).toMatchObject({
      text: 'café',
      problems: ['the text: octets beyond ASCII without a charset, and not UTF-8: taken for windows-1252'],
    })
    expect(await typed('x-klingon', 'nuqneH \xe9')).toMatchObject({
      text: 'nuqneH é',
      problems: ['the text: the charset "x-klingon" is not known'],
    })
    expect(await typed('utf-7', '+ADw-script+AD4-')).toMatchObject({
      text: '+ADw-script+AD4-',
      problems: [expect.stringContaining('"utf-7"')],
    })
    expect(await typed('utf-8', 'a\xff')).toMatchObject({
      text: 'a\ufffd',
      problems: ['the text: octets that are not UTF-8 were replaced'],
    })
  })
})

describe('limits', () => {
  test('text and HTML are cut between characters, and that is told', async () => {
    const message = (type: string) =>
      `Content-Type: text/${type}; charset=utf-8\r\n\r\n${'\xc3\xa9'.repeat(1000)}`
    expect(await read(message('plain'), { textOctets: 101 })).toMatchObject({
      text: 'é'.repeat(50),
      problems: ['the text is longer than the limit and was cut'],
    })
    expect((await read(message('html'), { textOctets: 100 })).html).toBe('é'.repeat(50))
    expect(await read(message('plain'), { textOctets: 2000 })).toMatchObject({
      text: 'é'.repeat(1000),
      problems: [],
    })
  })

  test('several texts share the limit', async () => {
    const part = (text: string) => `--b\r\nContent-Type: text/plain\r\n\r\n${text}\r\n`
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part('aaaa')}${part('bbbb')}${part('cccc')}--b--\r\n`
    expect((await read(message, { textOctets: 6 })).text).toBe('aaaa\nbb\n')
  })

  test('more attachments than the limit are counted and not listed', async () => {
    const part = '--b\r\nContent-Type: image/png\r\n\r\nx\r\n'
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(5)}--b--\r\n`
    expect(await read(message, { attachments: 2 })).toMatchObject({
      attachments: [{ number: 1 }, { number: 2 }],
      problems: ['only 2 of 5 attachments are listed'],
    })
  })

  test('a header beyond the limit is cut at a line, and the body is read all the same', async () => {
    const message = `Subject: s\r\nX-A: ${'a'.repeat(50)}\r\nX-B: ${'b'.repeat(50)}\r\n\r\nbody`
    for (const size of [1, 10, 1000]) {
      const cut = await read(message, { headerOctets: 80 }, size)
      expect(cut.headers.map((field) => field.name)).toEqual(['Subject', 'X-A'])
      expect(cut.text).toBe('body')
      expect(cut.problems).toEqual(['the header is longer than 80 octets, and what goes beyond was left out'])
    }
    expect((await read(message, { headerOctets: message.length - 'body'.length })).problems).toEqual([])
  })
})

describe('one attachment', () => {
  const open = (message: string, number: number, size = 7) =>
    attachmentOf(inPieces(Buffer.from(message, 'latin1'), size), number, LIMITS)

  test('comes with its facts, decoded, as they are counted in the list', async () => {
    const first = await open(MIXED, 1)
    expect(first).toMatchObject({ number: 1, filename: 'x.bin', contentType: 'application/octet-stream' })
    expect(await contentOf(first)).toEqual(Buffer.from([0, 1, 2, 255]))
    const second = await open(MIXED, 2)
    expect((await contentOf(second)).toString()).toBe('a note')
  })

  test('is undefined where there is none of the number, and the message was read to its end', async () => {
    let ended = false
    const source = (async function* () {
      yield Buffer.from(MIXED, 'latin1')
      ended = true
    })()
    expect(await attachmentOf(source, 3, LIMITS)).toBeUndefined()
    expect(ended).toBe(true)
  })

  test('reads the message to its end behind the content', async () => {
    let ended = false
    const source = (async function* () {
      yield* inPieces(Buffer.from(MIXED, 'latin1'), 10)
      for (let n = 0; n < 50; n += 1) {
        await setImmediate()
        yield Buffer.alloc(10_000, 'epilogue\r\n')
      }
      ended = true
    })()
    await contentOf(await attachmentOf(source, 1, LIMITS))
    expect(ended).toBe(true)
  })

  test('is streamed: a large one is given out before the message is there', async () => {
    const head = 'Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    let given = 0
    const source = (async function* () {
      yield Buffer.from(head)
      for (; given < 500; given += 1) yield Buffer.from(`${'A'.repeat(76)}\r\n`.repeat(200))
    })()
    const attachment = await attachmentOf(source, 1, LIMITS)
    let octets = 0
    let givenAtFirst: number | undefined
    for await (const chunk of attachment?.content ?? []) {
      givenAtFirst ??= given
      octets += chunk.length
    }
    expect(octets).toBe(500 * 200 * 57)
    expect(givenAtFirst).toBeLessThan(100)
  })

  test('that breaks off with its source never passes for whole', async () => {
    const source = (async function* () {
      yield Buffer.from('Content-Type: image/png\r\n\r\nhalf')
      yield Buffer.alloc(200_000, 'x')
      throw new Error('the connection was lost')
    })()
    await expect(attachmentOf(source, 1, LIMITS).then(contentOf)).rejects.toThrow('the connection was lost')
  })
})

test('what the source throws is thrown, at any moment', async () => {
  for (const before of ['', 'Subject: x', 'Subject: x\r\n\r\nbo', MIXED.slice(0, 900)]) {
    const source = (async function* () {
      yield Buffer.from(before, 'latin1')
      throw new Error('the connection was lost')
    })()
    await expect(readMessage(source, LIMITS)).rejects.toThrow('the connection was lost')
  }
})

test('a header without end is given out at the limit, and not held any further', () => {
  const header = new HeaderBlock(100, () => undefined)
  expect(header.push(Buffer.from('Content-Type: image/png\r\n'))).toHaveLength(0)
  expect(header.push(Buffer.alloc(200, 'x')).toString()).toBe('Content-Type: image/png\r\n\r\n')
  expect(header.push(Buffer.alloc(200, 'x'))).toHaveLength(0)
  expect(header.push(Buffer.from('\r\n\r\nbody')).toString()).toBe('body')
})

test('a part that nobody reads is let go, and not held', async () => {
  const all = partsOf(
    inPieces(Buffer.from(MIXED, 'latin1'), 50),
    new HeaderBlock(9999, () => undefined),
    () => undefined,
  )
  const first = await all.next()
  await all.next()
  expect(first.value?.content).toMatchObject({ readableEnded: true })
  await all.return()
})
