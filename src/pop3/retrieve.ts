import { Fault } from '../session/outcome.ts'
import { list, retr, top, uidl } from './command.ts'
import type { Next } from './flights.ts'
import {
  accepted,
  type FoundMessage,
  type ListedMessage,
  type Maildrop,
  type MessageRef,
} from './maildrop.ts'
import { requireAll, requireMatch, type Selection, selected } from './selection.ts'

/** Takes a message while it comes; the next octets are read when `write` has resolved. */
export interface ContentSink {
  /** The server has agreed; from here on the message either comes whole or breaks off. */
  begin(message: FoundMessage): void
  write(octets: Buffer): Promise<void>
}

/** Takes several messages, one after the other. */
export interface MessagesSink {
  begin(message: ListedMessage): Promise<void>
  write(octets: Buffer): Promise<void>
  /** The message was whole. */
  end(): Promise<void>
}

export interface RetrieveOptions {
  /** The header and only so many lines of the body, by TOP. */
  readonly lines?: number
  readonly maxOctets: number
  /** Unique-ids one of which it has to have; `*`: it has to be there. */
  readonly onlyIf?: readonly string[] | '*'
  /** Unique-ids of which the caller has the message already; `*`: of any. */
  readonly unless?: readonly string[] | '*'
}

export interface Retrieved {
  readonly found: FoundMessage
  /** Undefined where the caller has it already, and nothing was retrieved. */
  readonly octets: number | undefined
}

/**
 * RETR, or TOP, into the sink.
 * @throws {Unmet} `precondition-failed` when it is another message than was meant
 * @throws {Fault} `limit` when it is larger than `maxOctets`
 */
export async function retrieve(
  maildrop: Maildrop,
  ref: MessageRef,
  sink: ContentSink,
  options: RetrieveOptions,
): Promise<Retrieved> {
  const { lines, onlyIf, unless } = options
  const content = (number: number) =>
    ({
      command: lines === undefined ? retr(number) : top(number, lines),
      multiline: true,
      phase: 'data',
    }) as const
  let found: FoundMessage
  let next: Next
  if (ref.by === 'uid' || onlyIf !== undefined || unless !== undefined) {
    found = await maildrop.find(ref)
    requireMatch(found, onlyIf)
    if (unless === '*' || (found.uid !== null && unless?.includes(found.uid) === true))
      return { found, octets: undefined }
    next = await maildrop.flights.send([content(found.number)], afterReading(maildrop))
  } else {
    const number = ref.by === 'number' ? ref.number : await maildrop.newest()
    const commands = [{ command: uidl(number) }, content(number)]
    next = await maildrop.flights.send(commands, afterReading(maildrop))
    found = maildrop.named(number, (await next()).reply)
  }
  const begin = async (): Promise<void> => sink.begin(found)
  const write = (octets: Buffer): Promise<void> => sink.write(octets)
  return { found, octets: await contentOf(maildrop, next, { begin, write }, options.maxOctets) }
}

/**
 * RETR of several messages in one flight.
 * @throws {Unmet} when one that is named is not there, before any is retrieved
 * @throws {Refusal} {Fault}
 */
export async function retrieveEach(
  maildrop: Maildrop,
  selection: Selection,
  sink: MessagesSink,
): Promise<{ readonly messages: number }> {
  const { session, flights } = maildrop
  const listing = [
    { command: list(), multiline: true },
    { command: uidl(), multiline: true },
  ]
  const content = (number: number) => ({ command: retr(number), multiline: true, phase: 'data' }) as const
  const known = selection.by === 'numbers' ? selection.numbers : undefined
  let next: Next
  let found: readonly ListedMessage[]
  if (known === undefined) {
    const listed = await maildrop.listed(await flights.send(listing, 'more'))
    const asked = selected(selection, listed)
    requireAll(selection, listed, asked.missing)
    found = asked.found
    next = await flights.send(
      found.map(({ number }) => content(number)),
      afterReading(maildrop),
    )
  } else {
    next = await flights.send([...listing, ...known.map(content)], afterReading(maildrop))
    const listed = await maildrop.listed(next)
    // whoever leaves now does not read what was asked for in advance
    session.leaving = 'drop'
    const asked = selected(selection, listed)
    requireAll(selection, listed, asked.missing)
    found = asked.found
  }
  const leaving = afterReading(maildrop) === 'quit' ? 'quit' : 'drop'
  session.leaving = 'drop'
  for (const message of found) {
    const begin = (): Promise<void> => sink.begin(message)
    const write = (octets: Buffer): Promise<void> => sink.write(octets)
    await contentOf(maildrop, next, { begin, write }, Number.MAX_SAFE_INTEGER)
    await sink.end()
  }
  session.leaving = leaving
  return { messages: found.length }
}

/** RFC 2449 §6.7: with `EXPIRE 0` a server may delete at QUIT what was retrieved, so it is not said. */
function afterReading(maildrop: Maildrop): 'quit' | 'more' {
  const expire = maildrop.capabilities?.find(({ keyword }) => keyword === 'EXPIRE')
  if (expire?.parameters[0] !== '0') return 'quit'
  maildrop.remark(
    'expire-at-once',
    'The server may delete what was retrieved when the session ends with QUIT (EXPIRE 0); it ended without.',
  )
  maildrop.session.leaving = 'drop'
  return 'more'
}

/** The content of the message whose reply is due next. @returns how many octets it had */
async function contentOf(
  maildrop: Maildrop,
  next: Next,
  sink: { readonly begin: () => Promise<void>; readonly write: (octets: Buffer) => Promise<void> },
  maxOctets: number,
): Promise<number> {
  const { reply, pending } = await next()
  accepted(reply)
  await sink.begin()
  let octets = 0
  for await (const chunk of maildrop.dialogue.body(pending)) {
    octets += chunk.length
    if (octets > maxOctets) throw new Fault('limit', `the message is larger than ${maxOctets} octets`)
    await maildrop.session.budget.spend('data', 'progress in handing the message on', () => sink.write(chunk))
  }
  return octets
}
