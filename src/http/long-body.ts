import type { Request, RequestHandler } from 'express'
import { LongJson } from './long-json.ts'
import { Problem } from './problem.ts'
import { CallerLeft, contentLengthOf, hasBody, RequestBody } from './request-body.ts'

/** A body up to here is read, looked through and parsed at one go. */
const LONG_OCTETS = 262_144

/** RFC 9110 §8.3.1; of the parameters one means something in JSON, and what is not UTF-8 is refused elsewhere. */
const JSON_IN_UTF8 =
  /^application\/json[ \t]*(?:;(?![ \t]*charset=(?!(?:utf-8|"utf-8")[ \t]*(?:;|$)))[^;]*)*$/i

/**
 * Reads bodies of JSON that are long, or whose length nobody knows, piece by piece: no turn of the event loop is longer
 * for them. What it passes over is read as ever.
 */
export function longBody(maxOctets: number): RequestHandler {
  return async (request, response, next) => {
    if (!isLong(request)) {
      next()
      return
    }
    const json = new LongJson()
    for await (const piece of piecesOf(request, maxOctets)) {
      // the time for it was over, and that was the answer
      if (response.headersSent) break
      json.push(piece)
    }
    if (response.headersSent) {
      request.resume()
      return
    }
    request.body = await json.end()
    next()
  }
}

async function* piecesOf(request: Request, maxOctets: number): AsyncGenerator<Buffer> {
  const body = new RequestBody(request)
  try {
    let octets = 0
    for (let piece = await body.next(); piece !== null; piece = await body.next()) {
      octets += piece.length
      if (octets > maxOctets) throw tooLarge()
      yield piece
    }
  } catch (error) {
    if (!(error instanceof CallerLeft)) throw error
    throw new Problem({ status: 400, code: 'invalid-request', detail: 'The request cannot be read.' })
  } finally {
    body.release()
  }
}

function isLong(request: Request): boolean {
  const length = contentLengthOf(request)
  return (
    hasBody(request) &&
    (length === undefined || length > LONG_OCTETS) &&
    JSON_IN_UTF8.test(request.headers['content-type'] ?? '') &&
    /^(?:identity)?$/i.test(request.headers['content-encoding'] ?? '')
  )
}

export function tooLarge(): Problem {
  return new Problem({
    status: 413,
    code: 'payload-too-large',
    detail: 'The body is larger than this service takes.',
  })
}
