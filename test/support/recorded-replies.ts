import { readFileSync } from 'node:fs'

/** What a real server answered once, in a situation that has a name. */
export interface RecordedReply {
  readonly protocol: 'smtp' | 'lmtp' | 'pop3'
  readonly situation: string
  /** The reply code or the status indicator. */
  readonly code: string
  readonly enhanced: string
  readonly lines: readonly string[]
}

/** The replies of Postfix and Dovecot; situations in which nothing was answered are left out. */
export function recordedReplies(protocol: RecordedReply['protocol']): RecordedReply[] {
  const rows = readFileSync(new URL('../corpus/postfix-dovecot.tsv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return rows
    .slice(1)
    .map((row) => row.split('\t'))
    .filter((row) => row[1] === protocol && row[3] !== '')
    .map(([, , situation = '', code = '', enhanced = '', text = '']) => ({
      protocol,
      situation,
      code,
      enhanced,
      lines: text.split(' | '),
    }))
}

/** The lines of one of them. */
export function recordedLines(protocol: RecordedReply['protocol'], situation: string): readonly string[] {
  const found = recordedReplies(protocol).find((reply) => reply.situation === situation)
  if (found === undefined) throw new Error(`there is no recorded reply "${situation}"`)
  return found.lines
}
