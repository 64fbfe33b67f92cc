import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { countOf, findingsOf, newestOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const RAW = 'From: alice@sandbox.test\r\nTo: bob@sandbox.test\r\nSubject: raw\r\n\r\nhello\r\n'

const send = (body: object) => mailwire.agent.post('/smtp/send').send(body)

describe('what is sent', () => {
  test('a call that gives an envelope alone sends a short message marked as a test', async () => {
    const response = await send({ envelope: TO_BOB }).expect(200)
    expect(response.body).toMatchObject({
      outcome: 'accepted',
      stage: 'end-of-data',
      accepted: ['bob@sandbox.test'],
      rejected: [],
      auth: null,
      diagnosis: { code: 'accepted-not-delivered' },
      reply: { code: 250, enhanced: '2.0.0' },
    })
    expect(response.body.queueId).toMatch(/^[0-9A-F]{10,}$/)
    expect(response.body.reply.lines).toEqual([`Ok: queued as ${response.body.queueId}`])
    expect(response.headers['x-session-id']).toBe(response.body.transcript.id)
    expect(verbsOf(response)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'])
    const message = (await newestOf(mailwire)).toString()
    expect(message).toContain('Auto-Submitted: auto-generated\r\n')
    expect(message).toContain(`Message-ID: ${response.body.messageId}\r\n`)
  })

  test('a composed message arrives with its subject, its text and its attachment as they were', async () => {
    const text = 'Grüße aus Köln\n.\n..zwei Punkte, € und 漢字\n'
    const attachment = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 256))
    const response = await send({
      message: {
        from: '"Älice" <alice@sandbox.test>',
        to: ['"Bob" <bob@sandbox.test>'],
        bcc: ['alice@sandbox.test'],
        replyTo: 'alice@sandbox.test',
        subject: 'Grüße – mit Anhang',
        text,
        html: '<p>Grüße</p>',
        headers: { 'X-Check': 'größer' },
        attachments: [
          {
            filename: 'zähler.bin',
            contentType: 'application/x-count',
            content: attachment.toString('base64'),
          },
        ],
      },
    }).expect(200)
    expect(response.body.accepted).toEqual(['bob@sandbox.test', 'alice@sandbox.test'])
    const number = await countOf(mailwire)
    const { body } = await mailwire.agent.get(`/pop3/messages/${number}`).auth('bob', 'sandbox').expect(200)
    expect(body).toMatchObject({
      messageId: response.body.messageId,
      subject: 'Grüße – mit Anhang',
      from: [{ name: 'Älice', address: 'alice@sandbox.test' }],
      to: [{ name: 'Bob', address: 'bob@sandbox.test' }],
      cc: [],
      replyTo: [{ name: '', address: 'alice@sandbox.test' }],
      text,
      html: expect.stringContaining('<p>Grüße</p>'),
      complete: true,
      problems: [],
      attachments: [
        {
          number: 1,
          filename: 'zähler.bin',
          contentType: 'application/x-count',
          octets: 1000,
          sha256: createHash('sha256').update(attachment).digest('hex'),
        },
      ],
    })
    expect(body.headers).toContainEqual({ name: 'X-Check', value: 'größer' })
    expect(body.headers.map(({ name }: { name: string }) => name.toLowerCase())).not.toContain('bcc')
  })

  test('a raw message goes out octet for octet, lines that begin with a dot too', async () => {
    const raw = `${RAW}.\r\n..\r\n.leading\r\ntrailing blanks  \r\n`
    await send({ envelope: TO_BOB, message: { raw } }).expect(200)
    expect((await newestOf(mailwire)).toString()).toBe(raw)
  })

  test('octets that are no UTF-8 go out as they are', async () => {
    const octets = Buffer.concat([
      Buffer.from(RAW),
      Buffer.from([0x80, 0xc0, 0xff, 0xfe]),
      Buffer.from('\r\n'),
    ])
    const response = await send({ envelope: TO_BOB, message: { rawBase64: octets.toString('base64') } })
    expect(response.status).toBe(200)
    expect(response.body.transcript.entries).toContainEqual(
      expect.objectContaining({ kind: 'command', line: expect.stringContaining('BODY=8BITMIME') }),
    )
    expect(await newestOf(mailwire)).toEqual(octets)
  })

  test('the message id of a raw message is its own', async () => {
    const raw = `Message-ID: <of-its-own@example.test>\r\n${RAW}`
    const { body } = await send({ envelope: TO_BOB, message: { raw } }).expect(200)
    expect(body.messageId).toBe('<of-its-own@example.test>')
    expect((await send({ envelope: TO_BOB, message: { raw: RAW } })).body.messageId).toBeNull()
  })

  test('rawBase64 "" is an empty message', async () => {
    await send({ envelope: TO_BOB, message: { rawBase64: '' } }).expect(200)
    expect((await newestOf(mailwire)).length).toBe(0)
  })
})

