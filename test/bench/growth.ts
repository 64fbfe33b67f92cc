import type { Bench } from './bench.ts'
import { mailwirePop3, peerPop3 } from './calls.ts'
import { messageOf } from './messages.ts'
import { type Running, startPeer, startService } from './processes.ts'
import { median } from './statistics.ts'
import type { Table } from './tables.ts'
import { type Transfer, type Transferred, transfer } from './transfer.ts'

const MB = 1_000_000

/** One kind of work at growing sizes. Each call has a process of its own, so that its peak is its own. */
interface Growing {
  readonly work: string
  readonly who: string
  readonly start: () => Promise<Running>
  readonly sizes: readonly number[]
  /** `size` in MB, or in thousands of messages. */
  readonly call: (size: number) => Transfer
}

/** How time and memory grow with message and mailbox. */
export async function growth(bench: Bench): Promise<readonly Table[]> {
  const large = bench.pace === 'whole' ? [1, 10, 50, 100] : [1, 10]
  const small = bench.pace === 'whole' ? [1, 10] : [1, 2]
  const messages = bench.pace === 'whole' ? [1, 10, 100] : [1, 10]
  const smtp = bench.ports.smtp.near
  const narrow = bench.ports.smtpNarrow.near
  const pop3 = bench.ports.pop3.near
  const mailwire = { who: 'Mailwire', start: () => startService('watched') }
  const nodemailer = { who: 'Express + nodemailer', start: () => startPeer('express-nodemailer', 'watched') }
  const nodePop3 = { who: 'Express + node-pop3', start: () => startPeer('express-node-pop3', 'watched') }
  const raw = { accept: 'message/rfc822' }
  const retr = (size: number, more = {}) => mailwirePop3('/pop3/messages/1', `1x${size * MB}`, pop3, more)
  const octets: Growing[] = [
    { ...mailwire, work: 'RETR, raw', sizes: large, call: (size) => retr(size, raw) },
    {
      ...mailwire,
      work: 'RETR, raw, a caller who rests',
      sizes: large.slice(-1),
      call: (size) => ({ ...retr(size, raw), rest: { ms: 10, chunks: 200 } }),
    },
    { ...mailwire, work: 'RETR, parsed', sizes: large, call: (size) => retr(size) },
    {
      ...nodePop3,
      work: 'RETR',
      sizes: small,
      call: (size) => peerPop3('/retr', `1x${size * MB}`, pop3, '&n=1'),
    },
    {
      ...mailwire,
      work: 'send, message/rfc822',
      sizes: large,
      call: (size) => streamed(mailwirePath(smtp), size),
    },
    {
      ...mailwire,
      work: 'send, message/rfc822, a server that rests',
      sizes: large.slice(-1),
      call: (size) => streamed(mailwirePath(narrow), size),
    },
    {
      ...nodemailer,
      work: 'send, streamed',
      sizes: large,
      call: (size) => streamed(nodemailerPath(smtp), size),
    },
    {
      ...mailwire,
      work: 'send, JSON',
      sizes: large.slice(0, -1),
      call: (size) => ({ ...asJson('/smtp/send'), body: () => jsonOf(mailwireHead(smtp), size) }),
    },
    {
      ...nodemailer,
      work: 'send, JSON',
      sizes: large.slice(0, -1),
      call: (size) => ({ ...asJson('/send'), body: () => jsonOf(nodemailerHead(smtp), size) }),
    },
  ]
  const list = (size: number) => `${size * 1000}x1000`
  const mailboxes: Growing[] = [
    {
      ...mailwire,
      work: 'LIST and UIDL',
      sizes: messages,
      call: (size) => mailwirePop3('/pop3/messages', list(size), pop3),
    },
    {
      ...nodePop3,
      work: 'LIST and UIDL',
      sizes: messages,
      call: (size) => peerPop3('/list', list(size), pop3),
    },
  ]
  const rounds = bench.pace === 'whole' ? 2 : 1
  return [
    await tableOf('Growth with the message', 'MB', octets, rounds),
    await tableOf('Growth with the mailbox', '1,000 messages', mailboxes, rounds),
  ]
}

async function tableOf(title: string, unit: string, all: readonly Growing[], rounds: number): Promise<Table> {
  const rows = []
  for (const { work, who, start, sizes, call } of all) {
    for (const size of sizes) {
      const samples: Transferred[] = []
      for (let round = 0; round < rounds; round += 1) {
        const running = await start()
        try {
          samples.push(await transfer(running, call(size)))
        } finally {
          await running.stop()
        }
      }
      const of = (what: keyof Transferred): number => median(samples.map((sample) => sample[what]))
      rows.push([
        work,
        who,
        size,
        of('wallMs') / 1000,
        of('wallMs') / size,
        of('cpuMs') / size,
        of('peakMb'),
        of('longestTurnMs'),
      ])
    }
  }
  const columns = [
    'work',
    'who',
    unit,
    'wall s',
    'wall ms each',
    'CPU ms each',
    'peak MB',
    'longest turn, CPU ms',
  ]
  return { title, columns, rows }
}

const ADDRESSES = 'from=alice@example.test&to=bob@example.test'

function streamed(path: string, size: number): Transfer {
  const headers = { 'Content-Type': 'message/rfc822' }
  return { method: 'POST', path, headers, body: () => messageOf(size * MB) }
}

function mailwirePath(port: number): string {
  return `/smtp/send?server=smtp://127.0.0.1:${port}&${ADDRESSES}`
}

function nodemailerPath(port: number): string {
  return `/stream?port=${port}&${ADDRESSES}`
}

function asJson(path: string) {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/json' } } as const
}

/** A message with one attachment as JSON, the last text of which is left open for the attachment. */
function mailwireHead(port: number): string {
  const head = { server: `smtp://127.0.0.1:${port}` }
  const message = {
    from: 'alice@example.test',
    to: ['bob@example.test'],
    subject: 'A file',
    text: 'Here it is.',
  }
  const attachments = '"attachments":[{"filename":"file.bin","content":"'
  return `${JSON.stringify(head).slice(0, -1)},"message":${JSON.stringify(message).slice(0, -1)},${attachments}`
}

function nodemailerHead(port: number): string {
  const head = { server: { host: '127.0.0.1', port } }
  const message = {
    from: 'alice@example.test',
    to: 'bob@example.test',
    subject: 'A file',
    text: 'Here it is.',
  }
  const attachments = '"attachments":[{"filename":"file.bin","encoding":"base64","content":"'
  return `${JSON.stringify(head).slice(0, -1)},"message":${JSON.stringify(message).slice(0, -1)},${attachments}`
}

const BASE64 = Buffer.from(Buffer.alloc(49_152, 'octets of a file ').toString('base64'))

function* jsonOf(head: string, size: number): Generator<Buffer> {
  yield Buffer.from(head)
  for (let left = size * MB; left > 0; left -= BASE64.length) {
    yield left >= BASE64.length ? BASE64 : BASE64.subarray(0, left - (left % 4))
  }
  yield Buffer.from('"}]}}')
}
