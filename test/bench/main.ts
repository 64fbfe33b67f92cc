import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Bench, Section } from './bench.ts'
import { cost } from './cost.ts'
import { growth } from './growth.ts'
import { startSinks } from './processes.ts'
import { roundTrips } from './round-trips.ts'
import { sessions } from './sessions.ts'
import { noise } from './statistics.ts'
import { type Table, tableText } from './tables.ts'
import { tls } from './tls.ts'

const SECTIONS: Readonly<Record<string, Section>> = {
  'round-trips': roundTrips,
  cost,
  tls,
  growth,
  sessions,
}

const ONE_WAY_MS = 25
const SLOW_MS = 200

const { values } = parseArgs({
  options: {
    section: { type: 'string', multiple: true, default: Object.keys(SECTIONS) },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: fileURLToPath(new URL('../../last.json', import.meta.url)) },
  },
})
const unknown = values.section.filter((name) => SECTIONS[name] === undefined)
if (unknown.length > 0) throw new Error(`there are ${Object.keys(SECTIONS).join(', ')}, and no ${unknown}`)

const began = performance.now()
const sinks = await startSinks(ONE_WAY_MS, SLOW_MS)
const bench: Bench = {
  ports: sinks.ports,
  pace: values.quick ? 'quick' : 'whole',
  oneWayMs: ONE_WAY_MS,
  slowMs: SLOW_MS,
}
const machine = { node: process.version, cpus: cpus().length, before: noise(), load: loadavg()[0] }
const tables: Table[] = []
try {
  for (const name of values.section) {
    for (const table of (await SECTIONS[name]?.(bench)) ?? []) {
      tables.push(table)
      process.stdout.write(tableText(table))
    }
  }
} finally {
  await sinks.running.stop()
}
const after = noise()
process.stdout.write(
  `\nNode ${process.version}, ${machine.cpus} CPUs. The same sum took ${machine.before.ms.toFixed(1)} ms before and ` +
    `${after.ms.toFixed(1)} ms after, spread ${percent(machine.before.spread)} and ${percent(after.spread)}; load ` +
    `${machine.load?.toFixed(1)}. The whole run took ${Math.round((performance.now() - began) / 1000)} s.\n`,
)
await writeFile(
  values.json,
  `${JSON.stringify({ ...machine, after, quick: values.quick, tables }, null, 2)}\n`,
)

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
