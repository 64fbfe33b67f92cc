import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** The service as it is shipped, in a process of its own, so that its memory can be told. */
export interface BuiltService {
  readonly url: string
  /** The most memory that it has had resident so far, in MB. */
  peak(): number
  stop(): Promise<void>
}

/** @param servers the servers file; the first is the default */
export async function startBuiltService(servers: Readonly<Record<string, object>>): Promise<BuiltService> {
  const folder = await mkdtemp(join(tmpdir(), 'mailwire-built-'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const out = ['--outDir', join(folder, 'dist')]
  await promisify(execFile)(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), ...out])
  await writeFile(join(folder, 'servers.json'), JSON.stringify({ servers }))
  const child = spawn(process.execPath, [join(folder, 'dist', 'main.js')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      MAILWIRE_PORT: '0',
      MAILWIRE_LOG_LEVEL: 'warn',
      MAILWIRE_SERVERS_FILE: join(folder, 'servers.json'),
      MAILWIRE_DEFAULT_SERVER: Object.keys(servers)[0] ?? '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (octets: Buffer) => {
      said += octets.toString()
      const found = /http:\/\/[0-9.:]+/.exec(said)?.[0]
      if (found !== undefined) resolve(found)
    })
    void ended.then(() => reject(new Error(`the service ended: ${said}`)))
  })
  return {
    url,
    peak: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1')
      return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
