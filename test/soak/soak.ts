import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type CallEnd, type Kind, kindsOf } from './calls.ts'
import { Measured, type Reading } from './measured.ts'
import { startMisbehaving } from './misbehaving.ts'

/*
 * Thousands of calls, honest and hostile, many at a time, against the built service; then it has to be as it was. Prints a
 * table, and exits with 1 when a bound does not hold. npm run soak -- --calls 5000 --at-once 50 --seed 1
 */

const { values: given } = parseArgs({
  options: {
    calls: { type: 'string', default: '5000' },
    'at-once': { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
  },
})
const CALLS = Number(given.calls)
const AT_ONCE = Number(given['at-once'])

/** As much more than at the start may be left at the end. */
const LEEWAY = 1.1
const HEALTH_MS = 200
/** Longer than connections are kept that nobody uses, and than callers are heard out. */
const SETTLING_MS = 12_000
const READ_EVERY_MS = 1000
const RESTING_MS = 10_000

/** Calls that came to what they may not come to. */
type Surprises = Map<string, number>

interface Tally {
  readonly ends: Map<string, Map<CallEnd, number>>
  readonly surprises: Surprises
}

const sandbox = await startSandbox({ maxConnections: 1000, mailboxMessages: 5000 })
const misbehaving = await startMisbehaving()
const measured = await Measured.start({
  MAILWIRE_PORT: '0',
  MAILWIRE_SANDBOX: 'off',
  MAILWIRE_RATE_LIMIT: '0',
  MAILWIRE_MAX_SESSIONS: '1000',
  MAILWIRE_MAX_SESSIONS_PER_TARGET: '500',
  MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
  MAILWIRE_LOG_LEVEL: 'error',
})
const random = seeded(Number(given.seed))
const kinds = kindsOf({ url: measured.url, sandbox, misbehaving, random })

// what is compiled, loaded and pooled on first use is there before anything is measured
say(`warming up: ${Math.ceil(CALLS / 4)} calls`)
await crowd(Math.ceil(CALLS / 4), { ends: new Map(), surprises: new Map() })
await settled()
const before = await measured.reading()
await measured.loopDelay()

// the machine alone: what it takes when nobody calls
const resting = await watchHealth()
await pause(RESTING_MS)
const atRestMs = await resting()
const loopDelayAtRest = await measured.loopDelay()

say(`${CALLS} calls, ${AT_ONCE} at a time`)
const health = await watchHealth()
const most = { ...before }
const loopDelays: number[] = []
const watching = setInterval(() => void watch(), READ_EVERY_MS)
const tally: Tally = { ends: new Map(), surprises: new Map() }
const began = performance.now()
await crowd(CALLS, tally)
const tookS = (performance.now() - began) / 1000
clearInterval(watching)
const healthMs = await health()
await settled()
const after = await measured.reading()

const wrong = report()
const exitCode = await measured.end()
if (exitCode !== 0) wrong.push(`the service ended with ${exitCode}`)
if (measured.log !== '') wrong.push(`the service logged: ${measured.log.slice(0, 2000)}`)
await misbehaving.close()
await sandbox.close()
for (const each of wrong) say(`NOT MET: ${each}`)
if (wrong.length === 0) say('every bound was met')
process.exit(wrong.length === 0 ? 0 : 1)

/** So many calls by so many callers, each taking the next when it is through. */
async function crowd(calls: number, into: Tally): Promise<void> {
  let left = calls
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await one(into)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
}

async function one({ ends, surprises }: Tally): Promise<void> {
  const kind = drawn()
  let end: CallEnd | 'lost'
  try {
    end = await kind.call()
  } catch (error) {
    end = 'lost'
    say(`${kind.name}: ${error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error)}`)
  }
  const counts = ends.get(kind.name) ?? new Map<CallEnd, number>()
  ends.set(kind.name, counts)
  if (end !== 'lost') counts.set(end, (counts.get(end) ?? 0) + 1)
  if (end === 'lost' || !kind.expected.includes(end)) {
    const what = `${kind.name}: ${end}`
    surprises.set(what, (surprises.get(what) ?? 0) + 1)
  }
}

function drawn(): Kind {
  let place = random() * kinds.reduce((sum, { weight }) => sum + weight, 0)
  for (const kind of kinds) {
    place -= kind.weight
    if (place < 0) return kind
  }
  return kinds[0] as Kind
}

/** Until no session runs and connections that are kept for more calls are over. */
async function settled(): Promise<void> {
  await pause(SETTLING_MS)
  while ((await measured.reading()).sessions > 0) await pause(1000)
}

async function watch(): Promise<void> {
  const [reading, delay] = [await measured.reading(), await measured.loopDelay()]
  loopDelays.push(delay)
  for (const name of ['residentMiB', 'heapMiB', 'descriptors', 'sessions'] as const) {
    most[name] = Math.max(most[name], reading[name])
  }
  most.resources = {
    ...most.resources,
    Timeout: Math.max(most.resources['Timeout'] ?? 0, reading.resources['Timeout'] ?? 0),
    TCPSocketWrap: Math.max(most.resources['TCPSocketWrap'] ?? 0, reading.resources['TCPSocketWrap'] ?? 0),
  }
}

async function watchHealth(): Promise<() => Promise<number[]>> {
  const child: ChildProcess = fork(fileURLToPath(new URL('health.ts', import.meta.url)), [measured.url])
  await once(child, 'message')
  return async () => {
    const told = once(child, 'message')
    child.send('end')
    const [tookMs] = (await told) as [number[]]
    return tookMs.sort((a, b) => a - b)
  }
}

/** Prints what came of it. @returns what does not hold */
function report(): string[] {
  const wrong = [...tally.surprises].map(([what, times]) => `${what}, ${times} times`)
  const rows: [measure: string, of: (reading: Reading) => number, digits: number][] = [
    ['resident memory, MiB', ({ residentMiB }) => residentMiB, 1],
    ['heap in use, MiB', ({ heapMiB }) => heapMiB, 1],
    ['descriptors', ({ descriptors }) => descriptors, 0],
    ['timers', ({ resources }) => resources['Timeout'] ?? 0, 0],
    ['sockets', ({ resources }) => resources['TCPSocketWrap'] ?? 0, 0],
    ['sessions', ({ sessions }) => sessions, 0],
  ]
  say('\n| measure | at the start | most | at the end | change |\n| --- | --- | --- | --- | --- |')
  for (const [measure, of, digits] of rows) {
    const [first, last] = [of(before), of(after)]
    const change = first === 0 ? (last === 0 ? 0 : Number.POSITIVE_INFINITY) : (last / first - 1) * 100
    const shown = [first, of(most), last].map((value) => value.toFixed(digits)).join(' | ')
    say(`| ${measure} | ${shown} | ${change >= 0 ? '+' : ''}${change.toFixed(1)} % |`)
    if (!(last <= first * LEEWAY)) wrong.push(`${measure}: ${first} at the start, ${last} at the end`)
  }
  const longest = healthMs.at(-1) ?? Number.NaN
  say('\n| | at rest, before | during the calls |\n| --- | --- | --- |')
  say(
    `| calls | | ${CALLS} in ${tookS.toFixed(0)} s, ${(CALLS / tookS).toFixed(0)} a second, ${AT_ONCE} at a time |`,
  )
  for (const [what, share] of [
    ['/livez, median', 0.5],
    ['/livez, 99 of 100 within', 0.99],
    ['/livez, longest', 1],
  ] as const)
    say(`| ${what} | ${at(atRestMs, share)} ms | ${at(healthMs, share)} ms |`)
  const longestDelay = Math.max(...loopDelays)
  say(`| longest event-loop delay | ${loopDelayAtRest.toFixed(1)} ms | ${longestDelay.toFixed(1)} ms |`)
  if (!(longest <= HEALTH_MS)) wrong.push(`/livez took ${longest.toFixed(0)} ms, more than ${HEALTH_MS}`)
  say('\n| call | how they ended |\n| --- | --- |')
  for (const [name, counts] of [...tally.ends].sort(([a], [b]) => a.localeCompare(b))) {
    const ends = [...counts].sort(([a], [b]) => String(a).localeCompare(String(b)))
    say(`| ${name} | ${ends.map(([end, times]) => `${end}: ${times}`).join(', ')} |`)
  }
  say('')
  return wrong
}

/** Of sorted times, the one that so large a share of them does not exceed. */
function at(sortedMs: readonly number[], share: number): string {
  return (sortedMs[Math.min(sortedMs.length - 1, Math.floor(sortedMs.length * share))] ?? Number.NaN).toFixed(
    1,
  )
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
