import { octetsOf } from '../text/visible.ts'
import { type Command, ownCommand } from './command.ts'
import { Fault, Unmet } from './outcome.ts'
import type { StepSecret } from './script-steps.ts'

/** `${name}` in a line: what a step before captured. */
const REFERENCE = /\$\{([A-Za-z_]\w{0,39})\}/g

/** The names that a line refers to. */
export function referencesIn(line: string): readonly string[] {
  return [...line.matchAll(REFERENCE)].map(([, name = '']) => name)
}

/**
 * The line with what was captured in it. The server chose that, so it may be anything.
 * @param step its number, for whoever reads the message
 * @throws {Fault} when that would make two lines of it
 * @throws {Unmet} when it was not captured
 */
export function filled(line: string, captured: ReadonlyMap<string, string>, step: number): string {
  return line.replaceAll(REFERENCE, (_, name: string) => {
    const found = captured.get(name)
    if (found === undefined)
      throw new Unmet('expectation-not-met', `step ${step} needs \${${name}}, and no step captured it`)
    const octets = octetsOf(found)
    const text = octets.toString()
    if (/[\r\n\0]/.test(text) || !Buffer.from(text).equals(octets)) {
      throw new Fault('protocol', `what was captured as ${name} cannot stand in a line: step ${step}`)
    }
    return text
  })
}

/** A caller's line as a command, and what of it is secret by where it stands. */
export function hidden(
  line: string,
  secret: StepSecret | undefined,
  byProtocol: number | undefined,
): { readonly command: Command; readonly rest: string } {
  const from = Math.min(byProtocol ?? line.length, secret?.is === 'the-rest' ? restOf(line) : line.length)
  const texts = secret?.is === 'text' ? [secret.text] : []
  return { command: ownCommand(line, texts, from), rest: line.slice(from) }
}

/** Where that begins which stands behind the first word; all of it where there is but one. */
function restOf(line: string): number {
  const blank = line.indexOf(' ')
  return blank === -1 ? 0 : blank + 1
}
