import { type Token, tokensOf } from './tokens.ts'

/** What one server found out about the sender of a message (RFC 8601). */
export interface AuthenticationResults {
  /** The server that says so; null where it does not name itself, as Exchange does not. */
  readonly server: string | null
  readonly results: readonly AuthenticationResult[]
}

export interface AuthenticationResult {
  /** spf, dkim, dmarc, arc, … */
  readonly method: string
  /** pass, fail, softfail, none, … */
  readonly result: string
  /** The `reason`, or the comment that most servers write instead. */
  readonly reason: string | null
  /** By their names, such as `header.from` and `smtp.mailfrom`; the first of each name. */
  readonly properties: Readonly<Record<string, string>>
}

const MOST_RESULTS = 100
/** RFC 8601 §2.2 `methodspec`, with the version that it may have. */
const METHOD = /^([A-Za-z][\w-]*)(?:\/\d+)?=([A-Za-z]\w*)/

/** One Authentication-Results field. */
export function authenticationResults(field: string): AuthenticationResults {
  const clauses = split(tokensOf(field))
  const first = clauses[0] === undefined ? [] : wordsOf(clauses[0])
  // RFC 8601 §2.2: `authserv-id [ CFWS authres-version ]`
  const named = first[0] !== undefined && !METHOD.test(first[0])
  return {
    server: named ? (first[0] ?? null) : null,
    results: clauses.slice(named ? 1 : 0, MOST_RESULTS).flatMap((clause) => resultOf(clause) ?? []),
  }
}

function resultOf(clause: readonly Token[]): AuthenticationResult | undefined {
  const [head, ...rest] = wordsOf(clause)
  const match = METHOD.exec(head ?? '')
  if (match === null) return undefined
  const properties = new Map<string, string>()
  for (const word of rest) {
    const equals = word.indexOf('=')
    const name = word.slice(0, Math.max(equals, 0)).toLowerCase()
    if (name !== '' && !properties.has(name)) properties.set(name, word.slice(equals + 1))
  }
  const reason = properties.get('reason')
  properties.delete('reason')
  const comments = clause.flatMap((token) =>
    token.kind === 'comment' && token.text !== '' ? token.text : [],
  )
  return {
    method: (match[1] ?? '').toLowerCase(),
    result: (match[2] ?? '').toLowerCase(),
    reason: reason ?? (comments.length === 0 ? null : comments.join('; ')),
    properties: Object.fromEntries(properties),
  }
}

function split(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const clauses: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'semicolon') clauses.push([])
    else clauses.at(-1)?.push(token)
  }
  return clauses
}

/** The words of a clause; around `=` there may be white space (RFC 8601 §2.2). */
function wordsOf(clause: readonly Token[]): readonly string[] {
  const words: string[] = []
  for (const token of clause) {
    if (token.kind === 'comment') continue
    const before = words.at(-1)
    const open = before !== undefined && before.indexOf('=') === before.length - 1
    const goesOn = before !== undefined && !before.includes('=') && token.text.startsWith('=')
    if (open || goesOn) words[words.length - 1] = before + token.text
    else words.push(token.text)
  }
  return words
}
