import type { AuthReport, AuthWish } from '../session/auth.ts'
import type { Dialogue } from '../session/dialogue.ts'
import type { Stage } from '../session/outcome.ts'
import type { Saying, ScriptFacts, ScriptWords, Settling } from '../session/script-steps.ts'
import type { Session } from '../session/session.ts'
import { type Capability, capabilityOf, mechanismsIn, offers } from './capa.ts'
import { login } from './login.ts'
import { capabilitiesOf, type OpeningReport } from './open.ts'
import type { Pop3Reply } from './reply.ts'

/** RFC 1939 §4, §5: a session is in the AUTHORIZATION state until it has logged in. */
const LOGIN_VERBS: ReadonlySet<string> = new Set(['PASS', 'APOP', 'AUTH'])
/** RFC 1939 §5, §7; RFC 2449 §5. */
const ALWAYS_MULTILINE: ReadonlySet<string> = new Set(['RETR', 'TOP', 'CAPA'])
/** Without an argument they list; AUTH so lists mechanisms, which is older than its own text. */
const LISTS: ReadonlySet<string> = new Set(['LIST', 'UIDL', 'AUTH'])

interface DueTo {
  readonly verb: string
  readonly means: Saying['means']
}

/** What POP3 knows of lines that a caller says by itself. */
export class Pop3Words implements ScriptWords<Pop3Reply> {
  readonly #session: Session<Pop3Reply>
  readonly #dialogue: Dialogue<Pop3Reply>
  readonly #report: OpeningReport
  readonly #due: DueTo[] = []
  /** AUTH was answered `+`: responses. */
  #responding = false
  #capabilities: readonly Capability[] | undefined
  #login: ScriptFacts['login']['state']
  /** DELE that were said, and not taken back: in one flight QUIT goes out before they are answered. */
  #deletions = 0
  #quit = false

  /** @param report what the service found out before the first step, where it had to speak */
  constructor(session: Session<Pop3Reply>, dialogue: Dialogue<Pop3Reply>, report: OpeningReport) {
    this.#session = session
    this.#dialogue = dialogue
    this.#report = report
    this.#capabilities = report.capabilities
    this.#login = report.auth === undefined ? 'not-asked' : 'done'
  }

