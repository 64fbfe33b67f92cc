import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const RELAY = { envelope: { from: 'alice@sandbox.test', to: ['relay@elsewhere.test'] } }
const send = (type: string, body: object) => mailwire.agent.post('/smtp/send').accept(type).send(body)

describe('a ticket', () => {
  test('of a send has the verdict, the facts, the diagnosis and the dialogue', async () => {
    const { text } = await send('text/markdown', { envelope: TO_BOB })
      .expect(200)
      .expect('Content-Type', 'text/markdown; charset=utf-8')
    const [heading] = text.split('\n')
    expect(heading).toBe('## SMTP session accepted (stage end-of-data): accepted-not-delivered')
    expect(text).toMatch(/^\| Server \| `smtp:\/\/127\.0\.0\.1:\d+` \|$/m)
    expect(text).toMatch(/^\| TLS \| `TLSv1\.3 [^|]*, chain trusted, name matches` \|$/m)
    expect(text).toMatch(/^### Diagnosis$/m)
    expect(text).toMatch(/^### Dialogue\n\n```text\n=== SMTP session [\s\S]*\n```\n$/m)
  })

  test('of a refusal has what can be done, and the status', async () => {
    const { text } = await send('text/markdown', RELAY).expect(422)
    expect(text).toMatch(/^# 422 The server does not take mail/)
    expect(text).toMatch(/^## SMTP session rejected \(stage rcpt\): relay-denied$/m)
    expect(text).toMatch(/^- Log in: send through this server’s submission port with `auth`\.$/m)
    expect(text).toMatch(/more: `\/problems\/relay-denied`$/m)
  })

  test('of a dry run shows what would be said', async () => {
    const { text } = await send('text/markdown', { dryRun: true, envelope: TO_BOB }).expect(200)
    expect(text).toMatch(/^```text\nMAIL FROM:<alice@sandbox\.test>\nRCPT TO:<bob@sandbox\.test>\nDATA\n/)
  })
})

describe('a problem without a session', () => {
  const malformed = (type: string) => send(type, { nonsense: 1, envelope: { to: 'bob' } }).expect(400)

  test('as text names each field', async () => {
    const { text } = await malformed('text/plain')
    expect(text.split('\n').slice(0, 2)).toEqual([
      '400 The request is not valid',
      'At fault: /envelope/to, /nonsense.',
    ])
    expect(text).toMatch(/^ {2}\/nonsense: there is no such field$/m)
  })

  test('as Markdown, too', async () => {
    const { text } = await malformed('text/markdown')
    expect(text).toMatch(
      /^# 400 The request is not valid\n\nAt fault: `\/envelope\/to`, `\/nonsense`\.\n\n- /,
    )
    expect(text).toMatch(/^- `\/nonsense`: there is no such field$/m)
  })

  test('that comes before any route can be had as Markdown, and is JSON for who takes events', async () => {
    const lost = (type: string) => mailwire.agent.get('/nowhere').accept(type)
    expect((await lost('text/markdown').expect(404)).text).toMatch(/^# 404 /)
    await lost('text/event-stream').expect(404).expect('Content-Type', 'application/problem+json')
  })
})

describe('application/problem+json alone', () => {
  test('is who reads JSON: of what went wrong', async () => {
    const { body } = await send('application/problem+json', RELAY)
      .expect(422)
      .expect('Content-Type', 'application/problem+json')
    expect(body.diagnosis.code).toBe('relay-denied')
  })

  test('and of what went well', async () => {
    for (const path of ['/pop3/stat', '/pop3/messages', '/pop3/messages/1', '/pop3/capabilities']) {
      await mailwire.agent
        .get(path)
        .auth('bob', 'sandbox')
        .accept('application/problem+json')
        .expect(200)
        .expect('Content-Type', 'application/json; charset=utf-8')
    }
  })
})

describe('a server that would be more than text', () => {
  const HOSTILE = [
    '```',
    '<script>alert(1)</script>',
    '[click](https://evil.test/) https://evil.test/ www.evil.test @everybody',
    '| a | b |',
    '\u001b[31mred\u001b[0m \u0007 \u009b2J',
    '``````',
    '# heading',
  ]
  const reply = (code: number): string =>
    HOSTILE.map((line, place) => `${code}${place < HOSTILE.length - 1 ? '-' : ' '}${line}`).join('\r\n')
  const asked = async (type: string) => {
    const { port } = await mailServer(reply(220), reply(250), reply(550), reply(221))
    return (await send(type, { server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB })).text
  }

  test('stays in its fence', async () => {
    const text = await asked('text/markdown')
    const [, fence = '', inside = '', after] =
      /^### Dialogue\n\n(`+)text\n([\s\S]*?)\n\1\n([\s\S]*)$/m.exec(text) ?? []
    expect(fence).toBe('```````')
    expect(inside).toContain('<script>')
    expect(inside).toMatch(/=== outcome|=== \d+\.\d ms/)
    expect(after).toBe('')
  })

  test('makes no HTML, no link, no heading and no cell of a table', async () => {
    const text = await asked('text/markdown')
    const [before = ''] = text.split('### Dialogue')
    expect(before.replace(/(`+)[^`][\s\S]*?\1/g, '')).not.toMatch(/<|https?:|www\.|@|\]\(|^# heading/m)
    for (const row of before.split('\n').filter((line) => line.startsWith('|')))
      expect(row.split('|')).toHaveLength(4)
  })

  test.each(['text/plain', 'text/markdown', 'application/json', 'text/event-stream'])(
    'sends no escape code in %s',
    async (type) => {
      // whatever the terminal is, and whatever it asks for
      expect(await asked(type)).not.toMatch(/(?![\n\t])\p{Cc}/u)
    },
  )
})
