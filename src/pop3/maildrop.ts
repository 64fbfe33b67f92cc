import { bodyLines } from '../session/body-lines.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal, Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { visibleLatin1 } from '../text/visible.ts'
import { type Capability, offers } from './capa.ts'
import { list, stat, uidl } from './command.ts'
import type { Flights } from './flights.ts'
import { type ScanLine, scanLine, statLine, uniqueIdLine } from './listing.ts'
import { type Pop3Reply, settled } from './reply.ts'

/** Which message is meant: by its number, valid in one session only, by its unique-id, or the last one that came. */
export type MessageRef =
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'uid'; readonly uid: string }
  | { readonly by: 'latest' }

export interface FoundMessage {
  readonly number: number
  /** null where the server gives none. */
  readonly uid: string | null
}

export interface ListedMessage extends FoundMessage {
  readonly octets: number
}

/** A message whose unique-id may be still to come. */
interface Listing {
  readonly number: number
  readonly octets: number
  uid: string | null
}

/** Messages in the order of LIST, which nearly always is that of their numbers: then no other index is kept. */
class Listings {
  readonly all: Listing[] = []
  #byNumber: Map<number, Listing> | undefined

  /** @throws {Fault} `protocol` when there is one of this number already */
  add({ number, octets }: ScanLine): void {
    const listing = { number, octets, uid: null }
    if (this.#byNumber === undefined && number !== this.all.length + 1) {
      this.#byNumber = new Map(this.all.map((each) => [each.number, each]))
    }
    if (this.#byNumber?.has(number) === true)
      throw new Fault('protocol', `LIST names message ${number} twice`)
    this.#byNumber?.set(number, listing)
    this.all.push(listing)
  }

  at(number: number): Listing | undefined {
    return this.#byNumber === undefined ? this.all[number - 1] : this.#byNumber.get(number)
  }
}

/** What a maildrop is asked with: the session, its dialogue, and what the server offers. */
export interface MaildropOptions {
  readonly session: Session<Pop3Reply>
  readonly dialogue: Dialogue<Pop3Reply>
  readonly flights: Flights
  /** Undefined where the server does not know CAPA. */
  readonly capabilities: readonly Capability[] | undefined
}

/** RFC 1939 §7: one to 70 characters in the range 0x21 to 0x7E, behind the number and a blank. */
const UNIQUE_ID = /^[0-9]+ [\x21-\x7e]{1,70}$/

/** More messages than any maildrop that can still be listed. */
const LISTING = { lines: 1_000_000, lineOctets: 2048, octets: 33_554_432 }

/** The TRANSACTION state (RFC 1939 §5): what it holds, and which message is which. Its first question logs in. */
export class Maildrop {
  readonly session: Session<Pop3Reply>
  readonly dialogue: Dialogue<Pop3Reply>
  readonly flights: Flights
  readonly capabilities: readonly Capability[] | undefined

  constructor({ session, dialogue, flights, capabilities }: MaildropOptions) {
    this.session = session
    this.dialogue = dialogue
    this.flights = flights
    this.capabilities = capabilities
  }

  /** Whether the server has this capability; undefined where it does not say. */
  offers(keyword: string): boolean | undefined {
    return this.capabilities === undefined ? undefined : offers(this.capabilities, keyword)
  }

  /** Something about this call that its caller should know. */
  remark(code: string, text: string): void {
    this.dialogue.finding(code, text)
  }

  async stat(
    then: 'quit' | 'more' = 'quit',
  ): Promise<{ readonly messages: number; readonly octets: number }> {
    const next = await this.flights.send([{ command: stat() }], then)
    return statLine(accepted((await next()).reply).lines[0] ?? '')
  }

  /** LIST and UIDL joined, and STAT held against them. LIST leads: a unique-id that is missing is null, and a finding. */
  async list(then: 'quit' | 'more' = 'quit'): Promise<ListedMessage[]> {
    const next = await this.flights.send(
      [{ command: stat() }, { command: list(), multiline: true }, { command: uidl(), multiline: true }],
      then,
    )
    const counted = (await next()).reply
    const listed = await this.listed(next)
    this.#compare(counted, listed)
    return listed
  }

