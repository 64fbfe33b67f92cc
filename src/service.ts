import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { openMetricsContentType, Registry } from 'prom-client'
import { type Config, SANDBOX } from './config/config.ts'
import { createApp } from './http/app.ts'
import { Idempotency } from './http/idempotency.ts'
import { MemoryStore } from './http/idempotency-store.ts'
import { messageClasses } from './http/message-classes.ts'
import { Metrics, type MetricsRegistry } from './http/metrics.ts'
import { sessionLine } from './http/session-line.ts'
import { ServerBook } from './http/target.ts'
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts'
import type { Clock } from './session/budget.ts'
import type { ConfiguredServer } from './session/configured-server.ts'
import type { FindAddresses, FindMailHosts } from './session/mail-route.ts'
import { Fault, Unmet } from './session/outcome.ts'
import { serverUrl } from './session/server-url.ts'
import { Sessions } from './session/sessions.ts'
import { newId, pooledRandom } from './text/ids.ts'
import { dialler } from './wire/dial.ts'
import { dnsAsker } from './wire/dns-question.ts'
import { lookups } from './wire/lookups.ts'
import { mailHosts, NullMx } from './wire/mx.ts'
import { createResolver, DnsError, type Resolver } from './wire/resolve.ts'
import { secureContexts } from './wire/socket-wire.ts'

export interface Service {
  /** Where it listens, `http://127.0.0.1:25110`. */
  readonly url: string
  readonly server: Server
  readonly sandbox: Sandbox | undefined
  /** No new calls; running sessions finish within `graceMs`, then are ended; nothing is left open. */
  close(graceMs: number): Promise<void>
}

/** What an answer may take to leave when its session is over. */
const LAST_WORDS_MS = 1000

/** What may come from outside besides the configuration. */
interface Parts {
  /** Adds what is measured of the whole process, of which there is one. */
  readonly measureProcess?: (registry: MetricsRegistry) => void
  /** Where MTA-STS policies are, if not on port 443 with a certificate that the system trusts. */
  readonly policyHost?: { readonly port?: number; readonly ca?: string }
}

/**
 * The composition root: configuration to a service that listens.
 * @throws what listening throws
 */
export async function startService(
  config: Config,
  logger: Logger,
  version: string,
  parts: Parts = {},
): Promise<Service> {
  const clock = systemClock()
  const random = pooledRandom()
  const sandbox = config.sandbox ? await startSandbox() : undefined
  const sessions = new Sessions({ inAll: config.maxSessions, perTarget: config.maxSessionsPerTarget })
  const resolving = config.dnsServers.length === 0 ? {} : { servers: config.dnsServers }
  const resolver = createResolver(resolving)
  const registry: MetricsRegistry = new Registry()
  registry.setContentType(openMetricsContentType)
  const metrics = new Metrics(registry, () => sessions.running)
  parts.measureProcess?.(registry)
  let ready = true
  const app = createApp({
    context: {
      tools: {
        clock,
        newId: () => newId(clock.wallNow(), random),
        dial: dialler({
          resolver,
          egress: config.egress,
          contextOf: secureContexts(),
          now: clock.now,
          wallNow: clock.wallNow,
        }),
        serviceEnds: sessions.ending,
        ended: (session) => {
          metrics.sessionEnded(session)
          logger.info(sessionLine(session), 'session ended')
        },
      },
      mailHosts: mailHostsBy(resolver),
      lookups: lookups({ resolver, ask: dnsAsker(resolving), egress: config.egress, ...parts.policyHost }),
      findAddresses: addressesBy(resolver),
      sessions,
      idempotency: new Idempotency(new MemoryStore(clock.now), randomBytes(32)),
      servers: new ServerBook(
        [...config.servers, ...(sandbox === undefined ? [] : [asServer(sandbox)])],
        config.defaultServer,
      ),
      signingKeys: config.signingKeys,
      timeLimits: config.timeLimits,
      maxMessageOctets: config.maxMessageOctets,
      maxRecipients: config.maxRecipients,
      helloName: config.helloName,
      ready: () => ready,
      version,
    },
    logger,
    metrics,
    keys: config.keys,
    ownNames: ownNames(config),
    rateLimit: config.rateLimit,
    trustProxy: config.trustProxy,
  })
  // how long a body may take is told apart by what it is, in the application
  const server = createServer({
    ...messageClasses(app),
    headersTimeout: 30_000,
    requestTimeout: 0,
    // Node's own would let slow headers have twice their time
    connectionsCheckingInterval: 1000,
  })
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    response.once('finish', () => {
      // a connection that is kept for more calls would keep the process
      if (!ready) setImmediate(() => server.closeIdleConnections())
    })
    app(request, response)
  }
  server.on('request', serve)
  // without this Node asks for every body before anybody has looked at the call
  server.on('checkContinue', serve)
  try {
    await listen(server, config.port, config.host)
  } catch (error) {
    await sandbox?.close()
    throw error
  }
  return {
    url: urlOf(server, config.host),
    server,
    sandbox,
    close: async (graceMs) => {
      // while sessions finish, whoever calls is told: /readyz by its status, mail calls by a 503
      ready = false
      const grace = timer(clock, graceMs)
      await sessions.close(grace.over)
      grace.cancel()
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      const lastWords = timer(clock, LAST_WORDS_MS)
      await Promise.race([closed, lastWords.over])
      lastWords.cancel()
      server.closeAllConnections()
      await closed
      await sandbox?.close()
    },
  }
}

/** The sandbox as one more configured server: its certificate is trusted for it alone. */
function asServer(sandbox: Sandbox): ConfiguredServer {
  return {
    name: SANDBOX,
    smtp: serverUrl(`smtp://127.0.0.1:${sandbox.smtpPort}`),
    pop3: serverUrl(`pop3://127.0.0.1:${sandbox.pop3Port}`),
    tls: 'opportunistic',
    verify: 'strict',
    servername: sandbox.hostname,
    minVersion: 'TLSv1.2',
    ca: sandbox.ca,
    insecureAuth: 'refuse',
  }
}

/** What the DNS says of a domain's mail, in the words of a session. */
function mailHostsBy(resolver: Resolver): FindMailHosts {
  return async (domain) => {
    try {
      return await mailHosts(resolver, domain, Math.random)
    } catch (error) {
      if (error instanceof NullMx) throw new Unmet('null-mx', error.message, { outcome: 'rejected' })
      if (error instanceof DnsError) throw new Fault('dns', error.message, { code: error.code, cause: error })
      throw error
    }
  }
}

function addressesBy(resolver: Resolver): FindAddresses {
  return async (host, family) => {
    try {
      const found = await resolver.addresses(host, family === undefined ? {} : { family })
      return found.map(({ address }) => address)
    } catch (error) {
      if (error instanceof DnsError) throw new Fault('dns', error.message, { code: error.code, cause: error })
      throw error
    }
  }
}

function systemClock(): Clock {
  return {
    now: () => performance.now(),
    wallNow: () => Date.now(),
    after: (ms, call) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
  }
}

function timer(clock: Clock, ms: number): { readonly over: Promise<void>; readonly cancel: () => void } {
  let cancel = (): void => undefined
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  return { over, cancel }
}

/** On loopback without keys only its own names are answered to; beyond it, keys guard the service. */
function ownNames(config: Config): ReadonlySet<string> | undefined {
  if (config.keys.length > 0 || config.open) return undefined
  return new Set(['localhost', '127.0.0.1', '::1', config.host.toLowerCase()])
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${shown}:${port}`
}
