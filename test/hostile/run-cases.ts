import type { Response, Test } from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceOptions, service, type TestService } from '../support/service.ts'
import { type HostileCase, type Limits, MOST_OCTETS, type Play, type Told } from './case.ts'
import { type HostileServer, hostileServer } from './hostile-server.ts'
import { createIdentities, type Identities } from './identities.ts'
import { SECRET_SAID } from './secret.ts'
import type { Script } from './steps.ts'

/** A protocol: what an honest server does, how the service is called, and what may not be heard behind a stage. */
export interface Area<Call> {
  readonly honest: Script
  readonly success: Told
  readonly service?: ServiceOptions
  readonly never: (stage: string | null) => readonly RegExp[]
  call(mailwire: TestService, port: number, ca: string, call: Call | undefined, limits: Limits): Test
}

/** What the machine may add to a wait that is not the service's. */
const SLACK_MS = 4000

/** Long enough that only a wait that is meant runs into them. */
const PATIENT: Limits = {
  connect: 8000,
  greeting: 8000,
  command: 8000,
  data: 8000,
  final: 8000,
  total: 15_000,
}

/** Runs each case and its twin over the whole service, several at a time. */
export function runCases<Call>(area: Area<Call>, cases: readonly HostileCase<Call>[]): void {
  const mailwire = service(area.service)
  let identities: Identities
  beforeAll(async () => {
    identities = await createIdentities()
  })
  afterAll(async () => {
    const { body } = await mailwire.agent.get('/livez').expect(200)
    expect(body.sessions).toBe(0)
  })
  const both = cases.flatMap(({ twin, ...hostile }) => [
    [hostile.name, hostile, []] as const,
    [`${hostile.name}, its innocent twin`, innocent(area, hostile, twin), hostile.findings ?? []] as const,
  ])
  describe('a server that is hostile, and one that is not', () => {
    test.concurrent.each(both)('%s', async (_name, play, guards) => {
      await run(mailwire, area, identities, play, guards)
    })
  })
}

/** What a twin is not told to do otherwise, it does as the case; what is found in the case is not found in it. */
function innocent<Call>(
  area: Area<Call>,
  hostile: Omit<HostileCase<Call>, 'twin'>,
  twin: HostileCase<Call>['twin'],
): Play<Call> {
  const { call, limits, mostOctets } = hostile
  return {
    ...(call === undefined ? {} : { call }),
    ...(limits === undefined ? {} : { limits }),
    ...(mostOctets === undefined ? {} : { mostOctets }),
    told: area.success,
    ...twin,
  }
}

async function run<Call>(
  mailwire: TestService,
  area: Area<Call>,
  identities: Identities,
  play: Play<Call>,
  guards: readonly string[],
): Promise<void> {
  const server = await hostileServer({ ...area.honest, ...play.does }, identities)
  try {
    const limits = { ...PATIENT, ...play.limits }
    const began = performance.now()
    const response = await answered(area.call(mailwire, server.port, identities.ca, play.call, limits))
    const tookMs = performance.now() - began
    expect(toldBy(response)).toEqual(play.told)
    expect(tookMs).toBeLessThan(Math.max(0, ...Object.values(play.limits ?? {})) + SLACK_MS)
    expectNothingOfOurs(response)
    expect(JSON.stringify([response.headers, response.text])).not.toMatch(SECRET_SAID)
    expectFindings(response, play.findings ?? [], guards)
    const read = response.body?.transcript?.bytes?.received
    if (read !== undefined) expect(read).toBeLessThan(play.mostOctets ?? MOST_OCTETS)
    play.holds?.(response.body)
    await withinSlack(server.left())
    expectHeard(server, play, area)
  } finally {
    await server.close()
  }
}

/** An answer that breaks off is one as well. */
async function answered(call: Test): Promise<Response> {
  try {
    return await call
  } catch (error) {
    if ((error as Error).message !== 'aborted') throw error
    return { status: 0, body: { outcome: 'broken-off' }, text: '', headers: {} } as unknown as Response
  }
}

function toldBy({ status, body }: Response): Told {
  const code = /^\/problems\/(.+)$/.exec(body?.type ?? '')?.[1] ?? null
  return [status, body?.outcome, body?.stage ?? null, code]
}

/** Rule 12: no stack, no path. */
function expectNothingOfOurs({ text }: Response): void {
  expect(text).not.toMatch(/\bat \S+ \(|node:internal|\/src\/[a-z0-9]+\//)
}

function expectFindings({ body }: Response, wanted: readonly string[], guards: readonly string[]): void {
  const codes: string[] = (body?.transcript?.findings ?? []).map(({ code }: { code: string }) => code)
  for (const code of wanted) expect(codes).toContain(code)
  for (const code of guards) if (!wanted.includes(code)) expect(codes).not.toContain(code)
}

function expectHeard<Call>(server: HostileServer, play: Play<Call>, area: Area<Call>): void {
  const heard = Buffer.concat(server.heard.map(({ octets }) => octets)).toString('latin1')
  const { told, never = told[0] < 400 ? [] : area.never(told[2]), hears = [] } = play
  for (const pattern of never) expect(heard).not.toMatch(pattern)
  for (const pattern of hears) expect(heard).toMatch(pattern)
}

async function withinSlack(met: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a connection was left open')), SLACK_MS)
  })
  await Promise.race([met, late])
  clearTimeout(timer)
}
