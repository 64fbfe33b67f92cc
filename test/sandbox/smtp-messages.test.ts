import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { Client, greeted, opened, sendMessage } from './client.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox({ maxMessageOctets: 2000, lateMs: 5 })
})
afterEach(() => sandbox.close())

describe('messages', () => {
  test('a pipelined group is answered in one segment, and content and QUIT in the next', async () => {
    const client = await greeted(sandbox)
    const segments: string[] = []
    client.socket.on('data', (chunk: Buffer) => segments.push(chunk.toString()))
    client.send(
      'MAIL FROM:<carol@elsewhere.test>\r\nRCPT TO:<unknown@sandbox.test>\r\nRCPT TO:<bob@sandbox.test>\r\nDATA\r\n',
    )
    expect([await client.reply(), await client.reply(), await client.reply(), await client.reply()]).toEqual([
      '250 2.1.0 Ok',
      '550 5.1.1 <unknown@sandbox.test>: Recipient address rejected: User unknown in virtual mailbox table',
      '250 2.1.5 Ok',
      '354 End data with <CR><LF>.<CR><LF>',
    ])
    expect(segments).toHaveLength(1)
    client.send('Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n')
    expect(await client.rest()).toMatch(/^250 2\.0\.0 Ok: queued as [0-9A-F]{10}\r\n221 2\.0\.0 Bye\r\n$/)
  })

  test('a client that ends its side at once still gets every reply, late ones too', async () => {
    const client = await Client.open(sandbox, 'smtpPort')
    client.socket.end('EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<slow@sandbox.test>\r\nQUIT\r\n')
    expect(await client.rest()).toMatch(
      /250 SMTPUTF8\r\n250 2\.1\.0 Ok\r\n250 2\.1\.5 Ok\r\n221 2\.0\.0 Bye\r\n$/,
    )
  })

  test('content that comes in one segment with DATA is content', async () => {
    const client = await greeted(sandbox)
    client.send('MAIL FROM:<>\r\nRCPT TO:<bob@sandbox.test>\r\nDATA\r\nNOOP\r\n.\r\nQUIT\r\n')
    expect(await client.rest()).toMatch(
      /^250 2\.1\.0 Ok\r\n250 2\.1\.5 Ok\r\n354 [^\r]+\r\n250 2\.0\.0 Ok: queued as \w+\r\n221 2\.0\.0 Bye\r\n$/,
    )
  })

  test('one that is too large is refused after the data, and the session goes on', async () => {
    const client = await greeted(sandbox)
    expect(await sendMessage(client, 'bob@sandbox.test', `${'x'.repeat(1998)}\r\n`)).toMatch(/^250/)
    expect(await sendMessage(client, 'bob@sandbox.test', `${'x'.repeat(1999)}\r\n`)).toBe(
      '552 5.3.4 Error: message file too big',
    )
    expect(await client.say('NOOP')).toBe('250 2.0.0 Ok')
  })

  test('a full mailbox refuses: at RCPT when nothing more goes in, after the data when this does not', async () => {
    const small = await startSandbox({ mailboxMessages: 2, mailboxOctets: 3000, maxMessageOctets: 2600 })
    const client = await greeted(small)
    await client.say('MAIL FROM:<> SIZE=2600')
    expect(await client.say('RCPT TO:<bob@sandbox.test>')).toBe(
      '452 4.2.2 <bob@sandbox.test>: Recipient address rejected: Mailbox is full',
    )
    await client.say('RSET')
    expect(await sendMessage(client, 'bob@sandbox.test', `${'x'.repeat(2500)}\r\n`)).toBe(
      '552 5.2.2 <bob@sandbox.test> Quota exceeded (mailbox for user is full)',
    )
    expect(await sendMessage(client, 'bob@sandbox.test', 'x\r\n')).toMatch(/^250/)
    await client.say('MAIL FROM:<>')
    expect(await client.say('RCPT TO:<bob@sandbox.test>')).toMatch(/^452 4\.2\.2/)
    expect(await client.say('RCPT TO:<alice@sandbox.test>')).toBe('250 2.1.5 Ok')
    await small.close()
  })

  test('what is on its way in is bounded over all connections, and given free again', async () => {
    const small = await startSandbox({ maxMessageOctets: 2000, incomingOctets: 2500 })
    const first = await greeted(small)
    await first.say('MAIL FROM:<>')
    await first.say('RCPT TO:<bob@sandbox.test>')
    await first.say('DATA')
    first.send(`${'x'.repeat(1500)}\r\n`)
    const second = await greeted(small)
    let refused = ''
    // the first connection's octets are on their way: which of the two is served first is not ours to say
    for (let i = 0; i < 50 && !refused.startsWith('452'); i += 1) {
      refused = await sendMessage(second, 'alice@sandbox.test', `${'x'.repeat(1500)}\r\n`)
    }
    expect(refused).toBe('452 4.3.1 Insufficient system storage')
    await first.end()
    let taken = ''
    for (let i = 0; i < 50 && !taken.startsWith('250'); i += 1) {
      taken = await sendMessage(second, 'alice@sandbox.test', `${'x'.repeat(1500)}\r\n`)
    }
    expect(taken).toMatch(/^250/)
    await small.close()
  })

  test('each mailbox gets one copy, and recipients are not told of each other', async () => {
    const client = await greeted(sandbox)
    await client.say('MAIL FROM:<carol@elsewhere.test>')
    for (const to of ['alice', 'bob', 'postmaster']) await client.say(`RCPT TO:<${to}@sandbox.test>`)
    await client.say('DATA')
    client.send('Subject: x\r\n\r\nx\r\n.\r\n')
    await client.reply()
    const alice = await opened(sandbox, 'alice')
    expect(await alice.say('STAT')).toMatch(/^\+OK 2 /)
    const { raw } = await alice.multiline('RETR 2')
    expect(raw.toString()).not.toMatch(/bob|\bfor </)
  })
})
