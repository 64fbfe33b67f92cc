import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts, hostname } from './support/accounts.ts'
import { type Dovecot, SUBMISSION, startDovecot } from './support/dovecot.ts'
import { interop } from './support/interop.ts'
import { type Introspection, startIntrospection } from './support/introspection.ts'
import { type Lab, startLab } from './support/lab.ts'

const { alice, bob, carol, erin, full } = accounts
const TOKEN = 'token-of-bob-93ab0e'

interop('everything Postfix can be asked to do with a message', () => {
  let lab: Lab
  let introspection: Introspection
  let service: TestService

  beforeAll(async () => {
    introspection = await startIntrospection({ [TOKEN]: bob.name })
    lab = await startLab({
      postfix: { main: { smtpd_authorized_xclient_hosts: '127.0.0.0/8' } },
      dovecot: { introspection: introspection.url },
    })
    const tlsCa = lab.authority.cert
    const servers = {
      mx: {
        smtp: `smtp://127.0.0.1:${lab.postfix.smtp}`,
        pop3: `pop3://127.0.0.1:${lab.dovecot.pop3}`,
        tlsCa,
      },
      submission: { smtp: `smtp://127.0.0.1:${lab.postfix.submission}`, tls: 'required', tlsCa },
      smtps: { smtp: `smtps://127.0.0.1:${lab.postfix.smtps}`, tlsCa },
      lmtp: { smtp: `lmtp://127.0.0.1:${lab.dovecot.lmtp}`, tls: 'off' },
    }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'mx' },
      files: { '/servers.json': JSON.stringify({ servers }) },
      secrets: [TOKEN],
    })
  })
  afterAll(async () => {
    await service.close()
    await lab.stop()
    await introspection.stop()
  })

  const send = (body: object) => service.agent.post('/smtp/send').send(body)
  const lines = (body: { transcript: { entries: { kind: string; line?: string }[] } }) =>
    body.transcript.entries.flatMap((entry) => (entry.line === undefined ? [] : [entry.line]))

  test.each(['plain', 'login', 'cram-md5', 'digest-md5', 'scram-sha-1', 'scram-sha-256'])(
    'a login by %s, with STARTTLS and over TLS from the first byte',
    async (mechanism) => {
      for (const server of ['submission', 'smtps']) {
        for (const { name: user, password } of [alice, carol]) {
          const { body } = await send({
            server,
            auth: { user, password, mechanism },
            envelope: { from: `${user}@lab.test`, to: ['x@other.test'] },
            stopAfter: 'rcpt',
          }).expect(200)
          expect(body).toMatchObject({ outcome: 'ok', auth: { tried: [mechanism.toUpperCase()] } })
        }
        const { body } = await send({
          server,
          auth: { user: bob.name, password: 'not-bobs-password', mechanism },
          envelope: { from: bob.address, to: [alice.address] },
        }).expect(422)
        expect(body).toMatchObject({ type: '/problems/credentials-rejected', stage: 'auth' })
      }
    },
  )

  test.each(['xoauth2', 'oauthbearer'])(
    'a token by %s, on the line of AUTH and on one of its own; one that is not valid is told with its reason',
    async (mechanism) => {
      const envelope = { from: bob.address, to: ['x@other.test'] }
      for (const server of ['submission', 'smtps']) {
        for (const [initialResponse, said] of [
          ['on', [`AUTH ${mechanism.toUpperCase()} ***`]],
          ['off', [`AUTH ${mechanism.toUpperCase()}`, '***']],
        ] as const) {
          const auth = { user: bob.name, token: TOKEN, mechanism, initialResponse }
          const { body } = await send({ server, auth, envelope, stopAfter: 'rcpt' }).expect(200)
          expect(body).toMatchObject({ outcome: 'ok', auth: { chosen: mechanism.toUpperCase() } })
          expect(lines(body)).toEqual(expect.arrayContaining([...said]))
        }
        const { body } = await send({
          server,
          auth: { user: bob.name, token: 'token-of-nobody-41', mechanism },
          envelope,
        }).expect(422)
        expect(body).toMatchObject({ type: '/problems/credentials-rejected', stage: 'auth' })
        const told = body.transcript.entries.find(({ event }: { event?: string }) => event === 'auth-refusal')
        expect(told.text).toMatch(/401|invalid_token/)
      }
    },
  )

  test('a login by PLAIN rides with the envelope, and a refused one takes the rest down with it', async () => {
    const envelope = { from: bob.address, to: ['x@other.test'] }
    const good = await send({
      server: 'smtps',
      auth: { user: bob.name, password: bob.password, mechanism: 'plain' },
      envelope,
    }).expect(200)
    expect(good.body.outcome).toBe('accepted')
    // connect, TLS, greeting, EHLO, AUTH with the envelope, content with QUIT
    expect(good.body.transcript.roundTrips).toBe(6)
    const bad = await send({
      server: 'smtps',
      auth: { user: bob.name, password: 'wrong-one', mechanism: 'plain' },
      envelope,
    }).expect(422)
    expect(bad.body).toMatchObject({ type: '/problems/credentials-rejected', accepted: [] })
  })

  test('CHUNKING: a message by BDAT arrives as one by DATA does', async () => {
    const message = { from: 'a@elsewhere.test', to: [alice.address], subject: 'chunked', text: '.\n..\nend' }
    const bdat = await send({ message }).expect(200)
    expect(lines(bdat.body)).toContainEqual(expect.stringMatching(/^BDAT \d+ LAST$/))
    const early = await send({ message, chunking: 'early' }).expect(200)
    expect(early.body.transcript.roundTrips).toBe(bdat.body.transcript.roundTrips - 1)
    const data = await send({ message, chunking: 'off' }).expect(200)
    expect(lines(data.body)).toContain('DATA')
    await expect
      .poll(
        async () => (await service.agent.get('/pop3/stat').auth(alice.name, alice.password)).body.messages,
        { timeout: 15_000 },
      )
      .toBe(3)
    for (const n of [1, 2, 3]) {
      const { body } = await service.agent
        .get(`/pop3/messages/${n}`)
        .auth(alice.name, alice.password)
        .expect(200)
      expect(body.text).toBe('.\n..\nend\n')
    }
  })

  test('early BDAT to nobody is a refusal', async () => {
    const { body } = await send({
      envelope: { from: 'a@elsewhere.test', to: ['nosuchuser@lab.test'] },
      chunking: 'early',
    }).expect(422)
    expect(body).toMatchObject({ type: '/problems/unknown-user', stage: 'rcpt', accepted: [] })
  })

  test('DSN, SMTPUTF8 and an internationalised domain', async () => {
    const dsn = await send({
      envelope: {
        from: bob.address,
        to: [erin.address],
        dsn: { notify: ['SUCCESS', 'FAILURE'], return: 'HDRS', envelopeId: 'probe=1' },
      },
    }).expect(200)
    expect(lines(dsn.body)).toContain(
      'RCPT TO:<erin@lab.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;erin@lab.test',
    )
    expect(lines(dsn.body).find((line) => line.startsWith('MAIL'))).toMatch(/ RET=HDRS ENVID=probe\+3D1$/)
    // the report of success comes back as a message to the sender
    await expect
      .poll(
        async () => {
          const stat = await service.agent.get('/pop3/messages').auth(bob.name, bob.password)
          return stat.body.total
        },
        { timeout: 15_000 },
      )
      .toBeGreaterThan(0)

    const utf8 = await send({ envelope: { from: 'jörg@elsewhere.test', to: ['jörg@lab.test'] } }).expect(422)
    expect(utf8.body).toMatchObject({ type: '/problems/unknown-user' })
    expect(lines(utf8.body).find((line) => line.startsWith('MAIL'))).toMatch(/SMTPUTF8/)
    const idn = await send({
      envelope: { from: 'a@bücher.test', to: [alice.address] },
      stopAfter: 'mail',
    }).expect(200)
    expect(lines(idn.body)).toContainEqual(expect.stringContaining('MAIL FROM:<a@xn--bcher-kva.test>'))
  })

  test('XCLIENT: the server takes this client for another', async () => {
    const { body } = await send({
      tls: 'off',
      xclient: { name: 'spike.example', addr: '198.51.100.7', helo: 'spike.example' },
      envelope: { from: 'a@elsewhere.test', to: ['x@other.test'] },
    }).expect(422)
    expect(lines(body)).toContain('XCLIENT NAME=spike.example ADDR=198.51.100.7 HELO=spike.example')
    expect(body.type).toBe('/problems/relay-denied')
  })

  test('onRejectedRecipient abort: nobody gets anything', async () => {
    const { body } = await send({
      envelope: { from: 'a@elsewhere.test', to: [carol.address, 'nosuchuser@lab.test'] },
      onRejectedRecipient: 'abort',
    }).expect(422)
    expect(body).toMatchObject({ type: '/problems/unknown-user', accepted: [] })
    expect(lines(body).slice(-2)).toEqual(['RSET', 'QUIT'])
  })

  test('LMTP straight into Dovecot: one answer for each recipient', async () => {
    const { body } = await send({
      server: 'lmtp',
      envelope: { from: 'a@elsewhere.test', to: [erin.address, full.address, 'nosuchuser@lab.test'] },
    }).expect(200)
    expect(body).toMatchObject({
      outcome: 'partial',
      accepted: [erin.address],
      rejected: [
        { recipient: 'nosuchuser@lab.test', diagnosis: { code: 'unknown-user' } },
        { recipient: full.address, diagnosis: { code: 'mailbox-full' } },
      ],
    })
    expect(lines(body)[0]).toMatch(/^LHLO /)
  })

  test('an extension that Postfix does not offer is an error before MAIL', async () => {
    const { body } = await send({
      envelope: { from: 'a@elsewhere.test', to: [alice.address], requireTls: true },
    }).expect(422)
    expect(body).toMatchObject({ type: '/problems/extension-not-offered', outcome: 'failed' })
    expect(body.offered).toContain('CHUNKING')
  })
})

