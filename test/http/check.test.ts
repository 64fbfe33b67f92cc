import { expect, test } from 'vitest'
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
const codes = (body: { findings: { code: string }[] }): string[] => body.findings.map(({ code }) => code)

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
  expect(codes(body.check)).toContain('credentials-rejected')
})
