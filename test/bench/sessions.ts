import type { Bench } from './bench.ts'
import { mailwireSend, nodemailerSend } from './calls.ts'
import { warmUp } from './cost.ts'
import { load } from './load.ts'
import { startPeer, startService } from './processes.ts'
import { interleaved, median } from './statistics.ts'
import type { Table } from './tables.ts'

/** As many sessions at once as there are calls, with a server that takes its time for each reply. */
export async function sessions(bench: Bench): Promise<readonly Table[]> {
  const atATime = bench.pace === 'whole' ? 1000 : 100
  const slow = { port: bench.ports.smtpSlow.near, message: 'given' } as const
  const quick = { port: bench.ports.smtp.near, message: 'given' } as const
  const contestants = {
    Mailwire: { start: () => startService(), call: mailwireSend(slow), first: mailwireSend(quick) },
    'Express + nodemailer': {
      start: () => startPeer('express-nodemailer'),
      call: nodemailerSend(slow),
      first: nodemailerSend(quick),
    },
  }
  const samples = await interleaved(
    bench.pace === 'whole' ? 3 : 1,
    Object.fromEntries(
      Object.entries(contestants).map(([name, { start, call, first }]) => [
        name,
        async () => {
          const running = await start()
          await warmUp({ running, call: first }, bench)
          const began = performance.now()
          // a call that is not answered 200 ends the benchmark
          const { p50Ms, p99Ms, cpuMicros } = await load(running, call, { calls: atATime, atATime })
          const sample = {
            wallMs: performance.now() - began,
            p50Ms,
            p99Ms,
            cpuMicros,
            peakMb: running.peakMb(),
          }
          await running.stop()
          return sample
        },
      ]),
    ),
  )
  const rows = [...samples].map(([name, all]) => [
    name,
    median(all.map(({ wallMs }) => wallMs)) / 1000,
    median(all.map(({ p50Ms }) => p50Ms)),
    median(all.map(({ p99Ms }) => p99Ms)),
    median(all.map(({ cpuMicros }) => cpuMicros)),
    median(all.map(({ peakMb }) => peakMb)),
  ])
  return [
    {
      title: `${atATime} sessions at once, ${bench.slowMs} ms for each reply, none failed`,
      columns: ['who', 'wall s', 'p50 ms', 'p99 ms', 'CPU µs/call', 'peak MB'],
      rows,
    },
  ]
}
