import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { newestOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service({ env: { MAILWIRE_MAX_MESSAGE_BYTES: '3000000' } })

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const MESSAGE = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'], subject: 'long' }
const LONG = 300_000

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** Sends these octets as JSON, whose length is told or not. */
async function post(
  octets: Buffer,
  length: 'told' | 'not-told',
  path = '/smtp/send',
  headers = {},
): Promise<Answered> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(`${mailwire.url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(length === 'told' ? { 'Content-Length': octets.length } : { 'Transfer-Encoding': 'chunked' }),
        ...headers,
      },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    outgoing.end(octets)
  })
}

const LINES = `Subject: lines\r\n\r\n${'A line — with “letters” of all kinds, a \\ and a \t.\r\n.dot\r\n'.repeat(40_000)}`

describe('a message of some megabytes arrives octet for octet', () => {
  const send = async (body: object) => {
    const { status, body: answer } = await post(Buffer.from(JSON.stringify(body)), 'told')
    expect([status, answer['outcome']]).toEqual([200, 'accepted'])
    return await newestOf(mailwire)
  }
  /** What the sandbox put in front is no part of it. */
  const endsWith = (stored: Buffer, sent: Buffer) => stored.subarray(-sent.length).equals(sent)

  test('as rawBase64', async () => {
    const octets = Buffer.from(LINES)
    const stored = await send({ envelope: TO_BOB, message: { rawBase64: octets.toString('base64') } })
    expect(endsWith(stored, octets)).toBe(true)
  })

  test.each([
    ['as raw', LINES],
    ['as raw of a Unix file, each line of which becomes one with CRLF', LINES.replaceAll('\r\n', '\n')],
  ])('%s', async (_name, raw) => {
    const stored = await send({ envelope: TO_BOB, message: { raw } })
    expect(endsWith(stored, Buffer.from(LINES))).toBe(true)
  })

  test('as an attachment', async () => {
    const file = Buffer.from(Array.from({ length: 1_500_000 }, (_, n) => (n * 31) % 256))
    const stored = await send({
      message: {
        ...MESSAGE,
        text: 'x',
        attachments: [{ filename: 'f.bin', content: file.toString('base64') }],
      },
    })
    const part = stored.toString('latin1').split('filename=f.bin')[1]?.split('\r\n--')[0] ?? ''
    const encoded = part.slice(part.indexOf('\r\n\r\n') + 4)
    expect(Math.max(...encoded.split('\r\n').map(({ length }) => length))).toBe(76)
    expect(Buffer.from(encoded, 'base64').equals(file)).toBe(true)
  })

  test('as an attached message, which is not encoded', async () => {
    const inner = `Subject: inner\r\n\r\n${'seven bits\r\n'.repeat(50_000)}`
    const stored = await send({
      message: {
        ...MESSAGE,
        attachments: [
          {
            contentType: 'message/rfc822',
            content: Buffer.from(inner.replaceAll('\r\n', '\n')).toString('base64'),
          },
        ],
      },
    })
    expect(stored.toString('latin1')).toContain(`Content-Transfer-Encoding: 7bit\r\n`)
    expect(stored.includes(inner)).toBe(true)
  })
})

describe('what a long body is answered is what a short one is', () => {
  /** A text that is long or not, with something behind it. */
  type Of = (text: (end: string) => string) => string
  const faults: readonly [fault: string, body: Of][] = [
    ['no JSON', (text) => `{"message":{"raw":"${text('')}"}`],
    ['a line break in a text', (text) => `{"message":{"raw":"${text('\n')}"}}`],
    ['an escape that there is not', (text) => `{"message":{"raw":"${text('\\x')}"}}`],
    ['a name twice', (text) => `{"message":{"raw":"${text('')}","raw":"a"}}`],
    ['__proto__', (text) => `{"message":{"raw":"${text('')}","__proto__":{}}}`],
    ['nesting', (text) => `{"a":${'['.repeat(40)}"${text('')}"${']'.repeat(40)}}`],
    ['a string', (text) => `"${text('')}"`],
    ['an array', (text) => `["${text('')}"]`],
    ['a field that there is not', (text) => `{"message":{"raw":"${text('')}","rwa":1}}`],
    ['fields that cannot stand together', (text) => `{"message":{"raw":"${text('')}","subject":"a"}}`],
    ['a number for a text', (text) => `{"message":{"raw":7},"nonsense":"${text('')}"}`],
    ['an object for a text', (text) => `{"message":{"html":{}},"nonsense":"${text('')}"}`],
    [
      'a subject that is too long',
      (text) => `{"message":{"subject":"${'x'.repeat(10_001)}","text":"${text('')}"}}`,
    ],
    ['rawBase64 that is none', (text) => `{"message":{"rawBase64":"${text('%')}"}}`],
    ['rawBase64 with more behind its end', (text) => `{"message":{"rawBase64":"${text('QQ==QQ==')}"}}`],
    ['rawBase64 with half a surrogate pair', (text) => `{"message":{"rawBase64":"${text('\\ud800')}"}}`],
    ['a mixture of line ends', (text) => `{"message":{"raw":"${text('\\r\\n\\n')}"}}`],
    ['a bare CR', (text) => `{"message":{"raw":"${text('\\r')}"}}`],
    [
      'text with half a surrogate pair',
      (text) => `{"message":{"from":"a@b.test","text":"${text('\\ud800')}"}}`,
    ],
    [
      'html with half a surrogate pair',
      (text) => `{"message":{"from":"a@b.test","html":"${text('\\ude00x')}"}}`,
    ],
    [
      'a calendar with half a surrogate pair',
      (text) => `{"message":{"from":"a@b.test","calendar":{"method":"X","content":"${text('\\ude00')}"}}}`,
    ],
    [
      'an attachment that is not base64',
      (text) => `{"message":{"from":"a@b.test","attachments":[{"content":""},{"content":"${text('=')}"}]}}`,
    ],
    [
      'an attachment with content and text',
      (text) => `{"message":{"from":"a@b.test","attachments":[{"content":"","text":"${text('')}"}]}}`,
    ],
    ['a composed message of nobody', (text) => `{"message":{"text":"${text('')}"}}`],
    ['no recipient', (text) => `{"message":{"from":"a@b.test","text":"${text('')}"}}`],
  ]

  test.each(faults)('%s', async (_fault, of) => {
    const short = Buffer.from(of((end) => `abcd${end}`))
    const long = Buffer.from(of((end) => 'abcd'.repeat(LONG / 4) + end))
    const expected = await post(short, 'told')
    expect(expected.status).toBe(400)
    expect(await post(short, 'not-told')).toEqual(expected)
    const { body, status } = await post(long, 'told')
    // where in a text the fault is, is another place in a longer one
    const placeless = JSON.stringify(body)
      .replaceAll(`octet ${LONG}`, 'octet 4')
      .replaceAll(`octet ${LONG + 2}`, 'octet 6')
    expect([status, JSON.parse(placeless)]).toEqual([400, expected.body])
  })

  test.each([
    [
      'a script without content',
      (text: (end: string) => string) => `{"steps":[{"raw":""},{"data":"${text('')}","raw":"QQ=="}]}`,
    ],
    ['raw that is not base64', (text: (end: string) => string) => `{"steps":[{"raw":"${text('%')}"}]}`],
    [
      'data that is none',
      (text: (end: string) => string) => `{"steps":[{"data":7},{"send":"a","data":"${text('')}"}]}`,
    ],
  ])('of a script: %s', async (_fault, of) => {
    for (const path of ['/smtp/session', '/pop3/session']) {
      const expected = await post(Buffer.from(of((end) => `abcd${end}`)), 'told', path)
      expect(expected.status).toBe(400)
      expect(await post(Buffer.from(of((end) => 'abcd'.repeat(LONG / 4) + end)), 'told', path)).toEqual(
        expected,
      )
    }
  })

  test('and what is wanted where a text is due is what is wanted of any string', async () => {
    const body = { message: { raw: 7, attachments: [{ text: null }] } }
    const { errors } = (await post(Buffer.from(JSON.stringify(body)), 'told')).body
    expect(errors).toMatchObject([
      { pointer: '/message/attachments/0/text', detail: 'Invalid input: expected string, received null' },
      { pointer: '/message/raw', detail: 'Invalid input: expected string, received number' },
    ])
  })

  test('octets that are no UTF-8', async () => {
    const faulty = (length: number) =>
      Buffer.concat([Buffer.from(`{"a":"${'x'.repeat(length)}`), Buffer.from([0xff, 0x22, 0x7d])])
    const expected = await post(faulty(3), 'told')
    expect(expected.status).toBe(400)
    expect(await post(faulty(LONG), 'told')).toEqual(expected)
    expect(await post(faulty(3), 'not-told')).toEqual(expected)
  })

  test.each([
    ['another charset', { 'Content-Type': 'application/json; charset=iso-8859-1' }],
    ['a content encoding', { 'Content-Encoding': 'gzip' }],
    ['another type', { 'Content-Type': 'text/plain' }],
  ])('%s', async (_name, headers) => {
    const expected = await post(Buffer.from('{}'), 'told', '/smtp/send', headers)
    expect(expected.status).toBe(415)
    const long = Buffer.from(`{"message":{"raw":"${'x'.repeat(LONG)}"}}`)
    expect(await post(long, 'told', '/smtp/send', headers)).toEqual(expected)
  })

  test('a charset that is UTF-8 in whatever way it is written', async () => {
    const long = Buffer.from(
      JSON.stringify({ envelope: TO_BOB, dryRun: true, message: { raw: 'ü'.repeat(LONG) } }),
    )
    for (const type of ['application/json; charset="UTF-8"', 'Application/JSON;charset=utf-8; x=y']) {
      const { status, body } = await post(long, 'told', '/smtp/send', { 'Content-Type': type })
      expect([status, body['raw']]).toEqual([200, 'ü'.repeat(LONG)])
    }
  })
})

