import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { MessageStream } from '../../src/http/message-stream.ts'
import { RequestBody } from '../../src/http/request-body.ts'
import { Fault } from '../../src/session/outcome.ts'

const CLOCK = { now: () => 0, wallNow: () => 0, after: () => () => undefined }
const LIMITS = { lineEnds: 'auto', maxOctets: 1000, idleMs: 1000, deadline: 1000 } as const

function streamed(pieces: readonly string[]) {
  const request = Readable.from(pieces.map((piece) => Buffer.from(piece)))
  const stream = new MessageStream(() => new RequestBody(request as IncomingMessage), LIMITS, CLOCK)
  return { request, stream }
}

test('a message goes through as it is, and its id is read on the way', async () => {
  const { stream } = streamed(['Message-', 'ID: <one@x.test>\r', '\n\r\nhello\r\n'])
  expect([stream.begun, stream.messageId]).toEqual([false, null])
  let text = ''
  for await (const octets of stream.content()) text += octets.toString()
  expect(text).toBe('Message-ID: <one@x.test>\r\n\r\nhello\r\n')
  expect([stream.begun, stream.messageId]).toEqual([true, '<one@x.test>'])
})

test('a caller who leaves before the end is no mistake of ours', async () => {
  const { request, stream } = streamed(['a\r\n', 'b\r\n'])
  const content = stream.content()
  await content.next()
  request.destroy()
  const thrown = await content.next().catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(Fault)
  expect(thrown).toMatchObject({ kind: 'aborted' })
  expect(stream.brokenOff).toBeUndefined()
})

test('what is waited for when the session is over is wanted no more, and whoever throws it away can', async () => {
  const request = new Readable({ read: () => undefined })
  const stream = new MessageStream(() => new RequestBody(request as IncomingMessage), LIMITS, CLOCK)
  const content = stream.content()
  const waiting = content.next()
  stream.release()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(request.listenerCount('readable')).toBe(0)
})
