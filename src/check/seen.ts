import type { AuthWish } from '../session/auth.ts'
import type { MtaStsFacts, ReverseFacts } from '../session/lookups.ts'
import type { Target } from '../session/target.ts'
import type { Hello } from '../smtp/hello.ts'
import type { Mailbox } from '../smtp/path.ts'
import type { DomainSeen } from './domain.ts'
import type { TlsaSeen } from './hosts.ts'
import type { Looked } from './look.ts'
import type { ProbesSeen, ProbesWish } from './probes.ts'
import type { Question } from './questions.ts'
import type { RelaySeen } from './relay.ts'
import type { VersionTry } from './tls-versions.ts'

/** What a check is asked to look at, besides what it always looks at. */
export interface CheckWishes {
  readonly hello: Hello
  readonly auth: AuthWish | undefined
  /** null is the null reverse-path. */
  readonly sender: Mailbox | null
  readonly recipients: readonly Mailbox[]
  readonly questions: readonly Question[]
  readonly tlsVersions: 'try' | 'leave'
  readonly relayTest: { readonly from: Mailbox; readonly to: Mailbox } | undefined
  /** The domain whose MTA-STS policy is asked for. */
  readonly mtaSts: string | undefined
  readonly tlsa: 'ask' | 'leave'
  readonly probes: ProbesWish | undefined
}

/** Everything that was seen: what the sections tell of. */
export interface Seen {
  /** As it was asked for. */
  readonly target: Target
  readonly wishes: CheckWishes
  readonly looked: Looked
  readonly reverse: ReverseFacts | undefined
  readonly tlsVersions: readonly VersionTry[] | undefined
  readonly relay: RelaySeen | undefined
  readonly domain: DomainSeen | undefined
  /** Undefined as well where nobody answered in time. */
  readonly mtaSts: MtaStsFacts | undefined
  readonly tlsa: readonly TlsaSeen[] | undefined
  readonly probes: ProbesSeen | undefined
}
