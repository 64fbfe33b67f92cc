import { describe, expect, test } from 'vitest'
import { codesIn } from '../support/checks.ts'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const check = (body: object) => mailwire.agent.post('/smtp/check').send(body)

const alice = { user: 'alice', password: 'sandbox' }

interface Entry {
  readonly kind: string
  readonly line?: string
}
const said = (transcript: { entries: Entry[] }): string[] =>
  transcript.entries.flatMap(({ line }) => (line === undefined ? [] : [line]))

test('a look at the sandbox: greeting, what is offered when, TLS with both verdicts, and its versions', async () => {
  const { body } = await check({}).expect(200)
  expect(body).toMatchObject({
    outcome: 'ok',
    stage: 'quit',
    server: { address: '127.0.0.1' },
    greeting: { lines: ['sandbox.test ESMTP Mailwire sandbox'], name: 'sandbox.test' },
    limits: { messageOctets: 10_485_760, recipients: null },
    mechanisms: { before: [], afterTls: ['PLAIN', 'LOGIN'], afterLogin: [] },
    auth: null,
    starttls: 'offered',
    tls: { version: 'TLSv1.3', trusted: true, nameMatches: true },
    tlsVersions: { lowest: 'TLSv1.2', highest: 'TLSv1.3' },
    diagnosis: null,
  })
  expect(body.extensions.changes).toEqual({
    withTls: { gone: ['STARTTLS'], come: ['AUTH PLAIN LOGIN'] },
    withLogin: null,
  })
  const unexplained = [...body.extensions.before, ...body.extensions.afterTls].filter(
    ({ explanation }: { explanation: string | null }) => explanation === null,
  )
  expect(unexplained).toEqual([])
  expect(body.findings.filter(({ level }: { level: string }) => level !== 'info')).toEqual([])
  // one command at a time, and nothing that would send
  expect(said(body.transcript)).toEqual([
    'EHLO probe.example.test',
    'STARTTLS',
    'EHLO probe.example.test',
    'QUIT',
  ])
  expect(body.phases.map(({ name }: { name: string }) => name)).toEqual([
    'dns',
    'connect',
    'greeting',
    'EHLO probe.example.test',
    'STARTTLS',
    'tls',
    'EHLO probe.example.test',
    'QUIT',
  ])
  expect(body.sessions).toHaveLength(3)
})

test('with a login, what is offered after it', async () => {
  const { body } = await check({ auth: alice, tlsVersions: false }).expect(200)
  expect(body).toMatchObject({
    outcome: 'ok',
    auth: { tried: ['PLAIN'], chosen: 'PLAIN' },
    tlsVersions: null,
    sessions: [],
  })
  expect(body.extensions.afterLogin).not.toEqual([])
  expect(body.extensions.changes.withLogin).toEqual({ gone: [], come: [] })
})

test('a login that does not come about is a problem, with what was seen all the same', async () => {
  const { body } = await check({ auth: { user: 'alice', password: 'something else' } }).expect(422)
  expect(body).toMatchObject({
    type: '/problems/credentials-rejected',
    stage: 'auth',
    check: { starttls: 'offered', tls: { trusted: true } },
  })
  expect(codesIn(body.check)).toContain('credentials-rejected')
})

test('with an implicit TLS port there is nothing in the clear', async () => {
  const { sandbox } = mailwire
  const { body } = await check({
    server: `smtps://127.0.0.1:${sandbox.smtpsPort}`,
    tlsCa: sandbox.ca,
  }).expect(200)
  expect(body).toMatchObject({ starttls: 'implicit', extensions: { before: [], changes: { withTls: null } } })
  expect(body.tlsVersions).toMatchObject({ lowest: 'TLSv1.2', highest: 'TLSv1.3' })
})

test('a bad certificate from the first octet on is a finding as well, but nobody logs in', async () => {
  const server = `smtps://127.0.0.1:${mailwire.sandbox.smtpsPort}`
  const { body } = await check({ server }).expect(200)
  expect(codesIn(body, 'error')).toEqual(['certificate-untrusted'])
  const allowed = { ...alice, allowInsecure: true }
  const { body: problem } = await check({ server, auth: allowed }).expect(422)
  expect(problem).toMatchObject({ type: '/problems/credentials-need-tls' })
  expect(said(problem.transcript)).toEqual(['EHLO probe.example.test', 'QUIT'])
  // as elsewhere, who does not care about the certificate may say so
  await check({ server, auth: allowed, tlsVerify: false }).expect(200)
})

