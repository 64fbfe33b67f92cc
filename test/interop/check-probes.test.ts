import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codesIn } from '../support/checks.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts, hostname } from './support/accounts.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'
import { type Postfix, startPostfix } from './support/postfix.ts'

interop('probes of Postfix', () => {
  let lab: Lab
  let service: TestService
  const further: Postfix[] = []

  const running = async (main: Readonly<Record<string, string>>): Promise<Postfix> => {
    const certificate = await lab.authority.issue({ names: [hostname] })
    const postfix = await startPostfix({ certificate, dovecot: lab.dovecot, main })
    further.push(postfix)
    return postfix
  }
  const probe = async (port: number, probes: object) => {
    const { body } = await service.agent
      .post('/smtp/check')
      .send({
        server: `smtp://127.0.0.1:${port}`,
        tlsCa: lab.authority.cert,
        tlsServername: hostname,
        tlsVersions: false,
        probes: { mine: true, ...probes },
      })
      .expect(200)
    return body
  }
  const verdicts = (body: { probes: { bareNewline: { ends: { end: string; verdict: string }[] } } }) =>
    Object.fromEntries(body.probes.bareNewline.ends.map(({ end, verdict }) => [end, verdict]))

  beforeAll(async () => {
    // what later versions forbid by themselves
    lab = await startLab({ postfix: { main: { smtpd_forbid_bare_newline: 'no' } } })
    service = await startTestService()
  })
  afterAll(async () => {
    await service.close()
    await Promise.all(further.map((postfix) => postfix.stop()))
    await lab.stop()
  })

  /** The subjects of what has been delivered to alice, once there are so many. */
  const delivered = async (count: number): Promise<string[]> => {
    const { alice } = accounts
    let subjects: string[] = []
    await vi.waitFor(
      async () => {
        const { body } = await service.agent
          .get('/pop3/messages')
          .query({
            headers: 'subject',
            server: `pop3://127.0.0.1:${lab.dovecot.pop3}`,
            tlsCa: lab.authority.cert,
          })
          .auth(alice.name, alice.password)
          .expect(200)
        subjects = body.messages.map(({ headers }: { headers: { subject: string } }) => headers.subject)
        expect(subjects).toHaveLength(count)
      },
      { timeout: 10_000, interval: 100 },
    )
    return subjects
  }
  const bareNewline = { to: accounts.alice.address, waitMs: 300 }

  test('that allows bare line feeds takes them for line ends, and forgets what came in the clear', async () => {
    const body = await probe(lab.postfix.smtp, { starttlsInjection: true, bareNewline })
    expect(body.probes.starttlsInjection.verdict).toBe('not-vulnerable')
    expect(verdicts(body)).toEqual({
      'LF.LF': 'taken',
      'LF.CRLF': 'taken',
      'CRLF.LF': 'taken',
      'CR.CR': 'ignored',
      'CR.CRLF': 'ignored',
      'CRLF.CR': 'ignored',
    })
    expect(codesIn(body, 'error')).toEqual(['smtp-smuggling'])
    // what was taken arrives, marked as what it is, and nothing of the rest does
    const { token } = body.probes.bareNewline
    const subjects = await delivered(3)
    expect(subjects.toSorted()).toEqual(
      ['CRLF.LF', 'LF.CRLF', 'LF.LF'].map((end) => `Mailwire probe ${token}, end of data ${end}`),
    )
  })

  test('that forbids bare line feeds and early commands takes none of it', async () => {
    const before = (await delivered(3)).length
    const { smtp } = await running({
      smtpd_forbid_bare_newline: 'yes',
      smtpd_forbid_unauth_pipelining: 'yes',
    })
    const body = await probe(smtp, { starttlsInjection: true, bareNewline })
    expect(body.probes.starttlsInjection.verdict).toBe('not-vulnerable')
    expect([...new Set(Object.values(verdicts(body)))]).toEqual(['ignored'])
    expect(codesIn(body, 'error')).toEqual([])
    expect(await delivered(before)).toHaveLength(before)
  })
})
