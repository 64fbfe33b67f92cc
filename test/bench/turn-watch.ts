import { readFileSync } from 'node:fs'

/**
 * Loaded into the process that is measured: how long the event loop was held at the longest. In CPU time of the main
 * thread, because on the clock everything is long when the machine is busy with something else.
 */
const EVERY_MS = 5
const THREAD = `/proc/self/task/${process.pid}/schedstat`

let before = cpuMs()
let longestMs = 0

setInterval(() => {
  const now = cpuMs()
  longestMs = Math.max(longestMs, now - before)
  before = now
}, EVERY_MS).unref()

process.on('message', () => {
  process.send?.(longestMs)
  longestMs = 0
})
process.channel?.unref()

function cpuMs(): number {
  return Number(readFileSync(THREAD, 'latin1').split(' ')[0]) / 1_000_000
}
