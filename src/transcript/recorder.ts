import { Scrubber } from '../text/secret.ts'
import { visibleContent } from '../text/visible.ts'
import type { Entry, Finding, TlsReport, Transcript } from './entry.ts'

/** What a reply looks like to the recorder; the reply types of SMTP and POP3 fit. */
export interface RecordedReply {
  readonly lines: readonly string[]
  readonly code?: number
  readonly enhanced?: string
  readonly status?: '+OK' | '-ERR' | '+'
  readonly responseCode?: string
}

export interface RecorderOptions {
  readonly id: string
  readonly protocol: Transcript['protocol']
  readonly server: { readonly url: string; readonly host: string; readonly port: number }
  /** Wall clock, ms since 1970. */
  readonly startedAt: number
  /** Monotonic clock, ms. */
  readonly now: () => number
  readonly limits?: Partial<RecorderLimits>
  readonly listener?: Listener
}

/** Hears of each entry and finding as it is written down, with secrets taken out already. It may not wait. */
export interface Listener {
  entry(entry: Entry): void
  /** Told once, with the evidence there is by then. */
  finding(finding: Finding): void
}

export interface RecorderLimits {
  /** Entries kept from the beginning. */
  readonly entries: number
  /** Characters of text kept from the beginning. */
  readonly characters: number
  /** Entries kept at the end whatever came before, so that the server's last words are never lost. */
  readonly lastEntries: number
  readonly findings: number
}

const LIMITS: RecorderLimits = { entries: 5000, characters: 1_000_000, lastEntries: 20, findings: 100 }

/** Octets of content that a data entry shows. */
export const PREVIEW_OCTETS = 512

type Unnumbered = Entry extends infer E
  ? E extends Entry
    ? Omit<E, 'seq' | 'atMs' | 'tls' | 'redacted'>
    : never
  : never

/**
 * Writes down what one session says and does: numbers it, times it, takes secrets out, keeps it bounded.
 *
 * Told by the dialogue and the dialler only; whoever wants to remark something goes through them.
 */
export class Recorder {
  readonly id: string
  readonly #options: RecorderOptions
  readonly #limits: RecorderLimits
  readonly #scrubber = new Scrubber()
  readonly #began: number
  readonly #first: Entry[] = []
  readonly #last: Entry[] = []
  readonly #findings: Finding[] = []
  readonly #phases: { name: string; ms: number }[] = []
  #seq = 0
  #characters = 0
  #leftOut = 0
  #tls: TlsReport | null = null
  #secured: 'secured' | 'in-the-clear' = 'in-the-clear'
  #address: string | null = null
  #greeting: string | null = null
  #client: { address: string | null; port: number | null } = { address: null, port: null }
  #hello: string | null = null
  #roundTrips = 0
  #sent = 0
  #received = 0

  constructor(options: RecorderOptions) {
    this.id = options.id
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#began = options.now()
  }

  /** From now on no entry shows this value in any form. */
  secret(value: string): void {
    this.#scrubber.register(value)
  }

  /** Text that everybody may know, whole, even where a secret is a part of it. */
  permit(known: string): void {
    this.#scrubber.permit(known)
  }

  event(event: string, text: string): number {
    return this.#add({ kind: 'event', event, text })
  }

  /** @param redacted the line was written with `***` in it */
  command(line: string, redacted: boolean): number {
    return this.#add({ kind: 'command', line }, redacted)
  }

