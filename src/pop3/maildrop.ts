import { bodyLines } from '../session/body-lines.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Fault, Refusal, Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { type Flights, turns } from '../session/turns.ts'
import { visible } from '../text/visible.ts'
import { type Capability, offers } from './capa.ts'
import { dele, list, quit, retr, stat, top, uidl } from './command.ts'
import { scanLine, statLine, uniqueIdLine } from './listing.ts'
import type { Pop3Reply } from './reply.ts'

/** Which message is meant: by its number, valid in one session only, or by its unique-id. */
export type MessageRef =
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'uid'; readonly uid: string }

export interface ListedMessage {
  readonly number: number
  readonly octets: number
  /** null where the server gives none. */
  readonly uid: string | null
}

export interface FoundMessage {
  readonly number: number
  readonly uid: string | null
}

/** Takes a message while it comes; the next octets are read when `write` has resolved. */
export interface ContentSink {
  /** The server has agreed; from here on the message either comes whole or breaks off. */
  begin(message: FoundMessage): void
  write(octets: Buffer): Promise<void>
}

/** More messages than any maildrop that can still be listed. */
const MOST_MESSAGES = 1_000_000
const LISTING = { lines: MOST_MESSAGES, lineOctets: 2048 }

/** Commands of the TRANSACTION state (RFC 1939 §5), each as one question with its whole answer. */
export class Maildrop {
  readonly #session: Session<Pop3Reply>
  readonly #dialogue: Dialogue<Pop3Reply>
  readonly #capabilities: readonly Capability[] | undefined

  constructor(
    session: Session<Pop3Reply>,
    dialogue: Dialogue<Pop3Reply>,
    capabilities: readonly Capability[] | undefined,
  ) {
    this.#session = session
    this.#dialogue = dialogue
    this.#capabilities = capabilities
  }

  /** Something about this call that its caller should know. */
  remark(code: string, text: string): void {
    this.#dialogue.finding(code, text)
  }

