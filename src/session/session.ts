import type { Transcript } from '../transcript/entry.ts'
import { type Listener, Recorder } from '../transcript/recorder.ts'
import { type Dial, DialError } from '../wire/dial.ts'
import type { ChannelBindings, TlsFacts, TlsWish } from '../wire/wire.ts'
import type { Reply } from './answer.ts'
import type { AuthWish } from './auth.ts'
import { Budget, type CallLimits, type Clock } from './budget.ts'
import { type Command, command } from './command.ts'
import { conceal } from './conceal.ts'
import { Dialogue, type Pending } from './dialogue.ts'
import type { ReplyReader } from './incoming.ts'
import { type Failure, Fault, type Outcome, outcomeOf, type Stage } from './outcome.ts'
import type { Target } from './target.ts'
import { judgeTls } from './tls-policy.ts'

/** What every session needs from outside; made once for the service. */
export interface SessionTools {
  readonly clock: Clock
  readonly dial: Dial
  readonly newId: () => string
  /** Aborted when the service ends and has waited long enough. */
  readonly serviceEnds?: AbortSignal
  /** Told of each session that begins, before its first entry. @returns who listens to it, if anybody does */
  readonly listen?: (begun: { readonly id: string; readonly target: Target }) => Listener | undefined
  /** Told of every session once it is over. */
  readonly ended?: (session: EndedSession) => void
}

/** How a session ended, for whoever counts or logs them. */
export interface EndedSession {
  readonly target: Target
  readonly transcript: Transcript
  readonly outcome: Outcome
  readonly stage: Stage
  readonly failure: Failure | undefined
}

export interface SessionOptions<R extends Reply> {
  readonly tools: SessionTools
  readonly target: Target
  readonly timeLimits: CallLimits
  /** Aborted when the caller leaves. */
  readonly signal?: AbortSignal
  /** The login whose secrets no entry may show, also none from before it: who knows them already may say them at once. */
  readonly secretsOf?: AuthWish | undefined
  readonly reader: (tolerated: (code: string, text: string) => void) => ReplyReader<R>
  readonly maxLineOctets: number
  /** Octets that go out before anything else, even TLS, and how they are shown. */
  readonly preface?: { readonly octets: Buffer; readonly shown: string }
  /** What it is called when nothing failed: `ok` unless there is a finer word. */
  readonly success?: () => Outcome
}

/** What is known of a session when it is over, however it ended. */
export interface SessionFacts {
  readonly stage: Stage
  readonly transcript: Transcript
  readonly tls: TlsFacts | undefined
  /** The server's first octets, for whoever wonders which protocol that was. */
  readonly firstOctets: Buffer
  /** Takes the session's secrets out of text: what a server said is told outside the transcript too. */
  readonly scrub: (text: string) => string
}

/** How a session ended: with what its flow made, or with the failure. */
export type SessionEnd<T> = SessionFacts &
  (
    | { readonly failure: undefined; readonly value: T }
    | { readonly failure: Failure; readonly value: undefined }
  )

/** One connection's whole dialogue (RFC 5321 §3.3), and how far it has come. */
export class Session<R extends Reply> {
  readonly target: Target
  readonly recorder: Recorder
  readonly budget: Budget
  stage: Stage = 'dns'
  /** The server may have acted already; no answer from here on means `unknown`. */
  handedOver = false
  /** How to leave: by QUIT; without a word, because QUIT would do something unwanted; or QUIT was said and answered. */
  leaving: 'quit' | 'drop' | 'said' = 'quit'
  /** Said before QUIT: what gives up what was begun (RSET). */
  beforeQuit: Command | undefined
  /** A QUIT that went out with something else, and whose reply is still due. */
  quit: Pending<R> | undefined
  readonly #options: SessionOptions<R>
  #dialogue: Dialogue<R> | undefined
  #tls: TlsFacts | undefined

  constructor(options: SessionOptions<R>) {
    const { tools, target, timeLimits, signal, secretsOf } = options
    this.#options = options
    this.target = target
    const id = tools.newId()
    const listener = tools.listen?.({ id, target })
    this.recorder = new Recorder({
      id,
      protocol: target.protocol,
      server: { url: target.url, host: target.host, port: target.port },
      startedAt: tools.clock.wallNow(),
      now: () => tools.clock.now(),
      ...(listener === undefined ? {} : { listener }),
    })
    if (secretsOf !== undefined) conceal(this.recorder, target, secretsOf)
    this.budget = new Budget(tools.clock, timeLimits, { left: signal, serviceEnds: tools.serviceEnds })
  }

  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  /** What a login can bind itself to on this connection. */
  get bindings(): ChannelBindings {
    return this.#dialogue?.bindings ?? {}
  }

  get firstOctets(): Buffer {
    return this.#dialogue?.firstOctets ?? Buffer.alloc(0)
  }

