import type { Reply } from '../session/answer.ts'
import { Refusal, Unmet } from '../session/outcome.ts'
import { dele, list, quit, rset, uidl } from './command.ts'
import type { Next } from './flights.ts'
import { accepted, type FoundMessage, type Maildrop, type MessageRef } from './maildrop.ts'
import { settled } from './reply.ts'
import { requireAll, requireMatch, type Selection, selected } from './selection.ts'

/** How far the deletion of one message came. Only `deleted` is done: QUIT said so. */
export type Verdict = 'deleted' | 'marked' | 'unmarked' | 'refused' | 'not-found'

export interface DeletionVerdict {
  readonly number: number | null
  readonly uid: string | null
  readonly verdict: Verdict
  /** What the server answered to DELE. */
  readonly reply?: Reply
}

/** What is known of a deletion so far; it stands in the answer also when the deletion fails. */
export interface DeletionReport {
  verdicts: readonly DeletionVerdict[]
}

export interface DeletionOptions {
  /** `rehearse`: everything but the end; RSET takes the marks off. */
  readonly end: 'commit' | 'rehearse'
}

/**
 * One message.
 * @param match the unique-ids one of which it has to have; `*`: it has to be there
 * @throws {Unmet} `precondition-failed` when it is another message than was meant
 */
export async function deleteOne(
  maildrop: Maildrop,
  ref: MessageRef,
  match: readonly string[] | '*' | undefined,
  options: DeletionOptions,
  report: DeletionReport,
): Promise<void> {
  if (ref.by === 'number' && match === undefined) {
    remarkNumbers(maildrop)
    const next = await maildrop.flights.send(
      [{ command: uidl(ref.number) }, { command: dele(ref.number) }],
      'more',
    )
    const found = maildrop.named(ref.number, (await next()).reply)
    await marked(maildrop, [found], next, report)
  } else {
    const found = await maildrop.find(ref)
    requireMatch(found, match)
    await mark(maildrop, [found], report)
  }
  await end(maildrop, options, report)
}

/**
 * Several messages, all or none.
 * @param expect how many there have to be, or nothing is done
 * @throws {Unmet} when one is not there
 * @throws {Refusal} when the server refuses one; those that it had marked are unmarked again
 */
export async function deleteEach(
  maildrop: Maildrop,
  selection: Selection,
  options: DeletionOptions & { readonly expect?: number },
  report: DeletionReport,
): Promise<void> {
  const listing = [
    { command: list(), multiline: true },
    { command: uidl(), multiline: true },
  ]
  const inAdvance = selection.by === 'numbers' ? selection.numbers : []
  if (inAdvance.length > 0) remarkNumbers(maildrop)
  const next = await maildrop.flights.send(
    [...listing, ...inAdvance.map((number) => ({ command: dele(number) }))],
    'more',
  )
  const listed = await maildrop.listed(next)
  const { found, missing } = selected(selection, listed)
  if (options.expect !== undefined && found.length !== options.expect) {
    throw new Unmet(
      'precondition-failed',
      `${options.expect} messages were expected, and the maildrop holds ${found.length}`,
      { outcome: 'rejected' },
    )
  }
  report.verdicts = missing.map((each) => ({ ...each, verdict: 'not-found' }))
  if (missing.length > 0 && inAdvance.length > 0) {
    // what is there was marked in the same flight, and is unmarked again
    const present = new Map(found.map((message) => [message.number, message]))
    const all = inAdvance.map((number) => present.get(number) ?? { number, uid: null })
    if (await readMarks(all, next, report)) await unmark(maildrop, report)
  }
  requireAll(selection, listed, missing)
  if (found.length === 0) return
  if (inAdvance.length > 0) await marked(maildrop, found, next, report)
  else await mark(maildrop, found, report)
  await end(maildrop, options, report)
}

async function mark(
  maildrop: Maildrop,
  messages: readonly FoundMessage[],
  report: DeletionReport,
): Promise<void> {
  const commands = messages.map(({ number }) => ({ command: dele(number) }))
  await marked(maildrop, messages, await maildrop.flights.send(commands, 'more'), report)
}

/**
 * Reads the replies to DELE, which are due next. Where one is a refusal, the marks are taken off again.
 * @throws {Refusal} the first
 */
async function marked(
  maildrop: Maildrop,
  messages: readonly FoundMessage[],
  next: Next,
  report: DeletionReport,
): Promise<void> {
  const any = await readMarks(messages, next, report)
  const refused = report.verdicts.find(({ verdict }) => verdict === 'refused')?.reply
  if (refused === undefined) return
  if (any) await unmark(maildrop, report)
  throw new Refusal(refused)
}

/** @returns whether the server marked any */
async function readMarks(
  messages: readonly FoundMessage[],
  next: Next,
  report: DeletionReport,
): Promise<boolean> {
  const absent = new Set(report.verdicts.map(({ number }) => number))
  const verdicts: DeletionVerdict[] = []
  for (const { number, uid } of messages) {
    const reply = settled((await next()).reply)
    if (reply.status === '+OK') verdicts.push({ number, uid, verdict: 'marked' })
    else verdicts.push({ number, uid, verdict: absent.has(number) ? 'not-found' : 'refused', reply })
    report.verdicts = verdicts
  }
  return verdicts.some(({ verdict }) => verdict === 'marked')
}

async function end(maildrop: Maildrop, options: DeletionOptions, report: DeletionReport): Promise<void> {
  if (options.end === 'commit') {
    await commit(maildrop)
    report.verdicts = report.verdicts.map((each) => ({ ...each, verdict: 'deleted' }))
  } else if (!(await unmark(maildrop, report))) {
    maildrop.remark(
      'rset-refused',
      'RSET was refused; the session ended without QUIT, which deletes nothing either.',
    )
  }
}

/** RFC 1939 §5 RSET: then QUIT is harmless again. @returns whether the server did it */
async function unmark(maildrop: Maildrop, report: DeletionReport): Promise<boolean> {
  const reply = settled(await maildrop.dialogue.command(rset()))
  if (reply.status !== '+OK') return false
  maildrop.session.leaving = 'quit'
  report.verdicts = report.verdicts.map((each) =>
    each.verdict === 'marked' ? { ...each, verdict: 'unmarked' } : each,
  )
  return true
}

/**
 * QUIT into the UPDATE state: RFC 1939 §6 deletes there, and its reply says whether it was done.
 * @throws {Refusal} it was not, or not all
 * @throws {Fault} nobody knows
 */
async function commit({ session, dialogue }: Maildrop): Promise<void> {
  const { budget } = session
  // a caller who has left by now wants nothing deleted
  budget.check()
  session.stage = 'update'
  session.handedOver = true
  budget.shield()
  const reply = settled(await dialogue.command(quit(), 'final'))
  session.handedOver = false
  session.leaving = 'said'
  accepted(reply)
}

function remarkNumbers(maildrop: Maildrop): void {
  maildrop.remark(
    'number-may-move',
    'A message number is valid in one session only; a unique-id or If-Match is the safe way.',
  )
}
