/** A piece of a structured header field. */
export interface Token {
  readonly kind: 'word' | 'comment' | 'semicolon'
  /** Without the quotes, parentheses and backslashes around and in it. */
  readonly text: string
}

/**
 * Words, comments and semicolons of a structured field (RFC 5322 §3.2), in one pass: no field, however odd, takes longer
 * than it is long. A comment or quoted string that never ends goes to the end.
 */
export function tokensOf(value: string): readonly Token[] {
  const tokens: Token[] = []
  let word = ''
  let quoted = false
  const endWord = (): void => {
    if (word !== '') tokens.push({ kind: 'word', text: word })
    word = ''
  }
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] ?? ''
    if (quoted) {
      if (character === '"') quoted = false
      else if (character === '\\') word += value[++at] ?? ''
      else word += character
    } else if (character === '"') quoted = true
    else if (character === '(') {
      endWord()
      const comment = commentAt(value, at)
      tokens.push({ kind: 'comment', text: comment.text.trim() })
      at = comment.end
    } else if (character === ';') {
      endWord()
      tokens.push({ kind: 'semicolon', text: ';' })
    } else if (/\s/.test(character)) endWord()
    else word += character
  }
  endWord()
  return tokens
}

/** RFC 5322 §3.2.2; a comment in a comment keeps its parentheses. */
function commentAt(value: string, start: number): { readonly text: string; readonly end: number } {
  let text = ''
  let depth = 1
  let at = start + 1
  for (; at < value.length; at += 1) {
    const character = value[at] ?? ''
    if (character === '\\') {
      text += value[++at] ?? ''
      continue
    }
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (depth === 0) break
    text += character
  }
  return { text, end: at }
}
