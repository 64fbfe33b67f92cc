import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configurationTable } from '../src/config/help.ts'
import { limitedKeys } from '../src/config/keys-file.ts'
import { serversFile } from '../src/config/servers-file.ts'
import { KNOWN_NAMES } from '../src/config/variables.ts'
import { PROBLEMS } from '../src/diagnosis/catalogue.ts'
import { sessionLine } from '../src/http/session-line.ts'
import { CHARACTERS } from '../src/sandbox/characters.ts'
import type { EndedSession } from '../src/session/session.ts'
import { createAuthority } from './support/certificates.ts'

/*
 * Blocks marked `sh` or `console` are run, and the block that follows at once is what they print. Other blocks are not
 * run. `npm ci && npm test` is what CI does; `npm ci` inside a test would replace the dependencies under it, so what
 * `npm start` prints is held against the service as it starts from its sources.
 */

const DOCUMENTS = ['README.md', 'OPERATING.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'] as const
const readme = document('README.md')

/** Where the README has the service. */
const BASE = 'http://127.0.0.1:25110'

/** What differs from run to run. All else that is printed has to be equal. */
const VARYING: readonly (readonly [kind: string, form: RegExp])[] = [
  ['address', /\b127\.0\.0\.1:\d+/g],
  ['session', /\b[0-9A-HJKMNP-TV-Z]{26}\b/g],
  ['message-id', /<[0-9a-f]{32}@/g],
  ['queue-id', /\b[0-9A-F]{10}\b/g],
  ['unique-id', /\b0000000[0-9a-f]{9}\b/g],
  ['token', /\b[0-9a-f]{16}\b/g],
  ['time', /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g],
  ['ms', /^ *\d+\.\d(?= )|(?<==== )\d+\.\d(?= ms)/gm],
]

/** Something was left out here. */
const CUT = '…'

interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
  /** The block that follows at once. */
  readonly next: Block | undefined
}

describe('the documents', () => {
  test('the README has the configuration table as it is today', () => {
    const table = /^\| variable \| default \| meaning \|\n(?:\|.*\n)+/m.exec(readme)?.[0]
    expect(table).toBe(configurationTable())
  })

  test('the servers file of the README can be read', async () => {
    const [example] = blocksOf(readme).filter(({ language }) => language === 'yaml')
    const client = await (await createAuthority()).issue({ names: ['partner.example.com'] })
    const signing = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const files: Readonly<Record<string, string>> = {
      'partner.pem': client.cert,
      'partner.key': client.key,
      '/run/secrets/dkim': signing.export({ type: 'pkcs8', format: 'pem' }) as string,
    }
    const { servers, signingKeys } = serversFile(example?.text ?? '', {
      content: (path) => files[path] ?? 'a secret\n',
      variable: () => undefined,
    })
    expect(servers.map(({ name }) => name)).toEqual(['office', 'old-box', 'partner'])
    expect([...signingKeys.keys()]).toEqual(['office'])
  })

  test('the keys file of the page for operators can be read', () => {
    const [example] = blocksOf(document('OPERATING.md')).filter(({ language }) => language === 'yaml')
    const keys = limitedKeys(
      example?.text ?? '',
      { content: () => 'a-key-in-a-file-of-its-own\n', variable: () => 'a-key-in-the-environment' },
      { servers: ['office'], mailPorts: [] },
    )
    expect(keys.map(({ name, may }) => [name, may.join()])).toEqual([
      ['monitoring', 'reads'],
      ['newsletter', 'sends'],
      ['on-call', 'reads,sends,destroys'],
    ])
  })

  test('the log line of the page for operators has what they have', () => {
    const [example] = blocksOf(document('OPERATING.md')).filter(({ language }) => language === 'json')
    const shown = JSON.parse(example?.text ?? '') as Record<string, unknown>
    const session = {
      target: { host: 'mail.example.com', port: 587 },
      transcript: {
        id: shown['session'],
        protocol: 'smtp',
        durationMs: 412.7,
        roundTrips: 8,
        bytes: { sent: 412, received: 867 },
        phases: Object.entries(shown['phasesMs'] as object).map(([name, ms]) => ({ name, ms: ms as number })),
      },
      outcome: 'rejected',
      stage: 'rcpt',
      failure: { outcome: 'rejected', stage: 'rcpt', reply: { code: 550 } },
    } as unknown as EndedSession
    const { level, time, msg, ...line } = shown
    expect(line).toEqual(sessionLine(session))
    expect([level, typeof time, msg]).toEqual([30, 'number', 'session ended'])
  })

  test.each(DOCUMENTS)('%s names nothing that does not exist', (name) => {
    const text = document(name)
    const links = matches(text, /\]\((?!https?:)([^)#]+)/g)
    // a path that ends in a slash, or has a dot in it, and no placeholder
    const paths = matches(text, /`((?:src|test|openapi|\.ci)\/[\w./-]*)`/g)
    expect([...links, ...paths].filter((path) => !existsSync(path))).toEqual([])
    const codes = matches(text, /\/problems\/([a-z0-9-]+)/g)
    expect(codes.filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([])
    const variables = matches(text, /\b(MAILWIRE_[A-Z_]+[A-Z])\b/g)
    expect(variables.filter((variable) => !KNOWN_NAMES.includes(variable))).toEqual([])
  })

  test('what the README shows can be told from what is run by its language', () => {
    const languages = new Set(blocksOf(readme).map(({ language }) => language))
    expect([...languages].sort()).toEqual(['json', 'sh', 'text', 'yaml'])
  })
})

const commands = blocksOf(readme)
  .filter(({ language }) => language === 'sh' || language === 'console')
  .map((block) => [`line ${block.line}: ${block.text.split('\n', 1)[0]}`, block] as const)

withCurl('the README, run', () => {
  let running: Awaited<ReturnType<typeof started>>
  /** From the first octets of a unique-id, which are the same in every run, to the whole of it. */
  const uniqueIds = new Map<string, string>()

  beforeAll(async () => {
    running = await started()
  })
  afterAll(async () => {
    expect(await running.ended()).toBe(0)
  })

  test('the service says that it is ready as it is printed', () => {
    const start = blocksOf(readme).find(({ text }) => text === 'npm ci && npm start\n')
    expect(varied(running.welcome)).toBe(varied(start?.next?.text ?? ''))
  })

  test.each(commands)('%s', async (_, { text, next }) => {
    const command = text
      .replaceAll(BASE, running.url)
      .replace(/\b(0000000[0-9a-f])[0-9a-f]{8}\b/g, (uid, first: string) => uniqueIds.get(first) ?? uid)
    const printed = await running.run(command)
    for (const uid of matches(printed, /\b(0000000[0-9a-f]{9})\b/g)) uniqueIds.set(uid.slice(0, 8), uid)
    if (next?.language === 'json') {
      const expected: unknown = JSON.parse(varied(next.text))
      expect(cutAs(expected, JSON.parse(varied(printed)))).toEqual(expected)
    } else {
      const expected = varied(next?.text ?? '')
      expect(cutAs(expected, varied(printed))).toBe(expected)
    }
  })

  const row = /^\| `([^`]+)` \| (\d{3}) \| \[`[a-z-]+`\]\(([^)]+)\) \|$/gm
  const refused = [...readme.matchAll(row)].map(([, address = '', status = '', page = '']) => ({
    address,
    status,
    page,
  }))

  test('the addresses that are refused are characters of the sandbox', () => {
    const known = CHARACTERS.map((character) => character.address)
    expect(refused.length).toBeGreaterThan(5)
    expect(refused.filter(({ address }) => !known.includes(address))).toEqual([])
  })

  test.each(refused)('$address is answered $status', async ({ address, status, page }) => {
    const answer = await fetch(`${running.url}/smtp/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ envelope: { from: 'alice@sandbox.test', to: [address] } }),
    })
    const { type } = (await answer.json()) as { type: string }
    expect([answer.status, `${BASE}${type}`]).toEqual([Number(status), page])
  })
})

