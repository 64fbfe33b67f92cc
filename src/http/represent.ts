import type { Request, Response } from 'express'
import { Problem } from './problem.ts'

/** The form a caller wants an answer in (RFC 9110 §12.5.1). JSON where nothing else is asked for. */
export function formOf(request: Request): 'json' | 'text' {
  const accepted = request.accepts(['application/json', 'application/problem+json', 'text/plain'])
  return accepted === 'text/plain' ? 'text' : 'json'
}

/** @throws {Problem} 406 when the caller takes none of these types */
export function requireAcceptable(request: Request, types: readonly string[]): void {
  if (request.accepts([...types]) !== false) return
  throw new Problem({
    status: 406,
    code: 'not-acceptable',
    detail: `This can be had as ${types.join(', ')}.`,
  })
}

/** An answer in both of its forms. */
export interface Answer {
  readonly json: unknown
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with JSON, or with the same as text. What a session said is nobody else's to keep. */
export function represent(request: Request, response: Response, answer: Answer): void {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  response.setHeader('Cache-Control', 'no-store')
  if (formOf(request) === 'text') response.type('text/plain; charset=utf-8').send(answer.text)
  else response.json(answer.json)
}
