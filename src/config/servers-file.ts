import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import type { ConfiguredServer } from '../session/configured-server.ts'
import { type ServerUrl, ServerUrlError, serverUrl } from '../session/server-url.ts'
import { parseHost } from '../text/host.ts'
import { Secret } from '../text/secret.ts'
import { ValueError } from './config-error.ts'
import { helloName } from './values.ts'

/** Where the servers file takes from what it only names. */
export interface Sources {
  /** The content of a file. @throws {ValueError} */
  readonly content: (path: string) => string
  /** An environment variable. */
  readonly variable: (name: string) => string | undefined
}

/** A file as `mailwire --help` shows it. */
export const EXAMPLE = `servers:
  office:
    smtp: smtp://mail.example.com:587
    pop3: pop3s://mail.example.com
    tls: required
    credentials: { user: alice, passwordFile: /run/secrets/office }`

/**
 * Reads the configured servers. No message quotes a value: any of them may be a secret in the wrong place.
 * @throws {ValueError} naming each path at fault
 */
export function configuredServers(text: string, sources: Sources): ConfiguredServer[] {
  const parsed = serversFile(sources).safeParse(documentIn(text))
  if (!parsed.success) {
    throw new ValueError(`is wrong: ${parsed.error.issues.map(faultOf).join('; ')}`)
  }
  return Object.entries(parsed.data.servers).map(([name, server]) => ({ name, ...server }))
}

function faultOf(issue: z.core.$ZodIssue): string {
  // a key that is wrong has its reason one level deeper
  const { message } = (issue.code === 'invalid_key' ? issue.issues[0] : undefined) ?? issue
  return [issue.path.join('.'), message].filter((part) => part !== '').join(': ')
}

/** JSON is read as the YAML 1.2 that it is; so a key that stands twice is a mistake in both. */
function documentIn(text: string): unknown {
  const lineCounter = new LineCounter()
  // neither the pretty messages nor the plain ones are shown: both quote the text
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const { line } = lineCounter.linePos(problem.pos[0])
    throw new ValueError(`is neither JSON nor YAML at line ${line} (${problem.code})`, { cause: problem })
  }
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new ValueError('is no YAML: an alias (*) has no anchor (&), or there are too many', {
      cause: error,
    })
  }
}

function serversFile(sources: Sources) {
  const name = z.string().regex(/^[a-z0-9-]+$/, 'a name is made of a-z, 0-9 and hyphens')
  return z.strictObject({ servers: z.record(name, server(sources)) })
}

function server(sources: Sources) {
  const file = fileContent(sources)
  return z
    .strictObject({
      smtp: url(['smtp', 'lmtp'], 'smtp://, smtps:// or lmtp://').optional(),
      pop3: url(['pop3'], 'pop3:// or pop3s://').optional(),
      tls: z.enum(['off', 'opportunistic', 'required']).optional(),
      tlsVerify: z.boolean().default(true),
      tlsServername: z.string().transform(hostOrIssue).optional(),
      tlsMinVersion: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
      tlsCa: z.string().superRefine(requireCertificates).optional(),
      tlsCaFile: file.superRefine(requireCertificates).optional(),
      clientCertificate: clientCertificate(sources).optional(),
      credentials: credentials(sources).optional(),
      allowInsecureAuth: z.boolean().default(false),
      hello: z.string().transform(orIssue(helloName)).optional(),
    })
    .transform((given, context): Omit<ConfiguredServer, 'name'> => {
      const issue = (path: string[], message: string): void => {
        context.addIssue({ code: 'custom', path, message })
      }
      if (given.smtp === undefined && given.pop3 === undefined) issue([], 'a server needs smtp, pop3 or both')
      if (given.tls === 'off' && (given.smtp?.implicitTls === true || given.pop3?.implicitTls === true)) {
        issue(['tls'], 'off is not possible with smtps:// or pop3s://')
      }
      if (given.tlsCa !== undefined && given.tlsCaFile !== undefined)
        issue(['tlsCaFile'], 'tlsCa is there too; keep one of them')
      const ca = given.tlsCa ?? given.tlsCaFile
      return {
        ...(given.smtp === undefined ? {} : { smtp: given.smtp }),
        ...(given.pop3 === undefined ? {} : { pop3: given.pop3 }),
        tls: given.tls ?? 'opportunistic',
        verify: given.tlsVerify ? 'strict' : 'report',
        ...(given.tlsServername === undefined ? {} : { servername: given.tlsServername }),
        minVersion: given.tlsMinVersion,
        ...(ca === undefined ? {} : { ca }),
        ...(given.clientCertificate === undefined ? {} : { clientCertificate: given.clientCertificate }),
        ...(given.credentials === undefined ? {} : { credentials: given.credentials }),
        insecureAuth: given.allowInsecureAuth ? 'allow' : 'refuse',
        ...(given.hello === undefined ? {} : { hello: given.hello }),
      }
    })
}

