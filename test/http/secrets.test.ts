import { describe, expect, test } from 'vitest'
import { mailServer, type Turn } from '../support/mail-server.ts'
import { forms } from '../support/secrets-watch.ts'
import { service } from '../support/service.ts'

const KEY = 'k3y-of-this-caller-0123456789'
const OFFICE = 'office pass: "quoted" & späced'
const PASSWORD = 'mailbox pass: <tägged> + 100%'
const TOKEN = 'ya29.token-of-the-mailbox_0123456789'

const mailwire = service({
  env: {
    MAILWIRE_API_KEYS: KEY,
    MAILWIRE_LOG_LEVEL: 'debug',
    MAILWIRE_SERVERS_FILE: 'servers.json',
    MAILWIRE_SANDBOX: 'on',
    MAILWIRE_DEFAULT_SERVER: 'sandbox',
  },
  files: {
    'servers.json': JSON.stringify({
      servers: {
        office: {
          smtp: 'smtp://127.0.0.1:9',
          credentials: { user: 'office@example.com', password: OFFICE },
        },
      },
    }),
  },
  secrets: [KEY, OFFICE, PASSWORD, TOKEN],
})

/** A server that says everything back that it is told, in all spellings, and refuses it. */
const MIRROR: readonly Turn[] = [
  '220 mx.example.test ESMTP',
  '250-mx.example.test\r\n250 AUTH PLAIN XOAUTH2',
  (line) => {
    const said = Buffer.from(line.split(' ').at(-1) ?? '', 'base64').toString()
    const told = [line, said, encodeURIComponent(said), Buffer.from(said).toString('hex')].join(' | ')
    // what parts the fields of a response would break the line, or is shown in another spelling
    const shown = told.replaceAll(/\p{Cc}/gu, ' ')
    return `535-5.7.8 ${shown}\r\n535 5.7.8 ${said.replaceAll(/\p{Cc}/gu, ' ')}`
  },
  '221 Bye',
]

const ACCEPTED = ['application/json', 'text/plain'] as const
const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

/** Everything that came back, and everything that was logged or counted. */
const said: string[] = []

async function call(path: string, init: RequestInit): Promise<number> {
  const answer = await fetch(`${mailwire.url}${path}`, {
    ...init,
    headers: { 'X-API-Key': KEY, ...(init.headers as Record<string, string>) },
  })
  said.push(JSON.stringify([...answer.headers]), await answer.text())
  return answer.status
}

const post = (accept: string, body: object) =>
  call('/smtp/send', {
    method: 'POST',
    headers: { Accept: accept, 'Content-Type': 'application/json' },
    body: JSON.stringify({ envelope: TO_BOB, ...body }),
  })

describe.each(ACCEPTED)('a secret, as %s', (accept) => {
  test.each([
    ['a password', { user: 'alice', password: PASSWORD, allowInsecure: true, mechanism: 'plain' }],
    ['a token', { user: 'alice', token: TOKEN, allowInsecure: true }],
  ])('%s that the server says back', async (_what, auth) => {
    const { port } = await mailServer(...MIRROR)
    expect(await post(accept, { server: `smtp://127.0.0.1:${port}`, auth })).toBe(422)
  })

  test('in a field where it does not belong', async () => {
    for (const field of ['server', 'tls', 'route', 'pipelining', PASSWORD])
      expect(await post(accept, { [field]: field === PASSWORD ? 1 : PASSWORD })).toBe(400)
    for (const body of [
      { auth: { user: 'alice', password: { nested: PASSWORD } } },
      { auth: { user: 'alice', password: `${PASSWORD}\r\n` } },
      { auth: { user: 'alice', pasword: PASSWORD } },
      { message: { from: PASSWORD, to: [PASSWORD], headers: { 'X-A': `${PASSWORD}\n` } } },
      { server: `smtp://alice:${encodeURIComponent(PASSWORD)}@mail.example.com` },
    ])
      expect(await post(accept, body)).toBe(400)
  })

  test('in a query, a path, a header', async () => {
    const headers = { Accept: accept }
    const encoded = encodeURIComponent(PASSWORD)
    expect(await call(`/pop3/stat?server=${encoded}`, { headers })).toBe(400)
    expect(await call(`/pop3/stat?auth=${encoded}`, { headers })).toBe(400)
    for (const authorization of [`Basic ${PASSWORD.replaceAll('ä', 'a')}`, `Bearer ${TOKEN}`])
      expect(await call('/pop3/stat', { headers: { ...headers, Authorization: authorization } })).toBe(401)
    expect(await call('/pop3/stat', { headers: { ...headers, 'X-API-Key': `${KEY}x` } })).toBe(401)
  })

  test('of a configured server', async () => {
    expect(await post(accept, { server: 'office' })).toBe(502)
    expect(await post(accept, { server: 'office', tls: 'off' })).toBe(400)
  })
})

test('is in no problem page, document or metric', async () => {
  for (const path of ['/problems', '/problems/credentials-rejected', '/openapi.json', '/metrics', '/livez'])
    expect(await call(path, {})).toBe(200)
})

test('nothing of all that was said or logged holds one, in any spelling', () => {
  expect(said.length).toBeGreaterThan(40)
  const logged = mailwire.logs()
  expect(logged.length).toBeGreaterThan(30)
  const known = new Set(
    [KEY, OFFICE, PASSWORD, TOKEN].flatMap((secret) => forms(secret).map((form) => ({ secret, form }))),
  )
  // a name of a field is told as it is, for it is no value: the caller made a password the name of one
  const values = said.map((text) => text.replaceAll(JSON.stringify(`/${PASSWORD}`).slice(1, -1), ''))
  const leaks = [...values, ...logged].flatMap((text) =>
    [...known]
      .filter(({ form }) => text.includes(form))
      .map(({ secret }) => `${secret} in ${text.slice(0, 300)}`),
  )
  expect(leaks).toEqual([])
})