describe('a body that is too large', () => {
  test('is refused by what it says of its length', async () => {
    const { status, body } = await post(Buffer.alloc(5_100_000, ' '), 'told')
    expect([status, body['type']]).toEqual([413, '/problems/payload-too-large'])
  })

  test('is refused when more comes than is taken', async () => {
    const { status, body } = await post(Buffer.alloc(5_100_000, ' '), 'not-told')
    expect([status, body['type']]).toEqual([413, '/problems/payload-too-large'])
  })

  test('is refused when too much of it is not in the texts of a message', async () => {
    const nonsense = `{"message":{"raw":"a"},"nonsense":"${'x'.repeat(4_500_000)}"}`
    const { status, body } = await post(Buffer.from(nonsense), 'told')
    expect([status, body['type']]).toEqual([413, '/problems/payload-too-large'])
  })

  test('is refused where the message itself is larger than is taken', async () => {
    const message = { rawBase64: Buffer.alloc(3_000_001, 'x').toString('base64') }
    const { status, body } = await post(Buffer.from(JSON.stringify({ envelope: TO_BOB, message })), 'told')
    expect([status, body['type']]).toEqual([413, '/problems/payload-too-large'])
  })
})

test('a dry run of a long message gives its exact octets, in JSON and as an event, and its beginning as text', async () => {
  const body = Buffer.from(JSON.stringify({ envelope: TO_BOB, dryRun: true, message: { raw: LINES } }))
  const octets = Buffer.from(LINES)
  const { status, body: answer } = await post(body, 'told')
  expect([status, answer['octets']]).toEqual([200, octets.length])
  expect(answer['rawBase64']).toBe(octets.toString('base64'))
  expect(answer['raw']).toBe(LINES.replaceAll('\\', '\\\\'))
  const dryRun = mailwire.agent.post('/smtp/send').type('json').buffer(true)
  const { text: events } = await dryRun.accept('text/event-stream').send(body.toString()).expect(200)
  const data = /^event: result\ndata: (.*)\n\n$/.exec(events)?.[1] ?? ''
  expect(JSON.parse(data)).toEqual(answer)
  const { text } = await mailwire.agent
    .post('/smtp/send')
    .type('json')
    .accept('text')
    .send(body.toString())
    .expect(200)
  expect(text).toContain('DATA\nSubject: lines\r\n')
  expect(text).toContain(`[${octets.length - 262_144} octets more, in the JSON form]`)
})

