import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { countOf, octetsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const get = (path: string) => mailwire.agent.get(path).auth('bob', 'sandbox')
const head = (path: string) => mailwire.agent.head(path).auth('bob', 'sandbox')

const PDF = Buffer.from('%PDF-1.7 \0\x80\xff', 'latin1')
const HTML = '<script>alert(1)</script>'

const RAW = [
  'Received: from a.test (a.test [192.0.2.7]) by mx.sandbox.test with ESMTPS; Mon, 23 Nov 2026 10:00:05 +0000',
  'Received: from b.test by a.test with SMTP; Mon, 23 Nov 2026 10:00:00 +0000',
  'Authentication-Results: mx.sandbox.test; spf=pass smtp.mailfrom=a.test; dkim=fail header.d=a.test',
  'From: Alice <alice@sandbox.test>',
  'Subject: with attachments',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'see there',
  '--b',
  'Content-Type: application/pdf',
  "Content-Disposition: attachment; filename*=UTF-8''..%2F..%5CRechnung%20f%C3%BCr%20%22Bob%22%0D%0AX-Evil%3A%201.pdf",
  'Content-Transfer-Encoding: base64',
  '',
  PDF.toString('base64'),
  '--b',
  'Content-Type: text/html; charset=utf-8',
  'Content-Disposition: inline; filename="page.html"',
  '',
  HTML,
  '--b',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment',
  '',
  '--b--',
  '',
].join('\r\n')

const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

beforeAll(async () => {
  await mailwire.agent
    .post('/smtp/send')
    .send({ envelope: { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }, message: { raw: RAW } })
    .expect(200)
})

describe('If-Match', () => {
  test.each(['application/json', 'message/rfc822'])(
    'another message is not read for it: %s',
    async (type) => {
      const server = await mailServer('+OK ready', '-ERR', '+OK', '+OK', '+OK 2 another', '+OK')
      const { body } = await get('/pop3/messages/2')
        .query(onItsOwn(server))
        .set({ 'If-Match': '"b"', Accept: type })
        .expect(412)
      expect(body).toMatchObject({ type: '/problems/precondition-failed', outcome: 'rejected' })
      expect(server.heard).not.toContain('RETR 2')
    },
  )

  test('the message that is meant is', async () => {
    const { headers } = await get('/pop3/messages/2').expect(200)
    const etag = headers['etag'] as string
    await get('/pop3/messages/2').set('If-Match', `"x", ${etag}`).expect(200)
    await get('/pop3/messages/2').set('If-Match', '*').expect(200)
    const { body } = await get('/pop3/messages/2').set('If-Match', 'no tag').expect(400)
    expect(body.errors).toMatchObject([{ header: 'If-Match' }])
  })
})

describe('If-None-Match', () => {
  test.each(['application/json', 'message/rfc822'])(
    'the message that the caller has is not retrieved: 304 (%s)',
    async (type) => {
      const first = await get('/pop3/messages/2').set('Accept', type)
      const etag = first.headers['etag'] as string
      for (const given of [etag, `W/${etag}`, `"of,nobody", ${etag}`, '*']) {
        const again = await get('/pop3/messages/2')
          .set('Accept', type)
          .set('If-None-Match', given)
          .expect(304)
        expect(again.text).toBe('')
        expect(again.headers).toMatchObject({ etag, 'x-session-id': expect.any(String), vary: 'Accept' })
      }
    },
  )

  test('another one is retrieved', async () => {
    const response = await get('/pop3/messages/2').set('If-None-Match', '"of-nobody"').expect(200)
    expect(verbsOf(response).slice(-3)).toEqual(['UIDL', 'RETR', 'QUIT'])
  })

  test.each(['abc', '"abc', '"a" "b"', ''])('what is no list of tags is refused (%s)', async (given) => {
    const { body } = await get('/pop3/messages/2').set('If-None-Match', given).expect(400)
    expect(body.errors).toMatchObject([{ header: 'If-None-Match' }])
  })

  test('no such message is 404 all the same', async () => {
    await get('/pop3/messages/99').set('If-None-Match', '*').expect(404)
  })
})

describe('latest', () => {
  test('is the one that came last', async () => {
    const { body, headers } = await get('/pop3/messages/latest').expect(200)
    expect(body).toMatchObject({ number: await countOf(mailwire), subject: 'with attachments' })
    expect(headers['etag']).toBe(`"${body.uid}"`)
    await get('/pop3/messages/latest').set('If-None-Match', `"${body.uid}"`).expect(304)
  })

  test('of an empty maildrop: 404', async () => {
    const server = await mailServer('+OK ready', '-ERR Unknown command.', '+OK', '+OK', '+OK 0 0', '+OK Bye')
    const { body } = await get('/pop3/messages/latest').query(onItsOwn(server)).expect(404)
    expect(body.type).toBe('/problems/no-such-message')
  })

  test('cannot be deleted: it may be another one by then', async () => {
    const { body } = await mailwire.agent.delete('/pop3/messages/latest').auth('bob', 'sandbox').expect(400)
    expect(body.errors).toMatchObject([{ parameter: 'n' }])
  })
})

test('the way of a message and what was found out about its sender are read', async () => {
  const { body } = await get('/pop3/messages/2').expect(200)
  expect(body.received.slice(-2)).toMatchObject([
    { by: 'mx.sandbox.test', address: '192.0.2.7', with: 'ESMTPS', delaySeconds: 5 },
    { by: 'a.test', with: 'SMTP', delaySeconds: null },
  ])
  expect(body.authenticationResults).toMatchObject([
    {
      server: 'mx.sandbox.test',
      results: [
        { method: 'spf', result: 'pass' },
        { method: 'dkim', result: 'fail' },
      ],
    },
  ])
  expect(body.report).toBeNull()
})

/** A server with one message. */
const serverWith = (message: string): Promise<MailServer> =>
  mailServer(
    '+OK ready',
    '-ERR Unknown command.',
    '+OK',
    '+OK',
    '+OK 1 abc',
    Buffer.from(`+OK\r\n${message}.\r\n`, 'latin1'),
    '+OK',
  )

describe('a mail that is hard to read', () => {
  const SOME = expect.arrayContaining([expect.any(String)])
  const SUBJECT = 'Subject: =?x-unknown?q?=FF?= caf\xe9\r\n'
  const messages: [what: string, message: string, told: object][] = [
    [
      'parts whose boundary never comes, and no charset that anybody knows',
      `${SUBJECT}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b\r\n\r\n--a\r\nContent-Type: text/plain; charset=x\r\n\r\n\xff\0\r\n`,
      { attachments: [], problems: SOME },
    ],
    [
      'no header at all, and octets that are no text',
      '\x89PNG\x0d\x0a\x1a\x0a\0\0\0\rIHDR\xff\xfe\r\n',
      { subject: null, from: [], date: null, problems: SOME },
    ],
    [
      'base64 that is none, and parts in parts without end',
      `Subject: broken\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'.repeat(200)}--b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n`,
      { subject: 'broken' },
    ],
  ]

  test.each(messages)(
    'comes back raw, octet for octet, and as JSON with what could be read: %s',
    async (_what, message, told) => {
      const raw = await get('/pop3/messages/1')
        .query(onItsOwn(await serverWith(message)))
        .accept('message/rfc822')
        .buffer(true)
        .parse(octetsOf)
        .expect(200)
      expect((raw.body as Buffer).equals(Buffer.from(message, 'latin1'))).toBe(true)
      const { body } = await get('/pop3/messages/1')
        .query(onItsOwn(await serverWith(message)))
        .expect(200)
      expect(body).toMatchObject({ outcome: 'ok', octets: message.length, complete: true, ...told })
    },
  )
})

test('a report that a message could not be delivered is read', async () => {
  const lines = [
    'From: MAILER-DAEMON@mail.lab.test',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'This is the mail system at host mail.lab.test.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mail.lab.test',
    'Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000',
    '',
    'Final-Recipient: rfc822; nobody@lab.test',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mx.lab.test',
    'Diagnostic-Code: smtp; 550 5.1.1 <nobody@lab.test>: Recipient address rejected',
    '',
    '--b--',
    '',
  ]
  const { body } = await get('/pop3/messages/1')
    .query(onItsOwn(await serverWith(lines.join('\r\n'))))
    .expect(200)
  expect(body.report).toEqual({
    reportingMta: 'mail.lab.test',
    arrived: '2026-11-23T10:00:00.000Z',
    recipients: [
      {
        finalRecipient: 'nobody@lab.test',
        action: 'failed',
        status: '5.1.1',
        remoteMta: 'mx.lab.test',
        diagnosticCode: '550 5.1.1 <nobody@lab.test>: Recipient address rejected',
      },
    ],
  })
})

describe('attachments', () => {
  test('are listed with their number and a link that works', async () => {
    const { body } = await get('/pop3/messages/2?transcript=none&pipelining=off').expect(200)
    expect(body.attachments).toMatchObject([
      { number: 1, contentType: 'application/pdf', octets: PDF.length },
      { number: 2, filename: 'page.html', contentType: 'text/html' },
      { number: 3, octets: 0 },
    ])
    expect(body.attachments[0].href).toBe(
      `/pop3/messages/uid:${encodeURIComponent(body.uid)}/attachments/1?pipelining=off`,
    )
    const response = await get(body.attachments[0].href).buffer(true).parse(octetsOf).expect(200)
    expect(response.body).toEqual(PDF)
    expect(createHash('sha256').update(response.body).digest('hex')).toBe(body.attachments[0].sha256)
  })

  test('come with a name that is a name and nothing more', async () => {
    const { headers } = await get('/pop3/messages/2/attachments/1').expect(200)
    expect(headers['content-disposition']).toBe(
      `attachment; filename="Rechnung f?r \\"Bob\\"X-Evil: 1.pdf"; filename*=UTF-8''Rechnung%20f%C3%BCr%20%22Bob%22X-Evil%3A%201.pdf`,
    )
    expect(headers).not.toHaveProperty('x-evil')
  })

  test('are never for a browser to run, whatever they say they are', async () => {
    const { headers } = await get('/pop3/messages/2/attachments/2').expect(200)
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=page.html',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
    })
  })

  test('without content and name', async () => {
    const response = await get('/pop3/messages/2/attachments/3').buffer(true).parse(octetsOf).expect(200)
    expect(response.body).toHaveLength(0)
    expect(response.headers['content-disposition']).toBe('attachment; filename=attachment-3')
  })

  test('that are not there: 404; and numbers are strict', async () => {
    const { body, headers } = await get('/pop3/messages/2/attachments/4').expect(404)
    expect(body).toMatchObject({ type: '/problems/not-found', detail: 'The message has no attachment 4.' })
    expect(headers).not.toHaveProperty('content-disposition')
    await get('/pop3/messages/99/attachments/1').expect(404)
    for (const i of ['0', '-1', '1e3', '01', 'a']) await get(`/pop3/messages/2/attachments/${i}`).expect(400)
  })

  test('HEAD has the head alone', async () => {
    const { headers } = await head('/pop3/messages/2/attachments/2').expect(200)
    expect(headers['content-disposition']).toBe('attachment; filename=page.html')
  })
})

