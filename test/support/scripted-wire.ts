import { onTestFinished } from 'vitest'
import { octetsOf, visible } from '../../src/text/visible.ts'
import type { ChannelBindings, TlsFacts, TlsWish, Wire } from '../../src/wire/wire.ts'
import type { ManualClock } from './manual-clock.ts'

/** A certificate that is as it should be, so that a test names only what matters to it. */
export const GOOD_TLS_REPORT: Omit<TlsFacts, 'presented'> = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  resumed: false,
  handshakeMs: 0,
  trusted: true,
  nameMatches: true,
  verifyError: null,
  certificate: {
    subject: 'CN=mx.example.test',
    issuer: 'CN=Example Authority',
    names: ['mx.example.test'],
    validFrom: '2025-12-01T00:00:00.000Z',
    validTo: '2026-03-01T00:00:00.000Z',
    daysLeft: 59,
    fingerprint256: 'AB:CD',
    chain: ['CN=Example Authority'],
  },
}

export const GOOD_TLS: TlsFacts = { ...GOOD_TLS_REPORT, presented: [] }

export interface WireOptions {
  /**
   * How the server's octets are handed out: as much as there is, one a read, or with cuts at these places in the
   * stream of all that the server says.
   */
  readonly cuts?: 'none' | 'every-octet' | readonly number[]
  /** `full`: each write fills the buffer, so that a writer has to wait and can be answered early. */
  readonly buffers?: 'empty' | 'full'
  /** What `C: <TLS>` comes to. */
  readonly tls?: TlsFacts | Error
  /** What is known of TLS when it is an error. */
  readonly tlsSeen?: TlsFacts
  readonly bindings?: ChannelBindings
  readonly clock?: ManualClock
}

type Step =
  | { readonly kind: 'octets'; readonly from: 'C' | 'S'; readonly octets: Buffer; readonly line: string }
  | { readonly kind: 'content'; readonly octets: number; readonly line: string }
  | { readonly kind: 'pause'; readonly ms: number; readonly line: string }
  | { readonly kind: 'eof' | 'reset' | 'silence' | 'tls'; readonly line: string }

/**
 * The client did something else than the script says. The runner shows both dialogues as a diff; `left` of it is what
 * the script says.
 */
export class OffScript extends Error {
  override readonly name = 'OffScript'
  readonly showDiff = true
  readonly expected: string
  readonly actual: string

  constructor(message: string, expected: string, actual: string) {
    super(message)
    this.expected = expected
    this.actual = actual
  }
}

/**
 * A server that plays a script, and the wire to it.
 *
 * Each line of the script is `S: ` or `C: ` and what is said, CRLF left out, other octets as `\xNN`. Server lines are
 * there to be read as soon as the client has said all lines before them. Instead of text a line may have:
 * `S: <EOF>`, `S: <RESET>`, `S: <SILENCE>` (whoever waits now waits in vain), `S: <PAUSE ms>` (the clock moves on),
 * `C: <TLS>` (a handshake), `C: <CONTENT n>` (n octets of whatever). A server line that ends in `<BARE-LF>` ends in a bare LF,
 * one that ends in `<CUT>` does not end.
 *
 * The test fails when the client says something else, speaks before it has read what was there, or waits for a reply that is not
 * in the script; and when it ends before the script does.
 */
export class ScriptedWire implements Wire {
  readonly local = { address: '192.0.2.1', port: 40_000 }
  readonly remote = { address: '192.0.2.25', port: 25 }
  /** What was asked of each handshake. */
  readonly wishes: TlsWish[] = []
  /** How often the client spoke after it had listened: the round trips that it needs. */
  flights = 0
  /** How the client left. */
  closed: 'no' | 'ended' | 'destroyed' = 'no'
  readonly #script: string
  readonly #steps: readonly Step[]
  readonly #options: WireOptions
  readonly #cuts: ReadonlySet<number>
  #at = 0
  /** Octets of the step at hand that were said already. */
  #done = 0
  /** Octets that the server has said in all. */
  #said = 0
  #listened = true
  #ended = false
  #error: Error | undefined
  #offScript: OffScript | undefined
  #silenced: (() => void) | undefined
  #heard: Buffer = Buffer.alloc(0)

