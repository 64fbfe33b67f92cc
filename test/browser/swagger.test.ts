import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, inBrowser, startBrowser, type WatchedPage } from '../support/browser.ts'
import { service } from '../support/service.ts'

/** The first minute of somebody who comes for the first time, in Swagger UI's names for it. */
const FIRST_CALLS = [
  'SMTP-smtpSend',
  'SMTP-smtpCheck',
  'POP3-pop3Stat',
  'POP3-pop3List',
  'POP3-pop3Retrieve',
  'POP3-pop3Delete',
] as const
/** Each with the first of its examples. */
const SCRIPTS = ['SMTP-smtpSession', 'POP3-pop3Session'] as const

inBrowser('in a browser', () => {
  const running = service()
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })

  async function opened(path: string): Promise<WatchedPage> {
    const watched = await browser.page()
    await watched.page.goto(`${running.url}${path}`)
    return watched
  }

  async function pictured({ page }: WatchedPage, name: string): Promise<void> {
    if (browser.screenshots === undefined) return
    await page.screenshot({ path: join(browser.screenshots, `${name}.png`) })
  }

  /** Opens and executes one call after the other, as they are; what was answered, by call. */
  async function executed(watched: WatchedPage, calls: readonly string[]): Promise<Map<string, string>> {
    const { page } = watched
    const answers = new Map<string, string>()
    for (const call of calls) {
      const operation = page.locator(`#operations-${call}`)
      await operation.locator('.opblock-summary-control').click()
      // the fields are there when the button is
      const execute = operation.locator('button.execute')
      await execute.waitFor()
      const number = operation.locator('[data-param-name="n"] input')
      // filled in by the example of the document, and nobody has to type
      if ((await number.count()) > 0)
        await expect.poll(() => number.inputValue(), { message: call }).toBe('1')
      await execute.click()
      const answer = operation.locator('.live-responses-table tr.response')
      const complaints = operation.locator('.validation-errors')
      await answer.or(complaints).first().waitFor()
      expect(await complaints.allInnerTexts(), call).toEqual([])
      expect(await answer.locator('.response-col_status').innerText(), call).toMatch(/^200\b/)
      answers.set(call, await answer.locator('.highlight-code').first().innerText())
      await answer.scrollIntoViewIfNeeded()
      await pictured(watched, call)
      await operation.locator('.opblock-summary-control').click()
    }
    return answers
  }

  test('sending, looking, listing, reading and deleting work as soon as they are executed in Swagger UI', async () => {
    const watched = await opened('/docs/')
    const answers = await executed(watched, FIRST_CALLS)
    expect(answers.get('SMTP-smtpSend')).toContain('"outcome": "accepted"')
    // his welcome, and what was just sent to him
    expect(answers.get('POP3-pop3Stat')).toContain('"messages": 2')
    expect(answers.get('POP3-pop3Retrieve')).toContain('"subject": "Welcome to Mailwire"')
    expect(answers.get('POP3-pop3Delete')).toContain('"committed": true')
    expect(watched.troubles).toEqual([])
  }, 120_000)

  test('scripted sessions work as soon as they are executed, with the first of their examples', async () => {
    const watched = await opened('/docs/')
    const answers = await executed(watched, SCRIPTS)
    expect(answers.get('SMTP-smtpSession')).toContain('"outcome": "accepted"')
    expect(answers.get('POP3-pop3Session')).toContain('"Logged in."')
    expect(watched.troubles).toEqual([])
  }, 120_000)

  test('the page of a problem shows the words of real servers', async () => {
    const watched = await opened('/problems/relay-denied')
    const { page } = watched
    await pictured(watched, 'problem')
    expect(await page.locator('h1').innerText()).not.toBe('')
    expect(await page.locator('pre').first().innerText()).toContain('Relay access denied')
    expect(await page.locator('body').innerText()).not.toContain('[object')
    expect(watched.troubles).toEqual([])
  })

  test('the front page leads to Swagger UI, to the document and to the problems', async () => {
    const watched = await opened('/')
    await pictured(watched, 'front')
    const targets = await watched.page
      .locator('a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
    expect(targets).toEqual(['docs/', 'openapi.json', 'openapi.yaml', 'problems'])
    for (const target of targets) {
      const answer = await watched.page.request.get(`${running.url}/${target}`)
      expect(answer.status(), target).toBe(200)
    }
    expect(watched.troubles).toEqual([])
  })
})