  get facts(): ScriptFacts {
    return { ...openingFacts(this.#report, this.#login, this.#capabilities), deletions: this.#deletions }
  }

  get auth(): AuthReport | undefined {
    return this.#report.auth
  }

  /** QUIT would delete what is marked. */
  get leaving(): 'quit' | 'drop' | 'said' {
    if (this.#quit) return 'said'
    return this.#deletions > 0 || this.#responding ? 'drop' : 'quit'
  }

  readonly outcome = 'ok'

  line(line: string): Saying {
    const verb = verbOf(line)
    if (this.#responding) return { ...saying('auth'), ...(line === '*' ? {} : { hiddenFrom: 0 }) }
    if (verb === 'QUIT') {
      if (this.#deletions === 0) return { ...saying('quit'), phase: 'quit' }
      return { ...saying('update'), phase: 'final', means: 'hands-over' }
    }
    const hiddenFrom = secretIn(verb, line)
    return {
      ...saying(this.#stageOf(verb)),
      multiline: ALWAYS_MULTILINE.has(verb) || (LISTS.has(verb) && isBare(verb, line)),
      ...(hiddenFrom === undefined ? {} : { hiddenFrom }),
    }
  }

  octets(octets: Buffer): Saying {
    const line = octets.toString('latin1').replace(/\r?\n$/, '')
    if (octets.at(-1) !== LF) return { ...saying(this.#stageOf('')), reply: 'none' }
    const commits = this.#deletes(line) && /(?:^|\n)QUIT *(?:\r?\n|$)/i.test(line)
    return commits
      ? { ...saying('update'), phase: 'final', means: 'hands-over' }
      : { ...this.line(line), stage: this.#stageOf('') }
  }

  endsFlight(line: string): boolean {
    return verbOf(line) === 'AUTH'
  }

  said(line: string | undefined, octets: Buffer): void {
    const lines = line === undefined ? this.#linesOf(octets) : [line]
    for (const each of lines) {
      const isLogin = !this.#responding && !isBare('AUTH', each)
      this.#due.push({ verb: isLogin ? verbOf(each) : '', means: this.line(each).means })
      this.#follow(each)
    }
  }

  answered(reply: Pop3Reply, body: readonly string[]): Settling {
    const { verb, means } = this.#due.shift() ?? { verb: '', means: 'nothing-yet' }
    const isYes = reply.status === '+OK'
    const wasLogin = this.#responding || LOGIN_VERBS.has(verb)
    this.#responding = wasLogin && reply.status === '+'
    if (wasLogin && isYes) this.#login = 'done'
    if (verb === 'DELE' && !isYes) this.#deletions -= 1
    if (verb === 'RSET' && isYes) this.#deletions = 0
    if (verb === 'CAPA' && isYes) this.#learn(body.map((line) => capabilityOf(Buffer.from(line))))
    if (verb === 'QUIT') this.#quit = true
    return means === 'hands-over' ? 'settles' : 'goes-on'
  }

  secured(): void {
    // RFC 2595 §4
    this.#capabilities = undefined
  }

  contentRefused(): { readonly reply: Pop3Reply | undefined } {
    return { reply: undefined }
  }

  async logIn(wish: AuthWish): Promise<void> {
    if (this.#capabilities === undefined) {
      this.#dialogue.note(
        'own-capa',
        'this service asks CAPA by itself: the login needs to know what is offered',
      )
      this.#learn((await capabilitiesOf(this.#session, this.#dialogue)) ?? [])
    }
    this.#session.stage = 'auth'
    this.#login = 'asked'
    const capabilities = this.#capabilities ?? []
    const offer = {
      beforeTls: mechanismsIn(this.#report.capabilitiesBefore ?? []),
      now: mechanismsIn(capabilities),
      // RFC 2449 §6.3: without CAPA, USER is what every server knows
      user: capabilities.length === 0 || offers(capabilities, 'USER'),
      greeting: this.#report.greeting ?? '',
    }
    await login(this.#session, this.#dialogue, wish, offer, this.#report, [])
    this.#login = 'done'
  }

  #learn(capabilities: readonly Capability[]): void {
    this.#capabilities = capabilities
    if (this.#session.tls === undefined) this.#report.capabilitiesBefore = capabilities
  }

  #follow(line: string): void {
    const verb = verbOf(line)
    if (verb === 'DELE') this.#deletions += 1
    if (LOGIN_VERBS.has(verb) && this.#login !== 'done') this.#login = 'asked'
  }

  #deletes(lines: string): boolean {
    return this.#deletions > 0 || /(?:^|\n)DELE /i.test(lines)
  }

  #linesOf(octets: Buffer): readonly string[] {
    const lines = octets.toString('latin1').split(/\r?\n/)
    return lines.slice(0, -1)
  }

  /** The rules of a diagnosis look at the stage: what is said before the login is part of that. */
  #stageOf(verb: string): Stage {
    if (verb === 'CAPA') return 'capabilities'
    if (verb === 'STLS') return 'starttls'
    return this.#login === 'done' ? 'transaction' : 'auth'
  }
}

/** What is known from the opening of the session. */
export function openingFacts(
  { capabilitiesBefore }: OpeningReport,
  state: ScriptFacts['login']['state'],
  capabilities: readonly Capability[] = [],
): ScriptFacts {
  return {
    login: { state, offered: mechanismsIn(capabilities) },
    ...(capabilitiesBefore === undefined
      ? {}
      : { starttls: offers(capabilitiesBefore, 'STLS') ? ('offered' as const) : ('not-offered' as const) }),
  }
}

const LF = 0x0a

function saying(stage: Stage): Saying {
  return { stage, phase: 'command', reply: 'wait', multiline: false, means: 'nothing-yet' }
}

/** The command without an argument. */
function isBare(verb: string, line: string): boolean {
  return verbOf(line) === verb && /^[A-Za-z]+ *$/.test(line)
}

function verbOf(line: string): string {
  return /^[A-Za-z]+/.exec(line)?.[0].toUpperCase() ?? ''
}

/** Where the password, the digest or the initial response begins (RFC 1939 §7, RFC 5034 §4). */
function secretIn(verb: string, line: string): number | undefined {
  const before = verb === 'PASS' ? /^PASS /i : verb === 'APOP' ? /^APOP +\S+ +/i : /^AUTH +\S+ +/i
  if (!LOGIN_VERBS.has(verb)) return undefined
  const end = before.exec(line)?.[0].length
  return end === undefined || end === line.length ? undefined : end
}
