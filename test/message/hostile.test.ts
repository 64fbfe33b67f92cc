import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attachmentOf, type ReadLimits, type ReadMessage, readMessage } from '../../src/message/read.ts'

const LIMITS: ReadLimits = { headerOctets: 64 * 1024, textOctets: 100_000, attachments: 20 }

async function read(message: string | Buffer, size = 65_536): Promise<ReadMessage> {
  const octets = typeof message === 'string' ? Buffer.from(message, 'latin1') : message
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size))
  const result = await readMessage(Readable.from(pieces), LIMITS)
  const json = JSON.stringify(result)
  expect(JSON.parse(json)).toEqual(result)
  expect(json).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/i)
  return result
}

function nested(depth: number): string {
  let message = 'Subject: deep\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\nsee below\r\n'
  for (let n = 0; n < depth; n += 1)
    message += `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n + 1}\r\n\r\n`
  return `${message}--b${depth}\r\nContent-Type: text/plain\r\n\r\nat the bottom\r\n`
}

test('10,000 multiparts in one another: the header and the beginning of the body come back', async () => {
  const result = await read(nested(10_000))
  expect(result.subject).toBe('deep')
  expect(result.text).toMatch(/^see below\r\n--b0\r\n/)
  expect(result.problems).toEqual([
    'the rest of the message could not be read: Max allowed child nodes exceeded',
    'no text could be told from the rest; the text is the beginning of the body as it stands',
  ])
})

test('its innocent twin: 50 multiparts in one another are read to the bottom', async () => {
  expect(await read(nested(50))).toMatchObject({ text: 'at the bottom\r\n'.replace('\r', ''), problems: [] })
})