test('TLS that is not asked for is not looked at', async () => {
  const { body } = await check({ tls: 'off' }).expect(200)
  expect(body).toMatchObject({ starttls: 'not-asked', tls: null, tlsVersions: null, sessions: [] })
  expect(codesIn(body, 'error')).toEqual([])
})

test('recipients of the sandbox, each with what is meant', async () => {
  const recipients = [
    'bob@sandbox.test',
    'unknown@sandbox.test',
    'greylisted@sandbox.test',
    'mailbox-full@sandbox.test',
    'relay@elsewhere.test',
  ]
  const { body } = await check({ recipients, tlsVersions: false }).expect(200)
  const told = body.recipients.map(
    ({ verdict, diagnosis }: { verdict: string; diagnosis: { code: string } | null }) => [
      verdict,
      diagnosis?.code,
    ],
  )
  expect(told).toEqual([
    ['accepted', undefined],
    ['refused', 'unknown-user'],
    ['greylisted', 'greylisted'],
    ['refused', 'mailbox-full'],
    ['refused', 'relay-denied'],
  ])
  expect(said(body.transcript).filter((line) => /^(?:DATA|BDAT)/.test(line))).toEqual([])
})

test('as a person reads it: findings with what to do, each subject, then the transcript', async () => {
  const { port } = await mailServer(
    '220 mx.example.test ESMTP',
    '250-mx.example.test\r\n250 SIZE 1000',
    '221 Bye',
  )
  const { text } = await check({ server: `smtp://127.0.0.1:${port}`, relayTest: true })
    .set('Accept', 'text/plain')
    .expect(200)
  const places = [
    /^=== Check of smtp:/m,
    /^error {3}starttls-not-offered: /m,
    /^ {10}\* Give the server a certificate/m,
    /^info {4}/m,
    /^--- Greeting$/m,
    /^ {4}mx\.example\.test ESMTP$/m,
    /^ {4}SIZE 1000: MAIL may tell the size/m,
    /^--- Relay test$/m,
    /^--- Further sessions$/m,
    /^=== SMTP session /m,
    /<- {2}220 mx\.example\.test ESMTP$/m,
    /^=== outcome: ok/m,
  ].map((pattern) => text.search(pattern))
  expect(places).not.toContain(-1)
  expect(places).toEqual([...places].sort((a, b) => a - b))
})

test('`transcript=none` leaves every transcript out', async () => {
  const { body } = await check({}).query({ transcript: 'none' }).expect(200)
  expect(body).not.toHaveProperty('transcript')
  expect(JSON.stringify(body)).not.toContain('"entries"')
  expect(body.sessions).toHaveLength(3)
})

describe('a request that is malformed is told so, and nothing is connected', () => {
  test.each<[body: object, pointers: string[]]>([
    [{ nonsense: 1 }, ['/nonsense']],
    [{ server: 'pop3://127.0.0.1' }, ['/server']],
    [{ domain: 'example.test', server: 'smtp://127.0.0.1' }, ['/server']],
    [{ domain: 'example.test', auth: alice }, ['/auth']],
    [{ domain: '127.0.0.1' }, ['/domain']],
    [{ domain: 'not a domain' }, ['/domain']],
    [{ domain: 'example.test', tlsServername: 'a b' }, ['/tlsServername']],
    [{ port: 25, family: 4 }, ['/port', '/family']],
    [
      { from: 'nobody', recipients: ['bob@sandbox.test', 'x', 'y>\r\nDATA'] },
      ['/from', '/recipients/1', '/recipients/2'],
    ],
    [{ recipients: Array(21).fill('bob@sandbox.test') }, ['/recipients']],
    [{ vrfy: ['bob\r\nDATA'], expn: ['a\u0000b', 'ü'] }, ['/vrfy/0', '/expn/0', '/expn/1']],
    [
      { relayTest: { to: '"a b"@example.com', from: 'jörg@example.org' } },
      ['/relayTest/from', '/relayTest/to'],
    ],
    [{ relayTest: { to: 'x' } }, ['/relayTest/to']],
    [{ hello: { name: 'two words' } }, ['/hello/name']],
    [{ auth: { user: 'alice', password: 'two lines\r\nof it' } }, ['/auth/password']],
    [{ auth: { ...alice, popBefore: 'sandbox' } }, ['/auth/popBefore']],
    [{ timeouts: { total: 3_000_000 } }, ['/timeouts/total']],
  ])('%j', async (body, pointers) => {
    const { port, connections } = await mailServer('220 mx.example.test ESMTP')
    const there = 'server' in body || 'domain' in body ? {} : { server: `smtp://127.0.0.1:${port}` }
    const response = await check({ ...there, ...body }).expect(400)
    expect(response.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
    expect(connections()).toBe(0)
  })
})
