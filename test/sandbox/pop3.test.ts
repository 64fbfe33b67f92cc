import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { Client, greeted, opened, sendMessage } from './client.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.close())

const SHARED = ['TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'AUTH-RESP-CODE']
const ABOUT = ['EXPIRE NEVER', 'IMPLEMENTATION Mailwire']
const LOCKED = '-ERR [IN-USE] Mailbox is locked by another POP3 session.'

async function clear(): Promise<Client> {
  const client = await Client.open(sandbox, 'pop3Port')
  await client.line()
  return client
}

async function secure(): Promise<Client> {
  const client = await Client.openTls(sandbox, 'pop3sPort')
  await client.line()
  return client
}

/** Two more messages beside the welcome. */
async function withMail(): Promise<void> {
  const smtp = await greeted(sandbox)
  await sendMessage(smtp, 'bob@sandbox.test', 'Subject: two\r\n\r\n1\r\n2\r\n3\r\n')
  await sendMessage(smtp, 'bob@sandbox.test', 'Subject: three\r\n\r\nx\r\n')
}

describe('capabilities', () => {
  test('name STLS in the clear, a login inside TLS, and neither after it', async () => {
    const client = await clear()
    expect(await client.lines('CAPA')).toEqual(['+OK', ...SHARED, 'STLS', ...ABOUT])
    expect(await client.lines('AUTH')).toEqual(['+OK'])
    expect(await client.say('STLS')).toBe('+OK Begin TLS negotiation now.')
    expect((await client.startTls()).authorized).toBe(true)
    expect(await client.lines('CAPA')).toEqual(['+OK', ...SHARED, 'USER', 'SASL PLAIN LOGIN', ...ABOUT])
    expect(await client.lines('AUTH')).toEqual(['+OK', 'PLAIN', 'LOGIN'])
    expect(await client.say('STLS')).toBe('-ERR TLS is already active.')
    await client.say('USER bob')
    await client.say('PASS sandbox')
    expect(await client.lines('CAPA')).toEqual(['+OK', ...SHARED, ...ABOUT])
    expect(await client.say('STLS')).toBe('-ERR Unknown command: STLS')
  })

  test('octets sent in the clear behind STLS are refused', async () => {
    const client = await clear()
    client.send('STLS\r\nCAPA\r\n')
    expect(await client.rest()).toBe('-ERR Nothing may follow STLS before TLS is negotiated.\r\n')
  })
})

describe('login', () => {
  test('by password is refused in the clear, before the password is looked at', async () => {
    const client = await clear()
    expect(await client.say('USER bob')).toBe(
      '-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.',
    )
    expect(await client.say('PASS sandbox')).toMatch(/^-ERR \[AUTH\] Plaintext authentication disallowed/)
    expect(await client.say(`AUTH PLAIN ${b64('\0bob\0sandbox')}`)).toBe(
      '-ERR [AUTH] Plaintext authentication disabled.',
    )
    expect(await client.say('STAT')).toBe('-ERR Unknown command.')
    expect(await client.say('QUIT')).toBe('+OK Logging out')
  })

  test('by APOP needs the digest over the timestamp of this greeting, and works in the clear', async () => {
    const client = await Client.open(sandbox, 'pop3Port')
    const greeting = await client.line()
    const timestamp = /^\+OK Mailwire POP3 ready\. (<[0-9a-f]+\.\d+@sandbox\.test>)$/.exec(greeting)?.[1]
    const digest = (over: string): string => createHash('md5').update(over).digest('hex')
    expect(await client.say(`APOP bob ${digest('<other@sandbox.test>sandbox')}`)).toBe(
      '-ERR [AUTH] Authentication failed.',
    )
    expect(await client.say(`APOP bob ${digest(`${timestamp}sandbox`)}`)).toBe('+OK Logged in.')
  })

  test.each([
    ['USER and PASS', ['USER bob', 'PASS sandbox'], '+OK Logged in.'],
    ['the full address', ['USER Bob@sandbox.test', 'PASS sandbox'], '+OK Logged in.'],
    ['a wrong password', ['USER bob', 'PASS sandbox '], '-ERR [AUTH] Authentication failed.'],
    ['an unknown user', ['USER mallory', 'PASS sandbox'], '-ERR [AUTH] Authentication failed.'],
    ['PASS alone', ['PASS sandbox'], '-ERR No username given.'],
    ['PASS again without USER', ['USER bob', 'PASS wrong', 'PASS sandbox'], '-ERR No username given.'],
    ['AUTH PLAIN with an initial response', [`AUTH PLAIN ${b64('\0bob\0sandbox')}`], '+OK Logged in.'],
    ['AUTH PLAIN without one', ['AUTH PLAIN', b64('\0bob\0sandbox')], '+OK Logged in.'],
    ['AUTH LOGIN', ['AUTH LOGIN', b64('bob'), b64('sandbox')], '+OK Logged in.'],
    ['a cancellation', ['AUTH PLAIN', '*'], '-ERR Authentication aborted by client.'],
    ['what is not base64', ['AUTH PLAIN', '!'], '-ERR [AUTH] Invalid base64 in response'],
    ['an unknown mechanism', ['AUTH GSSAPI'], '-ERR [AUTH] Unsupported authentication mechanism.'],
    ['busy', ['USER busy', 'PASS sandbox'], LOCKED],
    ['temporary', ['USER temporary', 'PASS sandbox'], '-ERR [SYS/TEMP] Failed to create POP3 session lock.'],
    ['busy with a wrong password', ['USER busy', 'PASS wrong'], '-ERR [AUTH] Authentication failed.'],
  ])('%s', async (_, steps, expected) => {
    const client = await secure()
    let answer = ''
    for (const step of steps) answer = await client.say(step)
    expect(answer).toBe(expected)
  })

  test('a prompt of AUTH is a plus and a space', async () => {
    const client = await secure()
    expect(await client.say('AUTH PLAIN')).toBe('+ ')
  })
})

describe('the maildrop', () => {
  test('holds a welcome message that is proper mail from the start', async () => {
    const client = await opened(sandbox, 'alice')
    const { status, raw } = await client.multiline('RETR 1')
    expect(status).toBe(`+OK ${raw.length} octets`)
    expect(await client.say('STAT')).toBe(`+OK 1 ${raw.length}`)
    expect(raw.toString()).toMatch(/^Date: \w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r$/m)
    expect(raw.toString()).toMatch(/^Message-ID: <[^<>@\s]+@sandbox\.test>\r$/m)
    expect(raw.toString()).toMatch(/^To: alice@sandbox\.test\r$/m)
  })

  test('is listed, with unique-ids that stay', async () => {
    await withMail()
    const client = await opened(sandbox)
    const listed = await client.lines('LIST')
    expect(listed[0]).toBe('+OK 3 messages:')
    expect(listed.slice(1).map((row) => row.split(' ')[0])).toEqual(['1', '2', '3'])
    expect(await client.say('LIST 2')).toBe(`+OK ${listed[2]}`)
    const uidl = await client.lines('UIDL')
    expect(new Set(uidl.slice(1).map((row) => row.split(' ')[1])).size).toBe(3)
    expect(await client.say('UIDL 3')).toBe(`+OK ${uidl[3]}`)
    await client.say('DELE 1')
    expect(await client.say('QUIT')).toBe('+OK Logging out, messages deleted.')
    const later = await opened(sandbox)
    expect((await later.lines('UIDL')).slice(1)).toEqual(
      uidl.slice(2).map((row, at) => row.replace(/^\d+/, String(at + 1))),
    )
  })

  test.each([
    ['LIST 99', "-ERR There's no message 99."],
    ['RETR 0', "-ERR There's no message 0."],
    ['RETR abc', '-ERR Invalid message number: abc'],
    ['RETR -1', '-ERR Invalid message number: -1'],
    ['RETR', '-ERR Invalid message number: '],
    ['RETR 99999999999999999999', '-ERR Message number too large: 99999999999999999999'],
    ['TOP 1', '-ERR Noise after message number: '],
    ['TOP 1 -1', '-ERR Invalid size: -1'],
    ['FOO bar', '-ERR Unknown command: FOO'],
    ['\x1b[31m', '-ERR Unknown command: \\x1b[31M'],
    ['', '-ERR Unknown command.'],
    ['NOOP', '+OK'],
    ['noop', '+OK'],
    ['QUIT', '+OK Logging out.'],
  ])('%s', async (command, expected) => {
    const client = await opened(sandbox)
    expect(await client.say(command)).toBe(expected)
  })

  test('a deleted message is out of reach until RSET', async () => {
    await withMail()
    const client = await opened(sandbox)
    const before = await client.say('STAT')
    expect(await client.say('DELE 2')).toBe('+OK Marked to be deleted.')
    for (const command of ['DELE 2', 'RETR 2', 'LIST 2', 'UIDL 2', 'TOP 2 0']) {
      expect(await client.say(command)).toBe('-ERR Message is deleted.')
    }
    expect((await client.lines('LIST')).map((row) => row.split(' ')[0])).toEqual(['+OK', '1', '3'])
    expect(await client.say('STAT')).toMatch(/^\+OK 2 /)
    expect(await client.say('RSET')).toBe('+OK')
    expect(await client.say('STAT')).toBe(before)
  })

  test('a connection that is lost deletes nothing and gives the lock back', async () => {
    const client = await opened(sandbox)
    await client.say('DELE 1')
    const second = await secure()
    await second.say('USER bob')
    expect(await second.say('PASS sandbox')).toBe(LOCKED)
    await client.end()
    let answer = LOCKED
    // the server learns of the loss in its own time
    for (let i = 0; i < 100 && answer === LOCKED; i += 1) {
      await second.say('USER bob')
      answer = await second.say('PASS sandbox')
    }
    expect(answer).toBe('+OK Logged in.')
    expect(await second.say('STAT')).toMatch(/^\+OK 1 /)
  })

  test('is free again as soon as QUIT is answered', async () => {
    const client = await opened(sandbox)
    await client.say('QUIT')
    const second = await opened(sandbox)
    expect(await second.say('STAT')).toMatch(/^\+OK 1 /)
  })

  test('what is delivered during a session is not in it, and outlives its deletions', async () => {
    const client = await opened(sandbox)
    await withMail()
    expect(await client.say('STAT')).toMatch(/^\+OK 1 /)
    await client.say('DELE 1')
    await client.say('QUIT')
    const second = await opened(sandbox)
    expect(await second.say('STAT')).toMatch(/^\+OK 2 /)
  })

  test('pipelined commands are answered in order', async () => {
    const client = await secure()
    client.send('USER bob\r\nPASS sandbox\r\nSTAT\r\nDELE 1\r\nQUIT\r\n')
    expect(await client.rest()).toMatch(
      /^\+OK\r\n\+OK Logged in\.\r\n\+OK 1 \d+\r\n\+OK Marked to be deleted\.\r\n\+OK Logging out, messages deleted\.\r\n$/,
    )
  })

  test('unknown commands without end, and a line without end, are ended', async () => {
    const client = await clear()
    client.send('FOO\r\n'.repeat(30))
    expect((await client.rest()).split('\r\n').slice(-2)).toEqual(['-ERR Too many invalid bad commands.', ''])
    const long = await clear()
    long.send('A'.repeat(3000))
    expect(await long.rest()).toBe('-ERR Input buffer full, aborting\r\n')
  })
})

describe('what was sent comes back', () => {
  const trace =
    /^Return-Path: <carol@elsewhere\.test>\r\nDelivered-To: bob@sandbox\.test\r\nReceived: from probe\.example \(\[127\.0\.0\.1\]\)\r\n\tby sandbox\.test \(Mailwire\) with ESMTP id [0-9A-F]{10}\r\n\tfor <bob@sandbox\.test>;\r\n\t\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n/

  test.each([
    ['lone dots', '.\r\n..\r\n.x\r\n', '..\r\n...\r\n..x\r\n'],
    ['a message that is a header alone', 'Subject: x\r\n', 'Subject: x\r\n'],
    ['an empty message', '', ''],
    [
      '8-bit octets, NUL, bare CR and LF',
      'Subject: \xff\xfe\r\n\r\n\0a\rb\nc\r\n',
      'Subject: \xff\xfe\r\n\r\n\0a\rb\nc\r\n',
    ],
    ['a dot behind a bare LF', 'a\n.\r\nb\r\n', 'a\n.\r\nb\r\n'],
  ])('%s', async (_, content, onTheWire) => {
    const smtp = await greeted(sandbox)
    expect(await sendMessage(smtp, 'bob@sandbox.test', Buffer.from(onTheWire, 'latin1'))).toMatch(/^250/)
    const client = await opened(sandbox)
    const { status, raw } = await client.multiline('RETR 2')
    const text = raw.toString('latin1')
    const head = trace.exec(text)?.[0] ?? 'no trace'
    expect(text.slice(head.length)).toBe(onTheWire)
    expect(status).toBe(`+OK ${head.length + content.length} octets`)
  })

  test('a large one, dots at every border, whole and by segments of its own', async () => {
    const body = Buffer.from(`${'.'.repeat(70)}\r\n${'x'.repeat(997)}\r\n`.repeat(2000))
    const onTheWire = Buffer.from(`.${'.'.repeat(70)}\r\n${'x'.repeat(997)}\r\n`.repeat(2000))
    const smtp = await greeted(sandbox)
    expect(await sendMessage(smtp, 'bob@sandbox.test', onTheWire)).toMatch(/^250/)
    const client = await opened(sandbox)
    const { raw } = await client.multiline('RETR 2')
    expect(raw.subarray(-onTheWire.length).equals(onTheWire)).toBe(true)
    expect(await client.say('LIST 2')).toBe(`+OK 2 ${raw.length - onTheWire.length + body.length}`)
  })

  test.each([
    ['0', 'Subject: two\r\n\r\n'],
    ['2', 'Subject: two\r\n\r\n1\r\n2\r\n'],
    ['3', 'Subject: two\r\n\r\n1\r\n2\r\n3\r\n'],
    ['9999', 'Subject: two\r\n\r\n1\r\n2\r\n3\r\n'],
  ])('TOP with %s lines', async (lines, expected) => {
    await withMail()
    const client = await opened(sandbox)
    const { status, raw } = await client.multiline(`TOP 2 ${lines}`)
    expect(status).toBe('+OK')
    const head = trace.exec(raw.toString())?.[0] ?? 'no trace'
    expect(raw.subarray(head.length).toString()).toBe(expected)
  })
})

function b64(text: string): string {
  return Buffer.from(text).toString('base64')
}
