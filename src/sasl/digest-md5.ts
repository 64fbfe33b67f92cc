import { createHash, timingSafeEqual } from 'node:crypto'
import { authzidOf, passwordOf, userOf, withoutControls } from './field.ts'
import {
  type Circumstances,
  type CredentialField,
  type Credentials,
  SaslError,
  type SaslMechanism,
} from './mechanism.ts'

/** RFC 2831 §2.1.1 */
const LONGEST_CHALLENGE = 2048

/** DIGEST-MD5 (RFC 2831), authentication only (`qop=auth`). */
export class DigestMd5 implements SaslMechanism {
  readonly name = 'DIGEST-MD5'
  readonly #user: string
  readonly #password: string
  readonly #authzid: string | undefined
  readonly #digestUri: string
  readonly #cnonce: string
  #state: 'challenge' | 'rspauth' | 'done' = 'challenge'
  #expected = ''
  #proof: 'missing' | 'wrong' | 'right' = 'missing'

  constructor(credentials: Credentials, circumstances: Circumstances) {
    this.#user = withoutControls('user', userOf(credentials))
    this.#password = passwordOf(credentials)
    const authzid = authzidOf(credentials)
    this.#authzid = authzid === undefined ? undefined : withoutControls('authzid', authzid)
    this.#digestUri = `${circumstances.service}/${circumstances.host}`
    this.#cnonce = circumstances.nonce()
  }

  initial(): undefined {
    return undefined
  }

