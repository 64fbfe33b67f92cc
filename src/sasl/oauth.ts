import { visible } from '../text/visible.ts'
import { authzidOf, tokenOf, userOf, withoutControls } from './field.ts'
import { type Circumstances, type Credentials, SaslError, type SaslMechanism } from './mechanism.ts'
import { saslName } from './sasl-name.ts'

/** As much of the server's explanation as is kept. */
const LONGEST_REFUSAL = 1000

/** XOAUTH2, as Google and Microsoft document it. */
export function xoauth2(credentials: Credentials): SaslMechanism {
  const user = withoutControls('user', userOf(credentials))
  // the reply of failure follows an empty response
  return new Bearer('XOAUTH2', `user=${user}\x01auth=Bearer ${tokenOf(credentials)}\x01\x01`, '')
}

/** OAUTHBEARER (RFC 7628). The token says who it is; `a=` is whose mailbox is meant. */
export function oauthBearer(credentials: Credentials, { host, port }: Circumstances): SaslMechanism {
  const authzid = authzidOf(credentials)
  const account =
    authzid === undefined ? withoutControls('user', userOf(credentials)) : withoutControls('authzid', authzid)
  const pairs = [`host=${host}`, `port=${port}`, `auth=Bearer ${tokenOf(credentials)}`]
  // RFC 7628 §3.2.3: the reply of failure follows a lone kvsep
  return new Bearer('OAUTHBEARER', `n,a=${saslName(account)},\x01${pairs.join('\x01')}\x01\x01`, '\x01')
}

/** A token in one message, and a challenge only to say why it was refused. */
class Bearer implements SaslMechanism {
  readonly name: string
  readonly #message: string
  readonly #acknowledgement: string
  #refusal: string | undefined

  constructor(name: string, message: string, acknowledgement: string) {
    this.name = name
    this.#message = message
    this.#acknowledgement = acknowledgement
  }

  get refusal(): string | undefined {
    return this.#refusal
  }

  initial(): Buffer {
    return Buffer.from(this.#message)
  }

  respond(challenge: Buffer): Buffer {
    if (this.#refusal !== undefined)
      throw new SaslError(`${this.name} was refused, and the server asked for more`)
    this.#refusal = visible(challenge.subarray(0, LONGEST_REFUSAL))
    return Buffer.from(this.#acknowledgement)
  }

  finish(): void {
    if (this.#refusal !== undefined) throw new SaslError('the server refused the token and then said yes')
  }
}
