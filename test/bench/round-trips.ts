import type { Bench } from './bench.ts'
import { mailwirePop3, mailwireSend, nodemailerSend, peerPop3, type Wishes } from './calls.ts'
import type { Call } from './load.ts'
import { type Running, startPeer, startService } from './processes.ts'
import type { Table } from './tables.ts'

/** A kind of session, the flights that the RFCs allow it, and who is asked for it. */
interface Row {
  readonly work: string
  readonly floor: number
  readonly mailwire: Call
  readonly peer?: { readonly running: Running; readonly call: Call }
}

const USER = { name: 'alice@example.test', password: 'a secret of hers' }

/** How many times the line was travelled: the wall time of a call over the round trip of a delay proxy. */
export async function roundTrips(bench: Bench): Promise<readonly Table[]> {
  const service = await startService()
  const nodemailer = await startPeer('express-nodemailer')
  const nodePop3 = await startPeer('express-node-pop3')
  const { smtp, smtpSingle, smtpStartTls, smtps, pop3, pop3StartTls, pop3s } = bench.ports
  const send = (work: string, floor: number, port: number, more: Partial<Wishes> = {}): Row => {
    const wishes: Wishes = { port, message: 'given', ...more }
    const peer = { running: nodemailer, call: nodemailerSend(wishes) }
    return { work, floor, mailwire: mailwireSend(wishes), peer }
  }
  const raw = { accept: 'message/rfc822' }
  const all = { accept: 'application/mbox' }
  const retrieved = (messages: number) => peerPop3('/retr', DROP, pop3.far, `&n=${messages}`)
  const rows: Row[] = [
    send('send, 1 recipient', 5, smtp.far),
    send('send, 10 recipients', 5, smtp.far, { recipients: 10 }),
    send('send, STARTTLS and AUTH PLAIN', 8, smtpStartTls.far, { user: USER }),
    send('send, TLS and AUTH PLAIN', 6, smtps.far, { scheme: 'smtps', user: USER }),
    send('send without PIPELINING, 1 recipient', 8, smtpSingle.far),
    send('send without PIPELINING, 10 recipients', 17, smtpSingle.far, { recipients: 10 }),
    {
      work: 'POP3 STAT',
      floor: 4,
      mailwire: mailwirePop3('/pop3/stat', DROP, pop3.far),
      peer: { running: nodePop3, call: peerPop3('/stat', DROP, pop3.far) },
    },
    {
      work: 'POP3 LIST and UIDL',
      floor: 4,
      mailwire: mailwirePop3('/pop3/messages', DROP, pop3.far),
      peer: { running: nodePop3, call: peerPop3('/list', DROP, pop3.far) },
    },
    {
      work: 'POP3 RETR of 1',
      floor: 4,
      mailwire: mailwirePop3('/pop3/messages/1', DROP, pop3.far, raw),
      peer: { running: nodePop3, call: retrieved(1) },
    },
    {
      work: 'POP3 RETR of 20',
      floor: 4,
      mailwire: mailwirePop3('/pop3/messages', DROP, pop3.far, { ...all, query: `&numbers=${TWENTY}` }),
      peer: { running: nodePop3, call: retrieved(20) },
    },
    {
      work: 'POP3 DELE of 20',
      floor: 5,
      mailwire: {
        ...mailwirePop3('/pop3/messages', DROP, pop3.far, { query: `&numbers=${TWENTY}` }),
        method: 'DELETE',
      },
      peer: { running: nodePop3, call: peerPop3('/dele', DROP, pop3.far, '&n=20') },
    },
    { work: 'POP3 STLS and STAT', floor: 7, mailwire: mailwirePop3('/pop3/stat', DROP, pop3StartTls.far) },
    {
      work: 'POP3 over TLS, STAT',
      floor: 5,
      mailwire: mailwirePop3('/pop3/stat', DROP, pop3s.far, { scheme: 'pop3s' }),
    },
  ]
  try {
    return [await table(rows, service, bench)]
  } finally {
    for (const each of [service, nodemailer, nodePop3]) await each.stop()
  }
}

const DROP = '20x1000'
const TWENTY = Array.from({ length: 20 }, (_, place) => place + 1).join(',')

async function table(rows: readonly Row[], service: Running, bench: Bench): Promise<Table> {
  const rounds = bench.pace === 'whole' ? 7 : 3
  const measured = []
  for (const { work, floor, mailwire, peer } of rows) {
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await wallMs(service, mailwire))
      if (peer !== undefined) theirs.push(await wallMs(peer.running, peer.call))
    }
    const trips = (times: readonly number[]) => Math.min(...times) / (2 * bench.oneWayMs)
    measured.push([work, floor, trips(ours), peer === undefined ? '–' : trips(theirs)])
  }
  return {
    title: `Round trips (${2 * bench.oneWayMs} ms each, the best of ${rounds}: whatever else happens only adds)`,
    columns: ['work', 'floor', 'Mailwire', 'peer'],
    rows: measured,
  }
}

async function wallMs(running: Running, { method, path, headers, body }: Call): Promise<number> {
  const began = performance.now()
  const response = await fetch(running.url + path, {
    method,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`${method} ${path} was answered ${response.status}`)
  return performance.now() - began
}
