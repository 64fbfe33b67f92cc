import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { octetsOf, verbsOf } from '../support/mailbox.ts'
import { startTestService, type TestService } from '../support/service.ts'
import { type Account, accounts, hostname } from './support/accounts.ts'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { interop } from './support/interop.ts'

const { alice, bob, carol } = accounts

const PDF = Buffer.from('%PDF-1.7 \0\x80\xff', 'latin1')

const WITH_ATTACHMENT = [
  'Received: from a.test (a.test [192.0.2.7]) by mx.lab.test with ESMTPS; Mon, 23 Nov 2026 10:00:05 +0000',
  'From: Alice <alice@lab.test>',
  'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'see there',
  '--b',
  'Content-Type: application/pdf; name=a.pdf',
  'Content-Disposition: attachment; filename=a.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  PDF.toString('base64'),
  '--b--',
  '',
].join('\r\n')

interop('Reading and deleting on a real Dovecot, in as few round trips as there can be', () => {
  let dovecot: Dovecot
  let service: TestService

  beforeAll(async () => {
    const authority = await createAuthority()
    dovecot = await startDovecot({ certificate: await authority.issue({ names: [hostname, '127.0.0.1'] }) })
    const pop3s = { pop3: `pop3s://127.0.0.1:${dovecot.pop3s}`, tlsCa: authority.cert }
    service = await startTestService({
      env: { MAILWIRE_SERVERS_FILE: '/servers.json', MAILWIRE_DEFAULT_SERVER: 'pop3s' },
      files: { '/servers.json': JSON.stringify({ servers: { pop3s } }) },
    })
  })
  afterAll(async () => {
    await service.close()
    await dovecot.stop()
  })

  const get = (path: string, { name, password }: Account) => service.agent.get(path).auth(name, password)
  const remove = (path: string, { name, password }: Account) =>
    service.agent.delete(path).auth(name, password)
  const uidsOf = async (account: Account): Promise<string[]> =>
    (await get('/pop3/messages', account).expect(200)).body.messages.map(({ uid }: { uid: string }) => uid)

  test('a header alone, some lines, the parsed message and the bytes of its attachment', async () => {
    dovecot.put(bob.name, WITH_ATTACHMENT)
    const [uid] = await uidsOf(bob)
    const path = `/pop3/messages/uid:${uid}`
    const head = await get(`${path}?lines=0`, bob).accept('message/rfc822').buffer(true).parse(octetsOf)
    const end = WITH_ATTACHMENT.indexOf('\r\n\r\n') + 4
    expect((head.body as Buffer).toString()).toBe(WITH_ATTACHMENT.slice(0, end))
    const some = await get(`${path}?lines=4`, bob).expect(200)
    expect(some.body).toMatchObject({ complete: false, subject: 'Grüße', text: 'see there\n' })
    const { body } = await get(path, bob).expect(200)
    expect(body).toMatchObject({
      uid,
      complete: true,
      subject: 'Grüße',
      received: [{ from: 'a.test', address: '192.0.2.7', by: 'mx.lab.test', with: 'ESMTPS' }],
      attachments: [
        {
          number: 1,
          filename: 'a.pdf',
          octets: PDF.length,
          sha256: createHash('sha256').update(PDF).digest('hex'),
        },
      ],
    })
    const attachment = await get(body.attachments[0].href, bob).buffer(true).parse(octetsOf).expect(200)
    expect((attachment.body as Buffer).equals(PDF)).toBe(true)
    const known = await get(path, bob).set('If-None-Match', `"${uid}"`).expect(304)
    expect(known.headers['etag']).toBe(`"${uid}"`)
    await get('/pop3/messages/2', bob).expect(404)
    await get(`${path}/attachments/2`, bob).expect(404)
  })

  test('twenty headers, and twenty deletions', async () => {
    for (let n = 1; n <= 25; n += 1) dovecot.put(carol.name, `Subject: number ${n}\r\n\r\nx\r\n`)
    const uids = await uidsOf(carol)
    const listing = await get('/pop3/messages?headers=subject&limit=20&auth=plain', carol).expect(200)
    expect(listing.body.messages).toHaveLength(20)
    expect(listing.headers['link']).toContain('rel="next"')
    // TCP, TLS 1.3, greeting, CAPA; AUTH STAT LIST UIDL; TOP twenty times; QUIT, which waits inside TLS
    expect(listing.body.transcript.roundTrips).toBe(7)
    const chosen = [...uids.slice(0, 2), ...uids.slice(5, 7)]
    const lines = await get(`/pop3/messages?uids=${chosen.join(',')}`, carol)
      .accept('application/x-ndjson')
      .buffer(true)
      .parse(octetsOf)
    const exported = (lines.body as Buffer).toString().trim().split('\n')
    expect(exported.map((line) => JSON.parse(line).uid)).toEqual(chosen)
    const response = await remove('/pop3/messages?numbers=1-20&auth=plain', carol).expect(200)
    expect(response.body).toMatchObject({ committed: true, auth: { chosen: 'PLAIN' } })
    expect(response.body.verdicts.map(({ uid }: { uid: string }) => uid)).toEqual(uids.slice(0, 20))
    // TCP, TLS 1.3, greeting, CAPA; AUTH LIST UIDL and DELE twenty times; QUIT, which commits
    expect(response.body.transcript.roundTrips).toBe(6)
    expect(verbsOf(response).slice(-2)).toEqual(['DELE', 'QUIT'])
    const left = await remove(`/pop3/messages?uids=${uids.slice(20).join(',')}`, carol).expect(200)
    expect(left.body.deleted).toHaveLength(5)
    expect(await uidsOf(carol)).toEqual([])
  })

  test('a mailbox that holds another number of messages than was expected is not emptied', async () => {
    dovecot.put(alice.name, 'Subject: one\r\n\r\nx\r\n')
    dovecot.put(alice.name, 'Subject: two\r\n\r\nx\r\n')
    await remove('/pop3/messages?all=true&expect=1', alice).expect(412)
    const rehearsed = await remove('/pop3/messages?all=true&expect=2&rehearse=true', alice).expect(200)
    expect(rehearsed.body).toMatchObject({
      committed: false,
      verdicts: [{ verdict: 'unmarked' }, { verdict: 'unmarked' }],
    })
    expect(await uidsOf(alice)).toHaveLength(2)
    const numbered = await remove('/pop3/messages/1', alice).expect(200)
    expect(numbered.body).toMatchObject({
      committed: true,
      deleted: [{ number: 1, uid: expect.any(String) }],
    })
    expect(numbered.body.transcript.findings).toMatchObject([{ code: 'number-may-move' }])
  })
})
