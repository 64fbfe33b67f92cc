import type { Socket } from 'node:net'

/** What a sink says: as one write for each flight, or each reply by itself after a delay. */
export class Replies {
  readonly #socket: Socket
  readonly #delayMs: number
  #text = ''
  #hangUp = false
  #delayed = Promise.resolve()

  constructor(socket: Socket, delayMs: number) {
    this.#socket = socket
    this.#delayMs = delayMs
  }

  say(reply: string): void {
    if (this.#delayMs === 0) {
      this.#text += reply
      return
    }
    this.#delayed = this.#delayed.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, this.#delayMs))
      this.#socket.write(reply)
    })
  }

  /** When all was said. */
  hangUp(): void {
    if (this.#delayMs === 0) this.#hangUp = true
    else this.#delayed = this.#delayed.then(() => void this.#socket.end())
  }

  flush(): void {
    if (this.#text !== '') this.#socket.write(this.#text)
    this.#text = ''
    if (this.#hangUp) this.#socket.end()
  }

  /** Octets at the pace of whoever takes them. */
  async pour(octets: Buffer): Promise<void> {
    this.flush()
    if (this.#socket.write(octets) || this.#socket.destroyed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done)
        this.#socket.off('close', done)
        resolve()
      }
      this.#socket.on('drain', done)
      this.#socket.on('close', done)
    })
  }
}
