import { setImmediate as nextTurn } from 'node:timers/promises'
import { Fault } from './outcome.ts'

/** So many lines at a time are a few milliseconds of work; what lies ready in the socket may be hundreds of thousands. */
const LINES_OF_ONE_TURN = 1000

/**
 * The lines of a multi-line reply, without their ends, bounded; as many at a time as have come, one character an octet.
 * @throws {Fault} `limit` when there are more of them, or longer ones, than allowed
 */
export async function* bodyLines(
  body: AsyncIterable<Buffer>,
  limits: { readonly lines: number; readonly lineOctets: number; readonly octets: number },
): AsyncGenerator<readonly string[]> {
  let rest = ''
  let count = 0
  let octets = 0
  for await (const chunk of body) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    count += lines.length
    octets += chunk.length
    if (octets > limits.octets) throw new Fault('limit', `a listing had more than ${limits.octets} octets`)
    if (count > limits.lines) throw new Fault('limit', `a listing had more than ${limits.lines} lines`)
    if (rest.length > limits.lineOctets || lines.some((line) => line.length > limits.lineOctets)) {
      throw new Fault('limit', `a listing had a line longer than ${limits.lineOctets} octets`)
    }
    if (lines.length > 0) yield lines.map(withoutCr)
    if (lines.length > LINES_OF_ONE_TURN) await nextTurn()
  }
  if (rest !== '') yield [rest]
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
