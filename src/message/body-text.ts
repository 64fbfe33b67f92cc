import { decodeText, wellFormed } from './charset.ts'
import { unflowed } from './flowed.ts'
import type { Part } from './parts.ts'

/** The texts of one kind, bounded together. */
export class BodyText {
  readonly #what: string
  readonly #problem: (text: string) => void
  readonly #texts: string[] = []
  #room: number

  constructor(limit: number, what: string, problem: (text: string) => void) {
    this.#room = limit
    this.#what = what
    this.#problem = problem
  }

  async read(part: Part): Promise<void> {
    const chunks: Buffer[] = []
    let cut = false
    try {
      for await (const chunk of part.content) {
        if (this.#room > 0) chunks.push(chunk.subarray(0, this.#room))
        cut ||= chunk.length > this.#room
        this.#room = Math.max(this.#room - chunk.length, 0)
      }
    } catch {
      this.#problem(`the ${this.#what} breaks off`)
    }
    if (cut) this.#problem(`the ${this.#what} is longer than the limit and was cut`)
    const { charset, format, delsp } = part.parameters
    const decoded = decodeText(Buffer.concat(chunks), charset, cut ? 'cut' : 'whole')
    if (decoded.problem !== undefined) this.#problem(`the ${this.#what}: ${decoded.problem}`)
    const text = wellFormed(decoded.text)
    if (text !== decoded.text) this.#problem(`the ${this.#what}: half of a surrogate pair was replaced`)
    const lines = text.replace(/\r\n/g, '\n')
    const flowed = part.contentType === 'text/plain' && format?.trim().toLowerCase() === 'flowed'
    this.add(flowed ? unflowed(lines, delsp?.trim().toLowerCase() === 'yes' ? 'delete' : 'keep') : lines)
  }

  add(text: string): void {
    this.#texts.push(text)
  }

  get any(): boolean {
    return this.#texts.some((text) => text !== '')
  }

  get whole(): string | null {
    return this.#texts.length === 0 ? null : this.#texts.join('\n')
  }
}