/** The commands are bash and curl. Without them they are skipped and stderr says why; in CI that is a failure. */
function withCurl(name: string, tests: () => void): void {
  const missing = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).error !== undefined)
  if (missing.length === 0) {
    describe(name, tests)
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(`the commands of the README cannot be run here: ${missing.join(', ')} not installed`)
    })
  } else {
    process.stderr.write(`readme: "${name}" is skipped, not installed: ${missing.join(', ')}\n`)
    describe.skip(name, tests)
  }
}

/** The service as `npm start` starts it, but for the port, the name of the machine and the build. */
async function started() {
  const folder = mkdtempSync(join(tmpdir(), 'mailwire-readme-'))
  // nothing of this machine's own settings: no proxy, no .curlrc
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder }
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    env: { ...env, MAILWIRE_PORT: '0', MAILWIRE_HELLO_NAME: 'localhost' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const welcome = await welcomeOf(child)
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(welcome)?.[0] ?? ''
  return {
    welcome,
    url,
    run: async (command: string): Promise<string> => {
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], { env })
      return stdout
    },
    ended: async (): Promise<number | null> => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = (await exit) as [number | null]
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}

function welcomeOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    let log = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('password sandbox\n')) resolve(said)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${said}${log}`)))
  })
}

function varied(text: string): string {
  return VARYING.reduce((all, [kind, form]) => all.replace(form, `(${kind})`), text)
}

/**
 * What was printed, cut where the document cuts: `…` in a text is any text, as the last entry of a list any further
 * entries, and as the name of a member any further members.
 */
function cutAs(expected: unknown, printed: unknown): unknown {
  if (typeof expected === 'string' && typeof printed === 'string') {
    const form = expected.split(CUT).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${form.join('.+')}$`, 's').test(printed) ? expected : printed
  }
  if (Array.isArray(expected) && Array.isArray(printed)) {
    const cut = expected.at(-1) === CUT && printed.length >= expected.length
    const kept = cut ? printed.slice(0, expected.length - 1) : printed
    return [...kept.map((entry, place) => cutAs(expected[place], entry)), ...(cut ? [CUT] : [])]
  }
  if (isObject(expected) && isObject(printed)) {
    const cut = Object.hasOwn(expected, CUT) && Object.keys(printed).some((name) => !(name in expected))
    const names = Object.keys(printed).filter((name) => !cut || Object.hasOwn(expected, name))
    const kept = names.map((name) => [name, cutAs(expected[name], printed[name])] as const)
    return Object.fromEntries([...kept, ...(cut ? [[CUT, CUT] as const] : [])])
  }
  return printed
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function blocksOf(text: string): Block[] {
  const found = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  const blocks: Block[] = []
  let next: { readonly block: Block; readonly at: number } | undefined
  for (const match of found.toReversed()) {
    const [whole, language = '', content = ''] = match
    const atOnce = next !== undefined && text.slice(match.index + whole.length, next.at).trim() === ''
    const line = text.slice(0, match.index).split('\n').length + 1
    const block = { language, text: content, line, next: atOnce ? next?.block : undefined }
    blocks.unshift(block)
    next = { block, at: match.index }
  }
  return blocks
}

function matches(text: string, form: RegExp): string[] {
  return [...text.matchAll(form)].map(([whole, group]) => group ?? whole)
}

function document(name: string): string {
  return readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
}
