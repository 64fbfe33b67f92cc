/*
 * Text of strangers as a word of the shell (POSIX.1, XCU §2.2): in single quotes nothing means anything but the quote that
 * ends them.
 */

const HARMLESS = /^[A-Za-z0-9_./:@%+,-]+$/
/** What would end a line, or what a terminal would obey or not show. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** One word, whatever is in it but NUL. What cannot be shown is spelt, and made again by the shell. */
export function word(text: string): string {
  if (HARMLESS.test(text)) return text
  if (!UNPRINTABLE.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  return `"$(printf '${octets(text).map(octal).join('')}')"`
}

/** A remark that stays one line, whatever is in it. */
export function remark(text: string): string {
  return `# ${[...text].map((character) => (UNPRINTABLE.test(character) ? octets(character).map(hex).join('') : character)).join('')}`
}

/** A command with one option a line. */
export function commandLine(words: readonly string[]): string {
  return words.join(' \\\n  ')
}

function octets(text: string): number[] {
  return [...Buffer.from(text)]
}

function octal(octet: number): string {
  return `\\${octet.toString(8).padStart(3, '0')}`
}

function hex(octet: number): string {
  return `\\x${octet.toString(16).padStart(2, '0')}`
}
