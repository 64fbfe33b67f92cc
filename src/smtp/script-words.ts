import type { AuthReport, AuthWish } from '../session/auth.ts'
import type { Dialogue } from '../session/dialogue.ts'
import type { Saying, ScriptFacts, ScriptWords, Settling } from '../session/script-steps.ts'
import type { Session } from '../session/session.ts'
import { type Extensions, extensionsIn, mechanismsIn } from './ehlo.ts'
import { type Hello, sayHello } from './hello.ts'
import { login } from './login.ts'
import type { OpeningReport } from './open.ts'
import type { SmtpReply } from './reply.ts'
import {
  chunkEnd,
  chunkIn,
  commandSaying,
  mayEndMessage,
  mayHandOver,
  pathIn,
  saying,
  verbOf,
} from './script-lines.ts'

/** How the server takes what comes next. */
type Mode =
  | { readonly kind: 'commands' }
  /** DATA was answered 354: content up to its lone dot. `tail` are the last octets of it. */
  | { readonly kind: 'content'; readonly tail: string }
  /** RFC 3030 §2: so many octets of a chunk are still to come. */
  | { readonly kind: 'chunk'; readonly left: number; readonly last: boolean }
  /** AUTH was answered 334: responses. */
  | { readonly kind: 'login' }

/** What a reply is due to: the verb of a command, `''` for content. */
interface DueTo {
  readonly verb: string
  readonly means: Saying['means']
}

const LF = 0x0a
const COMMANDS: Mode = { kind: 'commands' }

/** What SMTP and LMTP know of lines and octets that a caller says by itself. */
export class SmtpWords implements ScriptWords<SmtpReply> {
  readonly #session: Session<SmtpReply>
  readonly #dialogue: Dialogue<SmtpReply>
  readonly #hello: Hello
  readonly #report: OpeningReport
  readonly #due: DueTo[] = []
  #mode: Mode = COMMANDS
  #extensions: Extensions | undefined
  #login: ScriptFacts['login']['state']
  #sender: string | undefined
  #recipient: string | undefined
  #refusedData: SmtpReply | undefined
  #taken = 0
  #quit = false
  /** Octets of a command that has no line end yet. */
  #halfLine = ''

  /** @param report what the service found out before the first step, where it had to speak */
  constructor(
    session: Session<SmtpReply>,
    dialogue: Dialogue<SmtpReply>,
    hello: Hello,
    report: OpeningReport,
  ) {
    this.#session = session
    this.#dialogue = dialogue
    this.#hello = hello
    this.#report = report
    this.#extensions = report.extensions
    this.#login = report.auth === undefined ? 'not-asked' : 'done'
  }