  constructor(script: string, options: WireOptions = {}) {
    this.#script = linesOf(script).join('\n')
    this.#steps = linesOf(script).map(stepOf)
    this.#options = options
    this.#cuts = new Set(Array.isArray(options.cuts) ? (options.cuts as number[]) : [])
    onTestFinished(() => this.#checkEnd())
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      const octets = this.readNow()
      if (octets !== undefined) return octets
      this.#listened = true
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return null
      const step = this.#steps[this.#at]
      if (step === undefined) throw this.#deviation('The client waits for a reply, and the script is over.')
      switch (step.kind) {
        case 'eof':
          this.#ended = true
          this.#next()
          break
        case 'reset':
          this.#reset()
          break
        case 'pause':
          this.#next()
          await Promise.resolve()
          this.#options.clock?.advance(step.ms)
          break
        case 'silence':
          await new Promise<void>((resolve) => {
            this.#silenced = resolve
          })
          break
        default:
          throw this.#deviation(
            `The client waits for a reply, and the script wants it to say "${step.line}".`,
          )
      }
    }
  }

  readNow(): Buffer | undefined {
    const step = this.#steps[this.#at]
    if (this.closed !== 'no' || step?.kind !== 'octets' || step.from !== 'S') return undefined
    this.#listened = true
    const pieces: Buffer[] = []
    do {
      const { octets } = this.#steps[this.#at] as Extract<Step, { kind: 'octets' }>
      const length = this.#untilCut(octets.length - this.#done)
      pieces.push(octets.subarray(this.#done, this.#done + length))
      this.#done += length
      this.#said += length
      if (this.#done === octets.length) this.#next()
    } while (!this.#isCutHere() && this.#serverSpeaks())
    return Buffer.concat(pieces)
  }

  write(octets: Buffer): boolean {
    if (this.#error !== undefined || this.closed === 'destroyed') return true
    if (this.#listened) this.flights += 1
    this.#listened = false
    this.#passSilence()
    if (this.#steps[this.#at]?.kind === 'reset') return true
    let rest = octets
    while (rest.length > 0) rest = this.#hear(rest)
    return this.#options.buffers !== 'full'
  }

  async writable(): Promise<'writable' | 'readable'> {
    const step = this.#steps[this.#at]
    if (step?.kind === 'reset') this.#reset()
    if (this.#error !== undefined) throw this.#error
    return this.#ended || step?.kind === 'eof' || this.#serverSpeaks() ? 'readable' : 'writable'
  }

  async unlessReadable<T>(other: Promise<T>): Promise<T | undefined> {
    const state = this.writable().catch(() => 'readable')
    return await Promise.race([other, state.then((now) => (now === 'readable' ? undefined : other))])
  }

  async startTls(wish: TlsWish): Promise<TlsFacts> {
    if (this.#error !== undefined) throw this.#error
    this.wishes.push(wish)
    const step = this.#steps[this.#at]
    if (step?.kind !== 'tls')
      throw this.#deviation('The client starts a TLS handshake, and the script has none here.')
    this.#next()
    this.#listened = true
    const tls = this.#options.tls ?? GOOD_TLS
    if (tls instanceof Error) throw tls
    return tls
  }

  tlsSeen(): TlsFacts | undefined {
    return this.#options.tlsSeen
  }

  bindings(): ChannelBindings {
    return this.#options.bindings ?? {}
  }

  end(): void {
    this.#passSilence()
    if (this.closed === 'no') this.closed = 'ended'
    this.#ended = true
    this.#silenced?.()
  }

  destroy(error?: Error): void {
    this.#passSilence()
    this.closed = 'destroyed'
    if (error === undefined) this.#ended = true
    else this.#error ??= error
    this.#silenced?.()
  }

  /** Takes what the step at hand wants to hear. @returns what is left over for the next */
  #hear(octets: Buffer): Buffer {
    const step = this.#steps[this.#at]
    if (step?.kind === 'content') {
      const length = Math.min(step.octets - this.#done, octets.length)
      this.#done += length
      if (this.#done === step.octets) this.#next()
      return octets.subarray(length)
    }
    this.#heard = Buffer.concat([this.#heard, octets])
    if (step === undefined) throw this.#deviation('The client speaks, and the script is over.')
    if (step.kind === 'octets' && step.from === 'S') {
      throw this.#deviation(`The client speaks before it has read "${step.line}".`)
    }
    if (step.kind !== 'octets')
      throw this.#deviation(`The client speaks, and the script says "${step.line}".`)
    const length = Math.min(step.octets.length - this.#done, octets.length)
    if (!octets.subarray(0, length).equals(step.octets.subarray(this.#done, this.#done + length))) {
      throw this.#deviation(`The client does not say "${step.line}".`)
    }
    this.#heard = this.#heard.subarray(0, this.#heard.length - (octets.length - length))
    this.#done += length
    if (this.#done === step.octets.length) {
      this.#heard = Buffer.alloc(0)
      this.#next()
    }
    return octets.subarray(length)
  }

  #next(): void {
    this.#at += 1
    this.#done = 0
  }

  #reset(): void {
    this.#error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    this.#next()
  }

  #passSilence(): void {
    const kind = this.#steps[this.#at]?.kind
    if (kind === 'eof') this.#ended = true
    if (kind === 'silence' || kind === 'eof') this.#next()
  }

  #serverSpeaks(): boolean {
    const step = this.#steps[this.#at]
    return step?.kind === 'octets' && step.from === 'S'
  }

  #untilCut(available: number): number {
    if (this.#options.cuts === 'every-octet') return 1
    for (let length = 1; length < available; length += 1)
      if (this.#cuts.has(this.#said + length)) return length
    return available
  }

  #isCutHere(): boolean {
    return this.#options.cuts === 'every-octet' || this.#cuts.has(this.#said)
  }

  /** What was said up to here, as the script would have it, and what the client says now. */
  #deviation(message: string): OffScript {
    const played = this.#steps.slice(0, this.#at).map(({ line }) => line)
    const now = visible(this.#heard).split('\\x0d\\x0a')
    const actual = [...played, ...now.filter((line) => line !== '').map((line) => `C: ${line}`)].join('\n')
    this.#offScript ??= new OffScript(`${message}\n${actual}`, this.#script, actual)
    return this.#offScript
  }

  #checkEnd(): void {
    // a session may have taken the deviation for a failure of the connection
    if (this.#offScript !== undefined) throw this.#offScript
    this.#passSilence()
    const step = this.#steps[this.#at]
    if (step !== undefined)
      throw this.#deviation(`The client is done, and the script goes on with "${step.line}".`)
  }
}

/** How many octets the server says in a script. */
export function serverOctetsOf(script: string): number {
  const steps = linesOf(script).map(stepOf)
  return steps.reduce(
    (sum, step) => sum + (step.kind === 'octets' && step.from === 'S' ? step.octets.length : 0),
    0,
  )
}

function linesOf(script: string): string[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function stepOf(line: string): Step {
  const [, from, said] = /^([CS]): ?(.*)$/.exec(line) ?? []
  if (said === undefined) throw new Error(`a line of a script begins with "S: " or "C: ", not so "${line}"`)
  const [, word, number] = /^<([A-Z]+)(?: ([0-9]+))?>$/.exec(said) ?? []
  const special = `${from} ${word}`
  if (special === 'S EOF') return { kind: 'eof', line }
  if (special === 'S RESET') return { kind: 'reset', line }
  if (special === 'S SILENCE') return { kind: 'silence', line }
  if (special === 'S PAUSE') return { kind: 'pause', ms: Number(number), line }
  if (special === 'C TLS') return { kind: 'tls', line }
  if (special === 'C CONTENT') return { kind: 'content', octets: Number(number), line }
  const end = said.endsWith('<CUT>') ? '<CUT>' : said.endsWith('<BARE-LF>') ? '<BARE-LF>' : ''
  const octets = octetsOf(said.slice(0, said.length - end.length))
  const lineEnd = { '<CUT>': '', '<BARE-LF>': '\n', '': '\r\n' }[end]
  return {
    kind: 'octets',
    from: from === 'S' ? 'S' : 'C',
    octets: Buffer.concat([octets, Buffer.from(lineEnd)]),
    line,
  }
}
