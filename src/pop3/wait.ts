import { Unmet } from '../session/outcome.ts'
import { list, uidl } from './command.ts'
import { headersOf, valuesOf } from './headers.ts'
import type { FoundMessage, ListedMessage, Maildrop } from './maildrop.ts'

/** What the message has to be like: every part that is given has to be found, in any case. */
export interface Criteria {
  readonly subject?: string
  readonly from?: string
  readonly to?: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Only messages that came behind the one with this unique-id. */
  readonly after?: string
}

/** A message that was looked at and is another one. */
export interface SeenMessage extends FoundMessage {
  readonly subject: string | null
  readonly from: string | null
}

/** As many of the newest messages are looked at in one session. */
const MOST_LOOKED_AT = 500

/**
 * One look into the maildrop for a message: only at those that were not looked at before, the newest first.
 * @param seen unique-ids of messages that were looked at; those of this look are added
 * @param passed is handed each message that is another one
 */
export async function look(
  maildrop: Maildrop,
  criteria: Criteria,
  seen: Set<string>,
  passed: (message: SeenMessage) => void,
): Promise<FoundMessage | undefined> {
  const next = await maildrop.flights.send(
    [
      { command: list(), multiline: true },
      { command: uidl(), multiline: true },
    ],
    'more',
  )
  const listed = since(maildrop, await maildrop.listed(next), criteria.after)
  const candidates = listed
    .filter(({ uid }) => uid === null || !seen.has(uid))
    .toReversed()
    .slice(0, MOST_LOOKED_AT)
  if (candidates.length === 0) return undefined
  const wanted = wantedIn(criteria)
  if (wanted.length === 0) return candidates[0]
  const uids = new Map(candidates.map(({ number, uid }) => [number, uid]))
  let match: FoundMessage | undefined
  await headersOf(maildrop, [...uids.keys()], { ending: 'more', without: 'retr' }, (number, header) => {
    // what was refused now may be given at the next look
    if (header === undefined || match !== undefined) return
    const found = { number, uid: uids.get(number) ?? null }
    const fits = wanted.every(({ name, value }) =>
      header.some(
        (field) =>
          field.name.toLowerCase() === name && field.value.toLowerCase().includes(value.toLowerCase()),
      ),
    )
    if (fits) match = found
    else {
      if (found.uid !== null) seen.add(found.uid)
      const { subject = null, from = null } = valuesOf(header, ['subject', 'from'])
      passed({ ...found, subject, from })
    }
  })
  return match
}

/**
 * The messages behind the one with this unique-id. Where it is not there any more, all of them may be new.
 * @throws {Unmet} when the server gives no unique-ids
 */
export function since(
  maildrop: Maildrop,
  listed: readonly ListedMessage[],
  after: string | undefined,
): readonly ListedMessage[] {
  if (after === undefined) return listed
  if (listed.length > 0 && listed.every(({ uid }) => uid === null)) {
    throw new Unmet(
      'extension-not-offered',
      'the messages behind a unique-id were asked for, and the server does not offer UIDL',
    )
  }
  const place = listed.findLastIndex(({ uid }) => uid === after)
  if (place === -1) {
    maildrop.remark(
      'after-not-found',
      'No message has the unique-id of `after`; it may be deleted, and any message may have come since.',
    )
  }
  return listed.slice(place + 1)
}

function wantedIn({ subject, from, to, headers }: Criteria): readonly { name: string; value: string }[] {
  const named = Object.entries({ subject, from, to })
  return [
    ...named.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    ...headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })),
  ]
}
