import type { Bench } from './bench.ts'
import { bareSend, mailwireSend, nodemailerSend } from './calls.ts'
import { COLUMNS, measured, type Work } from './cost.ts'
import { startPeer, startService } from './processes.ts'
import type { Table } from './tables.ts'

const CPU = COLUMNS.indexOf('CPU µs/call')

/** What TLS adds to a call: the same send, in the clear and over TLS from the first octet. */
export async function tls(bench: Bench): Promise<readonly Table[]> {
  const service = await startService()
  const nodemailer = await startPeer('express-nodemailer')
  const bare = await startPeer('bare')
  const { smtp, smtps } = bench.ports
  const work = (name: string, port: number, scheme: 'smtp' | 'smtps'): Work => {
    const wishes = { port, scheme, message: 'given' } as const
    return {
      name,
      contestants: [
        { name: 'Mailwire', running: service, call: mailwireSend(wishes) },
        { name: 'Express + nodemailer', running: nodemailer, call: nodemailerSend(wishes) },
        { name: 'bare', running: bare, call: bareSend(wishes) },
      ],
    }
  }
  try {
    const clear = await measured(work('send 1 KB', smtp.near, 'smtp'), 16, bench)
    const secured = await measured(work('send 1 KB, TLS', smtps.near, 'smtps'), 16, bench)
    const added = secured.map((row, place) => Number(row[CPU]) - Number(clear[place]?.[CPU]))
    const floor = added.at(-1) ?? Number.NaN
    return [
      { title: 'A send in the clear and over TLS', columns: COLUMNS, rows: [...clear, ...secured] },
      {
        title: 'What the TLS handshake adds',
        columns: ['who', 'CPU µs/call', '× floor'],
        rows: added.map((micros, place) => [String(secured[place]?.[1]), micros, micros / floor]),
      },
    ]
  } finally {
    for (const each of [service, nodemailer, bare]) await each.stop()
  }
}
