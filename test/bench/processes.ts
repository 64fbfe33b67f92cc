import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** A process that was started here, and what the system says of it. */
export class Running {
  readonly #child: ChildProcess
  /** The first line that it said. */
  readonly said: string

  constructor(child: ChildProcess, said: string) {
    this.#child = child
    this.said = said
  }

  get url(): string {
    return /http:\/\/[0-9.:]+/.exec(this.said)?.[0] ?? ''
  }

  /** CPU time of all its threads so far: the first field of schedstat, in ns, where `stat` only has hundredths. */
  cpuMs(): number {
    const tasks = `/proc/${this.#child.pid}/task`
    const times = readdirSync(tasks).map((task) =>
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]),
    )
    return times.reduce((sum, ns) => sum + ns, 0) / 1_000_000
  }

  /** The most memory that it has had resident so far. */
  peakMb(): number {
    return this.#status('VmHWM')
  }

  residentMb(): number {
    return this.#status('VmRSS')
  }

  /** The longest turn of its event loop since this was asked last, in CPU time. */
  async longestTurnMs(): Promise<number> {
    const told = new Promise<number>((resolve) => this.#child.once('message', (ms) => resolve(Number(ms))))
    this.#child.send('longest-turn')
    return await told
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }

  #status(field: string): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  }
}

/** Whether somebody inside looks at the event loop. */
export type Watched = 'watched' | 'as-it-is'

/** The service as `npm start` runs it, without limits that a benchmark would run into. */
export async function startService(watched: Watched = 'as-it-is'): Promise<Running> {
  const environment = {
    MAILWIRE_PORT: '0',
    MAILWIRE_SANDBOX: 'off',
    MAILWIRE_RATE_LIMIT: '0',
    MAILWIRE_MAX_SESSIONS: '5000',
    MAILWIRE_MAX_SESSIONS_PER_TARGET: '5000',
    MAILWIRE_MAX_MESSAGE_BYTES: '210000000',
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
    MAILWIRE_HELLO_NAME: 'bench.test',
  }
  return await start(startArguments(), environment, watched)
}

export type PeerName = 'express-nodemailer' | 'express-node-pop3' | 'bare'

export async function startPeer(name: PeerName, watched: Watched = 'as-it-is'): Promise<Running> {
  return await start([fileURLToPath(new URL(`peers/${name}.js`, import.meta.url))], {}, watched)
}

export interface Port {
  readonly near: number
  /** The same server behind the delay proxy. */
  readonly far: number
}
export type Sink =
  | 'smtp'
  | 'smtpSingle'
  | 'smtpStartTls'
  | 'smtps'
  | 'smtpSlow'
  | 'smtpNarrow'
  | 'pop3'
  | 'pop3StartTls'
  | 'pop3s'

export async function startSinks(
  oneWayMs: number,
  slowMs: number,
): Promise<{ readonly running: Running; readonly ports: Readonly<Record<Sink, Port>> }> {
  const program = fileURLToPath(new URL('sink-process.js', import.meta.url))
  const running = await start([program, String(oneWayMs), String(slowMs)], {})
  return { running, ports: JSON.parse(running.said) as Record<Sink, Port> }
}

/** What stands behind `node` in the last command of `npm start`. */
function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    scripts: { start: string }
  }
  return scripts.start.split('&& node ')[1]?.split(' ') ?? []
}

async function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  watched: Watched = 'as-it-is',
): Promise<Running> {
  const watch = ['--import', new URL('turn-watch.js', import.meta.url).href]
  const child = spawn(process.execPath, watched === 'watched' ? [...watch, ...args] : args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...environment },
    // the log is written, as it is in production, and read by nobody
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  const { stdout } = child
  if (stdout === null) throw new Error('what it says cannot be read')
  for await (const line of createInterface({ input: stdout })) {
    stdout.resume()
    return new Running(child, line)
  }
  throw new Error(`node ${args.join(' ')} ended before it was ready`)
}
