import type { Request } from 'express'
import { octetsOf, visible } from '../text/visible.ts'
import { invalidRequest } from './problem.ts'

/** The unique-id of a message as entity tag (RFC 9110 §8.8.3), which cannot hold a quotation mark. */
export function entityTag(uid: string): string {
  return `"${inAscii(uid).replaceAll('"', '\\x22')}"`
}

/** A unique-id as it can stand in a header or a path: servers list ones that are not printable ASCII. */
export function inAscii(uid: string): string {
  return uid.replace(/[^\x21-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join(''),
  )
}

/** RFC 9110 §8.8.3 `entity-tag`, and what stands between two of a list. */
const ENTITY_TAG = /[\t ]*(W\/)?"([^"]*)"[\t ]*(?:,|$)/y

/**
 * The unique-ids of `If-Match` or `If-None-Match`: `"uid"`, several by comma, or `*`.
 * @param weak what a weak tag is (RFC 9110 §8.8.3.2): for `If-Match` it names nothing
 * @returns undefined when it is no list of entity tags
 */
function uidsIn(header: string, weak: 'counts' | 'is-nothing'): readonly string[] | '*' | undefined {
  if (header.trim() === '*') return '*'
  const uids: string[] = []
  const next = new RegExp(ENTITY_TAG)
  while (next.lastIndex < header.length) {
    const [, weakly, tag] = next.exec(header) ?? []
    if (tag === undefined) return undefined
    if (weakly === undefined || weak === 'counts') uids.push(spelling(tag))
  }
  return header.trim() === '' ? undefined : uids
}

/**
 * The unique-ids of a precondition; undefined where there is none (RFC 9110 §13.1.1, §13.1.2).
 * @throws {Problem} 400
 */
export function precondition(
  request: Request,
  name: 'If-Match' | 'If-None-Match',
): readonly string[] | '*' | undefined {
  const header = request.get(name)
  if (header === undefined) return undefined
  const uids = uidsIn(header, name === 'If-Match' ? 'is-nothing' : 'counts')
  if (uids !== undefined) return uids
  throw invalidRequest([
    { header: name, detail: 'the unique-id in quotation marks is wanted, as ETag gives it' },
  ])
}

/** One spelling for one unique-id: as listings show it. */
export function spelling(uid: string): string {
  return visible(octetsOf(uid))
}
