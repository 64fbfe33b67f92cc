import { MECHANISM_NAMES } from '../sasl/choose.ts'
import type { AuthWish } from '../session/auth.ts'
import type { ConfiguredServer } from '../session/configured-server.ts'
import { Secret } from '../text/secret.ts'
import type { MailboxCredentials } from './access.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { Role } from './target.ts'

/** The mechanisms that may be asked for by name (contract §10). */
const SASL = MECHANISM_NAMES.map((name) => name.toLowerCase())
const BEARER: ReadonlySet<string> = new Set(['XOAUTH2', 'OAUTHBEARER'])
const WITHOUT_SECRET: ReadonlySet<string> = new Set(['EXTERNAL', 'ANONYMOUS'])

interface AuthFields {
  readonly user: string
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly authzid?: string | undefined
  readonly mechanism?: string | undefined
  readonly initialResponse?: 'auto' | 'on' | 'off' | undefined
  readonly allowInsecure?: boolean | undefined
}

/**
 * The login of a JSON body; without one, that of the configured server.
 * @throws {Problem} 400 naming each field at fault
 */
export function bodyWish(
  auth: AuthFields | undefined,
  server: ConfiguredServer | undefined,
): AuthWish | undefined {
  if (auth === undefined) return configuredWish(server, 'auto', {})
  return fieldsWish(auth, server, 'smtp', '/auth')
}

/**
 * The login that these fields of a JSON body ask for.
 * @param place a pointer to them
 * @throws {Problem} 400 naming each field at fault
 */
export function fieldsWish(
  auth: AuthFields,
  server: ConfiguredServer | undefined,
  role: Role,
  place: string,
): AuthWish {
  const known = role === 'pop3' ? ['user', 'apop', ...SASL] : SASL
  const mechanism = mechanismOf(auth.mechanism ?? 'auto', known)
  const errors: FieldError[] = []
  if (mechanism === undefined)
    errors.push({ pointer: `${place}/mechanism`, detail: `known are auto, ${known.join(', ')}` })
  if (auth.password !== undefined && auth.token !== undefined) {
    errors.push({ pointer: `${place}/token`, detail: 'a password stands beside it; keep one of them' })
  }
  const bare = auth.password === undefined && auth.token === undefined
  if (bare && mechanism !== undefined && !WITHOUT_SECRET.has(mechanism)) {
    errors.push({ pointer: `${place}/password`, detail: 'a password or a token is needed' })
  }
  for (const field of ['user', 'password', 'token', 'authzid'] as const) {
    if (isUnsendable(auth[field])) errors.push({ pointer: `${place}/${field}`, detail: UNSENDABLE })
  }
  if (errors.length > 0 || mechanism === undefined) throw invalidRequest(errors)
  const value = auth.token ?? auth.password
  return {
    mechanism,
    user: auth.user,
    credential:
      value === undefined
        ? undefined
        : { kind: auth.token === undefined ? 'password' : 'token', value: new Secret(value) },
    authzid: auth.authzid,
    initialResponse: auth.initialResponse ?? 'auto',
    insecure: auth.allowInsecure === true ? 'allow' : (server?.insecureAuth ?? 'refuse'),
  }
}

/** How a login is asked for in a query, beside the credentials of HTTP Basic. */
interface LoginQuery {
  readonly auth?: string | undefined
  readonly authzid?: string | undefined
  readonly initialResponse?: AuthWish['initialResponse'] | undefined
  readonly allowInsecureAuth?: boolean | undefined
  readonly popBefore?: string | undefined
}

/**
 * The login of a POP3 call: HTTP Basic, or the configured server's credentials.
 * @returns undefined when there are neither
 * @throws {Problem} 400 naming the parameter or header at fault
 */
export function mailboxWish(
  credentials: MailboxCredentials | undefined,
  query: LoginQuery,
  server: ConfiguredServer | undefined,
): AuthWish | undefined {
  return basicWish(credentials, query, server, ['user', 'apop', ...SASL])
}

/**
 * The login of a streamed send: HTTP Basic, or the configured server's credentials.
 * @returns undefined when there are neither
 * @throws {Problem} 400 naming the parameter or header at fault
 */
export function submissionWish(
  credentials: MailboxCredentials | undefined,
  query: LoginQuery,
  server: ConfiguredServer | undefined,
): AuthWish | undefined {
  const wish = basicWish(credentials, query, server, SASL)
  const asked = [query.auth, query.authzid, query.popBefore].some((field) => field !== undefined)
  // credentials that are asked for and not there are an error, never a silent skip
  if (wish === undefined && asked) {
    throw invalidRequest([
      { header: 'Authorization', detail: 'a login is asked for: user and password are wanted by HTTP Basic' },
    ])
  }
  return wish
}

function basicWish(
  credentials: MailboxCredentials | undefined,
  query: LoginQuery,
  server: ConfiguredServer | undefined,
  known: readonly string[],
): AuthWish | undefined {
  const asked = query.auth ?? 'auto'
  const mechanism = asked.toLowerCase() === 'token' ? 'auto' : mechanismOf(asked, known)
  const errors: FieldError[] = []
  if (mechanism === undefined) {
    errors.push({ parameter: 'auth', detail: `known are auto, token, ${known.join(', ')}` })
  }
  if (isUnsendable(query.authzid)) errors.push({ parameter: 'authzid', detail: UNSENDABLE })
  if (isUnsendable(credentials?.user) || isUnsendable(credentials?.password.reveal())) {
    errors.push({ header: 'Authorization', detail: UNSENDABLE })
  }
  if (errors.length > 0 || mechanism === undefined) throw invalidRequest(errors)
  if (credentials === undefined) return configuredWish(server, mechanism, query)
  const token = asked.toLowerCase() === 'token' || BEARER.has(mechanism)
  return {
    mechanism,
    user: credentials.user,
    credential: { kind: token ? 'token' : 'password', value: credentials.password },
    authzid: query.authzid,
    initialResponse: query.initialResponse ?? 'auto',
    insecure: query.allowInsecureAuth === true ? 'allow' : (server?.insecureAuth ?? 'refuse'),
  }
}

/** Whether these credentials may go in the clear is the configuration's to say, and never the caller's. */
export function configuredWish(
  server: ConfiguredServer | undefined,
  mechanism: string,
  { authzid, initialResponse = 'auto' }: LoginQuery,
): AuthWish | undefined {
  if (server?.credentials === undefined) return undefined
  const { user, credential, ...configured } = server.credentials
  return {
    mechanism: mechanism === 'auto' ? (configured.mechanism ?? mechanism) : mechanism,
    user,
    credential,
    authzid: authzid ?? configured.authzid,
    initialResponse,
    insecure: server.insecureAuth,
  }
}

function mechanismOf(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  if (lower === 'auto') return 'auto'
  return known.includes(lower) ? lower.toUpperCase() : undefined
}

const UNSENDABLE = 'it cannot hold line breaks or NUL'

function isUnsendable(value: string | undefined): boolean {
  return value !== undefined && /[\r\n\0]/.test(value)
}
