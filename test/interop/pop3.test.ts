import { createHash } from 'node:crypto'
import type { Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { octetsOf } from '../support/mailbox.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { type Account, accounts, hostname } from './support/accounts.ts'
import { startBuiltService } from './support/built-service.ts'
import { Conversation } from './support/conversation.ts'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { interop } from './support/interop.ts'
import { MAILUTILS, type Mailutils, startMailutils } from './support/mailutils.ts'

const { alice, bob, carol, dave, erin, frank, suspended } = accounts

const MEGABYTE = 1_048_576

interface Graded {
  level: string
  code: string
}

interface Listed {
  number: number
  octets: number
  uid: string
}

/** A service that knows the servers by these names. */
async function serviceFor(servers: Record<string, object>, first: string): Promise<TestService> {
  return await startTestService({
    env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: first },
    files: { '/servers.json': JSON.stringify({ servers }) },
  })
}

interop('POP3, on a real Dovecot', () => {
  let dovecot: Dovecot
  let service: TestService
  let authority: Authority

  beforeAll(async () => {
    authority = await createAuthority()
    const certificate = await authority.issue({ names: [hostname, '127.0.0.1'] })
    dovecot = await startDovecot({ certificate })
    const tlsCa = authority.cert
    service = await serviceFor(
      {
        stls: { pop3: `pop3://127.0.0.1:${dovecot.pop3}`, tls: 'required', tlsCa },
        pop3s: { pop3: `pop3s://127.0.0.1:${dovecot.pop3s}`, tlsCa },
      },
      'stls',
    )
  })
  afterAll(async () => {
    await service.close()
    await dovecot.stop()
  })

  const get = (path: string, { name, password }: Account) => service.agent.get(path).auth(name, password)
  const remove = (path: string, { name, password }: Account) =>
    service.agent.delete(path).auth(name, password)
  const listed = async (account: Account): Promise<Listed[]> =>
    (await get('/pop3/messages', account).expect(200)).body.messages
  const raw = async (path: string, account: Account): Promise<Response> =>
    await get(path, account).accept('message/rfc822').buffer(true).parse(octetsOf).expect(200)

  describe('logging in', () => {
    const MECHANISMS = [
      'plain',
      'login',
      'cram-md5',
      'digest-md5',
      'scram-sha-1',
      'scram-sha-256',
      'apop',
      'user',
      'auto',
    ]
    for (const server of ['stls', 'pop3s']) {
      test.each(MECHANISMS)(`by %s, on ${server}`, async (auth) => {
        // one has blanks in the password, the other letters beyond ASCII
        for (const account of [bob, carol]) {
          const { body } = await get(`/pop3/stat?server=${server}&auth=${auth}`, account).expect(200)
          expect(body).toMatchObject({ outcome: 'ok', transcript: { tls: { trusted: true } } })
          if (auth !== 'auto') expect(body.auth.chosen).toBe(auth.toUpperCase())
        }
      })
    }

    test('login and command in one flight, and without PIPELINING one by one', async () => {
      const grouped = await get('/pop3/stat?server=pop3s&auth=user', bob).expect(200)
      // TCP, TLS 1.3, greeting, CAPA, and USER PASS STAT QUIT
      expect(grouped.body.transcript.roundTrips).toBe(5)
      const single = await get('/pop3/stat?server=pop3s&auth=user&pipelining=off', bob).expect(200)
      expect(single.body.transcript.roundTrips).toBe(8)
    })

    test('[AUTH]: a wrong password, whatever mechanism carries it', async () => {
      for (const auth of MECHANISMS) {
        const { body } = await service.agent
          .get(`/pop3/stat?auth=${auth}`)
          .auth(dave.name, 'not-daves-password')
          .expect(401)
        expect(body).toMatchObject({
          type: '/problems/credentials-rejected',
          stage: 'auth',
          reply: { responseCode: 'AUTH' },
        })
      }
    })

    test('an account that may not log in is told apart from a wrong password', async () => {
      const { body } = await get('/pop3/stat', suspended).expect(422)
      expect(body.type).toBe('/problems/account-disabled')
    })

    test('[IN-USE]: another session holds the mailbox', async () => {
      const other = Conversation.inTheClear(dovecot.pop3, dovecot.host)
      try {
        await other.pop3()
        await other.pop3(`USER ${erin.name}`)
        await other.pop3(`PASS ${erin.password}`)
        await other.pop3('STAT')
        const { body, headers } = await get('/pop3/stat', erin).expect(423)
        expect(body).toMatchObject({
          type: '/problems/mailbox-in-use',
          outcome: 'rejected',
          reply: { responseCode: 'IN-USE' },
        })
        expect(headers).toHaveProperty('retry-after')
      } finally {
        other.close()
      }
    })
  })

  test('capabilities in the clear, with TLS and behind the login', async () => {
    const { body } = await get('/pop3/capabilities', bob).expect(200)
    const keywords = (list: { keyword: string }[]) => list.map(({ keyword }) => keyword)
    const { before, afterTls, afterLogin } = body.capabilities
    expect(keywords(before)).toContain('STLS')
    expect(keywords(afterTls)).not.toContain('STLS')
    expect(keywords(afterTls)).toContain('SASL')
    expect(keywords(afterLogin)).toContain('PIPELINING')
    expect(keywords(afterLogin)).not.toContain('SASL')
    for (const { explanation } of [...before, ...afterTls, ...afterLogin]) expect(explanation).not.toBeNull()
    expect(body.apop).toMatch(/^<.+@.+>$/)
    expect(body.tls.certificate.names).toContain(hostname)
    expect(body.findings.map(({ level, code }: Graded) => `${level} ${code}`)).toEqual([
      'warning auth-in-the-clear',
    ])
    const anonymous = await service.agent.get('/pop3/capabilities?server=pop3s').expect(200)
    expect(anonymous.body.capabilities).toMatchObject({ before: [], afterLogin: [] })
    expect(anonymous.body.auth).toBeNull()
  })

  test('10,000 messages are listed, paged, and their headers read', async () => {
    for (let n = 1; n <= 10_000; n += 1) dovecot.put(alice.name, `Subject: number ${n}\r\n\r\nx\r\n`)
    const { body } = await get('/pop3/messages', alice).expect(200)
    expect(body).toMatchObject({ total: 10_000, selected: 10_000 })
    expect(new Set(body.messages.map(({ uid }: Listed) => uid)).size).toBe(10_000)
    expect(body.transcript.findings).toEqual([])
    const page = await get('/pop3/messages?offset=9990&limit=20&headers=subject', alice).expect(200)
    expect(page.body.messages).toHaveLength(10)
    expect(page.body.messages[9].headers.subject).toMatch(/^number \d+$/)
    const after = body.messages[9_997].uid
    const since = await get('/pop3/messages', alice).query({ after }).expect(200)
    expect(since.body.messages.map(({ number }: Listed) => number)).toEqual([9_999, 10_000])
  })

  test('8-bit octets, NUL, bare CR and LF, dots and lines of a megabyte are handed on as the server gives them', async () => {
    const odd = Buffer.concat([
      Buffer.from('Subject: odd\r\n\r\n.\r\n..\r\n.x\r\n'),
      Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)),
      Buffer.from(`\r\n${'y'.repeat(MEGABYTE)}\r\n\0\0\r\nlast\r\n`),
    ])
    dovecot.put(dave.name, odd)
    const response = await raw('/pop3/messages/1', dave)
    const given = response.body as Buffer
    expect(given.length).toBe((await listed(dave))[0]?.octets)
    // asked for by hand, the server's octets are these
    const other = Conversation.inTheClear(dovecot.pop3, dovecot.host)
    await other.pop3()
    await other.pop3(`USER ${dave.name}`)
    await other.pop3(`PASS ${dave.password}`)
    const said = await other.pop3Lines('RETR 1')
    other.close()
    const unstuffed = said
      .replace(/^.*\r\n/, '')
      .replace(/\.\r\n$/, '')
      .replace(/^\.|(?<=\r\n)\./g, '')
    expect(given.equals(Buffer.from(unstuffed, 'latin1'))).toBe(true)
    expect(given.includes(Buffer.from([0x7f, 0x80, 0x81, 0x82]))).toBe(true)
    const parsed = await get('/pop3/messages/1', dave).expect(200)
    expect(parsed.body).toMatchObject({ subject: 'odd', octets: given.length })
    await remove('/pop3/messages?all=true&expect=1', dave).expect(200)
  })

  test('50 MB are handed on octet for octet, in a process that does not hold them', async () => {
    const block = Buffer.from(`${'z'.repeat(70)}\r\n.dots\r\n\xff\x80\r\n`, 'latin1')
    const body = Buffer.alloc(50 * MEGABYTE, block)
    const message = Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), body, Buffer.from('\r\n')])
    dovecot.put(dave.name, message)
    const built = await startBuiltService({
      pop3s: { pop3: `pop3s://127.0.0.1:${dovecot.pop3s}`, tlsCa: authority.cert },
    })
    try {
      const login = Buffer.from(`${dave.name}:${dave.password}`).toString('base64')
      const at = (path: string, accept: string) =>
        fetch(`${built.url}${path}`, { headers: { Accept: accept, Authorization: `Basic ${login}` } })
      await (await at('/pop3/stat', 'application/json')).text()
      const before = built.peak()
      const digest = createHash('sha256')
      const answer = await at('/pop3/messages/1', 'message/rfc822')
      for await (const chunk of answer.body ?? []) digest.update(chunk)
      expect(digest.digest('hex')).toBe(createHash('sha256').update(message).digest('hex'))
      let octets = 0
      for await (const chunk of (await at('/pop3/messages', 'application/mbox')).body ?? [])
        octets += chunk.length
      expect(octets).toBeGreaterThan(47 * MEGABYTE)
      // what is in flight between the sockets, and not 50 MB
      expect(built.peak() - before).toBeLessThan(50)
      process.stderr.write(
        `50 MB by RETR and as mbox: ${before.toFixed(0)} MB before, ${built.peak().toFixed(0)} MB at the most\n`,
      )
    } finally {
      await built.stop()
    }
    await remove('/pop3/messages?all=true&expect=1', dave).expect(200)
    // it builds the service first
  }, 60_000)

  test('by number after another session changed the mailbox: refused by If-Match, done right by its unique-id', async () => {
    for (const subject of ['one', 'two', 'three']) dovecot.put(frank.name, `Subject: ${subject}\r\n\r\nx\r\n`)
    const [one, two, three] = await listed(frank)
    await remove(`/pop3/messages/uid:${one!.uid}`, frank).expect(200)
    // what was 2 is 1 now
    const moved = await remove('/pop3/messages/2', frank).set('If-Match', `"${two!.uid}"`).expect(412)
    expect(moved.body).toMatchObject({ type: '/problems/precondition-failed', committed: false })
    const right = await remove(`/pop3/messages/uid:${two!.uid}`, frank).expect(200)
    expect(right.body).toMatchObject({ deleted: [{ number: 1, uid: two!.uid }], committed: true })
    expect(await listed(frank)).toMatchObject([{ number: 1, uid: three!.uid }])
    await get('/pop3/messages/latest', frank).set('If-None-Match', `"${three!.uid}"`).expect(304)
  })

  test('several are deleted or none, exported, and waited for', async () => {
    for (let n = 1; n <= 25; n += 1) dovecot.put(frank.name, `Subject: many ${n}\r\n\r\nFrom here\r\n`)
    const before = await listed(frank)
    const mbox = await get('/pop3/messages', frank).accept('application/mbox').buffer(true).parse(octetsOf)
    expect((mbox.body as Buffer).toString().match(/^From /gm)).toHaveLength(before.length)
    const lines = await get('/pop3/messages?numbers=2-21', frank)
      .accept('application/x-ndjson')
      .buffer(true)
      .parse(octetsOf)
    expect((lines.body as Buffer).toString().trim().split('\n')).toHaveLength(20)
    await remove('/pop3/messages?numbers=2-21,99', frank).expect(404)
    expect(await listed(frank)).toEqual(before)
    const rehearsed = await remove('/pop3/messages?numbers=2-21&rehearse=true', frank).expect(200)
    expect(rehearsed.body.committed).toBe(false)
    const { body } = await remove('/pop3/messages?numbers=2-21', frank).expect(200)
    expect(body.deleted).toHaveLength(20)
    const left = await listed(frank)
    expect(left.map(({ uid }) => uid)).toEqual([before[0]!, ...before.slice(21)].map(({ uid }) => uid))
    const waiting = get('/pop3/messages/wait', frank)
      .query({ subject: 'awaited', after: left.at(-1)!.uid, timeout: '15000', interval: '300' })
      .then((response) => response)
    dovecot.put(frank.name, 'Subject: =?utf-8?q?long_awaited?=\r\n\r\nx\r\n')
    const arrived = await waiting
    expect([arrived.status, arrived.body.subject]).toEqual([200, 'long awaited'])
  })
})

