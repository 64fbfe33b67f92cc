import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import type { Logger } from 'pino'
import type { ApiKey } from '../config/keys-file.ts'
import type { ProblemCode } from '../diagnosis/codes.ts'
import { NoRoom } from '../session/sessions.ts'
import { refuseOtherSites, requireKey, requireOwnHost } from './access.ts'
import { answerTime } from './answer-time.ts'
import { bodyTime, unanswered } from './body-time.ts'
import { beginCall, callOf } from './call.ts'
import { callLog, requestIdOf } from './call-log.ts'
import { keyOf } from './caller.ts'
import type { Context } from './context.ts'
import { openApiDocument, ROUTES } from './documented.ts'
import { forPaths, inOrder } from './in-order.ts'
import { KnownRoutes } from './known-routes.ts'
import { longBody, tooLarge } from './long-body.ts'
import { notJson } from './long-json.ts'
import type { Metrics, Policy } from './metrics.ts'
import { page } from './page.ts'
import { Problem } from './problem.ts'
import { queuedAnswers } from './queued-answers.ts'
import { representProblem } from './represent.ts'
import { contentLengthOf, invite, isOfType } from './request-body.ts'
import { docsRouter } from './routes/docs.ts'
import { healthRouter } from './routes/health.ts'
import { metricsRouter } from './routes/metrics.ts'
import { pop3Router } from './routes/pop3-routes.ts'
import { problemsRouter } from './routes/problems.ts'
import { smtpRouter } from './routes/smtp-routes.ts'
import { requireStrictJson } from './strict-json.ts'

export interface AppOptions {
  readonly context: Context
  readonly logger: Logger
  readonly metrics: Metrics
  readonly keys: readonly ApiKey[]
  /** Host names this service answers to; undefined where any will do. */
  readonly ownNames: ReadonlySet<string> | undefined
  /** Calls a minute from one key or address; 0 is no limit. */
  readonly rateLimit: number
  /** What Express is told of proxies: whose `X-Forwarded-For` to believe. */
  readonly trustProxy: readonly string[]
}

/** base64 in JSON takes four characters for three octets, and the fields around it take some. */
const BODY_BESIDE_MESSAGE = 1_048_576

/** What one caller has of IPv6. */
const IPV6_CALLER_BITS = 64

const SMTP_PATHS = /^\/smtp\//i
const POP3_PATHS = /^\/pop3\//i
const OTHER_PATHS = /^\/(?!(?:smtp|pop3)\/)/i

/** The HTTP application: middleware in order, routes, and what becomes of errors. */
export function createApp(options: AppOptions): Express {
  const { context, logger, metrics } = options
  const { clock } = context.tools
  const routes = new KnownRoutes(ROUTES)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', [...options.trustProxy])
  app.set('query parser', 'simple')
  app.use(
    inOrder(
      beginCall(clock),
      callLog(logger, clock),
      metrics.counting(routes, clock.now, (locals) => keyOf({ locals })?.name ?? ''),
      queuedAnswers(),
      answerTime(clock),
      securityHeaders(),
      requireOwnHost(options.ownNames),
      requireMethod(routes),
      forPaths(OTHER_PATHS, papers(context)),
      refuseOtherSites(),
      bodyTime(clock),
      ...guards(options),
      // whoever watches over the service has to see it when callers are too many, too
      forPaths(OTHER_PATHS, metricsRouter(metrics)),
      knowingCaller(),
      limiter(options.rateLimit),
      ...readingJson(context),
      forPaths(SMTP_PATHS, smtpRouter(context)),
      forPaths(POP3_PATHS, pop3Router(context)),
    ),
  )
  app.use(() => {
    throw new Problem({ status: 404, code: 'not-found', detail: 'No route of that path; /docs lists them.' })
  })
  app.use(onError(logger, metrics))
  return app
}

/** What needs no key and is not counted: what people read, and what asks whether the service is well. */
function papers(context: Context): Router {
  const sandbox = context.servers.defaultName === 'sandbox' ? 'default' : 'not-default'
  return Router()
    .get('/', (_request, response) => {
      response.type('html').send(frontPage(context.version))
    })
    .use(healthRouter(context))
    .use(problemsRouter())
    .use(docsRouter(openApiDocument(context.version), sandbox))
}

function guards({ keys, rateLimit }: AppOptions): RequestHandler[] {
  if (keys.length === 0) return []
  return [...(rateLimit > 0 ? [guessingLimiter(rateLimit)] : []), requireKey(keys)]
}

function knowingCaller(): RequestHandler {
  return (request, response, next) => {
    response.locals['caller'] = callerOf(request, response)
    next()
  }
}

function readingJson({ maxMessageOctets }: Context): RequestHandler[] {
  const maxBodyOctets = Math.ceil((maxMessageOctets * 4) / 3) + BODY_BESIDE_MESSAGE
  return [
    (request, response, next) => {
      if (isOfType(request, 'application/json')) {
        // what says itself that it is too large is not waited for
        if ((contentLengthOf(request) ?? 0) > maxBodyOctets) throw tooLarge()
        invite(request, response)
      }
      next()
    },
    longBody(maxBodyOctets),
    express.json({
      limit: maxBodyOctets,
      inflate: false,
      strict: true,
      verify: (_request, _response, octets, charset) => requireStrictJson(octets, charset),
    }),
    unanswered(),
  ]
}

