import type { Phase } from '../session/budget.ts'
import type { Stage } from '../session/outcome.ts'
import type { Saying } from '../session/script-steps.ts'

/** The rules of a diagnosis look at the stage: a caller's own command has that of its verb. */
const STAGES: Readonly<Record<string, Stage>> = {
  EHLO: 'hello',
  HELO: 'hello',
  LHLO: 'hello',
  STARTTLS: 'starttls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  // both ask about a recipient, and are refused in the words of RCPT
  VRFY: 'rcpt',
  EXPN: 'rcpt',
  DATA: 'data',
  QUIT: 'quit',
}

const PHASES: Readonly<Record<string, Phase>> = { DATA: 'data', QUIT: 'quit' }

/** What a line is where a command is due. */
export function commandSaying(line: string): Saying {
  const verb = verbOf(line)
  const usual = saying(STAGES[verb] ?? 'transaction', PHASES[verb] ?? 'command')
  const hiddenFrom = secretIn(line)
  if (hiddenFrom !== undefined) return { ...usual, hiddenFrom }
  if (verb !== 'BDAT') return usual
  const { octets, last } = chunkIn(line)
  return octets > 0 ? saying('data', 'data', 'none') : chunkEnd(last)
}

/** RFC 4954 §4: an initial response stands behind the mechanism. PASS is POP3's, and its password is one all the same. */
function secretIn(line: string): number | undefined {
  const before = /^(?:AUTH +\S+ +|PASS +)/i.exec(line)?.[0].length
  return before === line.length ? undefined : before
}

/** What the last octets of a chunk are. */
export function chunkEnd(last: boolean): Saying {
  return last ? saying('end-of-data', 'final', 'hands-over') : saying('data', 'data')
}

export function saying(stage: Stage, phase: Phase, how?: 'none' | 'hands-over'): Saying {
  return {
    stage,
    phase,
    reply: how === 'none' ? 'none' : 'wait',
    multiline: false,
    means: how === 'hands-over' ? 'hands-over' : 'nothing-yet',
  }
}

export function verbOf(line: string): string {
  return /^[A-Za-z]+/.exec(line)?.[0].toUpperCase() ?? ''
}

/** RFC 3030 §2: `BDAT SP chunk-size [ SP "LAST" ]`. */
export function chunkIn(line: string): { readonly octets: number; readonly last: boolean } {
  const [, digits, last] = /^BDAT +([0-9]{1,15})( +LAST)? *$/i.exec(line) ?? []
  return { octets: Number(digits ?? 0), last: last !== undefined }
}

/** What stands between the brackets, or behind the colon where somebody left them out; undefined where nothing does. */
export function pathIn(line: string): string | undefined {
  const [, bracketed, bare] = /^[A-Za-z]+ +(?:(?:FROM|TO):)? *(?:<([^>]*)>?|([^\s<>]+))/i.exec(line) ?? []
  return bracketed ?? bare
}

/** A server could find the end of a message in it; some take a bare LF or CR for a line end. */
const LONE_DOT = /[\r\n]\.[\r\n]/

/** @param before the last octets of the content that went before */
export function mayEndMessage(before: string, octets: Buffer): boolean {
  return LONE_DOT.test(before + octets.toString('latin1'))
}

/** Whether octets that begin as commands may hand a whole message over. */
export function mayHandOver(octets: Buffer): boolean {
  const text = octets.toString('latin1')
  if (/(?:^|\n)BDAT [0-9 ]+LAST/i.test(text)) return true
  const data = /(?:^|\n)DATA *\r?\n/i.exec(text)
  return data !== null && LONE_DOT.test(text.slice(data.index + 4))
}
