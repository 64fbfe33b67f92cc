import { Unmet } from '../session/outcome.ts'
import type { FoundMessage, ListedMessage } from './maildrop.ts'

/** Which messages are meant by a call about several. */
export type Selection =
  | { readonly by: 'all' }
  | { readonly by: 'numbers'; readonly numbers: readonly number[] }
  | { readonly by: 'uids'; readonly uids: readonly string[] }

/** What was named and is not there, or is there more than once. */
export interface NotFound {
  readonly number: number | null
  readonly uid: string | null
}

/** The messages that are meant, and what of them cannot be told in this listing. */
export function selected(
  selection: Selection,
  listed: readonly ListedMessage[],
): { readonly found: readonly ListedMessage[]; readonly missing: readonly NotFound[] } {
  switch (selection.by) {
    case 'all':
      return { found: listed, missing: [] }
    case 'numbers': {
      const byNumber = new Map(listed.map((message) => [message.number, message]))
      const found = selection.numbers.flatMap((number) => byNumber.get(number) ?? [])
      const missing = selection.numbers
        .filter((number) => !byNumber.has(number))
        .map((number) => ({ number, uid: null }))
      return { found, missing }
    }
    case 'uids': {
      const byUid = new Map<string, ListedMessage[]>()
      for (const message of listed) {
        const having = message.uid === null ? undefined : byUid.get(message.uid)
        if (having !== undefined) having.push(message)
        else if (message.uid !== null) byUid.set(message.uid, [message])
      }
      // a unique-id that several have names none of them
      const one = (uid: string): readonly ListedMessage[] => {
        const having = byUid.get(uid) ?? []
        return having.length === 1 ? having : []
      }
      const missing = selection.uids
        .filter((uid) => one(uid).length === 0)
        .map((uid) => ({ number: null, uid }))
      return { found: selection.uids.flatMap(one), missing }
    }
  }
}

/**
 * @throws {Unmet} `no-such-message`; `unique-id-ambiguous` where several have the one that was named; or
 * `extension-not-offered` where the server gives no unique-ids at all
 */
export function requireAll(
  selection: Selection,
  listed: readonly ListedMessage[],
  missing: readonly NotFound[],
): void {
  const [first] = missing
  if (first === undefined) return
  if (selection.by === 'uids' && listed.length > 0 && listed.every(({ uid }) => uid === null)) {
    throw new Unmet(
      'extension-not-offered',
      'messages were asked for by their unique-ids, and the server does not offer UIDL',
    )
  }
  const named = new Set(missing.map(({ uid }) => uid))
  const repeated = listed.find(({ uid }) => uid !== null && named.has(uid))
  if (repeated !== undefined) {
    throw new Unmet('unique-id-ambiguous', `more than one message has the unique-id ${repeated.uid}`, {
      outcome: 'rejected',
    })
  }
  const more = missing.length > 1 ? `, nor have ${missing.length - 1} others that were named` : ''
  const name = first.uid === null ? `number ${first.number}` : `unique-id ${first.uid}`
  throw new Unmet('no-such-message', `no message has the ${name}${more}`, { outcome: 'rejected' })
}

/**
 * @param match the unique-ids one of which the message has to have; `*`: it has to be there
 * @throws {Unmet} `precondition-failed`
 */
export function requireMatch(found: FoundMessage, match: readonly string[] | '*' | undefined): void {
  if (match === undefined || match === '*') return
  if (found.uid !== null && match.includes(found.uid)) return
  const why =
    found.uid === null
      ? `the server gives no unique-id for message ${found.number}, so that If-Match cannot hold`
      : `message ${found.number} has another unique-id than If-Match names`
  throw new Unmet('precondition-failed', why, { outcome: 'rejected' })
}
