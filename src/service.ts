import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type Config, SANDBOX } from './config/config.ts'
import { createApp } from './http/app.ts'
import { ServerBook } from './http/target.ts'
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts'
import type { Clock } from './session/budget.ts'
import type { ConfiguredServer } from './session/configured-server.ts'
import { serverUrl } from './session/server-url.ts'
import { Sessions } from './session/sessions.ts'
import { newId } from './text/ids.ts'
import { dialler } from './wire/dial.ts'
import { createResolver } from './wire/resolve.ts'
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

/** The composition root: configuration to a service that listens. @throws what listening throws */
export async function startService(config: Config, logger: Logger, version: string): Promise<Service> {
  const clock = systemClock()
  const sandbox = config.sandbox ? await startSandbox() : undefined
  const sessions = new Sessions({ inAll: config.maxSessions, perTarget: config.maxSessionsPerTarget })
  let ready = true
  const app = createApp({
    context: {
      tools: {
        clock,
        newId: () => newId(clock.wallNow(), randomBytes),
        dial: dialler({
          resolver: createResolver(config.dnsServers.length === 0 ? {} : { servers: config.dnsServers }),
          egress: config.egress,
          contextOf: secureContexts(),
          now: clock.now,
          wallNow: clock.wallNow,
        }),
      },
      sessions,
      servers: new ServerBook(
        [...config.servers, ...(sandbox === undefined ? [] : [asServer(sandbox)])],
        config.defaultServer,
      ),
      timeLimits: config.timeLimits,
      maxMessageOctets: config.maxMessageOctets,
      maxRecipients: config.maxRecipients,
      helloName: config.helloName,
      ready: () => ready,
      version,
    },
    logger,
    apiKeys: config.apiKeys,
    ownNames: ownNames(config),
    rateLimit: config.rateLimit,
    trustProxy: config.trustProxy,
  })
  const server = createServer({ headersTimeout: 30_000, requestTimeout: 60_000 }, (request, response) => {
    response.once('finish', () => {
      // a connection that is kept for more calls would keep the process
      if (!ready) setImmediate(() => server.closeIdleConnections())
    })
    app(request, response)
  })
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
  if (config.apiKeys.length > 0 || config.open) return undefined
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
