import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { callOf } from './call.ts'
import { requireImpact } from './caller.ts'
import { type FieldError, invalidRequest, Problem } from './problem.ts'
import { acceptedOf, EVENT_STREAM } from './represent.ts'
import { hasBody } from './request-body.ts'
import { halfCharactersIn, undecodable } from './well-formed.ts'

/** What a call does: for the documentation, and for keys that may do only some of it. */
export type Impact = 'reads' | 'sends' | 'destroys'

/** One route: what it takes, what it answers, in zod. The handler and the OpenAPI operation both come from it. */
export interface Route<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | undefined> {
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/pop3/messages/{n}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tag: string
  readonly impact: Impact
  readonly params: P
  readonly query: Q
  /** For the document: request headers that the route looks at. */
  readonly headers?: z.ZodObject
  /** The JSON body; undefined where the route takes none. */
  readonly body: B
  /**
   * What else is at fault in a body that has not the shape it should have: one answer names what the schema says and what it
   * cannot say. A body of the right shape is looked at by the handler.
   */
  readonly alsoAtFault?: (body: unknown) => readonly FieldError[]
  readonly bodyExamples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>
  /** Another type of body, which is passed on while it comes: what JSON would say stands in the query then. */
  readonly streamed?: {
    readonly type: string
    readonly query: z.ZodObject
    readonly description: string
    readonly example: string
  }
  readonly responses: ZodOpenApiResponsesObject
  /** HTTP Basic holds the credentials of the mail server: always, or where they are wanted. */
  readonly credentials: Credentials
}

type Credentials = 'mailbox' | 'optional' | 'none'

export interface Parsed<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  /** Of the types that the document has for 200 and 406 is the alternative to, the one that the caller takes. */
  readonly accepted: string | undefined
}

type Body<B> = B extends z.ZodType ? z.output<B> : undefined

export type Handler<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | undefined> = (
  input: Parsed<z.output<P>, z.output<Q>, Body<B>>,
  request: Request,
  response: Response,
) => Promise<void>

/** A route with its literal types kept; the empty parts filled in. */
export function route<
  P extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Q extends z.ZodObject = z.ZodObject<Record<never, never>>,
  B extends z.ZodType | undefined = undefined,
>(
  spec: Omit<Route<P, Q, B>, 'params' | 'query' | 'body' | 'credentials'> & {
    readonly params?: P
    readonly query?: Q
    readonly body?: B
    readonly credentials?: Credentials
  },
): Route<P, Q, B> {
  return {
    ...spec,
    params: spec.params ?? (z.strictObject({}) as unknown as P),
    query: spec.query ?? (z.strictObject({}) as unknown as Q),
    body: spec.body as B,
    credentials: spec.credentials ?? 'none',
  }
}

/**
 * Mounts a route; its handler gets what parsing made, or is not called.
 * @param takes where another route has the same path, which requests are for this one
 */
export function mount<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | undefined>(
  router: Router,
  spec: Route<P, Q, B>,
  takes: (request: Request) => boolean = () => true,
): (handler: Handler<P, Q, B>) => void {
  return (handler) => {
    router[spec.method](expressPath(spec.path), async (request, response, next) => {
      if (!takes(request)) {
        next()
        return
      }
      requireImpact(response, spec.impact)
      const input = parsed(spec, request)
      const accepted = acceptedOf(request, typesOf(spec))
      if (accepted === EVENT_STREAM) callOf(response).readAlong()
      await handler({ accepted, ...input }, request, response)
    })
  }
}

/** The types of the answer to a call that did what was asked, where the document has 406 for who wants another. */
function typesOf({ responses }: { readonly responses: ZodOpenApiResponsesObject }): string[] | undefined {
  const success = responses['200']
  if (responses['406'] === undefined || success === undefined || !('content' in success)) return undefined
  return Object.keys(success.content ?? {})
}

/** The OpenAPI operation of a route. */
export function operationOf(
  spec: Route<z.ZodObject, z.ZodObject, z.ZodType | undefined>,
): ZodOpenApiOperationObject {
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    description: spec.description,
    tags: [spec.tag],
    requestParams: {
      path: spec.params,
      query: spec.streamed?.query ?? spec.query,
      ...(spec.headers === undefined ? {} : { header: spec.headers }),
    },
    ...(spec.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: spec.body,
                ...(spec.bodyExamples === undefined ? {} : { examples: spec.bodyExamples }),
              },
              ...streamedContent(spec.streamed),
            },
          },
        }),
    responses: spec.responses,
    security: securityOf(spec.credentials),
    'x-impact': spec.impact,
  }
}

