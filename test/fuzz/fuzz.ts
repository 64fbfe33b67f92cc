import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { pino } from 'pino'
import supertest, { type Response, type Test } from 'supertest'
import { readConfig } from '../../src/config/config.ts'
import { openApiDocument } from '../../src/http/documented.ts'
import { startService } from '../../src/service.ts'
import { hostileServer } from '../hostile/hostile-server.ts'
import { createIdentities } from '../hostile/identities.ts'
import { SECRET } from '../hostile/secret.ts'
import { anyValueOf, type JsonSchema } from '../support/any-value.ts'
import { DocumentWatch } from '../support/document-watch.ts'
import { forms } from '../support/secrets-watch.ts'
import type { TestService } from '../support/service.ts'
import { type Mutation, mutated, mutation } from './mutations.ts'
import { Random } from './random.ts'
import { type Scenario, scenario, TOTAL_MS } from './scenarios.ts'

/** What the machine and leaving politely may add to a call. */
const SLACK_MS = 8000
const AT_A_TIME = 4

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? randomInt(2 ** 31))
const until = performance.now() + Number(values.minutes) * 60_000
const unhandled: unknown[] = []
process.on('unhandledRejection', (error) => unhandled.push(error))

const logs: string[] = []
const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void logs.push(line) })
const config = readConfig(
  {
    MAILWIRE_PORT: '0',
    MAILWIRE_RATE_LIMIT: '0',
    MAILWIRE_EGRESS_ALLOW: '127.0.0.0/8:*',
    MAILWIRE_MAX_MESSAGE_BYTES: '1000000',
    MAILWIRE_TOTAL_TIMEOUT_MS: String(TOTAL_MS),
  },
  { readFile: (path) => readFileSync(path, 'utf8'), hostname: 'fuzz' },
)
const running = await startService(config, logger, '0.0.0')
const service = { agent: supertest.agent(running.url) } as unknown as TestService
const identities = await createIdentities()
const watch = new DocumentWatch()
const secretForms = forms(SECRET).map((form) => form.toLowerCase())
const outcomes = new Map<string, Map<string, number>>()

console.log(`fuzzing for ${values.minutes} min with --seed ${seed}`)
const before = openThings()
let number = 0
let failure: string | undefined
await Promise.all(Array.from({ length: AT_A_TIME }, () => work()))
await running.close(0)
printTable()
failure ??= await leftovers()
if (unhandled.length > 0) failure ??= `unhandled: ${String(unhandled[0])}`
if (failure !== undefined) {
  console.error(`\n${failure}\n\nagain with: npm run fuzz -- --seed ${seed}`)
  process.exitCode = 1
}

async function work(): Promise<void> {
  while (performance.now() < until && failure === undefined) {
    const trial = number
    number += 1
    const random = new Random(seed + trial * 7919)
    const told = random.below(4) === 0 ? await httpTrial(random) : await serverTrial(random)
    if (told !== undefined) failure ??= `trial ${trial}: ${told}`
  }
}

/** One call against one server whose words were changed; a failure comes with as few of the changes as show it. */
async function serverTrial(random: Random): Promise<string | undefined> {
  const chosen = scenario(random, SECRET)
  const mutations: Mutation[] = []
  for (let count = 1 + random.below(4); count > 0; count -= 1)
    mutations.push(mutation(random, mutated(chosen.script, mutations), SECRET))
  const wrong = await faultOf(chosen, mutations)
  if (wrong === undefined) return undefined
  let fewest = mutations
  for (const each of mutations) {
    const fewer = fewest.filter((other) => other !== each)
    if ((await faultOf(chosen, fewer)) !== undefined) fewest = fewer
  }
  const verbs = new Set(fewest.map(({ verb }) => verb))
  const changed = Object.entries(mutated(chosen.script, fewest)).filter(([verb]) => verbs.has(verb))
  const changes = fewest.map(({ verb, place, how }) => `  ${verb}[${place}]: ${how}`).join('\n')
  return `${wrong}\n${chosen.name}, with\n${changes}\n${JSON.stringify(changed, shownOctets, 1)}`
}

