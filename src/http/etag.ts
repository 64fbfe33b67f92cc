import { octetsOf, visible } from '../text/visible.ts'

/** The unique-id of a message as entity tag (RFC 9110 §8.8.3), which cannot hold a quotation mark. */
export function entityTag(uid: string): string {
  return `"${uid.replaceAll('"', '\\x22')}"`
}

/**
 * The unique-ids of `If-Match` or `If-None-Match`: `"uid"`, several by comma, or `*`.
 * @returns undefined when it is no list of entity tags
 */
export function uidsIn(header: string): readonly string[] | '*' | undefined {
  if (header.trim() === '*') return '*'
  const tags = header.split(',').map((tag) => /^\s*"([^"]*)"\s*$/.exec(tag)?.[1])
  if (tags.some((tag) => tag === undefined)) return undefined
  return tags.map((tag) => spelling(tag ?? ''))
}

/** One spelling for one unique-id: as listings show it. */
export function spelling(uid: string): string {
  return visible(octetsOf(uid))
}
