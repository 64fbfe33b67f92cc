import { inCrlf } from '../message/long-content.ts'
import type { TimeLimits } from '../session/budget.ts'
import type { ConfiguredServer } from '../session/configured-server.ts'
import { type Expectation, expectation, namesIn } from '../session/expectation.ts'
import { referencesIn } from '../session/script-line.ts'
import { MOST_SECRETS } from '../session/script-secrets.ts'
import type { Script, Step, StepSecret } from '../session/script-steps.ts'
import type { Target } from '../session/target.ts'
import { inOne } from '../text/in-turns.ts'
import type { LongText } from '../text/long-text.ts'
import { PatternError } from '../text/pattern.ts'
import { configuredWish, fieldsWish } from './auth-wish.ts'
import { fromBase64 } from './given-base64.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { SmtpSessionBody, StepFields } from './schema/script.ts'
import type { Role } from './target.ts'
import { collected } from './together.ts'

/** What a script's steps are read with. */
interface Reading {
  readonly role: Role
  readonly server: ConfiguredServer | undefined
  readonly timeLimits: TimeLimits
}

type ScriptFields = Pick<SmtpSessionBody, 'onUnexpected' | 'pipelining'> & {
  readonly steps: readonly StepFields[]
}

/**
 * The caller's script, every step of it readable.
 * @throws {Problem} 400 naming each step and field at fault
 */
export async function scriptOf(body: ScriptFields, reading: Reading): Promise<Script> {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const steps: Step[] = []
  const secrets = new Set<string>()
  let pausesMs = 0
  for (const [at, fields] of body.steps.entries()) {
    const place = `/steps/${at}`
    for (const name of referencesIn(fields.send ?? '')) {
      if (!names.has(name))
        errors.push({
          pointer: `${place}/send`,
          detail: 'no `expect` before it captures a name that it uses',
        })
    }
    pausesMs += fields.pauseMs ?? 0
    if (fields.pauseMs !== undefined && pausesMs >= reading.timeLimits.total) {
      const detail = `the pauses up to here take the ${reading.timeLimits.total} ms that the whole call may take`
      errors.push({ pointer: `${place}/pauseMs`, detail })
    }
    if (typeof fields.secret === 'string') secrets.add(fields.secret)
    if (secrets.size > MOST_SECRETS && typeof fields.secret === 'string')
      errors.push({
        pointer: `${place}/secret`,
        detail: `at most ${MOST_SECRETS} different secrets are taken`,
      })
    if (body.steps[at - 1]?.drop === true)
      errors.push({ pointer: place, detail: 'nothing can follow `drop`' })
    const step = await collected(errors, () => stepOf(fields, place, reading))
    if (step === undefined) continue
    for (const name of namesIn(step.expect)) names.add(name)
    steps.push(step)
  }
  if (errors.length > 0) throw invalidRequest(errors)
  return {
    steps,
    onUnexpected: body.onUnexpected ?? 'stop',
    flights: body.pipelining === 'on' ? 'grouped' : 'single',
  }
}

/** Without a word about TLS or login nothing is said before the first step, unless the configuration wants it so. */
export function quiet(target: Target, body: { readonly tls?: unknown; readonly auth?: unknown }): Target {
  const asked = body.tls !== undefined || body.auth !== undefined
  return asked || target.security !== 'opportunistic' ? target : { ...target, security: 'off' }
}

async function stepOf(fields: StepFields, place: string, reading: Reading): Promise<Step> {
  const { pauseMs, reply, multiline } = fields
  const expect = expectOf(fields, place, reading.role)
  const common = {
    ...(pauseMs === undefined ? {} : { pauseMs }),
    ...(expect === undefined ? {} : { expect }),
    ...(reply === undefined ? {} : { reply }),
    ...(multiline === undefined ? {} : { multiline }),
  }
  const secret = secretOf(fields)
  if (fields.send !== undefined) return { kind: 'send', line: fields.send, ...secret, ...common }
  if (fields.data !== undefined) return { ...(await contentOf(fields.data, fields)), ...secret, ...common }
  if (fields.raw !== undefined)
    return { kind: 'raw', octets: await octetsOf(fields.raw, `${place}/raw`), ...secret, ...common }
  if (fields.login !== undefined)
    return { kind: 'login', wish: wishOf(fields.login, `${place}/login`, reading), ...common }
  if (fields.startTls !== undefined) return { kind: 'start-tls', ...common }
  if (fields.drop !== undefined) return { kind: 'drop', ...common }
  return { kind: expect === undefined ? 'pause' : 'read', ...common }
}

async function contentOf(data: string | LongText, { dotStuff, crlf, terminate }: StepFields) {
  return {
    kind: 'content',
    octets: await dataOf(data, crlf === false ? 'as-they-are' : 'crlf'),
    dotStuff: dotStuff === false ? 'off' : 'on',
    terminate: terminate === false ? 'off' : 'on',
  } as const
}

async function dataOf(data: string | LongText, lineEnds: 'as-they-are' | 'crlf'): Promise<Buffer> {
  if (typeof data !== 'string') return await inOne(lineEnds === 'crlf' ? inCrlf(data) : data)
  return Buffer.from(lineEnds === 'crlf' ? data.replaceAll(/\r\n|\r|\n/g, '\r\n') : data)
}

function secretOf({ secret }: StepFields): { readonly secret?: StepSecret } {
  if (secret === undefined) return {}
  return { secret: secret === true ? { is: 'the-rest' } : { is: 'text', text: secret } }
}

function expectOf({ expect }: StepFields, place: string, role: Role): Expectation | undefined {
  if (expect === undefined) return undefined
  try {
    return expectation(expect, role === 'pop3' ? 'statuses' : 'codes')
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const detail = `this is no code, class or status, and as a regular expression: ${error.message}`
    throw invalidRequest([{ pointer: `${place}/expect`, detail }])
  }
}

function wishOf(login: NonNullable<StepFields['login']>, place: string, { role, server }: Reading) {
  if (login !== true) return fieldsWish(login, server, role, place)
  const wish = configuredWish(server, 'auto', {})
  if (wish !== undefined) return wish
  throw invalidRequest([{ pointer: place, detail: 'no credentials are configured for this server' }])
}

async function octetsOf(base64: string | LongText, pointer: string): Promise<Buffer> {
  const octets = await fromBase64(base64, pointer)
  return Buffer.isBuffer(octets) ? octets : await inOne(octets)
}
