import type { FindAddresses } from '../session/mail-route.ts'
import { STAGES, type Stage } from '../session/outcome.ts'
import type { SessionEnd } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import type { Hello } from '../smtp/hello.ts'
import { type OpeningReport, openSmtp } from '../smtp/open.ts'
import type { MailHosts } from '../wire/mx.ts'
import { asked, type Hold, smtpSession, whereThereIsRoom } from './terms.ts'

export interface DomainWish {
  readonly domain: string
  readonly route: MailHosts
  readonly targetAt: (host: string) => Target
  readonly findAddresses: FindAddresses
  readonly hello: Hello
}

type Host = MailHosts['hosts'][number]

/** One address of one mail host, and what a short session with it came to. */
export interface DomainCell {
  readonly host: Host
  readonly target: Target
  /** null where the host has none. */
  readonly address: string | null
  readonly end: SessionEnd<void>
  readonly opening: OpeningReport
}

export interface DomainSeen {
  readonly domain: string
  readonly route: MailHosts
  readonly cells: readonly DomainCell[]
  /** Addresses that nobody looked at, because there are too many or no room for a session. */
  readonly left: readonly string[]
}

/** A zone may list many addresses for each of its hosts. */
const MOST_CELLS = 32
/** Sessions at the same time. */
const AT_ONCE = 4

/** Looks at every address of every mail host of a domain: greeting, EHLO, STARTTLS, EHLO; and at the same time at some of them. */
export async function lookAtDomain(hold: Hold, wish: DomainWish): Promise<DomainSeen> {
  const { domain, route, targetAt } = wish
  const places = (
    await severalAtOnce(route.hosts, async (host) => {
      const target = targetAt(host.host)
      const addresses = await addressesOf(hold, target, wish)
      // a host without an address is looked at too: its session says why there is none
      return addresses.length === 0
        ? [{ host, target, address: null }]
        : addresses.map((address) => ({ host, target: { ...target, address }, address }))
    })
  ).flat()
  const cells = await severalAtOnce(places.slice(0, MOST_CELLS), async (place) => {
    const opening: OpeningReport = {}
    const end = await whereThereIsRoom(
      hold(place.target, (terms) =>
        smtpSession(terms, place.target, async (session) => {
          await openSmtp(session, { hello: wish.hello, xclient: undefined, end: undefined }, opening)
          session.stage = 'quit'
        }),
      ),
    )
    return end === undefined ? undefined : { ...place, end, opening }
  })
  const looked = cells.filter((cell) => cell !== undefined)
  const left = places.filter(
    ({ address, host }) => !looked.some((cell) => cell.address === address && cell.host.host === host.host),
  )
  return {
    domain,
    route,
    cells: looked,
    left: left.map(({ host, address }) => `${host.host} (${address ?? 'no address'})`),
  }
}

/** The place that is most worth a thorough look: the first by preference that got as far as a greeting. */
export function bestOf({ cells }: DomainSeen): Target | undefined {
  return (cells.find(({ end }) => wasGreeted(end)) ?? cells[0])?.target
}

/** Whether a server has said that it is there for mail. */
export function wasGreeted({ failure, stage }: Pick<SessionEnd<unknown>, 'failure' | 'stage'>): boolean {
  return failure === undefined || STAGES.indexOf(stage) > STAGES.indexOf('greeting')
}

export type Verdict = 'done' | 'failed' | 'not-reached' | 'not-offered'

/** The stages of a short session, each with what became of it. */
export function stagesOf({
  end,
  opening,
}: DomainCell): readonly { readonly stage: Stage; readonly verdict: Verdict }[] {
  const failedAt = end.failure === undefined ? STAGES.length : order(end.failure.stage)
  return SHORT_STAGES.map((stage) => {
    const at = order(stage)
    if (stage === 'starttls' || stage === 'tls') return { stage, verdict: tlsVerdict(stage) }
    return { stage, verdict: at < failedAt ? 'done' : at === failedAt ? 'failed' : 'not-reached' }
  })

  function tlsVerdict(stage: 'starttls' | 'tls'): Verdict {
    if (end.tls !== undefined) return 'done'
    const before = opening.extensionsBeforeTls
    if (before === undefined) return 'not-reached'
    if (!before.has('STARTTLS')) return 'not-offered'
    const handshake = end.failure?.fault?.kind === 'tls'
    if (stage === 'starttls') return handshake ? 'done' : 'failed'
    return handshake ? 'failed' : 'not-reached'
  }
}

const SHORT_STAGES = ['dns', 'connect', 'greeting', 'hello', 'starttls', 'tls'] as const

function order(stage: Stage): number {
  const at = (SHORT_STAGES as readonly Stage[]).indexOf(stage)
  return at === -1 ? SHORT_STAGES.length : at
}

async function addressesOf(hold: Hold, target: Target, wish: DomainWish): Promise<readonly string[]> {
  const subject = `answer to the question for ${target.host}`
  const found = await whereThereIsRoom(
    hold(target, (terms) => asked(terms, subject, () => wish.findAddresses(target.host, target.family))),
  )
  return found ?? []
}

/** Does the work for each item, for some of them at a time; results stand in the order of the items. */
async function severalAtOnce<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = []
  const waiting = items.entries()
  const worker = async (): Promise<void> => {
    for (const [at, item] of waiting) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
