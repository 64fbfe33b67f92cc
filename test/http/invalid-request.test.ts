import type { Response } from 'supertest'
import { describe, expect, test } from 'vitest'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service({ env: { MAILWIRE_MAX_RECIPIENTS: '3' } })

const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const MESSAGE = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const AUTH = { user: 'alice', password: 'a password of alice' }

/** The places that an answer says are at fault. */
function faultsOf({ body }: Response): string[] {
  const { errors } = body as { errors: { pointer?: string; parameter?: string; header?: string }[] }
  return errors.map(({ pointer, parameter, header }) => pointer ?? parameter ?? header ?? '')
}

test('a field that has to be there and is not is called missing', async () => {
  const { body } = await mailwire.agent.post('/smtp/session').send({}).expect(400)
  expect(body.errors).toEqual([{ pointer: '/steps', detail: 'it is missing' }])
})

describe('POST /smtp/send names every field at fault, and connects to nothing', () => {
  const cases: [fault: string, body: object, faults: string[]][] = [
    ['a field that there is not', { nonsense: 1 }, ['/nonsense']],
    ['a field of the wrong type', { envelope: { ...TO_BOB, from: 7 } }, ['/envelope/from']],
    ['no sender', { envelope: { to: TO_BOB.to } }, ['/envelope/from']],
    ['no recipients', { envelope: { from: '' } }, ['/envelope/to']],
    ['an empty list of recipients', { envelope: { ...TO_BOB, to: [] } }, ['/envelope/to']],
    [
      'too many recipients',
      { envelope: { ...TO_BOB, to: Array(4).fill('bob@sandbox.test') } },
      ['/envelope/to'],
    ],
    ['nothing at all', {}, ['/envelope/from', '/envelope/to']],
    [
      'recipients of the default message, all of them',
      { envelope: { ...TO_BOB, to: ['bob', 'bob@sandbox.test', '<bob@sandbox.test>'] } },
      ['/envelope/to/0', '/envelope/to/2'],
    ],
    [
      'addresses of a message, all of them',
      { message: { from: 'alice', to: ['bob@sandbox.test', 'bob'], cc: ['<>'], bcc: ['x@'], replyTo: ',' } },
      ['/message/from', '/message/to/1', '/message/cc/0', '/message/bcc/0', '/message/replyTo'],
    ],
    ['a sender that is no address', { envelope: { ...TO_BOB, from: 'alice' } }, ['/envelope/from']],
    [
      'recipients that are no addresses, all of them',
      {
        envelope: { ...TO_BOB, to: ['bob', 'bob@sandbox.test', '<bob@sandbox.test>'] },
        message: { raw: '' },
      },
      ['/envelope/to/0', '/envelope/to/2'],
    ],
    [
      'a line break in the sender',
      {
        envelope: { ...TO_BOB, from: 'alice@sandbox.test>\r\nRCPT TO:<eve@sandbox.test' },
        message: { raw: '' },
      },
      ['/envelope/from'],
    ],
    [
      'NUL in a recipient',
      { envelope: { ...TO_BOB, to: ['bob\0@sandbox.test'] }, message: { raw: '' } },
      ['/envelope/to/0'],
    ],
    [
      'a bare LF in a recipient',
      { envelope: { ...TO_BOB, to: ['bob@sandbox.test\n'] }, message: { raw: '' } },
      ['/envelope/to/0'],
    ],
    [
      'a line break in a name for the message',
      { message: { ...MESSAGE, from: '"A\r\nBcc: e" <alice@sandbox.test>' } },
      ['/message/from'],
    ],
    [
      'a line break in the hello name',
      { envelope: TO_BOB, hello: { name: 'a\r\nMAIL FROM:<>' } },
      ['/hello/name'],
    ],
    ['NUL in the hello name', { envelope: TO_BOB, hello: { name: 'a\0b' } }, ['/hello/name']],
    ['a blank in the hello name', { envelope: TO_BOB, hello: { name: 'a b' } }, ['/hello/name']],
    ['a line break in the user', { envelope: TO_BOB, auth: { ...AUTH, user: 'alice\r\n' } }, ['/auth/user']],
    [
      'NUL in the password',
      { envelope: TO_BOB, auth: { ...AUTH, password: 'a\0password' } },
      ['/auth/password'],
    ],
    [
      'a line break in the token',
      { envelope: TO_BOB, auth: { user: 'a', token: 'a token\nof alice' } },
      ['/auth/token'],
    ],
    ['NUL in the authzid', { envelope: TO_BOB, auth: { ...AUTH, authzid: '\0' } }, ['/auth/authzid']],
    [
      'a mechanism that nobody knows',
      { envelope: TO_BOB, auth: { ...AUTH, mechanism: 'rot-13' } },
      ['/auth/mechanism'],
    ],
    [
      'a password and a token',
      { envelope: TO_BOB, auth: { ...AUTH, token: 'a token of alice' } },
      ['/auth/token'],
    ],
    ['neither password nor token', { envelope: TO_BOB, auth: { user: 'alice' } }, ['/auth/password']],
    [
      'a header whose name is none',
      { message: { ...MESSAGE, headers: { 'X Check': '1' } } },
      ['/message/headers/X Check'],
    ],
    [
      'a line break in the name of a header',
      { message: { ...MESSAGE, headers: { 'X\r\nBcc': '1' } } },
      ['/message/headers/X\r\nBcc'],
    ],
    [
      'a line break in a header',
      { message: { ...MESSAGE, headers: { 'X-Check': '1\r\nBcc: eve@sandbox.test' } } },
      ['/message/headers/X-Check'],
    ],
    [
      'NUL in a header',
      { message: { ...MESSAGE, headers: { 'X-Check': '\0' } } },
      ['/message/headers/X-Check'],
    ],
    [
      'a line break in the subject',
      { message: { ...MESSAGE, subject: 'hi\r\nBcc: eve@sandbox.test' } },
      ['/message/subject'],
    ],
    [
      'more headers than a message has',
      {
        message: {
          ...MESSAGE,
          headers: Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`X-${n}`, 'x'])),
        },
      },
      ['/message/headers'],
    ],
    [
      'more attachments than are taken',
      { message: { ...MESSAGE, attachments: Array(101).fill({ content: '' }) } },
      ['/message/attachments'],
    ],
    [
      'a field of the message that there is not',
      { message: { ...MESSAGE, nonsense: 1 } },
      ['/message/nonsense'],
    ],
    [
      'a field of the message of the wrong type',
      { message: { ...MESSAGE, subject: 1, text: 2 } },
      ['/message/subject', '/message/text'],
    ],
    [
      'an attachment that is not base64',
      { message: { ...MESSAGE, attachments: [{ filename: 'a', content: '%' }] } },
      ['/message/attachments/0/content'],
    ],
    [
      'a line break in the name of an attachment',
      { message: { ...MESSAGE, attachments: [{ filename: 'a\r\nb', content: '' }] } },
      ['/message/attachments/0/filename'],
    ],
    [
      'a message that is raw and composed',
      { envelope: TO_BOB, message: { raw: '', subject: 'x' } },
      ['/message/subject'],
    ],
    [
      'rawBase64 that is no base64',
      { envelope: TO_BOB, message: { rawBase64: 'not base64!' } },
      ['/message/rawBase64'],
    ],
    ['a server that is nobody', { envelope: TO_BOB, server: 'office' }, ['/server']],
    ['a server of another protocol', { envelope: TO_BOB, server: 'pop3://127.0.0.1:110' }, ['/server']],
    ['a scheme that nobody knows', { envelope: TO_BOB, server: 'http://127.0.0.1' }, ['/server']],
    ['credentials in the URL', { envelope: TO_BOB, server: 'smtp://alice:secret@127.0.0.1' }, ['/server']],
    ['a line break in the URL', { envelope: TO_BOB, server: 'smtp://127.0.0.1\r\n:25' }, ['/server']],
    [
      'TLS off where the URL means TLS',
      { envelope: TO_BOB, server: 'smtps://127.0.0.1', tls: 'off' },
      ['/tls'],
    ],
    ['a word for tls that there is not', { envelope: TO_BOB, tls: 'maybe' }, ['/tls']],
    ['a servername that is none', { envelope: TO_BOB, tlsServername: 'a\0b' }, ['/tlsServername']],
    ['an authority that is no certificate', { envelope: TO_BOB, tlsCa: 'no certificate' }, ['/tlsCa']],
    ['time limits of nothing', { envelope: TO_BOB, timeouts: { total: 0 } }, ['/timeouts/total']],
    [
      'time limits beyond those of the service',
      { envelope: TO_BOB, timeouts: { connect: 60_001, total: 900_001 } },
      ['/timeouts/connect', '/timeouts/total'],
    ],
    [
      'a shape and addresses at once',
      {
        tls: 'x',
        timeouts: { total: -1 },
        envelope: { from: 'not an address', to: ['bob@sandbox.test', 'x@'] },
      },
      ['/tls', '/timeouts/total', '/envelope/from', '/envelope/to/1'],
    ],
    [
      'what the schema cannot say, in all parts of the request',
      {
        server: 'http://127.0.0.1',
        timeouts: { total: 3_600_000 },
        auth: { user: 'alice' },
        stopAfter: 'mail',
        dropAfter: 'mail',
        envelope: { from: 'alice', to: ['bob'] },
        message: { ...MESSAGE, subject: 'hi\r\nBcc: eve@sandbox.test' },
      },
      [
        '/server',
        '/timeouts/total',
        '/auth/password',
        '/envelope/from',
        '/envelope/to/0',
        '/dropAfter',
        '/message/subject',
      ],
    ],
    ['several at once', { tls: 'x', pipelining: 'y', dryRun: 'z' }, ['/tls', '/dryRun', '/pipelining']],
  ]

  test.each(cases)('%s', async (_fault, body, faults) => {
    const server = await mailServer()
    const target = 'server' in body ? {} : { server: `smtp://127.0.0.1:${server.port}` }
    const response = await mailwire.agent.post('/smtp/send').send({ ...target, ...body })
    expect([response.status, response.type]).toEqual([400, 'application/problem+json'])
    expect(faultsOf(response)).toEqual(faults)
    expect(response.body.type).toBe('/problems/invalid-request')
    expect(server.connections()).toBe(0)
  })

  test.each([
    ['no JSON', '{"envelope":'],
    ['JSON that is no object', '"hello"'],
    ['an object with __proto__', '{"__proto__":{"dryRun":true}}'],
    ['an array', '[]'],
  ])('a body that is %s', async (_fault, body) => {
    const response = await mailwire.agent.post('/smtp/send').type('json').send(body)
    expect(response.status).toBe(400)
  })

  test.each([
    [
      '/smtp/send',
      '{"message":{"raw":"Subject: \\ud800\\r\\n\\r\\n"},"envelope":{"to":["bob@sandbox.test"],"from":""}}',
      '/message/raw',
    ],
    ['/smtp/session', '{"steps":[{"send":"NOOP"},{"send":"NOOP \\udc00"}]}', '/steps/1/send'],
    ['/pop3/session', '{"steps":[{"send":"NOOP \\ud83d"}]}', '/steps/0/send'],
    [
      '/pop3/session',
      '{"steps":[{"send":"NOOP"}],"auth":{"user":"a","password":"\\udfff"}}',
      '/auth/password',
    ],
  ])('half a character is not made into another one: %s %#', async (path, body, pointer) => {
    const response = await mailwire.agent.post(path).type('json').send(body)
    expect([response.status, faultsOf(response)]).toEqual([400, [pointer]])
  })

  test('octets of the query that are no UTF-8 are not made into other ones', async () => {
    const path = '/smtp/send?from=%FFalice@sandbox.test&to=bob@sandbox.test'
    const response = await mailwire.agent.post(path).type('message/rfc822').send('Subject: x\r\n\r\n')
    expect([response.status, faultsOf(response)]).toEqual([400, ['from']])
    const pair = '{"steps":[{"send":"NOOP \\ud83d\\ude00"}]}'
    await mailwire.agent.post('/pop3/session').type('json').send(pair).expect(200)
  })

  test('no value of the request is quoted, for it may be a secret', async () => {
    const auth = { user: 'alice', password: 'a password of alice', pasword: 'a password misspelt' }
    const { text } = await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB, auth })
    expect(text).not.toContain('misspelt')
  })
})

