import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { mailServer } from './support/mail-server.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

let folder = ''

// what is shipped is what is tried: the compiled files beside a package.json
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailwire-'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    join(folder, 'dist'),
  ])
})

afterAll(() => rm(folder, { recursive: true }))

class Run {
  readonly #child: ChildProcess
  readonly ended: Promise<number | null>
  stdout = ''
  stderr = ''
  #said = (): void => undefined

  constructor(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
    this.#child = spawn(process.execPath, [join(folder, 'dist', 'main.js'), ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (octets) => {
      this.stdout += octets
      this.#said()
    })
    this.#child.stderr?.on('data', (octets) => {
      this.stderr += octets
    })
    this.ended = new Promise((resolve) => {
      this.#child.on('close', resolve)
    })
    onTestFinished(() => void this.#child.kill('SIGKILL'))
  }

  /** Waits until it has said this on standard output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found !== null) return found
      const over = await Promise.race([
        this.ended.then(() => 'ended' as const),
        new Promise<void>((resolve) => {
          this.#said = resolve
        }),
      ])
      if (over === 'ended') throw new Error(`it ended:\n${this.stdout}${this.stderr}`)
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })

test('started with no configuration it says where it is, and the first call that it shows works', async () => {
  const run = new Run({ MAILWIRE_PORT: '0' })
  const [, url = ''] = await run.says(/^Mailwire \S+ is ready at (http:\/\/127\.0\.0\.1:\d+)$/m)
  expect(run.stdout).toContain(`Mailwire ${version} is ready`)
  const [, docs = ''] = await run.says(/^ +docs +(\S+)$/m)
  expect((await fetch(docs)).status).toBe(200)
  const [, target = '', body = ''] = await run.says(
    /^ +try +curl -s (\S+) -H 'Content-Type: application\/json' -d '([^']+)'$/m,
  )
  expect(target).toBe(`${url}/smtp/send`)
  expect(await (await post(target, body)).json()).toMatchObject({ outcome: 'accepted' })
})

test('SIGTERM: no new calls, the running session finishes with its answer, exit code 0', async () => {
  const run = new Run({ MAILWIRE_PORT: '0', MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*' })
  const [, url = ''] = await run.says(/ready at (\S+)$/m)
  let answer = (_reply: string): void => undefined
  const final = new Promise<string>((resolve) => {
    answer = resolve
  })
  const server = await mailServer(
    '220 mx ESMTP',
    '250 mx',
    '250 Ok',
    '250 Ok',
    '354 Go',
    () => final,
    '221 Bye',
  )
  const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }
  const body = JSON.stringify({ server: `smtp://127.0.0.1:${server.port}`, envelope })
  const running = post(`${url}/smtp/send`, body)
  await server.hears(/^\.$/)
  run.kill('SIGTERM')
  while ((await fetch(`${url}/readyz`)).status !== 503) await new Promise(setImmediate)
  expect((await post(`${url}/smtp/send`, body)).status).toBe(503)
  answer('250 2.0.0 Ok')
  expect(await (await running).json()).toMatchObject({ outcome: 'accepted' })
  expect(await run.ended).toBe(0)
  expect(server.connections()).toBe(1)
})

test('SIGTERM, and a server that never answers: the caller is told what is known, exit code 0', async () => {
  const run = new Run({
    MAILWIRE_PORT: '0',
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
    MAILWIRE_SHUTDOWN_GRACE_MS: '50',
  })
  const [, url = ''] = await run.says(/ready at (\S+)$/m)
  const before = await mailServer('220 mx ESMTP', '250 mx', 'HANG')
  const behind = await mailServer('220 mx ESMTP', '250 mx', '250 Ok', '250 Ok', '354 Go', 'HANG')
  const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }
  const running = [before, behind].map(({ port }) =>
    post(`${url}/smtp/send`, JSON.stringify({ server: `smtp://127.0.0.1:${port}`, envelope })),
  )
  await before.hears(/^MAIL/)
  await behind.hears(/^\.$/)
  run.kill('SIGTERM')
  const answers = await Promise.all(running)
  expect(answers.map(({ status }) => status)).toEqual([503, 502])
  expect(await answers[0]?.json()).toMatchObject({ outcome: 'failed', type: '/problems/shutting-down' })
  expect(await answers[1]?.json()).toMatchObject({ outcome: 'unknown', stage: 'end-of-data' })
  expect(await run.ended).toBe(0)
  expect(run.stderr).toMatch(/"msg":"ended"/)
})

test('SIGKILL: what was answered holds, what was not handed over is not done, and the next start needs nothing', async () => {
  const env = { MAILWIRE_PORT: '0', MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*' }
  const run = new Run(env)
  const [, url = ''] = await run.says(/ready at (\S+)$/m)
  const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }
  const through = ['220 mx ESMTP', '250 mx', '250 Ok', '250 Ok', '354 Go', '250 Ok', '221 Bye']
  const taken = await mailServer(...through)
  const sendTo = (port: number) =>
    post(`${url}/smtp/send`, JSON.stringify({ server: `smtp://127.0.0.1:${port}`, envelope }))
  expect((await sendTo(taken.port)).status).toBe(200)
  const sending = await mailServer(...through.slice(0, 4), 'HANG')
  const deleting = await mailServer('+OK ready', '-ERR Unknown command.', '+OK', '+OK', '+OK 1 abc', 'HANG')
  const query = new URLSearchParams({
    server: `pop3://127.0.0.1:${deleting.port}`,
    auth: 'user',
    allowInsecureAuth: 'true',
  })
  const cutOff = [
    sendTo(sending.port),
    fetch(`${url}/pop3/messages/1?${query}`, {
      method: 'DELETE',
      headers: { Authorization: 'Basic Ym9iOnNlY3JldA==' },
    }),
  ]
  for (const call of cutOff) call.catch(() => undefined)
  await sending.hears(/^DATA/)
  await deleting.hears(/^DELE/)
  run.kill('SIGKILL')
  await run.ended
  for (const call of cutOff) await expect(call).rejects.toThrow()
  await Promise.all([sending.left(), deleting.left()])
  expect(taken.heard).toContain('.')
  expect(sending.heard).not.toContain('.')
  expect(deleting.heard).not.toContain('QUIT')
  const again = new Run({ ...env, MAILWIRE_PORT: new URL(url).port })
  await again.says(/ready at/)
})

test('a promise that nobody handles, and an error that nobody catches: one line in the log, and the process ends', async () => {
  const bugs = [
    ['unhandledRejection', `Promise.reject(new Error('nobody handles this'))`],
    ['uncaughtException', `setImmediate(() => { throw new Error('nobody handles this') })`],
  ] as const
  for (const [origin, bug] of bugs) {
    const code = encodeURIComponent(`process.once('SIGUSR2', () => { ${bug} })`)
    const run = new Run({
      MAILWIRE_PORT: '0',
      MAILWIRE_LOG_LEVEL: 'error',
      NODE_OPTIONS: `--import=data:text/javascript,${code}`,
    })
    await run.says(/ready at/)
    run.kill('SIGUSR2')
    expect(await run.ended).toBe(1)
    expect(run.stderr.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(run.stderr)).toMatchObject({
      level: 60,
      origin,
      err: { message: 'nobody handles this', stack: expect.any(String) },
      msg: 'a bug: the process ends',
    })
  }
})

test('a second signal means it', async () => {
  const run = new Run({
    MAILWIRE_PORT: '0',
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
    MAILWIRE_LOG_LEVEL: 'error',
  })
  const [, url = ''] = await run.says(/ready at (\S+)$/m)
  const server = await mailServer('HANG')
  const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }
  const running = post(
    `${url}/smtp/send`,
    JSON.stringify({ server: `smtp://127.0.0.1:${server.port}`, envelope }),
  )
  running.catch(() => undefined)
  while (server.connections() === 0) await new Promise(setImmediate)
  run.kill('SIGTERM')
  while ((await fetch(`${url}/readyz`)).status !== 503) await new Promise(setImmediate)
  run.kill('SIGTERM')
  expect(await run.ended).toBe(1)
  await expect(running).rejects.toThrow()
})

test('what is measured of the process is among its metrics', async () => {
  const run = new Run({ MAILWIRE_PORT: '0' })
  const [, url = ''] = await run.says(/ready at (\S+)$/m)
  const text = await (await fetch(`${url}/metrics`)).text()
  for (const name of [
    'process_resident_memory_bytes',
    'process_open_fds',
    'nodejs_active_resources_total',
    'nodejs_eventloop_lag_max_seconds',
  ])
    expect(text).toMatch(new RegExp(`^${name} [0-9.e-]+$`, 'm'))
})

test('--help and --version tell, and nothing is started', async () => {
  // whatever the configuration is
  const help = new Run({ MAILWIRE_PORT: 'high' }, ['--help'])
  const told = new Run({}, ['--version'])
  expect(await Promise.all([help.ended, told.ended])).toEqual([0, 0])
  expect(help.stdout).toMatch(/^Usage: mailwire/)
  expect(help.stdout).toContain('MAILWIRE_EGRESS_ALLOW')
  expect(told.stdout).toBe(`${version}\n`)
  expect(help.stderr + told.stderr).toBe('')
})

test('a word on the command line that means nothing is told, and not passed over', async () => {
  const run = new Run({ MAILWIRE_PORT: '0' }, ['--port=25110'])
  expect(await run.ended).toBe(1)
  expect(run.stderr).toMatch(/^mailwire: .*--help and --version.*\n$/)
  expect(run.stderr + run.stdout).not.toContain('25110')
})

test('what it cannot start with is told in one line, and exit code 1', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => new Promise<void>((resolve) => void other.close(() => resolve())))
  const { port } = other.address() as { port: number }
  const cases: [env: Record<string, string>, line: RegExp][] = [
    [{ MAILWIRE_PORT: 'high' }, /^mailwire: MAILWIRE_PORT must be a whole number from 0 to 65535\n$/],
    [
      { MAILWIRE_HOST: '0.0.0.0' },
      /^mailwire: MAILWIRE_HOST is beyond loopback and there are no API keys: .*\n$/,
    ],
    [
      { MAILWIRE_HOST: '192.0.2.1', MAILWIRE_OPEN: 'true', MAILWIRE_PORT: '0' },
      /^mailwire: MAILWIRE_HOST is no address of this machine: .*\n$/,
    ],
    [
      { MAILWIRE_PORT: String(port) },
      new RegExp(`^mailwire: MAILWIRE_PORT .*EADDRINUSE.*127\\.0\\.0\\.1:${port}\\n$`),
    ],
  ]
  const runs = cases.map(([env, line]) => ({ run: new Run(env), line }))
  for (const { run, line } of runs) {
    expect(await run.ended).toBe(1)
    expect(run.stderr).toMatch(line)
    expect(run.stdout).toBe('')
  }
})
