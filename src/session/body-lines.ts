import { LimitExceeded, LineSplitter } from '../text/lines.ts'
import { Fault } from './outcome.ts'

/**
 * The lines of a multi-line reply, without their ends, bounded.
 * @throws {Fault} `limit` when there are more of them, or longer ones, than allowed
 */
export async function* bodyLines(
  body: AsyncIterable<Buffer>,
  limits: { readonly lines: number; readonly lineOctets: number },
): AsyncGenerator<Buffer> {
  const splitter = new LineSplitter(limits.lineOctets)
  let count = 0
  for await (const chunk of body) {
    splitter.push(chunk)
    for (let line = nextLine(splitter); line !== undefined; line = nextLine(splitter)) {
      count += 1
      if (count > limits.lines) throw new Fault('limit', `a listing had more than ${limits.lines} lines`)
      yield line
    }
  }
  const rest = splitter.takeAll()
  if (rest.length > 0) yield rest
}

function nextLine(splitter: LineSplitter): Buffer | undefined {
  try {
    return splitter.next()?.octets
  } catch (error) {
    if (!(error instanceof LimitExceeded)) throw error
    throw new Fault('limit', `a listing had ${error.message}`, { cause: error })
  }
}