test('100,000 parts: those before the limit stay', async () => {
  const part = '--b\r\nContent-Type: image/png\r\n\r\nx\r\n'
  const filler = `${'y'.repeat(76)}\r\n`.repeat(3000)
  const first = `--b\r\nContent-Type: text/plain\r\n\r\nfirst\r\n--b\r\nContent-Type: image/gif\r\n\r\n${filler}`
  const result = await read(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${first}${part.repeat(100_000)}`,
  )
  expect(result.text).toBe('first')
  expect(result.attachments[0]).toMatchObject({ contentType: 'image/gif', octets: filler.length - 2 })
  expect(result.problems).toContain(
    'the rest of the message could not be read: Max allowed child nodes exceeded',
  )
})

test('a header of 1 MB is cut, whether of one line, of many, or folded without end, and the body is read', async () => {
  for (const line of ['X'.repeat(100), 'a: b\r\n', ' folded\r\n', '\r', 'a:\n\tb\n']) {
    const result = await read(`Subject: s\r\nX-A: ${line.repeat(1_000_000 / line.length)}x\r\n\r\nbody`)
    expect(result.subject).toBe('s')
    expect(result.text).toBe('body')
    expect(result.problems[0]).toBe(
      'the header is longer than 65536 octets, and what goes beyond was left out',
    )
  }
})

test('a part with a header of 1 MB ends the reading, and what came before stays in one form or the other', async () => {
  const part = (header: string) => `--b\r\nX-A: ${header}\r\n\r\n`
  const message = (before: string) =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${before}${part('x'.repeat(1_000_000))}never\r\n--b--\r\n`
  const words = 'first words\r\n'
  const short = await read(message(`${part('1')}${words}`))
  expect(short.text).toContain('first words')
  expect(short.text).not.toContain('never')
  expect(short.problems).toContain(
    'the rest of the message could not be read: Max header size for a MIME node exceeded',
  )
  const long = await read(message(`${part('1')}${words.repeat(6000)}${part('2')}second\r\n`))
  expect(long.text?.startsWith('first words\nfirst words\n')).toBe(true)
})

test('broken base64 gives what can be decoded', async () => {
  const message = (body: string) =>
    `Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}`
  for (const body of [
    'AAEC',
    'AA=EC',
    '!!!!',
    'A',
    '====',
    'AAEC\r\n-- not base64 --\r\n\x80\xff',
    `A${'A'.repeat(100_001)}`,
  ]) {
    const { attachments } = await read(message(body))
    expect(attachments).toMatchObject([{ number: 1, contentType: 'image/png' }])
  }
  expect((await read(message('AA\r\nEC'))).attachments[0]?.octets).toBe(3)
})

test('broken quoted-printable gives what can be decoded', async () => {
  const result = await read('Content-Transfer-Encoding: quoted-printable\r\n\r\na=ZZb=\r\nc=')
  expect(result.text).toMatch(/^a.*b.*c/)
})

test('NUL anywhere stays what it is', async () => {
  const result = await read('Subject: a\0b\r\nX\0: y\r\n\r\nte\0xt')
  expect(result).toMatchObject({
    subject: 'a\0b',
    text: 'te\0xt',
    problems: ['a line of the header is no field'],
  })
})

test('no header at all: everything is the text', async () => {
  expect(await read('just some words\r\nand more: of them\r\n\r\nand an end')).toMatchObject({
    headers: [],
    text: 'just some words\nand more: of them\n\nand an end',
    problems: ['the message has no header'],
  })
  expect(await read('\r\nbody')).toMatchObject({
    headers: [],
    text: 'body',
    problems: ['the message has no header'],
  })
  expect(await read('x'.repeat(5000), 10)).toMatchObject({
    text: 'x'.repeat(5000),
    problems: ['the message has no header'],
  })
})

test('a header and nothing else, and nothing at all', async () => {
  expect(await read('Subject: only')).toMatchObject({ subject: 'only', problems: [] })
  expect(await read('Subject: only\r\n\r\n')).toMatchObject({ subject: 'only', problems: [] })
  expect(await read('')).toMatchObject({
    subject: null,
    text: '',
    attachments: [],
    problems: ['the message is empty'],
  })
})

test('a file in mbox format has its separator passed over', async () => {
  expect(await read('From alice Mon May  6 16:15:05 2024\nSubject: s\n\nbody')).toMatchObject({
    subject: 's',
    text: 'body',
    problems: [],
  })
})

test.each([
  ['a multipart without a boundary', 'Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nwords\r\n--x--'],
  [
    'a boundary that never comes',
    'Content-Type: multipart/mixed; boundary=y\r\n\r\n--x\r\n\r\nwords\r\n--x--',
  ],
])('%s: the beginning of the body is the text', async (_, message) => {
  const result = await read(message)
  expect(result.text).toBe('--x\r\n\r\nwords\r\n--x--')
  expect(result.problems).toEqual([
    'no text could be told from the rest; the text is the beginning of the body as it stands',
  ])
})

test('a type that is none is plain text', async () => {
  for (const type of ['', ';', 'text', '/', 'a b/c', '\0', '=?utf-8?q?x?=']) {
    expect((await read(`Content-Type: ${type}\r\n\r\nwords`)).text).toBe('words')
  }
})

test('a date that is none is null, and told', async () => {
  expect(await read('Date: soon\r\n\r\n')).toMatchObject({
    date: null,
    problems: ['the Date field names no date'],
  })
})

test('names that decode to half a surrogate pair, to line breaks or to markup are only text', async () => {
  const result = await read(
    'Subject: =?utf-16be?b?2AA=?=\r\nX-A: =?utf-8?q?a=0D=0AX-B:_c?=\r\nFrom: =?utf-8?q?=22evil=22_=3Ca=40b=3E?= <c@d.test>\r\nSender: =?utf-16le?b?ANg=?= <e@f.test>\r\nContent-Type: image/png; name="../../etc/passwd"\r\n\r\nx',
  )
  expect(result.subject).toBe('\ufffd')
  expect(result.headers.map((field) => field.name)).toEqual([
    'Subject',
    'X-A',
    'From',
    'Sender',
    'Content-Type',
  ])
  expect(result.from).toEqual([{ name: '"evil" <a@b>', address: 'c@d.test' }])
  expect(result.sender).toEqual([{ name: '\ufffd', address: 'e@f.test' }])
  expect(result.attachments[0]?.filename).toBe('../../etc/passwd')
  const half = await read("Content-Disposition: attachment; filename*=utf-16le''%00%D8\r\n\r\nx")
  expect(half.attachments[0]?.filename).toBe('\ufffd')
})

test('fields made to be slow are read in time that grows with their length alone', async () => {
  const started = performance.now()
  for (const evil of [
    '(',
    '<',
    ',',
    '"',
    '\\',
    '=?',
    ';',
    ' a=',
    '\t',
    'a.',
    '@',
    '"a" <',
    ':;',
    '=?u?q?',
    '\x80',
  ]) {
    const value = evil.repeat(20_000 / evil.length)
    for (const name of ['From', 'Received', 'Authentication-Results', 'Date', 'Content-Type']) {
      await read(`${name}: ${value}\r\n\r\nbody`)
    }
  }
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('octets that are no message at all end in a result and never in a failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 500 }),
      async (octets, size) => {
        const result = await read(Buffer.from(octets), size)
        expect(Array.isArray(result.problems)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})

const shard = fc.constantFrom(
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: multipart/alternative; boundary="b"\r\n',
  'Content-Type: message/rfc822\r\n',
  'Content-Type: message/delivery-status\r\n',
  'Content-Type: text/html; charset=utf-16\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-Disposition: inline\r\n',
  "Content-Disposition: attachment; filename*0*=utf-8''%ff\r\n",
  'Content-ID: <>\r\n',
  'Subject: =?utf-8?b?w\r\n',
  '--b\r\n',
  '--b--\r\n',
  '\r\n',
  '\n',
  '\r',
  ' ',
  'words',
  'AAEC=\r\n',
  '\0\xff',
)

test('shards of messages end in the same result whatever the segmentation, and every attachment can be opened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shard, { maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      async (shards, size) => {
        const octets = Buffer.from(shards.join(''), 'latin1')
        const whole = await read(octets)
        const cut = await read(octets, size)
        const facts = ({ text, html, attachments, headers }: ReadMessage) => ({
          text,
          html,
          attachments,
          headers,
        })
        expect(facts(cut)).toEqual(facts(whole))
        for (const { number, octets: length } of whole.attachments) {
          const opened = await attachmentOf(Readable.from([octets]), number, LIMITS)
          let found = 0
          for await (const chunk of opened?.content ?? []) found += chunk.length
          expect(found).toBe(length)
        }
      },
    ),
    { numRuns: 150 },
  )
})
