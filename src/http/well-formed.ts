import type { Request } from 'express'
import { LongText } from '../text/long-text.ts'

/**
 * Where a JSON body has text that no octets stand for: half of a surrogate pair, as `"\ud800"` writes it (RFC 8259 §8.2).
 * Sent on, it would be another character, without a word.
 */
export function halfCharactersIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
): readonly PropertyKey[][] {
  if (typeof value === 'string') return value.isWellFormed() ? [] : [[...path]]
  if (value instanceof LongText) return value.surrogates === 'in-pairs' ? [] : [[...path]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => halfCharactersIn(part, [...path, name]))
}

/** Parameters whose octets are no UTF-8: the parser of the query has put U+FFFD in their place. */
export function undecodable({ query }: Request): readonly string[] {
  return Object.keys(query).filter((name) =>
    [query[name]].flat().some((value) => typeof value === 'string' && value.includes('\u{fffd}')),
  )
}
