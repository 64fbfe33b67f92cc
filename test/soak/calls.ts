import { createConnection } from 'node:net'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Misbehaving } from './misbehaving.ts'

/** What a call came to: its status, or that the caller left. */
export type CallEnd = number | 'left'

/** One kind of call, how often it comes, and how it may end. */
export interface Kind {
  readonly name: string
  readonly weight: number
  readonly expected: readonly CallEnd[]
  readonly call: () => Promise<CallEnd>
}

export interface Surroundings {
  readonly url: string
  readonly sandbox: Sandbox
  readonly misbehaving: Misbehaving
  /** From 0 to 1, the same for the same seed. */
  readonly random: () => number
}

const ENVELOPE = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }
const BOB = `Basic ${Buffer.from('bob:sandbox').toString('base64')}`
const IMPATIENT = { connect: 300, greeting: 300, command: 300, data: 300, final: 300, total: 1000 }

/** Honest callers, callers who are not, and honest ones with servers that are not. */
export function kindsOf({ url, sandbox, misbehaving, random }: Surroundings): Kind[] {
  const among = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const smtp = `smtp://127.0.0.1:${sandbox.smtpPort}`
  const trusted = { tlsCa: sandbox.ca, tlsServername: 'sandbox.test' }
  const pop3 = (extra: Record<string, string> = {}): string =>
    String(
      new URLSearchParams({
        server: `pop3s://127.0.0.1:${sandbox.pop3sPort}`,
        tlsVerify: 'false',
        allowInsecureAuth: 'true',
        ...extra,
      }),
    )
  const post = (body: unknown, signal?: AbortSignal): Promise<CallEnd> =>
    answered(
      fetch(`${url}/smtp/send`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
  const read = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<CallEnd> =>
    answered(fetch(`${url}${path}`, { method, headers: { Authorization: BOB, ...headers } }))
  const badly = (): string => `smtp://127.0.0.1:${among(misbehaving.smtp)}`
  const badPop3 = (): string =>
    String(
      new URLSearchParams({
        server: `pop3://127.0.0.1:${among(misbehaving.pop3)}`,
        auth: 'user',
        allowInsecureAuth: 'true',
        greetingTimeout: '300',
        commandTimeout: '300',
        dataTimeout: '300',
        totalTimeout: '1000',
      }),
    )
  const honest: Kind[] = [
    {
      name: 'send over TLS with a login',
      weight: 12,
      expected: [200],
      call: () =>
        post({
          server: smtp,
          ...trusted,
          auth: { user: 'alice', password: 'sandbox' },
          message: { ...ENVELOPE, subject: 'soak', text: 'a'.repeat(2000) },
        }),
    },
    {
      name: 'send with an attachment',
      weight: 4,
      expected: [200],
      call: () =>
        post({
          server: smtp,
          tls: 'off',
          message: { ...ENVELOPE, attachments: [{ filename: 'a.bin', content: 'A'.repeat(40_000) }] },
        }),
    },
    {
      name: 'send a streamed message',
      weight: 6,
      expected: [200],
      call: () =>
        answered(
          fetch(
            `${url}/smtp/send?${new URLSearchParams({ server: smtp, tls: 'off', from: ENVELOPE.from, to: 'bob@sandbox.test' })}`,
            {
              method: 'POST',
              headers: { 'Content-Type': 'message/rfc822' },
              body: `Subject: soak\r\n\r\n${'a line of mail\r\n'.repeat(4000)}`,
            },
          ),
        ),
    },
    {
      name: 'be refused',
      weight: 6,
      expected: [422, 503],
      call: () =>
        post({
          server: smtp,
          tls: 'off',
          envelope: { ...ENVELOPE, to: [among(['relay@elsewhere.test', 'greylisted@sandbox.test'])] },
        }),
    },
    { name: 'list over TLS', weight: 6, expected: [200, 423], call: () => read(`/pop3/messages?${pop3()}`) },
    {
      name: 'read as JSON',
      weight: 6,
      expected: [200, 404, 423],
      call: () => read(`/pop3/messages/latest?${pop3()}`),
    },
    {
      name: 'read as it is',
      weight: 6,
      expected: [200, 404, 423],
      call: () => read(`/pop3/messages/1?${pop3()}`, { Accept: 'message/rfc822' }),
    },
    {
      name: 'delete',
      weight: 8,
      expected: [200, 404, 423],
      call: () => read(`/pop3/messages?${pop3({ numbers: '1-3' })}`, {}, 'DELETE'),
    },
    {
      name: 'compose only',
      weight: 4,
      expected: [200],
      call: () => post({ dryRun: true, message: { ...ENVELOPE, html: '<p>x</p>' }, server: smtp }),
    },
  ]
  const hostileServers: Kind[] = [
    {
      name: 'send to a server that misbehaves',
      weight: 20,
      expected: [400, 422, 502, 503, 504],
      call: () => post({ server: badly(), envelope: ENVELOPE, timeouts: IMPATIENT }),
    },
    {
      name: 'read from a server that misbehaves',
      weight: 10,
      expected: [401, 422, 502, 503, 504],
      call: () => read(`/pop3/messages?${badPop3()}`),
    },
  ]
  const hostileCallers: Kind[] = [
    {
      name: 'leave while the session runs',
      weight: 8,
      expected: ['left', 400, 422, 502, 503, 504],
      call: () =>
        post(
          { server: badly(), envelope: ENVELOPE, timeouts: IMPATIENT },
          AbortSignal.timeout(Math.floor(random() * 250)),
        ),
    },
    {
      name: 'leave in the middle of the body',
      weight: 5,
      expected: ['left'],
      call: () =>
        raw(
          url,
          `POST /smtp/send?from=&to=bob@sandbox.test&server=${encodeURIComponent(smtp)} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
            `Content-Type: ${among(['message/rfc822', 'application/json'])}\r\nContent-Length: 100000\r\n\r\n{"half": `,
          random() * 100,
        ),
    },
    {
      name: 'ask for much and never read it',
      weight: 5,
      expected: ['left'],
      call: () =>
        raw(url, `GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(30), 300 + random() * 300),
    },
    {
      name: 'ask for several at once and leave',
      weight: 5,
      expected: ['left'],
      call: () => {
        const body = JSON.stringify({ server: badly(), envelope: ENVELOPE, timeouts: IMPATIENT })
        const request = `POST /smtp/send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
        return raw(url, request.repeat(4), random() * 200)
      },
    },
    {
      name: 'send headers that do not end',
      weight: 3,
      expected: ['left'],
      call: () => raw(url, `GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}`, 50),
    },
    {
      name: 'send what is no request',
      weight: 3,
      expected: ['left'],
      call: () =>
        raw(url, among(['\x16\x03\x01\x02\x00\x01', 'EHLO x\r\n', '\0\0\0', 'GET / HTTP/9.9\r\n\r\n']), 50),
    },
    {
      name: 'send what is not valid',
      weight: 8,
      expected: [400],
      call: () =>
        post(
          among([
            '{"envelope":',
            `{"a":${'['.repeat(100_000)}`,
            '{"tls":"off","tls":"off"}',
            '{"__proto__":{}}',
            `{"envelope":{"from":"","to":["${'x'.repeat(50_000)}@y"]}}`,
            '{"envelope":{"from":"a\\r\\nRCPT TO:<b>","to":["b@c.test"]}}',
            `[${'1,'.repeat(700_000)}1]`,
          ]),
        ),
    },
    {
      name: 'ask for what there is not',
      weight: 4,
      expected: [404, 405, 400, 401],
      call: () =>
        read(among(['/nowhere', '/smtp/send', `/problems/${random()}`, '/pop3/stat?server=x&server=y']), {}),
    },
    {
      name: 'ask for a target that is not allowed',
      weight: 4,
      expected: [403],
      call: () => post({ server: among(['smtp://10.0.0.1', 'smtp://[::1]:25']), envelope: ENVELOPE }),
    },
  ]
  return [...honest, ...hostileServers, ...hostileCallers]
}

async function answered(call: Promise<Response>): Promise<CallEnd> {
  try {
    const response = await call
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
      return 'left'
    throw error
  }
}

/** Sends octets, reads nothing, and leaves after a while without a word. */
async function raw(url: string, octets: string, afterMs: number): Promise<CallEnd> {
  const { hostname, port } = new URL(url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(octets, 'latin1')
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  socket.resetAndDestroy()
  return 'left'
}
