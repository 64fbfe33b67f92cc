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
  readonly #known = new Set<string>()
  /** The longest first, for one may hold another. */
  readonly #secrets: KnownSecret[] = []

  /** Registers a secret in the forms a server may echo: as it is, base64 at any alignment, hex, percent-encoded. */
  register(secret: string): void {
    if (Buffer.byteLength(secret) < SHORTEST_BY_VALUE) return
    if (this.#secrets.some(({ value }) => value === secret)) return
    this.#secrets.push({ value: secret })
    this.#secrets.sort((a, b) => b.value.length - a.value.length)
  }

  /**
   * Tells what everybody may know: a host, an address. Where a secret happens to be a part of it, the whole of it still
   * reads as it is: `alice@sandbox.test` in a session whose password is `sandbox`.
   */
  permit(known: string): void {
    if (this.#known.has(known)) return
    this.#known.add(known)
    for (const secret of this.#secrets) secret.takenOut = undefined
  }

  /** The text with `***` in place of each secret, and whether there was one. */
  scrub(text: string): { readonly text: string; readonly found: boolean } {
    let scrubbed = text
    for (const secret of this.#secrets) {
      secret.takenOut ??= takingOut(secret.value, this.#known)
      scrubbed = secret.takenOut(scrubbed)
    }
    return { text: scrubbed, found: scrubbed !== text }
  }
}

/** A secret and, once it was needed, how to take it out: one pattern for all would be made anew with each that is added. */
interface KnownSecret {
  readonly value: string
  takenOut?: TakenOut | undefined
}

type TakenOut = (text: string) => string

/** Exported for tests, which search whole answers for every form. */
export function formsOf(octets: Buffer): string[] {
  return [...textForms(octets), ...percentForms(octets), ...base64Forms(octets)]
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

function percentForms(octets: Buffer): string[] {
  const everyOctet = [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
  return [encodeURIComponent(octets.toString()), everyOctet]
}

/** Of a longer one the engine cannot make a pattern. Tokens are as long, and servers do not repeat them by letters. */
const LONGEST_BY_PATTERN = 1000

/** In any case, for servers repeat in capitals. */
function takingOut(secret: string, known: ReadonlySet<string>): TakenOut {
  const octets = Buffer.from(secret)
  const forms = [...textForms(octets), ...base64Forms(octets)]
  if (secret.length > LONGEST_BY_PATTERN) {
    const both = [...forms, ...percentForms(octets)].flatMap((form) => [form, form.toUpperCase()])
    const literal = longestFirst([...new Set(both)])
    return (text) => literal.reduce((rest, form) => rest.replaceAll(form, REDACTED), text)
  }
  const kept = longestFirst([...known].filter((text) => isPartOf(secret, text))).map(literally)
  const sources = [...longestFirst(forms).map(literally), percentEncoded(secret)]
  const pattern = new RegExp([`(${kept.join('|') || '(?!)'})`, ...sources].join('|'), 'gi')
  return (text) =>
    text.replace(pattern, (match: string, whole: string | undefined) =>
      whole === undefined ? REDACTED : match,
    )
}

function longestFirst(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => b.length - a.length)
}

/** A secret that is the whole of it stays one. */
function isPartOf(secret: string, text: string): boolean {
  return text.length > secret.length && text.toLowerCase().includes(secret.toLowerCase())
}

function literally(form: string): string {
  return form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
