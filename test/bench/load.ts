import autocannon from 'autocannon'
import type { Running } from './processes.ts'

/** One call, as it is sent again and again. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadSample {
  readonly callsPerSecond: number
  /** CPU time of the process for each call. */
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** So many calls, so many at a time, and what they took the process that answers. */
export async function load(
  running: Running,
  call: Call,
  volume: { readonly calls: number; readonly atATime: number },
): Promise<LoadSample> {
  const { method, path, headers = {}, body } = call
  const latencies: number[] = []
  const failed = new Map<number, number>()
  const cpuBefore = running.cpuMs()
  const began = performance.now()
  let ended = began
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(
      {
        url: `${running.url}${path}`,
        method,
        headers: { ...headers },
        ...(body === undefined ? {} : { body }),
        amount: volume.calls,
        connections: volume.atATime,
        timeout: 60,
        sampleInt: 10,
      },
      (error: unknown) => {
        if (error) reject(error as Error)
        else resolve()
      },
    )
    run.on('response', (_client, status, _octets, ms) => {
      ended = performance.now()
      latencies.push(ms)
      if (status !== 200) failed.set(status, (failed.get(status) ?? 0) + 1)
    })
  })
  if (failed.size > 0 || latencies.length < volume.calls) {
    const told = [...failed].map(([status, count]) => `${count} × ${status}`).join(', ')
    throw new Error(`${path}: ${latencies.length} of ${volume.calls} calls were answered; ${told}`)
  }
  latencies.sort((a, b) => a - b)
  return {
    callsPerSecond: (volume.calls / (ended - began)) * 1000,
    cpuMicros: ((running.cpuMs() - cpuBefore) * 1000) / volume.calls,
    p50Ms: latencies[Math.floor(latencies.length / 2)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  }
}
