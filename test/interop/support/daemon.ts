import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'

export interface DaemonOptions {
  readonly name: string
  /** Writes the configuration into the folder, made for this start alone, and says how to start. */
  readonly prepare: (folder: string) => Promise<Preparation>
}

export interface Preparation {
  readonly command: string
  readonly args: readonly string[]
  readonly logFile: string
  /** Listens when the server is ready, and greets in the clear. */
  readonly probe: { readonly host: string; readonly port: number }
}

/** A server of several processes with a folder of its own; nothing of it outlives the process that started it. */
export interface Daemon {
  readonly folder: string
  /** What it has logged so far. */
  log(): string
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const START_MS = 15_000
const TRIES = 3

/** Starts the server, and returns once it greets. A port that was taken in between means another try. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await tryToStart(options)
    if ('stop' in started) return started
    if (attempt === TRIES || !started.failure.includes('Address already in use')) {
      throw new Error(`${options.name} did not start: ${started.failure}`)
    }
  }
}

async function tryToStart({ name, prepare }: DaemonOptions): Promise<Daemon | { failure: string }> {
  const folder = mkdtempSync(join(tmpdir(), `mailwire-${name}-`))
  // mail servers change to users of their own, who have to get in
  chmodSync(folder, 0o755)
  const { command, args, logFile, probe } = await prepare(folder)
  // its own process group, so that all of its processes can be ended by one number
  const master = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  await once(master, 'spawn')
  const guard = guardOf(master, folder)
  let said = ''
  master.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const log = () => said + (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const stop = async () => {
    await end(master)
    guard.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  }

  const deadline = Date.now() + START_MS
  while (Date.now() < deadline && isRunning(master)) {
    if ((await greets(probe)) && isRunning(master)) return { folder, log, stop }
    await passed(10)
  }
  const failure = `${isRunning(master) ? 'no greeting' : 'it ended'}. Its log:\n${log()}`
  await stop()
  return { failure }
}

/**
 * A shell that waits for the end of its input, which comes when this process is gone, however it went; then it ends
 * the server's process group and removes the folder. An exit hook would not survive SIGKILL.
 */
function guardOf(master: ChildProcess, folder: string): ChildProcess {
  const script = 'read -r never; kill -s KILL -- "-$1"; sleep 0.2; rm -rf -- "$2"'
  const args = ['-c', script, 'guard', String(master.pid), folder]
  return spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
}

/** At once and altogether: nothing in its folder is worth a slower end. */
async function end(master: ChildProcess): Promise<void> {
  const gone = isRunning(master) ? once(master, 'exit') : undefined
  try {
    process.kill(-(master.pid as number), 'SIGKILL')
  } catch (error) {
    // it ended by itself, and so did its children
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  await gone
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

/** Whether the server says anything at all. */
function greets(probe: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(probe, () => socket.setTimeout(2000, () => socket.destroy()))
    const answered = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', () => answered(true))
    socket.once('error', () => answered(false))
    socket.once('close', () => answered(false))
  })
}
