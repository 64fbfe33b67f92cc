import type { Writable } from 'node:stream'

/**
 * Hands octets on to a stream at the pace of its reader.
 * @throws Error when the stream is closed before it has taken them
 */
export async function writeTo(stream: Writable, octets: Buffer): Promise<void> {
  if (stream.destroyed) throw new Error('the reader has left')
  if (stream.write(octets)) return
  await new Promise<void>((resolve, reject) => {
    const drained = (): void => {
      stream.off('close', closed)
      resolve()
    }
    const closed = (): void => {
      stream.off('drain', drained)
      reject(new Error('the reader has left'))
    }
    stream.once('drain', drained)
    stream.once('close', closed)
  })
}