interop(
  'POP3, on a real GNU Mailutils',
  () => {
    let mailutils: Mailutils
    let service: TestService

    beforeAll(async () => {
      const authority = await createAuthority()
      const certificate = await authority.issue({ names: [hostname, '127.0.0.1'] })
      mailutils = await startMailutils({ certificate })
      const tlsCa = authority.cert
      service = await serviceFor(
        {
          mailutils: { pop3: `pop3://127.0.0.1:${mailutils.pop3}`, tls: 'required', tlsCa },
        },
        'mailutils',
      )
    })
    afterAll(async () => {
      await service.close()
      await mailutils.stop()
    })

    const get = (path: string, { address, password }: Account) =>
      service.agent.get(path).auth(address, password)

    test('messages are listed, read and deleted', async () => {
      mailutils.put(alice.name, [
        'From: a@b.test\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\n.\n..\nhello\n',
        'From: a@b.test\nSubject: two\n\nworld\n',
      ])
      const listing = await get('/pop3/messages?headers=subject', alice).expect(200)
      expect(listing.body).toMatchObject({
        total: 2,
        messages: [{ headers: { subject: 'Grüße' } }, { headers: { subject: 'two' } }],
        auth: { chosen: 'USER' },
      })
      const [one, two] = listing.body.messages as Listed[]
      const read = await get(`/pop3/messages/uid:${encodeURIComponent(one!.uid)}`, alice).expect(200)
      expect(read.body).toMatchObject({ number: 1, subject: 'Grüße', text: '.\n..\nhello\n', uid: one!.uid })
      const octets = await get('/pop3/messages/2', alice)
        .accept('message/rfc822')
        .buffer(true)
        .parse(octetsOf)
        .expect(200)
      expect((octets.body as Buffer).toString()).toMatch(
        /^From: a@b\.test\r\nSubject: two\r\n[\s\S]*world\r\n$/,
      )
      const deleted = await service.agent
        .delete(`/pop3/messages/uid:${encodeURIComponent(one!.uid)}`)
        .auth(alice.address, alice.password)
        .expect(200)
      expect(deleted.body).toMatchObject({ deleted: [{ number: 1, uid: one!.uid }], committed: true })
      const { body } = await get('/pop3/messages', alice).expect(200)
      expect(body.messages).toMatchObject([{ number: 1, uid: two!.uid }])
      await get('/pop3/messages/9', alice).expect(404)
    })

    test('what it offers, oddities as they are', async () => {
      const { body } = await get('/pop3/capabilities', bob).expect(200)
      // its own spelling
      expect(body.capabilities.before).toContainEqual(
        expect.objectContaining({ keyword: 'EXPIRENEVER', explanation: null }),
      )
      expect(body.implementation).toMatch(/^GNU Mailutils/)
      expect(body.findings.map(({ level, code }: Graded) => `${level} ${code}`)).toEqual([
        'warning auth-in-the-clear',
      ])
    })

    test('a wrong password', async () => {
      const { body } = await service.agent
        .get('/pop3/stat')
        .auth(alice.address, 'not-her-password')
        .expect(401)
      expect(body.type).toBe('/problems/credentials-rejected')
    })
  },
  MAILUTILS,
)
