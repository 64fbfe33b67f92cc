import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { describe, test } from 'vitest'

/** Debian's; Playwright's own would have to be downloaded. */
const EXECUTABLE = '/usr/bin/chromium'

/** A browser with a new profile, as somebody has it who comes for the first time. */
export interface Browser {
  /** Where the variable SCREENSHOTS wants pictures; a machine without a free moment cannot always take them. */
  readonly screenshots: string | undefined
  page(): Promise<WatchedPage>
  close(): Promise<void>
}

/** A page, and everything that went wrong in it: what it said on the console, threw, or could not load. */
export interface WatchedPage {
  readonly page: Page
  readonly troubles: readonly string[]
}

/**
 * A group of tests in a browser. Without Chromium they are skipped and stderr says why; in CI, which installs it, that
 * is a failure instead.
 */
export function inBrowser(name: string, tests: () => void): void {
  const why = `${EXECUTABLE} is not installed (apt-get install chromium)`
  if (existsSync(EXECUTABLE)) {
    describe(name, tests)
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(`no browser can be started here: ${why}`)
    })
  } else {
    process.stderr.write(`browser: "${name}" is skipped, ${why}\n`)
    describe.skip(name, tests)
  }
}

export async function startBrowser(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'mailwire-browser-'))
  const screenshots = process.env['SCREENSHOTS']
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true })
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: EXECUTABLE,
    viewport: { width: 1280, height: 900 },
    // it is to speak with the service and with nobody else
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  return {
    screenshots,
    page: async () => watched(await context.newPage()),
    close: async () => {
      await context.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
    },
  }
}

function watched(page: Page): WatchedPage {
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      troubles.push(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`thrown: ${error.message}`))
  page.on('requestfailed', (request) =>
    troubles.push(`not loaded: ${request.url()} (${request.failure()?.errorText ?? ''})`),
  )
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`)
  })
  return { page, troubles }
}
