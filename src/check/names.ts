import type { ReverseFacts } from '../session/lookups.ts'
import { parseHost } from '../text/host.ts'
import type { Entry, Transcript } from '../transcript/entry.ts'
import { isPublic } from './addresses.ts'
import type { Looked } from './look.ts'
import { type CheckFinding, finding, type Section } from './section.ts'
import type { Seen } from './seen.ts'

type ReplyEntry = Extract<Entry, { readonly kind: 'reply' }>

/** The greeting, as the transcript shows it. */
export function greetingIn({ entries }: Transcript): ReplyEntry | undefined {
  return entries.find(
    (entry) => entry.kind === 'reply' && entry.code === 220 && entry.answers === undefined,
  ) as ReplyEntry | undefined
}

/** The replies to EHLO and its like, in order. */
export function hellosIn({ entries }: Transcript): readonly ReplyEntry[] {
  const asked = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'command' && /^(?:EHLO|HELO|LHLO) /.test(entry.line) ? [entry.seq] : [],
    ),
  )
  return entries.filter(
    (entry): entry is ReplyEntry =>
      entry.kind === 'reply' && entry.answers !== undefined && asked.has(entry.answers),
  )
}

/** RFC 5321 §4.2: greeting and hello begin with the server’s name. */
export function nameIn(reply: ReplyEntry | undefined): string | undefined {
  const host = parseHost(/^\S+/.exec(reply?.lines[0] ?? '')?.[0] ?? '')
  return host.kind === 'name' && host.name.includes('.') ? host.name : undefined
}

/** The name that a server has for itself. */
export function nameToldBy({ transcript }: Pick<Looked, 'transcript'>): string | undefined {
  return nameIn(hellosIn(transcript).at(-1)) ?? nameIn(greetingIn(transcript))
}

/** What the server calls itself, and what the DNS calls its address: forward-confirmed, they should be one name. */
export function namesSection({ looked: { transcript }, reverse }: Seen): Section {
  const greeting = greetingIn(transcript)
  const hello = hellosIn(transcript).at(-1)
  const told = { greeting: nameIn(greeting) ?? null, hello: nameIn(hello) ?? null }
  const evidence = [greeting, hello].flatMap((entry) => (entry === undefined ? [] : [entry.seq]))
  const confirmed = new Set(confirmedIn(reverse))
  const verdictOn = (name: string | null) =>
    name === null || reverse === undefined || reverse.fault !== null ? null : confirmed.has(name)
  return {
    title: 'Names',
    part: {
      names: {
        greeting: { name: told.greeting, confirmed: verdictOn(told.greeting) },
        hello: { name: told.hello, confirmed: verdictOn(told.hello) },
        reverse: reverse ?? null,
      },
    },
    lines: [
      `in the greeting: ${told.greeting ?? 'none'}; in the hello: ${told.hello ?? 'none'}`,
      reverseLine(reverse),
    ],
    findings: [...namesTold(told, evidence), ...namesFound(told, reverse, evidence)],
  }
}

interface Told {
  readonly greeting: string | null
  readonly hello: string | null
}

function namesTold({ greeting, hello }: Told, evidence: readonly number[]): CheckFinding[] {
  const findings: CheckFinding[] = []
  if (greeting === null && hello === null) {
    findings.push(
      finding(
        'warning',
        'name-missing',
        'Neither greeting nor hello begins with a full domain name (RFC 5321 §4.2).',
        ['Give the server a full domain name (Postfix: myhostname) that leads to its address.'],
        evidence,
      ),
    )
  }
  if (greeting !== null && hello !== null && greeting !== hello) {
    findings.push(
      finding(
        'info',
        'names-differ',
        `The server greets as ${greeting}, and answers the hello as ${hello}.`,
        ['One name for both makes it easier to tell which machine answered.'],
        evidence,
      ),
    )
  }
  return findings
}

function namesFound(
  told: Told,
  reverse: ReverseFacts | undefined,
  evidence: readonly number[],
): CheckFinding[] {
  if (reverse === undefined || reverse.fault !== null) {
    const why = reverse?.fault?.message ?? 'there was no answer in time'
    return [
      finding(
        'info',
        'reverse-dns-unknown',
        `Nobody could say what the name of the server’s address is: ${why}.`,
      ),
    ]
  }
  const { address } = reverse
  // what is not public has no names that anybody else could look up
  const level = isPublic(address) ? 'warning' : 'info'
  const confirmed = confirmedIn(reverse)
  if (reverse.names.length === 0) {
    return [
      finding(level, 'reverse-dns-missing', `The address ${address} has no name in the DNS.`, [
        isPublic(address)
          ? 'Let whoever gives out the address enter a PTR record with the server’s name. Many servers refuse mail from addresses without one.'
          : 'Inside of a network that harms nobody; what counts is the address that other servers see.',
      ]),
    ]
  }
  if (confirmed.length === 0) {
    const names = reverse.names.map(({ name }) => name).join(', ')
    return [
      finding(
        level,
        'reverse-dns-unconfirmed',
        `The address ${address} is called ${names}, and that does not lead back to it.`,
        ['Enter an A or AAAA record for the name with this address, or change the PTR record.'],
      ),
    ]
  }
  const strangers = [...new Set([told.greeting, told.hello])].filter(
    (name): name is string => name !== null && !confirmed.includes(name),
  )
  if (strangers.length === 0) return []
  return [
    finding(
      level,
      'reverse-dns-other-name',
      `The server calls itself ${strangers.join(' and ')}, and its address is called ${confirmed.join(', ')}.`,
      [
        'For a server that also sends, let greeting, hello and PTR record agree. For one of many behind an address it does no harm.',
      ],
      evidence,
    ),
  ]
}

/** As host names are compared: in lower case and without the last dot. */
function confirmedIn(reverse: ReverseFacts | undefined): readonly string[] {
  return (reverse?.names ?? [])
    .filter(({ confirmed }) => confirmed)
    .map(({ name }) => name.toLowerCase().replace(/\.$/, ''))
}

function reverseLine(reverse: ReverseFacts | undefined): string {
  if (reverse === undefined) return 'name of its address: not known'
  const { address, names, fault } = reverse
  if (fault !== null) return `name of ${address}: not known, ${fault.message}`
  if (names.length === 0) return `name of ${address}: none`
  return `name of ${address}: ${names.map(({ name, confirmed }) => `${name} (${confirmed ? 'leads back to it' : 'does not lead back to it'})`).join(', ')}`
}
