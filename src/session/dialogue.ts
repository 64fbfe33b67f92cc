import { visible } from '../text/visible.ts'
import { PREVIEW_OCTETS, type Recorder } from '../transcript/recorder.ts'
import type { ChannelBindings, TlsFacts, TlsWish, Wire } from '../wire/wire.ts'
import type { Reply } from './answer.ts'
import type { Budget, Phase } from './budget.ts'
import type { Command } from './command.ts'
import { type Due, Incoming, type IncomingOptions } from './incoming.ts'
import { multiLineContent } from './multi-line.ts'
import { Fault, Refusal } from './outcome.ts'
import { Outgoing, type OutgoingContent } from './outgoing.ts'
import { reportOf, verdictsIn } from './tls-report.ts'

/** A command that was sent, or the greeting, whose reply is due. */
export interface Pending<R extends Reply> extends Due {
  readonly multiline: boolean
  /** Which of its flight's commands it answers, from 0. */
  readonly place: number
  reply?: R
}

/**
 * Commands out, replies in, in order: the one place where octets have just become a reply and a command is about to
 * become octets, and so the one that records.
 *
 * Reading is pulled: `reply()` reads until the reply that was asked for is whole. Sending never waits, so that a group
 * of commands larger than the socket's buffers cannot deadlock with a server that waits to be read from.
 */
export class Dialogue<R extends Reply> {
  readonly #wire: Wire
  readonly #recorder: Recorder
  readonly #budget: Budget
  readonly #now: () => number
  readonly #incoming: Incoming<R>
  readonly #outgoing: Outgoing<R>
  readonly #queue: Pending<R>[] = []
  #broken = false

