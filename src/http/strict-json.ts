import { isUtf8 } from 'node:buffer'
import { invalidRequest, Problem } from './problem.ts'
import { StrictScan } from './strict-scan.ts'

/**
 * Looks through a body of JSON before it is parsed.
 * @throws {Problem} 400 or 415
 */
export function requireStrictJson(octets: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    throw new Problem({
      status: 415,
      code: 'unsupported-media-type',
      detail: 'The body has to be UTF-8 without a content encoding.',
    })
  }
  if (!isUtf8(octets)) throw invalidRequest([{ pointer: '', detail: 'this is not UTF-8' }])
  const scan = new StrictScan()
  scan.push(octets)
  scan.end()
}
