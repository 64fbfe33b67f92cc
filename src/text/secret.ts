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
  readonly #forms = new Set<string>()
  #pattern: RegExp | undefined

  /** Registers a secret in the forms a server may echo: as it is, base64 at any alignment, hex, percent-encoded. */
  register(secret: string): void {
    const octets = Buffer.from(secret)
    if (octets.length < SHORTEST_BY_VALUE) return
    for (const form of formsOf(octets)) this.#forms.add(form)
    this.#pattern = undefined
  }

  /** The text with `***` in place of each secret, and whether there was one. */
  scrub(text: string): { readonly text: string; readonly found: boolean } {
    if (this.#forms.size === 0) return { text, found: false }
    this.#pattern ??= patternOf(this.#forms)
    const scrubbed = text.replace(this.#pattern, REDACTED)
    return { text: scrubbed, found: scrubbed !== text }
  }
}

/** Exported for tests, which search whole answers for every form. */
export function formsOf(octets: Buffer): string[] {
  const plain = octets.toString()
  const percent = encodeURIComponent(plain)
  const everyOctet = [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
  const base64 = [0, 1, 2].map((shift) => alignedBase64(octets, shift))
  return [
    plain,
    visible(octets),
    JSON.stringify(plain).slice(1, -1),
    octets.toString('hex'),
    percent,
    everyOctet,
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ].filter((form) => form.length >= SHORTEST_BY_VALUE)
}

/** The characters of base64 that depend on these octets alone, when `shift` octets stand before them. */
function alignedBase64(octets: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), octets]).toString('base64').replace(/=+$/, '')
  const first = Math.ceil((shift * 8) / 6)
  const last = Math.floor(((shift + octets.length) * 8) / 6)
  return encoded.slice(first, last)
}

function patternOf(forms: ReadonlySet<string>): RegExp {
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  const sources = longestFirst.map((form) => {
    const source = form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    // hex and percent-encoding are written in either case; base64 and the secret itself are not
    return /^(?:[0-9a-f]{2}|%[0-9a-f]{2})+$/.test(form) ? eitherCase(source) : source
  })
  return new RegExp(sources.join('|'), 'g')
}

function eitherCase(source: string): string {
  return source.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
}