test('a key is used for the same request, however it is written and wherever its texts stand', async () => {
  const key = { 'Idempotency-Key': 'a-long-body' }
  const message = { rawBase64: Buffer.from(LINES).toString('base64') }
  const first = await post(
    Buffer.from(JSON.stringify({ envelope: TO_BOB, message })),
    'told',
    '/smtp/send',
    key,
  )
  expect(first.status).toBe(200)
  const again = JSON.stringify({ message, envelope: TO_BOB })
    .replaceAll('/', '\\/')
    .replace('rawB', 'raw\\u0042')
  expect(await post(Buffer.from(again), 'not-told', '/smtp/send', key)).toEqual(first)
  const other = JSON.stringify({ message, envelope: TO_BOB }).replace('==', 'QQ')
  expect(await post(Buffer.from(other.replace('A', 'B')), 'told', '/smtp/send', key)).toMatchObject({
    status: 422,
  })
})

test('a short body whose length is not told has the key of the same one whose length is', async () => {
  const key = { 'Idempotency-Key': 'a-short-body' }
  const body = Buffer.from(JSON.stringify({ envelope: TO_BOB, message: { raw: 'Subject: ü\r\n\r\nx\r\n' } }))
  const first = await post(body, 'told', '/smtp/send', key)
  expect(first.status).toBe(200)
  expect(await post(body, 'not-told', '/smtp/send', key)).toEqual(first)
})

