import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { selfSigned } from '../../src/sandbox/certificate.ts'
import { delayProxy } from './delay-proxy.ts'
import { pop3Sink } from './pop3-sink.ts'
import { smtpSink } from './smtp-sink.ts'

/** All mail servers of the benchmark in one process; their ports go to standard output as one line of JSON. */
const certificate = await selfSigned(['localhost'], ['127.0.0.1'], Date.now())
const oneWayMs = Number(process.argv[2])
const slowMs = Number(process.argv[3])
const smtp = { pipelining: 'offered', tls: 'off', certificate } as const

const near = {
  smtp: smtpSink(smtp),
  smtpSingle: smtpSink({ ...smtp, pipelining: 'not-offered' }),
  smtpStartTls: smtpSink({ ...smtp, tls: 'starttls' }),
  smtps: smtpSink({ ...smtp, tls: 'implicit' }),
  smtpNarrow: smtpSink({ ...smtp, restMs: 1 }),
  smtpSlow: smtpSink({ ...smtp, delayMs: slowMs }),
  pop3: pop3Sink({ tls: 'off', certificate }),
  pop3StartTls: pop3Sink({ tls: 'stls', certificate }),
  pop3s: pop3Sink({ tls: 'implicit', certificate }),
}

const ports: Record<string, { near: number; far: number }> = {}
for (const [name, server] of Object.entries(near)) {
  const port = await listening(server)
  ports[name] = { near: port, far: await listening(delayProxy(port, oneWayMs)) }
}
process.stdout.write(`${JSON.stringify(ports)}\n`)

async function listening(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
