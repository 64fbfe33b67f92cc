import type { EndedSession } from '../session/session.ts'

/**
 * What the log has of a session: with whom, how it ended and how long it took. No user, no address of a sender or
 * recipient, nothing that the server said but its code.
 */
export function sessionLine({ target, transcript, outcome, stage, failure }: EndedSession) {
  const { id, protocol, durationMs, roundTrips, bytes, phases } = transcript
  const { reply, fault, unmet } = failure ?? {}
  return {
    session: id,
    protocol,
    target: `${target.host}:${target.port}`,
    ...(target.name === undefined ? {} : { server: target.name }),
    outcome,
    stage,
    ...(reply === undefined ? {} : { reply: reply.code ?? reply.status }),
    ...(fault === undefined ? {} : { fault: fault.kind }),
    ...(unmet === undefined ? {} : { unmet: unmet.code }),
    ms: durationMs,
    phasesMs: summed(phases),
    roundTrips,
    bytes,
  }
}

/** A phase that came twice, such as a connection to a second address, is one in all. */
function summed(phases: EndedSession['transcript']['phases']): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { name, ms } of phases) sums[name] = (sums[name] ?? 0) + ms
  return sums
}