test('a script says long texts as it says short ones', async () => {
  const server = await mailServer('220 mx ESMTP', '250 mx', '250 Ok', '250 Ok', '354 Go', '250 Ok', '221 Bye')
  const lines = LINES.slice(0, 400_000)
  const steps = [
    { send: 'EHLO a.test' },
    { send: 'MAIL FROM:<a@b.test>' },
    { send: 'RCPT TO:<b@b.test>' },
    { send: 'DATA' },
    { data: lines.replaceAll('\r\n', '\n') },
  ]
  const body = Buffer.from(JSON.stringify({ server: `smtp://127.0.0.1:${server.port}`, steps }))
  const { status } = await post(body, 'told', '/smtp/session')
  expect(status).toBe(200)
  const heard = server.heard.slice(server.heard.indexOf('DATA') + 1).join('\r\n')
  const sent = lines.replaceAll('\r\n.', '\r\n..').slice(0, 399_000)
  // a comparison that failed would print all of it
  expect(Buffer.from(heard, 'latin1').toString().includes(sent)).toBe(true)
})

test('a caller who leaves in the middle of a long body leaves nothing behind, and others are answered', async () => {
  const outgoing = request(`${mailwire.url}/smtp/send`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Content-Length': 1_000_000 },
  })
  const gone = new Promise((resolve) => outgoing.once('error', resolve))
  outgoing.write(`{"message":{"raw":"${'x'.repeat(300_000)}`, () => outgoing.destroy(new Error('gone')))
  await gone
  await mailwire.agent.get('/livez').expect(200)
  expect(mailwire.logs().filter((line) => line.includes('a bug'))).toEqual([])
})
