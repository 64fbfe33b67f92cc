import type { Readable } from 'node:stream'
import type { Response } from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts } from './support/accounts.ts'
import { Conversation } from './support/conversation.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'

const { alice, bob, carol, dave, erin, full } = accounts

const MEGABYTE = 1_048_576
const SIZE_LIMIT = 12 * MEGABYTE

interop('first light, on a real Postfix and a real Dovecot', () => {
  let lab: Lab
  let service: TestService

  beforeAll(async () => {
    lab = await startLab({
      // by itself Postfix cuts lines of over 998 octets when it delivers
      postfix: { messageSizeLimit: SIZE_LIMIT, main: { lmtp_line_length_limit: '0' } },
    })
    const tlsCa = lab.authority.cert
    const servers = {
      lab: {
        smtp: `smtp://127.0.0.1:${lab.postfix.smtp}`,
        pop3: `pop3://127.0.0.1:${lab.dovecot.pop3}`,
        tls: 'required',
        tlsCa,
      },
      submission: { smtp: `smtp://127.0.0.1:${lab.postfix.submission}`, tls: 'required', tlsCa },
      secure: {
        smtp: `smtps://127.0.0.1:${lab.postfix.smtps}`,
        pop3: `pop3s://127.0.0.1:${lab.dovecot.pop3s}`,
        tlsCa,
      },
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

  const send = (body: object) => service.agent.post('/smtp/send').send(body)
  const to = (recipient: string, more: object = {}) => ({
    envelope: { from: 'sender@elsewhere.test', to: [recipient] },
    ...more,
  })

  /** Delivery goes on after Postfix has answered. */
  async function arrived(
    user: { readonly name: string; readonly password: string },
    messages: number,
  ): Promise<void> {
    await expect
      .poll(
        async () => (await service.agent.get('/pop3/stat').auth(user.name, user.password)).body.messages,
        { timeout: 15_000 },
      )
      .toBe(messages)
  }

  test('a message is sent, listed, read octet for octet, and deleted', async () => {
    const raw =
      'From: sender@elsewhere.test\r\nTo: alice@lab.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@elsewhere.test>\r\n\r\n.\r\n..two\r\nGrüße, without a line end'
    const sent = await send(to(alice.address, { message: { raw } })).expect(200)
    expect(sent.body).toMatchObject({
      outcome: 'accepted',
      accepted: [alice.address],
      messageId: '<one@elsewhere.test>',
      reply: { code: 250, enhanced: '2.0.0' },
      diagnosis: { code: 'accepted-not-delivered' },
    })
    expect(sent.body.queueId).toMatch(/^[0-9A-F]{6,}$/)
    expect(sent.body.transcript.tls).toMatchObject({ trusted: true, nameMatches: true })
    await arrived(alice, 1)

    const listing = await service.agent.get('/pop3/messages').auth(alice.name, alice.password).expect(200)
    const [listed] = listing.body.messages
    expect(listed).toMatchObject({ number: 1, uid: expect.any(String) })

    const octets = await service.agent
      .get(`/pop3/messages/uid:${listed.uid}`)
      .auth(alice.name, alice.password)
      .accept('message/rfc822')
      .buffer(true)
      .parse(binary)
      .expect(200)
      .expect('ETag', `"${listed.uid}"`)
    expect(octets.body.toString()).toContain('Received: from ')
    // a message without a line end at its end gets one on the wire
    expect(octets.body.subarray(-Buffer.byteLength(raw) - 2).toString()).toBe(`${raw}\r\n`)
    expect(octets.body.length).toBe(listed.octets)

    const parsed = await service.agent.get('/pop3/messages/1').auth(alice.name, alice.password).expect(200)
    expect(parsed.body).toMatchObject({ subject: 'Grüße', messageId: '<one@elsewhere.test>', complete: true })

    await service.agent
      .delete('/pop3/messages/1')
      .auth(alice.name, alice.password)
      .set('If-Match', '"another"')
      .expect(412)
    const deleted = await service.agent
      .delete('/pop3/messages/1')
      .auth(alice.name, alice.password)
      .set('If-Match', `"${listed.uid}"`)
      .expect(200)
    expect(deleted.body).toMatchObject({ committed: true, deleted: [{ number: 1, uid: listed.uid }] })
    await arrived(alice, 0)
  })

  test('10 MB of 8-bit text, lone dots and long lines come back identical', async () => {
    const body = bigBody(10 * MEGABYTE)
    const header =
      'From: sender@elsewhere.test\r\nTo: carol@lab.test\r\nSubject: big\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <big@elsewhere.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    const sent = Buffer.concat([Buffer.from(header), body])
    const answer = await send(to(carol.address, { message: { rawBase64: sent.toString('base64') } })).expect(
      200,
    )
    expect(answer.body).toMatchObject({ outcome: 'accepted' })
    await arrived(carol, 1)
    const back = await service.agent
      .get('/pop3/messages/1')
      .auth(carol.name, carol.password)
      .accept('message/rfc822')
      .buffer(true)
      .parse(binary)
      .expect(200)
    expect(back.body.length).toBeGreaterThan(sent.length)
    expect(back.body.subarray(-sent.length).equals(sent)).toBe(true)
  })

  test('submission wants a login, and relays with one', async () => {
    const auth = { user: bob.name, password: bob.password }
    const relay = { server: 'submission', envelope: { from: bob.address, to: ['someone@other.test'] } }
    const plain = await send({ ...relay, auth: { ...auth, mechanism: 'plain' } }).expect(200)
    expect(plain.body).toMatchObject({ outcome: 'accepted', auth: { tried: ['PLAIN'], chosen: 'PLAIN' } })
    const login = await send({ ...relay, auth: { ...auth, mechanism: 'LOGIN' } }).expect(200)
    expect(login.body.auth).toMatchObject({ chosen: 'LOGIN' })
    const best = await send({ ...relay, server: 'secure', auth }).expect(200)
    expect(best.body.auth).toMatchObject({ chosen: 'SCRAM-SHA-256' })
    const refused = await send({ ...relay, auth: { user: bob.name, password: 'not-bobs-password' } }).expect(
      422,
    )
    expect(refused.body).toMatchObject({
      type: '/problems/credentials-rejected',
      stage: 'auth',
      reply: { code: 535 },
    })
  })

  test.each([
    ['someone@other.test', 422, 'relay-denied'],
    ['nosuchuser@lab.test', 422, 'unknown-user'],
    ['full@lab.test', 422, 'mailbox-full'],
    ['closed@lab.test', 422, 'mailbox-disabled'],
    ['greylisted@lab.test', 503, 'greylisted'],
  ])('%s is refused with %i and explained as %s', async (recipient, status, code) => {
    const { body } = await send(to(recipient)).expect(status)
    expect(body).toMatchObject({ type: `/problems/${code}`, stage: 'rcpt', diagnosis: { code } })
    expect(body.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, after QUIT' })
  })

  test('some recipients accepted, some refused: each has its own verdict', async () => {
    const { body } = await send({
      envelope: { from: 'sender@elsewhere.test', to: [dave.address, 'nosuchuser@lab.test'] },
    }).expect(200)
    expect(body).toMatchObject({
      outcome: 'partial',
      accepted: [dave.address],
      rejected: [{ recipient: 'nosuchuser@lab.test', diagnosis: { code: 'unknown-user' } }],
      diagnosis: { code: 'unknown-user' },
    })
  })

  test('a sender that the server refuses, and a login that it wants', async () => {
    const sender = await send({ envelope: { from: 'spammer@blocked.example', to: [alice.address] } }).expect(
      422,
    )
    expect(sender.body.diagnosis.code).toMatch(/^(sender-rejected|policy-rejected)$/)
    const login = await send({
      server: 'submission',
      envelope: { from: bob.address, to: ['someone@other.test'] },
    }).expect(422)
    expect(login.body).toMatchObject({ type: '/problems/auth-required' })
  })

  test('content that the server refuses is refused after the data', async () => {
    const { body } = await send(
      to(alice.address, { message: { from: 'sender@elsewhere.test', subject: 'refuse this content' } }),
    ).expect(422)
    expect(body).toMatchObject({
      stage: 'end-of-data',
      outcome: 'rejected',
      accepted: [],
      type: '/problems/content-rejected',
    })
  })

  test('a message above the limit is refused before MAIL', async () => {
    const raw = `Subject: too large\r\n\r\n${'x'.repeat(70)}\r\n`.padEnd(
      SIZE_LIMIT + 1,
      `${'y'.repeat(70)}\r\n`,
    )
    const { body } = await send(
      to(alice.address, { message: { raw: raw.slice(0, -2).concat('\r\n') }, lineEnds: 'convert' }),
    ).expect(422)
    expect(body).toMatchObject({ type: '/problems/message-too-large', outcome: 'failed' })
    expect(JSON.stringify(body.transcript.entries)).not.toContain('MAIL FROM')
  })

  test('TLS: what is not offered, not trusted or for another name ends the session', async () => {
    const url = `smtp://127.0.0.1:${lab.postfix.smtp}`
    const tlsCa = lab.authority.cert
    const none = await send(
      to(alice.address, { server: `smtp://127.0.0.1:${lab.postfix.plainAuth}`, tls: 'required' }),
    ).expect(422)
    expect(none.body.type).toBe('/problems/starttls-not-offered')
    const untrusted = await send(to(alice.address, { server: url, tls: 'required' })).expect(502)
    expect(untrusted.body).toMatchObject({
      type: '/problems/certificate-untrusted',
      stage: 'starttls',
      transcript: { tls: { trusted: false, nameMatches: true } },
    })
    const otherName = await send(
      to(alice.address, { server: url, tls: 'required', tlsCa, tlsServername: 'mx.other.test' }),
    ).expect(502)
    expect(otherName.body).toMatchObject({
      type: '/problems/certificate-name-mismatch',
      transcript: { tls: { trusted: true, nameMatches: false } },
    })
    const tolerated = await send(
      to(alice.address, { server: url, tls: 'required', tlsVerify: false, stopAfter: 'starttls' }),
    ).expect(200)
    expect(tolerated.body.transcript.findings).toMatchObject([{ code: 'certificate-untrusted' }])
    const insecure = await send(
      to(alice.address, {
        server: `smtp://127.0.0.1:${lab.postfix.plainAuth}`,
        auth: { user: bob.name, password: bob.password, mechanism: 'plain' },
      }),
    ).expect(422)
    expect(insecure.body).toMatchObject({ type: '/problems/credentials-need-tls', auth: { tried: [] } })
    const withoutPassword = await send(
      to(alice.address, {
        server: `smtp://127.0.0.1:${lab.postfix.plainAuth}`,
        auth: { user: bob.name, password: bob.password },
        stopAfter: 'auth',
      }),
    ).expect(200)
    expect(withoutPassword.body.auth).toMatchObject({ chosen: 'SCRAM-SHA-256' })
  })

  test('POP3 refuses with its own reasons: wrong password, no such message, mailbox in use', async () => {
    const wrong = await service.agent.get('/pop3/stat').auth(dave.name, 'not-daves-password').expect(401)
    expect(wrong.headers['www-authenticate']).toMatch(/^Basic /)
    expect(wrong.body).toMatchObject({
      type: '/problems/credentials-rejected',
      reply: { status: '-ERR', responseCode: 'AUTH' },
    })
    for (const auth of ['user', 'plain', 'cram-md5', 'scram-sha-256', 'digest-md5', 'login', 'scram-sha-1']) {
      const { body } = await service.agent
        .get(`/pop3/stat?auth=${auth}`)
        .auth(full.name, full.password)
        .expect(200)
      expect(body.auth).toMatchObject({ chosen: auth.toUpperCase() })
    }
    const missing = await service.agent.get('/pop3/messages/99').auth(full.name, full.password).expect(404)
    expect(missing.body).toMatchObject({ type: '/problems/no-such-message' })
    await service.agent.get('/pop3/messages/uid:nosuchuid').auth(full.name, full.password).expect(404)
    const overTls = await service.agent
      .get('/pop3/stat?server=secure')
      .auth(full.name, full.password)
      .expect(200)
    expect(overTls.body).toMatchObject({
      outcome: 'ok',
      messages: 0,
      octets: 0,
      transcript: { tls: { trusted: true } },
    })
  })

  test('a mailbox that another session holds is in use, and its password is not wrong', async () => {
    const other = Conversation.inTheClear(lab.dovecot.pop3)
    try {
      await other.pop3()
      await other.pop3(`USER ${erin.name}`)
      await other.pop3(`PASS ${erin.password}`)
      // Dovecot counts the session once it has done something
      await other.pop3('STAT')
      const { body, headers } = await service.agent
        .get('/pop3/stat')
        .auth(erin.name, erin.password)
        .expect(423)
      expect(body).toMatchObject({ type: '/problems/mailbox-in-use', reply: { responseCode: 'IN-USE' } })
      expect(headers['retry-after']).toMatch(/^\d+$/)
    } finally {
      other.close()
    }
  })
})

/** superagent parses what it does not know as text. */
function binary(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = []
  const stream = response as unknown as Readable
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => done(null, Buffer.concat(chunks)))
}

/** Text in UTF-8 with lone dots, doubled dots, empty lines, lines of 990 and of 5000 octets. */
function bigBody(octets: number): Buffer {
  const lines = [
    'Grüße — 日本語 ⚓',
    '.',
    '..',
    '...',
    '',
    '. ',
    'ä'.repeat(495),
    'x'.repeat(5000),
    'From the start of a line',
    '.x',
    'é.',
  ]
  const block = Buffer.from(`${lines.join('\r\n')}\r\n`)
  return Buffer.concat(Array.from({ length: Math.ceil(octets / block.length) }, () => block))
}
