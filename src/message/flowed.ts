/**
 * Text in format=flowed with its soft line breaks taken back (RFC 3676 §4).
 * @param space `delete`: the space before a soft break was not in the text (`delsp=yes`)
 */
export function unflowed(text: string, space: 'keep' | 'delete'): string {
  const out: string[] = []
  let openDepth: number | undefined
  for (const line of text.split('\n')) {
    const quotes = /^>*/.exec(line)?.[0] ?? ''
    // RFC 3676 §4.4: a stuffed space is not part of the text
    const content = line.slice(quotes.length).replace(/^ /, '')
    const last = out.length - 1
    if (openDepth === quotes.length && content !== '-- ')
      out[last] = `${soft(out[last] ?? '', space)}${content}`
    else out.push(quotes === '' ? content : `${quotes} ${content}`)
    // RFC 3676 §4.3: the line above a signature ends in a space and is not flowed
    openDepth = content.endsWith(' ') && content !== '-- ' ? quotes.length : undefined
  }
  return out.join('\n')
}

function soft(line: string, space: 'keep' | 'delete'): string {
  return space === 'delete' ? line.slice(0, -1) : line
}
