import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { ValueError } from '../../src/config/config-error.ts'
import { EXAMPLE, serversFile } from '../../src/config/servers-file.ts'
import type { ConfiguredServer } from '../../src/session/configured-server.ts'
import { serverUrl } from '../../src/session/server-url.ts'
import { createAuthority, type Issued } from '../support/certificates.ts'

const SECRET = 'hunter22-hunter22'
const SMTP = { smtp: 'smtp://mail.example.com' }

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const files: Record<string, string> = {
  secret: `${SECRET}\n`,
  'two-lines': `${SECRET}\n\n`,
  nothing: '\n',
  'rsa-key': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}
let authority: Issued
let client: Issued

beforeAll(async () => {
  const made = await createAuthority()
  authority = made
  client = await made.issue({ names: ['client.example.com'] })
  Object.assign(files, { ca: authority.cert, cert: client.cert, key: client.key, 'other-key': authority.key })
})

describe('a server', () => {
  test('has safe terms where the file says nothing', () => {
    expect(read({ office: SMTP })).toEqual([
      {
        name: 'office',
        smtp: serverUrl('smtp://mail.example.com:25'),
        tls: 'opportunistic',
        verify: 'strict',
        minVersion: 'TLSv1.2',
        insecureAuth: 'refuse',
      },
    ])
  })

  test('has the terms that the file says', () => {
    const [office] = read({
      office: {
        smtp: 'lmtp://mail.example.com',
        pop3: 'pop3s://mail.example.com',
        tls: 'required',
        tlsVerify: false,
        tlsServername: 'Other.example.com',
        tlsMinVersion: 'TLSv1',
        tlsCa: authority.cert,
        clientCertificate: { certFile: 'cert', keyFile: 'key' },
        credentials: { user: 'alice', password: SECRET },
        allowInsecureAuth: true,
        hello: 'probe.example.com',
      },
    })
    expect(office).toMatchObject({
      smtp: { protocol: 'lmtp', port: 24 },
      pop3: { protocol: 'pop3', port: 995, implicitTls: true },
      tls: 'required',
      verify: 'report',
      servername: 'other.example.com',
      minVersion: 'TLSv1',
      ca: authority.cert,
      clientCertificate: { cert: client.cert },
      credentials: { user: 'alice', credential: { kind: 'password' } },
      insecureAuth: 'allow',
      hello: 'probe.example.com',
    })
    expect(office?.clientCertificate?.key.reveal()).toBe(client.key)
    expect(JSON.stringify(office)).not.toContain(SECRET)
    expect(JSON.stringify(office)).not.toContain('PRIVATE KEY')
  })

  test.each([
    [{ password: SECRET }, 'password'],
    [{ passwordFile: 'secret' }, 'password'],
    [{ passwordEnv: 'OFFICE_SECRET' }, 'password'],
    [{ token: SECRET }, 'token'],
    [{ tokenFile: 'secret' }, 'token'],
    [{ tokenEnv: 'OFFICE_SECRET' }, 'token'],
  ])('takes its secret from %o', (way, kind) => {
    const [office] = read({ office: { ...SMTP, credentials: { user: 'alice', ...way } } })
    expect(office?.credentials?.credential?.kind).toBe(kind)
    expect(office?.credentials?.credential?.value.reveal()).toBe(SECRET)
  })

  test('may log in by its certificate alone, as somebody else, or by a mechanism of its own', () => {
    const [a, b] = read({
      a: { ...SMTP, credentials: { mechanism: 'external', authzid: 'alice' } },
      b: { ...SMTP, credentials: { user: 'bob', password: SECRET, mechanism: 'Cram-MD5' } },
    })
    expect(a?.credentials).toEqual({ user: '', authzid: 'alice', mechanism: 'EXTERNAL' })
    expect(b?.credentials).toMatchObject({ user: 'bob', mechanism: 'CRAM-MD5' })
  })

  test('has keys that messages are signed with, by name', () => {
    const dkim = { office: { domain: 'example.com', selector: 's2026', privateKeyFile: 'rsa-key' } }
    const { signingKeys } = serversFile(JSON.stringify({ servers: {}, dkim }), sources)
    expect(signingKeys.get('office')).toMatchObject({ domain: 'example.com', selector: 's2026' })
    expect(signingKeys.get('office')?.privateKey.reveal()).toBe(files['rsa-key'])
  })

  test('takes an authority from a file', () => {
    expect(read({ office: { ...SMTP, tlsCaFile: 'ca' } })[0]?.ca).toBe(authority.cert)
  })

  test('may have the name of something that every object has', () => {
    expect(read({ constructor: SMTP })[0]?.name).toBe('constructor')
  })
})

