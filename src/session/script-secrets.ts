import type { Recorder } from '../transcript/recorder.ts'
import { conceal } from './conceal.ts'
import type { Step } from './script-steps.ts'
import type { Target } from './target.ts'

/** Secrets that are looked for in what the server says; each has its price. */
export const MOST_SECRETS = 10
const LONGEST_FOUND = 1000

const BEHIND_THE_COMMAND = /^\S+ (.+)$/
/** RFC 1939 §7, RFC 5034 §4, RFC 4954 §4 */
const BY_PROTOCOL = /^(?:PASS|APOP \S+|AUTH \S+) (.+)$/i

/** The secrets of a script, those that the caller names and those that stand in a line by the protocol. */
export class ScriptSecrets {
  readonly #recorder: Recorder
  readonly #found = new Set<string>()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /**
   * What can be told from the steps is a secret from the beginning: a server may know it from a session before, and say it
   * before it is sent in this one.
   */
  keepNamed(steps: readonly Step[], target: Target): void {
    for (const known of [target.host, target.servername]) this.#recorder.permit(known)
    for (const step of steps) {
      if (step.kind === 'login') conceal(this.#recorder, target, step.wish)
      if ('secret' in step && step.secret?.is === 'text') this.#recorder.secret(step.secret.text)
      if (step.kind !== 'send') continue
      const [, rest] =
        (step.secret?.is === 'the-rest' ? BEHIND_THE_COMMAND : BY_PROTOCOL).exec(step.line) ?? []
      if (rest !== undefined) this.keepFound(rest)
    }
  }

  /** One that a line holds: looked for as long as there are not so many that it takes time, and masked in any case. */
  keepFound(text: string): void {
    if (text.length > LONGEST_FOUND || this.#found.size >= MOST_SECRETS) return
    this.#found.add(text)
    this.#recorder.secret(text)
  }
}
