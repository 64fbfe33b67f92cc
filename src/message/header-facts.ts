import { parseAddressHeader } from 'mailparser'
import { type AuthenticationResults, authenticationResults } from './authentication-results.ts'
import { wellFormed } from './charset.ts'
import { dateTime } from './date-time.ts'
import { decodedWords } from './encoded-words.ts'
import type { RawField } from './header-block.ts'
import { type Hop, hops } from './received.ts'

/** The header of a message, as it was read. */
export interface HeaderFacts {
  readonly messageId: string | null
  /** ISO 8601. */
  readonly date: string | null
  readonly subject: string | null
  readonly from: readonly ReadAddress[]
  readonly to: readonly ReadAddress[]
  readonly cc: readonly ReadAddress[]
  readonly replyTo: readonly ReadAddress[]
  readonly sender: readonly ReadAddress[]
  /** As they stand in the message, decoded, in order. */
  readonly headers: readonly RawField[]
  /** The newest first. */
  readonly received: readonly Hop[]
  readonly authenticationResults: readonly AuthenticationResults[]
}

export interface ReadAddress {
  readonly name: string
  readonly address: string
}

const MOST_ADDRESSES = 1000
/** Structured fields beyond it are not taken apart. */
const LONGEST_FIELD = 64 * 1024
const MOST_FIELDS = 200

/** What the header of a message says. */
export function headerFacts(raw: readonly RawField[], problem: (text: string) => void): HeaderFacts {
  const headers = raw.map(({ name, value }) => ({ name, value: wellFormed(decodedWords(value, problem)) }))
  const values = (fields: readonly RawField[], key: string): readonly string[] =>
    fields.flatMap(({ name, value }) => (name.toLowerCase() === key ? value : []))
  const first = (key: string): string | null => values(headers, key)[0] ?? null
  const structured = (key: string): readonly string[] => {
    const all = values(raw, key)
    const taken = all.filter((value) => value.length <= LONGEST_FIELD).slice(0, MOST_FIELDS)
    if (taken.length < all.length) problem(`a field ${key} is too long, or there are too many of them`)
    return taken
  }
  const addresses = (key: string): readonly ReadAddress[] => {
    const read = parseAddressHeader([...structured(key)], { flatten: true, decodePunycode: false }).value
    if (read.length > MOST_ADDRESSES)
      problem(`only ${MOST_ADDRESSES} of ${read.length} addresses in ${key} are listed`)
    return read
      .slice(0, MOST_ADDRESSES)
      .map(({ name, address }) => ({ name: wellFormed(name), address: wellFormed(address ?? '') }))
  }
  const given = first('date')
  const date = given === null ? undefined : dateTime(given)
  if (given !== null && date === undefined) problem('the Date field names no date')
  return {
    messageId: first('message-id'),
    date: date?.toISOString() ?? null,
    subject: first('subject'),
    from: addresses('from'),
    to: addresses('to'),
    cc: addresses('cc'),
    replyTo: addresses('reply-to'),
    sender: addresses('sender'),
    headers,
    received: hops(structured('received')),
    authenticationResults: structured('authentication-results').map(authenticationResults),
  }
}
