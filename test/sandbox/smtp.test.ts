import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CHARACTERS } from '../../src/sandbox/characters.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { ALICE, Client, greeted, loggedIn, opened, sendMessage } from './client.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox({ maxMessageOctets: 2000, maxRecipients: 3, lateMs: 5 })
})
afterEach(() => sandbox.close())

async function begun(): Promise<Client> {
  const client = await greeted(sandbox)
  await client.say('MAIL FROM:<carol@elsewhere.test>')
  return client
}

describe('the greeting and EHLO', () => {
  test('say who is there and what is offered in the clear', async () => {
    const client = await Client.open(sandbox, 'smtpPort')
    expect(await client.reply()).toBe('220 sandbox.test ESMTP Mailwire sandbox')
    expect(await client.say('EHLO probe.example')).toBe(
      '250-sandbox.test\n250-PIPELINING\n250-SIZE 2000\n250-VRFY\n250-STARTTLS\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250 SMTPUTF8',
    )
    expect(await client.say('QUIT')).toBe('221 2.0.0 Bye')
    expect(await client.rest()).toBe('')
  })

  test('offer AUTH only inside TLS', async () => {
    const client = await Client.openTls(sandbox, 'smtpsPort')
    await client.reply()
    const offered = await client.say('EHLO probe.example')
    expect(offered).toContain('250-AUTH PLAIN LOGIN')
    expect(offered).not.toContain('STARTTLS')
  })

  test('HELO is answered without extensions, and knows no parameters', async () => {
    const client = await Client.open(sandbox, 'smtpPort')
    await client.reply()
    expect(await client.say('HELO probe.example')).toBe('250 sandbox.test')
    expect(await client.say('MAIL FROM:<a@b.test> SIZE=1')).toBe('555 5.5.4 Unsupported option: SIZE=1')
    expect(await client.say('AUTH PLAIN')).toBe('503 5.5.1 Error: authentication not enabled')
  })
})

describe('characters', () => {
  const words = (reply: string, address: string): string =>
    reply.replaceAll('{address}', address).replaceAll('{client}', '127.0.0.1')

  for (const { address, role, stage, answer, shows } of CHARACTERS) {
    if (answer.kind !== 'reply' || !address.includes('@')) continue
    test(`${address} as ${role} is answered at ${stage}: ${shows}`, async () => {
      const client = await greeted(sandbox)
      const mail = await client.say(`MAIL FROM:<${role === 'sender' ? address : 'carol@elsewhere.test'}>`)
      if (stage === 'mail') return expect(mail).toBe(words(answer.reply, address))
      const rcpt = await client.say(`RCPT TO:<${address}>`)
      if (stage === 'rcpt') return expect(rcpt).toBe(words(answer.reply, address))
      expect(rcpt).toBe('250 2.1.5 Ok')
      await client.say('DATA')
      client.send('Subject: x\r\n\r\nx\r\n.\r\n')
      expect(await client.reply()).toBe(words(answer.reply, address))
      expect(await client.say('NOOP')).toBe('250 2.0.0 Ok')
      const mailbox = await opened(sandbox)
      expect(await mailbox.say('STAT')).toMatch(/^\+OK 1 /)
    })
  }

  test('a sender character is known whatever its domain, and in any case', async () => {
    const client = await greeted(sandbox)
    expect(await client.say('MAIL FROM:<Rejected-Sender@other.test>')).toBe(
      '550 5.7.1 <Rejected-Sender@other.test>: Sender address rejected: Sender blocked by policy',
    )
  })

  test('after 421 the connection is closed', async () => {
    const client = await begun()
    expect(await client.say('RCPT TO:<shutting-down@sandbox.test>')).toMatch(/^421 4\.3\.2/)
    expect(await client.rest()).toBe('')
  })

  test('disconnect delivers to bob and hangs up in place of the reply', async () => {
    const client = await begun()
    await client.say('RCPT TO:<disconnect@sandbox.test>')
    await client.say('DATA')
    client.send('Subject: who knows\r\n\r\nx\r\n.\r\n')
    expect(await client.rest()).toBe('')
    const mailbox = await opened(sandbox)
    const { raw } = await mailbox.multiline('RETR 2')
    expect(raw.toString()).toContain(
      'X-Original-To: disconnect@sandbox.test\r\nDelivered-To: bob@sandbox.test\r\n',
    )
  })

  test('slow answers late and delivers to bob', async () => {
    const late = await startSandbox({ lateMs: 60 })
    const client = await greeted(late)
    await client.say('MAIL FROM:<carol@elsewhere.test>')
    const asked = performance.now()
    expect(await client.say('RCPT TO:<slow@sandbox.test>')).toBe('250 2.1.5 Ok')
    expect(performance.now() - asked).toBeGreaterThan(50)
    await late.close()
    const again = await greeted(sandbox)
    expect(await sendMessage(again, 'slow@sandbox.test', 'x\r\n')).toMatch(/^250 2\.0\.0/)
    const mailbox = await opened(sandbox)
    expect(await mailbox.say('STAT')).toMatch(/^\+OK 2 /)
  })

  test('any unknown name is an unknown user, and any other domain is relaying', async () => {
    const client = await begun()
    expect(await client.say('RCPT TO:<nosuchuser@sandbox.test>')).toBe(
      '550 5.1.1 <nosuchuser@sandbox.test>: Recipient address rejected: User unknown in virtual mailbox table',
    )
    expect(await client.say('RCPT TO:<busy@sandbox.test>')).toMatch(/^550 5\.1\.1/)
    expect(await client.say('RCPT TO:<x@[192.0.2.1]>')).toBe('554 5.7.1 <x@[192.0.2.1]>: Relay access denied')
    expect(await client.say('RCPT TO:<x@notsandbox.test>')).toMatch(/^554 5\.7\.1/)
  })
})

