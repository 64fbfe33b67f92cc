import { execFile, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { countOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const RELAY = { envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } }
const send = (tool: string, body: object) =>
  mailwire.agent.post('/smtp/send').query({ reproduce: tool }).send(body)

describe('reproduce', () => {
  test.each(['swaks', 'curl', 'openssl', 'telnet'])('%s is a member of JSON, good or bad', async (tool) => {
    for (const [body, status] of [
      [{ envelope: TO_BOB }, 200],
      [RELAY, 422],
    ] as const) {
      const { reproduce } = (await send(tool, body).expect(status)).body
      expect(reproduce.tool).toBe(tool)
      expect(reproduce.command).toMatch(new RegExp(`^(?:.* )?${tool} `, 'm'))
    }
  })

  test('stands at the end of a text and of a ticket, also where JSON has no transcript', async () => {
    const call = (type: string) => send('swaks', RELAY).query({ transcript: 'none' }).accept(type)
    const { command } = (await call('application/json')).body.reproduce
    const shape = (text: string): string => text.replaceAll(/\d+/g, '0')
    expect(shape((await call('text/plain')).text)).toMatch(
      /=== the same with swaks\n[\s\S]*--to=relay@elsewhere\.test/,
    )
    const { text } = await call('text/markdown')
    expect(shape(text).endsWith(`### The same with swaks\n\n\`\`\`sh\n${shape(command)}\n\`\`\`\n`)).toBe(
      true,
    )
  })

  test('is part of the last event of a stream', async () => {
    const { text } = await send('curl', RELAY).accept('text/event-stream')
    expect(text.split('event: problem\n')[1]).toContain('"reproduce":{"tool":"curl"')
  })

  test('is not there unless it is asked for, and not where there was no session', async () => {
    const { body } = await mailwire.agent.post('/smtp/send').send(RELAY).expect(422)
    expect(body).not.toHaveProperty('reproduce')
    expect((await send('curl', { dryRun: true, envelope: TO_BOB }).expect(200)).body).not.toHaveProperty(
      'reproduce',
    )
    expect((await send('curl', { nonsense: 1 }).expect(400)).body).not.toHaveProperty('reproduce')
  })

  test('of a tool that nobody knows is a malformed request', async () => {
    const { body } = await send('nc', RELAY).expect(400)
    expect(body.errors).toMatchObject([{ parameter: 'reproduce' }])
  })

  test('swaks speaks no POP3, which is said before anything is connected', async () => {
    const { body } = await mailwire.agent
      .get('/pop3/stat')
      .query({ reproduce: 'swaks' })
      .auth('bob', 'sandbox')
      .expect(400)
    expect(body.errors).toEqual([
      { parameter: 'reproduce', detail: 'curl, openssl or telnet: swaks speaks no POP3' },
    ])
  })

  test('comes again with the answer that comes again', async () => {
    for (const body of [{ envelope: TO_BOB }, RELAY]) {
      const key = randomUUID()
      const first = await send('curl', body).set('Idempotency-Key', key)
      const again = await send('curl', body)
        .set('Idempotency-Key', key)
        .expect('Idempotency-Replayed', 'true')
      expect(again.body).toEqual(first.body)
      expect(again.body.reproduce.tool).toBe('curl')
    }
  })

  test('holds no secret: neither of the login nor of the server', async () => {
    const { port } = await mailServer(
      '220 mx',
      '250-mx\r\n250 AUTH PLAIN',
      '235 Ok',
      '250 mx',
      '550 No',
      '221 Bye',
    )
    const auth = { user: 'alice', password: 'correct-horse-battery', allowInsecure: true }
    const server = `smtp://127.0.0.1:${port}`
    for (const tool of ['swaks', 'curl', 'telnet']) {
      const { body } = await send(tool, { server, auth, pipelining: 'off', envelope: TO_BOB })
      expect(body.reproduce.command).toMatch(/\$PASSWORD/)
      expect(body.reproduce.command).not.toMatch(/correct|alice:/)
    }
  })
})

withTools('what is to be run, run', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailwire-reproduce-'))
    writeFileSync(join(folder, 'message.eml'), 'Subject: again\r\n\r\nthe same\r\n.with a dot\r\n')
    writeFileSync(join(folder, 'ca.pem'), mailwire.sandbox.ca)
    writeFileSync(join(folder, 'sleep'), '#!/bin/sh\nexec /bin/sleep 0.05\n', { mode: 0o755 })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (command: string) =>
    promisify(execFile)('sh', ['-c', command], {
      cwd: folder,
      // nothing of this machine's own settings: no proxy, no .curlrc
      env: {
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        LOGIN: 'bob',
        PASSWORD: 'sandbox',
      },
    })

  /** What this service says to a server, and what the command says to the same one then. */
  async function bothSaid(tool: string, tls: 'off' | 'opportunistic', to: string) {
    const server = await mailServer(...ACCEPTING, ...ACCEPTING)
    const body = {
      server: `smtp://127.0.0.1:${server.port}`,
      tls,
      pipelining: 'off',
      envelope: { ...TO_BOB, to: [to] },
      message: { raw: 'x' },
    }
    const { command } = (await send(tool, body).expect(200)).body.reproduce
    await server.left()
    const ours = [...server.heard]
    await run(command)
    await server.left()
    return { ours: envelopeIn(ours), theirs: envelopeIn(server.heard.slice(ours.length)) }
  }

  test.each(['bob@sandbox.test', `"o'brien $HOME \`id\`"@sandbox.test`])(
    'curl says the same EHLO, MAIL and RCPT, to %s',
    async (to) => {
      const { ours, theirs } = await bothSaid('curl', 'off', to)
      expect(theirs).toEqual(ours)
      expect(ours).toEqual(['EHLO probe.example.test', `MAIL FROM:<alice@sandbox.test>`, `RCPT TO:<${to}>`])
    },
  )

  test.each(['curl', 'openssl'])('%s sends after STARTTLS and a login, as this service did', async (tool) => {
    const auth = { user: 'bob', password: 'sandbox' }
    const { body } = await send(tool, { auth, envelope: { ...TO_BOB, from: 'bob@sandbox.test' } }).expect(200)
    expect(body.transcript.tls.trusted).toBe(true)
    const before = await countOf(mailwire)
    await run(body.reproduce.command)
    expect(await countOf(mailwire)).toBe(before + 1)
    const { text } = (await mailwire.agent.get('/pop3/messages/latest').auth('bob', 'sandbox').expect(200))
      .body
    expect(text.replaceAll('\r', '')).toBe('the same\n.with a dot\n')
  })

  test('curl is refused where this service was', async () => {
    const { body } = await send('curl', RELAY).expect(422)
    await expect(run(body.reproduce.command)).rejects.toMatchObject({ code: 55 })
  })

  test.each(['curl', 'openssl'])('%s reads the same mailbox', async (tool) => {
    const { body } = await mailwire.agent
      .get('/pop3/messages')
      .query({ reproduce: tool })
      .auth('bob', 'sandbox')
      .expect(200)
    const { stdout } = await run(body.reproduce.command)
    for (const { uid, number } of body.messages) expect(stdout).toContain(`${number} ${uid}`)
  })

  test('curl deletes what this service deleted, in one session', async () => {
    for (let n = 0; n < 2; n += 1) await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB })
    const { body } = await mailwire.agent
      .delete('/pop3/messages/1')
      .query({ reproduce: 'curl' })
      .auth('bob', 'sandbox')
      .expect(200)
    const before = await countOf(mailwire)
    await run(body.reproduce.command)
    expect(await countOf(mailwire)).toBe(before - 1)
  })
})

const ACCEPTING = ['220 mx', '250 mx', '250 Ok', '250 Ok', '354 Go', '250 Ok', '221 Bye']

/** What the command lines said of the envelope; of the parameters of MAIL, SIZE is that of another message. */
function envelopeIn(heard: readonly string[]): string[] {
  return heard.flatMap((line) => (/^(?:EHLO|MAIL|RCPT)/.test(line) ? [line.replace(/ SIZE=\d+$/, '')] : []))
}

/** Without the tools these are skipped and stderr says why; in CI that is a failure. */
function withTools(name: string, tests: () => void): void {
  const missing = ['curl', 'openssl'].filter((tool) => spawnSync(tool, ['version']).error !== undefined)
  if (missing.length === 0) {
    describe(name, tests)
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(`the commands cannot be run here: ${missing.join(', ')} not installed`)
    })
  } else {
    process.stderr.write(`reproduce: "${name}" is skipped, not installed: ${missing.join(', ')}\n`)
    describe.skip(name, tests)
  }
}