async function faultOf(chosen: Scenario, mutations: readonly Mutation[]): Promise<string | undefined> {
  const server = await hostileServer(mutated(chosen.script, mutations), identities)
  try {
    const began = performance.now()
    const response = await answered(chosen.call(service, server.port, identities.ca))
    const tookMs = performance.now() - began
    count(
      chosen.name,
      String(response?.body?.outcome ?? (response === undefined ? 'broken off' : response.status)),
    )
    if (tookMs > TOTAL_MS + SLACK_MS) return `it took ${Math.round(tookMs)} ms`
    if (!(await within(server.left()))) return 'a connection was left open'
    return response === undefined ? undefined : wrongIn(response, chosen.login)
  } finally {
    await server.close()
  }
}

/** One request of chance. */
async function httpTrial(random: Random): Promise<string | undefined> {
  const document = openApiDocument('0.0.0') as unknown as {
    readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
  }
  const { schemas } = document.components
  const body = fc.sample(anyValueOf(schemas['SendRequest'] as JsonSchema, schemas), {
    seed: random.below(2 ** 31),
    numRuns: 1,
  })[0]
  const response = await answered(
    service.agent.post('/smtp/send').set('Content-Type', 'application/json').send(JSON.stringify(body)),
  )
  count('random requests', String(response?.status))
  const wrong = response === undefined ? 'the answer broke off' : wrongIn(response, 'none')
  return wrong === undefined ? undefined : `${wrong}\n${JSON.stringify(body)}`
}

function wrongIn(response: Response, login: Scenario['login']): string | undefined {
  const { method, url } = response.request as unknown as { method: string; url: string }
  const { status, headers, text } = response
  if (status === 500) return `500: ${logs.filter((line) => line.includes('"a bug"')).at(-1)}`
  try {
    watch.check({ method, path: url.slice(running.url.length), status, headers, text })
  } catch (error) {
    return (error as Error).message
  }
  const said = [JSON.stringify(headers), text, ...logs.splice(0)].join('\n').toLowerCase()
  const leaked = login === 'none' ? undefined : secretForms.find((form) => said.includes(form))
  if (leaked !== undefined) return `the secret was told as ${leaked}`
  return unhandled.length > 0 ? `unhandled: ${String(unhandled[0])}` : undefined
}

/** Undefined where the answer breaks off, as that of a message does whose server hangs up. */
async function answered(call: Test): Promise<Response | undefined> {
  try {
    return await call
  } catch (error) {
    if ((error as Error).message === 'aborted') return undefined
    throw error
  }
}

async function within(met: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), SLACK_MS)
  })
  const result = await Promise.race([met.then(() => true), late])
  clearTimeout(timer)
  return result
}

/** Sockets, servers and timers of this process. */
function openThings(): Map<string, number> {
  const things = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) things.set(name, (things.get(name) ?? 0) + 1)
  return things
}

async function leftovers(): Promise<string | undefined> {
  const deadline = performance.now() + SLACK_MS
  for (;;) {
    const more = [...openThings()].filter(
      ([name, count]) => /^(?:TCP|TLS|Timeout)/.test(name) && count > (before.get(name) ?? 0),
    )
    if (more.length === 0) return undefined
    if (performance.now() > deadline)
      return `left open: ${more.map(([name, count]) => `${count} ${name}`).join(', ')}`
    await new Promise((resolve) => setTimeout(resolve, 100).unref())
    await new Promise(setImmediate)
  }
}

function count(name: string, outcome: string): void {
  const counts = outcomes.get(name) ?? new Map<string, number>()
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  outcomes.set(name, counts)
}

function printTable(): void {
  for (const [name, counts] of [...outcomes].sort(([a], [b]) => a.localeCompare(b))) {
    const trials = [...counts.values()].reduce((sum, each) => sum + each, 0)
    const told = [...counts].sort((a, b) => b[1] - a[1]).map(([outcome, times]) => `${outcome} ${times}`)
    console.log(`${name.padEnd(16)} ${String(trials).padStart(6)}   ${told.join(', ')}`)
  }
}

function shownOctets(_: string, value: unknown): unknown {
  const octets = value as { type?: string; data?: number[] } | null
  return octets?.type === 'Buffer'
    ? Buffer.from(octets.data ?? [])
        .toString('latin1')
        .slice(0, 200)
    : value
}
