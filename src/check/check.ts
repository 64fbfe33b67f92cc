import type { Lookups } from '../session/lookups.ts'
import type { Target } from '../session/target.ts'
import { type Mailbox, mailbox } from '../smtp/path.ts'
import { literalOf } from './addresses.ts'
import { type DomainSeen, wasGreeted } from './domain.ts'
import { hostsIn, tlsaOf } from './hosts.ts'
import { asLookedAt, type Looked, look } from './look.ts'
import { nameToldBy } from './names.ts'
import { probesOf } from './probes.ts'
import { type RelaySeen, relayTest } from './relay.ts'
import { relayForms } from './relay-forms.ts'
import type { CheckWishes, Seen } from './seen.ts'
import { type Hold, lookedUp, whereThereIsRoom } from './terms.ts'
import { tlsVersions, type VersionTry } from './tls-versions.ts'

/** What the DNS is asked for along the way must not hold up the rest. */
const LOOKUP_MS = 5000
/** A question to the DNS, and a page from the web. */
const POLICY_MS = 15_000

/**
 * Looks at a server without sending anything: one session that sees all it can, then short ones for what a single session cannot
 * show. When the first does not come as far as a greeting there is nothing more to look at.
 * @param domain what was seen of the domain whose mail host this is
 */
export async function check(
  hold: Hold,
  lookups: Lookups,
  target: Target,
  wishes: CheckWishes,
  domain: DomainSeen | undefined,
): Promise<Seen> {
  const server = asLookedAt(target)
  const { hello, auth, sender, recipients, questions } = wishes
  const looked = await hold(server, (terms) =>
    look(terms, target, {
      hello,
      auth,
      recipients: { sender, recipients, madeUp: madeUpAt(recipients, terms.tools.newId()) },
      questions,
    }),
  )
  const nothing = {
    target,
    wishes,
    looked,
    domain,
    reverse: undefined,
    tlsVersions: undefined,
    relay: undefined,
    mtaSts: undefined,
    tlsa: undefined,
    probes: undefined,
  }
  if (!wasGreeted(looked) || looked.failure?.fault?.kind === 'aborted') return nothing
  // the same server for the rest, where the name has several addresses
  const { address } = looked.transcript.server
  const same = address === null ? server : { ...server, address }
  const hosts = hostsIn(looked, target, domain)
  const [reverse, versions, relay, mtaSts, tlsa] = await Promise.all([
    address === null ? undefined : reverseOf(hold, lookups, same, address),
    versionsOf(hold, same, wishes, looked),
    relayOf(hold, same, wishes, looked),
    mtaStsOf(hold, lookups, same, wishes),
    wishes.tlsa === 'leave' ? undefined : tlsaOf(hold, lookups, hosts),
  ])
  const probes = await probesOf(hold, same, wishes)
  return { ...nothing, reverse, tlsVersions: versions, relay, mtaSts, tlsa, probes }
}

/** For each domain an address that surely nobody has. */
function madeUpAt(recipients: readonly Mailbox[], id: string): readonly Mailbox[] {
  const domains = new Set(recipients.map(({ asciiDomain }) => asciiDomain.toLowerCase()))
  return [...domains].map((domain) => mailbox(`no-such-user-${id.toLowerCase()}@${domain}`))
}

async function reverseOf(hold: Hold, lookups: Lookups, target: Target, address: string) {
  const subject = `answer to the question for the name of ${address}`
  return await lookedUp(hold, target, subject, LOOKUP_MS, (signal) => lookups.reverse(address, signal))
}

async function mtaStsOf(hold: Hold, lookups: Lookups, target: Target, { mtaSts }: CheckWishes) {
  if (mtaSts === undefined) return undefined
  const subject = `answer to the question for the MTA-STS policy of ${mtaSts}`
  return await lookedUp(hold, target, subject, POLICY_MS, (signal) => lookups.mtaSts(mtaSts, signal))
}

/** Nothing where the server has no TLS or refuses it, or where it is not to be used. */
async function versionsOf(
  hold: Hold,
  target: Target,
  { tlsVersions: wish, hello }: CheckWishes,
  { report, tls, failure }: Looked,
): Promise<readonly VersionTry[] | undefined> {
  const offered = report.extensionsBeforeTls?.has('STARTTLS') === true || target.security === 'implicit'
  const refused = tls === undefined && failure === undefined
  if (wish === 'leave' || target.security === 'off' || !offered || refused) return undefined
  return await tlsVersions(hold, target, hello, tls?.version)
}

async function relayOf(
  hold: Hold,
  target: Target,
  { relayTest: wish, hello }: CheckWishes,
  looked: Looked,
): Promise<RelaySeen | undefined> {
  if (wish === undefined) return undefined
  const literal = literalOf(target.address ?? target.host)
  const forms = relayForms({ ...wish, name: nameToldBy(looked), literal })
  const seen = await whereThereIsRoom(hold(target, (terms) => relayTest(terms, target, hello, forms)))
  return seen ?? { tries: [], left: forms, session: undefined }
}
