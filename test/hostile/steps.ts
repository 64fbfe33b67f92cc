import type { IdentityName } from './identities.ts'

/** How octets go out: in one write, cut at places, or each alone; between two writes the client has time to read. */
export type Cut = 'whole' | 'each-octet' | readonly number[]

/** One thing that a hostile server does. */
export type Step =
  | { readonly does: 'say'; readonly octets: Buffer; readonly cut: Cut }
  /** An answer made of the line that was heard last. */
  | { readonly does: 'answer'; readonly words: (line: string) => string }
  /** Waits for one line of the client, whatever it is. */
  | { readonly does: 'hear' }
  /** Waits until the client has said anything at all: a TLS ClientHello is no line. */
  | { readonly does: 'await-octets'; readonly atLeast: number }
  /** Reads content up to its lone dot. */
  | { readonly does: 'take-content' }
  /** Reads the octets that BDAT has announced. */
  | { readonly does: 'take-chunk' }
  | { readonly does: 'wait'; readonly ms: number }
  /** One octet at a time, over and over, until the client leaves. */
  | { readonly does: 'drip'; readonly octets: Buffer; readonly everyMs: number }
  /** As fast as the client reads, until it leaves or so many octets are out. */
  | { readonly does: 'flood'; readonly line: Buffer; readonly octets: number }
  | { readonly does: 'silence' }
  /** Reads no more, until the test asks whether the client has left. */
  | { readonly does: 'deaf' }
  | { readonly does: 'close' }
  | { readonly does: 'reset' }
  | { readonly does: 'tls'; readonly identity: IdentityName; readonly versions: 'today' | 'old' }
  /** Octets in the clear, beneath the TLS that is spoken already. */
  | { readonly does: 'say-beneath'; readonly octets: Buffer }

/** What the server does at each command it hears, by verb; `GREETING` before the first, `ELSE` for all others. */
export type Script = Readonly<Record<string, readonly Step[]>>

const octetsOf = (text: string | Buffer): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text

/** Octets as they are, one character an octet. */
export const say = (text: string | Buffer, cut: Cut = 'whole'): Step => ({
  does: 'say',
  octets: octetsOf(text),
  cut,
})
/** A line; CRLF is added. */
export const line = (text: string, cut: Cut = 'whole'): Step => say(`${text}\r\n`, cut)
export const answer = (words: (line: string) => string): Step => ({ does: 'answer', words })
export const hear: Step = { does: 'hear' }
export const awaitOctets = (atLeast = 1): Step => ({ does: 'await-octets', atLeast })
export const takeContent: Step = { does: 'take-content' }
export const takeChunk: Step = { does: 'take-chunk' }
export const wait = (ms: number): Step => ({ does: 'wait', ms })
export const drip = (text: string, everyMs = 10): Step => ({ does: 'drip', octets: octetsOf(text), everyMs })
export const flood = (text: string | Buffer, octets = 64 * 1024 * 1024): Step => ({
  does: 'flood',
  line: octetsOf(text),
  octets,
})
export const silence: Step = { does: 'silence' }
export const deaf: Step = { does: 'deaf' }
export const close: Step = { does: 'close' }
export const reset: Step = { does: 'reset' }
export const tls = (identity: IdentityName = 'good', versions: 'today' | 'old' = 'today'): Step => ({
  does: 'tls',
  identity,
  versions,
})
export const sayBeneath = (text: string): Step => ({ does: 'say-beneath', octets: octetsOf(text) })

/** How TLS begins: type, version and length of a record, none of which any line of text begins with. */
export const CLIENT_HELLO = /^\p{Cc}{3}/mu