describe('login', () => {
  test('lets mail for other domains in, keeps it in the own mailbox and says so', async () => {
    const client = await loggedIn(sandbox)
    expect(await client.say('MAIL FROM:<alice@sandbox.test>')).toBe('250 2.1.0 Ok')
    expect(await client.say('RCPT TO:<relay@elsewhere.test>')).toBe('250 2.1.5 Ok')
    await client.say('DATA')
    client.send('Subject: out\r\n\r\nx\r\n.\r\n')
    expect(await client.reply()).toMatch(
      /^250 2\.0\.0 Ok: queued as [0-9A-F]{10} \(sandbox: not relayed, kept in alice's mailbox\)$/,
    )
    const mailbox = await opened(sandbox, 'alice')
    const { raw } = await mailbox.multiline('RETR 2')
    expect(raw.toString()).toContain(
      'X-Original-To: relay@elsewhere.test\r\nDelivered-To: alice@sandbox.test\r\n',
    )
    expect(raw.toString()).toContain('with ESMTPSA id ')
  })

  test("another's address is no sender for whoever is logged in", async () => {
    const client = await loggedIn(sandbox)
    expect(await client.say('MAIL FROM:<bob@sandbox.test>')).toBe(
      '553 5.7.1 <bob@sandbox.test>: Sender address rejected: not owned by user alice',
    )
    expect(await client.say('MAIL FROM:<sender-not-allowed@sandbox.test>')).toContain(
      'not owned by user alice',
    )
    expect(await client.say('MAIL FROM:<>')).toBe('250 2.1.0 Ok')
  })

  test.each([
    ['PLAIN with an initial response', [`AUTH PLAIN ${ALICE}`], '235 2.7.0 Authentication successful'],
    ['PLAIN without one', ['AUTH PLAIN', ALICE], '235 2.7.0 Authentication successful'],
    [
      'LOGIN with the full address',
      ['AUTH LOGIN', b64('alice@sandbox.test'), b64('sandbox')],
      '235 2.7.0 Authentication successful',
    ],
    [
      'LOGIN with an initial response',
      [`auth login ${b64('ALICE')}`, b64('sandbox')],
      '235 2.7.0 Authentication successful',
    ],
    [
      'a wrong password',
      [`AUTH PLAIN ${b64('\0alice\0wrong')}`],
      '535 5.7.8 Error: authentication failed: (reason unavailable)',
    ],
    [
      'an unknown user',
      [`AUTH PLAIN ${b64('\0mallory\0sandbox')}`],
      '535 5.7.8 Error: authentication failed: (reason unavailable)',
    ],
    [
      'a foreign authorization identity',
      [`AUTH PLAIN ${b64('bob\0alice\0sandbox')}`],
      '535 5.7.8 Error: authentication failed: (reason unavailable)',
    ],
    [
      'what is not base64',
      ['AUTH PLAIN !!!'],
      '535 5.7.8 Error: authentication failed: Invalid base64 data in initial response',
    ],
    [
      'base64 with something else in it',
      [`AUTH PLAIN !${ALICE}`],
      '535 5.7.8 Error: authentication failed: Invalid base64 data in initial response',
    ],
    [
      'an empty initial response',
      ['AUTH PLAIN ='],
      '535 5.7.8 Error: authentication failed: Invalid base64 data in initial response',
    ],
    ['a cancellation', ['AUTH LOGIN', '*'], '501 5.7.0 Authentication aborted'],
    [
      'an unknown mechanism',
      ['AUTH GSSAPI'],
      '535 5.7.8 Error: authentication failed: Invalid authentication mechanism',
    ],
    [
      'a user whose login cannot be checked',
      [`AUTH PLAIN ${b64('\0temporary\0sandbox')}`],
      '454 4.7.0 Temporary authentication failure',
    ],
  ])('%s', async (_, steps, expected) => {
    const client = await Client.openTls(sandbox, 'smtpsPort')
    await client.reply()
    await client.say('EHLO probe.example')
    let reply = ''
    for (const step of steps) reply = await client.say(step)
    expect(reply).toBe(expected)
  })

  test('is not to be had twice, nor in a transaction, nor in the clear', async () => {
    const client = await loggedIn(sandbox)
    expect(await client.say(`AUTH PLAIN ${ALICE}`)).toBe('503 5.5.1 Error: already authenticated')
    const clear = await greeted(sandbox)
    expect(await clear.say(`AUTH PLAIN ${ALICE}`)).toBe('530 5.7.0 Must issue a STARTTLS command first')
    const busy = await Client.openTls(sandbox, 'smtpsPort')
    await busy.reply()
    await busy.say('EHLO probe.example')
    await busy.say('MAIL FROM:<>')
    expect(await busy.say(`AUTH PLAIN ${ALICE}`)).toBe('503 5.5.1 Error: MAIL transaction in progress')
  })
})

describe('STARTTLS', () => {
  test('upgrades, is verified by the given certificate alone, and forgets what was said before', async () => {
    const client = await greeted(sandbox)
    expect(await client.say('STARTTLS')).toBe('220 2.0.0 Ready to start TLS')
    const tls = await client.startTls()
    expect(tls.authorized).toBe(true)
    expect(await client.say('MAIL FROM:<>')).toBe('503 5.5.1 Error: send HELO/EHLO first')
    expect(await client.say('EHLO probe.example')).toContain('250-AUTH PLAIN LOGIN')
    expect(await client.say('STARTTLS')).toBe('554 5.5.1 Error: TLS already active')
    expect(await client.say(`AUTH PLAIN ${ALICE}`)).toBe('235 2.7.0 Authentication successful')
  })

  test('refuses octets that were sent in the clear behind it', async () => {
    const client = await greeted(sandbox)
    client.send('STARTTLS\r\nMAIL FROM:<injected@elsewhere.test>\r\n')
    expect(await client.rest()).toBe('503 5.5.0 <STARTTLS>: Improper use of SMTP command pipelining\r\n')
  })

  test('a client that speaks on in the clear after the 220 is cut off unheard', async () => {
    const client = await greeted(sandbox)
    await client.say('STARTTLS')
    client.send('EHLO injected.example\r\n')
    expect(await client.rest()).not.toContain('250')
  })

  test('a client that ends its side instead of shaking hands is let go', async () => {
    const client = await greeted(sandbox)
    client.socket.end('STARTTLS\r\n')
    expect(await client.rest()).toBe('220 2.0.0 Ready to start TLS\r\n')
  })

  test('takes no argument', async () => {
    const client = await greeted(sandbox)
    expect(await client.say('STARTTLS now')).toBe('501 5.5.4 Syntax: STARTTLS')
  })
})

describe('syntax and order', () => {
  test.each([
    ['MAIL FROM:alice@sandbox.test', '501 5.1.7 Bad sender address syntax'],
    ['MAIL alice', '501 5.5.4 Syntax: MAIL FROM:<address>'],
    ['MAIL FROM:<a@b.test> BAD=1', '555 5.5.4 Unsupported option: BAD=1'],
    ['MAIL FROM:<a@b.test> CONSTRUCTOR', '555 5.5.4 Unsupported option: CONSTRUCTOR'],
    ['MAIL FROM:<a@b.test> BODY=FOO', '555 5.5.4 Unsupported option: BODY=FOO'],
    ['MAIL FROM:<a@b.test> AUTH=<>', '555 5.5.4 Unsupported option: AUTH=<>'],
    ['MAIL FROM:<a@b.test> SIZE=2001', '552 5.3.4 Message size exceeds fixed limit'],
    ['MAIL FROM:<a@b.test> SIZE=2000 BODY=8BITMIME', '250 2.1.0 Ok'],
    ['MAIL FROM: <a@b.test>', '250 2.1.0 Ok'],
    ['MAIL FROM:<"a b>"@b.test>', '250 2.1.0 Ok'],
    ['MAIL FROM:<jörg@b.test>', '553 5.6.7 Must declare SMTPUTF8 to send unicode address'],
    ['MAIL FROM:<jörg@b.test> SMTPUTF8', '250 2.1.0 Ok'],
    [`MAIL FROM:<${'a'.repeat(250)}@b.test>`, '501 5.1.7 Bad sender address syntax'],
    ['RCPT TO:<bob@sandbox.test>', '503 5.5.1 Error: need MAIL command'],
    ['DATA', '503 5.5.1 Error: need RCPT command'],
    ['RSET', '250 2.0.0 Ok'],
    ['VRFY bob', '252 2.0.0 bob'],
    ['VRFY <alice@sandbox.test>', '252 2.0.0 alice@sandbox.test'],
    ['VRFY nobody', '550 5.1.1 <nobody>: Recipient address rejected: User unknown in virtual mailbox table'],
    ['VRFY', '501 5.5.4 Syntax: VRFY address'],
    ['EHLO', '501 Syntax: EHLO hostname'],
    ['EXPN list', '500 5.5.2 Error: command not recognized'],
    ['', '500 5.5.2 Error: bad syntax'],
    ['GET / HTTP/1.1', '221 2.7.0 Error: I can break rules, too. Goodbye.'],
  ])('%s', async (command, expected) => {
    const client = await greeted(sandbox)
    expect(await client.say(command)).toBe(expected)
  })

  test('recipients are judged one by one', async () => {
    const client = await begun()
    expect(await client.say('MAIL FROM:<>')).toBe('503 5.5.1 Error: nested MAIL command')
    expect(await client.say('DATA')).toBe('554 5.5.1 Error: no valid recipients')
    expect(await client.say('RCPT TO:<>')).toBe('501 5.1.3 Bad recipient address syntax')
    expect(await client.say('RCPT TO:<bob@sandbox.test> NOTIFY=NEVER')).toBe(
      '555 5.5.4 Unsupported option: NOTIFY=NEVER',
    )
    for (const to of ['<postmaster>', '<Bob@SANDBOX.test>', '<@relay.test:"alice"@sandbox.test>']) {
      expect(await client.say(`RCPT TO:${to}`)).toBe('250 2.1.5 Ok')
    }
    expect(await client.say('RCPT TO:<bob@sandbox.test>')).toBe('452 4.5.3 Error: too many recipients')
  })

  test('a line that is not UTF-8 is refused, and the session goes on', async () => {
    const client = await greeted(sandbox)
    client.send(Buffer.from('MAIL FROM:<j\xf6rg@b.test>\r\n', 'latin1'))
    expect(await client.reply()).toBe('500 5.5.2 Error: bad UTF-8 syntax')
    expect(await client.say('NOOP')).toBe('250 2.0.0 Ok')
  })

  test('too many errors and too long a line end the session', async () => {
    const client = await greeted(sandbox)
    for (let i = 0; i < 19; i += 1) expect(await client.say('FOO')).toMatch(/^500/)
    expect(await client.say('FOO')).toMatch(/^500/)
    expect(await client.reply()).toBe('421 4.7.0 sandbox.test Error: too many errors')
    expect(await client.rest()).toBe('')
    const long = await greeted(sandbox)
    long.send('A'.repeat(3000))
    expect(await long.rest()).toBe('500 5.5.2 Error: line too long\r\n')
  })

  test('refused recipients are no errors of the session', async () => {
    const client = await begun()
    for (let i = 0; i < 30; i += 1) await client.say('RCPT TO:<nosuchuser@sandbox.test>')
    expect(await client.say('RCPT TO:<bob@sandbox.test>')).toBe('250 2.1.5 Ok')
  })
})

function b64(text: string): string {
  return Buffer.from(text).toString('base64')
}
