import type { Circumstances, Credentials, SaslMechanism } from '../../src/sasl/mechanism.ts'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { Secret } from '../../src/text/secret.ts'

export function credentials(user: string, password: string, more: Partial<Credentials> = {}): Credentials {
  return { user, password: new Secret(password), ...more }
}

export function circumstances(more: Partial<Circumstances> = {}): Circumstances {
  return {
    service: 'smtp',
    host: 'mail.example.com',
    port: 587,
    bindings: {},
    offered: [],
    nonce: () => 'a-nonce',
    ...more,
  }
}

/** What the mechanism answers, as text. */
export function answer(mechanism: SaslMechanism, challenge: string): string {
  return mechanism.respond(Buffer.from(challenge)).toString()
}

/** The SaslError that this throws. */
export function saslErrorOf(attempt: () => unknown): SaslError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof SaslError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
