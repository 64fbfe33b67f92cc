import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { visible } from '../text/visible.ts'
import { decodeBase64 } from './base64.ts'
import { authzidOf, passwordOf, userOf } from './field.ts'
import {
  type ChannelBindings,
  type Circumstances,
  type Credentials,
  SaslError,
  type SaslMechanism,
} from './mechanism.ts'
import { saslName } from './sasl-name.ts'
import { saslprep } from './saslprep.ts'

export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512'

const HASHES: Readonly<Record<ScramHash, { readonly digest: string; readonly octets: number }>> = {
  'SHA-1': { digest: 'sha1', octets: 20 },
  'SHA-256': { digest: 'sha256', octets: 32 },
  'SHA-512': { digest: 'sha512', octets: 64 },
}

/** RFC 5802 §5.1, RFC 7677 §4. With fewer, a server that only poses as one finds the password by trying. */
const FEWEST_ITERATIONS = 4096

/**
 * RFC 5802 §9: a hostile server may ask for any amount of work, and all other sessions wait for it. These take less
 * than 0.1 s; mail servers use 4,096 to 15,000.
 */
const MOST_ITERATIONS = 100_000

/** As much of the server's `e=` as is kept. */
const LONGEST_REFUSAL = 200

/** RFC 9266 §3 and RFC 5802 §6.1 name what TLS 1.3 and what older TLS are to use; then what is left. */
const BINDING_TYPES = ['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const

/** Whether the connection can be bound at all, as far as we are concerned. */
export function canBind(bindings: ChannelBindings): boolean {
  return bindingIn(bindings) !== undefined
}

/** SCRAM (RFC 5802, RFC 7677), bound to the channel or not: `SCRAM-SHA-256-PLUS`, `SCRAM-SHA-256`. */
export class Scram implements SaslMechanism {
  readonly name: string
  readonly #digest: string
  readonly #octets: number
  readonly #user: string
  readonly #password: string
  readonly #gs2Header: string
  readonly #bindingData: Buffer
  readonly #nonce: string
  #state: 'first' | 'final' | 'done' = 'first'
  #expectedSignature: Buffer = Buffer.alloc(0)
  #proof: 'missing' | 'wrong' | 'right' = 'missing'
  #refusal: string | undefined

  /** @throws {SaslError} when a credential cannot be prepared, or there is nothing to bind to */
  constructor(
    hash: ScramHash,
    bound: 'bound' | 'unbound',
    credentials: Credentials,
    circumstances: Circumstances,
  ) {
    this.name = `SCRAM-${hash}${bound === 'bound' ? '-PLUS' : ''}`
    this.#digest = HASHES[hash].digest
    this.#octets = HASHES[hash].octets
    // RFC 5802 §5.1: the name is a "query"; §2.2: the password is prepared as a "stored" string
    this.#user = saslprep('user', userOf(credentials), 'query')
    this.#password = saslprep('password', passwordOf(credentials), 'stored')
    this.#nonce = circumstances.nonce()
    const { flag, data } = bindingFor(bound, circumstances)
    const authzid = authzidOf(credentials)
    this.#gs2Header = `${flag},${authzid === undefined ? '' : `a=${saslName(authzid)}`},`
    this.#bindingData = data
  }

  get refusal(): string | undefined {
    return this.#refusal
  }

  initial(): Buffer {
    return Buffer.from(this.#gs2Header + this.#clientFirstBare())
  }

  respond(challenge: Buffer): Buffer {
    // `e=` is followed by the server's reply of failure, once it has been acknowledged
    if (this.#state !== 'done' && challenge.subarray(0, 2).equals(Buffer.from('e='))) {
      this.#state = 'done'
      this.#refusal = visible(challenge.subarray(2, 2 + LONGEST_REFUSAL))
      return Buffer.alloc(0)
    }
    switch (this.#state) {
      case 'first':
        this.#state = 'final'
        return this.#clientFinal(challenge)
      case 'final':
        this.#state = 'done'
        this.#judge(challenge)
        return Buffer.alloc(0)
      case 'done':
        throw new SaslError(`${this.name} is at its end, and the server asked for more`)
    }
  }

  finish(): void {
    if (this.#refusal !== undefined) throw new SaslError('the server reported an error and then said yes')
    if (this.#proof === 'missing') throw new SaslError('the server did not send its signature')
    if (this.#proof === 'wrong')
      throw new SaslError('the signature of the server is wrong: it does not know the password')
  }

  #clientFirstBare(): string {
    return `n=${saslName(this.#user)},r=${this.#nonce}`
  }

  #clientFinal(serverFirst: Buffer): Buffer {
    const { nonce, salt, iterations } = serverFirstIn(serverFirst, this.#nonce)
    const binding = Buffer.concat([Buffer.from(this.#gs2Header), this.#bindingData]).toString('base64')
    const withoutProof = `c=${binding},r=${nonce}`
    const authMessage = Buffer.concat([
      Buffer.from(`${this.#clientFirstBare()},`),
      serverFirst,
      Buffer.from(`,${withoutProof}`),
    ])
    const salted = pbkdf2Sync(this.#password, salt, iterations, this.#octets, this.#digest)
    const clientKey = this.#hmac(salted, 'Client Key')
    const storedKey = createHash(this.#digest).update(clientKey).digest()
    const clientSignature = this.#hmac(storedKey, authMessage)
    this.#expectedSignature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage)
    const proof = clientKey.map((octet, at) => octet ^ (clientSignature[at] ?? 0))
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
  }

  /** A wrong signature is kept for `finish`: whatever else is tried then, this server is not to be believed. */
  #judge(serverFinal: Buffer): void {
    const [, base64 = ''] = /^v=([^,]+)(?:,|$)/.exec(serverFinal.toString('latin1')) ?? []
    const signature = decodeBase64(base64)
    if (base64 === '' || signature === undefined)
      throw new SaslError('the last message of the server is no SCRAM message')
    const equal =
      signature.length === this.#expectedSignature.length &&
      timingSafeEqual(signature, this.#expectedSignature)
    this.#proof = equal ? 'right' : 'wrong'
  }

  #hmac(key: Buffer, message: Buffer | string): Buffer {
    return createHmac(this.#digest, key).update(message).digest()
  }
}

/** `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]` (RFC 5802 §7) */
function serverFirstIn(message: Buffer, clientNonce: string) {
  const [r = '', s = '', i = '', ...extensions] = message.toString('latin1').split(',')
  if ([r, ...extensions].some((attribute) => attribute.startsWith('m='))) {
    throw new SaslError('the server demands an extension of SCRAM that does not exist (m=)')
  }
  const salt = s.startsWith('s=') && s.length > 2 ? decodeBase64(s.slice(2)) : undefined
  const [, digits] = /^i=([1-9][0-9]*)$/.exec(i) ?? []
  if (!/^r=[\x21-\x7e]+$/.test(r) || salt === undefined || digits === undefined) {
    throw new SaslError('the first message of the server is no SCRAM message')
  }
  const nonce = r.slice(2)
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw new SaslError('the nonce of the server does not extend ours')
  }
  const iterations = Number(digits)
  if (iterations < FEWEST_ITERATIONS) {
    throw new SaslError(
      `the server asks for ${iterations} iterations, fewer than ${FEWEST_ITERATIONS} protect nothing`,
    )
  }
  if (iterations > MOST_ITERATIONS) {
    throw new SaslError(`the server asks for more than ${MOST_ITERATIONS} iterations`)
  }
  return { nonce, salt, iterations }
}

/** `gs2-cbind-flag` and `cbind-data` (RFC 5802 §6). */
function bindingFor(
  bound: 'bound' | 'unbound',
  { bindings, offered }: Circumstances,
): { flag: string; data: Buffer } {
  const binding = bindingIn(bindings)
  if (bound === 'bound') {
    if (binding === undefined) throw new SaslError('the connection has no channel binding')
    return { flag: `p=${binding.type}`, data: binding.data }
  }
  // "y" lets the server notice that somebody took -PLUS out of its offer
  const plusOffered = offered.some((name) => /^SCRAM-.*-PLUS$/i.test(name))
  return { flag: binding !== undefined && !plusOffered ? 'y' : 'n', data: Buffer.alloc(0) }
}

function bindingIn(bindings: ChannelBindings): { readonly type: string; readonly data: Buffer } | undefined {
  for (const type of BINDING_TYPES) {
    const data = bindings[type]
    if (data !== undefined) return { type, data }
  }
  return undefined
}
