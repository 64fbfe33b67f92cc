import type { Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts, hostname } from './support/accounts.ts'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { interop } from './support/interop.ts'
import { type Introspection, startIntrospection } from './support/introspection.ts'

const { bob, carol } = accounts

const TOKEN = 'token-of-bob-4f1c9a'

/** What was said for logging in, without what surrounds it. */
function loginOf({ body }: Response): string[] {
  return body.transcript.entries
    .filter(({ kind, line }: { kind: string; line?: string }) => kind === 'command' && line !== 'CAPA')
    .map(({ line }: { line: string }) => line)
    .slice(body.transcript.server.url.startsWith('pop3s:') ? 0 : 1)
    .filter((line: string) => line !== 'STAT' && line !== 'QUIT')
}

interop('Logging in by token and by certificate, on a real Dovecot', () => {
  let introspection: Introspection
  let dovecot: Dovecot
  let service: TestService

  beforeAll(async () => {
    introspection = await startIntrospection({ [TOKEN]: bob.name })
    const authority = await createAuthority()
    const clients = await createAuthority('Mailwire test clients')
    const strangers = await createAuthority('Mailwire test strangers')
    dovecot = await startDovecot({
      certificate: await authority.issue({ names: [hostname, '127.0.0.1'] }),
      introspection: introspection.url,
      clientAuthority: clients.cert,
    })
    dovecot.put(bob.name, 'Subject: for bob\r\n\r\nx\r\n')
    const own = await clients.issue({ names: [bob.name], shownBy: 'client' })
    const strange = await strangers.issue({ names: [bob.name], shownBy: 'client' })
    const stls = { pop3: `pop3://127.0.0.1:${dovecot.pop3}`, tls: 'required', tlsCa: authority.cert }
    const pop3s = { pop3: `pop3s://127.0.0.1:${dovecot.pop3s}`, tlsCa: authority.cert }
    const shown = (name: string) => ({
      clientCertificate: { certFile: `/${name}.pem`, keyFile: `/${name}-key.pem` },
    })
    const servers = {
      stls,
      pop3s,
      'stls-certified': { ...stls, ...shown('own') },
      'pop3s-certified': { ...pop3s, ...shown('own') },
      'strange-certificate': { ...pop3s, ...shown('strange') },
    }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'pop3s' },
      files: {
        '/servers.json': JSON.stringify({ servers }),
        '/own.pem': own.cert,
        '/own-key.pem': own.key,
        '/strange.pem': strange.cert,
        '/strange-key.pem': strange.key,
      },
      secrets: [TOKEN],
    })
  })
  afterAll(async () => {
    await service.close()
    await dovecot.stop()
    await introspection.stop()
  })

  describe.each(['stls', 'pop3s'])('a token, on %s', (server) => {
    test.each(['xoauth2', 'oauthbearer'])('by %s, in two lines and in one', async (auth) => {
      const verb = `AUTH ${auth.toUpperCase()}`
      for (const [initialResponse, said] of [
        ['auto', [verb, '***']],
        ['off', [verb, '***']],
        ['on', [`${verb} ***`]],
      ] as const) {
        const response = await service.agent
          .get('/pop3/stat')
          .query({ server, auth, initialResponse })
          .auth(bob.name, TOKEN)
          .expect(200)
        expect(response.body).toMatchObject({ messages: 1, auth: { chosen: auth.toUpperCase() } })
        expect(loginOf(response)).toEqual(said)
      }
    })
  })

  test('auth=token takes one of those that the server offers', async () => {
    const { body } = await service.agent.get('/pop3/stat?auth=token').auth(bob.name, TOKEN).expect(200)
    expect(body.auth).toMatchObject({ tried: ['OAUTHBEARER'], chosen: 'OAUTHBEARER' })
  })

  test.each([
    ['xoauth2', 'on', /"status":"401"/],
    ['xoauth2', 'off', /"status":"401"/],
    ['oauthbearer', 'on', /invalid_token/],
    ['oauthbearer', 'off', /invalid_token/],
  ])(
    'a token that is not valid, by %s with initialResponse=%s: what the server says of it is told',
    async (auth, initialResponse, reason) => {
      const { body } = await service.agent
        .get('/pop3/stat')
        .query({ auth, initialResponse })
        .auth(bob.name, 'token-of-nobody-77')
        .expect(401)
      expect(body).toMatchObject({ type: '/problems/credentials-rejected', stage: 'auth' })
      const { entries } = body.transcript
      const refusal = entries.find(({ event }: { event?: string }) => event === 'auth-refusal')
      expect(refusal.text).toMatch(reason)
      // the exchange was brought to its end, so the session could be too
      expect(entries.at(-1).text).toBe('by this service, after QUIT')
    },
  )

  test('the token of somebody else opens nobody’s mailbox', async () => {
    await service.agent.get('/pop3/stat?auth=xoauth2').auth(carol.name, TOKEN).expect(401)
  })

  describe('EXTERNAL', () => {
    test.each(['stls-certified', 'pop3s-certified'])('by the certificate alone, on %s', async (server) => {
      const response = await service.agent
        .get('/pop3/messages?auth=external&headers=subject')
        .query({ server })
        .auth('', '')
        .expect(200)
      expect(response.body).toMatchObject({
        messages: [{ headers: { subject: 'for bob' } }],
        auth: { tried: ['EXTERNAL'], chosen: 'EXTERNAL' },
      })
    })

    test.each(['pop3s', 'strange-certificate'])(
      'without a certificate that the server trusts: 401 (%s)',
      async (server) => {
        const { body } = await service.agent
          .get('/pop3/stat?auth=external')
          .query({ server })
          .auth('', '')
          .expect(401)
        expect(body.type).toBe('/problems/credentials-rejected')
      },
    )
  })

  test('what it does not offer is told with what it offers: Dovecot binds no login to TLS before 2.4', async () => {
    const { body } = await service.agent
      .get('/pop3/stat?auth=scram-sha-256-plus')
      .auth(bob.name, bob.password)
      .expect(422)
    expect(body.type).toBe('/problems/mechanism-not-supported')
    expect(body.offered).toEqual(expect.arrayContaining(['SCRAM-SHA-256', 'XOAUTH2', 'EXTERNAL']))
  })
})
