import { beforeAll, describe, expect, test } from 'vitest'
import { type Authority, createAuthority, type Issued } from '../support/certificates.ts'
import { codesIn, findingIn } from '../support/checks.ts'
import { leakyServer } from '../support/leaky-server.ts'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const probe = (port: number, probes: object, more: object = {}) =>
  mailwire.agent.post('/smtp/check').send({
    server: `smtp://127.0.0.1:${port}`,
    tlsVersions: false,
    probes: { mine: true, ...probes },
    ...more,
  })

let authority: Authority
let certificate: Issued

beforeAll(async () => {
  authority = await createAuthority()
  certificate = await authority.issue({ names: ['leaky.test'] })
})

interface Verdict {
  readonly end: string
  readonly verdict: string
}
const verdicts = ({ probes }: { probes: { bareNewline: { ends: Verdict[] } } }) =>
  Object.fromEntries(probes.bareNewline.ends.map(({ end, verdict }) => [end, verdict]))

describe('STARTTLS injection', () => {
  test('a server that carries a command over into TLS is vulnerable, and the transcript shows it', async () => {
    const { port } = await leakyServer({ certificate, clearText: 'kept' })
    const { body } = await probe(port, { starttlsInjection: true }).expect(200)
    expect(body.probes).toMatchObject({
      starttlsInjection: { verdict: 'vulnerable' },
      bareNewline: null,
      notTried: [],
    })
    expect(findingIn(body, 'starttls-injection-vulnerable')).toMatchObject({ level: 'error' })
    const session = body.sessions.find(({ purpose }: { purpose: string }) => purpose.startsWith('probe:'))
    expect(session.transcript.entries.flatMap(({ line }: { line?: string }) => line ?? [])).toEqual([
      'EHLO probe.example.test',
      'STARTTLS',
      'NOOP',
      'QUIT',
    ])
    const [seq] = body.probes.starttlsInjection.evidence
    expect(session.transcript.entries.find((entry: { seq: number }) => entry.seq === seq)).toMatchObject({
      code: 250,
      tls: true,
    })
  })

  test('the innocent twin is not, nor is the sandbox', async () => {
    const { port } = await leakyServer({ certificate, clearText: 'dropped' })
    for (const at of [port, mailwire.sandbox.smtpPort]) {
      const { body } = await probe(at, { starttlsInjection: true }).expect(200)
      expect(body.probes.starttlsInjection.verdict).toBe('not-vulnerable')
      expect(codesIn(body).filter((code) => code.startsWith('starttls-injection'))).toEqual([])
    }
  })

  test('without STARTTLS nothing can be said', async () => {
    const { port } = await mailServer('220 mx.example.test', '250 mx.example.test', '221 Bye')
    const { body } = await probe(port, { starttlsInjection: true }).expect(200)
    expect(body.probes.starttlsInjection.verdict).toBe('undecided')
    expect(codesIn(body, 'info')).toContain('starttls-injection-undecided')
  })
})

