import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { accounts, hostname } from './support/accounts.ts'
import { startDovecot } from './support/dovecot.ts'

test('x', async () => {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: [hostname, '127.0.0.1'] })
  const d = await startDovecot({ certificate, secondSession: 'refused' })
  const { dave } = accounts
  const block = Buffer.from(`${'z'.repeat(70)}\r\n.dots\r\n\xff\x80\r\n`, 'latin1')
  d.put(
    dave.name,
    Buffer.concat([
      Buffer.from('Subject: large\r\n\r\n'),
      Buffer.alloc(50 * 1048576, block),
      Buffer.from('\r\n'),
    ]),
  )
  writeFileSync(
    '/tmp/mw/servers.json',
    JSON.stringify({ servers: { a: { pop3: `pop3s://127.0.0.1:${d.pop3s}`, tlsCa: authority.cert } } }),
  )
  const svc = spawn('node', ['/tmp/mw/dist/main.js'], {
    env: {
      ...process.env,
      MAILWIRE_PORT: '0',
      MAILWIRE_LOG_LEVEL: 'warn',
      MAILWIRE_SERVERS_FILE: '/tmp/mw/servers.json',
      MAILWIRE_DEFAULT_SERVER: 'a',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let o = ''
  svc.stdout.on('data', (c) => (o += c))
  svc.stderr.on('data', (c) => (o += c))
  while (!/http:\/\/[0-9.:]+/.test(o)) await new Promise((r) => setTimeout(r, 50))
  const url = /http:\/\/[0-9.:]+/.exec(o)![0]
  const at = (path: string, accept: string) =>
    fetch(`${url}${path}`, {
      headers: {
        Accept: accept,
        Authorization: `Basic ${Buffer.from(`${dave.name}:${dave.password}`).toString('base64')}`,
      },
    })
  for (let i = 0; i < 25; i++) {
    const before = o.length
    try {
      let n = 0
      const r1 = await at('/pop3/messages/1', 'message/rfc822')
      for await (const c of r1.body!) n += c.length
      let m = 0
      const r2 = await at('/pop3/messages', 'application/mbox')
      for await (const c of r2.body!) m += c.length
      if (r1.status !== 200 || r2.status !== 200) console.log(i, r1.status, r2.status, n, m)
    } catch (e: any) {
      console.log('BROKE', i, e.cause?.message, o.slice(before).slice(0, 1500), d.log().slice(-500))
    }
  }
  svc.kill()
  await d.stop()
}, 300000)