function url(protocols: readonly ServerUrl['protocol'][], schemes: string) {
  return z.string().transform((text, context) => {
    try {
      const read = serverUrl(text)
      if (protocols.includes(read.protocol)) return read
      context.addIssue({ code: 'custom', message: `must begin with ${schemes}` })
    } catch (error) {
      if (!(error instanceof ServerUrlError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
    return z.NEVER
  })
}

const SECRET_FIELDS = ['password', 'passwordFile', 'passwordEnv', 'token', 'tokenFile', 'tokenEnv'] as const

/** A user, and exactly one way to the secret. */
function credentials(sources: Sources) {
  const written = z.string().transform(secretOrIssue)
  // a file ends in a line end that nobody means
  const inFile = fileContent(sources).transform((content, context) =>
    secretOrIssue(content.replace(/\r?\n$/, ''), context),
  )
  const inEnv = z.string().transform((name, context) => {
    const value = sources.variable(name)
    if (value !== undefined) return secretOrIssue(value, context)
    context.addIssue({ code: 'custom', message: 'names an environment variable that is not set' })
    return z.NEVER
  })
  return z
    .strictObject({
      user: z.string().regex(/^\P{Cc}+$/u, 'must not be empty, nor hold control characters'),
      password: written.optional(),
      passwordFile: inFile.optional(),
      passwordEnv: inEnv.optional(),
      token: written.optional(),
      tokenFile: inFile.optional(),
      tokenEnv: inEnv.optional(),
    })
    .transform(({ user, ...ways }, context) => {
      const [credential, another] = SECRET_FIELDS.flatMap((field) => {
        const value = ways[field]
        const kind = field.startsWith('token') ? ('token' as const) : ('password' as const)
        return value === undefined ? [] : [{ kind, value }]
      })
      if (credential !== undefined && another === undefined) return { user, credential }
      context.addIssue({ code: 'custom', message: `needs exactly one of ${SECRET_FIELDS.join(', ')}` })
      return z.NEVER
    })
}

function clientCertificate(sources: Sources) {
  return z
    .strictObject({ certFile: fileContent(sources), keyFile: fileContent(sources) })
    .transform(({ certFile: cert, keyFile: key }, context) => {
      try {
        createSecureContext({ cert, key })
        return { cert, key: new Secret(key) }
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
        const message = `certFile and keyFile are no PEM certificate and its key (${String(error.code)})`
        context.addIssue({ code: 'custom', message })
        return z.NEVER
      }
    })
}

function fileContent(sources: Sources) {
  return z.string().min(1, 'must name a file').transform(orIssue(sources.content))
}

type Issues = { addIssue(issue: { code: 'custom'; message: string }): void }

/** From a reader that throws to a transform that tells. */
function orIssue(read: (text: string) => string): (text: string, context: Issues) => string {
  return (text, context) => {
    try {
      return read(text)
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  }
}

function hostOrIssue(text: string, context: Issues): string {
  const host = parseHost(text)
  if (host.kind !== 'malformed') return host.kind === 'name' ? host.name : host.address
  context.addIssue({ code: 'custom', message: `is no host name: ${host.reason}` })
  return z.NEVER
}

function secretOrIssue(text: string, context: Issues): Secret {
  // RFC 4616 §2 has no NUL in a password, and USER/PASS no line break
  const message =
    text === ''
      ? 'must not be empty'
      : /[\r\n\0]/.test(text)
        ? 'must not hold a line break or NUL'
        : undefined
  if (message === undefined) return new Secret(text)
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

/** createSecureContext takes anything for a CA without a word, and then trusts nothing. */
function requireCertificates(pem: string, context: Issues): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    context.addIssue({ code: 'custom', message: 'must be one or more certificates in PEM' })
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return false
  }
}