describe('lineEnds', () => {
  const unix = RAW.replaceAll('\r\n', '\n')
  const mixed = RAW.replace('\r\n', '\n')

  test('auto: a message of bare LF is converted, which is a finding', async () => {
    const response = await send({ envelope: TO_BOB, message: { raw: unix } }).expect(200)
    expect(findingsOf(response)).toContain('lf-converted')
    expect((await newestOf(mailwire)).toString()).toBe(RAW)
  })

  test('convert: a mixture becomes CRLF', async () => {
    await send({ envelope: TO_BOB, message: { raw: mixed }, lineEnds: 'convert' }).expect(200)
    expect((await newestOf(mailwire)).toString()).toBe(RAW)
  })

  test.each([
    ['auto', 'raw', mixed],
    ['auto', 'raw', `${RAW}bare\rreturn\r\n`],
    ['refuse', 'raw', unix],
    ['auto', 'rawBase64', Buffer.from(mixed).toString('base64')],
  ])('%s: %s with another line end beside CRLF is refused', async (lineEnds, field, content) => {
    const response = await send({ envelope: TO_BOB, message: { [field]: content }, lineEnds }).expect(400)
    expect(response.body.errors).toEqual([{ pointer: `/message/${field}`, detail: expect.any(String) }])
  })
})

describe('dryRun', () => {
  test('connects to nothing and gives the envelope and the exact octets', async () => {
    const server = await mailServer()
    const raw = `${RAW}Grüße\r\n`
    const response = await send({
      server: `smtp://127.0.0.1:${server.port}`,
      envelope: TO_BOB,
      message: { raw },
      dryRun: true,
    }).expect(200)
    expect(response.body).toMatchObject({ outcome: 'ok', dryRun: true, envelope: TO_BOB, raw, findings: [] })
    expect(Buffer.from(response.body.rawBase64, 'base64').toString()).toBe(raw)
    expect(response.body.octets).toBe(Buffer.byteLength(raw))
    expect(server.connections()).toBe(0)
  })

  test('as text it shows what would be said', async () => {
    const response = await send({
      envelope: { ...TO_BOB, from: '' },
      message: { raw: RAW },
      dryRun: true,
    }).accept('text')
    expect(response.text).toContain('MAIL FROM:<>\nRCPT TO:<bob@sandbox.test>\nDATA\n')
  })
})

