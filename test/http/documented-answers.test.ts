import { randomUUID } from 'node:crypto'
import type { Response, Test } from 'supertest'
import { afterAll, expect, test } from 'vitest'
import { DocumentWatch } from '../support/document-watch.ts'
import { eventsIn, type SeenEvent } from '../support/events.ts'
import { closedPort, mailServer } from '../support/mail-server.ts'
import { service, startTestService, type TestService } from '../support/service.ts'

const mailwire = service()
const guarded = service({ env: { MAILWIRE_API_KEYS: 'a-key-of-this-test-file' } })
const small = service({ env: { MAILWIRE_MAX_MESSAGE_BYTES: '100' } })
const seldom = service({ env: { MAILWIRE_RATE_LIMIT: '1' } })
const suspicious = service({
  env: { MAILWIRE_RATE_LIMIT: '1', MAILWIRE_API_KEYS: 'a-key-of-this-test-file' },
})

type Call = (on: TestService) => Test
/** A request that is answered with this status. */
type Situation = (call: Call) => PromiseLike<Response>

interface Known {
  readonly call: Call
  /** What a caller accepts besides, whatever is answered. */
  readonly takes?: readonly string[]
  readonly situations: Record<number, Situation>
}

const EVENTS = 'text/event-stream'
const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

const documented = new DocumentWatch().documented()
const seen = new Set<string>()

for (const { operation, status, type } of documented) {
  test(`${operation} can be answered ${status} as ${type}`, async () => {
    const situation = SITUATIONS[operation]?.situations[status]
    if (situation === undefined) throw new Error('no request is known that is answered so')
    const { call, takes = [] } = SITUATIONS[operation]!
    // 406 is for those who take nothing that there is; who takes JSON gets problems, too
    const accept = status === 406 ? 'image/png' : [...takes, type.replace('problem+json', 'json')].join()
    const response = await situation((on) => call(on).set('Accept', accept))
    expect([response.status, response.type]).toEqual([status, type])
    if (type === EVENTS) expect(expectWhole(response.text)?.data.transcript).toBeDefined()
    seen.add(`${operation} ${status}`)
  })
}

const streaming = documented.filter(({ type }) => type === EVENTS).map(({ operation }) => operation)
const failing = documented.filter(
  ({ operation, status, type }) =>
    streaming.includes(operation) && status >= 400 && status !== 406 && type === 'application/problem+json',
)

test.each(failing)('$operation that fails with $status says so to who takes events', async (answer) => {
  const { call, situations } = SITUATIONS[answer.operation]!
  const response = await situations[answer.status]!((on) => call(on).set('Accept', EVENTS))
  if (response.type === EVENTS) {
    expect(response.status).toBe(200)
    expect(expectWhole(response.text)).toMatchObject({ event: 'problem', data: { status: answer.status } })
  } else expect([response.status, response.type]).toEqual([answer.status, 'application/problem+json'])
})

/** Who reads along hears every entry of the session that decided, as the transcript has it. */
function expectWhole(stream: string): SeenEvent | undefined {
  const events = eventsIn(stream)
  const last = events.at(-1)
  const { transcript } = last?.data ?? {}
  const heard = events.flatMap(({ event, data: { session, ...entry } }) =>
    event === 'entry' && session === transcript?.id ? [entry] : [],
  )
  expect(heard).toEqual(transcript?.entries ?? [])
  return last
}

afterAll(() => {
  // a situation that the document does not know is one that nobody would look for
  for (const [operation, { situations }] of Object.entries(SITUATIONS)) {
    for (const status of Object.keys(situations)) expect(seen).toContain(`${operation} ${status}`)
  }
})

const MALFORMED: Situation = (call) => call(mailwire).query({ nonsense: '1' })
const FOREIGN_HOST: Situation = (call) => call(mailwire).set('Host', 'attacker.example')
const OK: Situation = (call) => call(mailwire)

/** What every call with a mail session can come to. */
const COMMON: Record<number, Situation> = {
  400: MALFORMED,
  406: OK,
  429: async (call) => {
    await seldom.agent.get('/pop3/stat')
    return call(seldom)
  },
}

