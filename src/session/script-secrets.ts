import type { Recorder } from '../transcript/recorder.ts'
import type { Step } from './script-steps.ts'
import type { Target } from './target.ts'

/** Secrets that are looked for in what the server says; each has its price. */
export const MOST_SECRETS = 10
const LONGEST_FOUND = 1000

/** The secrets of a script, those that the caller names and those that stand in a line by the protocol. */
export class ScriptSecrets {
  readonly #recorder: Recorder
  readonly #found = new Set<string>()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** What the caller calls a secret is one from the beginning. */
  keepNamed(steps: readonly Step[], { host, servername }: Target): void {
    for (const known of [host, servername]) this.#recorder.permit(known)
    for (const step of steps) {
      if ('secret' in step && step.secret?.is === 'text') this.#recorder.secret(step.secret.text)
    }
  }

  /** One that a line holds: looked for as long as there are not so many that it takes time, and masked in any case. */
  keepFound(text: string): void {
    if (text.length > LONGEST_FOUND || this.#found.size >= MOST_SECRETS) return
    this.#found.add(text)
    this.#recorder.secret(text)
  }
}
