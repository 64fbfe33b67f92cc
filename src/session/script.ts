import type { Reply } from './answer.ts'
import type { Dialogue, Pending } from './dialogue.ts'
import { meets } from './expectation.ts'
import { Fault, Refusal, Unmet } from './outcome.ts'
import { ScriptBodies } from './script-bodies.ts'
import { encodingOf } from './script-content.ts'
import { filled, hidden } from './script-line.ts'
import type { ScriptSecrets } from './script-secrets.ts'
import type { Saying, Script, ScriptWords, Step, StepRecord } from './script-steps.ts'
import type { Session } from './session.ts'

/** What a script is run with. */
export interface ScriptRunOptions<R extends Reply> {
  readonly session: Session<R>
  readonly dialogue: Dialogue<R>
  readonly words: ScriptWords<R>
  /** Monotonic clock, ms. */
  readonly now: () => number
  /** Filled step by step, so that it is there whatever ends the session. */
  readonly records: StepRecord[]
  readonly secrets: ScriptSecrets
}

/**
 * Says what the script says, one step after the other, and nothing else.
 * @throws {Refusal} with the reply of the first step that was not met
 * @throws {Fault} {Unmet}
 */
export async function runScript<R extends Reply>(
  script: Script,
  options: ScriptRunOptions<R>,
): Promise<void> {
  await new ScriptRun(script, options).run()
}

class ScriptRun<R extends Reply> {
  readonly #script: Script
  readonly #session: Session<R>
  readonly #dialogue: Dialogue<R>
  readonly #words: ScriptWords<R>
  readonly #now: () => number
  readonly #records: StepRecord[]
  readonly #bodies = new ScriptBodies()
  readonly #captured = new Map<string, string>()
  #firstUnmet: { readonly record: StepRecord; readonly refusal: Refusal } | undefined
  #lastReplyAt = 0
  readonly #secrets: ScriptSecrets

  constructor(script: Script, { session, dialogue, words, now, records, secrets }: ScriptRunOptions<R>) {
    this.#script = script
    this.#session = session
    this.#dialogue = dialogue
    this.#words = words
    this.#now = now
    this.#records = records
    this.#secrets = secrets
  }

  async run(): Promise<void> {
    const { steps } = this.#script
    // what is not in the script is not said, QUIT included
    this.#session.leaving = 'drop'
    for (let at = 0; at < steps.length; ) {
      const flight = this.#flightFrom(at)
      if (flight.length > 1) await this.#together(flight)
      else await this.#step(steps[at] as Step)
      at += flight.length
    }
    if (this.#session.handedOver)
      throw new Fault('closed', 'the script ended before the answer to what was handed over had been read')
    if (this.#firstUnmet !== undefined) {
      this.#session.stage = this.#firstUnmet.record.stage
      throw this.#firstUnmet.refusal
    }
  }

  /** The steps from here on that go out together; one where they do not. */
  #flightFrom(at: number): readonly Step[] {
    const { steps, flights } = this.#script
    let end = at
    for (; flights === 'grouped'; end += 1) {
      const step = steps[end]
      if (step?.kind !== 'send' || step.expect !== undefined || step.reply === 'none') break
      if (end > at && step.pauseMs !== undefined) break
      if (this.#words.line(step.line).reply === 'none') break
      if (this.#words.endsFlight(step.line)) return steps.slice(at, end + 1)
    }
    return steps.slice(at, Math.max(end, at + 1))
  }

  async #step(step: Step): Promise<void> {
    await this.#pause(step)
    switch (step.kind) {
      case 'send':
        return await this.#send(step)
      case 'content':
      case 'raw':
        return await this.#octets(step)
      case 'read':
        return await this.#read(step)
      case 'start-tls':
        return await this.#startTls(step)
      case 'login':
        return await this.#login(step)
      case 'pause':
      case 'drop':
        this.#begun(step)
    }
  }

  async #pause({ pauseMs }: Step): Promise<void> {
    if (pauseMs === undefined) return
    this.#dialogue.note('pause', `${pauseMs} ms`)
    await this.#session.budget.pause(pauseMs)
  }

