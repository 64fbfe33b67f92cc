import type { Bench } from './bench.ts'
import { bareSend, mailwirePop3, mailwireSend, nodemailerSend, peerPop3 } from './calls.ts'
import { type Call, type LoadSample, load } from './load.ts'
import { type Running, startPeer, startService } from './processes.ts'
import { interleaved, median, ratio, spread } from './statistics.ts'
import type { Table } from './tables.ts'

export interface Contestant {
  readonly name: string
  readonly running: Running
  readonly call: Call
}

/** Each work with Mailwire first, then what one would write in 20 lines, then the floor. */
export interface Work {
  readonly name: string
  readonly contestants: readonly Contestant[]
}

export const COLUMNS = [
  'work, at a time',
  'who',
  'calls/s',
  '× peer',
  'CPU µs/call',
  '× floor',
  'p50 ms',
  'p99 ms',
  'spread',
]

/** What a call costs the process that answers it. */
export async function cost(bench: Bench): Promise<readonly Table[]> {
  const service = await startService()
  const nodemailer = await startPeer('express-nodemailer')
  const nodePop3 = await startPeer('express-node-pop3')
  const bare = await startPeer('bare')
  const smtp = bench.ports.smtp.near
  const pop3 = bench.ports.pop3.near
  const drop = '20x10240'
  const sends = (['given', 'composed'] as const).map((message) => ({
    name: message === 'given' ? 'send 1 KB' : 'send 1 KB, composed',
    contestants: [
      { name: 'Mailwire', running: service, call: mailwireSend({ port: smtp, message }) },
      { name: 'Express + nodemailer', running: nodemailer, call: nodemailerSend({ port: smtp, message }) },
      { name: 'bare', running: bare, call: bareSend({ port: smtp, message }) },
    ],
  }))
  const raw = { accept: 'message/rfc822' }
  const works: Work[] = [
    ...sends,
    {
      name: 'POP3 STAT',
      contestants: [
        { name: 'Mailwire', running: service, call: mailwirePop3('/pop3/stat', drop, pop3) },
        { name: 'Express + node-pop3', running: nodePop3, call: peerPop3('/stat', drop, pop3) },
        { name: 'bare', running: bare, call: peerPop3('/stat', drop, pop3) },
      ],
    },
    {
      name: 'POP3 RETR 10 KB',
      contestants: [
        { name: 'Mailwire', running: service, call: mailwirePop3('/pop3/messages/1', drop, pop3, raw) },
        { name: 'Mailwire, parsed', running: service, call: mailwirePop3('/pop3/messages/1', drop, pop3) },
        { name: 'Express + node-pop3', running: nodePop3, call: peerPop3('/retr', drop, pop3, '&n=1') },
        { name: 'bare', running: bare, call: peerPop3('/retr', drop, pop3) },
      ],
    },
  ]
  try {
    const rows = []
    for (const work of works) for (const each of work.contestants) await warmUp(each, bench)
    for (const atATime of [16, 1, 64]) {
      for (const work of works) rows.push(...(await measured(work, atATime, bench)))
    }
    return [{ title: 'Cost of a call', columns: COLUMNS, rows }]
  } finally {
    for (const each of [service, nodemailer, nodePop3, bare]) await each.stop()
  }
}

/**
 * What a process that runs for long has behind it: V8 compiles what is called often for good, and of the floor, of a
 * peer and of us that takes hundreds of calls, a thousand, and some thousands.
 */
export async function warmUp({ running, call }: Omit<Contestant, 'name'>, { pace }: Bench): Promise<void> {
  await load(running, call, { calls: pace === 'whole' ? 5000 : 100, atATime: 16 })
}

/** One row for each contestant: medians of the rounds. */
export async function measured(work: Work, atATime: number, { pace }: Bench) {
  // many short ones: what else runs on the machine then meets each in turn
  const aboutMs = pace === 'whole' ? 150 : 50
  const rounds = pace === 'whole' ? 11 : 3
  const contestants: Record<string, () => Promise<LoadSample>> = {}
  for (const { name, running, call } of work.contestants) {
    const warm = await load(running, call, { calls: pace === 'whole' ? 300 : 100, atATime })
    const calls = Math.max(atATime * 2, Math.round((warm.callsPerSecond * aboutMs) / 1000))
    contestants[name] = () => load(running, call, { calls, atATime })
  }
  const samples = await interleaved(rounds, contestants)
  const of = (name: string, what: keyof LoadSample): number[] =>
    samples.get(name)?.map((sample) => sample[what]) ?? []
  const peer = work.contestants.find(({ name }) => name.startsWith('Express'))?.name ?? ''
  const floor = work.contestants.at(-1)?.name ?? ''
  return work.contestants.map(({ name }) => [
    `${work.name}, ${atATime}`,
    name,
    median(of(name, 'callsPerSecond')),
    ratio(of(name, 'callsPerSecond'), of(peer, 'callsPerSecond')),
    median(of(name, 'cpuMicros')),
    ratio(of(name, 'cpuMicros'), of(floor, 'cpuMicros')),
    median(of(name, 'p50Ms')),
    median(of(name, 'p99Ms')),
    `${Math.round(spread(of(name, 'cpuMicros')) * 100)} %`,
  ])
}
