import { Readable } from 'node:stream'
import type { Response } from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts } from './support/accounts.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'

const { alice, bob, erin } = accounts
const MEGABYTE = 1_048_576
const SIZE_LIMIT = 12 * MEGABYTE

interop('messages streamed into a real Postfix', () => {
  let lab: Lab
  let service: TestService

  beforeAll(async () => {
    // by itself Postfix cuts lines of over 998 octets when it delivers
    lab = await startLab({ postfix: { messageSizeLimit: SIZE_LIMIT, main: { lmtp_line_length_limit: '0' } } })
    const tlsCa = lab.authority.cert
    const servers = {
      lab: {
        smtp: `smtp://127.0.0.1:${lab.postfix.smtp}`,
        pop3: `pop3://127.0.0.1:${lab.dovecot.pop3}`,
        tls: 'required',
        tlsCa,
      },
      submission: { smtp: `smtp://127.0.0.1:${lab.postfix.submission}`, tls: 'required', tlsCa },
    }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'lab' },
      files: { '/servers.json': JSON.stringify({ servers }) },
    })
  })
  afterAll(async () => {
    await service.close()
    await lab.stop()
  })

  const post = (query: object) => service.agent.post('/smtp/send').query(query).type('message/rfc822')

  test.each([
    ['auto', 'erin'],
    ['refuse', 'bob'],
  ] as const)(
    '10 MB of 8-bit text, lone dots and long lines arrive octet for octet (lineEnds %s)',
    async (lineEnds, name) => {
      const user = { erin, bob }[name]
      const message = bigMessage(user.address, 10 * MEGABYTE)
      const sent = await post({ from: 'sender@elsewhere.test', to: user.address, lineEnds })
        .send(message)
        .expect(200)
      expect(sent.body).toMatchObject({ outcome: 'accepted', messageId: `<big-${user.address}>` })
      await expect
        .poll(
          async () =>
            (await service.agent.get('/pop3/stat').auth(user.name, user.password)).body.messages as number,
          { timeout: 15_000 },
        )
        .toBe(1)
      const back = await service.agent
        .get('/pop3/messages/1')
        .auth(user.name, user.password)
        .accept('message/rfc822')
        .buffer(true)
        .parse(binary)
        .expect(200)
      const octets = back.body as Buffer
      expect(octets.subarray(-message.length).equals(message)).toBe(true)
    },
  )

  test('a message above the limit is refused: before MAIL where its size is known, else while it comes', async () => {
    const message = bigMessage(alice.address, SIZE_LIMIT + MEGABYTE)
    const query = { from: 'sender@elsewhere.test', to: alice.address }
    for (const lineEnds of ['refuse', 'auto']) {
      const known = await post({ ...query, lineEnds })
        .send(message)
        .expect(422)
      expect(known.body).toMatchObject({
        type: '/problems/message-too-large',
        outcome: 'failed',
        stage: 'mail',
      })
    }
    const found = await fetch(`${service.url}/smtp/send?${new URLSearchParams(query)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'message/rfc822' },
      // a stream has no Content-Length
      body: Readable.toWeb(Readable.from([message])) as ReadableStream,
      duplex: 'half',
    })
    expect(await found.json()).toMatchObject({
      type: '/problems/message-too-large',
      outcome: 'rejected',
      reply: { code: 552 },
    })
  })

  test('a login by HTTP Basic lets it relay; an unknown user costs no upload', async () => {
    const relay = { server: 'submission', from: bob.address, to: 'someone@other.test' }
    const sent = await post(relay)
      .auth(bob.name, bob.password)
      .send(bigMessage('someone@other.test', 1000))
      .expect(200)
    expect(sent.body).toMatchObject({ outcome: 'accepted', auth: { chosen: expect.any(String) } })
    const { body } = await post({ from: 'sender@elsewhere.test', to: 'nosuchuser@lab.test' })
      .send(bigMessage('nosuchuser@lab.test', 1000))
      .expect(422)
    expect(body).toMatchObject({ type: '/problems/unknown-user', stage: 'rcpt', messageId: null })
  })
})

/** superagent parses what it does not know as text. */
function binary(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = []
  const stream = response as unknown as Readable
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => done(null, Buffer.concat(chunks)))
}

/** Text in UTF-8 with lone dots, doubled dots, empty lines and lines of 5000 octets, behind a header. */
function bigMessage(to: string, octets: number): Buffer {
  const header = `From: sender@elsewhere.test\r\nTo: ${to}\r\nSubject: big\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <big-${to}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`
  const lines = [
    'Grüße — 日本語 ⚓',
    '.',
    '..',
    '...',
    '',
    '. ',
    'ä'.repeat(495),
    'x'.repeat(5000),
    '.x',
    'é.',
  ]
  const block = Buffer.from(`${lines.join('\r\n')}\r\n`)
  return Buffer.concat([
    Buffer.from(header),
    ...Array.from({ length: Math.ceil(octets / block.length) }, () => block),
  ])
}
