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
  readonly #known = new Set<string>()
  #pattern: RegExp | undefined

  /** Registers a secret in the forms a server may echo: as it is, base64 at any alignment, hex, percent-encoded. */
  register(secret: string): void {
    if (Buffer.byteLength(secret) < SHORTEST_BY_VALUE) return
    this.#secrets.add(secret)
    this.#pattern = undefined
  }

  /**
   * Tells what everybody may know: a host, an address. Where a secret happens to be a part of it, the whole of it still
   * reads as it is: `alice@sandbox.test` in a session whose password is `sandbox`.
   */
  permit(known: string): void {
    this.#known.add(known)
    this.#pattern = undefined
  }

  /** The text with `***` in place of each secret, and whether there was one. */
  scrub(text: string): { readonly text: string; readonly found: boolean } {
    if (this.#secrets.size === 0) return { text, found: false }
    this.#pattern ??= patternOf(this.#secrets, this.#known)
    const scrubbed = text.replace(this.#pattern, (match: string, known: string | undefined) =>
      known === undefined ? REDACTED : match,
    )
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

/** RFC 3986 §2.1, of any of the characters: encoders differ in which ones they leave alone. */
function percentEncoded(secret: string): string {
  const sources = Array.from(secret, (character) => {
    const encoded = [...Buffer.from(character)]
      .map((octet) => `%${octet.toString(16).padStart(2, '0')}`)
      .join('')
    // application/x-www-form-urlencoded
    return character === ' ' ? `(?: |\\+|${encoded})` : `(?:${literally(character)}|${encoded})`
  })
  return sources.join('')
}

/** Where one secret holds another, the longer one is looked for first; in any case, for servers repeat in capitals. */
function patternOf(secrets: ReadonlySet<string>, known: ReadonlySet<string>): RegExp {
  const wholes = [...known].filter((text) => [...secrets].some((secret) => isPartOf(secret, text)))
  const kept = wholes.sort((a, b) => b.length - a.length).map(literally)
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length)
  const sources = longestFirst.flatMap((secret) => {
    const octets = Buffer.from(secret)
    const forms = [...textForms(octets), ...base64Forms(octets)].sort((a, b) => b.length - a.length)
    return [...forms.map(literally), percentEncoded(secret)]
  })
  return new RegExp([`(${kept.join('|') || '(?!)'})`, ...sources].join('|'), 'gi')
}

/** A secret that is the whole of it stays one. */
function isPartOf(secret: string, text: string): boolean {
  return text.length > secret.length && text.toLowerCase().includes(secret.toLowerCase())
}

function literally(form: string): string {
  return form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