describe('the envelope', () => {
  test('"" is the null reverse-path', async () => {
    const response = await send({ envelope: { from: '', to: ['bob@sandbox.test'] } }).expect(200)
    const said = response.body.transcript.entries.map(({ line = '' }) => line)
    expect(said).toContainEqual(expect.stringMatching(/^MAIL FROM:<>(?: |$)/))
  })

  test('is that of the message where none is given', async () => {
    const message = {
      from: 'alice@sandbox.test',
      to: ['bob@sandbox.test'],
      cc: ['alice@sandbox.test'],
      text: 'x',
    }
    const { body } = await send({ message }).expect(200)
    expect(body.accepted).toEqual(['bob@sandbox.test', 'alice@sandbox.test'])
  })

  test('some recipients refused: partial, each with its reply and its diagnosis', async () => {
    const to = ['unknown@sandbox.test', 'bob@sandbox.test', 'relay@elsewhere.test']
    const { body } = await send({ envelope: { ...TO_BOB, to } }).expect(200)
    expect(body).toMatchObject({
      outcome: 'partial',
      accepted: ['bob@sandbox.test'],
      rejected: [
        { recipient: 'unknown@sandbox.test', reply: { code: 550 }, diagnosis: { code: 'unknown-user' } },
        { recipient: 'relay@elsewhere.test', reply: { code: 554 }, diagnosis: { code: 'relay-denied' } },
      ],
      diagnosis: { code: 'unknown-user' },
    })
  })

  test('onRejectedRecipient abort: one refused, and nobody gets anything', async () => {
    const before = await countOf(mailwire)
    const to = ['bob@sandbox.test', 'unknown@sandbox.test']
    const response = await send({ envelope: { ...TO_BOB, to }, onRejectedRecipient: 'abort' }).expect(422)
    expect(response.body).toMatchObject({ outcome: 'rejected', stage: 'rcpt', accepted: [] })
    expect(verbsOf(response)).not.toContain('DATA')
    expect(await countOf(mailwire)).toBe(before)
  })

  test('everybody refused: what was said of each is in the problem', async () => {
    const to = ['unknown@sandbox.test', 'mailbox-full@sandbox.test']
    const { body } = await send({ envelope: { ...TO_BOB, to } }).expect(422)
    expect(body).toMatchObject({
      type: '/problems/unknown-user',
      rejected: [
        { recipient: to[0], diagnosis: { code: 'unknown-user' } },
        { recipient: to[1], diagnosis: { code: 'mailbox-full' } },
      ],
    })
  })
})

describe('stopAfter', () => {
  test.each([
    ['connect', []],
    ['greeting', []],
    ['hello', ['EHLO']],
    ['starttls', ['EHLO', 'STARTTLS', 'EHLO']],
    ['auth', ['EHLO', 'STARTTLS', 'EHLO', 'AUTH']],
    ['mail', ['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'MAIL']],
    ['rcpt', ['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'RSET']],
  ])('%s: nothing is said behind it but that it ends', async (stopAfter, verbs) => {
    const auth = { user: 'alice', password: 'sandbox' }
    const response = await send({ envelope: TO_BOB, auth, stopAfter }).expect(200)
    expect(response.body).toMatchObject({ outcome: 'ok', stage: stopAfter, queueId: null, diagnosis: null })
    expect(verbsOf(response)).toEqual([...verbs, 'QUIT'])
  })

  test('a recipient that is refused is told all the same', async () => {
    const envelope = { ...TO_BOB, to: ['unknown@sandbox.test'] }
    await send({ envelope, stopAfter: 'rcpt' }).expect(422)
  })
})

describe('the answer', () => {
  test('transcript=none leaves it out, of a problem too', async () => {
    const accepted = await send({ envelope: TO_BOB }).query({ transcript: 'none' }).expect(200)
    expect(accepted.body).not.toHaveProperty('transcript')
    expect(accepted.headers).toHaveProperty('x-session-id')
    const to = ['unknown@sandbox.test']
    const refused = await send({ envelope: { ...TO_BOB, to } })
      .query({ transcript: 'none' })
      .expect(422)
    expect(refused.body).not.toHaveProperty('transcript')
    expect(refused.body).toHaveProperty('diagnosis.code', 'unknown-user')
  })

  test('as text it is the dialogue, the verdict and the diagnosis', async () => {
    const accepted = await send({ envelope: TO_BOB }).accept('text/plain').expect(200)
    expect(accepted.text).toContain('=== outcome: accepted (stage end-of-data)')
    const to = ['unknown@sandbox.test']
    const refused = await send({ envelope: { ...TO_BOB, to } })
      .accept('text/plain')
      .expect(422)
    expect(refused.text).toMatch(/RCPT TO:<unknown@sandbox\.test>/)
    expect(refused.text).toContain('=== outcome: rejected (stage rcpt)')
    expect(refused.text).toContain('more: /problems/unknown-user')
  })

  test('pipelining off: the same, one command at a time', async () => {
    const grouped = await send({ envelope: TO_BOB }).expect(200)
    const single = await send({ envelope: TO_BOB, pipelining: 'off' }).expect(200)
    expect(verbsOf(single)).toEqual(verbsOf(grouped))
    expect(single.body.transcript.roundTrips).toBeGreaterThan(grouped.body.transcript.roundTrips)
  })
})
