import type { IncomingMessage, ServerResponse } from 'node:http'

/** The caller has gone before the body was whole. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft'
}

/** RFC 9110 §8.3.1: a media type is compared in any case, and its parameters are not looked at here. */
export function isOfType(request: IncomingMessage, type: string): boolean {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === type
}

/** RFC 9112 §6.3: a request without either header has no body. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || (contentLengthOf(request) ?? 0) > 0
}

/** Undefined where the body says its length as it comes. */
export function contentLengthOf(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/**
 * Tells a caller who waits for it to send the body (RFC 9110 §10.1.1). Belongs where the body is about to be read, so
 * that a call that is refused before costs no upload.
 */
export function invite(request: IncomingMessage, response: ServerResponse): void {
  if (isWaiting(request) && !response.headersSent) response.writeContinue()
}

/**
 * Before an answer to a call whose body was not read: a caller who grew tired of waiting and sends all the same is
 * heard out, or the answer would be lost in the reset of the connection.
 */
export function hearOut(request: IncomingMessage, response: ServerResponse): void {
  if (request.readableLength > 0) invite(request, response)
}

function isWaiting(request: IncomingMessage): boolean {
  return /(?:^|\W)100-continue(?:$|\W)/i.test(request.headers.expect ?? '')
}

/** The body of a request, pulled: whoever reads it sets the pace, and leaving it early ends nothing. */
export class RequestBody {
  readonly #request: IncomingMessage
  #wake: () => void = () => undefined
  readonly #woken = (): void => this.#wake()
  #released = false
  /** One piece at a time, as it came: read() would copy what lies there into one. */
  #came: Buffer | undefined
  readonly #take = (octets: Buffer): void => {
    this.#came = octets
    this.#request.pause()
    this.#wake()
  }

  constructor(request: IncomingMessage) {
    this.#request = request
    for (const event of EVENTS) request.on(event, this.#woken)
    request.pause()
    request.on('data', this.#take)
  }

  /**
   * The next octets, or null behind the last ones and when nobody wants them any more.
   * @throws {CallerLeft}
   */
  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#released) return null
      const octets = this.#came
      this.#came = undefined
      if (octets !== undefined) return octets
      if (this.#request.readableEnded) return null
      if (this.#request.destroyed) throw new CallerLeft('the caller has left')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#request.resume()
      })
    }
  }

  /** Nobody reads it any more; what still comes is for whoever throws it away. */
  release(): void {
    this.#released = true
    this.#wake()
    this.#request.pause()
    this.#request.off('data', this.#take)
    for (const event of EVENTS) if (event !== 'error') this.#request.off(event, this.#woken)
  }
}

const EVENTS = ['end', 'error', 'close'] as const
