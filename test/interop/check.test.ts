import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Issued, selfSigned } from '../support/certificates.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts, hostname } from './support/accounts.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'
import { type Postfix, startPostfix } from './support/postfix.ts'

const { alice } = accounts
const DAY_MS = 86_400_000

interface Finding {
  readonly level: string
  readonly code: string
  readonly text: string
  readonly instructions: readonly string[]
}

interop('a look at Postfix', () => {
  let lab: Lab
  let service: TestService
  const further: Postfix[] = []

  const running = async (certificate: Issued, main: Readonly<Record<string, string>> = {}) => {
    const postfix = await startPostfix({ certificate, dovecot: lab.dovecot, main })
    further.push(postfix)
    return postfix
  }
  const look = async (port: number, more: object = {}) => {
    const server = `smtp://127.0.0.1:${port}`
    const wish = { server, tlsCa: lab.authority.cert, tlsServername: hostname, ...more }
    const { body } = await service.agent.post('/smtp/check').send(wish).expect(200)
    return body
  }
  const grave = ({ findings }: { findings: Finding[] }) =>
    findings.filter(({ level }) => level === 'error').map(({ code }) => code)

  beforeAll(async () => {
    lab = await startLab()
    service = await startTestService()
  })
  afterAll(async () => {
    await service.close()
    await Promise.all(further.map((postfix) => postfix.stop()))
    await lab.stop()
  })

  test('with a certificate as it should be there is no error, and everything it offers is explained', async () => {
    const body = await look(lab.postfix.smtp)
    expect(grave(body)).toEqual([])
    expect(body).toMatchObject({
      outcome: 'ok',
      greeting: { lines: [`${hostname} ESMTP Postfix`], name: hostname },
      names: { hello: { name: hostname } },
      limits: { messageOctets: 20 * 1024 * 1024 },
      starttls: 'offered',
      tls: { trusted: true, nameMatches: true, certificate: { daysLeft: 29 } },
    })
    for (const { line, explanation } of body.extensions.afterTls)
      expect(explanation, line).toEqual(expect.any(String))
  })

  test('an expired certificate', async () => {
    const certificate = await lab.authority.issue({
      names: [hostname],
      notBefore: new Date(Date.now() - 30 * DAY_MS),
      notAfter: new Date(Date.now() - 3 * DAY_MS),
    })
    const { smtp } = await running(certificate)
    const body = await look(smtp)
    expect(grave(body)).toEqual(['certificate-expired'])
    expect(body.tls).toMatchObject({ trusted: false, nameMatches: true, verifyError: 'CERT_HAS_EXPIRED' })
    expect(body.tls.certificate.daysLeft).toBeLessThan(0)
    // to look is no reason to fail, whatever else the caller is strict about
    expect(grave(await look(smtp, { tls: 'required' }))).toEqual(['certificate-expired'])
  })

  test('a certificate that vouches for itself', async () => {
    const { smtp } = await running(await selfSigned({ names: [hostname] }))
    const body = await look(smtp)
    expect(grave(body)).toEqual(['certificate-untrusted'])
    expect(body.tls).toMatchObject({ trusted: false, nameMatches: true })
    const { instructions } = body.findings[0]
    expect(instructions.length).toBeGreaterThan(0)
  })

  test('a certificate of another host', async () => {
    const { smtp } = await running(await lab.authority.issue({ names: ['elsewhere.lab.test'] }))
    const body = await look(smtp)
    expect(grave(body)).toEqual(['certificate-name-mismatch'])
    expect(body.tls).toMatchObject({ trusted: true, nameMatches: false })
    expect(body.findings[0].text).toContain('elsewhere.lab.test')
    // both verdicts, where both are bad
    expect(grave(await look(smtp, { tlsCa: (await selfSigned({ names: ['x.test'] })).cert }))).toEqual([
      'certificate-untrusted',
      'certificate-name-mismatch',
    ])
  })

  test('without STARTTLS, and with passwords in the clear', async () => {
    const body = await look(lab.postfix.plainAuth)
    expect(grave(body)).toEqual(['starttls-not-offered'])
    expect(body).toMatchObject({ starttls: 'not-offered', tls: null, tlsVersions: null })
    expect(body.findings.map(({ code }: Finding) => code)).toContain('auth-in-the-clear')
    expect(grave(await look(lab.postfix.plainAuth, { tls: 'required' }))).toEqual(['starttls-not-offered'])
  })

  test('with TLS from the first octet, and a login', async () => {
    const { name: user, password } = alice
    const body = await look(lab.postfix.smtps, {
      server: `smtps://127.0.0.1:${lab.postfix.smtps}`,
      auth: { user, password },
    })
    expect(body).toMatchObject({ starttls: 'implicit', tlsVersions: { highest: 'TLSv1.3' } })
    expect(body.auth.chosen).toEqual(expect.any(String))
    expect(body.mechanisms.afterTls).toContain('PLAIN')
    expect(body.extensions.before).toEqual([])
  })

  test('the versions of TLS are those that Postfix is told to take', async () => {
    const certificate = await lab.authority.issue({ names: [hostname] })
    const versions = async (protocols: string) => {
      const { smtp } = await running(certificate, { smtpd_tls_protocols: protocols })
      const { tlsVersions, findings } = await look(smtp)
      return [tlsVersions.lowest, tlsVersions.highest, findings.map(({ code }: Finding) => code)]
    }
    const holding = (...codes: string[]) => expect.arrayContaining(codes)
    expect(await versions('>=TLSv1')).toEqual(['TLSv1', 'TLSv1.3', holding('tls-old-versions')])
    expect(await versions('TLSv1.2')).toEqual(['TLSv1.2', 'TLSv1.2', holding('tls13-not-taken')])
    // not even the session that looked could speak with it
    expect(await versions('TLSv1.1')).toEqual(['TLSv1.1', 'TLSv1.1', holding('tls-version-too-old')])
  })

  test('recipients, VRFY and a relay test, and no DATA', async () => {
    const body = await look(lab.postfix.smtp, {
      recipients: [
        alice.address,
        'nosuchuser@lab.test',
        'greylisted@lab.test',
        'busy@lab.test',
        'x@elsewhere.test',
      ],
      vrfy: [alice.address, 'nosuchuser@lab.test'],
      expn: ['everybody'],
      relayTest: true,
    })
    expect(
      body.recipients.map(
        ({ verdict, diagnosis }: { verdict: string; diagnosis: { code: string } | null }) => [
          verdict,
          diagnosis?.code,
        ],
      ),
    ).toEqual([
      ['accepted', undefined],
      ['refused', 'unknown-user'],
      ['greylisted', 'greylisted'],
      ['deferred', 'mailbox-unavailable'],
      ['refused', 'relay-denied'],
    ])
    expect(body.vrfy.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['not-told', 'unknown'])
    expect(body.expn[0].verdict).toBe('not-known-command')
    expect(body.relay).toMatchObject({ verdict: 'refused', notTried: [] })
    expect(JSON.stringify(body)).not.toMatch(/"line":"(?:DATA|BDAT)/)
    const relays = await running(await lab.authority.issue({ names: [hostname] }), {
      mynetworks: '127.0.0.0/8',
      smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
    })
    const inside = await look(relays.smtp, { relayTest: true })
    expect(inside.relay.verdict).toBe('inconclusive')
    expect(inside.relay.tries[0]).toMatchObject({ form: 'plain', accepted: true })
    expect(inside.relay.caveats.join(' ')).toContain('proves nothing')
  })
})
