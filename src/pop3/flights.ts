import type { Dialogue, Pending } from '../session/dialogue.ts'
import type { Session } from '../session/session.ts'
import type { Turn } from '../session/turns.ts'
import { quit } from './command.ts'
import type { Pop3Reply } from './reply.ts'

/** Logs in. @returns the followers that went out with the login; undefined when they are still to be sent */
export type LogIn = (followers: readonly Turn[]) => Promise<readonly Pending<Pop3Reply>[] | undefined>

/** What is to be read for each command that was sent, in order. */
export type Next = () => Promise<{ readonly reply: Pop3Reply; readonly pending: Pending<Pop3Reply> }>

/** Commands whose replies are due at one time: more would only be held in memory. */
const OUTSTANDING = 1000

/**
 * The commands of a session in as few flights as the server allows (RFC 2449 §6.6): the login rides with the first of
 * them, and QUIT with the last where that is safe.
 */
export class Flights {
  readonly #session: Session<Pop3Reply>
  readonly #dialogue: Dialogue<Pop3Reply>
  readonly #mode: 'grouped' | 'single'
  #logIn: LogIn | undefined

  constructor(
    session: Session<Pop3Reply>,
    dialogue: Dialogue<Pop3Reply>,
    mode: 'grouped' | 'single',
    logIn: LogIn,
  ) {
    this.#session = session
    this.#dialogue = dialogue
    this.#mode = mode
    this.#logIn = logIn
  }

  /**
   * @param then `quit`: nothing else follows in this session; `more`: something does, or QUIT would do something
   * @throws {Refusal} {Unmet} {Fault} when the login fails
   */
  async send(commands: readonly Turn[], then: 'quit' | 'more'): Promise<Next> {
    if (this.#mode === 'single') {
      await this.#loggedIn([])
      return this.#oneByOne(commands)
    }
    const quitGoesAlong = then === 'quit' && this.#quitMayGoAlong(commands)
    const rest = [...commands, ...(quitGoesAlong ? [{ command: quit(), phase: 'quit' } as const] : [])]
    const first = rest.splice(0, OUTSTANDING)
    const due = [...((await this.#loggedIn(first)) ?? this.#sent(first))]
    const quitAlong = (): void => {
      if (quitGoesAlong && rest.length === 0) this.#session.quit = due.at(-1)
    }
    quitAlong()
    let place = 0
    return async () => {
      const pending = due[place]
      if (pending === undefined) throw new Error('more replies are asked for than there are commands')
      place += 1
      if (rest.length > 0 && due.length - place < OUTSTANDING / 2) {
        due.push(...this.#sent(rest.splice(0, OUTSTANDING / 2)))
        quitAlong()
      }
      return { reply: await this.#dialogue.reply(pending), pending }
    }
  }

  /** Dovecot 2.3 over TLS now and then loses the end of a long reply when QUIT lies behind it already. */
  #quitMayGoAlong(commands: readonly Turn[]): boolean {
    return this.#session.tls === undefined || commands.every(({ multiline }) => multiline !== true)
  }

  #oneByOne(commands: readonly Turn[]): Next {
    const rest = [...commands].reverse()
    return async () => {
      const turn = rest.pop()
      if (turn === undefined) throw new Error('more replies are asked for than there are commands')
      const pending = this.#sent([turn])[0] as Pending<Pop3Reply>
      return { reply: await this.#dialogue.reply(pending), pending }
    }
  }

  #sent(turns: readonly Turn[]): Pending<Pop3Reply>[] {
    if (turns.some(isDeletion)) this.#session.leaving = 'drop'
    return this.#dialogue.sendGroup(turns)
  }

  async #loggedIn(followers: readonly Turn[]): Promise<readonly Pending<Pop3Reply>[] | undefined> {
    const logIn = this.#logIn
    this.#logIn = undefined
    return logIn === undefined ? undefined : await logIn(followers)
  }
}

/** Behind it QUIT would delete (RFC 1939 §6), and is said only where that is wanted. */
export function isDeletion({ command }: Turn): boolean {
  return command.verb === 'DELE'
}
