import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Clock } from '../session/budget.ts'
import { inTurns } from '../text/in-turns.ts'
import type { Listener } from '../transcript/recorder.ts'
import { isLong, jsonSlices } from './json-slices.ts'
import { invite } from './request-body.ts'

/** Octets that may wait for a caller who does not read; what happens beyond that is left out of the stream, and that is said. */
const MOST_WAITING_OCTETS = 262_144

/** Proxies and callers cut what is silent for long. */
const HEARTBEAT_MS = 15_000

/**
 * What the sessions of one call say while they say it, as server-sent events (WHATWG HTML §9.2), with what the call came to
 * as the last event. It is told and never waits: whoever reads slowly misses entries, and holds no session.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  #state: 'not-begun' | 'open' | 'over' = 'not-begun'
  #leftOut = 0
  #cancelHeartbeat = (): void => undefined

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response
    this.#clock = clock
  }

  /** The head of the answer is out: from here on the status can say nothing any more. */
  get begun(): boolean {
    return this.#state !== 'not-begun'
  }

  /** Begins the stream with its first session. @returns who tells what that one says */
  listener(session: string): Listener {
    if (!this.begun && !this.#response.headersSent) this.#response.setHeader('X-Session-Id', session)
    this.#begin()
    return {
      entry: (entry) => this.#tell('entry', { session, ...entry }, entry.seq),
      finding: (finding) => this.#tell('finding', { session, ...finding }),
    }
  }

  /** The last event, which is never left out. */
  finish(event: 'result' | 'problem', body: object): void {
    this.#begin()
    if (this.#state === 'over') return
    this.#tellLeftOut()
    this.#end()
    if (isLong(body)) {
      Readable.from(inTurns(eventSlices(event, body))).pipe(this.#response)
      return
    }
    this.#write(event, body)
    this.#response.end()
  }

  #begin(): void {
    if (this.begun) return
    this.#state = 'open'
    // a message that is still to come would never be sent by whoever waits for this first
    invite(this.#response.req, this.#response)
    this.#response.setHeader('Content-Type', 'text/event-stream')
    this.#response.setHeader('Cache-Control', 'no-store')
    // nginx would keep it back until it is whole
    this.#response.setHeader('X-Accel-Buffering', 'no')
    this.#response.flushHeaders()
    this.#response.once('close', () => this.#end())
    this.#beat()
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      if (!this.#isFull()) this.#response.write(': still at it\n\n')
      this.#beat()
    })
  }

  #end(): void {
    this.#state = 'over'
    this.#cancelHeartbeat()
  }

  #tell(event: string, data: object, id?: number): void {
    if (this.#state !== 'open') return
    if (this.#isFull()) {
      this.#leftOut += 1
      return
    }
    this.#tellLeftOut()
    this.#write(event, data, id)
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0) return
    this.#write('left-out', { events: this.#leftOut })
    this.#leftOut = 0
  }

  #isFull(): boolean {
    return this.#response.writableLength > MOST_WAITING_OCTETS
  }

  /** JSON has no line breaks, so that data is one line. */
  #write(event: string, data: object, id?: number): void {
    const number = id === undefined ? '' : `id: ${id}\n`
    this.#response.write(`event: ${event}\n${number}data: ${JSON.stringify(data)}\n\n`)
  }
}

function* eventSlices(event: string, body: Readonly<Record<string, unknown>>): Generator<string> {
  yield `event: ${event}\ndata: `
  yield* jsonSlices(body)
  yield '\n\n'
}
