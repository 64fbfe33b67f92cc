import { describe, expect, test } from 'vitest'
import { mailServer, type Turn } from '../support/mail-server.ts'
import { findingsOf } from '../support/mailbox.ts'
import { service } from '../support/service.ts'

const mailwire = service()

/** What is expected of the problem beside its status: outcome, stage, diagnosis. */
type Told = [status: number, outcome: string, stage: string, diagnosis: string]

describe('a POP3 call and a server that', () => {
  const LOGIN: Turn[] = ['+OK ready', '-ERR Unknown command.', '+OK', '+OK Logged in.']

  const cases: [does: string, path: string, script: Turn[], told: Told, query?: Record<string, string>][] = [
    [
      'says nothing',
      '/pop3/stat',
      ['HANG'],
      [504, 'failed', 'greeting', 'greeting-timeout'],
      { greetingTimeout: '30' },
    ],
    [
      'speaks SMTP',
      '/pop3/stat',
      ['220 mx.example.test ESMTP Postfix'],
      [502, 'failed', 'greeting', 'wrong-protocol'],
    ],
    [
      'is busy',
      '/pop3/stat',
      ['-ERR [SYS/TEMP] Too many connections', '+OK'],
      [503, 'deferred', 'greeting', 'too-many-connections'],
    ],
    [
      'delays logins',
      '/pop3/stat',
      [
        '+OK ready',
        '-ERR Unknown command.',
        '+OK',
        '-ERR [LOGIN-DELAY] minimum time between mail checks violation',
        '+OK',
      ],
      [503, 'deferred', 'auth', 'login-delay'],
    ],
    [
      'hangs up on a wrong password',
      '/pop3/stat',
      ['+OK ready', '-ERR Unknown command.', '+OK', 'CLOSE'],
      [502, 'failed', 'auth', 'connection-closed'],
    ],
    [
      'does not know TOP',
      '/pop3/messages/1?lines=3',
      [...LOGIN, '+OK 1 abc', '-ERR unimplemented', '+OK'],
      [422, 'rejected', 'transaction', 'command-not-recognized'],
    ],
    [
      'closes after the login',
      '/pop3/stat',
      [...LOGIN, 'CLOSE'],
      [502, 'failed', 'transaction', 'connection-closed'],
    ],
    [
      'answers STAT with no numbers',
      '/pop3/stat',
      [...LOGIN, '+OK none', '+OK'],
      [502, 'failed', 'transaction', 'protocol-violation'],
    ],
    [
      'counts beyond 2^53',
      '/pop3/stat',
      [...LOGIN, '+OK 1 9007199254740993', '+OK'],
      [502, 'failed', 'transaction', 'protocol-violation'],
    ],
    [
      'lists a message twice',
      '/pop3/messages',
      [...LOGIN, '+OK 2 20', '+OK\r\n1 10\r\n1 10\r\n.', '+OK\r\n1 a\r\n.', '+OK'],
      [502, 'failed', 'transaction', 'protocol-violation'],
    ],
    [
      'breaks off in the middle of the listing',
      '/pop3/messages',
      [...LOGIN, '+OK 2 20', Buffer.from('+OK\r\n1 10\r\n'), 'CLOSE'],
      [502, 'failed', 'transaction', 'connection-closed'],
    ],
    [
      'refuses RETR',
      '/pop3/messages/1',
      [...LOGIN, '+OK 1 abc', '-ERR [SYS/PERM] Permission denied', '+OK'],
      [422, 'rejected', 'transaction', 'policy-rejected'],
    ],
    [
      'breaks off in the middle of a message',
      '/pop3/messages/1',
      [...LOGIN, '+OK 1 abc', Buffer.from('+OK\r\nSubject: x\r\n\r\nhal'), 'CLOSE'],
      [502, 'failed', 'transaction', 'connection-closed'],
    ],
    [
      'stops in the middle of a message',
      '/pop3/messages/1',
      [...LOGIN, '+OK 1 abc', Buffer.from('+OK\r\nSubject: x\r\n\r\nhal'), 'HANG'],
      [504, 'failed', 'transaction', 'reply-timeout'],
      { dataTimeout: '30' },
    ],
  ]

  test.each(cases)('%s', async (_does, path, script, [status, outcome, stage, diagnosis], query = {}) => {
    const server = await mailServer(...script)
    const response = await mailwire.agent
      .get(path)
      .query({ server: `pop3://127.0.0.1:${server.port}`, auth: 'user', allowInsecureAuth: 'true', ...query })
      .auth('bob', 'some-other-word')
    expect([
      response.status,
      response.body.outcome,
      response.body.stage,
      response.body.diagnosis?.code,
    ]).toEqual([status, outcome, stage, diagnosis])
    expect(response.body.transcript.id).toBe(response.headers['x-session-id'])
  })

  test.each([
    ['auto', 'likely', { pipelining: 'off' }],
    ['off', 'certain', { timeouts: { command: 300_000, total: 600_000 } }],
  ])(
    'offers PIPELINING and takes one command at a time, with pipelining=%s',
    async (pipelining, confidence, suggestion) => {
      let answered = 0
      const server = await mailServer(
        '+OK ready',
        '+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.',
        () => {
          answered += 1
          return '+OK'
        },
        'HANG',
      )
      const { body } = await mailwire.agent
        .get('/pop3/stat')
        .query({ server: `pop3://127.0.0.1:${server.port}`, auth: 'user', allowInsecureAuth: 'true' })
        .query({ pipelining, commandTimeout: '100' })
        .auth('bob', 'some-other-word')
        .expect(504)
      expect(answered).toBe(1)
      expect(body.diagnosis).toMatchObject({ code: 'reply-timeout', confidence, suggestion })
      const told = pipelining === 'auto' ? ['pipelining-suspected'] : []
      expect(body.transcript.findings.map(({ code }: { code: string }) => code)).toEqual(told)
      expect(body.diagnosis.remedies[0].includes('pipelining=off')).toBe(pipelining === 'auto')
    },
  )

  test('lists unique-ids for some only: the others have none, which is a finding', async () => {
    const server = await mailServer(
      ...LOGIN,
      '+OK 2 30',
      '+OK\r\n1 10\r\n2 20\r\n.',
      '+OK\r\n2 odd\\uid"\r\n.',
      '+OK',
    )
    const response = await mailwire.agent
      .get('/pop3/messages')
      .query({ server: `pop3://127.0.0.1:${server.port}`, auth: 'user', allowInsecureAuth: 'true' })
      .auth('bob', 'some-other-word')
      .expect(200)
    expect(response.body.messages).toEqual([
      { number: 1, octets: 10, uid: null },
      { number: 2, octets: 20, uid: 'odd\\\\uid"' },
    ])
    expect(findingsOf(response)).toContain('uidl-incomplete')
  })
})
