import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The service as it is at one moment. */
export interface Reading {
  /** What the kernel says of its memory, after a collection of garbage, MiB. */
  readonly residentMiB: number
  readonly heapMiB: number
  readonly descriptors: number
  /** Timers, sockets and whatever else keeps the process going, as Node counts them. */
  readonly resources: Readonly<Record<string, number>>
  readonly sessions: number
}

/** How long the event loop was held up since it was asked last, ms. */
type LoopDelay = number

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** The kernel's names for what is asked; garbage is collected first, so that what is left is what is kept. */
const COLLECT = `process.on('SIGUSR2', () => globalThis.gc())`

/** The built service in a process of its own, looked at from outside: /proc and its metrics. */
export class Measured {
  readonly url: string
  readonly #child: ChildProcess
  readonly #log: string[]

  private constructor(child: ChildProcess, url: string, log: string[]) {
    this.#child = child
    this.url = url
    this.#log = log
  }

  static async start(env: Readonly<Record<string, string>>): Promise<Measured> {
    const args = [
      '--max-semi-space-size=8',
      '--heap-growing-percent=60',
      '--expose-gc',
      '--import',
      `data:text/javascript,${COLLECT}`,
      MAIN,
    ]
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log: string[] = []
    child.stderr.on('data', (octets) => log.push(String(octets)))
    let said = ''
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (octets) => {
        said += String(octets)
        const found = /ready at (\S+)$/m.exec(said)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.once('exit', () => reject(new Error(`the service did not start: ${log.join('')}`)))
    })
    return new Measured(child, url, log)
  }

  /** What it has logged: nothing but bugs, at the level `error`. */
  get log(): string {
    return this.#log.join('')
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async reading(): Promise<Reading> {
    const pid = this.#child.pid ?? 0
    this.#child.kill('SIGUSR2')
    // the collection is done when the next call is answered
    const samples = await this.#samples()
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return {
      residentMiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
      heapMiB: (samples.get('nodejs_heap_size_used_bytes') ?? Number.NaN) / 1_048_576,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      resources: resourcesIn(samples),
      sessions: samples.get('mailwire_sessions_running') ?? Number.NaN,
    }
  }

  async loopDelay(): Promise<LoopDelay> {
    return ((await this.#samples()).get('nodejs_eventloop_lag_max_seconds') ?? Number.NaN) * 1000
  }

  async end(): Promise<number | null> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
    return this.#child.exitCode
  }

  async #samples(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`, { headers: { Connection: 'close' } })).text()
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    )
  }
}

function resourcesIn(samples: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...samples].flatMap(([name, value]) => {
      const type = /^nodejs_active_resources\{type="(\w+)"\}$/.exec(name)?.[1]
      return type === undefined ? [] : [[type, value]]
    }),
  )
}