function streamedContent(streamed: Route<z.ZodObject, z.ZodObject, undefined>['streamed']) {
  if (streamed === undefined) return {}
  const { type, description, example } = streamed
  const examples = { whole: { summary: description, value: example } }
  return { [type]: { schema: z.string().meta({ format: 'binary' }), examples } }
}

function securityOf(credentials: Credentials): Record<string, string[]>[] {
  const without = [{}, { serviceKey: [] }]
  const withMailbox = [{ mailbox: [] }, { serviceKey: [], mailbox: [] }]
  if (credentials === 'optional') return [...without, ...withMailbox]
  return credentials === 'none' ? without : withMailbox
}

function expressPath(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/g, ':$1')
}

function parsed<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | undefined>(
  spec: Route<P, Q, B>,
  request: Request,
): Omit<Parsed<z.output<P>, z.output<Q>, Body<B>>, 'accepted'> {
  const params = spec.params.safeParse(request.params)
  const query = spec.query.safeParse({ ...request.query })
  const body = spec.body === undefined ? undefined : spec.body.safeParse(jsonBody(spec, request))
  const errors: FieldError[] = [
    ...issues(params, (path) => ({ parameter: path.join('.') })),
    ...issues(query, (path) => ({ parameter: path.join('.') })).map((fault) => repeated(fault, request)),
    ...undecodable(request).map((parameter) => ({ parameter, detail: 'it is not UTF-8' })),
    ...(body === undefined ? [] : issues(body, (path) => ({ pointer: pointerOf(path) }))),
    ...(body?.success === false ? (spec.alsoAtFault?.(request.body) ?? []) : []),
    ...(body === undefined ? [] : halfCharactersIn(request.body).map(halfCharacter)),
  ]
  if (errors.length > 0 || !params.success || !query.success || body?.success === false)
    throw invalidRequest(errors)
  return { params: params.data, query: query.data, body: body?.data as Body<B> }
}

function halfCharacter(path: readonly PropertyKey[]): FieldError {
  return { pointer: pointerOf(path), detail: 'half of a surrogate pair is no character' }
}

/** The query is parsed into a list where a parameter stands in it more than once. */
function repeated(fault: FieldError, { query }: Request): FieldError {
  const isRepeated = Array.isArray(query[fault.parameter ?? ''])
  return isRepeated ? { ...fault, detail: 'it stands there more than once' } : fault
}

/**
 * What a schema made of parameters that belong together.
 * @throws {Problem} 400 naming each at fault by its path
 */
export function validParameters<T>(result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data
  throw invalidRequest(issues(result, (path) => ({ parameter: path.join('.') })))
}

function jsonBody(
  { streamed }: Pick<Route<z.ZodObject, z.ZodObject, z.ZodType>, 'streamed'>,
  request: Request,
): unknown {
  if (request.body !== undefined) return request.body
  if (request.headers['content-type'] === undefined && !hasBody(request)) return {}
  throw new Problem({
    status: 415,
    code: 'unsupported-media-type',
    detail: `The body has to be application/json${streamed === undefined ? '' : ` or ${streamed.type}`}.`,
  })
}

function issues(
  result: z.ZodSafeParseResult<unknown>,
  place: (path: readonly PropertyKey[]) => Omit<FieldError, 'detail'>,
): FieldError[] {
  if (result.success) return []
  return faultsIn(result.error.issues).map(({ path, detail }) => ({ ...place(path), detail }))
}

interface Fault {
  readonly path: readonly PropertyKey[]
  readonly detail: string
}

function faultsIn(given: readonly z.core.$ZodIssue[]): Fault[] {
  return given.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...issue.path, key], detail: 'there is no such field' }))
    if (issue.code === 'invalid_union')
      return closest(issue.errors).map(({ path, detail }) => ({ path: [...issue.path, ...path], detail }))
    // what zod says of a field that is not there is about types, of which a caller with a missing field has none
    const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
    return [{ path: issue.path, detail: isMissing ? 'it is missing' : issue.message }]
  })
}

/** The alternative that was meant is the one with the fewest faults; the more special ones stand last. */
function closest(alternatives: readonly (readonly z.core.$ZodIssue[])[]): Fault[] {
  return alternatives.map(faultsIn).reduce((best, faults) => (faults.length <= best.length ? faults : best))
}

/** RFC 6901 §3. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
