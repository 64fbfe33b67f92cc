import { decodeBase64 } from '../sasl/base64.ts'
import { decodedBase64, isBase64 } from '../text/long-base64.ts'
import type { InPieces, LongText } from '../text/long-text.ts'
import { invalidRequest } from './problem.ts'

/**
 * The octets of a field in base64.
 * @throws {Problem} 400
 */
export async function fromBase64(text: string | LongText, pointer: string): Promise<Buffer | InPieces> {
  const octets =
    typeof text === 'string' ? decodeBase64(text) : (await isBase64(text)) ? decodedBase64(text) : undefined
  if (octets !== undefined) return octets
  throw invalidRequest([{ pointer, detail: 'this is not base64 (RFC 4648 §4)' }])
}