describe('a POP3 call names every parameter and header at fault, and connects to nothing', () => {
  const cases: [fault: string, path: string, query: Record<string, string>, faults: string[]][] = [
    ['a parameter that there is not', '/pop3/stat', { nonsense: '1' }, ['nonsense']],
    ['a mechanism that nobody knows', '/pop3/stat', { auth: 'rot-13' }, ['auth']],
    ['a line break in the authzid', '/pop3/stat', { authzid: 'a\r\nDELE 1' }, ['authzid']],
    [
      'a word that is no boolean',
      '/pop3/stat',
      { allowInsecureAuth: 'yes', tlsVerify: 'no' },
      ['tlsVerify', 'allowInsecureAuth'],
    ],
    ['a time limit that is no number', '/pop3/messages', { totalTimeout: '1e3' }, ['totalTimeout']],
    [
      'a time limit beyond that of the service',
      '/pop3/messages',
      { totalTimeout: '900001' },
      ['totalTimeout'],
    ],
    ['a server of another protocol', '/pop3/messages', { server: 'smtp://127.0.0.1' }, ['server']],
    ['a message number of zero', '/pop3/messages/0', {}, ['n']],
    ['a message number with a sign', '/pop3/messages/-1', {}, ['n']],
    ['a message that is no number', '/pop3/messages/first', {}, ['n']],
    ['a line break in a unique-id', '/pop3/messages/uid:a%0D%0ADELE%201', {}, ['n']],
    ['NUL in a unique-id', '/pop3/messages/uid:%00', {}, ['n']],
    ['an empty unique-id', '/pop3/messages/uid:', {}, ['n']],
    ['lines that are no number', '/pop3/messages/1', { lines: '-1' }, ['lines']],
  ]

  test.each(cases)('%s', async (_fault, path, query, faults) => {
    const server = await mailServer()
    const response = await mailwire.agent
      .get(path)
      .query({ server: `pop3://127.0.0.1:${server.port}`, ...query })
      .auth('alice', 'a password of alice')
    expect(response.status).toBe(400)
    expect(faultsOf(response)).toEqual(faults)
    expect(server.connections()).toBe(0)
  })

  test.each([
    ['a line break in the password', 'alice', 'a password\r\nDELE 1'],
    ['NUL in the user', 'al\0ice', 'a password of alice'],
  ])('%s', async (_fault, user, password) => {
    const response = await mailwire.agent.get('/pop3/stat').auth(user, password)
    expect(response.status).toBe(400)
    expect(faultsOf(response)).toEqual(['Authorization'])
  })

  test('an If-Match that is no entity tag', async () => {
    const response = await mailwire.agent
      .delete('/pop3/messages/1')
      .set('If-Match', 'without-quotation-marks')
      .auth('bob', 'sandbox')
    expect(response.status).toBe(400)
    expect(faultsOf(response)).toEqual(['If-Match'])
  })

  test('a parameter that stands there twice: neither of them is taken', async () => {
    for (const query of ['auth=user&auth=plain', 'transcript=none&transcript=none', 'lines=1&lines=2']) {
      const { body } = await mailwire.agent
        .get(`/pop3/messages/1?${query}`)
        .auth('bob', 'sandbox')
        .expect(400)
      const [parameter] = query.split('=')
      expect(body.errors).toEqual([{ parameter, detail: 'it stands there more than once' }])
    }
  })

  test('a path that cannot be decoded', async () => {
    const { body } = await mailwire.agent.get('/pop3/messages/%ff').auth('bob', 'sandbox').expect(400)
    expect(body.detail).toContain('percent-encoding')
  })
})
