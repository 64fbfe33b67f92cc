import { describe, expect, test } from 'vitest'
import { type MailServer, mailServer } from '../support/mail-server.ts'
import { countOf, findingsOf, verbsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

const remove = (path: string) => mailwire.agent.delete(path).auth('bob', 'sandbox')

const onItsOwn = ({ port }: MailServer) => ({
  server: `pop3://127.0.0.1:${port}`,
  auth: 'user',
  allowInsecureAuth: 'true',
})

async function sendToBob(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const envelope = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
    await mailwire.agent.post('/smtp/send').send({ envelope }).expect(200)
  }
}

async function listed(): Promise<{ number: number; uid: string }[]> {
  const { body } = await mailwire.agent.get('/pop3/messages').auth('bob', 'sandbox').expect(200)
  return body.messages
}

describe('several messages', () => {
  test('by numbers, in one flight, and then QUIT', async () => {
    await sendToBob(3)
    const before = await listed()
    const response = await remove('/pop3/messages?numbers=2-3').expect(200)
    const deleted = before.slice(1, 3).map(({ number, uid }) => ({ number, uid }))
    expect(response.body).toMatchObject({
      outcome: 'ok',
      deleted,
      committed: true,
      verdicts: deleted.map((each) => ({ ...each, verdict: 'deleted' })),
    })
    expect(verbsOf(response).slice(-5)).toEqual(['LIST', 'UIDL', 'DELE', 'DELE', 'QUIT'])
    expect(findingsOf(response)).toEqual(['number-may-move'])
    expect((await listed()).map(({ uid }) => uid)).toEqual([before[0]!.uid, before[3]!.uid])
  })

  test('by unique-ids', async () => {
    await sendToBob(2)
    const before = await listed()
    const uids = [before.at(-1)!.uid, before.at(-2)!.uid]
    const response = await remove(`/pop3/messages?uids=${uids.join(',')}`).expect(200)
    expect(response.body.deleted.map(({ uid }: { uid: string }) => uid)).toEqual(uids)
    expect(findingsOf(response)).toEqual([])
    expect(await countOf(mailwire)).toBe(before.length - 2)
  })

  test.each(['numbers=1,99', 'uids=of-nobody', 'numbers=99'])(
    'one that is not there: 404, and nothing is deleted (%s)',
    async (query) => {
      const before = await listed()
      const { body } = await remove(`/pop3/messages?${query}`).expect(404)
      expect(body).toMatchObject({ type: '/problems/no-such-message', deleted: [], committed: false })
      expect(body.verdicts.at(-1)).toMatchObject({ verdict: 'not-found' })
      expect(await listed()).toEqual(before)
    },
  )

  test('the server refuses one: the others are unmarked, and each verdict is told', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK\r\n1 9\r\n2 9\r\n.',
      '+OK\r\n1 a\r\n2 b\r\n.',
      '+OK',
      '-ERR [SYS/PERM] Permission denied',
      '+OK',
      '+OK Bye',
    )
    const { body } = await remove('/pop3/messages?numbers=1,2').query(onItsOwn(server)).expect(422)
    expect(body).toMatchObject({
      committed: false,
      deleted: [],
      verdicts: [
        { number: 1, uid: 'a', verdict: 'unmarked' },
        { number: 2, uid: 'b', verdict: 'refused', reply: { status: '-ERR', responseCode: 'SYS/PERM' } },
      ],
    })
    expect(server.heard.slice(-2)).toEqual(['RSET', 'QUIT'])
  })

  test('QUIT is not answered: nobody knows of any of them', async () => {
    const server = await mailServer(
      '+OK ready',
      '-ERR Unknown command.',
      '+OK',
      '+OK',
      '+OK\r\n1 9\r\n.',
      '+OK\r\n1 a\r\n.',
      '+OK',
      'CLOSE',
    )
    const { body } = await remove('/pop3/messages?uids=a').query(onItsOwn(server)).expect(502)
    expect(body).toMatchObject({
      type: '/problems/outcome-unknown',
      committed: 'unknown',
      deleted: [{ number: 1, uid: 'a' }],
      verdicts: [{ verdict: 'marked' }],
    })
  })
})

describe('all messages', () => {
  test('with another number than there are: 412, and nothing is deleted', async () => {
    const before = await listed()
    const response = await remove(`/pop3/messages?all=true&expect=${before.length + 1}`).expect(412)
    expect(response.body).toMatchObject({
      type: '/problems/precondition-failed',
      committed: false,
      diagnosis: {
        code: 'precondition-failed',
        summary: `${before.length + 1} messages were expected, and the maildrop holds ${before.length}.`,
      },
    })
    expect(verbsOf(response)).not.toContain('DELE')
    expect(await listed()).toEqual(before)
  })

  test('rehearsed, with the right number: nothing is deleted', async () => {
    const before = await listed()
    const response = await remove(`/pop3/messages?all=true&expect=${before.length}&rehearse=true`).expect(200)
    expect(response.body).toMatchObject({ deleted: [], committed: false })
    expect(response.body.verdicts).toHaveLength(before.length)
    expect(verbsOf(response).slice(-3)).toEqual(['DELE', 'RSET', 'QUIT'])
    expect(await listed()).toEqual(before)
  })

  test('with the right number', async () => {
    await sendToBob(1)
    const { length } = await listed()
    const { body } = await remove(`/pop3/messages?all=true&expect=${length}`).expect(200)
    expect(body.deleted).toHaveLength(length)
    expect(await listed()).toEqual([])
    const none = await remove('/pop3/messages?all=true&expect=0').expect(200)
    expect(none.body).toMatchObject({ deleted: [], committed: false })
  })
})

test('one message, rehearsed', async () => {
  await sendToBob(1)
  const [message] = await listed()
  const response = await remove(`/pop3/messages/uid:${message!.uid}?rehearse=true`).expect(200)
  expect(response.body).toMatchObject({
    deleted: [],
    committed: false,
    verdicts: [{ number: 1, uid: message!.uid, verdict: 'unmarked' }],
  })
  expect(await listed()).toHaveLength(1)
})

test.each([
  ['', 'numbers'],
  ['all=true', 'expect'],
  ['all=false&expect=1', 'all'],
  ['all=true&expect=-1', 'expect'],
  ['numbers=1&expect=1', 'expect'],
  ['numbers=1&uids=a', 'uids'],
  ['numbers=1&all=true&expect=1', 'uids'],
  ['numbers=0', 'numbers'],
  ['numbers=1&rehearse=yes', 'rehearse'],
  ['numbers=1&number=2', 'number'],
])('%s: 400, before anything is connected', async (query, parameter) => {
  const server = await mailServer()
  const { body } = await remove(`/pop3/messages?${query}`).query(onItsOwn(server)).expect(400)
  expect(body.errors).toMatchObject([{ parameter }])
  expect(server.connections()).toBe(0)
})

test('If-Match with several: 400, for a precondition that is passed over would be worse than none', async () => {
  const server = await mailServer()
  const { body } = await remove('/pop3/messages?numbers=1')
    .query(onItsOwn(server))
    .set('If-Match', '"a"')
    .expect(400)
  expect(body.errors).toMatchObject([{ header: 'If-Match' }])
  expect(server.connections()).toBe(0)
})

test('a weak tag in If-Match is no match', async () => {
  const [message] = await listed()
  await remove('/pop3/messages/1').set('If-Match', `W/"${message!.uid}"`).expect(412)
  await remove('/pop3/messages/1').set('If-Match', 'no tag').expect(400)
  await remove('/pop3/messages/1').set('If-Match', '*').expect(200)
})