describe('a mistake is named by its path', () => {
  test.each<[string, unknown, RegExp]>([
    ['servers', {}, /servers/],
    ['servers.office', { servers: { office: {} } }, /smtp, pop3 or both/],
    ['servers.Office', { servers: { Office: SMTP } }, /a-z, 0-9 and hyphens/],
    ['servers.a.b', { servers: { 'a.b': SMTP } }, /a-z, 0-9 and hyphens/],
    ['"server"', { servers: {}, server: {} }, /Unrecognized key: "server"/],
    ['servers.office', { servers: { office: { ...SMTP, tlsverify: false } } }, /"tlsverify"/],
    [
      'servers.office.smtp',
      { servers: { office: { smtp: 'pop3://mail.example.com' } } },
      /must begin with smtp/,
    ],
    [
      'servers.office.pop3',
      { servers: { office: { pop3: 'smtp://mail.example.com' } } },
      /must begin with pop3/,
    ],
    ['servers.office.smtp', { servers: { office: { smtp: 'smtp://alice@mail.example.com' } } }, /no user/],
    ['servers.office.smtp', { servers: { office: { smtp: 25 } } }, /string/],
    [
      'servers.office.tls',
      { servers: { office: { ...SMTP, tls: 'implicit' } } },
      /off.*opportunistic.*required/,
    ],
    [
      'servers.office.tls',
      { servers: { office: { smtp: 'smtps://mail.example.com', tls: 'off' } } },
      /smtps/,
    ],
    [
      'servers.office.tls',
      { servers: { office: { ...SMTP, pop3: 'pop3s://mail.example.com', tls: 'off' } } },
      /pop3s/,
    ],
    ['servers.office.tlsVerify', { servers: { office: { ...SMTP, tlsVerify: 'no' } } }, /boolean/],
    [
      'servers.office.tlsServername',
      { servers: { office: { ...SMTP, tlsServername: 'a b' } } },
      /no host name/,
    ],
    ['servers.office.tlsMinVersion', { servers: { office: { ...SMTP, tlsMinVersion: 'SSLv3' } } }, /TLSv1.3/],
    ['servers.office.tlsCa', { servers: { office: { ...SMTP, tlsCa: 'ca' } } }, /PEM/],
    ['servers.office.tlsCa', { servers: { office: { ...SMTP, tlsCa: pem('AAAA') } } }, /PEM/],
    ['servers.office.tlsCaFile', { servers: { office: { ...SMTP, tlsCaFile: 'absent' } } }, /ENOENT/],
    ['servers.office.tlsCaFile', { servers: { office: { ...SMTP, tlsCaFile: 'secret' } } }, /PEM/],
    ['servers.office.clientCertificate', clientWith('cert', 'other-key'), /PEM certificate and its key/],
    ['servers.office.clientCertificate', clientWith('secret', 'key'), /PEM certificate and its key/],
    ['servers.office.clientCertificate.keyFile', clientWith('cert', 'absent'), /ENOENT/],
    ['servers.office.credentials', login({}), /exactly one/],
    ['servers.office.credentials', login({ password: SECRET, tokenFile: 'secret' }), /exactly one/],
    ['servers.office.credentials', login({ pasword: SECRET }), /"pasword"/],
    ['servers.office.credentials.password', login({ password: '' }), /empty/],
    ['servers.office.credentials.password', login({ password: 12345678 }), /string/],
    ['servers.office.credentials.password', login({ password: `${SECRET}\r\nRSET` }), /line break/],
    ['servers.office.credentials.token', login({ token: `${SECRET}\0` }), /NUL/],
    ['servers.office.credentials.passwordFile', login({ passwordFile: 'absent' }), /ENOENT/],
    ['servers.office.credentials.passwordFile', login({ passwordFile: 'two-lines' }), /line break/],
    ['servers.office.credentials.tokenFile', login({ tokenFile: 'nothing' }), /empty/],
    ['servers.office.credentials.passwordEnv', login({ passwordEnv: SECRET }), /not set/],
    ['servers.office.credentials.user', login({ user: '', password: SECRET }), /empty/],
    ['servers.office.credentials.mechanism', login({ password: SECRET, mechanism: 'apop' }), /one of SCRAM/],
    [
      'servers.office.credentials',
      login({ password: SECRET, mechanism: 'external' }),
      /EXTERNAL has no password/,
    ],
    ['servers.office.credentials.authzid', login({ password: SECRET, authzid: 'a\0b' }), /control/],
    ['dkim.office.privateKeyFile', signedBy({ privateKeyFile: 'secret' }), /no private key/],
    ['dkim.office.privateKeyFile', signedBy({ privateKeyFile: 'absent' }), /ENOENT/],
    ['dkim.office.domain', signedBy({ domain: 'a; b=c' }), /domain name/],
    ['dkim.office', signedBy({ privateKey: SECRET }), /"privateKey"/],
    ['servers.office.credentials.user', login({ user: 'a\nb', password: SECRET }), /control/],
    [
      'servers.office.allowInsecureAuth',
      { servers: { office: { ...SMTP, allowInsecureAuth: 1 } } },
      /boolean/,
    ],
    ['servers.office.hello', { servers: { office: { ...SMTP, hello: 'a b' } } }, /domain name/],
  ])('%s: %o', (path, file, message) => {
    const refusal = refusalOf(JSON.stringify(file))
    expect(refusal).toContain(path)
    expect(refusal).toMatch(message)
    expect(refusal).not.toContain(SECRET)
  })

  test('tlsCa and tlsCaFile exclude each other', () => {
    const file = { servers: { office: { ...SMTP, tlsCa: authority.cert, tlsCaFile: 'ca' } } }
    expect(refusalOf(JSON.stringify(file))).toMatch(/servers\.office\.tlsCaFile: tlsCa/)
  })

  test('all mistakes are named at once', () => {
    const refusal = refusalOf(
      JSON.stringify({ servers: { a: { ...SMTP, tls: 'on' }, b: { ...SMTP, hello: '' } } }),
    )
    expect(refusal).toMatch(/servers\.a\.tls: .*; servers\.b\.hello: /)
  })
})