  reply(reply: RecordedReply, waitedMs: number, answers?: number): number {
    const { code, enhanced, status, responseCode } = reply
    return this.#add({
      kind: 'reply',
      ...(code === undefined ? {} : { code }),
      ...(enhanced === undefined ? {} : { enhanced }),
      ...(status === undefined ? {} : { status }),
      ...(responseCode === undefined ? {} : { responseCode }),
      lines: [...reply.lines],
      waitedMs: rounded(waitedMs),
      ...(answers === undefined ? {} : { answers }),
    })
  }

  /** Lines that came and are no whole reply: garbage, or what was there when the session ended. */
  incompleteReply(lines: readonly string[], waitedMs: number): number {
    return this.#add({ kind: 'reply', lines: [...lines], waitedMs: rounded(waitedMs), incomplete: true })
  }

  data(from: 'client' | 'server', bytes: number, beginning: Buffer, end: 'whole' | 'incomplete'): number {
    const preview = visibleContent(beginning.subarray(0, PREVIEW_OCTETS))
    return this.#add({ kind: 'data', from, bytes, preview, ...(end === 'whole' ? {} : { incomplete: true }) })
  }

  /** The same finding is told once, with all its evidence. */
  finding(code: string, text: string, evidence: readonly number[] = []): void {
    const known = this.#findings.find((finding) => finding.code === code)
    if (known !== undefined) {
      for (const seq of evidence) if (known.evidence.length < this.#limits.findings) known.evidence.push(seq)
    } else if (this.#findings.length < this.#limits.findings) {
      const finding = { code, text: this.#scrubber.scrub(text).text, evidence: [...evidence] }
      this.#findings.push(finding)
      this.#options.listener?.finding({ ...finding, evidence: [...evidence] })
    }
  }

  phase(name: string, ms: number): void {
    this.#phases.push({ name, ms: rounded(ms) })
  }

  connected(remoteAddress: string, local: { readonly address: string; readonly port: number }): void {
    this.#address = remoteAddress
    this.#client = { address: local.address, port: local.port }
  }

  greeted(line: string): void {
    this.#greeting = this.#scrubber.scrub(line).text
  }

  helloed(name: string): void {
    this.#hello = name
  }

  /** What is said from now on is said inside TLS. */
  secured(report: TlsReport): void {
    this.#tls = report
    this.#secured = 'secured'
  }

  /** What a handshake that failed had come to. */
  tlsSeen(report: TlsReport): void {
    this.#tls = report
  }

  /** The client has to wait for the server: one more round trip. */
  waited(trips = 1): void {
    this.#roundTrips += trips
  }

  sent(octets: number): void {
    this.#sent += octets
  }

  received(octets: number): void {
    this.#received += octets
  }

  get roundTrips(): number {
    return this.#roundTrips
  }

  /** What was recorded so far; may be called at any time. */
  transcript(): Transcript {
    const { url, host, port } = this.#options.server
    return {
      id: this.id,
      protocol: this.#options.protocol,
      server: { url, host, port, address: this.#address, greeting: this.#greeting },
      client: { address: this.#client.address, port: this.#client.port, hello: this.#hello },
      startedAt: new Date(this.#options.startedAt).toISOString(),
      durationMs: this.#elapsed(),
      roundTrips: this.#roundTrips,
      bytes: { sent: this.#sent, received: this.#received },
      tls: this.#tls,
      phases: [...this.#phases],
      findings: this.#findings.map((finding) => ({ ...finding, evidence: [...finding.evidence] })),
      entries: [...this.#first, ...this.#omission(), ...this.#last],
    }
  }

  /** Text with the session's secrets taken out, for what is told about the session elsewhere. */
  scrub(text: string): string {
    return this.#scrubber.scrub(text).text
  }

  #elapsed(): number {
    return rounded(this.#options.now() - this.#began)
  }

  #add(entry: Unnumbered, redacted = false): number {
    const seq = this.#seq
    this.#seq += 1
    const { entry: clean, found, characters } = this.#cleaned(entry)
    const whole = {
      seq,
      atMs: this.#elapsed(),
      ...clean,
      ...(this.#secured === 'secured' ? { tls: true } : {}),
      ...(redacted || found ? { redacted: true } : {}),
    } as Entry
    Object.freeze(whole)
    this.#characters += characters
    const room = this.#first.length < this.#limits.entries && this.#characters <= this.#limits.characters
    if (room && this.#last.length === 0) this.#first.push(whole)
    else this.#keepAtEnd(whole)
    this.#options.listener?.entry(whole)
    return seq
  }

  #keepAtEnd(entry: Entry): void {
    this.#last.push(entry)
    if (this.#last.length > this.#limits.lastEntries) {
      this.#last.shift()
      this.#leftOut += 1
    }
  }

  #omission(): Entry[] {
    const before = this.#first.at(-1)
    if (this.#leftOut === 0 || before === undefined) return []
    const text = `${this.#leftOut} entries are left out here: the transcript is bounded`
    return [{ seq: before.seq + 1, atMs: before.atMs, kind: 'event', event: 'left-out', text }]
  }

  #cleaned(entry: Unnumbered): { entry: Unnumbered; found: boolean; characters: number } {
    let found = false
    let characters = 0
    const clean = (text: string): string => {
      const scrubbed = this.#scrubber.scrub(text)
      found ||= scrubbed.found
      characters += scrubbed.text.length
      return scrubbed.text
    }
    // the server chooses it, so it may be anything
    const cleanCode = (code: string | undefined) => (code === undefined ? {} : { responseCode: clean(code) })
    switch (entry.kind) {
      case 'event':
        return { entry: { ...entry, text: clean(entry.text) }, found, characters }
      case 'command':
        return { entry: { ...entry, line: clean(entry.line) }, found, characters }
      case 'reply':
        return {
          entry: { ...entry, ...cleanCode(entry.responseCode), lines: entry.lines.map(clean) },
          found,
          characters,
        }
      case 'data':
        return { entry: { ...entry, preview: clean(entry.preview) }, found, characters }
    }
  }
}

/** Microseconds are enough, and read better. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