  /** Reads the answers to LIST and UIDL, which are due next. */
  async listed(next: Awaited<ReturnType<Flights['send']>>): Promise<ListedMessage[]> {
    const scan = await next()
    accepted(scan.reply)
    const listings = await this.#sizes(scan.pending)
    const unique = await next()
    if (settled(unique.reply).status !== '+OK') {
      this.#noUniqueIds()
      return listings.all
    }
    const given = new Set<string>()
    await this.#uniqueIds(unique.pending, (number, uid) => {
      const message = listings.at(number)
      if (message === undefined) {
        this.remark('uidl-surplus', `UIDL names message ${number}, and LIST does not.`)
        return 'taken'
      }
      if (message.uid !== null) return 'odd'
      if (given.has(uid)) this.remark('uidl-repeated', `More than one message has the unique-id ${uid}.`)
      given.add(uid)
      message.uid = uid
      return 'taken'
    })
    const listed = listings.all
    if (listed.some(({ uid }) => uid === null)) {
      this.remark('uidl-incomplete', 'UIDL does not name every message that LIST names.')
    }
    return listed
  }

  /**
   * The message's number and unique-id in this session.
   * @throws {Unmet} `no-such-message` when no message has the unique-id, or there is none at all
   * @throws {Refusal} when the server knows no message of that number
   */
  async find(ref: MessageRef): Promise<FoundMessage> {
    if (ref.by === 'uid') return await this.#findByUid(ref.uid)
    const number = ref.by === 'number' ? ref.number : await this.newest()
    const next = await this.flights.send([{ command: uidl(number) }], 'more')
    return this.named(number, (await next()).reply)
  }

  /**
   * The number of the message that came last: a session numbers them from 1 (RFC 1939 §4).
   * @throws {Unmet} `no-such-message`
   */
  async newest(): Promise<number> {
    const { messages } = await this.stat('more')
    if (messages > 0) return messages
    throw new Unmet('no-such-message', 'the maildrop is empty', { outcome: 'rejected' })
  }

  /**
   * What the reply to `UIDL n` tells.
   * @throws {Refusal} when there is no such message
   */
  named(number: number, reply: Pop3Reply): FoundMessage {
    if (settled(reply).status === '+OK') return { number, uid: this.#ownUniqueId(number, reply) }
    // a refusal says nothing about the message where UIDL itself is not known
    if (this.offers('UIDL') === true) throw new Refusal(reply)
    this.#noUniqueIds()
    return { number, uid: null }
  }

  async #findByUid(uid: string): Promise<FoundMessage> {
    const next = await this.flights.send([{ command: uidl(), multiline: true }], 'more')
    const { reply, pending } = await next()
    if (settled(reply).status !== '+OK') {
      throw new Unmet(
        'extension-not-offered',
        'a message was asked for by its unique-id, and the server does not offer UIDL',
      )
    }
    const numbers = new Set<number>()
    await this.#uniqueIds(pending, (number, each) => {
      if (each === uid) numbers.add(number)
      return 'taken'
    })
    return { number: theOne([...numbers]), uid }
  }

  /** Some servers leave the number out of the reply to `UIDL n`. */
  #ownUniqueId(number: number, reply: Pop3Reply): string | null {
    const text = reply.lines[0] ?? ''
    const line = uniqueIdLine(text)
    if (line?.number === number) return line.uid
    const alone = /^[\x21-\x7e]{1,70}$/.test(text) ? text : null
    this.remark('uidl-odd', 'The reply to UIDL with a number does not have the form of RFC 1939 §7.')
    return alone
  }

  async #sizes(pending: Pending<Pop3Reply>): Promise<Listings> {
    const listings = new Listings()
    for await (const lines of bodyLines(this.dialogue.body(pending), LISTING)) {
      for (const line of lines) listings.add(scanLine(line))
    }
    return listings
  }

  /** @param take is handed each unique-id, as it is shown */
  async #uniqueIds(
    pending: Pending<Pop3Reply>,
    take: (number: number, uid: string) => 'taken' | 'odd',
  ): Promise<void> {
    for await (const lines of bodyLines(this.dialogue.body(pending), LISTING)) {
      for (const octets of lines) {
        const text = visibleLatin1(octets)
        const line = uniqueIdLine(text)
        if (line === undefined || take(line.number, line.uid) === 'odd') {
          this.remark('uidl-odd', `A line of UIDL is no unique-id listing: ${text.slice(0, 100)}`)
        } else if (line.blanks !== 1) {
          this.remark('uidl-blanks', 'UIDL puts more than one blank before the unique-id.')
        } else if (!UNIQUE_ID.test(octets)) {
          this.remark(
            'uidl-characters',
            `A unique-id is not of 1 to 70 visible ASCII characters: ${line.uid.slice(0, 100)}`,
          )
        }
      }
    }
  }

  #compare(counted: Pop3Reply, listed: readonly ListedMessage[]): void {
    const octets = listed.reduce((sum, message) => sum + message.octets, 0)
    const [, messages, size] = /^([0-9]+) +([0-9]+)/.exec(counted.lines[0] ?? '') ?? []
    if (counted.status !== '+OK' || messages === undefined) {
      this.remark('stat-odd', 'STAT was refused, or its reply gives no number of messages and no size.')
    } else if (Number(messages) !== listed.length || Number(size) !== octets) {
      this.remark(
        'stat-differs',
        `STAT counts ${messages} messages with ${size} octets, LIST ${listed.length} with ${octets}.`,
      )
    }
  }

  #noUniqueIds(): void {
    this.remark(
      'uidl-not-supported',
      'The server does not give unique-ids: messages can be named by number only.',
    )
  }
}

/** @throws {Unmet} when it is none, or several */
export function theOne(numbers: readonly number[]): number {
  const [number] = numbers
  if (number === undefined) {
    throw new Unmet('no-such-message', 'no message in the maildrop has this unique-id', {
      outcome: 'rejected',
    })
  }
  if (numbers.length > 1) {
    throw new Unmet('unique-id-ambiguous', `${numbers.length} messages have this unique-id`, {
      outcome: 'rejected',
    })
  }
  return number
}

/** @throws {Refusal} {Fault} */
export function accepted(reply: Pop3Reply): Pop3Reply {
  if (settled(reply).status !== '+OK') throw new Refusal(reply)
  return reply
}
