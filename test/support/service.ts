import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import supertest, { type Response, type Test } from 'supertest'
import { afterAll, beforeAll, expect } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Service, startService } from '../../src/service.ts'
import { DocumentWatch } from './document-watch.ts'
import { SecretsWatch } from './secrets-watch.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const documentWatch = new DocumentWatch()

export interface ServiceOptions {
  /** Variables of the environment, over those of a test. */
  readonly env?: Readonly<Record<string, string>>
  /** Files that the configuration names, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Secrets of the configuration. */
  readonly secrets?: readonly string[]
  /** Where MTA-STS policies are. */
  readonly policyHost?: { readonly port: number; readonly ca: string }
}

/** The real service on a free port. Every answer that comes through `agent` is held against the OpenAPI document. */
export interface TestService {
  readonly url: string
  readonly agent: ReturnType<typeof supertest.agent>
  readonly sandbox: Sandbox
  readonly server: Service['server']
  /** Its log so far, one JSON line each. */
  logs(): readonly string[]
  /** Ends it, and fails when an answer or the log held a secret of a request. */
  close(graceMs?: number): Promise<void>
}

/** The service of a test file, or of a `describe`; it is there when the tests run. */
export function service(options: ServiceOptions = {}): TestService {
  let running: TestService | undefined
  const there = (): TestService => {
    if (running === undefined) throw new Error('the service is there inside tests only')
    return running
  }
  beforeAll(async () => {
    running = await startTestService(options)
  })
  afterAll(async () => {
    await running?.close()
  })
  return {
    get url() {
      return there().url
    },
    get agent() {
      return there().agent
    },
    get sandbox() {
      return there().sandbox
    },
    get server() {
      return there().server
    },
    logs: () => there().logs(),
    close: (graceMs) => there().close(graceMs),
  }
}

export async function startTestService(options: ServiceOptions = {}): Promise<TestService> {
  const env = {
    MAILWIRE_PORT: '0',
    MAILWIRE_RATE_LIMIT: '0',
    // mail servers of tests live on loopback
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
    MAILWIRE_HELLO_NAME: 'probe.example.test',
    ...options.env,
  }
  const config = readConfig(env, { readFile: fileReader(options.files ?? {}), hostname: 'test' })
  const logs: string[] = []
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void logs.push(line) })
  const running: Service = await startService(
    config,
    logger,
    version,
    options.policyHost === undefined ? {} : { policyHost: options.policyHost },
  )
  const secrets = new SecretsWatch()
  for (const secret of options.secrets ?? []) secrets.add(secret)
  const witness = (response: Response): void => {
    const { method, url } = response.request as unknown as { method: string; url: string }
    const path = url.slice(running.url.length)
    rememberSecrets(response.request as unknown as Test, secrets)
    secrets.saw(`the head of ${method} ${path}`, JSON.stringify(response.headers))
    // what a session said is nobody else's to keep
    if (
      response.headers['x-session-id'] !== undefined ||
      response.text?.includes('"transcript":{"id"') === true
    )
      expect(response.headers['cache-control']).toBe('no-store')
    secrets.saw(`the body of ${method} ${path}`, response.text ?? '')
    // a bug: the log has what the caller is not told
    if (response.status === 500) throw new Error(logs.filter((line) => line.includes('"a bug"')).at(-1))
    documentWatch.check({
      method,
      path,
      status: response.status,
      headers: response.headers,
      text: response.text ?? '',
    })
  }
  return {
    url: running.url,
    agent: witnessed(supertest.agent(running.url), witness),
    sandbox: running.sandbox as Sandbox,
    server: running.server,
    logs: () => logs,
    close: async (graceMs = 0) => {
      await running.close(graceMs)
      for (const line of logs) secrets.saw('the log', line)
      expect(secrets.leaks()).toEqual([])
    },
  }
}

/** An agent whose every answer is seen, without the test saying so. */
function witnessed(agent: TestService['agent'], witness: (response: Response) => void): TestService['agent'] {
  // what an agent is told to use becomes part of every Test that it makes
  agent.use((request: unknown) => {
    ;(request as Test).expect(witness)
  })
  return agent
}

function rememberSecrets(request: Test, secrets: SecretsWatch): void {
  const { data, headers } = request.toJSON() as unknown as { data?: unknown; headers: Record<string, string> }
  const basic = /^Basic (.+)$/.exec(headers['authorization'] ?? '')?.[1]
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic ?? '', 'base64').toString()) ?? []
  if (password !== undefined) secrets.add(password, user)
  const auth = (data as { auth?: { user?: unknown; password?: unknown; token?: unknown } } | undefined)?.auth
  for (const secret of [auth?.password, auth?.token]) {
    if (typeof secret === 'string')
      secrets.add(secret, typeof auth?.user === 'string' ? auth.user : undefined)
  }
  for (const secret of stepSecrets(data)) secrets.add(secret)
  if (headers['x-api-key'] !== undefined) secrets.add(headers['x-api-key'])
}

/** What the steps of a scripted session call a secret, or log in with; shorter texts are masked by their place only. */
function stepSecrets(data: unknown): string[] {
  const { steps = [] } = (data ?? {}) as {
    steps?: { secret?: unknown; send?: unknown; login?: { password?: unknown } }[]
  }
  if (!Array.isArray(steps)) return []
  return steps
    .flatMap((step) => [step?.secret, step?.login?.password, /^PASS (.*)$/.exec(String(step?.send))?.[1]])
    .filter((secret): secret is string => typeof secret === 'string' && secret.length >= 8)
}

function fileReader(files: Readonly<Record<string, string>>) {
  return (path: string): string => files[path] ?? readFileSync(path, 'utf8')
}