  get facts(): ScriptFacts {
    return {
      ...openingFacts(this.#report, this.#login, this.#extensions),
      ...(this.#sender === undefined ? {} : { sender: this.#sender }),
      ...(this.#recipient === undefined ? {} : { recipient: this.#recipient }),
    }
  }

  get auth(): AuthReport | undefined {
    return this.#report.auth
  }

  get leaving(): 'quit' | 'drop' | 'said' {
    if (this.#quit) return 'said'
    return this.#mode.kind === 'commands' ? 'quit' : 'drop'
  }

  get outcome(): 'ok' | 'accepted' {
    return this.#taken > 0 ? 'accepted' : 'ok'
  }

  line(line: string): Saying {
    switch (this.#mode.kind) {
      case 'content':
        return line === '.' ? saying('end-of-data', 'final', 'hands-over') : saying('data', 'command', 'none')
      case 'chunk':
        return this.#chunk(Buffer.byteLength(line) + 2)
      case 'login':
        return { ...saying('auth', 'command'), ...(line === '*' ? {} : { hiddenFrom: 0 }) }
      case 'commands':
        return commandSaying(line)
    }
  }

  octets(octets: Buffer, kind: 'content' | 'raw'): Saying {
    if (this.#mode.kind === 'chunk') return this.#chunk(octets.length)
    if (this.#mode.kind === 'content') {
      const ends = mayEndMessage(this.#mode.tail, octets)
      return ends ? saying('end-of-data', 'final', 'hands-over') : saying('data', 'data', 'none')
    }
    if (mayHandOver(octets)) return saying('end-of-data', 'final', 'hands-over')
    return saying(
      kind === 'raw' ? 'transaction' : 'data',
      'command',
      octets.at(-1) === LF ? undefined : 'none',
    )
  }

  /** RFC 2920 §3.1: DATA last; RFC 4954 §4: AUTH too. */
  endsFlight(line: string): boolean {
    return this.#mode.kind !== 'commands' || ['DATA', 'AUTH'].includes(verbOf(line))
  }

  said(line: string | undefined, octets: Buffer): void {
    const { reply, means } = line === undefined ? this.octets(octets, 'raw') : this.line(line)
    switch (this.#mode.kind) {
      case 'commands':
        if (line === undefined) this.#rawCommands(octets)
        else {
          this.#command(line)
          if (reply === 'wait') this.#due.push({ verb: verbOf(line), means })
        }
        return
      case 'content':
        this.#mode = { kind: 'content', tail: tailOf(this.#mode.tail, octets) }
        break
      case 'chunk':
        this.#mode = { ...this.#mode, left: Math.max(0, this.#mode.left - octets.length) }
        break
      case 'login':
        break
    }
    if (reply === 'wait') this.#due.push({ verb: '', means })
  }

  answered(reply: SmtpReply): Settling {
    const { verb, means } = this.#due.shift() ?? { verb: '', means: 'nothing-yet' }
    const isYes = reply.severity === 'completion'
    switch (this.#mode.kind) {
      case 'content':
        this.#mode = COMMANDS
        if (isYes) this.#taken += 1
        break
      case 'chunk':
        if (isYes && this.#mode.last) this.#taken += 1
        this.#mode = COMMANDS
        break
      case 'login':
        if (reply.severity === 'intermediate') break
        this.#mode = COMMANDS
        if (isYes) this.#login = 'done'
        break
      case 'commands':
        this.#commandAnswered(verb, reply)
    }
    return means === 'hands-over' ? 'settles' : 'goes-on'
  }

  secured(): void {
    // RFC 3207 §4.2
    if (this.#extensions !== undefined) this.#report.extensionsBeforeTls = this.#extensions
    this.#extensions = undefined
  }

  contentRefused(): { readonly reply: SmtpReply | undefined } | undefined {
    if (this.#mode.kind === 'content' || this.#mode.kind === 'chunk') return undefined
    return { reply: this.#refusedData }
  }

  async logIn(wish: AuthWish): Promise<void> {
    if (this.#extensions === undefined) {
      this.#dialogue.note(
        'own-hello',
        'this service says hello by itself: the login needs to know what is offered',
      )
      this.#extensions = await sayHello(this.#session, this.#dialogue, this.#hello)
    }
    this.#session.stage = 'auth'
    this.#login = 'asked'
    const offered = {
      beforeTls: mechanismsIn(this.#report.extensionsBeforeTls ?? new Map()),
      now: mechanismsIn(this.#extensions),
    }
    await login(this.#session, this.#dialogue, wish, offered, this.#report, [])
    this.#login = 'done'
  }

  #command(line: string): void {
    const verb = verbOf(line)
    if (verb === 'MAIL') {
      this.#sender = pathIn(line)
      this.#recipient = undefined
    }
    if (verb === 'RCPT' || verb === 'VRFY') this.#recipient = pathIn(line)
    if (verb === 'AUTH' && this.#login !== 'done') this.#login = 'asked'
    if (verb === 'DATA') this.#refusedData = undefined
    if (verb === 'BDAT') {
      const { octets, last } = chunkIn(line)
      if (octets > 0 || last) this.#mode = { kind: 'chunk', left: octets, last }
    }
  }

  /** Octets where commands are due: a reply is due to each line of them, and content follows where it is asked for. */
  #rawCommands(octets: Buffer): void {
    const text = this.#halfLine + octets.toString('latin1')
    let content = false
    let at = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', at)) {
      const line = text.slice(at, end).replace(/\r$/, '')
      at = end + 1
      if (content) {
        content = line !== '.'
        if (!content) this.#due.push({ verb: '', means: 'hands-over' })
        continue
      }
      this.#command(line)
      content = verbOf(line) === 'DATA'
      if (this.#mode.kind === 'chunk') {
        const here = Math.min(this.#mode.left, text.length - at)
        at += here
        this.#mode = { ...this.#mode, left: this.#mode.left - here }
        if (this.#mode.left > 0) break
      }
      this.#due.push({ verb: verbOf(line), means: this.#isLastChunk() ? 'hands-over' : 'nothing-yet' })
    }
    this.#halfLine = text.slice(at)
  }

  #isLastChunk(): boolean {
    return this.#mode.kind === 'chunk' && this.#mode.last
  }

  #commandAnswered(verb: string, reply: SmtpReply): void {
    const isYes = reply.severity === 'completion'
    if (verb === 'DATA') {
      if (reply.severity === 'intermediate') this.#mode = { kind: 'content', tail: '\r\n' }
      else this.#refusedData = reply
    }
    if (verb === 'AUTH') {
      if (reply.severity === 'intermediate') this.#mode = { kind: 'login' }
      else if (isYes) this.#login = 'done'
    }
    if ((verb === 'EHLO' || verb === 'LHLO') && isYes) {
      this.#extensions = extensionsIn(reply, () => undefined)
      if (this.#session.tls === undefined) this.#report.extensionsBeforeTls = this.#extensions
    }
    if (verb === 'QUIT') this.#quit = true
  }

  #chunk(octets: number): Saying {
    if (this.#mode.kind !== 'chunk') return saying('data', 'data')
    return octets < this.#mode.left ? saying('data', 'data', 'none') : chunkEnd(this.#mode.last)
  }
}

/** What is known from the opening of the session. */
export function openingFacts(
  { extensionsBeforeTls }: OpeningReport,
  state: ScriptFacts['login']['state'],
  extensions: Extensions = new Map(),
): ScriptFacts {
  return {
    login: { state, offered: mechanismsIn(extensions) },
    ...(extensionsBeforeTls === undefined
      ? {}
      : { starttls: extensionsBeforeTls.has('STARTTLS') ? ('offered' as const) : ('not-offered' as const) }),
  }
}

function tailOf(tail: string, octets: Buffer): string {
  return (tail + octets.subarray(-2).toString('latin1')).slice(-2)
}
