import { wellFormed } from '../message/charset.ts'
import { decodedWords } from '../message/encoded-words.ts'
import { HeaderBlock, type RawField } from '../message/header-block.ts'
import { retr, top } from './command.ts'
import type { Maildrop } from './maildrop.ts'
import { settled } from './reply.ts'

/** A header longer than this is cut. */
const LONGEST_HEADER = 256 * 1024

/** Header fields of a message, decoded, in order; undefined where the server did not give them. */
export type Header = readonly RawField[] | undefined

/**
 * The headers of messages by TOP (RFC 1939 §7), in one flight.
 * @param without what is done where the server does not offer TOP: nothing, or RETR, of which the header is kept
 * @param each is handed one header after the other
 */
export async function headersOf(
  maildrop: Maildrop,
  numbers: readonly number[],
  options: { readonly ending: 'quit' | 'more'; readonly without: 'nothing' | 'retr' },
  each: (number: number, header: Header) => void,
): Promise<void> {
  const byTop = maildrop.offers('TOP') !== false
  if (!byTop) {
    maildrop.remark('top-not-supported', 'The server does not offer TOP, which gives headers alone.')
    if (options.without === 'nothing') return
  }
  // without CAPA it shows at the first whether TOP is known
  const first = maildrop.capabilities === undefined ? numbers.slice(0, 1) : numbers
  const rest = numbers.slice(first.length)
  const ask = async (
    some: readonly number[],
    then: 'quit' | 'more',
    verb: 'top' | 'retr',
  ): Promise<boolean> => {
    const commands = some.map((number) => ({
      command: verb === 'top' ? top(number, 0) : retr(number),
      multiline: true,
    }))
    const next = await maildrop.flights.send(commands, then)
    let given = false
    for (const number of some) {
      const { reply, pending } = await next()
      if (settled(reply).status === '+OK') {
        each(number, await headerIn(maildrop.dialogue.body(pending)))
        given = true
      } else {
        maildrop.remark('header-refused', 'The server did not give the header of every message.')
        each(number, undefined)
      }
    }
    return given
  }
  const verb = byTop ? 'top' : 'retr'
  const known = await ask(first, rest.length === 0 ? options.ending : 'more', verb)
  if (rest.length > 0 && known) await ask(rest, options.ending, verb)
}

/** The first field of each name, decoded; null where the header has none. */
export function valuesOf(
  header: readonly RawField[],
  names: readonly string[],
): Record<string, string | null> {
  const first = new Map<string, string>()
  for (const { name, value } of header) {
    const key = name.toLowerCase()
    if (!first.has(key)) first.set(key, value)
  }
  return Object.fromEntries(names.map((name) => [name, first.get(name.toLowerCase()) ?? null]))
}

async function headerIn(body: AsyncIterable<Buffer>): Promise<readonly RawField[]> {
  const block = new HeaderBlock(LONGEST_HEADER, () => undefined)
  for await (const chunk of body) block.push(chunk)
  block.end()
  return block
    .fields()
    .map(({ name, value }) => ({ name, value: wellFormed(decodedWords(value, () => undefined)) }))
}
