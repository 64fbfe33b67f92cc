import { setImmediate as nextTurn } from 'node:timers/promises'
import { Blocks } from '../text/blocks.ts'
import type { LongText } from '../text/long-text.ts'
import { Utf8Check } from '../text/utf8.ts'
import { JsonText } from './json-text.ts'
import { invalidRequest, Problem } from './problem.ts'
import { type JsonPath, type ScanListener, StrictScan } from './strict-scan.ts'

/** Of a body, what is not in its long texts is parsed at one go, and so there must not be much of it. */
const MOST_BESIDE_TEXTS = 4_194_304

/** Where texts stand that may be long: a message, its parts, and what a script says; 0 is any place in an array. */
const LONG_TEXTS: readonly JsonPath[] = [
  ['message', 'raw'],
  ['message', 'rawBase64'],
  ['message', 'text'],
  ['message', 'html'],
  ['message', 'calendar', 'content'],
  ['message', 'attachments', 0, 'content'],
  ['message', 'attachments', 0, 'text'],
  ['steps', 0, 'data'],
  ['steps', 0, 'raw'],
]

const BYTE_ORDER_MARK = '\ufeff'

/**
 * JSON that is read while it comes. What becomes of it is what `JSON.parse` would have made of it, but for texts that
 * are long, each a `LongText`; the faults that are found are the same.
 */
export class LongJson {
  readonly #utf8 = new Utf8Check()
  readonly #text = new JsonText()
  readonly #texts: { readonly path: JsonPath; readonly text: string | LongText }[] = []
  /** The JSON, with an empty string for each text that was taken out of it. */
  readonly #rest = new Blocks()
  readonly #scan = new StrictScan(this.#listener())
  /** A text that was taken out is none. */
  #noJson = false

  push(octets: Buffer): void {
    this.#utf8.push(octets)
    if (this.#utf8.mayBe && this.#rest.octets <= MOST_BESIDE_TEXTS) this.#scan.push(octets)
  }

  /** @throws {Problem} 400 or 413 */
  async end(): Promise<unknown> {
    if (!this.#utf8.isUtf8) throw invalidRequest([{ pointer: '', detail: 'this is not UTF-8' }])
    if (this.#rest.octets > MOST_BESIDE_TEXTS) {
      throw new Problem({
        status: 413,
        code: 'payload-too-large',
        detail: `Beside the texts of the message the body has more than ${MOST_BESIDE_TEXTS} octets, which is what this service takes.`,
      })
    }
    this.#scan.end()
    const root = this.#noJson ? undefined : await parsed(this.#rest.end())
    if (root === undefined) throw notJson()
    for (const { path, text } of this.#texts) put(root, path, text)
    return root
  }

  #listener(): ScanListener {
    return {
      wants: (path) => {
        const wanted = LONG_TEXTS.some((place) => isAt(path, place))
        if (wanted) this.#text.begin()
        return wanted
      },
      text: (octets) => this.#text.push(octets),
      textEnded: (path) => {
        const text = this.#text.end()
        if (text === undefined) this.#noJson = true
        else this.#texts.push({ path, text })
      },
      rest: (octets) => this.#rest.push(octets),
    }
  }
}

/** The same answer as to a body that is read at one go. */
export function notJson(): Problem {
  return new Problem({
    status: 400,
    code: 'invalid-request',
    detail: 'The body is not JSON.',
    members: { errors: [{ pointer: '', detail: 'this is not JSON' }] },
  })
}

function isAt(path: JsonPath, place: JsonPath): boolean {
  return (
    path.length === place.length &&
    place.every((step, depth) => (step === 0 ? typeof path[depth] === 'number' : path[depth] === step))
  )
}

/** An object or an array, or nothing at all, which means an empty object; undefined for anything else. */
async function parsed(blocks: readonly Buffer[]): Promise<object | undefined> {
  // each of these takes its time where there is much of it
  const octets = Buffer.concat(blocks)
  await nextTurn()
  const text = octets.toString()
  await nextTurn()
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  if (json === '') return {}
  try {
    const value = JSON.parse(json) as unknown
    return typeof value === 'object' && value !== null ? value : undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function put(root: object, path: JsonPath, text: string | LongText): void {
  let place = root as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>
  place[path.at(-1) ?? ''] = text
}
