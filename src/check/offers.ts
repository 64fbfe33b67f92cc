import { type Extensions, limitsIn, mechanismsIn, offeredIn, sizeLimitIn } from '../smtp/ehlo.ts'
import { explainedIn } from '../smtp/explained.ts'
import { greetingIn, hellosIn, nameIn } from './names.ts'
import { type CheckFinding, finding, type Section } from './section.ts'
import type { Seen } from './seen.ts'

/** From here on a greeting is slow on purpose, or the server has too much to do. */
const SLOW_GREETING_MS = 5000

/** The greeting, its words and its time. */
export function greetingSection({ looked: { transcript } }: Seen): Section {
  const entry = greetingIn(transcript)
  const ms = transcript.phases.find(({ name }) => name === 'greeting')?.ms ?? null
  const lines = entry?.lines ?? []
  const slow = ms !== null && ms >= SLOW_GREETING_MS
  return {
    title: 'Greeting',
    part: { greeting: { lines, name: nameIn(entry) ?? null, ms } },
    lines: [...lines, `after ${ms ?? '?'} ms`],
    findings: slow
      ? [
          finding(
            'info',
            'greeting-slow',
            `The greeting took ${(ms / 1000).toFixed(1)} s.`,
            [
              'Many servers wait on purpose, because impatient senders are mostly spammers: clients need patience (RFC 5321 §4.5.3.2.1 allows five minutes). Where it is not on purpose, look at the DNS lookups that the server makes for each client.',
            ],
            entry === undefined ? [] : [entry.seq],
          ),
        ]
      : [],
  }
}

interface Offers {
  readonly before: Extensions | undefined
  readonly afterTls: Extensions | undefined
  readonly afterLogin: Extensions | undefined
}

/** What EHLO offers, before and after TLS and after the login, each explained; limits, mechanisms, and what changes. */
export function offersSection({ looked, wishes }: Seen): Section {
  const { report, target, transcript } = looked
  const implicit = target.security === 'implicit'
  const offers: Offers = {
    before: implicit ? undefined : report.extensionsBeforeTls,
    afterTls: report.extensionsAfterTls,
    afterLogin: report.extensionsAfterLogin,
  }
  const last = offers.afterLogin ?? offers.afterTls ?? offers.before ?? new Map<string, readonly string[]>()
  const limits = limitsOf(last)
  const changes = {
    withTls: changesOf(offers.before, offers.afterTls),
    withLogin: changesOf(offers.afterTls ?? offers.before, offers.afterLogin),
  }
  return {
    title: 'What it offers',
    part: {
      extensions: {
        before: explainedIn(offers.before ?? new Map()),
        afterTls: explainedIn(offers.afterTls ?? new Map()),
        afterLogin: explainedIn(offers.afterLogin ?? new Map()),
        changes,
      },
      limits,
      mechanisms: {
        before: mechanismsIn(offers.before ?? new Map()),
        afterTls: mechanismsIn(offers.afterTls ?? new Map()),
        afterLogin: mechanismsIn(offers.afterLogin ?? new Map()),
      },
    },
    lines: [
      ...explainedIn(last).map(({ line, explanation }) => `${line}: ${explanation ?? 'not known here'}`),
      ...changeLines('with TLS', changes.withTls),
      ...changeLines('after the login', changes.withLogin),
      `largest message: ${limits.messageOctets === null ? 'no limit is named' : `${limits.messageOctets} octets`}`,
    ],
    findings: [
      ...(hellosIn(transcript).length > 0 && last.size === 0 && wishes.hello.verb !== 'HELO'
        ? [NO_EXTENSIONS]
        : []),
      ...lacking(last),
      ...misplaced(offers),
    ],
  }
}

const NO_EXTENSIONS = finding(
  'warning',
  'extensions-none',
  'The server offers no extension at all: no TLS, no login, no sizes.',
  [
    'Where EHLO was refused, look for a firewall that changes SMTP on its way (Cisco’s “fixup” is known for it), and switch that off.',
  ],
)

/** What clients of today rely on. */
const EXPECTED = ['PIPELINING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SMTPUTF8'] as const

function lacking(extensions: Extensions): CheckFinding[] {
  const missing = EXPECTED.filter((keyword) => !extensions.has(keyword))
  if (extensions.size === 0 || missing.length === 0) return []
  return [
    finding('info', 'extensions-missing', `Not offered: ${missing.join(', ')}.`, [
      'Clients do without them: more slowly, with more guesses about refusals, or with mail re-encoded. SMTPUTF8 alone is needed for international addresses.',
    ]),
  ]
}

function misplaced({ before, afterTls }: Offers): CheckFinding[] {
  const findings: CheckFinding[] = []
  if (afterTls?.has('STARTTLS') === true) {
    findings.push(
      finding(
        'warning',
        'starttls-inside-tls',
        'STARTTLS is offered again inside TLS, which RFC 3207 §4.2 forbids.',
        ['Look for a proxy in front of the server that ends TLS and passes the server’s own words on.'],
      ),
    )
  }
  const exposed = mechanismsIn(before ?? new Map()).filter((name) =>
    /^(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)$/.test(name),
  )
  if (exposed.length > 0) {
    findings.push(
      finding(
        'warning',
        'auth-in-the-clear',
        `${exposed.join(', ')} may be used without TLS, where anybody on the way can read the credentials.`,
        ['Offer AUTH only inside TLS (Postfix: smtpd_tls_auth_only = yes).'],
      ),
    )
  }
  return findings
}

function limitsOf(extensions: Extensions) {
  const limits = limitsIn(extensions)
  const limit = (name: string): number | null => {
    const value = limits.get(name)
    return value !== undefined && Number.isSafeInteger(value) ? value : null
  }
  return {
    messageOctets: sizeLimitIn(extensions) ?? null,
    mails: limit('MAILMAX'),
    recipients: limit('RCPTMAX'),
    recipientDomains: limit('RCPTDOMAINMAX'),
  }
}

interface Changes {
  readonly gone: readonly string[]
  readonly come: readonly string[]
}

/** null where there is nothing to compare. */
function changesOf(before: Extensions | undefined, after: Extensions | undefined): Changes | null {
  if (before === undefined || after === undefined) return null
  const [was, is] = [offeredIn(before), offeredIn(after)]
  return { gone: was.filter((line) => !is.includes(line)), come: is.filter((line) => !was.includes(line)) }
}

function changeLines(where: string, changes: Changes | null): string[] {
  const changed = [
    ...(changes?.gone ?? []).map((line) => `- ${line}`),
    ...(changes?.come ?? []).map((line) => `+ ${line}`),
  ]
  return changed.length === 0 ? [] : [`${where}: ${changed.join(', ')}`]
}
