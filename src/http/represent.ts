import { Readable } from 'node:stream'
import type { Request, Response } from 'express'
import { inTurns } from '../text/in-turns.ts'
import { type Account, accountText } from './account.ts'
import { callOf } from './call.ts'
import { isLong, jsonSlices } from './json-slices.ts'
import { accountMarkdown } from './markdown.ts'
import { Problem } from './problem.ts'
import { problemBody, problemMarkdown, problemText } from './problem-forms.ts'

export const EVENT_STREAM = 'text/event-stream'

/** The forms of problems; JSON where nothing else is asked for (RFC 9110 §12.5.1). */
const FORMS = ['application/json', 'application/problem+json', 'text/plain', 'text/markdown']

/** An answer, for each of the forms in which it can be had. */
export interface Answer {
  readonly json: object
  readonly account: Account
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Which of these types the caller is answered with; undefined where there is nothing to choose.
 * @throws {Problem} 406 when none of them is taken
 */
export function acceptedOf(request: Request, types: readonly string[] | undefined): string | undefined {
  if (types === undefined) return undefined
  // who names the type of problems alone can read JSON
  const all = types.includes('application/json') ? [...types, 'application/problem+json'] : [...types]
  const accepted = request.accepts(all)
  if (accepted !== false) return accepted
  throw new Problem({
    status: 406,
    code: 'not-acceptable',
    detail: `This can be had as ${types.join(', ')}.`,
  })
}

/** Answers in the form that was chosen. What a session said is nobody else's to keep. */
export function represent(request: Request, response: Response, given: Answer): void {
  const answer = reproducible(response, given)
  if (!response.headersSent) {
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
    response.setHeader('Cache-Control', 'no-store')
  }
  const { events } = callOf(response)
  if (events !== undefined) events.finish('result', answer.json)
  else {
    write(request, response, {
      json: { type: 'application/json; charset=utf-8', body: answer.json },
      text: () => accountText(answer.account),
      markdown: () => accountMarkdown(answer.account),
    })
  }
}

/** Answers with what went wrong: as the last event where a stream has begun, and else with its status. */
export function representProblem(request: Request, response: Response, given: Problem): void {
  const problem = reproducibleProblem(response, given)
  const { status, headers = {} } = problem.options
  const body = problemBody(problem, request.path)
  const events = callOf(response).events
  if (events?.begun === true) {
    events.finish('problem', body)
    return
  }
  response.status(status)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('Cache-Control', 'no-store')
  write(request, response, {
    json: { type: 'application/problem+json', body },
    text: () => problemText(problem),
    markdown: () => problemMarkdown(problem),
  })
}

/** The answer with the command that does the same, where the call asks for one. */
export function reproducible(response: Response, answer: Answer): Answer {
  const reproduce = callOf(response).reproduction(answer.account)
  if (reproduce === undefined || 'reproduce' in answer.json) return answer
  return { ...answer, json: { ...answer.json, reproduce }, account: [...answer.account, reproduce] }
}

/** The same for a problem. */
export function reproducibleProblem(response: Response, problem: Problem): Problem {
  const { account = [], members = {}, ...rest } = problem.options
  const reproduce = callOf(response).reproduction(account)
  if (reproduce === undefined || 'reproduce' in members) return problem
  return new Problem({ ...rest, members: { ...members, reproduce }, account: [...account, reproduce] })
}

interface Forms {
  readonly json: { readonly type: string; readonly body: object }
  readonly text: () => string
  readonly markdown: () => string
}

function write(request: Request, response: Response, { json, text, markdown }: Forms): void {
  switch (request.accepts(FORMS)) {
    case 'text/plain':
      end(response, 'text/plain; charset=utf-8', text())
      return
    case 'text/markdown':
      end(response, 'text/markdown; charset=utf-8', markdown())
      return
    default:
      if (isLong(json.body)) {
        response.setHeader('Content-Type', json.type)
        Readable.from(inTurns(jsonSlices(json.body))).pipe(response)
      } else end(response, json.type, JSON.stringify(json.body))
  }
}

function end(response: Response, type: string, body: string): void {
  response.setHeader('Content-Type', type)
  response.end(body)
}