  async stat(): Promise<{ readonly messages: number; readonly octets: number }> {
    const reply = accepted(await this.#dialogue.command(stat()))
    return statLine(reply.lines[0] ?? '')
  }

  /** LIST and UIDL joined. LIST leads: a unique-id that is missing is null, and a finding. */
  async list(): Promise<ListedMessage[]> {
    const next = turns(
      this.#dialogue,
      [
        { command: list(), multiline: true },
        { command: uidl(), multiline: true },
      ],
      this.#flights(),
    )
    const scan = await next()
    accepted(scan.reply)
    const sizes = await this.#sizes(scan.pending)
    const unique = await next()
    const uids = unique.reply.status === '+OK' ? await this.#uniqueIds(unique.pending) : this.#noUniqueIds()
    if (unique.reply.status === '+OK' && [...sizes.keys()].some((number) => !uids.has(number))) {
      this.#dialogue.finding('uidl-incomplete', 'UIDL does not name every message that LIST names.')
    }
    return [...sizes].map(([number, octets]) => ({ number, octets, uid: uids.get(number) ?? null }))
  }

  /**
   * The message's number and unique-id in this session.
   * @throws {Unmet} `no-such-message` when no message has the unique-id
   * @throws {Refusal} when the server knows no message of that number
   */
  async find(ref: MessageRef): Promise<FoundMessage> {
    return ref.by === 'uid' ? await this.#findByUid(ref.uid) : await this.#findByNumber(ref.number)
  }

  /**
   * RETR, or TOP with so many lines of the body, into the sink.
   * @throws {Fault} `limit` when it is larger than `maxOctets`
   */
  async retrieve(
    found: FoundMessage,
    sink: ContentSink,
    options: { readonly lines?: number; readonly maxOctets: number },
  ): Promise<{ readonly octets: number }> {
    const command = options.lines === undefined ? retr(found.number) : top(found.number, options.lines)
    const [pending] = this.#dialogue.sendGroup([{ command, multiline: true, phase: 'data' }])
    if (pending === undefined) throw new Error('a command was not sent')
    accepted(await this.#dialogue.reply(pending))
    sink.begin(found)
    let octets = 0
    for await (const chunk of this.#dialogue.body(pending)) {
      octets += chunk.length
      if (octets > options.maxOctets)
        throw new Fault('limit', `the message is larger than ${options.maxOctets} octets`)
      await this.#session.budget.spend('data', 'progress in handing the message on', () => sink.write(chunk))
    }
    return { octets }
  }

  /**
   * Marks messages as deleted. From here on the session is left without QUIT unless `commit` says it: RFC 1939 §6
   * deletes at QUIT, and at nothing else.
   * @throws {Refusal} at the first that the server refuses
   */
  async mark(messages: readonly FoundMessage[]): Promise<void> {
    this.#session.leaving = 'drop'
    const next = turns(
      this.#dialogue,
      messages.map(({ number }) => ({ command: dele(number) })),
      this.#flights(),
    )
    for (const _ of messages) accepted((await next()).reply)
  }

  /**
   * QUIT into the UPDATE state: the reply says whether the deletions were done.
   * @throws {Refusal} they were not, or not all
   * @throws {Fault} nobody knows
   */
  async commit(): Promise<void> {
    const { budget } = this.#session
    // a caller who has left by now wants nothing deleted
    budget.check()
    this.#session.stage = 'update'
    this.#session.handedOver = true
    budget.shield()
    const reply = await this.#dialogue.command(quit(), 'final')
    this.#session.handedOver = false
    this.#session.leaving = 'said'
    accepted(reply)
  }

  async #findByUid(uid: string): Promise<FoundMessage> {
    const [pending] = this.#dialogue.sendGroup([{ command: uidl(), multiline: true }])
    if (pending === undefined) throw new Error('a command was not sent')
    const reply = await this.#dialogue.reply(pending)
    if (reply.status !== '+OK') {
      throw new Unmet(
        'extension-not-offered',
        'a message was asked for by its unique-id, and the server does not offer UIDL',
      )
    }
    const numbers = [...(await this.#uniqueIds(pending))]
      .filter(([, each]) => each === uid)
      .map(([number]) => number)
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
    return { number, uid }
  }

  async #findByNumber(number: number): Promise<FoundMessage> {
    const reply = await this.#dialogue.command(uidl(number))
    if (reply.status === '+OK') return { number, uid: this.#ownUniqueId(number, reply) }
    // a refusal says nothing about the message where UIDL itself is not known
    if (this.#capabilities !== undefined && offers(this.#capabilities, 'UIDL')) throw new Refusal(reply)
    this.#noUniqueIds()
    return { number, uid: null }
  }

  /** Some servers leave the number out of the reply to `UIDL n`. */
  #ownUniqueId(number: number, reply: Pop3Reply): string | null {
    const text = reply.lines[0] ?? ''
    const line = uniqueIdLine(text)
    if (line?.number === number) return line.uid
    const alone = /^[\x21-\x7e]{1,70}$/.test(text) ? text : null
    this.#dialogue.finding(
      'uidl-odd',
      'The reply to UIDL with a number does not have the form of RFC 1939 §7.',
    )
    return alone
  }

  async #sizes(pending: Pending<Pop3Reply>): Promise<Map<number, number>> {
    const sizes = new Map<number, number>()
    for await (const line of bodyLines(this.#dialogue.body(pending), LISTING)) {
      const { number, octets } = scanLine(line)
      if (sizes.has(number)) throw new Fault('protocol', `LIST names message ${number} twice`)
      sizes.set(number, octets)
    }
    return sizes
  }

  async #uniqueIds(pending: Pending<Pop3Reply>): Promise<Map<number, string>> {
    const uids = new Map<number, string>()
    for await (const octets of bodyLines(this.#dialogue.body(pending), LISTING)) {
      const text = visible(octets)
      const line = uniqueIdLine(text)
      if (line === undefined || uids.has(line.number)) this.#oddUniqueId(text)
      else {
        if (line.blanks !== 1)
          this.#dialogue.finding('uidl-blanks', 'UIDL puts more than one blank before the unique-id.')
        uids.set(line.number, line.uid)
      }
    }
    return uids
  }

  #oddUniqueId(line: string): void {
    this.#dialogue.finding('uidl-odd', `A line of UIDL is no unique-id listing: ${line.slice(0, 100)}`)
  }

  #noUniqueIds(): Map<number, string> {
    this.#dialogue.finding(
      'uidl-not-supported',
      'The server does not give unique-ids: messages can be named by number only.',
    )
    return new Map()
  }

  /** RFC 2449 §6.6. */
  #flights(): Flights {
    return this.#capabilities !== undefined && offers(this.#capabilities, 'PIPELINING') ? 'grouped' : 'single'
  }
}

function accepted(reply: Pop3Reply): Pop3Reply {
  if (reply.status !== '+OK') throw new Refusal(reply)
  return reply
}
