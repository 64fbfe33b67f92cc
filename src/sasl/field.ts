import type { Secret } from '../text/secret.ts'
import { type CredentialField, type Credentials, SaslError } from './mechanism.ts'

/**
 * The user name, as it was given.
 * @throws {SaslError} when it is empty or cannot be sent
 */
export function userOf({ user }: Credentials): string {
  return sendable('user', present('user', user))
}

/** @throws {SaslError} when there is none, or it is empty or cannot be sent */
export function passwordOf({ password }: Credentials): string {
  return sendable('password', present('password', revealed(password)))
}

/**
 * The OAuth token.
 * @throws {SaslError} when there is none, or it holds more than RFC 6750 §2.1 lets stand in a header: visible ASCII
 */
export function tokenOf({ token }: Credentials): string {
  const text = present('token', revealed(token))
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new SaslError('the token holds a character that no token may hold', 'token')
  return text
}

/** @throws {SaslError} when it cannot be sent */
export function authzidOf({ authzid }: Credentials): string | undefined {
  return authzid === undefined || authzid === '' ? undefined : sendable('authzid', authzid)
}

/** NUL separates and ends fields in what reads them (RFC 4616 §2); half a surrogate pair has no UTF-8. */
export function sendable(field: CredentialField, text: string): string {
  if (text.includes('\0')) throw new SaslError(`the ${field} holds NUL`, field)
  if (/\p{Surrogate}/u.test(text)) throw new SaslError(`the ${field} is not Unicode text`, field)
  return text
}

/** For the forms in which a control character is a separator or would be read as one. */
export function withoutControls(field: CredentialField, text: string): string {
  if (/\p{Cc}/u.test(text)) throw new SaslError(`the ${field} holds a control character`, field)
  return text
}

function present(field: CredentialField, text: string | undefined): string {
  if (text === undefined) throw new SaslError(`there is no ${field}`, field)
  if (text === '') throw new SaslError(`the ${field} is empty`, field)
  return text
}

function revealed(secret: Secret | undefined): string | undefined {
  return secret?.reveal()
}
