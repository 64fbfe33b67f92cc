import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { ApiKey } from '../config/keys-file.ts'
import { Secret } from '../text/secret.ts'
import { rememberKey } from './caller.ts'
import { invalidRequest, Problem } from './problem.ts'

export interface MailboxCredentials {
  readonly user: string
  readonly password: Secret
}

/**
 * The mailbox's credentials from HTTP Basic (RFC 7617), which is how `curl -u user:pass` gives them.
 * @returns undefined when there are none
 * @throws {Problem} 401 when the header cannot be read
 */
export function mailboxCredentials(request: Request): MailboxCredentials | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1]
  const decoded = encoded === undefined ? undefined : utf8(Buffer.from(encoded, 'base64'))
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded === undefined || colon === -1)
    throw credentialsMissing('The Authorization header is not HTTP Basic with a user and a password.')
  return { user: decoded.slice(0, colon), password: new Secret(decoded.slice(colon + 1)) }
}

export function credentialsMissing(detail: string): Problem {
  return new Problem({
    status: 401,
    code: 'mailbox-credentials-missing',
    detail,
    headers: { 'WWW-Authenticate': 'Basic realm="mailbox", charset="UTF-8"' },
  })
}

/** Only callers with one of these keys in `X-API-Key` go on; compared in constant time. */
export function requireKey(keys: readonly ApiKey[]): RequestHandler {
  return (request, response, next) => {
    // Node joins repeated headers with a comma, which no key holds
    const given = request.headers['x-api-key']
    const [key] =
      typeof given === 'string' ? keys.filter((each) => timingSafeEqual(each.digest, digest(given))) : []
    if (key === undefined) {
      throw new Problem({
        status: 401,
        code: 'unauthorized',
        detail: 'This service wants one of its keys in the header X-API-Key, exactly once.',
      })
    }
    rememberKey(response, key)
    next()
  }
}

/**
 * A web page in the caller's browser cannot use a service on loopback behind their back: a request that names another
 * host (DNS rebinding), or comes from another origin, is refused.
 * @param names host names this service answers to; undefined where any will do because keys guard it
 */
export function requireOwnHost(names: ReadonlySet<string> | undefined): RequestHandler {
  return (request, _response, next) => {
    requireOneHost(request)
    const host = hostName(request.headers.host)
    if (names !== undefined && (host === undefined || !names.has(host)))
      throw forbidden('The Host header names another host.')
    const origin = request.headers.origin
    if (
      origin !== undefined &&
      (!URL.canParse(origin) || new URL(origin).host !== request.headers.host?.toLowerCase())
    ) {
      throw forbidden('A page of another origin cannot use this service.')
    }
    next()
  }
}

/** RFC 9112 §3.2: of two the first is looked at here, and a proxy in front may have looked at the other. */
function requireOneHost({ rawHeaders }: Request): void {
  const names = rawHeaders.filter((word, place) => place % 2 === 0 && word.length === 4)
  if (names.filter((name) => name.toLowerCase() === 'host').length > 1)
    throw invalidRequest([{ header: 'Host', detail: 'it stands there more than once' }])
}

/**
 * What a browser fetches for a page of another site carries no Origin when it is a plain GET; every browser says where
 * it comes from in `Sec-Fetch-Site` (W3C Fetch Metadata).
 */
export function refuseOtherSites(): RequestHandler {
  return (request, _response, next) => {
    const site = request.headers['sec-fetch-site']
    if (site === 'cross-site' || site === 'same-site')
      throw forbidden('A page of another site cannot use this service.')
    next()
  }
}

function forbidden(detail: string): Problem {
  return new Problem({ status: 403, code: 'forbidden', detail })
}

function hostName(host: string | undefined): string | undefined {
  const url = host === undefined ? undefined : `http://${host}`
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function utf8(octets: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return undefined
  }
}
