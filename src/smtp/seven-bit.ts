import { isAscii } from 'node:buffer'
import { Unmet } from '../session/outcome.ts'

/**
 * Passes a message on as long as it is 7-bit, for a server that does not offer 8BITMIME and a message nobody could look
 * through before (RFC 6152 §3).
 * @throws {Unmet} at the first octet beyond, which is not passed on
 */
export async function* sevenBitOnly(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  offered: readonly string[],
): AsyncGenerator<Buffer> {
  for await (const octets of content) {
    if (!isAscii(octets)) {
      throw new Unmet(
        'extension-not-offered',
        'the message holds 8-bit octets, and the server does not offer 8BITMIME',
        { offered },
      )
    }
    yield octets
  }
}
