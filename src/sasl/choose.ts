import { CramMd5 } from './cram-md5.ts'
import { DigestMd5 } from './digest-md5.ts'
import { Login } from './login.ts'
import type { ChannelBindings, Circumstances, Credentials, SaslMechanism } from './mechanism.ts'
import { oauthBearer, xoauth2 } from './oauth.ts'
import { anonymous, external, plain } from './one-message.ts'
import { canBind, Scram, type ScramHash } from './scram.ts'

/** A mechanism that is spoken here, before it is begun. */
export interface Mechanism {
  readonly name: string
  readonly needs: 'password' | 'token' | 'channel-binding' | 'nothing'
  /** The password or token itself goes over the wire, readable for whoever reads that. */
  readonly exposesSecret: boolean
  readonly carriesAuthzid: boolean
  /** @throws {SaslError} when a credential cannot be sent this way */
  readonly begin: (credentials: Credentials, circumstances: Circumstances) => SaslMechanism
}

export interface Means {
  readonly credentials: Credentials
  readonly bindings: ChannelBindings
  /** `unverified` also where there is no TLS at all. */
  readonly tls: 'verified' | 'unverified'
}

export type Choice =
  /** To be tried in this order; at least one. */
  | { readonly kind: 'chosen'; readonly mechanisms: readonly [Mechanism, ...Mechanism[]] }
  /** The mechanism that was asked for by name is not among those offered. */
  | { readonly kind: 'not-offered'; readonly mechanism: string }
  /** It is offered, and cannot be carried out with what there is. */
  | { readonly kind: 'not-possible'; readonly mechanism: string; readonly because: string }
  /** Nothing that is offered can be carried out with what there is. */
  | { readonly kind: 'none-in-common' }

/**
 * The mechanisms to try: for `auto` all that are offered and possible, the best first; else the one that was named.
 * @param wish `auto`, or the name of a mechanism in any case
 * @param offered what the server lists, in any case
 */
export function chooseMechanisms(wish: string, offered: readonly string[], means: Means): Choice {
  const names = new Set(offered.map((name) => name.toUpperCase()))
  if (wish.toLowerCase() === 'auto') {
    const usable = ofItself(means).filter(
      (mechanism) => names.has(mechanism.name) && lackFor(mechanism, means) === undefined,
    )
    const [first, ...others] = usable
    return first === undefined
      ? { kind: 'none-in-common' }
      : { kind: 'chosen', mechanisms: [first, ...others] }
  }
  const name = wish.toUpperCase()
  if (!names.has(name)) return { kind: 'not-offered', mechanism: name }
  const mechanism = ALL.find((candidate) => candidate.name === name)
  if (mechanism === undefined)
    return { kind: 'not-possible', mechanism: name, because: `${name} is not spoken here` }
  const because = lackFor(mechanism, means)
  return because === undefined
    ? { kind: 'chosen', mechanisms: [mechanism] }
    : { kind: 'not-possible', mechanism: name, because }
}

/**
 * DIGEST-MD5 and CRAM-MD5 keep the password off the wire, but hand out what it can be guessed from and make the server
 * store it readable. So they come before PLAIN where the wire may have listeners, and after it where verified TLS
 * leaves none. SCRAM has neither fault. EXTERNAL and ANONYMOUS log in as somebody else than the user may think.
 */
function ofItself({ credentials, tls }: Means): readonly Mechanism[] {
  if (credentials.token !== undefined) return BEARER
  return tls === 'verified' ? [...SCRAM, ...READABLE, ...DIGESTS] : [...SCRAM, ...DIGESTS, ...READABLE]
}

function lackFor(mechanism: Mechanism, { credentials, bindings }: Means): string | undefined {
  const { name, needs } = mechanism
  if (needs === 'token' && credentials.token === undefined) return `${name} needs a token`
  if ((needs === 'password' || needs === 'channel-binding') && credentials.password === undefined) {
    return `${name} needs a password`
  }
  if (needs === 'channel-binding' && !canBind(bindings))
    return `${name} needs a connection that can be bound to`
  if (credentials.authzid !== undefined && credentials.authzid !== '' && !mechanism.carriesAuthzid) {
    return `${name} has no place for an authorization identity`
  }
  return undefined
}

const HASHES: readonly ScramHash[] = ['SHA-512', 'SHA-256', 'SHA-1']

const SCRAM: readonly Mechanism[] = [
  ...HASHES.map((hash) => scram(hash, 'bound')),
  ...HASHES.map((hash) => scram(hash, 'unbound')),
]

const DIGESTS: readonly Mechanism[] = [
  {
    name: 'DIGEST-MD5',
    needs: 'password',
    exposesSecret: false,
    carriesAuthzid: true,
    begin: (credentials, circumstances) => new DigestMd5(credentials, circumstances),
  },
  {
    name: 'CRAM-MD5',
    needs: 'password',
    exposesSecret: false,
    carriesAuthzid: false,
    begin: (credentials) => new CramMd5(credentials),
  },
]

const READABLE: readonly Mechanism[] = [
  { name: 'PLAIN', needs: 'password', exposesSecret: true, carriesAuthzid: true, begin: plain },
  {
    name: 'LOGIN',
    needs: 'password',
    exposesSecret: true,
    carriesAuthzid: false,
    begin: (credentials) => new Login(credentials),
  },
]

const BEARER: readonly Mechanism[] = [
  { name: 'OAUTHBEARER', needs: 'token', exposesSecret: true, carriesAuthzid: true, begin: oauthBearer },
  { name: 'XOAUTH2', needs: 'token', exposesSecret: true, carriesAuthzid: false, begin: xoauth2 },
]

const ALL: readonly Mechanism[] = [
  ...SCRAM,
  ...DIGESTS,
  ...READABLE,
  ...BEARER,
  { name: 'EXTERNAL', needs: 'nothing', exposesSecret: false, carriesAuthzid: true, begin: external },
  { name: 'ANONYMOUS', needs: 'nothing', exposesSecret: false, carriesAuthzid: false, begin: anonymous },
]

/** The mechanisms that are spoken here, as servers list them. */
export const MECHANISM_NAMES: readonly string[] = ALL.map(({ name }) => name)

function scram(hash: ScramHash, bound: 'bound' | 'unbound'): Mechanism {
  return {
    name: `SCRAM-${hash}${bound === 'bound' ? '-PLUS' : ''}`,
    needs: bound === 'bound' ? 'channel-binding' : 'password',
    exposesSecret: false,
    carriesAuthzid: true,
    begin: (credentials, circumstances) => new Scram(hash, bound, credentials, circumstances),
  }
}
