import { once } from 'node:events'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHARACTERS } from '../../src/sandbox/characters.ts'
import { Connection } from '../../src/sandbox/connection.ts'
import { topOf } from '../../src/sandbox/mailbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { pathArgument } from '../../src/sandbox/smtp-path.ts'
import { Client, greeted, opened, sendMessage } from './client.ts'

describe('the certificate', () => {
  test.each(['sandbox.test', 'localhost', '127.0.0.1'])(
    'is good for %s where it is trusted',
    async (name) => {
      const sandbox = await startSandbox()
      for (const port of [sandbox.smtpsPort, sandbox.pop3sPort]) {
        const socket = connectTls({
          port,
          host: '127.0.0.1',
          ca: sandbox.ca,
          ...(name === '127.0.0.1' ? {} : { servername: name }),
        })
        await once(socket, 'secureConnect')
        expect(socket.authorized).toBe(true)
        expect(socket.getPeerCertificate().subjectaltname).toContain('IP Address:0:0:0:0:0:0:0:1')
        socket.destroy()
      }
      await sandbox.close()
    },
  )

  test('is good for no other name, and trusted by nobody else', async () => {
    const sandbox = await startSandbox()
    const refusal = async (options: object): Promise<string | undefined> => {
      const socket = connectTls({ port: sandbox.smtpsPort, host: '127.0.0.1', ...options })
      const [error] = (await once(socket, 'error').catch((error: unknown) => [error])) as [
        NodeJS.ErrnoException,
      ]
      return error.code
    }
    expect(await refusal({ ca: sandbox.ca, servername: 'other.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await refusal({ servername: 'sandbox.test' })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    await sandbox.close()
  })

  test('is another one at each start', async () => {
    const [one, other] = await Promise.all([startSandbox(), startSandbox()])
    expect(one.ca).not.toBe(other.ca)
    await Promise.all([one.close(), other.close()])
  })
})

describe('starting and closing', () => {
  test('close ends sessions in every state and leaves nothing open', async () => {
    const before = await openHandles()
    const sandbox = await startSandbox()
    const clients = [
      await Client.open(sandbox, 'smtpPort'),
      await greeted(sandbox),
      await Client.openTls(sandbox, 'smtpsPort'),
      await Client.open(sandbox, 'pop3Port'),
      await opened(sandbox),
    ]
    const upgraded = await greeted(sandbox)
    await upgraded.say('STARTTLS')
    await upgraded.startTls()
    const inData = await greeted(sandbox)
    await inData.say('MAIL FROM:<>')
    await inData.say('RCPT TO:<bob@sandbox.test>')
    await inData.say('DATA')
    inData.send('half a mess')
    const waiting = await greeted(sandbox)
    await waiting.say('MAIL FROM:<>')
    waiting.send('RCPT TO:<slow@sandbox.test>\r\n')
    const shaking = connectTcp(sandbox.smtpsPort, '127.0.0.1')
    await once(shaking, 'connect')
    const cutOff = once(shaking, 'close')
    await sandbox.close()
    for (const client of [...clients, upgraded, inData, waiting]) {
      await client.rest()
      await client.end()
    }
    await cutOff
    const refused = connectTcp(sandbox.smtpPort, '127.0.0.1')
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
    expect(await openHandles()).toBe(before)
    await sandbox.close()
  })

  test('a port that is taken is told, and nothing stays behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const before = await openHandles()
    await expect(startSandbox({ ports: { pop3s: port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(await openHandles()).toBe(before)
    taken.close()
  })

  test('ports that were asked for are taken', async () => {
    const first = await startSandbox()
    const { smtpPort } = first
    await first.close()
    const second = await startSandbox({ ports: { smtp: smtpPort } })
    expect(second.smtpPort).toBe(smtpPort)
    await second.close()
  })
})

describe('limits', () => {
  test('one connection too many is told so, and there is room again when one ends', async () => {
    const sandbox = await startSandbox({ maxConnections: 1 })
    const first = await greeted(sandbox)
    const second = await Client.open(sandbox, 'smtpPort')
    expect(await second.rest()).toBe('421 4.7.0 sandbox.test Error: too many connections\r\n')
    await second.end()
    await opened(sandbox)
    const third = await Client.openTls(sandbox, 'pop3sPort')
    expect(await third.rest()).toBe('-ERR [SYS/TEMP] Too many connections, try again later.\r\n')
    expect(await first.say('QUIT')).toBe('221 2.0.0 Bye')
    await first.end()
    let greeting = ''
    for (let i = 0; i < 50 && !greeting.startsWith('220'); i += 1) {
      const next = await Client.open(sandbox, 'smtpPort')
      greeting = await next.line()
      await next.end()
    }
    expect(greeting).toMatch(/^220/)
    await sandbox.close()
  })

  test('a session that went over to TLS gives its place back as well', async () => {
    const sandbox = await startSandbox({ maxConnections: 2 })
    for (let i = 0; i < 6; i += 1) {
      const mailbox = await opened(sandbox)
      expect(await mailbox.say('QUIT')).toBe('+OK Logging out.')
      await mailbox.end()
      const smtp = await greeted(sandbox)
      await smtp.say('STARTTLS')
      await smtp.startTls()
      expect(await smtp.say('QUIT')).toBe('221 2.0.0 Bye')
      await smtp.end()
    }
    await sandbox.close()
  })

  test('far too many connections are dropped without a word', async () => {
    const sandbox = await startSandbox({ maxConnections: 1 })
    const clients = [await greeted(sandbox), await Client.open(sandbox, 'smtpPort')]
    const third = await Client.open(sandbox, 'smtpPort')
    expect(await third.rest()).toBe('')
    await Promise.all([...clients, third].map((client) => client.end()))
    await sandbox.close()
  })

  test('who lingers when all is said is cut off', async () => {
    const sandbox = await startSandbox({ idleMs: 40 })
    const client = await Client.open(sandbox, 'smtpPort')
    await client.line()
    expect(await client.say('QUIT')).toBe('221 2.0.0 Bye')
    const closed = new Promise((resolve) => client.socket.once('close', resolve))
    client.send('x')
    await client.rest()
    const poke = setInterval(() => client.send('x'), 10)
    await closed
    clearInterval(poke)
    await sandbox.close()
  })

  test('who is silent is told so and let go, also in the middle of a message', async () => {
    const sandbox = await startSandbox({ idleMs: 40 })
    const smtp = await Client.open(sandbox, 'smtpPort')
    const pop3 = await Client.open(sandbox, 'pop3Port')
    await smtp.line()
    await pop3.line()
    expect(await smtp.rest()).toBe('421 4.4.2 sandbox.test Error: timeout exceeded\r\n')
    expect(await pop3.rest()).toBe('-ERR Disconnected for inactivity.\r\n')
    const inData = await greeted(sandbox)
    await inData.say('MAIL FROM:<>')
    await inData.say('RCPT TO:<bob@sandbox.test>')
    await inData.say('DATA')
    inData.send('x\r\n')
    expect(await inData.rest()).toBe('421 4.4.2 sandbox.test Error: timeout exceeded\r\n')
    await sandbox.close()
  })

  test.each(['smtpsPort', 'pop3sPort'] as const)(
    'who ends its side, or speaks plainly, where TLS is expected (%s) is let go',
    async (port) => {
      const sandbox = await startSandbox()
      for (const said of ['', 'EHLO probe.example\r\n']) {
        const socket = connectTcp({ port: sandbox[port], host: '127.0.0.1' })
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.on('error', () => {})
        socket.resume()
        if (said === '') socket.end()
        else socket.write(said)
        await closed
      }
      await sandbox.close()
    },
  )

  test('content waits for a client that does not read', async () => {
    const written: (() => void)[] = []
    const stuck = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => void written.push(done) })
    const socket = Object.assign(stuck, { setNoDelay: () => {}, setTimeout: () => {} }) as unknown as Socket
    const connection = new Connection(socket, { maxLineOctets: 100, idleMs: 1000 })
    let sent = 0
    const sending = (async () => {
      for (; sent < 3; sent += 1) await connection.send(Buffer.alloc(65_536))
    })()
    for (const expected of [0, 1, 2]) {
      await new Promise(setImmediate)
      expect({ sent, written: written.length }).toEqual({ sent: expected, written: expected + 1 })
      written.at(-1)?.()
    }
    await sending
    expect(sent).toBe(3)
  })
})

describe('hostile input', () => {
  test('whatever is said, the next client is served', async () => {
    const sandbox = await startSandbox({ maxErrors: 1000 })
    const word = fc.oneof(
      fc.constantFrom(
        'EHLO x',
        'MAIL FROM:<a@b.test>',
        'RCPT TO:<bob@sandbox.test>',
        'DATA',
        '.',
        'RSET',
        'AUTH PLAIN',
        'VRFY',
        'STLS',
        'APOP',
        'TOP 1 1',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    const said = fc.array(fc.tuple(word, fc.constantFrom('\r\n', '\n', '\r', '\0', ' ')), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(
        said,
        fc.constantFrom('smtpPort' as const, 'pop3Port' as const),
        async (words, port) => {
          const client = await Client.open(sandbox, port)
          client.socket.end(words.map(([text, end]) => text + end).join(''))
          const answered = await client.rest()
          for (const line of answered.split('\r\n').slice(0, -1))
            expect(line).toMatch(/^(?:\d{3}[ -]|\+OK|-ERR|\+ |[A-Z.])[ -~]*$/u)
        },
      ),
      { numRuns: 60 },
    )
    const client = await greeted(sandbox)
    expect(await sendMessage(client, 'bob@sandbox.test', 'x\r\n')).toMatch(/^250/)
    await sandbox.close()
  })
})

describe('small parts', () => {
  test('TOP is the same wherever the blocks end', () => {
    const message = Buffer.from('A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\n')
    for (const [lines, expected] of [
      [0, 'A: 1\r\nB: 2\r\n\r\n'],
      [1, 'A: 1\r\nB: 2\r\n\r\none\r\n'],
      [2, 'A: 1\r\nB: 2\r\n\r\none\r\n\r\n'],
      [9, message.toString()],
    ] as const) {
      for (let cut = 0; cut <= message.length; cut += 1) {
        const blocks = [message.subarray(0, cut), message.subarray(cut)]
        expect(Buffer.concat([...topOf(blocks, lines)]).toString()).toBe(expected)
      }
    }
  })

  test.each([
    ['FROM:<>', ''],
    ['from:<a@b.test>', 'a@b.test'],
    ['FROM:<@x.test,@y.test:a@b.test>', 'a@b.test'],
    ['FROM:<"a>b"@c.test>', '"a>b"@c.test'],
    ['FROM:<a@[IPv6:::1]>', 'a@[IPv6:::1]'],
    ['FROM:<a@b.test> SIZE=1 BODY=8BITMIME', 'a@b.test'],
  ])('%s is a path', (argument, address) => {
    const given = pathArgument('FROM', argument)
    expect(typeof given === 'string' ? given : given.path.address).toBe(address)
  })

  test.each([
    '<a@b.test',
    'a@b.test',
    '<a@b.test>x',
    '<a..b@c.test>',
    '<a b@c.test>',
    '<a@b@c.test>',
    '<a@>',
    '<a\x01@b.test>',
  ])('%s is none', (path) => expect(pathArgument('FROM', `FROM:${path}`)).toBe('bad-address'))

  test('every character has an address of its own in its role, and a line about it', () => {
    expect(new Set(CHARACTERS.map(({ role, address }) => `${role} ${address}`)).size).toBe(CHARACTERS.length)
    for (const { shows } of CHARACTERS) expect(shows).toMatch(/^[A-Z].{10,140}\.$/)
  })
})

/** Servers and sockets that the process has; closed ones are gone a turn of the event loop later. */
async function openHandles(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
  return process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|TLS)/.test(kind)).length
}
