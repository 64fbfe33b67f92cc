import { type ClientRequest, request } from 'node:http'
import { expect, test } from 'vitest'
import { type MailServer, mailServer, type Turn } from '../support/mail-server.ts'
import { countOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

/** A reply that the server gives when the test says so. */
function later(): { readonly turn: Turn; readonly give: (reply: string) => void } {
  let give = (_reply: string): void => undefined
  const promised = new Promise<string>((resolve) => {
    give = resolve
  })
  return { turn: () => promised, give: (reply) => give(reply) }
}

/** A caller who can leave in the middle. */
function caller(method: string, path: string, body?: object): ClientRequest {
  const call = request(`${mailwire.url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      Authorization: `Basic ${Buffer.from('bob:some-other-word').toString('base64')}`,
    },
  })
  call.on('error', () => undefined)
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return call
}

const send = ({ port }: MailServer): ClientRequest =>
  caller('POST', '/smtp/send', {
    server: `smtp://127.0.0.1:${port}`,
    envelope: { from: 'alice@example.test', to: ['bob@example.test'] },
    message: { raw: 'Subject: x\r\n\r\nhello\r\n' },
  })

const remove = ({ port }: MailServer): ClientRequest =>
  caller('DELETE', `/pop3/messages/1?server=pop3://127.0.0.1:${port}&auth=user&allowInsecureAuth=true`)

const UP_TO_RCPT: Turn[] = ['220 mx.example.test ESMTP', '250 mx.example.test', '250 2.1.0 Ok']
const UP_TO_DELE: Turn[] = ['+OK ready', '-ERR Unknown command.', '+OK', '+OK Logged in.', '+OK 1 abc']

/** Waits until the service has no session any more. */
async function idle(): Promise<void> {
  while ((await mailwire.agent.get('/livez')).body.sessions > 0) await new Promise(setImmediate)
}

test.each([
  ['before the greeting', [], 0],
  ['before the answer to EHLO', UP_TO_RCPT.slice(0, 1), 1],
  ['before the answer to RCPT', UP_TO_RCPT, 3],
  ['before the answer to DATA', [...UP_TO_RCPT, '250 2.1.5 Ok'], 4],
])('a caller who leaves %s: the session ends, and nothing is delivered', async (_when, turns, lines) => {
  const { turn, give } = later()
  const server = await mailServer(...turns, turn, '354 Go', '250 2.0.0 Ok', '221 Bye')
  const call = send(server)
  if (lines === 0) while (server.connections() === 0) await new Promise(setImmediate)
  else await server.hears([/^EHLO/, /^EHLO/, /^MAIL/, /^RCPT/, /^DATA/][lines]!)
  call.destroy()
  await server.left()
  give('354 Go')
  await idle()
  expect(server.heard).not.toContain('.')
  expect(server.heard).not.toContain('hello')
})

test('a caller who leaves after the message was handed over: its answer is waited for', async () => {
  const { turn, give } = later()
  const server = await mailServer(...UP_TO_RCPT, '250 2.1.5 Ok', '354 Go', turn, '221 Bye')
  const call = send(server)
  await server.hears(/^\.$/)
  call.destroy()
  // the service has seen it when the next call is answered
  await mailwire.agent.get('/livez').expect(200)
  expect((await mailwire.agent.get('/livez')).body.sessions).toBe(1)
  give('250 2.0.0 Ok: queued as 4FxYz')
  await server.left()
  await idle()
  expect(server.heard).toContain('hello')
})

test('a caller who leaves before QUIT of a deletion: QUIT is not said, and nothing is deleted', async () => {
  const { turn } = later()
  const server = await mailServer(...UP_TO_DELE, turn, '+OK Bye')
  const call = remove(server)
  await server.hears(/^DELE/)
  call.destroy()
  await server.left()
  await idle()
  expect(server.heard.at(-1)).toBe('DELE 1')
})

test('a caller who leaves after QUIT of a deletion: its answer is waited for', async () => {
  const { turn, give } = later()
  const server = await mailServer(...UP_TO_DELE, '+OK', turn)
  const call = remove(server)
  await server.hears(/^QUIT/)
  call.destroy()
  await mailwire.agent.get('/livez').expect(200)
  expect((await mailwire.agent.get('/livez')).body.sessions).toBe(1)
  give('+OK Bye')
  await server.left()
  await idle()
})

test('callers who leave cost nothing: the service goes on', async () => {
  expect(await countOf(mailwire)).toBe(1)
})
