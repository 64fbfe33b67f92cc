import { readFileSync } from 'node:fs'
import type { Situation } from '../../src/diagnosis/situation.ts'
import { Pop3ReplyReader } from '../../src/pop3/reply.ts'
import type { Reply } from '../../src/session/answer.ts'
import type { Stage } from '../../src/session/outcome.ts'
import { SmtpReplyReader } from '../../src/smtp/reply.ts'

/** A reply that a real server gave, and the right diagnosis of it; none for what is no refusal. */
export interface Words {
  readonly name: string
  readonly protocol: Situation['protocol']
  readonly reply: Reply
  readonly stage: Stage
  readonly verb: string | undefined
  readonly code: string | undefined
}

/** All replies of the corpus, read with the service's own readers. */
export function corpus(): Words[] {
  const answers = new Map(
    table('postfix-dovecot.answers.tsv').map((row) => [`${row['protocol']} ${row['situation']}`, row]),
  )
  const replied = table('postfix-dovecot.tsv').filter((row) => row['reply_code'] !== '')
  return [
    ...replied.map((row) => words(row, answers.get(`${row['protocol']} ${row['situation']}`))),
    ...table('other-servers.tsv').map((row) => words(row, row)),
  ]
}

/** A situation in which nothing but the reply is remarkable. */
export function situationOf({ protocol, reply, stage, verb }: Words): Situation {
  const refused = reply.severity === 'transient' || reply.severity === 'permanent'
  return {
    protocol,
    stage,
    outcome: refused ? (reply.severity === 'transient' ? 'deferred' : 'rejected') : 'ok',
    reply,
    ...(verb === undefined ? {} : { verb }),
    server: { host: 'mail.lab.test', port: protocol === 'pop3' ? 110 : 25, scheme: protocol },
    tls: 'off',
    starttls: 'offered',
    login: { state: 'not-asked', offered: [] },
    sender: reply.lines.some((line) => line.startsWith('<>')) ? '' : 'alice@example.test',
    recipient: 'bob@other.test',
    evidence: [],
  }
}

type Row = Readonly<Record<string, string>>

function table(file: string): Row[] {
  const [header = '', ...lines] = readFileSync(new URL(`../corpus/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  const names = header.split('\t')
  return lines.map((line) =>
    Object.fromEntries(line.split('\t').map((value, place) => [names[place] ?? '', value])),
  )
}

function words(row: Row, answer: Row | undefined): Words {
  return {
    name: `${row['server']} ${row['protocol']} ${row['situation']}`,
    protocol: row['protocol'] as Situation['protocol'],
    reply: row['protocol'] === 'pop3' ? pop3Reply(row) : smtpReply(row),
    stage: (answer?.['stage'] ?? 'transaction') as Stage,
    verb: answer?.['verb'] || undefined,
    code: answer?.['code'],
  }
}

/** The lines of a reply stand in one column, parted by ` | `. */
function smtpReply(row: Row): Reply {
  const reader = new SmtpReplyReader(() => undefined)
  const texts = (row['text'] ?? '').split(' | ')
  const enhanced = row['enhanced_code'] === '' ? '' : `${row['enhanced_code']} `
  for (const [place, text] of texts.entries()) {
    const separator = place === texts.length - 1 ? ' ' : '-'
    const reply = reader.line({
      octets: Buffer.from(`${row['reply_code']}${separator}${enhanced}${text}`),
      end: 'crlf',
    })
    if (reply !== undefined) return reply
  }
  throw new Error('a reply of the corpus does not end')
}

/** The status line alone is the reply; what follows in the column is its body. */
function pop3Reply(row: Row): Reply {
  const [first = ''] = (row['text'] ?? '').split(' | ')
  const reply = new Pop3ReplyReader(() => undefined).line({
    octets: Buffer.from(`${row['reply_code']} ${first}`),
    end: 'crlf',
  })
  if (reply === undefined) throw new Error('a reply of the corpus does not end')
  return reply
}
