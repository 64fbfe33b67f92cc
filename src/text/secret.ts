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

/** A long token comes back in several lines, or in the beginning of one: it is looked for in pieces. */
const LONGEST_PIECE = 2000
/** What is left of base64 between two pieces. */
const SEAM = /\*{3}[A-Za-z0-9+/_-]{1,2}(?=\*{3})/g

/** Knows the secrets of one session and takes every form of them out of text. */
export class Scrubber {
  readonly #secrets = new Set<string>()
  readonly #known = new Set<string>()
  #search: Search | undefined

  /** Registers a secret in the forms a server may echo: as it is, base64 at any alignment, hex, percent-encoded. */
  register(secret: string): void {
    if (Buffer.byteLength(secret) < SHORTEST_BY_VALUE) return
    for (const piece of piecesOf(secret)) this.#secrets.add(piece)
    this.#search = undefined
  }

  /**
   * Tells what everybody may know: a host, an address. Where a secret happens to be a part of it, the whole of it still
   * reads as it is: `alice@sandbox.test` in a session whose password is `sandbox`.
   */
  permit(known: string): void {
    this.#known.add(known)
    this.#search = undefined
  }

  /** The text with `***` in place of each secret, and whether there was one. */
  scrub(text: string): { readonly text: string; readonly found: boolean } {
    if (this.#secrets.size === 0) return { text, found: false }
    this.#search ??= searchFor(this.#secrets, this.#known)
    const spans = secretSpans(text, this.#search)
    if (spans.length === 0) return { text, found: false }
    let scrubbed = ''
    let from = 0
    for (const { start, end } of spans) {
      scrubbed += text.slice(from, start) + REDACTED
      from = end
    }
    scrubbed += text.slice(from)
    return { text: scrubbed.replace(SEAM, ''), found: true }
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

/** Of equal length, so that none is too short to be told from other text. */
function piecesOf(secret: string): string[] {
  const characters = Array.from(secret)
  const each = Math.ceil(characters.length / Math.ceil(characters.length / LONGEST_PIECE))
  const starts = Array.from({ length: Math.ceil(characters.length / each) }, (_, at) => at * each)
  return starts.map((from) => characters.slice(from, from + each).join(''))
}

/** A secret that is the whole of it stays one. */
function isPartOf(secret: string, text: string): boolean {
  return text.length > secret.length && text.toLowerCase().includes(secret.toLowerCase())
}

/** What is looked for, in small letters: in any case, for servers repeat in capitals. */
interface Search {
  readonly forms: readonly string[]
  /** The secrets one character an octet, for text in which percent encoding is undone. */
  readonly octets: readonly string[]
  /** What stays as it is. */
  readonly kept: readonly string[]
}

interface Span {
  readonly start: number
  readonly end: number
}

function searchFor(secrets: ReadonlySet<string>, known: ReadonlySet<string>): Search {
  const forms = [...secrets].flatMap((secret) => {
    const octets = Buffer.from(secret)
    return [...textForms(octets), ...base64Forms(octets)]
  })
  const octets = [...secrets].map((secret) => Buffer.from(secret).toString('latin1'))
  const kept = [...known].filter((text) => [...secrets].some((secret) => isPartOf(secret, text)))
  const small = (texts: readonly string[]): string[] => [...new Set(texts.map(inSmallLetters))]
  return { forms: small(forms), octets: small(octets), kept: small(kept) }
}

/**
 * Where the secrets stand, in order, none over another. Strings are searched for and no pattern is made of them: the time
 * that a pattern takes can be chosen by whoever chooses the secret and the text.
 */
function secretSpans(text: string, { forms, octets, kept }: Search): readonly Span[] {
  const small = inSmallLetters(text)
  const found = forms.flatMap((form) => placesOf(form, small))
  if (/[%+]/.test(text)) found.push(...percentEncoded(text, octets))
  if (found.length === 0) return found
  const whole = kept.flatMap((known) => placesOf(known, small))
  const secret = found.filter(
    ({ start, end }) => !whole.some((span) => span.start <= start && end <= span.end),
  )
  const spans: Span[] = []
  for (const { start, end } of secret.sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1)
    if (last === undefined || start >= last.end) spans.push({ start, end })
    else if (end > last.end) spans[spans.length - 1] = { start: last.start, end }
  }
  return spans
}

function placesOf(form: string, text: string): Span[] {
  const places: Span[] = []
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    places.push({ start: at, end: at + form.length })
  }
  return places
}

/** RFC 3986 §2.1, of any of the characters: encoders differ in which ones they leave alone. */
function percentEncoded(text: string, secrets: readonly string[]): Span[] {
  const whole = decoded(text, new Set())
  const small = inSmallLetters(text)
  return secrets.flatMap((secret) => {
    // what looks like an escape in the secret itself is left alone by some
    const own = new Set(secret.match(ESCAPE) ?? [])
    const readings = own.size === 0 ? [whole] : [whole, decoded(text, own)]
    // a % before the secret takes its first digits for an escape: `%0` and `0+word`
    const swallowed = /^[0-9a-f]{0,2}/.exec(secret)?.[0].length ?? 0
    return readings.flatMap(({ texts, starts }) =>
      texts.flatMap((reading) =>
        Array.from({ length: swallowed + 1 }, (_, digits) => digits).flatMap((digits) =>
          placesOf(secret.slice(digits), reading)
            .map(({ start, end }) => ({
              start: (starts[start] ?? 0) - digits,
              end: starts[end] ?? text.length,
            }))
            .filter(({ start }) => small.startsWith(secret.slice(0, digits), start)),
        ),
      ),
    )
  })
}

const ESCAPE = /%[0-9a-f]{2}/g

/** The text one character an octet, with and without + for a blank (application/x-www-form-urlencoded), and where each stood. */
function decoded(text: string, kept: ReadonlySet<string>) {
  const small = inSmallLetters(text)
  const starts: number[] = []
  let octets = ''
  let form = ''
  for (const { 0: token, index } of small.matchAll(/%[0-9a-f]{2}|[\s\S]/gu)) {
    const escaped = token.length === 3 && !kept.has(token)
    const plain = Buffer.from(escaped ? token.slice(1) : token, escaped ? 'hex' : 'utf8').toString('latin1')
    octets += plain
    form += token === '+' ? ' ' : plain
    for (const _ of plain) starts.push(index)
  }
  starts.push(text.length)
  return { texts: [octets, form].map(inSmallLetters), starts }
}

/** As long as the text, so that places are the same: some capitals become two letters. */
function inSmallLetters(text: string): string {
  const small = text.toLowerCase()
  return small.length === text.length ? small : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
