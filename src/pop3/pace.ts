import type { Failure } from '../session/outcome.ts'
import type { Capability } from './capa.ts'

/** How often a maildrop is looked into, and until when; ms of one clock. */
export interface Pace {
  readonly interval: number
  readonly deadline: number
}

/** After a login that came too early, where nobody says by how much. */
const TOO_SOON_MS = 60_000

/**
 * When to look again: the last look is at the deadline, unless the server wants more time between two logins.
 * @param began when the look before began
 * @returns undefined when there is to be no other
 */
export function nextLook(
  began: number,
  { interval, deadline }: Pace,
  loginDelay: number,
): number | undefined {
  if (began >= deadline) return undefined
  const next = Math.max(Math.min(began + interval, deadline), began + loginDelay)
  return next > deadline ? undefined : next
}

/** How long the server wants to be left alone, ms: as CAPA says (RFC 2449 §6.5), or because it just said so. */
export function loginDelayOf(
  failure: Failure | undefined,
  capabilities: readonly Capability[] | undefined,
): number {
  if (failure?.reply?.responseCode === 'LOGIN-DELAY') return TOO_SOON_MS
  const seconds = capabilities?.find(({ keyword }) => keyword === 'LOGIN-DELAY')?.parameters[0] ?? ''
  return /^[0-9]{1,6}$/.test(seconds) ? Number(seconds) * 1000 : 0
}