function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        'script-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'upgrade-insecure-requests': null,
      },
    },
    // without TLS in front it would lock browsers out, and with TLS it is the proxy's to say
    strictTransportSecurity: false,
  })
}

/** Whoever guesses keys is counted by address, as wrong keys never come as far as the limit per key. */
function guessingLimiter(guessesPerMinute: number) {
  return rateLimit({
    windowMs: 60_000,
    limit: guessesPerMinute,
    standardHeaders: false,
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? '', IPV6_CALLER_BITS),
    handler: () => tooManyCalls(guessesPerMinute),
  })
}

/** Whose calls belong together: those with the same key, or from the same address where there are no keys. */
function callerOf(request: Request, response: Response): string {
  const key = keyOf(response)
  if (key === undefined) return ipKeyGenerator(request.ip ?? '', IPV6_CALLER_BITS)
  return key.name ?? key.digest.toString('hex')
}

function limiter(callsPerMinute: number) {
  const limitOf = (response: Response): number => keyOf(response)?.rate ?? callsPerMinute
  return rateLimit({
    windowMs: 60_000,
    limit: (_request, response) => limitOf(response),
    skip: (_request, response) => limitOf(response) === 0,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => String(response.locals['caller']),
    handler: (_request, response) => tooManyCalls(limitOf(response)),
  })
}

function tooManyCalls(limit: number): never {
  throw new Problem({
    status: 429,
    code: 'too-many-calls',
    detail: `At most ${limit} calls a minute are taken.`,
  })
}

/**
 * 405 with `Allow` where the path exists and the method does not. Asked before the routers: each of them would answer
 * OPTIONS for what it knows itself, and a path may be one of a template of another as well.
 */
function requireMethod(routes: KnownRoutes): RequestHandler {
  return (request, response, next) => {
    const allowed = routes.methodsAt(request.path)
    if (allowed === undefined || allowed.includes(request.method)) {
      next()
      return
    }
    response.setHeader('Allow', allowed.join(', '))
    if (request.method !== 'OPTIONS') {
      const detail = `Here one can ${allowed.join(', ')}.`
      throw new Problem({ status: 405, code: 'method-not-allowed', detail })
    }
    response.status(204).end()
  }
}

function onError(logger: Logger, metrics: Metrics): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, _next) => {
    const problem = problemFrom(error)
    const policy = policyOf(error)
    if (policy !== undefined) metrics.refused(policy)
    if (problem.options.status === 500)
      logger.error({ err: error, req: { id: requestIdOf(response) } }, 'a bug')
    // once the answer has begun it can only be broken off, so that it never passes for whole
    if (response.headersSent && callOf(response).events === undefined) response.destroy()
    else representProblem(request, response, problem)
  }
}

const POLICIES: Partial<Record<ProblemCode, Policy>> = {
  forbidden: 'other-host-or-site',
  unauthorized: 'key',
  'key-limited': 'key-limits',
  'too-many-calls': 'rate',
}

/** What did not allow the call, where something did not; a target is counted with its session. */
function policyOf(error: unknown): Policy | undefined {
  if (error instanceof Problem) return POLICIES[error.options.code]
  if (!(error instanceof NoRoom)) return undefined
  switch (error.limit) {
    case 'in-all':
      return 'sessions'
    case 'per-target':
      return 'sessions-per-target'
    case 'shutting-down':
      return 'shutting-down'
  }
}

function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof NoRoom) return noRoom(error)
  return (
    bodyProblem(error) ??
    new Problem({
      status: 500,
      code: 'internal-error',
      detail: 'Something went wrong here; the log has it under the request’s id.',
    })
  )
}

function noRoom(error: NoRoom): Problem {
  const detail = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`
  const headers = { 'Retry-After': '5' }
  if (error.limit === 'per-target')
    return new Problem({ status: 429, code: 'too-many-calls', detail, headers })
  const code = error.limit === 'shutting-down' ? 'shutting-down' : 'too-many-calls'
  return new Problem({ status: 503, code, detail, headers })
}

/** What Express and its body parser throw; their messages quote the body and are not passed on. */
function bodyProblem(error: unknown): Problem | undefined {
  const { type, status } = error as { readonly type?: unknown; readonly status?: unknown }
  switch (type) {
    case 'entity.too.large':
      return tooLarge()
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem({
        status: 415,
        code: 'unsupported-media-type',
        detail: 'The body has to be UTF-8 without a content encoding.',
      })
    case 'entity.parse.failed':
      return notJson()
    default:
      if (status !== 400) return undefined
      if (error instanceof URIError) {
        const detail = 'The path holds a percent-encoding that is none of UTF-8.'
        return new Problem({ status: 400, code: 'invalid-request', detail })
      }
      return new Problem({ status: 400, code: 'invalid-request', detail: 'The request cannot be read.' })
  }
}

function frontPage(version: string): string {
  return page(
    'Mail sessions over HTTP',
    `<h1>Mailwire ${version}</h1>
<p>One call runs one real SMTP or POP3 session and returns what was said on the wire, and, when the server says no, why.</p>
<ul>
<li><a href="docs/">Try every call</a> (Swagger UI)</li>
<li><a href="openapi.json">OpenAPI document</a>, also <a href="openapi.yaml">as YAML</a></li>
<li><a href="problems">What can go wrong</a>, explained</li>
</ul>`,
  )
}
