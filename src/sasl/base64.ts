import { SaslError } from './mechanism.ts'

/**
 * The octets of a challenge as it stands in a reply; an empty text is an empty challenge.
 * @throws {SaslError} when it is not base64
 */
export function decodeChallenge(text: string): Buffer {
  const octets = decodeBase64(text)
  if (octets === undefined) throw new SaslError('the challenge is not base64')
  return octets
}

/** Node decodes anything; RFC 4648 §3.3 wants what is not base64 refused. */
export function decodeBase64(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}
