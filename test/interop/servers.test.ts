import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accounts } from './support/accounts.ts'
import { Conversation } from './support/conversation.ts'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { interop, obstacle } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'

const { alice, bob, carol, dave, erin } = accounts

describe('where real mail servers cannot be started', () => {
  test('the missing packages are named, with the command that installs them', () => {
    const exists = (path: string) => !path.includes('dovecot')
    expect(obstacle({ exists, uid: 0 })).toBe(
      'not installed: dovecot-pop3d, dovecot-lmtpd (apt-get install dovecot-pop3d dovecot-lmtpd)',
    )
  })

  test('somebody who is not root is told so', () => {
    expect(obstacle({ exists: () => true, uid: 1000 })).toBe('Postfix and Dovecot start as root only')
    expect(obstacle({ exists: () => true, uid: 0 })).toBeUndefined()
  })
})

interop('real mail servers', () => {
  let lab: Lab
  const open: Conversation[] = []

  beforeAll(async () => {
    lab = await startLab()
  })
  afterAll(async () => {
    for (const conversation of open) conversation.close()
    await lab.stop()
  })

  function talk(port: number, host?: string): Conversation {
    const conversation = Conversation.inTheClear(port, host)
    open.push(conversation)
    return conversation
  }

  async function smtp(port: number): Promise<Conversation> {
    const conversation = talk(port)
    expect(await conversation.smtp()).toBe('220 mail.lab.test ESMTP Postfix\r\n')
    await conversation.smtp('EHLO client.test')
    return conversation
  }

  async function login(dovecot: Pick<Dovecot, 'host' | 'pop3'>, { name, password } = alice as Login) {
    const conversation = talk(dovecot.pop3, dovecot.host)
    expect(await conversation.pop3()).toMatch(/^\+OK Dovecot \(Debian\) ready\. <.+@.+>\r\n$/)
    expect(await conversation.pop3(`USER ${name}`)).toBe('+OK\r\n')
    return { conversation, answer: await conversation.pop3(`PASS ${password}`) }
  }

  /** The one message of a mailbox, waited for while Postfix brings it. */
  async function delivered(to: Login): Promise<string> {
    for (;;) {
      const { conversation } = await login(lab.dovecot, to)
      const list = await conversation.pop3Lines('LIST')
      const message = list.startsWith('+OK 0') ? undefined : await conversation.pop3Lines('RETR 1')
      await conversation.pop3('QUIT')
      if (message !== undefined) return message
      await passed(20)
    }
  }

  describe('Postfix', () => {
    test('as an MX it offers STARTTLS and no AUTH', async () => {
      const conversation = talk(lab.postfix.smtp)
      await conversation.smtp()
      const reply = await conversation.smtp('EHLO client.test')
      expect(
        reply
          .replaceAll(/250[- ]/g, '')
          .trim()
          .split('\r\n'),
      ).toEqual(
        'mail.lab.test,PIPELINING,SIZE 20971520,VRFY,ETRN,STARTTLS,ENHANCEDSTATUSCODES,8BITMIME,DSN,SMTPUTF8,CHUNKING'.split(
          ',',
        ),
      )
    })

    test.each([
      ['someone@other.test', '554 5.7.1 <someone@other.test>: Relay access denied'],
      [
        'nosuchuser@lab.test',
        '550 5.1.1 <nosuchuser@lab.test>: Recipient address rejected: User unknown in virtual mailbox table',
      ],
      [
        'greylisted@lab.test',
        '450 4.2.0 <greylisted@lab.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/lab.test.html',
      ],
      [
        'busy@lab.test',
        '450 4.2.1 <busy@lab.test>: Recipient address rejected: The mailbox is temporarily unavailable',
      ],
      ['full@lab.test', '552 5.2.2 <full@lab.test>: Recipient address rejected: Mailbox is full'],
      ['closed@lab.test', '550 5.2.1 <closed@lab.test>: Recipient address rejected: Mailbox disabled'],
      [
        'moved@lab.test',
        '550 5.1.6 <moved@lab.test>: Recipient address rejected: User has moved to moved-to@other.test',
      ],
      ['alice@lab.test', '250 2.1.5 Ok'],
      ['postmaster', '250 2.1.5 Ok'],
    ])('answers a recipient %s with %s', async (recipient, reply) => {
      const conversation = await smtp(lab.postfix.smtp)
      await conversation.smtp('MAIL FROM:<x@sender.test>')
      expect(await conversation.smtp(`RCPT TO:<${recipient}>`)).toBe(`${reply}\r\n`)
    })

    test.each([
      ['x@blocked.example', '554 5.7.1 <x@blocked.example>: Sender address rejected: Access denied'],
      [
        'spammer@blocked.example',
        '550 5.7.1 <spammer@blocked.example>: Sender address rejected: Sender blocked by policy',
      ],
    ])('refuses the sender %s at RCPT', async (sender, reply) => {
      const conversation = await smtp(lab.postfix.smtp)
      expect(await conversation.smtp(`MAIL FROM:<${sender}>`)).toBe('250 2.1.0 Ok\r\n')
      expect(await conversation.smtp('RCPT TO:<alice@lab.test>')).toBe(`${reply}\r\n`)
    })

    test.each([
      ['a header', 'Subject: please refuse this content\r\n\r\ntext'],
      ['a body', 'Subject: x\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'],
    ])('refuses a message for %s', async (_what, message) => {
      const conversation = await smtp(lab.postfix.smtp)
      await conversation.smtp('MAIL FROM:<x@sender.test>')
      await conversation.smtp('RCPT TO:<alice@lab.test>')
      await conversation.smtp('DATA')
      expect(await conversation.smtp(`${message}\r\n.`)).toBe('550 5.7.1 message content rejected\r\n')
    })

    test('brings a message into the mailbox in Dovecot', async () => {
      const conversation = await smtp(lab.postfix.smtp)
      await conversation.smtp('MAIL FROM:<x@sender.test>')
      await conversation.smtp(`RCPT TO:<${bob.address}>`)
      expect(await conversation.smtp('DATA')).toBe('354 End data with <CR><LF>.<CR><LF>\r\n')
      expect(await conversation.smtp('Subject: one\r\n\r\nline\r\n..dot\r\n.')).toMatch(
        /^250 2\.0\.0 Ok: queued as \w+\r\n$/,
      )
      expect(await conversation.smtp('QUIT')).toBe('221 2.0.0 Bye\r\n')
      const message = await delivered(bob)
      expect(message).toContain('Return-Path: <x@sender.test>\r\n')
      expect(message).toMatch(/Subject: one\r\n[\s\S]*\r\n\r\nline\r\n\.\.dot\r\n\.\r\n$/)
    })

    test('wants TLS and a login for submission, and relays after both', async () => {
      const conversation = await smtp(lab.postfix.submission)
      expect(await conversation.smtp('MAIL FROM:<alice@lab.test>')).toBe(
        '530 5.7.0 Must issue a STARTTLS command first\r\n',
      )
      expect(await conversation.smtp('STARTTLS')).toBe('220 2.0.0 Ready to start TLS\r\n')
      conversation.startTls(lab.authority.cert)
      expect(await conversation.smtp('EHLO client.test')).toContain(
        '250-AUTH PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256\r\n',
      )
      expect(conversation.authorized).toBe(true)
      await conversation.smtp('MAIL FROM:<alice@lab.test>')
      expect(await conversation.smtp('RCPT TO:<someone@other.test>')).toBe(
        '554 5.7.1 <someone@other.test>: Recipient address rejected: Access denied\r\n',
      )
      await conversation.smtp('RSET')
      expect(await conversation.smtp(`AUTH PLAIN ${plain(alice.name, 'wrong')}`)).toMatch(
        /^535 5\.7\.8 Error: authentication failed: /,
      )
      expect(await conversation.smtp(`AUTH PLAIN ${plain(alice.name, alice.password)}`)).toBe(
        '235 2.7.0 Authentication successful\r\n',
      )
      await conversation.smtp('MAIL FROM:<alice@lab.test>')
      expect(await conversation.smtp('RCPT TO:<someone@other.test>')).toBe('250 2.1.5 Ok\r\n')
    })

    test('speaks TLS from the first octet on smtps', async () => {
      const conversation = Conversation.overTls(lab.postfix.smtps, lab.authority.cert)
      open.push(conversation)
      expect(await conversation.smtp()).toBe('220 mail.lab.test ESMTP Postfix\r\n')
      await conversation.smtp('EHLO client.test')
      expect(await conversation.smtp(`AUTH PLAIN ${plain(carol.address, carol.password)}`)).toMatch(/^235 /)
    })

    test('takes a login in the clear on one port', async () => {
      const conversation = await smtp(lab.postfix.plainAuth)
      expect(await conversation.smtp('STARTTLS')).toBe('502 5.5.1 Error: command not implemented\r\n')
      expect(await conversation.smtp(`AUTH PLAIN ${plain(dave.name, dave.password)}`)).toMatch(/^235 /)
    })

    test('keeps what it logged', () => {
      expect(lab.postfix.log()).toContain('postfix/master')
    })
  })

  describe('Dovecot', () => {
    test('gives back what lies in a mailbox, over STLS and octet for octet', async () => {
      lab.dovecot.put(erin.name, 'Subject: two\r\n\r\n.dot\r\n')
      const conversation = talk(lab.dovecot.pop3)
      await conversation.pop3()
      expect(await conversation.pop3('STLS')).toBe('+OK Begin TLS negotiation now.\r\n')
      conversation.startTls(lab.authority.cert)
      expect(await conversation.pop3(`USER ${erin.name}`)).toBe('+OK\r\n')
      expect(conversation.authorized).toBe(true)
      expect(await conversation.pop3(`PASS ${erin.password}`)).toBe('+OK Logged in.\r\n')
      expect(await conversation.pop3Lines('RETR 1')).toBe(
        '+OK 22 octets\r\nSubject: two\r\n\r\n..dot\r\n.\r\n',
      )
    })

    test('speaks TLS from the first octet on pop3s', async () => {
      const conversation = Conversation.overTls(lab.dovecot.pop3s, lab.authority.cert)
      open.push(conversation)
      expect(await conversation.pop3()).toMatch(/^\+OK Dovecot /)
    })

    test.each([
      ['suspended', accounts.suspended, '-ERR [AUTH] Account_suspended\r\n'],
      ['wrong', { ...alice, password: 'wrong' }, '-ERR [AUTH] Authentication failed.\r\n'],
    ])('refuses a login that is %s', async (_what, who, refusal) => {
      expect((await login(lab.dovecot, who)).answer).toBe(refusal)
    })

    test('answers LMTP for each recipient by itself', async () => {
      const conversation = talk(lab.dovecot.lmtp)
      expect(await conversation.smtp()).toBe('220 mail.lab.test Dovecot (Debian) ready.\r\n')
      await conversation.smtp('LHLO client.test')
      await conversation.smtp('MAIL FROM:<x@sender.test>')
      expect(await conversation.smtp('RCPT TO:<nosuchuser@lab.test>')).toBe(
        "550 5.1.1 <nosuchuser@lab.test> User doesn't exist: nosuchuser@lab.test\r\n",
      )
      await conversation.smtp('RCPT TO:<full@lab.test>')
      await conversation.smtp('RCPT TO:<alice@lab.test>')
      await conversation.smtp('DATA')
      expect(await conversation.smtp('Subject: x\r\n\r\ntext\r\n.')).toBe(
        '552 5.2.2 <full@lab.test> Quota exceeded (mailbox for user is full)\r\n',
      )
      expect(await conversation.smtp()).toMatch(/^250 2\.0\.0 <alice@lab\.test> .+ Saved\r\n$/)
    })

    test('can refuse passwords in the clear, and a second session of a mailbox', async () => {
      const certificate = await lab.authority.issue({ names: ['mail.lab.test'] })
      const [strict, single] = await Promise.all([
        startDovecot({ certificate, plaintext: 'refused' }),
        startDovecot({ certificate, secondSession: 'refused' }),
      ])
      try {
        const conversation = talk(strict.pop3, strict.host)
        await conversation.pop3()
        expect(await conversation.pop3('USER alice')).toBe(
          '-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.\r\n',
        )
        const first = await login(single)
        expect(first.answer).toBe('+OK Logged in.\r\n')
        await first.conversation.pop3('STAT')
        expect((await login(single)).answer).toMatch(/^-ERR \[IN-USE\] /)
      } finally {
        await Promise.all([strict.stop(), single.stop()])
      }
    })
  })

  test('a server is gone after stop(), and so is its folder', async () => {
    const certificate = await lab.authority.issue({ names: ['mail.lab.test'] })
    const dovecot = await startDovecot({ certificate })
    await dovecot.stop()
    expect(existsSync(dovecot.folder)).toBe(false)
    expect(await refuses(dovecot.pop3)).toBe(true)
  })

  test('a configuration that a server refuses is said in its own words', async () => {
    const certificate = await lab.authority.issue({ names: ['mail.lab.test'] })
    await expect(startDovecot({ certificate, settings: { no_such_setting: '1' } })).rejects.toThrow(
      'Unknown setting: no_such_setting',
    )
  })

  test('a test run that is killed leaves no server behind', async () => {
    const script = `
      import { startLab } from './test/interop/support/lab.ts'
      const { postfix, dovecot } = await startLab()
      console.log(JSON.stringify({ smtp: postfix.smtp, pop3: dovecot.pop3, folders: [postfix.folder, dovecot.folder] }))`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(run.stdout, 'data')) as [Buffer]
    const { smtp, pop3, folders } = JSON.parse(line.toString()) as {
      smtp: number
      pop3: number
      folders: string[]
    }
    expect(await refuses(smtp)).toBe(false)
    run.kill('SIGKILL')
    while (folders.some((folder) => existsSync(folder))) await passed(20)
    expect(await refuses(smtp)).toBe(true)
    expect(await refuses(pop3)).toBe(true)
  })
})

interface Login {
  readonly name: string
  readonly password: string
}

function plain(user: string, password: string): string {
  return Buffer.from(`\0${user}\0${password}`).toString('base64')
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })
}