  async #send(step: Extract<Step, { kind: 'send' }>): Promise<void> {
    const { saying, command, record } = this.#composed(step)
    if (saying.reply === 'none') {
      this.#dialogue.say(command)
      return
    }
    const [pending] = this.#dialogue.sendGroup([{ command, ...turnOf(saying) }])
    await this.#answered(step, record, pending as Pending<R>)
  }

  /** Commands in one flight; none of them expects anything, so that none can stop it. */
  async #together(steps: readonly Step[]): Promise<void> {
    await this.#pause(steps[0] as Step)
    const group = steps.flatMap((step) => (step.kind === 'send' ? [{ step, ...this.#composed(step) }] : []))
    const pendings = this.#dialogue.sendGroup(
      group.map(({ command, saying }) => ({ command, ...turnOf(saying) })),
    )
    for (const [place, { step, record }] of group.entries()) {
      this.#session.stage = record.stage
      await this.#answered(step, record, pendings[place] as Pending<R>)
    }
  }

  /** The line of a step with all that is known of it, about to be said. */
  #composed(step: Extract<Step, { kind: 'send' }>) {
    const line = filled(step.line, this.#captured, this.#records.length)
    const meant = this.#words.line(line)
    const saying = sayingOf(meant, step)
    const { command, rest } = hidden(line, step.secret, meant.hiddenFrom)
    this.#secrets.keepFound(rest)
    if (command.redacted && this.#session.tls === undefined) {
      this.#dialogue.finding('secret-in-the-clear', 'A secret was sent over a connection without TLS.')
    }
    this.#words.said(line, command.octets)
    this.#session.stage = saying.stage
    const record = this.#begun(step, { line: command.shown })
    record.met = saying.reply === 'none'
    this.#enter(saying)
    return { saying, command, record }
  }

  async #octets(step: Extract<Step, { kind: 'content' | 'raw' }>): Promise<void> {
    const { octets, secret } = step
    if (step.kind === 'content') {
      const refused = this.#words.contentRefused()
      if (refused !== undefined) return this.#notSent(step, refused.reply)
    }
    const { wire, end, encode } = encodingOf(step)
    const whole = Buffer.concat([wire, end])
    const saying = sayingOf(this.#words.octets(whole, step.kind), step)
    this.#words.said(undefined, whole)
    const record = this.#begun(step, { octets: whole.length }, saying)
    const inTheEnd = step.kind === 'content' && step.dotStuff === 'on'
    if (!inTheEnd) this.#enter(saying)
    const isMessage = saying.stage === 'data' || saying.stage === 'end-of-data'
    let seq: number
    try {
      const sent = await this.#dialogue.content({
        content: [octets],
        encode,
        end: () => end,
        handOver: () => (inTheEnd ? this.#enter(saying) : undefined),
        finals: 0,
        // outside of a message a reply may well be due to what was said before
        ...(isMessage ? {} : { replies: 'due' as const }),
        ...(secret === undefined ? {} : { shows: 'nothing' as const }),
      })
      seq = sent.seq
    } catch (error) {
      throw this.#interrupted(record, error)
    }
    if (saying.reply === 'none') return
    const subject = isMessage ? 'reply to the end of data' : 'reply to the octets'
    const pending = this.#dialogue.due({ subject, seq, ...turnOf(saying) })
    await this.#answered(step, record, pending)
  }

  /** Content that the server has not asked for would be taken for commands. */
  #notSent(step: Step, reply: R | undefined): void {
    const record = this.#begun(step)
    record.met = false
    const what = `step ${this.#records.length - 1} has content, and the server has not asked for any`
    if (reply === undefined) throw new Unmet('bad-sequence', what)
    this.#dialogue.note('not-sent', what)
    this.#unmet(record, reply)
  }

  async #read(step: Step): Promise<void> {
    const phase = this.#session.handedOver ? 'final' : 'command'
    const record = this.#begun(step)
    const pending = this.#dialogue.due({
      subject: 'next reply',
      phase,
      seq: undefined,
      multiline: step.multiline ?? false,
    })
    await this.#answered(step, record, pending)
  }

  async #startTls(step: Step): Promise<void> {
    if (this.#session.tls !== undefined) {
      throw new Unmet('bad-sequence', `step ${this.#records.length} begins TLS, which there is already`)
    }
    this.#session.stage = 'starttls'
    const record = this.#begun(step)
    record.met = false
    await this.#session.upgrade(this.#dialogue)
    record.met = true
    this.#words.secured()
  }

  async #login(step: Extract<Step, { kind: 'login' }>): Promise<void> {
    this.#session.stage = 'auth'
    const record = this.#begun(step)
    record.met = false
    try {
      await this.#words.logIn(step.wish)
    } catch (error) {
      if (!(error instanceof Refusal) || !this.#dialogue.inStep) throw error
      record.reply = error.reply
      this.#judge(step, record, 'refused')
      return
    }
    const reply = this.#dialogue.lastReply
    if (reply === undefined) return
    record.reply = reply
    this.#judge(step, record, 'fine')
  }

  async #answered(step: Step, record: StepRecord, pending: Pending<R>): Promise<void> {
    record.met = false
    try {
      const reply = await this.#dialogue.reply(pending)
      record.waitedMs = this.#now() - Math.max(pending.sentAt, this.#lastReplyAt)
      this.#lastReplyAt = this.#now()
      record.reply = reply
      const head = this.#bodies.kept(reply.lines)
      const { lines, leftOut } = await this.#bodies.of(this.#dialogue.body(pending))
      record.reply = { ...reply, lines: [...head.lines, ...lines] }
      record.leftOut = head.leftOut + leftOut
      if (this.#words.answered(reply, lines) === 'settles') this.#settle(reply)
    } catch (error) {
      throw this.#interrupted(record, error)
    }
    if (this.#words.leaving === 'said') this.#session.leaving = 'said'
    this.#judge(step, record, 'fine')
  }

  /** The answer to what was handed over is there. */
  #settle(reply: R): void {
    // neither yes nor no: the server may have taken it all the same
    if (reply.severity === 'intermediate')
      throw new Fault('protocol', `what was handed over was answered ${reply.code ?? reply.status ?? ''}`)
    this.#session.handedOver = false
    this.#session.budget.unshield()
  }

  #judge(step: Step, record: StepRecord, usually: 'fine' | 'refused'): void {
    const { reply } = record
    if (reply === undefined) return
    if (step.expect === undefined) {
      record.met = usually === 'fine'
    } else {
      const captures = meets(reply, step.expect)
      record.met = captures !== undefined
      if (captures !== undefined && captures.size > 0) record.captured = captures
      for (const [name, text] of captures ?? []) this.#captured.set(name, text)
    }
    // a refusal is told by its first line; the step has the listing too
    if (!record.met)
      this.#unmet(record, reply.code === undefined ? { ...reply, lines: reply.lines.slice(0, 1) } : reply)
  }

  #unmet(record: StepRecord, reply: Reply): void {
    const refusal = new Refusal(reply)
    if (this.#script.onUnexpected === 'continue') {
      this.#firstUnmet ??= { record, refusal }
      return
    }
    if (this.#script.onUnexpected === 'quit') this.#session.leaving = this.#words.leaving
    throw refusal
  }

  /** A reply that came instead of the one that was due belongs to the step too. */
  #interrupted(record: StepRecord, error: unknown): unknown {
    record.met = false
    if (error instanceof Refusal) record.reply ??= error.reply
    return error
  }

  #begun(step: Step, shown: Pick<StepRecord, 'line' | 'octets'> = {}, saying?: Saying): StepRecord {
    const session = this.#session
    const record: StepRecord = {
      kind: step.kind,
      stage: saying?.stage ?? session.stage,
      facts: this.#words.facts,
      tls: session.tls === undefined ? 'off' : 'on',
      ...shown,
      ...(step.pauseMs === undefined ? {} : { pauseMs: step.pauseMs }),
      leftOut: 0,
      met: true,
    }
    this.#records.push(record)
    return record
  }

  #enter({ stage, means }: Saying): void {
    this.#session.stage = stage
    if (means !== 'hands-over') return
    this.#session.budget.check()
    this.#session.handedOver = true
    this.#session.budget.shield()
  }
}

function sayingOf(meant: Saying, { reply, expect, multiline }: Step): Saying {
  return {
    ...meant,
    reply: reply ?? (expect === undefined ? meant.reply : 'wait'),
    multiline: multiline ?? meant.multiline,
  }
}

function turnOf({ phase, multiline }: Saying): Pick<Saying, 'phase' | 'multiline'> {
  return { phase, multiline }
}
