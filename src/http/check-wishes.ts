import type { CheckWishes } from '../check/seen.ts'
import { AddressError, type Mailbox, mailbox } from '../smtp/path.ts'
import { ODD_END_NAMES } from '../smtp/probe-bare-newline.ts'
import { parseHost } from '../text/host.ts'
import { bodyWish } from './auth-wish.ts'
import type { Context } from './context.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { CheckBody } from './schema/check.ts'
import { type Meant, mailHostTarget } from './target.ts'

const RELAY_FROM = 'relay-test@example.org'
const RELAY_TO = 'relay-test@example.com'
const SMTP_PORT = 25

/** What a check looks at: a server, or the mail hosts of a domain. */
type Subject =
  | ({ readonly of: 'server' } & Meant)
  | {
      readonly of: 'domain'
      readonly server: undefined
      readonly domain: string
      readonly targetAt: (host: string) => Meant['target']
    }

/**
 * What the body names.
 * @throws {Problem} 400 naming each field at fault
 */
export function subjectOf(context: Context, body: CheckBody): Subject {
  const { domain, port, family } = body
  const errors: FieldError[] = []
  const refuse = (field: string, detail: string): number => errors.push({ pointer: `/${field}`, detail })
  if (domain === undefined) {
    if (port !== undefined) refuse('port', 'it goes with domain; the port of a server stands in its URL')
    if (family !== undefined) refuse('family', 'it goes with domain')
    if (errors.length > 0) throw invalidRequest(errors)
    return { of: 'server', ...context.servers.meant('smtp', body, 'body') }
  }
  if (body.server !== undefined) refuse('server', 'domain stands beside it; keep one of them')
  if (body.auth !== undefined)
    refuse('auth', 'a login is for a server that the caller names, and not for those that the DNS names')
  const host = parseHost(domain)
  if (host.kind !== 'name')
    refuse(
      'domain',
      host.kind === 'malformed' ? `it is no domain: ${host.reason}` : 'it is an address, and no domain',
    )
  if (host.kind !== 'name' || errors.length > 0) throw invalidRequest(errors)
  const targetAt = (at: string) => mailHostTarget({ host: at, port: port ?? SMTP_PORT, family }, body, 'body')
  // what is wrong with the options is told before anything is asked
  targetAt('mail-host.invalid')
  return { of: 'domain', server: undefined, domain: host.name, targetAt }
}

/**
 * What is to be looked at besides.
 * @throws {Problem} 400 naming each field at fault; nothing is repaired
 */
export function checkWishes(context: Context, body: CheckBody, server: Meant['server']): CheckWishes {
  const errors: FieldError[] = []
  const at = (address: string, pointer: string): Mailbox | undefined => {
    try {
      return mailbox(address)
    } catch (error) {
      if (!(error instanceof AddressError)) throw error
      errors.push({ pointer, detail: error.message })
      return undefined
    }
  }
  const auth = bodyWish(body.auth, server)
  const sender = body.from === undefined || body.from === '' ? null : at(body.from, '/from')
  const recipients = (body.recipients ?? []).map((address, place) => at(address, `/recipients/${place}`))
  const relay = relayOf(body.relayTest, at, errors)
  const mtaSts = policyDomain(body, errors)
  const probes = probesOf(body, at, errors)
  if (errors.length > 0) throw invalidRequest(errors)
  return {
    hello: {
      name: body.hello?.name ?? server?.hello ?? context.helloName,
      verb: body.hello?.verb ?? 'auto',
    },
    auth,
    sender: sender ?? null,
    recipients: recipients.filter((recipient) => recipient !== undefined),
    questions: [
      ...(body.vrfy ?? []).map((argument) => ({ verb: 'VRFY', argument }) as const),
      ...(body.expn ?? []).map((argument) => ({ verb: 'EXPN', argument }) as const),
    ],
    tlsVersions: body.tlsVersions === false ? 'leave' : 'try',
    relayTest: relay,
    mtaSts,
    tlsa: body.tlsa === true ? 'ask' : 'leave',
    probes,
  }
}

/** The domain whose policy is meant, as A-labels. */
function policyDomain({ mtaSts, domain }: CheckBody, errors: FieldError[]): string | undefined {
  if (mtaSts === undefined || mtaSts === false) return undefined
  const meant = mtaSts === true ? domain : mtaSts
  const host = meant === undefined ? undefined : parseHost(meant)
  if (host?.kind === 'name') return host.name
  const reason = host?.kind === 'malformed' ? host.reason : 'it is an address'
  errors.push({
    pointer: '/mtaSts',
    detail: host === undefined ? 'without `domain` it has to name the domain' : `it is no domain: ${reason}`,
  })
  return undefined
}

const WAIT_MS = 5000

function probesOf(
  { probes, domain }: CheckBody,
  at: (address: string, pointer: string) => Mailbox | undefined,
  errors: FieldError[],
): CheckWishes['probes'] {
  if (probes === undefined) return undefined
  if (domain !== undefined)
    errors.push({
      pointer: '/probes',
      detail: 'they are for a server that the caller names, and not for a domain',
    })
  const { starttlsInjection, bareNewline } = probes
  const injection = starttlsInjection === true ? 'probe' : 'leave'
  if (bareNewline === undefined) return { starttlsInjection: injection, bareNewline: undefined }
  const plain = (address: string, pointer: string): Mailbox | undefined => {
    const found = at(address, pointer)
    if (found?.needsSmtpUtf8 === true) errors.push({ pointer, detail: 'only ASCII may stand here' })
    return found
  }
  const { from = '', to, ends = ODD_END_NAMES, waitMs = WAIT_MS } = bareNewline
  const recipient = plain(to, '/probes/bareNewline/to')
  const sender = from === '' ? null : plain(from, '/probes/bareNewline/from')
  if (recipient === undefined || sender === undefined) return undefined
  return {
    starttlsInjection: injection,
    bareNewline: { from: sender, to: recipient, ends: [...new Set(ends)], waitMs },
  }
}

/** The battery writes these addresses in other forms, for which their local parts have to be plain. */
const PLAIN = /^[A-Za-z0-9._+-]+$/

function relayOf(
  wish: CheckBody['relayTest'],
  at: (address: string, pointer: string) => Mailbox | undefined,
  errors: FieldError[],
): CheckWishes['relayTest'] {
  if (wish === undefined || wish === false) return undefined
  const { from = RELAY_FROM, to = RELAY_TO } = wish === true ? {} : wish
  const [sender, recipient] = [at(from, '/relayTest/from'), at(to, '/relayTest/to')]
  for (const [field, given] of [
    ['from', sender],
    ['to', recipient],
  ] as const) {
    if (given !== undefined && !PLAIN.test(given.localPart)) {
      errors.push({
        pointer: `/relayTest/${field}`,
        detail: 'before the @ only letters, digits and . _ + - may stand here',
      })
    }
  }
  return sender === undefined || recipient === undefined ? undefined : { from: sender, to: recipient }
}