const bob = { user: 'bob', password: 'sandbox' }

const POP3: Record<number, Situation> = {
  ...COMMON,
  200: (call) => call(mailwire).auth(bob.user, bob.password),
  401: (call) => call(mailwire).auth('bob', 'not the password'),
  403: (call) => call(mailwire).query({ server: 'pop3://10.0.0.1' }).auth(bob.user, bob.password),
  404: (call) => of(call(mailwire), '/messages/1', '/messages/uid:of-nobody').auth(bob.user, bob.password),
  406: (call) => call(mailwire).auth(bob.user, bob.password),
  422: (call) => call(mailwire).query({ tls: 'off', auth: 'plain' }).auth(bob.user, bob.password),
  423: (call) => call(mailwire).auth('busy', 'sandbox'),
  502: async (call) =>
    call(mailwire)
      .query({ server: `pop3://127.0.0.1:${await closedPort()}` })
      .auth('bob', 'some-other-word'),
  503: (call) => call(mailwire).auth('temporary', 'sandbox'),
  504: async (call) => {
    const { port } = await mailServer('HANG')
    return call(mailwire)
      .query({ server: `pop3://127.0.0.1:${port}`, greetingTimeout: '30' })
      .auth('bob', 'some-other-word')
  },
}

/** What a scripted session can come to; refusals are 422 and 503, whatever was refused. */
function scripted(
  protocol: 'smtp' | 'pop3',
  steps: { readonly good: object[]; readonly refused: object[]; readonly deferred: object[] },
): Known {
  const { good, refused, deferred } = steps
  const tls = protocol === 'pop3' ? { tls: 'required' } : {}
  const on =
    (server: string, more: object = {}): Situation =>
    (call) =>
      call(mailwire).send({ server, steps: good, ...more })
  return {
    call: (service) => service.agent.post(`/${protocol}/session`),
    situations: {
      ...COMMON,
      200: (call) => call(mailwire).send({ ...tls, steps: good }),
      400: (call) => call(mailwire).send({ steps: [{ send: 'a\r\nb' }] }),
      401: (call) => call(guarded).send({ steps: good }),
      403: on(`${protocol}://10.0.0.1`),
      406: (call) => call(mailwire).send({ steps: good }),
      413: (call) => call(small).send({ steps: [{ raw: 'A'.repeat(1_100_000) }] }),
      415: (call) => call(mailwire).type('text/plain').send('hello'),
      422: (call) => call(mailwire).send({ ...tls, steps: refused }),
      502: async (call) => on(`${protocol}://127.0.0.1:${await closedPort()}`)(call),
      503: (call) => call(mailwire).send({ ...tls, steps: deferred }),
      504: async (call) => {
        const { port } = await mailServer('HANG')
        return on(`${protocol}://127.0.0.1:${port}`, { timeouts: { greeting: 30 } })(call)
      },
    },
  }
}

