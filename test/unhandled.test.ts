import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What a run of vitest over one test file comes to, with the reporter that this project uses. */
async function runOf(testFile: string): Promise<{ code: number | null; lastLine: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mailwire-unhandled-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'one.test.js'), testFile)
  const reporter = join(ROOT, 'test', 'support', 'last-line-reporter.ts')
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter', reporter],
      // the run is of its own, and not a worker of this one
      { env: { PATH: process.env['PATH'] ?? '' } },
      (_error, stdout) => resolve({ code: child.exitCode, lastLine: stdout.trim().split('\n').at(-1) ?? '' }),
    )
  })
}

const PASSES = `import { test } from 'vitest'\ntest('passes', async () => { await new Promise((done) => setTimeout(done, 20)) })\n`

test('a promise that nobody handles fails the whole run, and is told in its last line', async () => {
  const rejecting = PASSES.replace(
    'async () => {',
    `async () => { void Promise.reject(new Error('nobody')); `,
  )
  expect(await runOf(rejecting)).toEqual({ code: 1, lastLine: '1 passed, 1 failed, 0 skipped' })
  expect(await runOf(PASSES)).toEqual({ code: 0, lastLine: '1 passed, 0 failed, 0 skipped' })
})
