import { Budget, type CallLimits } from '../session/budget.ts'
import { Fault } from '../session/outcome.ts'
import { runSession, type Session, type SessionEnd, type SessionTools } from '../session/session.ts'
import { NoRoom } from '../session/sessions.ts'
import type { Target } from '../session/target.ts'
import { type SmtpReply, SmtpReplyReader } from '../smtp/reply.ts'

/** On what terms one session of a check is held. */
export interface Terms {
  readonly tools: SessionTools
  /** What is left of the time of the whole call. */
  readonly timeLimits: CallLimits
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal
}

/**
 * Holds a session with this target while there is room for one.
 * @throws {NoRoom}
 */
export type Hold = <T>(target: Target, work: (terms: Terms) => Promise<T>) => Promise<T>

/** A session besides the one that looked. */
export interface FurtherSession {
  readonly purpose: string
  readonly target: Target
  readonly end: SessionEnd<unknown>
}

/** RFC 5321 §4.5.3.1.5 names 512 octets for a reply line; servers send more. */
const LONGEST_LINE = 8192

export async function smtpSession<T>(
  { tools, timeLimits, signal }: Terms,
  target: Target,
  flow: (session: Session<SmtpReply>) => Promise<T>,
): Promise<SessionEnd<T>> {
  return await runSession(
    {
      tools,
      target,
      timeLimits,
      signal,
      reader: (tolerated) => new SmtpReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    flow,
  )
}

/**
 * Asks something outside of a session, within its time limits.
 * @returns undefined when nobody answered in time
 */
export async function asked<T>(
  { tools, timeLimits, signal }: Terms,
  subject: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const budget = new Budget(tools.clock, timeLimits, { left: signal, serviceEnds: tools.serviceEnds })
  const giveUp = new AbortController()
  try {
    return await budget.spend('connect', subject, () => ask(giveUp.signal))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    giveUp.abort()
    return undefined
  } finally {
    budget.close()
  }
}

/** Asks something along the way, which must not hold up the rest: undefined when nobody answered in time, or there was no room. */
export async function lookedUp<T>(
  hold: Hold,
  target: Target,
  subject: string,
  ms: number,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  return await whereThereIsRoom(
    hold(target, (terms) => {
      const timeLimits = { ...terms.timeLimits, connect: Math.min(terms.timeLimits.connect, ms) }
      return asked({ ...terms, timeLimits }, subject, ask)
    }),
  )
}

/** What one of the further sessions of a check came to; undefined where there was no room for it. */
export async function whereThereIsRoom<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof NoRoom)) throw error
    return undefined
  }
}