const SITUATIONS: Record<string, Known> = {
  'post /smtp/session': scripted('smtp', {
    good: [{ send: 'EHLO me' }],
    refused: [{ send: 'NONSENSE', expect: '2xx' }],
    deferred: [
      { send: 'EHLO me' },
      { send: 'MAIL FROM:<>' },
      { send: 'RCPT TO:<greylisted@sandbox.test>', expect: '2xx' },
    ],
  }),
  'post /pop3/session': scripted('pop3', {
    good: [{ send: 'CAPA' }],
    refused: [{ send: 'STAT', expect: '+OK' }],
    deferred: [{ send: 'USER temporary' }, { send: 'PASS sandbox', expect: '+OK' }],
  }),
  'post /smtp/send': {
    call: (on) => on.agent.post('/smtp/send'),
    situations: {
      ...COMMON,
      200: (call) => call(mailwire).send({ envelope: TO_BOB }),
      401: (call) => call(guarded).send({ envelope: TO_BOB }),
      403: (call) => call(mailwire).send({ server: 'smtp://10.0.0.1', envelope: TO_BOB }),
      406: (call) => call(mailwire).send({ envelope: TO_BOB }),
      408: async (call) => {
        const { port } = await mailServer(
          '220 mx.example.test',
          '250 mx',
          '250 Ok',
          '250 Ok',
          '354 Go',
          'HANG',
        )
        const server = `smtp://127.0.0.1:${port}`
        const test = call(mailwire)
          .query({ server, from: TO_BOB.from, to: TO_BOB.to, dataTimeout: '30' })
          .type('message/rfc822')
          .set('Content-Length', '1000')
        // the rest of the body does not come
        test.write('Subject: half\r\n')
        return test
      },
      409: async (call) => {
        const { port, hears } = await mailServer('220 mx.example.test', 'HANG')
        const body = { server: `smtp://127.0.0.1:${port}`, envelope: TO_BOB }
        const key = randomUUID()
        const running = mailwire.agent.post('/smtp/send').set('Idempotency-Key', key).send(body)
        running.then(undefined, () => undefined)
        await hears(/^EHLO/)
        const answer = await call(mailwire).set('Idempotency-Key', key).send(body)
        running.abort()
        return answer
      },
      413: (call) => call(small).send({ envelope: TO_BOB, message: { raw: 'x'.repeat(101) } }),
      415: (call) => call(mailwire).type('text/plain').send('hello'),
      422: (call) => call(mailwire).send({ envelope: { ...TO_BOB, to: ['relay@elsewhere.test'] } }),
      502: async (call) =>
        call(mailwire).send({ server: `smtp://127.0.0.1:${await closedPort()}`, envelope: TO_BOB }),
      503: (call) => call(mailwire).send({ envelope: { ...TO_BOB, to: ['greylisted@sandbox.test'] } }),
      504: async (call) => {
        const { port } = await mailServer('HANG')
        const server = `smtp://127.0.0.1:${port}`
        return call(mailwire).send({ server, envelope: TO_BOB, timeouts: { greeting: 30 } })
      },
    },
  },
  'post /smtp/check': {
    call: (on) => on.agent.post('/smtp/check'),
    situations: {
      ...COMMON,
      200: (call) => call(mailwire).send({ tlsVersions: false }),
      401: (call) => call(guarded).send({}),
      403: (call) => call(mailwire).send({ server: 'smtp://10.0.0.1' }),
      413: (call) => call(small).send({ recipients: ['x'.repeat(3_000_000)] }),
      415: (call) => call(mailwire).type('text/plain').send('hello'),
      422: (call) => call(mailwire).send({ auth: { user: 'alice', password: 'not the password' } }),
      502: async (call) => call(mailwire).send({ server: `smtp://127.0.0.1:${await closedPort()}` }),
      503: async (call) => {
        const { port } = await mailServer('421 mx.example.test Service not available')
        return call(mailwire).send({ server: `smtp://127.0.0.1:${port}` })
      },
      504: async (call) => {
        const { port } = await mailServer('HANG')
        return call(mailwire).send({ server: `smtp://127.0.0.1:${port}`, timeouts: { greeting: 30 } })
      },
    },
  },
  'get /pop3/stat': { call: (on) => on.agent.get('/pop3/stat'), situations: without(POP3, 404) },
  'get /pop3/capabilities': {
    call: (on) => on.agent.get('/pop3/capabilities'),
    situations: without(POP3, 404),
  },
  'get /pop3/messages': {
    call: (on) => on.agent.get('/pop3/messages'),
    situations: {
      ...POP3,
      // a listing lists what there is; whole messages can be asked for by name
      404: (call) => {
        const listing = call(mailwire).query({ uids: 'of-nobody' }).auth(bob.user, bob.password)
        return listing.set('Accept', `application/mbox,${listing.get('Accept')}`)
      },
    },
  },
  'delete /pop3/messages': {
    call: (on) => on.agent.delete('/pop3/messages'),
    situations: {
      ...mapped(POP3, (call) => (on) => call(on).query({ numbers: '1' })),
      200: async (call) => {
        await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB })
        return call(mailwire).query({ numbers: '1' }).auth(bob.user, bob.password)
      },
      404: (call) => call(mailwire).query({ uids: 'of-nobody' }).auth(bob.user, bob.password),
      412: (call) => call(mailwire).query({ all: 'true', expect: '99' }).auth(bob.user, bob.password),
    },
  },
  'get /pop3/messages/wait': {
    call: (on) => on.agent.get('/pop3/messages/wait').query({ timeout: '1', interval: '100' }),
    situations: without(POP3, 404),
  },
  'get /pop3/messages/{n}/attachments/{i}': {
    call: (on) => on.agent.get('/pop3/messages/1/attachments/1'),
    takes: ['application/octet-stream'],
    situations: {
      ...POP3,
      200: async (call) => {
        const attachments = [{ filename: 'a.bin', content: 'AAECAw==' }]
        await mailwire.agent.post('/smtp/send').send({ message: { ...TO_BOB, attachments } })
        return of(call(mailwire), '/messages/1', '/messages/latest').auth(bob.user, bob.password)
      },
    },
  },
  'get /pop3/messages/{n}': {
    call: (on) => on.agent.get('/pop3/messages/1'),
    situations: {
      ...POP3,
      412: (call) => call(mailwire).set('If-Match', '"of-nobody"').auth(bob.user, bob.password),
    },
  },
  'delete /pop3/messages/{n}': {
    call: (on) => on.agent.delete('/pop3/messages/1'),
    situations: {
      ...POP3,
      200: async (call) => {
        await mailwire.agent.post('/smtp/send').send({ envelope: TO_BOB })
        return call(mailwire).auth(bob.user, bob.password)
      },
      412: (call) => call(mailwire).set('If-Match', '"of-nobody"').auth(bob.user, bob.password),
    },
  },
  'get /problems': {
    call: (on) => on.agent.get('/problems'),
    situations: { 200: OK, 400: MALFORMED, 403: FOREIGN_HOST },
  },
  'get /problems/{code}': {
    call: (on) => on.agent.get('/problems/relay-denied'),
    situations: {
      200: OK,
      400: MALFORMED,
      403: FOREIGN_HOST,
      404: (call) => of(call(mailwire), 'relay-denied', 'of-nobody'),
    },
  },
  'get /metrics': {
    call: (on) => on.agent.get('/metrics'),
    takes: ['application/openmetrics-text'],
    situations: {
      200: OK,
      400: MALFORMED,
      401: (call) => call(guarded),
      403: FOREIGN_HOST,
      429: async (call) => {
        await call(suspicious)
        return call(suspicious)
      },
    },
  },
  'get /livez': {
    call: (on) => on.agent.get('/livez'),
    situations: { 200: OK, 400: MALFORMED, 403: FOREIGN_HOST },
  },
  'get /readyz': {
    call: (on) => on.agent.get('/readyz'),
    situations: {
      200: OK,
      400: MALFORMED,
      403: FOREIGN_HOST,
      503: async (call) => {
        const ending = await startTestService()
        const { port, hears } = await mailServer('220 mx.example.test ESMTP', 'HANG')
        const server = `smtp://127.0.0.1:${port}`
        const running = ending.agent.post('/smtp/send').send({ server, envelope: TO_BOB })
        running.then(undefined, () => undefined)
        await hears(/^EHLO/)
        const closed = ending.close(60_000)
        const answer = await call(ending)
        running.abort()
        await closed
        return answer
      },
    },
  },
}

/** The same call of something else. */
function of(call: Test, one: string, other: string): Test {
  call.url = call.url.replace(one, other)
  return call
}

/** The same situations of a call that says something more. */
function mapped(
  situations: Record<number, Situation>,
  more: (call: Call) => Call,
): Record<number, Situation> {
  return Object.fromEntries(
    Object.entries(situations).map(([status, situation]): [string, Situation] => [
      status,
      (call) => situation(more(call)),
    ]),
  )
}

function without(situations: Record<number, Situation>, status: number): Record<number, Situation> {
  return Object.fromEntries(Object.entries(situations).filter(([each]) => Number(each) !== status))
}
