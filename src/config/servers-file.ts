import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import type { SigningKey } from '../message/dkim.ts'
import type { ConfiguredServer } from '../session/configured-server.ts'
import { type ServerUrl, ServerUrlError, serverUrl } from '../session/server-url.ts'
import { parseHost } from '../text/host.ts'
import { Secret } from '../text/secret.ts'
import { credentials } from './credentials.ts'
import { fileContent, type Issues, orIssue, readDocument, type Sources } from './document.ts'
import { signingKey } from './signing-keys.ts'
import { helloName } from './values.ts'

/** What the file configures. */
export interface ServersFile {
  readonly servers: readonly ConfiguredServer[]
  /** By name. */
  readonly signingKeys: ReadonlyMap<string, SigningKey>
}

/** A file as `mailwire --help` shows it. */
export const EXAMPLE = `servers:
  office:
    smtp: smtp://mail.example.com:587
    pop3: pop3s://mail.example.com
    tls: required
    credentials: { user: alice, passwordFile: /run/secrets/office }`

/**
 * Reads the configured servers and signing keys. No message quotes a value: any of them may be a secret in the wrong place.
 * @throws {ValueError} naming each path at fault
 */
export function serversFile(text: string, sources: Sources): ServersFile {
  const { servers, dkim = {} } = readDocument(text, schemaOf(sources))
  return {
    servers: Object.entries(servers).map(([name, server]) => ({ name, ...server })),
    signingKeys: new Map(Object.entries(dkim)),
  }
}

function schemaOf(sources: Sources) {
  const name = z.string().regex(/^[a-z0-9-]+$/, 'a name is made of a-z, 0-9 and hyphens')
  return z.strictObject({
    servers: z.record(name, server(sources)),
    dkim: z.record(name, signingKey(sources)).optional(),
  })
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

function hostOrIssue(text: string, context: Issues): string {
  const host = parseHost(text)
  if (host.kind !== 'malformed') return host.kind === 'name' ? host.name : host.address
  context.addIssue({ code: 'custom', message: `is no host name: ${host.reason}` })
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