  constructor(options: IncomingOptions<R>) {
    this.#wire = options.wire
    this.#recorder = options.recorder
    this.#budget = options.budget
    this.#now = options.now
    this.#incoming = new Incoming(options)
    this.#outgoing = new Outgoing(options, this.#incoming)
    // a caller who leaves interrupts the waiting only, so that the session can still end politely
    this.#budget.severs((fault) => {
      if (fault.kind !== 'aborted') this.#wire.destroy(fault)
    })
  }

  /** The first octets that the server sent, for whoever wonders which protocol that was. */
  get firstOctets(): Buffer {
    return this.#incoming.first
  }

  get bindings(): ChannelBindings {
    return this.#wire.bindings()
  }

  /** Whether a command may still be sent: nothing was lost or broken off. Replies may be due. */
  get inStep(): boolean {
    return !this.#broken
  }

  /** What the server said last. */
  get lastReply(): R | undefined {
    return this.#incoming.lastReply
  }

  /** A decision that the flow took. */
  note(event: string, text: string): void {
    this.#recorder.event(event, text)
  }

  finding(code: string, text: string, evidence: readonly number[] = []): void {
    this.#recorder.finding(code, text, evidence)
  }

  /** @throws {Refusal} {Fault} */
  async greeting(): Promise<R> {
    const pending = this.#expect('greeting', 'greeting', undefined, false)
    const reply = await this.reply(pending)
    this.#recorder.greeted(reply.lines[0] ?? '')
    return reply
  }

  /** Sends one command and waits for its reply, whatever it is. */
  async command(command: Command, phase: Phase = 'command'): Promise<R> {
    return await this.reply(this.send(command, phase))
  }

  /** Sends one command; its reply is due. */
  send(command: Command, phase: Phase = 'command'): Pending<R> {
    const [pending] = this.sendGroup([{ command, phase }])
    return pending as Pending<R>
  }

  /**
   * Sends commands in one flight; their replies are due in this order.
   * @throws {Fault} `protocol` when the server is out of step
   * @throws {Refusal} when the server has said goodbye (421) before it was asked
   */
  sendGroup(
    group: readonly { readonly command: Command; readonly phase?: Phase; readonly multiline?: boolean }[],
  ): Pending<R>[] {
    if (this.#queue.length === 0) this.takeUnsolicited()
    const pendings = group.map(({ command, phase = 'command', multiline = false }, place) => {
      const seq = this.#recorder.command(command.shown, command.redacted)
      return this.#expect(`reply to ${command.verb || 'the response'}`, phase, seq, multiline, place)
    })
    this.#outgoing.write(Buffer.concat(group.map(({ command }) => command.octets)))
    return pendings
  }

  /**
   * What has come without being asked for is told, and is never the answer to the next command.
   * @throws {Fault} {Refusal} as `sendGroup`
   */
  takeUnsolicited(): R[] {
    const taken: R[] = []
    try {
      this.#incoming.takeNow()
      for (
        let reply = this.#incoming.ready(undefined);
        reply !== undefined;
        reply = this.#incoming.ready(undefined)
      ) {
        taken.push(reply)
        const evidence = reply.seq === undefined ? [] : [reply.seq]
        this.finding('unsolicited-reply', 'The server sent a reply that nothing had asked for.', evidence)
        // RFC 5321 §3.8: 421 may come at any time, and nothing follows it
        if (reply.code === 421) throw new Refusal(reply)
      }
      if (this.#incoming.isPending) {
        throw new Fault('protocol', 'the server sent half a reply that nothing had asked for')
      }
      return taken
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  /** Waits for the reply that is due. Replies and bodies before it that nobody asked for yet are read first. */
  async reply(pending: Pending<R>): Promise<R> {
    while (pending.reply === undefined) {
      const head = this.#queue[0]
      if (head === undefined) throw new Error('a reply is waited for that is not due')
      if (head.reply === undefined) head.reply = this.#readyReply(head) ?? (await this.#readReply(head))
      else await this.#passOver(head)
      if (!hasBody(head)) this.#queue.shift()
    }
    return pending.reply
  }

  /**
   * The content behind the status line of a multi-line reply, unstuffed, until its terminator.
   * @throws {Fault} `closed` when it breaks off
   */
  async *body(pending: Pending<R>): AsyncGenerator<Buffer> {
    await this.reply(pending)
    if (this.#queue[0] !== pending || !hasBody(pending)) return
    yield* multiLineContent(this.#incoming, pending, (bytes, beginning, end) => {
      if (end === 'incomplete') this.#broken = true
      else this.#queue.shift()
      this.#recorder.data('server', bytes, beginning, end)
    })
  }

  /**
   * Sends content while listening for an early answer, then its end and the command that goes with it, in one flight.
   * @param opening the command that announces the content and goes with its first octets (BDAT)
   * @param end the octets that end it, asked for when the content is through
   * @param along a command (QUIT) sent in the same flight as the end
   * @param handOver called just before the octets that end it are given to the socket
   * @param finals how many replies answer the end of the content: LMTP gives one for each recipient
   * @throws {Refusal} when the server answers before the end; the connection is of no use then
   */
  async content(
    parts: Omit<OutgoingContent, 'head'> & {
      readonly opening?: Command
      readonly end: () => Buffer
      readonly along?: Command
      readonly handOver: () => void
      readonly finals?: number
    },
  ): Promise<{ readonly seq: number; readonly finals: readonly Pending<R>[]; readonly along?: Pending<R> }> {
    const { opening, along } = parts
    const openingSeq =
      opening === undefined ? undefined : this.#recorder.command(opening.shown, opening.redacted)
    const { held, seq } = await this.#unlessBroken(() =>
      this.#outgoing.stream({ ...parts, ...(opening === undefined ? {} : { head: opening.octets }) }),
    )
    const finals = this.expectMore('reply to the end of data', parts.finals ?? 1, openingSeq ?? seq)
    const alongSeq = along === undefined ? undefined : this.#recorder.command(along.shown, along.redacted)
    parts.handOver()
    this.#outgoing.write(Buffer.concat([held, parts.end(), ...(along === undefined ? [] : [along.octets])]))
    if (along === undefined) return { seq, finals }
    return { seq, finals, along: this.#expect(`reply to ${along.verb}`, 'quit', alongSeq, false) }
  }

  /** Further replies to what was sent already. */
  expectMore(subject: string, count: number, seq?: number): Pending<R>[] {
    return Array.from({ length: count }, () => this.#expect(subject, 'final', seq, false))
  }

  /** Sends a command whose reply nobody waits for at this place. @returns the entry that shows it */
  say(command: Command): number {
    const seq = this.#recorder.command(command.shown, command.redacted)
    this.#outgoing.write(command.octets)
    return seq
  }

  /** A reply that is due to what was said already, and not by `send`. */
  due(what: Pick<Due, 'subject' | 'phase' | 'seq'> & { readonly multiline: boolean }): Pending<R> {
    return this.#expect(what.subject, what.phase, what.seq, what.multiline)
  }

  /** Octets before anything is said: what a proxy in front of the server would send. */
  preface(octets: Buffer, shown: string): void {
    this.#recorder.event('preface', shown)
    this.#outgoing.write(octets)
  }

  /**
   * Speaks TLS: from the first byte, or as an upgrade after the server agreed to it.
   *
   * RFC 3207 §6: what came in the clear before the handshake is no part of the session. An attacker in the middle puts
   * it there, so it is refused and shown.
   * @throws {Fault} `tls`, or `protocol` with code `starttls-injection`
   */
  async startTls(wish: TlsWish, when: 'implicit' | 'upgrade'): Promise<TlsFacts> {
    if (when === 'upgrade') this.#refuseClearOctets()
    // what was said in the clear is answered in the clear, or never
    this.#queue.length = 0
    this.#incoming.reset()
    const began = this.#now()
    let facts: TlsFacts
    try {
      facts = await this.#budget.spend('connect', 'end of the TLS handshake', () => this.#wire.startTls(wish))
    } catch (error) {
      this.#broken = true
      const seen = this.#wire.tlsSeen()
      if (seen !== undefined) this.#recorder.tlsSeen(reportOf(seen))
      if (error instanceof Fault) throw error
      const { code, message } = error as NodeJS.ErrnoException
      this.#recorder.event('tls-failed', message)
      throw new Fault('tls', `the TLS handshake failed: ${message}`, {
        ...(code === undefined ? {} : { code }),
        cause: error,
      })
    }
    this.#recorder.waited(facts.version === 'TLSv1.3' ? 1 : 2)
    this.#recorder.phase('tls', this.#now() - began)
    this.#recorder.secured(reportOf(facts))
    this.#recorder.event('tls', `${facts.version} ${facts.cipher}, ${verdictsIn(facts)}`)
    return facts
  }

  /** Ends the connection; says why in the transcript. */
  close(how: string): void {
    this.#recorder.event('closed', how)
    if (this.#broken) this.#wire.destroy()
    else this.#wire.end()
  }

  async #passOver(pending: Pending<R>): Promise<void> {
    for await (const _ of this.body(pending)) void _
  }

  #expect(subject: string, phase: Phase, seq: number | undefined, multiline: boolean, place = 0): Pending<R> {
    const pending: Pending<R> = { subject, phase, seq, sentAt: this.#now(), multiline, place }
    this.#queue.push(pending)
    return pending
  }

  async #unlessBroken<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  /** The replies of a group mostly come together: what is there already needs no waiting. */
  #readyReply(due: Pending<R>): R | undefined {
    try {
      return this.#incoming.ready(due)
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  async #readReply(due: Pending<R>): Promise<R> {
    try {
      return await this.#incoming.reply(due)
    } catch (error) {
      this.#suspectPipelining(error, due)
      // a caller who leaves breaks nothing, unless what is said next would be taken for content
      const sayable = this.#queue.every(({ phase }) => phase === 'command' || phase === 'quit')
      const left = error instanceof Fault && error.kind === 'aborted' && sayable
      if (!left) this.#broken = true
      throw error
    }
  }

  /** Servers that offer PIPELINING and take the first command of a flight only answer that one, and wait. */
  #suspectPipelining(error: unknown, { place, phase, seq }: Pending<R>): void {
    if (!(error instanceof Fault) || error.kind !== 'timeout' || place === 0 || phase === 'quit') return
    this.finding(
      'pipelining-suspected',
      'Of several commands in one flight the server answered the first, and then nothing came: its PIPELINING may be broken. Try `pipelining` off.',
      seq === undefined ? [] : [seq],
    )
  }

  #refuseClearOctets(): void {
    const octets = this.#incoming.takeUnread()
    if (octets.length === 0) return
    this.#broken = true
    const seq = this.#recorder.incompleteReply([visible(octets.subarray(0, PREVIEW_OCTETS))], 0)
    this.finding('starttls-injection', 'Octets came in the clear behind the agreement to start TLS.', [seq])
    throw new Fault('protocol', 'octets came in the clear behind the agreement to start TLS', {
      code: 'starttls-injection',
    })
  }
}

function hasBody<R extends Reply>(pending: Pending<R>): boolean {
  return pending.multiline && pending.reply?.severity === 'completion'
}
