import type { Response } from 'express'
import type { CallLimits, TimeLimits } from '../session/budget.ts'
import type { SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { decisive, mayTryNext } from '../smtp/attempts.ts'
import type { Envelope } from '../smtp/envelope.ts'
import { mailRoute } from '../smtp/mail-route.ts'
import type { SendResult } from '../smtp/send.ts'
import { requireTarget } from './caller.ts'
import type { Context } from './context.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import { askFor, runFor } from './run.ts'
import type { ConnectionOptions } from './schema/connection.ts'
import type { MailRouteOptions } from './schema/mail-route.ts'
import { fieldError, type Meant, mailHostTarget, type Place } from './target.ts'

/** Where a message goes: to the server that is meant, or to the mail hosts of its recipients' domain. */
type Way =
  | ({ readonly to: 'server' } & Meant)
  | {
      readonly to: 'mail-hosts'
      readonly server: undefined
      readonly targetAt: (host: string) => Target
    }

export interface Attempt {
  readonly host: string
  readonly target: Target
  readonly result: SendResult
}

/** A way whose end is known. */
type Destination =
  | Extract<Way, { readonly to: 'server' }>
  | (Extract<Way, { readonly to: 'mail-hosts' }> & { readonly domain: string })

/** What came of it. */
interface Delivery {
  /** The session that the call is judged by. */
  readonly result: SendResult
  readonly target: Target
  /** Every session there was, where mail hosts were tried. */
  readonly attempts: readonly Attempt[] | undefined
  /** What was noticed of the MX records. */
  readonly findings: readonly { readonly code: string; readonly text: string }[]
}

/**
 * Whether the message may have gone anywhere, or a server has spoken about it. A caller who left before it was handed over
 * has had no answer, and nothing was sent.
 */
export function reachedServer({ result, attempts }: Delivery): boolean {
  if (result.outcome === 'unknown') return true
  if (result.failure?.fault?.kind === 'aborted') return false
  const results = attempts?.map((attempt) => attempt.result) ?? [result]
  return results.some(({ transcript }) => transcript.server.address !== null)
}

/** One session with one target, which may be the only one or one of several. */
export type Sending = (
  target: Target,
  tools: SessionTools,
  timeLimits: CallLimits,
  signal: AbortSignal,
) => Promise<SendResult>

const SMTP_PORT = 25

/**
 * The way that the options name.
 * @throws {Problem} 400 naming the field at fault
 */
export function wayOf(
  context: Context,
  options: ConnectionOptions & MailRouteOptions,
  login: 'asked' | 'not-asked',
  place: Place,
): Way {
  const { route, port, family } = options
  const errors: FieldError[] = []
  const refuse = (field: string, detail: string): number => errors.push(fieldError(field, place, detail))
  if (route === undefined) {
    if (port !== undefined) refuse('port', 'it goes with route; the port of a server stands in its URL')
    if (family !== undefined) refuse('family', 'it goes with route')
  } else {
    if (options.server !== undefined) refuse('server', 'route stands beside it; keep one of them')
    if (login === 'asked')
      refuse('auth', 'a login is for a server that the caller names, and not for those that the DNS names')
  }
  if (errors.length > 0) throw invalidRequest(errors)
  if (route === undefined) return { to: 'server', ...context.servers.meant('smtp', options, place) }
  const targetAt = (host: string): Target =>
    mailHostTarget({ host, port: port ?? SMTP_PORT, family }, options, place)
  // what is wrong with the options is told before anything is asked
  targetAt('mail-host.invalid')
  return { to: 'mail-hosts', server: undefined, targetAt }
}

/**
 * The way to these recipients, who have to be of one domain where their domain decides.
 * @param placeOf where in the request the recipient stands
 * @throws {Problem} 400 naming each recipient of another domain
 */
export function destinationOf(
  way: Way,
  { forwardPaths }: Envelope,
  placeOf: (recipient: number) => Omit<FieldError, 'detail'>,
): Destination {
  if (way.to === 'server') return way
  const domains = forwardPaths.map(({ asciiDomain }) => asciiDomain.toLowerCase())
  const detail =
    'it is of another domain than the first recipient; with route each domain needs a call of its own'
  const errors = domains.flatMap((domain, at) => (domain === domains[0] ? [] : [{ ...placeOf(at), detail }]))
  if (errors.length > 0) throw invalidRequest(errors)
  return { domain: domains[0] ?? '', ...way }
}

interface Order {
  readonly destination: Destination
  readonly timeLimits: TimeLimits
  readonly response: Response
  readonly sending: Sending
  /** Whether the message can still be sent to another host. */
  readonly repeatable: () => boolean
}

/**
 * Sends; with mail hosts the next one when one fails before the message was handed over, never after, all within the time
 * of one call.
 * @throws {NoRoom}
 * @throws {Problem} 403 when one of them is not for the caller's key
 */
export async function deliver(context: Context, order: Order): Promise<Delivery> {
  const { destination, timeLimits, response, sending } = order
  if (destination.to === 'mail-hosts') return await deliverToDomain(context, order, destination)
  const { target } = destination
  const result = await runFor(context, target, response, (signal, tools) =>
    sending(target, tools, timeLimits, signal),
  )
  return { result, target, attempts: undefined, findings: [] }
}

async function deliverToDomain(
  context: Context,
  { timeLimits, response, sending, repeatable }: Order,
  { domain, targetAt }: Extract<Destination, { readonly to: 'mail-hosts' }>,
): Promise<Delivery> {
  const { clock } = context.tools
  const began = clock.now()
  const asked = targetAt(domain)
  const route = await askFor(context, asked, response, (signal, tools) =>
    mailRoute(tools, context.mailHosts, { domain, target: asked, timeLimits, signal }),
  )
  if (route.failure !== undefined)
    return { result: withoutSession(route), target: asked, attempts: [], findings: [] }
  const { hosts, findings } = route.value
  // told before the first is tried: in the middle it would bury what came of the others
  for (const { host } of hosts) requireTarget(response, targetAt(host))
  const attempts: Attempt[] = []
  for (const { host, source, preference } of hosts) {
    const target = targetAt(host)
    const announced = `${host} takes mail for ${domain} (${WHY[source]}, preference ${preference})`
    const result = await runFor(context, target, response, (signal, tools) =>
      sending(target, announcing(tools, announced), { spent: clock.now() - began, ...timeLimits }, signal),
    )
    attempts.push({ host, target, result })
    if (!mayTryNext(result) || !repeatable()) break
  }
  const { result, target } = decisive(attempts) as Attempt
  return { result, target, attempts, findings }
}

const WHY = { mx: 'MX', implicit: 'no MX', literal: 'address literal' } as const

/** Every transcript says why it is with this host. */
function announcing(tools: SessionTools, text: string): SessionTools {
  return {
    ...tools,
    dial: async (target, hooks) => {
      hooks.event('mail-host', text)
      return await tools.dial(target, hooks)
    },
  }
}

/** The failed question, as the failed send that it is. */
function withoutSession(
  route: Extract<Awaited<ReturnType<typeof mailRoute>>, { value: undefined }>,
): SendResult {
  const { outcome } = route.failure
  return { ...route, outcome, accepted: [], rejected: [], reply: undefined, opening: {}, queueId: undefined }
}
