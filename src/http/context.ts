import type { SigningKey } from '../message/dkim.ts'
import type { TimeLimits } from '../session/budget.ts'
import type { Lookups } from '../session/lookups.ts'
import type { FindAddresses, FindMailHosts } from '../session/mail-route.ts'
import type { SessionTools } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Idempotency } from './idempotency.ts'
import type { ServerBook } from './target.ts'

/** What the routes work with; made once by the composition root. */
export interface Context {
  readonly tools: SessionTools
  readonly mailHosts: FindMailHosts
  readonly lookups: Lookups
  readonly findAddresses: FindAddresses
  readonly sessions: Sessions
  readonly idempotency: Idempotency
  readonly servers: ServerBook
  /** What messages may be signed with, by name. */
  readonly signingKeys: ReadonlyMap<string, SigningKey>
  readonly timeLimits: { readonly defaults: TimeLimits; readonly maxima: TimeLimits }
  readonly maxMessageOctets: number
  readonly maxRecipients: number
  /** The name in EHLO where the request gives none. */
  readonly helloName: string
  /** True while the service takes calls. */
  readonly ready: () => boolean
  readonly version: string
}
