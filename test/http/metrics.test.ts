import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { service, startTestService, type TestService } from '../support/service.ts'

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

/** The samples by name and labels, `name{label="value"}`. */
async function samplesOf(on: TestService, key?: string): Promise<Map<string, number>> {
  const answer = await fetch(`${on.url}/metrics`, { headers: key === undefined ? {} : { 'X-API-Key': key } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe(
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  )
  const text = await answer.text()
  expect(text).toMatch(/\n# EOF\n$/)
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

describe('what is counted', () => {
  const mailwire = service({ env: { MAILWIRE_RATE_LIMIT: '7', MAILWIRE_MAX_SESSIONS_PER_TARGET: '1' } })

  test('calls by route and status, sessions by outcome, time by phase, refusals by policy', async () => {
    await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB }).expect(200)
    await mailwire.agent.post('/smtp/send').send({ envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } })
    await mailwire.agent.get('/pop3/messages/1').auth('bob', 'sandbox').expect(200)
    await mailwire.agent.head('/pop3/messages/2').auth('bob', 'sandbox').expect(200)
    await mailwire.agent.post('/smtp/send').send({ server: 'smtp://10.0.0.1', envelope: TO_BOB }).expect(403)
    const hanging = await mailServer('HANG')
    const server = `smtp://127.0.0.1:${hanging.port}`
    const running = mailwire.agent.post('/smtp/send').send({ server, envelope: TO_BOB })
    running.then(undefined, () => undefined)
    while (hanging.connections() === 0) await new Promise(setImmediate)
    await mailwire.agent.post('/smtp/send').send({ server, envelope: TO_BOB }).expect(429)
    await mailwire.agent.get('/pop3/stat').expect(429)
    await mailwire.agent.get('/livez').set('Host', 'attacker.example').expect(403)
    const samples = await samplesOf(mailwire)
    const calls = (labels: string) => samples.get(`mailwire_calls_total{${labels}}`)
    expect(calls('method="POST",route="/smtp/send",status="200",key=""')).toBe(1)
    expect(calls('method="POST",route="/smtp/send",status="422",key=""')).toBe(1)
    expect(calls('method="POST",route="/smtp/send",status="403",key=""')).toBe(1)
    expect(calls('method="POST",route="/smtp/send",status="429",key=""')).toBe(1)
    expect(calls('method="GET",route="/pop3/messages/{n}",status="200",key=""')).toBe(1)
    expect(calls('method="HEAD",route="/pop3/messages/{n}",status="200",key=""')).toBe(1)
    expect(calls('method="GET",route="/pop3/stat",status="429",key=""')).toBe(1)
    expect(calls('method="GET",route="/livez",status="403",key=""')).toBe(1)
    expect(samples.get('mailwire_sessions_total{protocol="smtp",outcome="accepted"}')).toBe(1)
    expect(samples.get('mailwire_sessions_total{protocol="smtp",outcome="rejected"}')).toBe(1)
    expect(samples.get('mailwire_sessions_total{protocol="smtp",outcome="failed"}')).toBe(1)
    expect(samples.get('mailwire_sessions_total{protocol="pop3",outcome="ok"}')).toBe(2)
    expect(samples.get('mailwire_sessions_running')).toBe(1)
    for (const phase of ['dns', 'connect', 'tls', 'greeting', 'all'])
      expect(
        samples.get(`mailwire_session_phase_seconds_count{protocol="smtp",phase="${phase}"}`),
      ).toBeGreaterThan(0)
    expect(samples.get('mailwire_call_seconds_count{route="/smtp/send"}')).toBe(4)
    for (const policy of ['egress', 'sessions-per-target', 'rate', 'other-host-or-site'])
      expect(samples.get(`mailwire_refusals_total{policy="${policy}"}`)).toBe(1)
    running.abort()
  })

  test('a caller who leaves is counted as one', async () => {
    const left = 'mailwire_calls_total{method="POST",route="/smtp/send",status="left",key=""}'
    while ((await samplesOf(mailwire)).get(left) !== 1) await new Promise(setImmediate)
  })
})

describe('labels', () => {
  test('callers cannot make new ones: unknown paths, methods, hosts, users, names are not told', async () => {
    const mailwire = await startTestService()
    // the first scrape counts itself afterwards
    await samplesOf(mailwire)
    for (let n = 0; n < 30; n += 1) {
      await mailwire.agent.get(`/nowhere-${n}`).expect(404)
      await mailwire.agent.get(`/pop3/messages/uid:made-up-${n}`).auth(`user-${n}`, 'some-other-word')
      await mailwire.agent.get(`/problems/made-up-${n}`).expect(404)
      await mailwire.agent.post('/smtp/send').send({ server: `smtp://10.9.8.${n}`, envelope: TO_BOB })
      await fetch(`${mailwire.url}/smtp/send`, { method: `MADE-UP-${n}` }).catch(() => undefined)
      await mailwire.agent.propfind(`/docs/made-up-${n}`)
    }
    const after = await samplesOf(mailwire)
    const labels = [...after.keys()].join('\n')
    expect(labels).not.toMatch(/made-up|nowhere|user-|10\.9\.8|127\.0\.0\.1|bob|alice/i)
    expect(labels).toContain('method="other",route="other"')
    // the same kinds of calls again make nothing new
    await mailwire.agent.get('/nowhere-at-all').expect(404)
    await mailwire.agent.get('/problems/made-up-31').expect(404)
    expect((await samplesOf(mailwire)).size - after.size).toBe(0)
    await mailwire.close()
  })
})

describe('where there are keys', () => {
  const key = 'a-key-of-the-first-caller'
  const reader = 'a-key-of-the-monitoring'
  const sender = 'a-key-of-the-sending-caller'
  const guarded = service({
    env: { MAILWIRE_API_KEYS: key, MAILWIRE_KEYS_FILE: 'keys.json' },
    files: {
      'keys.json': JSON.stringify({
        keys: [
          { name: 'monitoring', key: reader, may: ['reads'] },
          { name: 'mailer', key: sender, may: ['sends'] },
        ],
      }),
    },
    secrets: [key, reader, sender],
  })

  test('metrics want one that may do what reads, and tell its configured name', async () => {
    const { body } = await guarded.agent.get('/metrics').expect(401)
    expect(body.type).toBe('/problems/unauthorized')
    await guarded.agent.get('/metrics').set('X-API-Key', sender).expect(403)
    await guarded.agent.post('/smtp/send').set('X-API-Key', sender).send({ envelope: TO_BOB }).expect(200)
    const samples = await samplesOf(guarded, reader)
    expect(
      samples.get('mailwire_calls_total{method="POST",route="/smtp/send",status="200",key="mailer"}'),
    ).toBe(1)
    expect(samples.get('mailwire_refusals_total{policy="key"}')).toBe(1)
    expect(samples.get('mailwire_refusals_total{policy="key-limits"}')).toBe(1)
    const text = [...samples.keys()].join('\n')
    for (const secret of [key, reader, sender]) expect(text).not.toContain(secret)
  })

  test('a page of another site does not get them', async () => {
    await guarded.agent.get('/metrics').set('X-API-Key', key).set('Sec-Fetch-Site', 'cross-site').expect(403)
  })
})

describe('the log', () => {
  const mailwire = service()
  const password = 'a password of nobody else'

  const sessions = () =>
    mailwire
      .logs()
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'session ended')

  test('has one line for each session, with how it ended and how long it took', async () => {
    const { headers } = await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB }).expect(200)
    expect(sessions().at(-1)).toEqual({
      level: 30,
      time: expect.any(Number),
      msg: 'session ended',
      session: headers['x-session-id'],
      protocol: 'smtp',
      target: `127.0.0.1:${mailwire.sandbox.smtpPort}`,
      server: 'sandbox',
      outcome: 'accepted',
      stage: 'end-of-data',
      ms: expect.any(Number),
      phasesMs: {
        dns: expect.any(Number),
        connect: expect.any(Number),
        greeting: expect.any(Number),
        tls: expect.any(Number),
      },
      roundTrips: expect.any(Number),
      bytes: { sent: expect.any(Number), received: expect.any(Number) },
    })
  })

  test.each([
    [
      'a refusal',
      { envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } },
      { outcome: 'rejected', reply: 554 },
    ],
    [
      'some refusals',
      { envelope: { ...TO_BOB, to: ['bob@sandbox.test', 'unknown@sandbox.test'] } },
      { outcome: 'partial' },
    ],
    [
      'a fault',
      { server: 'smtp://10.0.0.1', envelope: TO_BOB },
      { outcome: 'failed', fault: 'policy', target: '10.0.0.1:25' },
    ],
    [
      'something unmet',
      { envelope: TO_BOB, tls: 'off', auth: { user: 'alice', password } },
      { outcome: 'failed', unmet: 'auth-not-offered' },
    ],
    ['a session that ended early', { envelope: TO_BOB, stopAfter: 'rcpt' }, { outcome: 'ok' }],
  ])('%s', async (_what, body, line) => {
    await mailwire.agent.post('/smtp/send').send(body)
    expect(sessions().at(-1)).toMatchObject(line)
  })

  test('names no user, no sender, no recipient', async () => {
    await mailwire.agent.get('/pop3/stat').auth('temporary', 'sandbox')
    await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB, auth: { user: 'alice', password } })
    expect(sessions().length).toBeGreaterThan(5)
    for (const line of sessions()) expect(JSON.stringify(line)).not.toMatch(/@|alice|bob|relay|temporary/)
  })
})
