import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { EXAMPLES } from '../../src/http/routes/smtp-send-examples.ts'
import { SendBody } from '../../src/http/schema/send.ts'
import { mailServer } from '../support/mail-server.ts'
import { service } from '../support/service.ts'

const mailwire = service()
const ENVELOPE = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

const { privateKey: SIGNING_KEY } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const configured = service({
  env: { MAILWIRE_SERVERS_FILE: '/etc/servers.json', MAILWIRE_SANDBOX: 'on' },
  files: {
    '/etc/servers.json': JSON.stringify({
      servers: {},
      dkim: { office: { domain: 'sandbox.test', selector: 's2026', privateKeyFile: 'office.pem' } },
    }),
    '/etc/office.pem': SIGNING_KEY.export({ type: 'pkcs8', format: 'pem' }) as string,
  },
})

const send = (body: object, on = mailwire) => on.agent.post('/smtp/send').send(body)
const dry = async (message: object, envelope: object = ENVELOPE, on = mailwire) => {
  const { body } = await send({ envelope, message, dryRun: true }, on).expect(200)
  return body as { raw: string; octets: number; messageId: string }
}

describe('what a message may be made of', () => {
  test('alternatives, an inline image, a calendar, priority, list and reference fields', async () => {
    const { raw } = await dry({
      from: '"Älice" <alice@sandbox.test>',
      to: ['bob@sandbox.test'],
      replyTo: 'office@sandbox.test',
      subject: 'Grüße',
      text: 'text',
      html: '<img src="cid:logo">',
      attachments: [
        {
          filename: 'logo.png',
          contentType: 'image/png',
          content: 'iVBORw0KGgo=',
          cid: 'logo',
          disposition: 'inline',
        },
        { filename: 'notes.txt', text: 'Grüße' },
      ],
      calendar: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n' },
      priority: 'high',
      list: { id: 'list.sandbox.test', unsubscribe: ['mailto:leave@sandbox.test'] },
      inReplyTo: '<one@sandbox.test>',
      references: ['<one@sandbox.test>'],
      messageId: '<two@sandbox.test>',
      headers: { 'X-Check': ['1', '2'] },
    })
    for (const part of [
      'multipart/alternative',
      'Content-ID: <logo>',
      'text/calendar',
      'method=REQUEST',
      'Importance: high',
      'List-ID: <list.sandbox.test>',
      'In-Reply-To: <one@sandbox.test>',
      'References: <one@sandbox.test>',
      'Message-ID: <two@sandbox.test>',
      'Reply-To: office@sandbox.test',
      'X-Check: 1\r\nX-Check: 2',
    ]) {
      expect(raw.toLowerCase()).toContain(part.toLowerCase())
    }
    expect(Buffer.from(raw).every((octet) => octet < 0x80)).toBe(true)
  })

  test.each([
    ['gtube', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL'],
    ['eicar', 'eicar.com'],
    ['default', 'Auto-Submitted: auto-generated'],
  ])('the test message %s', async (kind, mark) => {
    const { raw } = await dry({ test: kind })
    expect(raw).toContain(mark)
  })

  test('a DKIM signature, and a key that cannot sign', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const dkim = { domain: 'sandbox.test', selector: 'probe', privateKey: pem }
    const { raw } = await dry({ test: 'default', dkim })
    expect(raw).toMatch(/^DKIM-Signature: v=1;/)
    const { body } = await send({
      envelope: ENVELOPE,
      message: { test: 'default', dkim: { ...dkim, privateKey: 'no key' } },
    }).expect(400)
    expect(body.errors[0].pointer).toMatch(/^\/message\/dkim/)
    expect(JSON.stringify(body)).not.toContain('no key')
  })

  test('a key of the configuration signs by its name, and an unknown name is refused', async () => {
    const { raw } = await dry({ test: 'default', dkim: 'office' }, ENVELOPE, configured)
    expect(raw).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=sandbox\.test;/)
    const { body } = await send(
      { envelope: ENVELOPE, message: { test: 'default', dkim: 'elsewhere' } },
      configured,
    ).expect(400)
    expect(body.errors).toMatchObject([{ pointer: '/message/dkim' }])
  })

  test('what cannot stand beside a whole message is named', async () => {
    const { body } = await send({
      envelope: ENVELOPE,
      message: { raw: 'Subject: x\r\n\r\n', subject: 'y' },
    }).expect(400)
    expect(body.errors).toEqual([{ pointer: '/message/subject', detail: 'it cannot stand beside raw' }])
  })
})

