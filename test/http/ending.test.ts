import { request } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mailServer, type Turn } from '../support/mail-server.ts'
import { startTestService, type TestService } from '../support/service.ts'

const TO_BOB = { from: 'alice@example.test', to: ['bob@example.test'] }
const UP_TO_RCPT: Turn[] = [
  '220 mx.example.test ESMTP',
  '250 mx.example.test',
  '250 2.1.0 Ok',
  '250 2.1.5 Ok',
]
const UP_TO_STAT: Turn[] = ['+OK ready', '-ERR Unknown command.', '+OK', '+OK Logged in.']

/** A service of this test's own, which the test ends. */
async function ending(): Promise<{ mailwire: TestService; end: (graceMs: number) => Promise<void> }> {
  const mailwire = await startTestService()
  let ended: Promise<void> | undefined
  const end = (graceMs: number): Promise<void> => {
    ended ??= mailwire.close(graceMs)
    return ended
  }
  onTestFinished(() => end(0))
  return { mailwire, end }
}

const send = (on: TestService, port: number) =>
  on.agent
    .post('/smtp/send')
    .send({ server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB })
    .then((response) => response)

/** What the log has of sessions that are over. */
const sessionsIn = (on: TestService) =>
  on
    .logs()
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'session ended')

describe('when the time of grace is over', () => {
  test.each([
    ['greeting', [], 0],
    ['rcpt', UP_TO_RCPT.slice(0, 3), 3],
    ['data', UP_TO_RCPT, 4],
  ] as const)('a session at %s ends: 503, failed, nothing was sent', async (stage, turns, lines) => {
    const { mailwire, end } = await ending()
    const server = await mailServer(...turns, 'HANG')
    const running = send(mailwire, server.port)
    if (lines === 0) while (server.connections() === 0) await new Promise(setImmediate)
    else await server.hears([/^RCPT/, /^DATA/][lines - 3]!)
    await end(0)
    const response = await running
    expect([response.status, response.headers['retry-after']]).toEqual([503, '60'])
    expect(response.body).toMatchObject({
      type: '/problems/shutting-down',
      outcome: 'failed',
      stage,
      diagnosis: { code: 'shutting-down', retry: 'later' },
    })
    expect(server.heard).not.toContain('.')
    expect(sessionsIn(mailwire)).toMatchObject([{ outcome: 'failed', fault: 'aborted', stage }])
  })

  test('a session whose message was handed over ends as unknown', async () => {
    const { mailwire, end } = await ending()
    const server = await mailServer(...UP_TO_RCPT, '354 Go', 'HANG')
    const running = send(mailwire, server.port)
    await server.hears(/^\.$/)
    await end(0)
    const response = await running
    expect([response.status, response.body.outcome, response.body.type]).toEqual([
      502,
      'unknown',
      '/problems/outcome-unknown',
    ])
  })

  test('also one whose caller had left meanwhile: the service ends, and the log knows', async () => {
    const { mailwire, end } = await ending()
    const server = await mailServer(...UP_TO_RCPT, '354 Go', 'HANG')
    const call = request(`${mailwire.url}/smtp/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
    })
    call.on('error', () => undefined)
    call.end(JSON.stringify({ server: `smtp://127.0.0.1:${server.port}`, envelope: TO_BOB }))
    await server.hears(/^\.$/)
    call.destroy()
    await mailwire.agent.get('/livez').expect(200)
    await end(0)
    expect(sessionsIn(mailwire)).toMatchObject([{ outcome: 'unknown', stage: 'end-of-data' }])
  })

  test('a deletion before QUIT is not done, and one after it is unknown', async () => {
    const dele: Turn[] = [...UP_TO_STAT, '+OK 1 abc']
    for (const [turns, verb, committed] of [
      [[...dele, 'HANG'], /^DELE/, undefined],
      [[...dele, '+OK', 'HANG'], /^QUIT/, 'unknown'],
    ] as [Turn[], RegExp, string | undefined][]) {
      const { mailwire, end } = await ending()
      const server = await mailServer(...turns)
      const running = mailwire.agent
        .delete('/pop3/messages/1')
        .query({ server: `pop3://127.0.0.1:${server.port}`, auth: 'user', allowInsecureAuth: 'true' })
        .auth('bob', 'some-other-word')
        .then((response) => response)
      await server.hears(verb)
      await end(0)
      const { body } = await running
      expect(body.outcome).toBe(committed ?? 'failed')
      if (committed !== undefined) expect(body.committed).toBe(committed)
      else expect(server.heard).not.toContain('QUIT')
    }
  })

  test('a message that is on its way to its reader breaks off, and cannot pass for whole', async () => {
    const { mailwire, end } = await ending()
    const server = await mailServer(...UP_TO_STAT, '+OK 1 abc', Buffer.from('+OK\r\nSubject: half\r\n'))
    const query = new URLSearchParams({
      server: `pop3://127.0.0.1:${server.port}`,
      auth: 'user',
      allowInsecureAuth: 'true',
    })
    const answer = await fetch(`${mailwire.url}/pop3/messages/1?${query}`, {
      headers: {
        Accept: 'message/rfc822',
        Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`,
      },
    })
    const reading = answer.text()
    const ended = end(0)
    await expect(reading).rejects.toThrow()
    await ended
  })
})

describe('while the service ends', () => {
  test('who waits for a message is told at once, though no session runs', async () => {
    const { mailwire, end } = await ending()
    const waiting = mailwire.agent
      .get('/pop3/messages/wait')
      .query({ subject: 'never', timeout: '600000', interval: '60000' })
      .auth('bob', 'sandbox')
      .then((response) => response)
    while (sessionsIn(mailwire).length === 0) await new Promise(setImmediate)
    await end(60_000)
    const response = await waiting
    expect([response.status, response.body.type]).toEqual([503, '/problems/shutting-down'])
  })

  test('a session that can finish in time does', async () => {
    const { mailwire, end } = await ending()
    let answer = (_reply: string): void => undefined
    const final = new Promise<string>((resolve) => {
      answer = resolve
    })
    const server = await mailServer(...UP_TO_RCPT, '354 Go', () => final, '221 Bye')
    const running = send(mailwire, server.port)
    await server.hears(/^\.$/)
    const ended = end(60_000)
    answer('250 2.0.0 Ok')
    expect((await running).body.outcome).toBe('accepted')
    await ended
  })
})
