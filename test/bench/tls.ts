import type { Bench } from './bench.ts'
import { bareSend, mailwireSend, nodemailerSend, type Wishes } from './calls.ts'
import { COLUMNS, type Contestant, measured, type Work, warmUp } from './cost.ts'
import { startPeer, startService } from './processes.ts'
import type { Table } from './tables.ts'

const CPU = COLUMNS.indexOf('CPU µs/call')

const WHO = ['Mailwire', 'Express + nodemailer', 'bare'] as const

/** What TLS adds to a call: the same send over TLS from the first octet and in the clear, in the same rounds. */
export async function tls(bench: Bench): Promise<readonly Table[]> {
  const service = await startService()
  const nodemailer = await startPeer('express-nodemailer')
  const bare = await startPeer('bare')
  const { smtp, smtps } = bench.ports
  const contestants = (wishes: Wishes, how: '' | ', TLS'): Contestant[] => [
    { name: `${WHO[0]}${how}`, running: service, call: mailwireSend(wishes) },
    { name: `${WHO[1]}${how}`, running: nodemailer, call: nodemailerSend(wishes) },
    { name: `${WHO[2]}${how}`, running: bare, call: bareSend(wishes) },
  ]
  const work: Work = {
    name: 'send 1 KB',
    contestants: [
      ...contestants({ port: smtps.near, scheme: 'smtps', message: 'given' }, ', TLS'),
      ...contestants({ port: smtp.near, message: 'given' }, ''),
    ],
  }
  try {
    for (const each of work.contestants) await warmUp(each, bench)
    const rows = await measured(work, 16, bench)
    const added = WHO.map((_, place) => Number(rows[place]?.[CPU]) - Number(rows[place + WHO.length]?.[CPU]))
    const floor = added.at(-1) ?? Number.NaN
    return [
      { title: 'A send over TLS and in the clear', columns: COLUMNS, rows },
      {
        title: 'What the TLS handshake adds',
        columns: ['who', 'CPU µs/call', '× floor'],
        rows: added.map((micros, place) => [String(WHO[place]), micros, micros / floor]),
      },
    ]
  } finally {
    for (const each of [service, nodemailer, bare]) await each.stop()
  }
}
