import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SendBody } from '../../src/http/schema/send.ts'
import { SendStreamQuery } from '../../src/http/schema/send-stream.ts'
import { mailServer } from '../support/mail-server.ts'
import { countOf, findingsOf, newestOf, verbsOf } from '../support/mailbox.ts'
import { service, type TestService } from '../support/service.ts'

const mailwire = service()
const small = service({ env: { MAILWIRE_MAX_MESSAGE_BYTES: '1000' } })

const RAW = 'From: alice@sandbox.test\r\nTo: bob@sandbox.test\r\nSubject: raw\r\n\r\nhello\r\n'
const TO_BOB = { from: 'alice@sandbox.test', to: 'bob@sandbox.test' }
const GREETING = '220 mx.example.test ESMTP'
const EHLO = '250-mx.example.test\r\n250 8BITMIME'
/** What a server says until it wants the message. */
const UP_TO_DATA = [GREETING, EHLO, '250 2.1.0 Ok', '250 2.1.5 Ok', '354 End data with <CR><LF>.<CR><LF>']

const post = (query: object, on = mailwire) => on.agent.post('/smtp/send').query(query).type('message/rfc822')
const at = ({ port }: { port: number }) => ({ ...TO_BOB, server: `smtp://127.0.0.1:${port}` })

/** A call whose body is sent as the test pleases. */
function call(query: Record<string, string>, headers: object, on: TestService = mailwire): ClientRequest {
  const sending = request(`${on.url}/smtp/send?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', ...headers },
  })
  sending.on('error', () => undefined)
  onTestFinished(() => void sending.destroy())
  return sending
}

/** The answer, which may come before the body is sent. */
async function answered(sending: ClientRequest) {
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) }
}

describe('what is sent', () => {
  test('the octets of the body, to the envelope of the query, with the same answer as from JSON', async () => {
    const raw = `Message-ID: <of-its-own@example.test>\r\n${RAW}.\r\n..\r\nGrüße\xff without a line end`
    const response = await post(TO_BOB).send(raw).expect(200)
    expect(response.body).toMatchObject({
      outcome: 'accepted',
      stage: 'end-of-data',
      accepted: ['bob@sandbox.test'],
      rejected: [],
      messageId: '<of-its-own@example.test>',
      diagnosis: { code: 'accepted-not-delivered' },
      reply: { code: 250 },
    })
    expect(verbsOf(response)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'])
    expect((await newestOf(mailwire)).toString()).toBe(`${raw}\r\n`)
  })

  test('an empty body is an empty message', async () => {
    await post(TO_BOB).set('Content-Length', '0').send().expect(200)
    expect((await newestOf(mailwire)).length).toBe(0)
  })

  test('recipients repeated and by comma, one of them in quotes', async () => {
    const server = await mailServer(GREETING, EHLO, ...Array.from({ length: 5 }, () => '250 Ok'), '221 Bye')
    await post({ ...at(server), to: ['a@x.test, b@x.test', '"c, \\"d"@x.test'], stopAfter: 'rcpt' })
      .send(RAW)
      .expect(200)
    expect(server.heard.filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<a@x.test>',
      'RCPT TO:<b@x.test>',
      'RCPT TO:<"c, \\"d"@x.test>',
    ])
  })

  test('login by HTTP Basic', async () => {
    const { body } = await post({ ...TO_BOB, auth: 'login' })
      .auth('alice', 'sandbox')
      .send(RAW)
      .expect(200)
    expect(body.auth).toMatchObject({ tried: ['LOGIN'], chosen: 'LOGIN' })
    const refused = await post(TO_BOB).auth('alice', 'wrong horse').send(RAW).expect(422)
    expect(refused.body).toMatchObject({ type: '/problems/credentials-rejected', stage: 'auth' })
  })

  test('lineEnds: a file of bare LF is converted, which is a finding', async () => {
    const response = await post(TO_BOB).send(RAW.replaceAll('\r\n', '\n')).expect(200)
    expect(findingsOf(response)).toContain('lf-converted')
    expect((await newestOf(mailwire)).toString()).toBe(RAW)
  })

  test('SIZE is declared only where nothing can change it', async () => {
    const sized = '250-mx.example.test\r\n250-8BITMIME\r\n250 SIZE 1000000'
    for (const lineEnds of ['auto', 'refuse']) {
      const server = await mailServer(GREETING, sized, ...UP_TO_DATA.slice(2), '250 Ok', '221 Bye')
      await post({ ...at(server), lineEnds })
        .send(RAW)
        .expect(200)
      const declared = lineEnds === 'refuse' ? ` SIZE=${RAW.length}` : ''
      expect(server.heard[1]).toBe(`MAIL FROM:<alice@sandbox.test>${declared} BODY=8BITMIME`)
    }
  })
})

describe('what JSON says in objects stands in the query by its path', () => {
  const OFFERS =
    '250-mx.example.test\r\n250-8BITMIME\r\n250-DSN\r\n250-CHUNKING\r\n250-AUTH PLAIN\r\n250-DELIVERBY 100\r\n250 MT-PRIORITY'

  test('hello and proxy', async () => {
    const server = await mailServer('220 mx', 'CLOSE')
    await post({
      ...at(server),
      'hello.name': 'probe.test',
      'hello.verb': 'HELO',
      'proxy.version': '1',
      'proxy.source.address': '192.0.2.1',
      'proxy.source.port': '4711',
      'proxy.destination.address': '192.0.2.2',
      'proxy.destination.port': '25',
    }).send(RAW)
    expect(server.heard).toEqual(['PROXY TCP4 192.0.2.1 192.0.2.2 4711 25', 'HELO probe.test'])
  })

  test('the parameters of MAIL and RCPT', async () => {
    const server = await mailServer(GREETING, OFFERS, ...UP_TO_DATA.slice(2), '250 Ok', '221 Bye')
    await post({
      ...at(server),
      'envelope.dsn.notify': 'SUCCESS,DELAY',
      'envelope.dsn.return': 'HDRS',
      'envelope.dsn.envelopeId': 'a+b',
      'envelope.body': '8BITMIME',
      'envelope.auth': '',
      'envelope.priority': '-3',
      'envelope.deliverBy.seconds': '60',
      'envelope.deliverBy.mode': 'notify',
      'envelope.deliverBy.trace': 'true',
      'envelope.parameters.mail': ['X-ONE=a,b', 'X-TWO'],
      chunking: 'off',
    })
      .send(RAW)
      .expect(200)
    expect(server.heard.slice(1, 4)).toEqual([
      'MAIL FROM:<alice@sandbox.test> BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=<> MT-PRIORITY=-3 BY=60;NT X-ONE=a,b X-TWO',
      'RCPT TO:<bob@sandbox.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob@sandbox.test',
      'DATA',
    ])
  })

  test('an end by hanging up, and a login at the POP3 server before', async () => {
    const dropped = await post({ ...TO_BOB, dropAfter: 'rcpt' })
      .send(RAW)
      .expect(200)
    expect(dropped.body.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, without QUIT' })
    const pop = { ...TO_BOB, popBefore: 'sandbox' }
    const sent = await post(pop).auth('alice', 'sandbox').send(RAW).expect(200)
    expect(sent.body).toMatchObject({ outcome: 'accepted', auth: null })
    const refused = await post(pop).auth('alice', 'wrong horse').send(RAW).expect(401)
    expect(refused.body).toMatchObject({ transcript: { protocol: 'pop3' } })
  })

  test('an initial response of its own line', async () => {
    const { body } = await post({ ...TO_BOB, auth: 'plain', initialResponse: 'off' })
      .auth('alice', 'sandbox')
      .send(RAW)
      .expect(200)
    expect(body.transcript.entries.map((entry: { line?: string }) => entry.line)).toContain('AUTH PLAIN')
  })

  test.each([
    [{ 'envelope.priority': '10' }, ['envelope.priority']],
    [{ 'envelope.priority': '1e0' }, ['envelope.priority']],
    [{ 'envelope.requireTls': 'false' }, ['envelope.requireTls']],
    [{ 'envelope.dsn.notify': 'NEVER,DELAY' }, ['envelope.dsn.notify']],
    [{ 'envelope.parameters.rcpt': 'X=1\r\nDATA' }, ['envelope.parameters.rcpt.0']],
    [{ 'hello.name': 'two words' }, ['hello.name']],
    [{ 'envelope.from': 'a@b.test' }, ['envelope.from']],
    [{ 'envelope.deliverBy.seconds': '5' }, ['envelope.deliverBy.mode']],
    [{ 'envelope.holdFor': '5', 'envelope.holdUntil': '2030-01-01T00:00:00Z' }, ['envelope.holdUntil']],
    [{ 'envelope.body': 'BINARYMIME' }, ['envelope.body']],
    [{ stopAfter: 'mail', dropAfter: 'mail' }, ['dropAfter']],
    [{ popBefore: 'smtp://mx.example.com' }, ['popBefore']],
    [{ __proto__x: '1', 'hello.__proto__': '1' }, ['__proto__x', 'hello.__proto__']],
  ])('%j is malformed', async (query, parameters) => {
    const { body } = await post({ ...TO_BOB, ...query })
      .auth('alice', 'sandbox')
      .send(RAW)
      .expect(400)
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter)).toEqual(parameters)
  })

  test('every field of the JSON form has its parameter, but for those that need the message whole', () => {
    const parameters = new Set(Object.keys(SendStreamQuery.shape).map((path) => path.split('.', 1)[0]))
    const elsewhere = {
      message: 'the body',
      timeouts: 'connectTimeout, …',
      dryRun: 'a dry run sends no stream',
    }
    expect(Object.keys(SendBody.shape).filter((field) => !parameters.has(field))).toEqual(
      expect.arrayContaining(Object.keys(elsewhere)),
    )
    expect(Object.keys(SendBody.shape).filter((field) => !parameters.has(field))).toHaveLength(3)
  })
})

test('a message that is too large for the server in any case is refused before MAIL', async () => {
  for (const [limit, status] of [
    [RAW.length - 1, 422],
    [RAW.length, 200],
  ] as const) {
    const sized = `250-mx.example.test\r\n250-8BITMIME\r\n250 SIZE ${limit}`
    const server = await mailServer(
      GREETING,
      sized,
      ...(status === 200 ? UP_TO_DATA.slice(2) : []),
      '250 Ok',
      '221 Bye',
    )
    const { body } = await post({ ...at(server), lineEnds: 'convert' })
      .set('Content-Length', String(RAW.length))
      .send(RAW)
      .expect(status)
    expect(body.stage).toBe(status === 200 ? 'end-of-data' : 'mail')
    expect(server.heard.some((line) => line.startsWith('MAIL'))).toBe(status === 200)
  }
})

describe('the pace', () => {
  test('the body is passed on while it comes', async () => {
    const server = await mailServer(...UP_TO_DATA, '250 2.0.0 Ok: queued as 1', '221 Bye')
    const sending = call(at(server), {})
    // a block is held back until the next one is there, so that the last one goes with the end of data
    sending.write('first: line\r\n')
    await server.hears(/^DATA$/)
    sending.write('second: line\r\n')
    await server.hears(/^first: line$/)
    sending.end('\r\nthird\r\n')
    expect(await answered(sending)).toMatchObject({ status: 200, body: { outcome: 'accepted' } })
    expect(server.heard.slice(4, -1)).toEqual(['first: line', 'second: line', '', 'third', '.'])
  })

  test('a mail server that does not read stops the caller', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      const replies = UP_TO_DATA.slice(1)
      socket.on('error', () => undefined).write(`${GREETING}\r\n`)
      socket.on('data', () => {
        const reply = replies.shift()
        if (reply === undefined) return
        socket.write(`${reply}\r\n`)
        if (reply.startsWith('354')) socket.pause()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as { port: number }
    const sending = call(at({ port }), {})
    const chunk = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(256))
    let octets = 0
    for (;;) {
      octets += chunk.length
      const drained = sending.write(chunk) || once(sending, 'drain').then(() => true)
      const stuck = new Promise((resolve) => setTimeout(() => resolve('stuck'), 100))
      if ((await Promise.race([drained, stuck])) === 'stuck') break
      expect(octets).toBeLessThan(40_000_000)
    }
    // only what the kernel's buffers hold
    expect(octets).toBeLessThan(40_000_000)
    sending.destroy()
    for (const socket of sockets) socket.resume()
    // a reset is an end, too
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  })

  test('a caller who waits to be asked is asked when the server wants the message', async () => {
    const server = await mailServer(...UP_TO_DATA, '250 2.0.0 Ok', '221 Bye')
    const sending = call(at(server), { Expect: '100-continue', 'Content-Length': String(RAW.length) })
    sending.flushHeaders()
    await once(sending, 'continue')
    expect(server.heard.at(-1)).toBe('DATA')
    sending.end(RAW)
    expect(await answered(sending)).toMatchObject({ status: 200 })
  })

  test('and is not asked where the recipient is refused', async () => {
    const sending = call(
      { ...TO_BOB, to: 'relay@elsewhere.test' },
      { Expect: '100-continue', 'Content-Length': String(RAW.length) },
    )
    let asked = 0
    sending.on('continue', () => {
      asked += 1
    })
    sending.flushHeaders()
    const answer = await answered(sending)
    expect(answer).toMatchObject({ status: 422, body: { type: '/problems/relay-denied' } })
    expect(asked).toBe(0)
    expect(answer.headers.connection).toBe('close')
  })

  test('a JSON body that waits to be asked for is asked for too', async () => {
    const body = JSON.stringify({ envelope: { from: TO_BOB.from, to: [TO_BOB.to] } })
    const sending = call(
      {},
      {
        'Content-Type': 'application/json',
        Expect: '100-continue',
        'Content-Length': String(body.length),
      },
    )
    sending.flushHeaders()
    await once(sending, 'continue')
    sending.end(body)
    expect(await answered(sending)).toMatchObject({ status: 200 })
  })

  test('a refusal is answered at once while the caller still sends, and the connection goes on', async () => {
    const sending = call({ ...TO_BOB, to: 'relay@elsewhere.test' }, { Connection: 'keep-alive' })
    sending.write('x'.repeat(1000))
    expect(await answered(sending)).toMatchObject({ status: 422 })
    sending.end('y'.repeat(1000))
    await once(sending, 'close')
  })
})

describe('what breaks off: nothing is handed over', () => {
  test('a bare LF beside CRLF in the middle: 400 with the finding, the connection dropped', async () => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    const response = await post(at(server)).send(`${RAW}bare\nlf\r\n`).expect(400)
    expect(response.body).toMatchObject({
      type: '/problems/invalid-request',
      errors: [{ pointer: '', detail: expect.stringContaining('a bare LF at octet 75') }],
      outcome: 'failed',
      stage: 'data',
      accepted: [],
    })
    expect(findingsOf(response)).toContain('bare-lf')
    expect(response.body.transcript.entries).toContainEqual(
      expect.objectContaining({ kind: 'data', incomplete: true }),
    )
    await server.left()
    expect(server.heard).not.toContain('.')
  })

  test('a bare CR at the very end is found before the end of data', async () => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    await post(at(server)).send(`${RAW}\r`).expect(400)
    await server.left()
    expect(server.heard).not.toContain('.')
  })

  test('as text, too', async () => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    const { text } = await post(at(server)).accept('text').send(`${RAW}bare\nlf\r\n`).expect(400)
    expect(text).toContain('DATA')
    expect(text).toContain('outcome: failed (stage data)')
  })

  test('larger than the service takes by its Content-Length: 413, and nothing is connected', async () => {
    const server = await mailServer(...UP_TO_DATA)
    const { body } = await post(at(server), small).send('x'.repeat(1001)).expect(413)
    expect(body.type).toBe('/problems/payload-too-large')
    expect(server.connections()).toBe(0)
  })

  test('larger than the service takes, found while it comes: 413, the connection dropped', async () => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    const sending = call(at(server), { 'Transfer-Encoding': 'chunked' }, small)
    sending.write(`${'x'.repeat(898)}\r\n`)
    await server.hears(/^DATA$/)
    sending.write('y'.repeat(101))
    expect(await answered(sending)).toMatchObject({
      status: 413,
      body: { type: '/problems/payload-too-large', outcome: 'failed', stage: 'data', accepted: [] },
    })
    await server.left()
    expect(server.heard).not.toContain('.')
  })

  test('lines that become longer by their ends count as they go out', async () => {
    await post(TO_BOB, small).send('\n'.repeat(501)).expect(413)
    await post(TO_BOB, small).send('\n'.repeat(500)).expect(200)
  })

  test('a caller who hangs up in the middle: the connection is dropped', async () => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    const sending = call(at(server), { 'Content-Length': '1000' })
    sending.write('Subject: broken off\r\n\r\n')
    await server.hears(/^DATA$/)
    sending.destroy()
    await server.left()
    expect(server.heard.slice(server.heard.indexOf('DATA') + 1)).not.toContain('.')
    expect(server.heard).not.toContain('QUIT')
  })

  test.each([
    ['dataTimeout', 'within 40 ms'],
    ['totalTimeout', 'The time of the whole call ran out'],
  ])('a caller who stops sending: 408 after %s', async (limit, words) => {
    const server = await mailServer(...UP_TO_DATA, 'HANG')
    const ms = limit === 'totalTimeout' ? '400' : '40'
    const sending = call({ ...at(server), [limit]: ms }, {})
    sending.write('Subject: and then nothing\r\n')
    const answer = await answered(sending)
    expect(answer).toMatchObject({
      status: 408,
      body: { type: '/problems/request-timeout', detail: expect.stringContaining(words), stage: 'data' },
    })
    await server.left()
    expect(server.heard).not.toContain('.')
  })

  test('8-bit octets toward a server without 8BITMIME: refused when they come, the connection dropped', async () => {
    const seven = [GREETING, '250 mx.example.test', ...UP_TO_DATA.slice(2)]
    const server = await mailServer(...seven, 'HANG')
    const { body } = await post(at(server)).send(`${RAW}Grüße\r\n`).expect(422)
    expect(body).toMatchObject({ type: '/problems/extension-not-offered', outcome: 'failed', stage: 'data' })
    await server.left()
    expect(server.heard).not.toContain('.')
    const innocent = await mailServer(...seven, '250 2.0.0 Ok', '221 Bye')
    await post(at(innocent)).send(RAW).expect(200)
    expect(innocent.heard[1]).toBe('MAIL FROM:<alice@sandbox.test>')
  })

  test('an early refusal of the server while the body comes is what is reported', async () => {
    const server = createServer((socket) => {
      const replies = UP_TO_DATA.slice(1)
      socket.on('error', () => undefined).write(`${GREETING}\r\n`)
      socket.on('data', () => socket.write(`${replies.shift() ?? '552 5.3.4 Too big'}\r\n`))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const sending = call(at({ port }), {})
    const pump = (): boolean => sending.writable && sending.write(`${'x'.repeat(70)}\r\n`.repeat(1000))
    sending.on('drain', pump)
    pump()
    expect(await answered(sending)).toMatchObject({
      status: 422,
      body: { outcome: 'rejected', reply: { code: 552 }, type: '/problems/message-too-large' },
    })
  })

  test.each([
    ['452 4.3.1 Insufficient system storage', 503, 'deferred', 'server-storage-full'],
    ['421 4.3.2 Shutting down', 503, 'deferred', 'server-shutting-down'],
  ])(
    'a server that has enough while the caller pauses is heard at once: %s',
    async (reply, status, outcome, code) => {
      const server = createServer((socket) => {
        const replies = UP_TO_DATA.slice(1)
        socket.on('error', () => undefined).write(`${GREETING}\r\n`)
        socket.on('data', (octets) => {
          if (octets.toString().includes('first: line')) socket.write(`${reply}\r\n`)
          else
            for (const _ of octets.toString().match(/\r\n/g) ?? [])
              socket.write(`${replies.shift() ?? ''}\r\n`)
        })
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const { port } = server.address() as { port: number }
      const sending = call(at({ port }), {})
      // two blocks, so that the first is on its way; then nothing more
      sending.write(`first: line\r\n${'x'.repeat(70)}\r\n`.repeat(1000))
      const answer = await answered(sending)
      expect(answer).toMatchObject({ status, body: { outcome, type: `/problems/${code}` } })
      expect(answer.body.transcript.findings).toMatchObject([{ code: 'early-reply' }])
    },
  )

  test('no answer to the end of data is unknown', async () => {
    const server = await mailServer(...UP_TO_DATA, 'CLOSE')
    const { body } = await post(at(server)).send(RAW).expect(502)
    expect(body).toMatchObject({ type: '/problems/outcome-unknown', outcome: 'unknown' })
  })
})

describe('what is refused before anything is connected', () => {
  test.each([
    [{ to: TO_BOB.to }, ['from']],
    [{ from: TO_BOB.from }, ['to']],
    [{ from: TO_BOB.from, to: '' }, ['to']],
    [{ ...TO_BOB, to: 'bob@sandbox.test,' }, ['to']],
    [{ from: 'alice', to: 'bob' }, ['from', 'to']],
    [{ ...TO_BOB, to: 'a"b@sandbox.test' }, ['to']],
    [{ ...TO_BOB, lineEnds: 'perhaps' }, ['lineEnds']],
    [{ ...TO_BOB, nonsense: '1' }, ['nonsense']],
    [{ ...TO_BOB, auth: 'nonsense' }, ['auth']],
    [{ ...TO_BOB, totalTimeout: '3600000' }, ['totalTimeout']],
  ])('%j', async (query, parameters) => {
    const { body } = await post(query).send(RAW).expect(400)
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter)).toEqual(parameters)
  })

  test('a login that is asked for without credentials', async () => {
    const { body } = await post({ ...TO_BOB, auth: 'plain' })
      .send(RAW)
      .expect(400)
    expect(body.errors).toMatchObject([{ header: 'Authorization' }])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'message/global'])(
    '%s is not read',
    async (type) => {
      const { body } = await mailwire.agent
        .post('/smtp/send')
        .query(TO_BOB)
        .type(type)
        .serialize(String)
        .send(RAW)
        .expect(415)
      expect(body.detail).toContain('message/rfc822')
    },
  )

  test('a body without a type, or with a content encoding, is not read', async () => {
    const sending = request(`${mailwire.url}/smtp/send?${new URLSearchParams(TO_BOB)}`, { method: 'POST' })
    sending.end(RAW)
    expect(await answered(sending)).toMatchObject({ status: 415 })
    await post(TO_BOB).set('Content-Encoding', 'gzip').send(RAW).expect(415)
  })

  test('stopAfter rcpt: the body is not read', async () => {
    const before = await countOf(mailwire)
    const { body } = await post({ ...TO_BOB, stopAfter: 'rcpt' })
      .send(RAW)
      .expect(200)
    expect(body).toMatchObject({ outcome: 'ok', messageId: null })
    expect(await countOf(mailwire)).toBe(before)
  })
})