  /**
   * Connects, speaks TLS from the first byte where the target wants it, and reads the greeting.
   * @throws {Fault}
   */
  async open(): Promise<{ readonly dialogue: Dialogue<R>; readonly greeting: R }> {
    const { tools, reader, maxLineOctets } = this.#options
    const wire = await this.#dialled()
    const dialogue = new Dialogue<R>({
      wire,
      recorder: this.recorder,
      budget: this.budget,
      now: () => tools.clock.now(),
      reader,
      maxLineOctets,
    })
    this.#dialogue = dialogue
    const { preface } = this.#options
    if (preface !== undefined) dialogue.preface(preface.octets, preface.shown)
    if (this.target.security === 'implicit') {
      this.stage = 'tls'
      await this.#speakTls((wish) => dialogue.startTls(wish, 'implicit'))
    }
    this.stage = 'greeting'
    const began = tools.clock.now()
    const greeting = await dialogue.greeting()
    this.recorder.phase('greeting', tools.clock.now() - began)
    return { dialogue, greeting }
  }

  /**
   * The TLS handshake after the server agreed to STARTTLS or STLS.
   * @throws {Fault} also when the certificate does not verify and has to
   */
  async upgrade(dialogue: Dialogue<R>): Promise<TlsFacts> {
    return await this.#speakTls((wish) => dialogue.startTls(wish, 'upgrade'))
  }

  /** Ends the connection: politely while the dialogue is in step. What goes wrong here is a finding, never the outcome. */
  async leave(): Promise<void> {
    const dialogue = this.#dialogue
    if (dialogue === undefined) return
    if (this.leaving === 'said') {
      dialogue.close('by this service, after QUIT')
      return
    }
    if (this.leaving === 'drop' || !dialogue.inStep) {
      // the UPDATE state of POP3 begins with QUIT
      const quit = this.stage === 'update' ? 'QUIT was not answered' : 'without QUIT'
      dialogue.close(`by this service, ${quit}`)
      return
    }
    let evidence: number | undefined
    try {
      if (this.beforeQuit !== undefined && this.quit === undefined)
        await dialogue.command(this.beforeQuit, 'quit')
      const quit = this.quit ?? dialogue.send(command('QUIT'), 'quit')
      evidence = quit.seq
      await dialogue.reply(quit)
      dialogue.close('by this service, after QUIT')
    } catch (error) {
      if (!(error instanceof Error)) throw error
      dialogue.finding(
        'quit-unanswered',
        `QUIT was not answered: ${error.message}.`,
        evidence === undefined ? [] : [evidence],
      )
      dialogue.close('by this service, QUIT was not answered')
    }
  }

  async #dialled() {
    const { tools, target } = this.#options
    try {
      const wire = await tools.dial(target, {
        stage: (stage) => {
          this.stage = stage
        },
        event: (event, text) => this.recorder.event(event, text),
        phase: (name, ms) => this.recorder.phase(name, ms),
        limited: (subject, work) => this.budget.spend('connect', subject, work),
      })
      this.recorder.waited()
      this.recorder.connected(wire.remote.address, wire.local)
      return wire
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      throw new Fault(error.kind, error.message, { code: error.code, cause: error })
    }
  }

  async #speakTls(handshake: (wish: TlsWish) => Promise<TlsFacts>): Promise<TlsFacts> {
    const { servername, minVersion, maxVersion, ca, clientCertificate } = this.target
    const facts = await handshake({
      servername,
      minVersion,
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
    })
    this.#tls = facts
    try {
      judgeTls(facts, this.target, (code, text) => this.recorder.finding(code, text))
    } catch (error) {
      this.leaving = 'drop'
      throw error
    }
    return facts
  }
}

/**
 * Runs a session from its first octet to its last. The one place where what a session throws becomes an outcome.
 * @throws what is a bug, or the caller's mistake
 */
export async function runSession<R extends Reply, T>(
  options: SessionOptions<R>,
  flow: (session: Session<R>) => Promise<T>,
): Promise<SessionEnd<T>> {
  const session = new Session(options)
  let verdict: { failure: undefined; value: T } | { failure: Failure; value: undefined }
  try {
    verdict = { failure: undefined, value: await flow(session) }
  } catch (thrown) {
    verdict = { failure: outcomeOf(thrown, session.stage, session.handedOver), value: undefined }
  } finally {
    await session.leave()
    session.budget.close()
  }
  const { stage, tls, firstOctets } = session
  const { recorder } = session
  const scrub = (text: string): string => recorder.scrub(text)
  const transcript = recorder.transcript()
  const { failure } = verdict
  // a question that only the DNS was asked, and that it answered, is no session
  if (failure !== undefined || transcript.server.address !== null) {
    const outcome = failure?.outcome ?? options.success?.() ?? 'ok'
    options.tools.ended?.({ target: session.target, transcript, outcome, stage, failure })
  }
  return { stage, transcript, tls, firstOctets, scrub, ...verdict }
}
