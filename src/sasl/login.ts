import { passwordOf, userOf } from './field.ts'
import { type Credentials, SaslError, type SaslMechanism } from './mechanism.ts'

/** How servers ask for the user name: `Username:`, `User Name` NUL, `username`. */
const ASKS_FOR_USER = /^user ?name/i

/** LOGIN (draft-murchison-sasl-login): the user name, then the password, whatever the server's prompts say. */
export class Login implements SaslMechanism {
  readonly name = 'LOGIN'
  readonly #user: string
  readonly #password: string
  #userRepeated = false
  #passwordSent = false

  constructor(credentials: Credentials) {
    this.#user = userOf(credentials)
    this.#password = passwordOf(credentials)
  }

  initial(): Buffer {
    return Buffer.from(this.#user)
  }

  respond(challenge: Buffer): Buffer {
    if (this.#passwordSent) throw new SaslError('LOGIN ends with the password, and the server asked for more')
    // A server that passes over the initial response asks for the name again; the password in its place would stand
    // in the server's log.
    if (!this.#userRepeated && ASKS_FOR_USER.test(challenge.toString('latin1'))) {
      this.#userRepeated = true
      return Buffer.from(this.#user)
    }
    this.#passwordSent = true
    return Buffer.from(this.#password)
  }

  finish(): void {
    if (!this.#passwordSent) throw new SaslError('the server never asked for the password')
  }
}
