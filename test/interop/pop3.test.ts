import { afterAll, beforeAll, expect, test } from 'vitest'
import { octetsOf } from '../support/mailbox.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { accounts } from './support/accounts.ts'
import { interop } from './support/interop.ts'
import { type Lab, startLab } from './support/lab.ts'

const { alice, bob, carol, dave, erin, frank, suspended } = accounts

interop('a mailbox of Dovecot', () => {
  let lab: Lab
  let service: TestService

  beforeAll(async () => {
    lab = await startLab()
    const tlsCa = lab.authority.cert
    const servers = {
      stls: { pop3: `pop3://127.0.0.1:${lab.dovecot.pop3}`, tls: 'required', tlsCa },
      pop3s: { pop3: `pop3s://127.0.0.1:${lab.dovecot.pop3s}`, tlsCa },
      clear: { pop3: `pop3://127.0.0.1:${lab.dovecot.pop3}`, tls: 'off' },
    }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'stls' },
      files: { '/servers.json': JSON.stringify({ servers }) },
    })
  })
  afterAll(async () => {
    await service.close()
    await lab.stop()
  })

  const get = (path: string, user: { readonly name: string; readonly password: string }) =>
    service.agent.get(path).auth(user.name, user.password)
  const raw = (path: string, user: { readonly name: string; readonly password: string }) =>
    get(path, user).accept('message/rfc822').buffer(true).parse(octetsOf)
  const message = (subject: string, body = 'hello') =>
    `From: a@other.test\r\nTo: someone@lab.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x>\r\n\r\n${body}\r\n`

  test.each(['plain', 'login', 'cram-md5', 'digest-md5', 'scram-sha-1', 'scram-sha-256', 'user', 'apop'])(
    'a login by %s, by STLS, POP3S and in the clear where that shows nothing',
    async (mechanism) => {
      const exposes = ['plain', 'login', 'user'].includes(mechanism)
      for (const server of ['stls', 'pop3s', 'clear']) {
        const path = `/pop3/stat?server=${server}&auth=${mechanism}`
        if (server === 'clear' && exposes) {
          const { body } = await get(path, alice).expect(422)
          expect(body).toMatchObject({ type: '/problems/credentials-need-tls', auth: { tried: [] } })
          await get(`${path}&allowInsecureAuth=true`, alice).expect(200)
        } else {
          const { body } = await get(path, alice).expect(200)
          expect(body.auth).toMatchObject({ chosen: mechanism.toUpperCase() })
        }
      }
      const wrong = await get(`/pop3/stat?auth=${mechanism}`, {
        ...alice,
        password: 'not-hers-at-all',
      }).expect(401)
      expect(wrong.body).toMatchObject({
        type: '/problems/credentials-rejected',
        reply: { responseCode: 'AUTH' },
      })
    },
  )

  test('a suspended account is told as such', async () => {
    const { body } = await get('/pop3/stat', suspended).expect(422)
    expect(body.type).toBe('/problems/account-disabled')
  })

  test('login and command in one flight: the round trips of the floor', async () => {
    const { body } = await get('/pop3/stat?server=pop3s&auth=user', alice).expect(200)
    // connect, TLS, greeting, CAPA, and USER PASS STAT QUIT
    expect(body.transcript.roundTrips).toBe(5)
  })

  test('capabilities before and after TLS and login', async () => {
    const { body } = await get('/pop3/capabilities', alice).expect(200)
    const names = (list: { keyword: string }[]) => list.map(({ keyword }) => keyword)
    expect(names(body.capabilities.before)).toContain('STLS')
    expect(names(body.capabilities.afterTls)).not.toContain('STLS')
    expect(names(body.capabilities.afterLogin)).toContain('UIDL')
  })

  test('8-bit octets, lone dots and a missing line end come back as Dovecot has them', async () => {
    const body = Buffer.from('.\r\n..\r\n\xff\xfe 8 bit \xe4\r\nno line end', 'latin1')
    lab.dovecot.put('bob', Buffer.concat([Buffer.from(message('octets', '').slice(0, -2)), body]))
    const { body: octets } = await raw('/pop3/messages/1', bob).expect(200)
    const received = octets as Buffer
    expect(received.subarray(received.indexOf('\r\n\r\n') + 4).toString('latin1')).toBe(
      `${body.toString('latin1')}\r\n`,
    )
    const parsed = await get('/pop3/messages/latest', bob).expect(200)
    expect(parsed.body).toMatchObject({ number: 1, subject: 'octets' })
  })

  test('50 MB come back octet for octet', async () => {
    const line = 'Grüße aus dem Postfach, immer wieder dieselbe Zeile\r\n'
    const body = Buffer.from(line.repeat(Math.ceil((50 * 1_048_576) / Buffer.byteLength(line))))
    const whole = Buffer.concat([Buffer.from(message('large', '').slice(0, -2)), body])
    lab.dovecot.put('carol', whole)
    const { body: octets } = await raw('/pop3/messages/1', carol).expect(200)
    expect((octets as Buffer).equals(whole)).toBe(true)
  })

  test('10,000 messages are listed', async () => {
    for (let n = 1; n <= 10_000; n += 1) lab.dovecot.put('dave', message(`n${n}`))
    const { body } = await get('/pop3/messages?transcript=none', dave).expect(200)
    expect(body.total).toBe(10_000)
    expect(new Set(body.messages.map(({ uid }: { uid: string }) => uid)).size).toBe(10_000)
    const page = await get('/pop3/messages?transcript=none&limit=2&offset=9998&headers=subject', dave).expect(
      200,
    )
    expect(page.body.messages.map(({ number }: { number: number }) => number)).toEqual([9999, 10_000])
  })

  test('after another session changed the mailbox, a number is refused by If-Match and uid: deletes the right one', async () => {
    for (const subject of ['first', 'second', 'third']) lab.dovecot.put('erin', message(subject))
    const { body } = await get('/pop3/messages', erin).expect(200)
    const [first, second] = body.messages as { number: number; uid: string }[]
    const remove = (path: string) => service.agent.delete(path).auth(erin.name, erin.password)
    await remove(`/pop3/messages/uid:${first?.uid}`).expect(200)
    // what was number 2 is number 1 now
    await remove('/pop3/messages/2').set('If-Match', `"${second?.uid}"`).expect(412)
    const right = await remove(`/pop3/messages/uid:${second?.uid}`).expect(200)
    expect(right.body).toMatchObject({ committed: true, deleted: [{ number: 1, uid: second?.uid }] })
    const left = await get('/pop3/messages/1', erin).expect(200)
    expect(left.body.subject).toBe('third')
  })

  test('several at once, rehearsed first; all or nothing', async () => {
    for (const subject of ['one', 'two', 'three']) lab.dovecot.put('frank', message(subject))
    const remove = (query: string) =>
      service.agent.delete(`/pop3/messages?${query}`).auth(frank.name, frank.password)
    const rehearsed = await remove('numbers=1-2&rehearse=true').expect(200)
    expect(rehearsed.body.committed).toBe(false)
    await remove('numbers=2,9').expect(404)
    expect((await get('/pop3/stat', frank)).body.messages).toBe(3)
    await remove('all=true&expect=2').expect(412)
    const done = await remove('numbers=1-2').expect(200)
    expect(done.body.committed).toBe(true)
    expect((await get('/pop3/stat', frank)).body.messages).toBe(1)
  })
})
