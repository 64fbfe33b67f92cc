import { isIP } from 'node:net'
import { dateTime } from './date-time.ts'
import { type Token, tokensOf } from './tokens.ts'

/** One hop of a message on its way, as the server that took it over wrote it down. */
export interface Hop {
  /** The name the sending host gave for itself. */
  readonly from: string | null
  /** The address it came from, where the server tells. */
  readonly address: string | null
  readonly by: string | null
  /** The protocol: ESMTPS, LMTP, … */
  readonly with: string | null
  /** ISO 8601. */
  readonly at: string | null
  /** Since the hop before; below zero where two clocks differ. */
  readonly delaySeconds: number | null
}

type Clause = 'from' | 'by' | 'via' | 'with' | 'id' | 'for'
const CLAUSES: ReadonlySet<string> = new Set<Clause>(['from', 'by', 'via', 'with', 'id', 'for'])

/** The hops that the Received fields of a message tell, the newest first, as the fields stand (RFC 5321 §4.4). */
export function hops(fields: readonly string[]): readonly Hop[] {
  const read = fields.map(hopOf)
  return read.map((hop, n) => {
    const before = read[n + 1]?.at
    return {
      ...hop,
      at: hop.at?.toISOString() ?? null,
      delaySeconds:
        hop.at === undefined || before === undefined ? null : (hop.at.getTime() - before.getTime()) / 1000,
    }
  })
}

function hopOf(field: string) {
  const tokens = tokensOf(field)
  // a date holds no semicolon, so that one in an identifier does no harm
  const semicolon = tokens.findLastIndex((token) => token.kind === 'semicolon')
  const words = new Map<Clause, string[]>()
  const fromComments: string[] = []
  let clause: Clause | undefined
  for (const token of tokens.slice(0, semicolon === -1 ? tokens.length : semicolon)) {
    const word = token.text.toLowerCase()
    if (token.kind === 'comment') {
      if (clause === 'from') fromComments.push(token.text)
    } else if (isClause(word) && !words.has(word)) {
      clause = word
      words.set(word, [])
    } else if (clause !== undefined) words.get(clause)?.push(token.text)
  }
  return {
    from: said(words.get('from')),
    address: addressIn([...fromComments, ...(words.get('from') ?? [])]),
    by: said(words.get('by')),
    with: said(words.get('with')),
    at: semicolon === -1 ? undefined : dateTime(wordsOf(tokens.slice(semicolon))),
  }
}

function isClause(word: string): word is Clause {
  return CLAUSES.has(word)
}

function wordsOf(tokens: readonly Token[]): string {
  return tokens.flatMap((token) => (token.kind === 'word' ? token.text : [])).join(' ')
}

function said(words: readonly string[] = []): string | null {
  return words.length === 0 ? null : words.join(' ')
}

/** The address stands in brackets, with or without a name before it, or alone. */
function addressIn(texts: readonly string[]): string | null {
  for (const text of texts) {
    for (const piece of text.split(/[\s[\]()=,]+/)) {
      const address = piece.replace(/^ipv6:/i, '')
      if (isIP(address) !== 0) return address
    }
  }
  return null
}