describe('what may be asked along with the envelope', () => {
  test.each([
    [{ dsn: { notify: ['NEVER', 'DELAY'] } }, '/envelope/dsn/notify'],
    [{ dsn: { envelopeId: 'a\r\nRCPT TO:<evil@x>' } }, '/envelope/dsn/envelopeId'],
    [{ parameters: { mail: ['X=1 Y=2'] } }, '/envelope/parameters/mail/0'],
    [{ parameters: { rcpt: ['X=1\r\nDATA'] } }, '/envelope/parameters/rcpt/0'],
    [{ auth: 'a\nb' }, '/envelope/auth'],
    [{ priority: 10 }, '/envelope/priority'],
    [{ holdFor: 1, holdUntil: '2030-01-01T00:00:00Z' }, '/envelope/holdUntil'],
    [{ deliverBy: { seconds: 1, mode: 'x' } }, '/envelope/deliverBy/mode'],
  ])('%j is malformed at %s', async (extra, pointer) => {
    const { body } = await send({ envelope: { ...ENVELOPE, ...extra } }).expect(400)
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })

  test('what the sandbox does not offer is an error before MAIL, with what it offers', async () => {
    const { body } = await send({ envelope: { ...ENVELOPE, dsn: { return: 'HDRS' } } }).expect(422)
    expect(body).toMatchObject({ type: '/problems/extension-not-offered', outcome: 'failed', stage: 'mail' })
    expect(body.offered).toContain('PIPELINING')
  })

  test.each([
    { envelope: { dsn: { return: 'HDRS' } } },
    { envelope: { requireTls: true } },
    { envelope: { priority: 1 } },
    { envelope: { holdFor: 60 } },
    { envelope: { holdUntil: '2030-01-01T00:00:00Z' } },
    { envelope: { deliverBy: { seconds: 60, mode: 'return' } } },
    { envelope: { prdr: true } },
    { envelope: { body: 'BINARYMIME' } },
    { xclient: { addr: '192.0.2.1' } },
  ])('%j is not offered, and the suggestion is the request that works', async (wish) => {
    const request = merged({ envelope: ENVELOPE }, wish)
    const { body } = await send(request).expect(422)
    expect(body).toMatchObject({ type: '/problems/extension-not-offered', outcome: 'failed' })
    const sent = await send(merged(request, body.diagnosis.suggestion)).expect(200)
    expect(sent.body.outcome).toBe('accepted')
  })

  test('XCLIENT and PROXY are read strictly', async () => {
    const bad = await send({ envelope: ENVELOPE, xclient: { port: 70_000 }, proxy: { version: 3 } }).expect(
      400,
    )
    expect(bad.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(
      expect.arrayContaining(['/xclient/port', '/proxy/version']),
    )
    const mixed = await send({
      envelope: ENVELOPE,
      proxy: {
        version: 2,
        source: { address: '::1', port: 1 },
        destination: { address: '127.0.0.1', port: 2 },
      },
    }).expect(400)
    expect(mixed.body.errors[0].pointer).toBe('/proxy')
  })

  test('a PROXY header reaches the server before anything else', async () => {
    const { port, heard } = await mailServer('220 mx', 'CLOSE')
    await send({
      server: `smtp://127.0.0.1:${port}`,
      proxy: {
        version: 1,
        source: { address: '192.0.2.1', port: 4711 },
        destination: { address: '192.0.2.2', port: 25 },
      },
      envelope: ENVELOPE,
      stopAfter: 'hello',
    })
    expect(heard[0]).toBe('PROXY TCP4 192.0.2.1 192.0.2.2 4711 25')
  })
})

describe('the examples of the document', () => {
  const refused: Readonly<Record<string, number>> = {
    'relay-denied': 422,
    greylisted: 503,
    'all-or-nobody': 422,
    'not-offered': 422,
    xclient: 422,
    'as-somebody-else': 422,
  }

  test('every field stands in one of them', () => {
    const shown = new Set(Object.values(EXAMPLES).flatMap(({ value }) => pathsIn(value)))
    expect(pathsOf(SendBody).filter((path) => !shown.has(path))).toEqual([])
  })

  test.each(Object.entries(EXAMPLES))('%s works on the first click', async (name, { value }) => {
    const { body, status } = await send(value)
    expect({ status, outcome: body.outcome }).toEqual({
      status: refused[name] ?? 200,
      outcome: expect.stringMatching(
        refused[name] === undefined ? /^(accepted|partial|ok)$/ : /^(rejected|deferred|failed)$/,
      ),
    })
  })
})

describe('how a session may begin and end', () => {
  test.each(['hello', 'mail', 'rcpt', 'data'])('dropAfter %s: no QUIT, outcome ok', async (dropAfter) => {
    const { body } = await send({ envelope: ENVELOPE, dropAfter }).expect(200)
    expect(body.outcome).toBe('ok')
    expect(body.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, without QUIT' })
    expect(JSON.stringify(body.transcript.entries)).not.toContain('"QUIT"')
  })

  test('stopAfter and dropAfter together are malformed', async () => {
    const { body } = await send({ envelope: ENVELOPE, dropAfter: 'mail', stopAfter: 'mail' }).expect(400)
    expect(body.errors[0].pointer).toBe('/dropAfter')
  })

  test('HELO alone', async () => {
    const { body } = await send({ envelope: ENVELOPE, hello: { verb: 'HELO', name: 'probe.test' } }).expect(
      200,
    )
    expect(body.outcome).toBe('accepted')
    expect(body.transcript.tls).toBeNull()
  })

  test('POP before SMTP logs in there first, and the refusal there is the refusal here', async () => {
    const auth = { user: 'alice', password: 'sandbox', popBefore: 'sandbox' }
    const good = await send({ envelope: ENVELOPE, auth }).expect(200)
    expect(good.body).toMatchObject({ outcome: 'accepted', auth: null })
    const bad = await send({ envelope: ENVELOPE, auth: { ...auth, password: 'wrong-one' } }).expect(401)
    expect(bad.body).toMatchObject({
      type: '/problems/credentials-rejected',
      transcript: { protocol: 'pop3' },
    })
    const none = await send({ envelope: ENVELOPE, auth: { ...auth, popBefore: 'nowhere' } }).expect(400)
    expect(none.body.errors[0].pointer).toBe('/auth/popBefore')
  })
})

/** RFC 7396 §2: the target with a merge patch applied. */
function merged(target: object, patch: object): object {
  const result: Record<string, unknown> = { ...target }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else if (typeof value === 'object' && !Array.isArray(value))
      result[name] = merged((result[name] ?? {}) as object, value)
    else result[name] = value
  }
  return result
}

/** The paths of all fields that a schema has, lists without their places. */
function pathsOf(schema: unknown, at = ''): string[] {
  if (schema instanceof z.ZodOptional) return pathsOf(schema.unwrap(), at)
  if (schema instanceof z.ZodArray) return pathsOf(schema.element, at)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => pathsOf(option, at))
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([name, field]) => [
    // what is a file of its own has a short example in its place
    ...(field instanceof z.ZodType && field.meta()?.['examples'] !== undefined ? [] : [`${at}/${name}`]),
    ...pathsOf(field, `${at}/${name}`),
  ])
}

function pathsIn(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsIn(each, at))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) => [
    `${at}/${name}`,
    ...pathsIn(field, `${at}/${name}`),
  ])
}