describe('numbers and unique-ids are taken strictly', () => {
  test.each([
    '0',
    '-1',
    '1e3',
    '0x1',
    '01',
    '+1',
    '1.0',
    '9007199254740993',
    '%EF%BC%91',
    '1%00',
    'uid:',
    'uid:a%20b',
    'uid:a%0D%0ADELE%201',
    'uid:%C3%A4',
    'first',
  ])('%s: 400, before anything is connected', async (n) => {
    const server = await mailServer()
    const query = new URLSearchParams(onItsOwn(server))
    const { body } = await get(`/pop3/messages/${n}?${query}`).expect(400)
    expect(body.errors).toMatchObject([{ parameter: 'n' }])
    expect(server.connections()).toBe(0)
  })

  test('a number is as large as a listing can show it', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR',
      '+OK',
      '+OK',
      '+OK 9007199254740991 a',
      '-ERR gone',
      '+OK',
    )
    await get('/pop3/messages/9007199254740991').query(onItsOwn(server)).expect(422)
    expect(server.heard).toContain('RETR 9007199254740991')
  })

  test.each([
    ['bob', 'pass\r\nDELE 1'],
    ['bob\nDELE 1', 'sandbox'],
    ['bob', 'nul\0 in a password'],
  ])('credentials with line breaks: 400, before anything is connected', async (user, password) => {
    const server = await mailServer()
    const { body } = await mailwire.agent
      .get('/pop3/stat')
      .query(onItsOwn(server))
      .auth(user, password)
      .expect(400)
    expect(body.errors).toMatchObject([{ header: 'Authorization' }])
    expect(server.connections()).toBe(0)
  })
})

test('a unique-id that a server makes of odd octets is named as it is listed', async () => {
  const script = (answer: string) => [
    '+OK ready',
    '-ERR Unknown command.',
    '+OK',
    '+OK',
    answer,
    '+OK\r\nSubject: x\r\n.',
    '+OK Bye',
  ]
  const first = await mailServer(...script('+OK 1 a"b,c d\xe4'))
  const { headers } = await get('/pop3/messages/1').query(onItsOwn(first)).expect(200)
  expect(headers['etag']).toBe('"a\\x22b,c\\x20d\\xc3\\xa4"')
  const second = await mailServer(...script('+OK 1 a"b,c d\xe4').slice(0, 5), '+OK Bye')
  await get('/pop3/messages/1')
    .query(onItsOwn(second))
    .set('If-None-Match', headers['etag'] as string)
    .expect(304)
})