  respond(challenge: Buffer): Buffer {
    if (this.#state === 'done') throw new SaslError('DIGEST-MD5 is at its end, and the server asked for more')
    if (challenge.length > LONGEST_CHALLENGE) {
      throw new SaslError(`the challenge of DIGEST-MD5 is longer than ${LONGEST_CHALLENGE} octets`)
    }
    const directives = directivesIn(challenge.toString('latin1'))
    if (this.#state === 'challenge') {
      this.#state = 'rspauth'
      return this.#answer(directives)
    }
    this.#state = 'done'
    const rspauth = only(directives, 'rspauth')
    if (rspauth === undefined) throw new SaslError('the server answered without rspauth')
    this.#proof = sameText(rspauth, this.#expected) ? 'right' : 'wrong'
    return Buffer.alloc(0)
  }

  /** A wrong `rspauth` is judged here and not in `respond`: whatever else is tried, this server is not to be believed. */
  finish(): void {
    if (this.#proof === 'missing') throw new SaslError('the server did not send rspauth')
    if (this.#proof === 'wrong')
      throw new SaslError('the rspauth of the server is wrong: it does not know the password')
  }

  #answer(directives: Directives): Buffer {
    const { nonce, charset, realms } = challengeIn(directives)
    const realm = this.#realmAmong(realms)
    const user = octetString('user', this.#user, charset)
    const key = [
      hashed('user', this.#user, charset),
      realm === undefined ? '' : narrowed(realm, charset),
      hashed('password', this.#password, charset),
    ]
    // authzid is UTF-8, whatever the charset (§2.1.2)
    const authzid = this.#authzid === undefined ? undefined : utf8(this.#authzid)
    const a1 = [
      md5(key.join(':')).toString('latin1'),
      nonce,
      this.#cnonce,
      ...(authzid === undefined ? [] : [authzid]),
    ]
    const secret = hex(a1.join(':'))
    const digest = (a2: string) => hex([secret, nonce, COUNT, this.#cnonce, 'auth', hex(a2)].join(':'))
    this.#expected = digest(`:${this.#digestUri}`)
    const answer = [
      ...(charset === 'utf-8' ? ['charset=utf-8'] : []),
      `username=${quoted(user)}`,
      ...(realm === undefined ? [] : [`realm=${quoted(realm)}`]),
      `nonce=${quoted(nonce)}`,
      `nc=${COUNT}`,
      `cnonce=${quoted(this.#cnonce)}`,
      `digest-uri=${quoted(this.#digestUri)}`,
      `response=${digest(`AUTHENTICATE:${this.#digestUri}`)}`,
      'qop=auth',
      ...(authzid === undefined ? [] : [`authzid=${quoted(authzid)}`]),
    ]
    return Buffer.from(answer.join(','), 'latin1')
  }

  /** Of several realms the one that the user name names, or else the first; the name is sent whole all the same. */
  #realmAmong(realms: readonly string[]): string | undefined {
    const domain = this.#user.slice(this.#user.lastIndexOf('@') + 1).toLowerCase()
    return realms.find((realm) => realm.toLowerCase() === domain) ?? realms[0]
  }
}

/** This client begins anew each time. */
const COUNT = '00000001'

/** Text here is a string of octets (latin1), so that what the server sent comes back as it was. */
type Directives = ReadonlyMap<string, readonly string[]>
type Charset = 'utf-8' | 'iso-8859-1'

function challengeIn(directives: Directives) {
  const nonce = only(directives, 'nonce')
  if (nonce === undefined || nonce === '') throw new SaslError('the challenge of DIGEST-MD5 has no nonce')
  if (only(directives, 'algorithm')?.toLowerCase() !== 'md5-sess') {
    throw new SaslError('the challenge of DIGEST-MD5 does not ask for md5-sess')
  }
  const qop = only(directives, 'qop') ?? 'auth'
  if (!qop.split(',').some((option) => option.trim().toLowerCase() === 'auth')) {
    throw new SaslError('the server wants DIGEST-MD5 with a security layer, which is left to TLS here')
  }
  const named = only(directives, 'charset')
  if (named !== undefined && named.toLowerCase() !== 'utf-8') {
    throw new SaslError('the challenge of DIGEST-MD5 names a charset other than utf-8')
  }
  const charset: Charset = named === undefined ? 'iso-8859-1' : 'utf-8'
  return { nonce, charset, realms: directives.get('realm') ?? [] }
}

/** `token = ( token | quoted-string )`, with commas, blanks and empty elements between (RFC 2831 §7.1) */
const DIRECTIVE =
  /[ \t\r\n,]*([\w!#$%&'*+.^`|~-]+)[ \t\r\n]*=[ \t\r\n]*(?:"((?:[^"\\]|\\.)*)"|([^ \t\r\n,"]+))[ \t\r\n]*(?=,|$)/sy

function directivesIn(text: string): Directives {
  const directives = new Map<string, string[]>()
  let at = 0
  while (!/^[ \t\r\n,]*$/.test(text.slice(at))) {
    DIRECTIVE.lastIndex = at
    const [whole, name = '', inQuotes, bare] = DIRECTIVE.exec(text) ?? []
    if (whole === undefined) throw new SaslError('the challenge of DIGEST-MD5 cannot be read')
    at += whole.length
    const value = inQuotes === undefined ? (bare ?? '') : inQuotes.replace(/\\(.)/gs, '$1')
    const key = name.toLowerCase()
    directives.set(key, [...(directives.get(key) ?? []), value])
  }
  return directives
}

/** Apart from `realm`, what stands twice is an error (RFC 2831 §2.1.1). */
function only(directives: Directives, name: string): string | undefined {
  const values = directives.get(name) ?? []
  if (values.length > 1) throw new SaslError(`the challenge of DIGEST-MD5 has ${name} more than once`)
  return values[0]
}

function octetString(field: CredentialField, text: string, charset: Charset): string {
  if (charset === 'utf-8') return utf8(text)
  if (!LATIN1.test(text)) {
    throw new SaslError(`the ${field} needs UTF-8, and the server's DIGEST-MD5 knows ISO 8859-1 only`, field)
  }
  return text
}

/** §2.1.2.1: what fits into ISO 8859-1 is hashed as that, although it is sent as UTF-8. */
function hashed(field: CredentialField, text: string, charset: Charset): string {
  return LATIN1.test(text) ? text : octetString(field, text, charset)
}

/** The same for a realm, which came as octets. */
function narrowed(realm: string, charset: Charset): string {
  const text = Buffer.from(realm, 'latin1').toString()
  return charset === 'utf-8' && LATIN1.test(text) ? text : realm
}

const LATIN1 = /^[^\u0100-\uffff]*$/

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function quoted(octets: string): string {
  return `"${octets.replace(/["\\]/g, '\\$&')}"`
}

function md5(octets: string): Buffer {
  return createHash('md5').update(octets, 'latin1').digest()
}

function hex(octets: string): string {
  return md5(octets).toString('hex')
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one.toLowerCase()), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