describe('the file', () => {
  test('is JSON or YAML', () => {
    const yaml = 'servers:\n  office:\n    smtp: smtp://mail.example.com # the relay\n'
    const json = '\ufeff{\n\t"servers": {\n\t\t"office": { "smtp": "smtp:\\/\\/mail.example.com" }\n\t}\n}\n'
    expect(serversFile(yaml, sources)).toEqual(serversFile(json, sources))
  })

  test.each([
    ['servers:\n  office: {', /neither JSON nor YAML at line 2/],
    ['{"servers":{"a":{},"a":{}}}', /line 1 \(DUPLICATE_KEY\)/],
    [`servers:\n  a:\n    credentials: { user: a, password: @${SECRET} }`, /line 3/],
    [`servers:\n  a:\n    credentials: { user: a, password: !${SECRET} x }`, /line 3/],
    [`servers:\n  a:\n    credentials: { user: a, password: *${SECRET} }`, /alias/],
    [`servers:\n  a:\n    credentials: { user: a, password: "\\q${SECRET}" }`, /line 3/],
    ['servers: {}\n---\nservers: {}', /line 2/],
    ['', /expected object/],
  ])('%j is refused without being quoted', (text, message) => {
    const refusal = refusalOf(text)
    expect(refusal).toMatch(message)
    expect(refusal).not.toContain(SECRET)
  })

  test('may use anchors for what servers have in common', () => {
    const yaml = `servers:
  a: { smtp: "smtp://a.example.com", credentials: &login { user: alice, password: ${SECRET} } }
  b: { smtp: "smtp://b.example.com", credentials: *login }`
    expect(serversFile(yaml, sources).servers[1]?.credentials?.user).toBe('alice')
  })

  test('is as the help shows it', () => {
    const content = (): string => SECRET
    expect(serversFile(EXAMPLE, { ...sources, content }).servers[0]?.credentials?.user).toBe('alice')
  })
})

const sources = {
  content: (path: string): string => {
    const content = files[path]
    if (content === undefined) throw new ValueError('names a file that cannot be read (ENOENT)')
    return content
  },
  variable: (name: string): string | undefined => (name === 'OFFICE_SECRET' ? SECRET : undefined),
}

function read(servers: unknown): readonly ConfiguredServer[] {
  return serversFile(JSON.stringify({ servers }), sources).servers
}

function refusalOf(text: string): string {
  try {
    serversFile(text, sources)
  } catch (error) {
    if (error instanceof ValueError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

function login(credentials: object): unknown {
  return { servers: { office: { ...SMTP, credentials: { user: 'alice', ...credentials } } } }
}

function signedBy(change: object): unknown {
  const key = { domain: 'example.com', selector: 's2026', privateKeyFile: 'rsa-key', ...change }
  return { servers: {}, dkim: { office: key } }
}

function clientWith(certFile: string, keyFile: string): unknown {
  return { servers: { office: { ...SMTP, clientCertificate: { certFile, keyFile } } } }
}

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}
