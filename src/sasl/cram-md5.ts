import { createHmac } from 'node:crypto'
import { passwordOf, userOf, withoutControls } from './field.ts'
import { type Credentials, SaslError, type SaslMechanism } from './mechanism.ts'

/** CRAM-MD5 (RFC 2195): the user name and a digest of the challenge, keyed with the password. */
export class CramMd5 implements SaslMechanism {
  readonly name = 'CRAM-MD5'
  readonly #user: string
  readonly #password: string
  #answered = false

  constructor(credentials: Credentials) {
    this.#user = withoutControls('user', userOf(credentials))
    this.#password = passwordOf(credentials)
  }

  initial(): undefined {
    return undefined
  }

  respond(challenge: Buffer): Buffer {
    if (this.#answered) throw new SaslError('CRAM-MD5 has one challenge, and the server sent another')
    if (challenge.length === 0) throw new SaslError('the challenge of CRAM-MD5 is empty')
    this.#answered = true
    const digest = createHmac('md5', this.#password).update(challenge).digest('hex')
    return Buffer.from(`${this.#user} ${digest}`)
  }

  finish(): void {
    if (!this.#answered) throw new SaslError('the server never sent a challenge')
  }
}