describe('odd ends of data', () => {
  const to = 'bob@leaky.test'

  test('a server that takes some of them is told with those, and each accepted message is marked', async () => {
    const { port, accepted, unfinished, left } = await leakyServer({ certificate, ends: ['\n.\n'] })
    const { body } = await probe(port, { bareNewline: { to, waitMs: 200 } }).expect(200)
    expect(verdicts(body)).toEqual({
      'LF.LF': 'taken',
      'LF.CRLF': 'ignored',
      'CRLF.LF': 'taken',
      'CR.CR': 'ignored',
      'CR.CRLF': 'ignored',
      'CRLF.CR': 'ignored',
    })
    const { token } = body.probes.bareNewline
    expect(findingIn(body, 'smtp-smuggling')).toMatchObject({ level: 'error' })
    expect(findingIn(body, 'smtp-smuggling')?.text).toContain('LF.LF, CRLF.LF for the end')
    expect(findingIn(body, 'smtp-smuggling')?.text).toContain(token)
    expect(accepted).toHaveLength(2)
    for (const message of accepted)
      expect(message).toContain(`\r\nSubject: Mailwire probe ${token}, end of data `)
    await left()
    // nothing but the odd end was ever said: no QUIT, no true end
    const ends = unfinished.map((content) => content.split(`${token}.`).at(-1))
    expect(ends).toEqual(['\n.\r\n', '\r.\r', '\r.\r\n', '\r\n.\r'])
  })

  test('the innocent twin takes none', async () => {
    const { port, accepted } = await leakyServer({ certificate })
    const { body } = await probe(port, { bareNewline: { to, ends: ['LF.LF', 'LF.LF'], waitMs: 100 } }).expect(
      200,
    )
    expect(verdicts(body)).toEqual({ 'LF.LF': 'ignored' })
    expect(body.sessions).toHaveLength(1)
    expect(codesIn(body)).not.toContain('smtp-smuggling')
    expect(accepted).toEqual([])
  })

  test('a refusal is told with the server’s words', async () => {
    const toBareLf = '521 5.5.2 leaky.test Error: bare <LF> received'
    const { port } = await leakyServer({ certificate, toBareLf })
    const { body } = await probe(port, {
      bareNewline: { to, from: 'me@leaky.test', ends: ['LF.LF'] },
    }).expect(200)
    expect(body.probes.bareNewline.ends).toMatchObject([
      { verdict: 'refused', reply: { code: 521, enhanced: '5.5.2' } },
    ])
  })

  test('a recipient who is refused leaves it undecided', async () => {
    const { body } = await probe(mailwire.sandbox.smtpPort, {
      bareNewline: { to: 'unknown@sandbox.test', ends: ['LF.LF'] },
    }).expect(200)
    expect(verdicts(body)).toEqual({ 'LF.LF': 'undecided' })
    expect(findingIn(body, 'end-of-data-undecided')?.text).toContain('stage rcpt')
  })

  test('the sandbox waits for the true end', async () => {
    const { body } = await probe(mailwire.sandbox.smtpPort, {
      bareNewline: { to: 'bob@sandbox.test', ends: ['LF.LF', 'CRLF.LF'], waitMs: 100 },
    }).expect(200)
    expect(verdicts(body)).toEqual({ 'LF.LF': 'ignored', 'CRLF.LF': 'ignored' })
  })

  test('as a person reads it', async () => {
    const { port } = await leakyServer({ certificate, ends: ['\n.\n'] })
    const { text } = await probe(port, { starttlsInjection: true, bareNewline: { to, ends: ['LF.LF'] } })
      .accept('text/plain')
      .expect(200)
    expect(text).toContain('--- Probes\n    STARTTLS injection: not-vulnerable. ')
    expect(text).toContain('    end of data LF.LF: taken. ')
    expect(text).toContain('error   smtp-smuggling: ')
  })
})

test.each<[string, object, string[]]>([
  ['nobody says whose server it is', { probes: { starttlsInjection: true } }, ['/probes/mine']],
  ['a domain is meant', { domain: 'leaky.test', probes: { mine: true } }, ['/probes']],
  [
    'addresses are none',
    { probes: { mine: true, bareNewline: { to: 'a\r\nRCPT TO:<b@c.test>', from: 'x' } } },
    ['/probes/bareNewline/to', '/probes/bareNewline/from'],
  ],
  [
    'addresses need SMTPUTF8',
    { probes: { mine: true, bareNewline: { to: 'jürgen@leaky.test' } } },
    ['/probes/bareNewline/to'],
  ],
  [
    'an end is not known',
    { probes: { mine: true, bareNewline: { to: 'bob@leaky.test', ends: ['\r\n.\r\n'] } } },
    ['/probes/bareNewline/ends/0'],
  ],
])('nothing is connected when %s', async (_, body, pointers) => {
  const server = await mailServer('220 mx.example.test')
  const url = { server: `smtp://127.0.0.1:${server.port}` }
  const answer = await mailwire.agent
    .post('/smtp/check')
    .send('domain' in body ? body : { ...url, ...body })
    .expect(400)
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
  expect(server.connections()).toBe(0)
})
