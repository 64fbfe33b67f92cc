import { inspect } from 'node:util'
import { visible } from './visible.ts'

export const REDACTED = '***'

/** A value that shows itself as `***` wherever it is printed; `reveal()` is the only way in. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

/**
 * Shorter secrets are redacted by their position only: searched for by value they would turn half of a transcript
 * into stars.
 */
const SHORTEST_BY_VALUE = 4

/** Knows the secrets of one session and takes every form of them out of text. */
export class Scrubber {
  readonly #secrets = new Set<string>()
  #patterns: readonly RegExp[] = []

  /** Registers a secret in the forms a server may echo: as it is, base64 at any alignment, hex, percent-encoded. */
  register(secret: string): void {
    if (Buffer.byteLength(secret) < SHORTEST_BY_VALUE) return
    this.#secrets.add(secret)
    this.#patterns = []
  }

  /** The text with `***` in place of each secret, and whether there was one. */
  scrub(text: string): { readonly text: string; readonly found: boolean } {
    if (this.#secrets.size === 0) return { text, found: false }
    if (this.#patterns.length === 0) this.#patterns = patternsOf(this.#secrets)
    let scrubbed = text
    for (const pattern of this.#patterns) scrubbed = scrubbed.replace(pattern, REDACTED)
    return { text: scrubbed, found: scrubbed !== text }
  }
}

/** Exported for tests, which search whole answers for every form. */
export function formsOf(octets: Buffer): string[] {
  const percent = encodeURIComponent(octets.toString())
  const everyOctet = [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
  return [...textForms(octets), percent, everyOctet, ...base64Forms(octets)]
}

function textForms(octets: Buffer): string[] {
  const plain = octets.toString()
  return [plain, visible(octets), JSON.stringify(plain).slice(1, -1), octets.toString('hex')]
}

function base64Forms(octets: Buffer): string[] {
  const forms = [0, 1, 2].map((shift) => alignedBase64(octets, shift))
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}

/** The characters of base64 that depend on these octets alone, when `shift` octets stand before them. */
function alignedBase64(octets: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), octets])
    .toString('base64')
    .replace(/=+$/, '')
  const first = Math.ceil((shift * 8) / 6)
  const last = Math.floor(((shift + octets.length) * 8) / 6)
  return encoded.slice(first, last)
}

/**
 * RFC 3986 §2.1, of any of the characters: encoders differ in which ones they leave alone. A `%` never stands for
 * itself here, so that there is one way to read a text, however it was made.
 */
function percentEncoded(secret: string): string {
  const sources = [...secret].map((character) => {
    const encoded = [...Buffer.from(character)]
      .map((octet) => `%${octet.toString(16).padStart(2, '0')}`)
      .join('')
    if (character === '%') return encoded
    // application/x-www-form-urlencoded
    return character === ' ' ? `(?: |\\+|${encoded})` : `(?:${literally(character)}|${encoded})`
  })
  return sources.join('')
}

/** Where one secret holds another, the longer one is looked for first. Base64 alone tells capitals from small letters. */
function patternsOf(secrets: ReadonlySet<string>): RegExp[] {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length)
  const inText = longestFirst.flatMap((secret) => [
    ...textForms(Buffer.from(secret))
      .sort((a, b) => b.length - a.length)
      .map(literally),
    percentEncoded(secret),
  ])
  const inBase64 = longestFirst.flatMap((secret) => base64Forms(Buffer.from(secret)).map(literally))
  return [new RegExp(inText.join('|'), 'gi'), new RegExp(inBase64.join('|'), 'g')]
}

function literally(form: string): string {
  return form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