interop(
  'EXTERNAL, which Postfix does not offer, at Dovecot’s submission service',
  () => {
    let lab: Lab
    let submission: Dovecot
    let service: TestService

    beforeAll(async () => {
      lab = await startLab()
      const clients = await createAuthority('Mailwire test clients')
      submission = await startDovecot({
        certificate: await lab.authority.issue({ names: [hostname, '127.0.0.1'] }),
        clientAuthority: clients.cert,
        submissionTo: lab.postfix.smtp,
      })
      const own = await clients.issue({ names: [bob.name], shownBy: 'client' })
      const base = {
        smtp: `smtp://127.0.0.1:${submission.submission}`,
        tls: 'required',
        tlsCa: lab.authority.cert,
      }
      const clientCertificate = { certFile: '/own.pem', keyFile: '/own-key.pem' }
      const servers = {
        certified: { ...base, clientCertificate, credentials: { mechanism: 'external' } },
        'not-certified': { ...base, credentials: { mechanism: 'external' } },
      }
      service = await startTestService({
        env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'certified' },
        files: {
          '/servers.json': JSON.stringify({ servers }),
          '/own.pem': own.cert,
          '/own-key.pem': own.key,
        },
      })
    })
    afterAll(async () => {
      await service.close()
      await submission.stop()
      await lab.stop()
    })

    test('the certificate of a configured server is the login, and callers need none', async () => {
      const envelope = { from: bob.address, to: [alice.address] }
      const { body } = await service.agent.post('/smtp/send').send({ envelope }).expect(200)
      expect(body).toMatchObject({ outcome: 'accepted', auth: { tried: ['EXTERNAL'], chosen: 'EXTERNAL' } })
    })

    test('without a certificate the server refuses it', async () => {
      const envelope = { from: bob.address, to: [alice.address] }
      const { body } = await service.agent
        .post('/smtp/send')
        .send({ server: 'not-certified', envelope })
        .expect(422)
      expect(body).toMatchObject({ stage: 'auth', accepted: [] })
    })
  },
  SUBMISSION,
)
