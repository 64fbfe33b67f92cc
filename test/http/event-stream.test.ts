import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { EventStream } from '../../src/http/event-stream.ts'
import type { Entry } from '../../src/transcript/entry.ts'
import { eventsIn } from '../support/events.ts'
import { manualClock } from '../support/manual-clock.ts'

const entry = (seq: number, text = 'x'): Entry => ({ seq, atMs: 0, kind: 'event', event: 'note', text })

/** A stream to a caller who reads nothing before it is over; what was written waits in the response. */
function unread() {
  const clock = manualClock()
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const stream = new EventStream(response, clock)
  const written = (): string => {
    const { outputData } = response as unknown as { outputData: { data: string | Buffer }[] }
    const all = outputData.map(({ data }) => data.toString()).join('')
    const body = all.slice(all.indexOf('\r\n\r\n') + 4)
    // RFC 9112 §7.1: without the sizes of the chunks
    return body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n(?:\r\n$)?/g, '').replace(/\r\n$/, '')
  }
  return { clock, response, stream, written }
}

describe('the head', () => {
  test('is out with the first session, and says that nobody is to keep or to hold back what follows', () => {
    const { stream, response } = unread()
    expect([stream.begun, response.headersSent]).toEqual([false, false])
    stream.listener('S1')
    expect([stream.begun, response.headersSent, response.statusCode]).toEqual([true, true, 200])
    expect(response.getHeaders()).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-session-id': 'S1',
    })
    stream.finish('result', {})
  })

  test('is out with the result, where there was no session', () => {
    const { stream, written } = unread()
    stream.finish('result', { outcome: 'ok' })
    expect(written()).toBe('event: result\ndata: {"outcome":"ok"}\n\n')
  })
})

describe('events', () => {
  test('say of which session they are, and are numbered as its entries', () => {
    const { stream, written } = unread()
    const first = stream.listener('S1')
    first.entry(entry(0))
    first.finding({ code: 'bare-lf', text: 'A line\nended', evidence: [0] })
    stream.listener('S2').entry(entry(0))
    stream.finish('problem', { status: 502 })
    expect(eventsIn(written())).toEqual([
      { event: 'entry', id: '0', data: { session: 'S1', ...entry(0) } },
      {
        event: 'finding',
        id: undefined,
        data: { session: 'S1', code: 'bare-lf', text: 'A line\nended', evidence: [0] },
      },
      { event: 'entry', id: '0', data: { session: 'S2', ...entry(0) } },
      { event: 'problem', id: undefined, data: { status: 502 } },
    ])
  })

  test('end with the last one: what a session says behind it is not told any more', () => {
    const { stream, written } = unread()
    const listener = stream.listener('S')
    stream.finish('result', {})
    listener.entry(entry(1))
    stream.finish('problem', {})
    expect(eventsIn(written()).map(({ event }) => event)).toEqual(['result'])
  })
})

describe('a caller who does not read', () => {
  test('misses entries beyond a bound, is told how many, and gets the result', () => {
    const { stream, response, written } = unread()
    const listener = stream.listener('S')
    for (let n = 0; n < 5000; n += 1) listener.entry(entry(n, 'x'.repeat(200)))
    expect(response.writableLength).toBeLessThan(300_000)
    listener.finding({ code: 'f', text: 'f', evidence: [] })
    stream.finish('result', { outcome: 'ok' })
    const events = eventsIn(written())
    const told = events.filter(({ event }) => event === 'entry').length
    expect(told).toBeGreaterThan(500)
    expect(events.slice(told)).toEqual([
      { event: 'left-out', id: undefined, data: { events: 5000 - told + 1 } },
      { event: 'result', id: undefined, data: { outcome: 'ok' } },
    ])
  })

  test('is not written to by heartbeats without end either', () => {
    const { stream, response, clock } = unread()
    const listener = stream.listener('S')
    for (let n = 0; n < 5000; n += 1) listener.entry(entry(n, 'x'.repeat(200)))
    const before = response.writableLength
    clock.advance(3_600_000)
    expect(response.writableLength).toBe(before)
    stream.finish('result', {})
  })

  test('who reads misses nothing: the innocent twin', () => {
    const { stream, written } = unread()
    const listener = stream.listener('S')
    for (let n = 0; n < 500; n += 1) listener.entry(entry(n))
    stream.finish('result', {})
    expect(eventsIn(written())).toHaveLength(501)
  })
})

describe('long silence', () => {
  test('is broken by comments, until the end; no timer is left', () => {
    const { stream, clock, written } = unread()
    expect(clock.waiting).toBe(0)
    stream.listener('S')
    clock.advance(14_999)
    expect(written()).toBe('')
    clock.advance(45_001)
    expect(written()).toBe(': still at it\n\n'.repeat(4))
    stream.finish('result', {})
    expect(clock.waiting).toBe(0)
  })

  test('ends with a caller who leaves, too', () => {
    const { stream, clock, response } = unread()
    const listener = stream.listener('S')
    response.destroy()
    response.emit('close')
    expect(clock.waiting).toBe(0)
    listener.entry(entry(0))
    stream.finish('result', {})
    expect(clock.waiting).toBe(0)
  })
})
