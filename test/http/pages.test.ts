import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { PROBLEMS } from '../../src/diagnosis/catalogue.ts'
import { mailServer } from '../support/mail-server.ts'
import { service, startTestService } from '../support/service.ts'

const mailwire = service()
const withoutSandbox = service({ env: { MAILWIRE_SANDBOX: 'off' } })

const OPENAPI = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))

describe('the front page', () => {
  test('leads to everything else, by links that hold behind a proxy with a path too', async () => {
    const { text, type } = await mailwire.agent.get('/').expect(200)
    expect(type).toBe('text/html')
    const links = [...text.matchAll(/<a href="([^"]+)"/g)].map(([, href = '']) => href)
    expect(links.length).toBeGreaterThan(3)
    for (const href of links) {
      expect(href).not.toMatch(/^\/|:/)
      await mailwire.agent.get(`/${href}`).expect(200)
    }
  })
})

describe('the document', () => {
  test('is the one that is checked in, as JSON and as YAML', async () => {
    expect((await mailwire.agent.get('/openapi.json').expect(200)).body).toEqual(OPENAPI)
    const { text, type } = await mailwire.agent.get('/openapi.yaml').buffer(true).expect(200)
    expect(type).toBe('application/yaml')
    expect(parse(text)).toEqual(OPENAPI)
  })

  test('without its last slash Swagger UI is found too, behind a proxy with a path as well', async () => {
    const { headers } = await mailwire.agent.get('/docs').expect(301)
    expect(headers['location']).toBe('docs/')
  })

  test('is shown by Swagger UI', async () => {
    const { text } = await mailwire.agent.get('/docs/').expect(200)
    expect(text).toContain('<title>Mailwire API</title>')
    for (const [, source = ''] of text.matchAll(/<script src="([^"]+)"/g)) {
      await mailwire.agent.get(`/docs/${source}`).expect(200)
    }
    const init = await mailwire.agent.get('/docs/swagger-ui-init.js').expect(200)
    expect(init.text).toContain('"url": "../openapi.json"')
    expect(init.text).toMatch(/preauthorizeBasic\(["']mailbox["'], ["']bob["'], ["']sandbox["']\)/)
  })

  test('logs nobody in where there is no sandbox', async () => {
    const { text } = await withoutSandbox.agent.get('/docs/swagger-ui-init.js').expect(200)
    expect(text).not.toContain('preauthorizeBasic')
  })
})

describe('/problems', () => {
  test('lists every code', async () => {
    const { body } = await mailwire.agent.get('/problems').expect(200)
    expect(body.problems).toEqual(
      Object.entries(PROBLEMS).map(([code, { title }]) => ({ code, type: `/problems/${code}`, title })),
    )
  })

  test('every code has its explanation, as JSON and for people', async () => {
    for (const [code, explanation] of Object.entries(PROBLEMS)) {
      const { body } = await mailwire.agent.get(`/problems/${code}`).expect(200)
      expect(body).toEqual({ code, type: `/problems/${code}`, ...explanation })
      const page = await mailwire.agent.get(`/problems/${code}`).accept('text/html').expect(200)
      expect(page.type).toBe('text/html')
      expect(page.text).toContain(`<code>${code}</code>`)
      expect(page.text).not.toContain('[object Object]')
    }
  })

  test('a browser gets a page, and what servers say is text in it', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const list = await mailwire.agent.get('/problems').set('Accept', accept).expect(200)
    expect(list.text).toContain('<a href="problems/relay-denied">')
    const page = await mailwire.agent.get('/problems/relay-denied').set('Accept', accept).expect(200)
    expect(page.text).toContain('&lt;bob@elsewhere.test&gt;: Relay access denied')
  })

  test.each(['nowhere', 'constructor', '__proto__', 'RELAY-DENIED', '%3Cscript%3E'])(
    '%s is none: 404',
    async (code) => {
      const { body } = await mailwire.agent.get(`/problems/${code}`).expect(404)
      expect(body.type).toBe('/problems/not-found')
    },
  )
})

describe('health', () => {
  test('livez and readyz say that all is well', async () => {
    for (const path of ['/livez', '/readyz']) {
      const { body } = await mailwire.agent.get(path).expect(200)
      expect(body).toEqual({ status: 'ok', version: OPENAPI.info.version, sessions: 0 })
    }
  })
})

test('HEAD has the head of GET and no body', async () => {
  for (const path of [
    '/',
    '/livez',
    '/readyz',
    '/problems',
    '/problems/relay-denied',
    '/openapi.json',
    '/docs/',
  ]) {
    const get = await mailwire.agent.get(path).expect(200)
    const head = await mailwire.agent.head(path).expect(200)
    expect(head.text ?? '').toBe('')
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
    expect(head.type).toBe(get.type)
  }
  await mailwire.agent.head('/problems/nowhere').expect(404)
  await mailwire.agent.head('/pop3/stat').expect(401)
})

describe('a service that is told to end', () => {
  const GREETING = '220 mx.example.test ESMTP'
  const envelope = { from: 'alice@example.test', to: ['bob@example.test'] }

  test('takes no more calls, says so, and lets the running session finish with its answer', async () => {
    const ending = await startTestService()
    let answer = (_reply: string): void => undefined
    const final = new Promise<string>((resolve) => {
      answer = resolve
    })
    const server = await mailServer(GREETING, '250 mx', '250 Ok', '250 Ok', '354 Go', () => final, '221 Bye')
    const body = { server: `smtp://127.0.0.1:${server.port}`, envelope }
    const running = ending.agent
      .post('/smtp/send')
      .send(body)
      .then((response) => response)
    await server.hears(/^\.$/)
    const closed = ending.close(60_000)
    const ready = await ending.agent.get('/readyz').expect(503)
    expect(ready.body).toMatchObject({ status: 'shutting-down', sessions: 1 })
    await ending.agent.get('/livez').expect(200)
    const refused = await ending.agent.post('/smtp/send').send(body).expect(503)
    expect(refused.body.type).toBe('/problems/shutting-down')
    expect(refused.headers).toHaveProperty('retry-after')
    answer('250 2.0.0 Ok')
    expect((await running).body).toMatchObject({ outcome: 'accepted' })
    await closed
    await expect(fetch(`${ending.url}/livez`)).rejects.toThrow()
    expect(server.connections()).toBe(1)
  })

  test('ends what has not finished when its patience is over, and tells that caller too', async () => {
    const ending = await startTestService()
    const server = await mailServer(GREETING, 'HANG')
    const running = ending.agent
      .post('/smtp/send')
      .send({ server: `smtp://127.0.0.1:${server.port}`, envelope })
      .then((response) => response)
    await server.hears(/^EHLO/)
    await ending.close(20)
    expect((await running).body).toMatchObject({
      status: 503,
      type: '/problems/shutting-down',
      outcome: 'failed',
      stage: 'hello',
    })
    await server.left()
  })
})
