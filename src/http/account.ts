import type { Diagnosis } from '../diagnosis/situation.ts'
import type { Reproduction } from '../reproduce/reproduction.ts'
import type { Transcript } from '../transcript/entry.ts'
import { transcriptText } from '../transcript/text.ts'

/** One session, its verdict and its diagnosis. */
export interface SessionAccount {
  readonly transcript: Transcript
  readonly outcome: string
  readonly stage: string
  readonly diagnosis: Diagnosis | undefined
}

/** Lines that are to be shown as they are. */
export interface Lines {
  readonly lines: string
}

/** What a person is told of a call, in whatever form. Of several sessions the one that decided stands last. */
export type Account = readonly (string | Lines | SessionAccount | Reproduction)[]

/** As it is read in a terminal; there is no escape code in it. */
export function accountText(account: Account): string {
  return account.map(partText).join('\n')
}

function partText(part: Account[number]): string {
  if (typeof part === 'string') return `${part}\n`
  if ('lines' in part) return part.lines
  if ('command' in part) return `=== the same with ${part.tool}\n${part.command}\n`
  return sessionText(part)
}

/** The session that the call is judged by. */
export function decisiveIn(account: Account): SessionAccount | undefined {
  return account.findLast((part): part is SessionAccount => typeof part !== 'string' && 'transcript' in part)
}

function sessionText({ transcript, outcome, stage, diagnosis }: SessionAccount): string {
  const lines = [`=== outcome: ${outcome} (stage ${stage})`]
  if (diagnosis !== undefined) {
    lines.push(
      '',
      `${diagnosis.code}: ${diagnosis.summary}`,
      diagnosis.cause,
      ...diagnosis.remedies.map((remedy) => `  * ${remedy}`),
      `  ${prospects(diagnosis)}`,
      `  more: /problems/${diagnosis.code}`,
    )
  }
  return `${transcriptText(transcript)}${lines.join('\n')}\n`
}

/** Whether to try again, how sure that is, and where it stands. */
export function prospects({ retry, afterSeconds, confidence, references }: Diagnosis): string {
  const after = afterSeconds === undefined ? '' : ` after ${afterSeconds} s`
  return `retry: ${retry}${after}; confidence: ${confidence}; ${references.join(', ')}`
}
