import type { SendResult } from './send.ts'

/** What decides about the hosts behind it, and what is told of it. */
type End = Pick<SendResult, 'failure'>

/**
 * Whether the next mail host of the domain may be tried after this one (RFC 5321 §5.1): nothing was handed over, and the
 * domain has not said no.
 *
 * A host that cannot be spoken with, that lacks what is asked for, or that says 4yz at any stage speaks for itself alone;
 * so does one whose greeting says that it takes no mail (RFC 5321 §3.1). A later 5yz is the domain's answer.
 */
export function mayTryNext({ failure }: End): boolean {
  if (failure === undefined || failure.outcome === 'unknown' || failure.stage === 'end-of-data') return false
  const { reply, fault } = failure
  // the caller has left, or the time of the whole call is up
  if (fault !== undefined) return fault.kind !== 'aborted' && fault.code !== 'total'
  return reply === undefined || failure.outcome === 'deferred' || failure.stage === 'greeting'
}

/** The attempt that the whole call is judged by: what a server said weighs more than that another was not there. */
export function decisive<A extends { readonly result: End }>(attempts: readonly A[]): A | undefined {
  const last = attempts.at(-1)
  if (last === undefined || !mayTryNext(last.result)) return last
  return (
    attempts.findLast(({ result }) => result.failure?.reply !== undefined) ??
    attempts.findLast(({ result }) => result.failure?.unmet !== undefined) ??
    last
  )
}
