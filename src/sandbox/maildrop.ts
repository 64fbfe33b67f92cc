import { visible } from '../text/visible.ts'
import { type Mailbox, type StoredMessage, topOf } from './mailbox.ts'

type Found<T> = T | { readonly refusal: string }

/** A mailbox as one POP3 session has it: numbered at the login, deleted from only by `update`. */
export class Maildrop {
  readonly #mailbox: Mailbox
  readonly #messages: readonly StoredMessage[]
  readonly #deleted = new Set<StoredMessage>()
  #left = false

  constructor(mailbox: Mailbox, locked: readonly StoredMessage[]) {
    this.#mailbox = mailbox
    this.#messages = locked
  }

  /** The lines that answer a command; a listing ends with its dot. */
  answer(verb: 'STAT' | 'LIST' | 'UIDL' | 'DELE' | 'RSET', argument: string): readonly string[] {
    switch (verb) {
      case 'STAT':
        return [`+OK ${this.#present().length} ${this.#octets()}`]
      case 'LIST':
        return this.#listing(argument, `+OK ${this.#present().length} messages:`, ({ octets }) =>
          String(octets),
        )
      case 'UIDL':
        return this.#listing(argument, '+OK', ({ uniqueId }) => uniqueId)
      case 'RSET':
        this.#deleted.clear()
        return ['+OK']
      case 'DELE': {
        const found = this.#numbered(argument)
        if ('refusal' in found) return [found.refusal]
        this.#deleted.add(found.message)
        return ['+OK Marked to be deleted.']
      }
    }
  }

  retrieve(argument: string): Found<{ readonly status: string; readonly content: Iterable<Buffer> }> {
    const found = this.#numbered(argument)
    if ('refusal' in found) return found
    return { status: `+OK ${found.message.octets} octets`, content: found.message.blocks }
  }

  top(argument: string): Found<{ readonly status: string; readonly content: Iterable<Buffer> }> {
    const [number = '', lines] = argument.split(' ')
    const found = this.#numbered(number)
    if ('refusal' in found) return found
    if (lines === undefined) return { refusal: '-ERR Noise after message number: ' }
    if (!/^\d{1,10}$/.test(lines)) return { refusal: `-ERR Invalid size: ${shown(lines)}` }
    return { status: '+OK', content: topOf(found.message.blocks, Number(lines)) }
  }

  /** The UPDATE state (RFC 1939 §6). @returns how many messages were deleted */
  update(): number {
    this.#mailbox.remove(this.#deleted)
    this.leave()
    return this.#deleted.size
  }

  /** Gives the lock back; safe to say twice. */
  leave(): void {
    if (!this.#left) this.#mailbox.unlock()
    this.#left = true
  }

  #present(): readonly StoredMessage[] {
    return this.#messages.filter((message) => !this.#deleted.has(message))
  }

  #octets(): number {
    return this.#present().reduce((sum, message) => sum + message.octets, 0)
  }

  #listing(argument: string, head: string, of: (message: StoredMessage) => string): readonly string[] {
    if (argument !== '') {
      const found = this.#numbered(argument)
      return ['refusal' in found ? found.refusal : `+OK ${found.number} ${of(found.message)}`]
    }
    const rows = this.#messages.flatMap((message, at) =>
      this.#deleted.has(message) ? [] : [`${at + 1} ${of(message)}`],
    )
    return [head, ...rows, '.']
  }

  #numbered(argument: string): Found<{ readonly number: number; readonly message: StoredMessage }> {
    if (!/^\d+$/.test(argument)) return { refusal: `-ERR Invalid message number: ${shown(argument)}` }
    if (argument.length > 10) return { refusal: `-ERR Message number too large: ${shown(argument)}` }
    const number = Number(argument)
    const message = this.#messages[number - 1]
    if (message === undefined) return { refusal: `-ERR There's no message ${number}.` }
    return this.#deleted.has(message) ? { refusal: '-ERR Message is deleted.' } : { number, message }
  }
}

/** Part of a line that the client sent, fit to be said back. */
function shown(argument: string): string {
  return visible(Buffer.from(argument.slice(0, 40), 'latin1'))
}
