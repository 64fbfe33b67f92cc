import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Call } from './load.ts'
import type { Running } from './processes.ts'

/** A call, whose body may be too large to be held. */
export interface Transfer extends Omit<Call, 'body'> {
  readonly body?: string | (() => Iterable<Buffer>)
  /** How long the caller rests after each chunk, while it is in no hurry. */
  readonly rest?: { readonly ms: number; readonly chunks: number }
}

export interface Transferred {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMb: number
  readonly longestTurnMs: number
}

/** One large call, and what it took the process that answers. Nothing of it is held here. */
export async function transfer(running: Running, call: Transfer): Promise<Transferred> {
  await running.longestTurnMs()
  const cpuBefore = running.cpuMs()
  const began = performance.now()
  const { method, path, headers = {}, body, rest } = call
  const outgoing = request(running.url + path, { method, headers: { ...headers }, agent: false })
  const answered = once(outgoing, 'response')
  if (typeof body !== 'function') outgoing.end(body)
  else await pipeline(Readable.from(body(), { objectMode: false }), outgoing)
  const [response] = (await answered) as [IncomingMessage]
  let chunks = 0
  for await (const _ of response) {
    chunks += 1
    if (rest !== undefined && chunks < rest.chunks)
      await new Promise((resolve) => setTimeout(resolve, rest.ms))
  }
  if (response.statusCode !== 200) throw new Error(`${method} ${path} was answered ${response.statusCode}`)
  const wallMs = performance.now() - began
  return {
    wallMs,
    cpuMs: running.cpuMs() - cpuBefore,
    peakMb: running.peakMb(),
    longestTurnMs: await running.longestTurnMs(),
  }
}
