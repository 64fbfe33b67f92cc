import type { RequestHandler } from 'express'
import { Counter, Gauge, Histogram, type OpenMetricsContentType, type Registry } from 'prom-client'
import type { EndedSession } from '../session/session.ts'
import type { KnownRoutes } from './known-routes.ts'

export type MetricsRegistry = Registry<OpenMetricsContentType>

/** Why a call, or a connection, was not allowed. */
export type Policy =
  | 'other-host-or-site'
  | 'key'
  | 'key-limits'
  | 'rate'
  | 'sessions'
  | 'sessions-per-target'
  | 'shutting-down'
  | 'egress'

const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300]

/**
 * What operators count. No label holds what a caller or a mail server chose: each has as many values as this service has
 * routes, statuses, outcomes and configured keys.
 */
export class Metrics {
  readonly #registry: MetricsRegistry
  readonly #calls: Counter<'method' | 'route' | 'status' | 'key'>
  readonly #callSeconds: Histogram<'route'>
  readonly #sessions: Counter<'protocol' | 'outcome'>
  readonly #phaseSeconds: Histogram<'protocol' | 'phase'>
  readonly #refusals: Counter<'policy'>

  constructor(registry: MetricsRegistry, running: () => number) {
    this.#registry = registry
    const registers = [registry]
    this.#calls = new Counter({
      name: 'mailwire_calls',
      help: 'HTTP calls by method, route, status and name of the key; status "left": the caller went before the answer was whole.',
      labelNames: ['method', 'route', 'status', 'key'],
      registers,
    })
    this.#callSeconds = new Histogram({
      name: 'mailwire_call_seconds',
      help: 'How long calls took, by route.',
      labelNames: ['route'],
      buckets: SECONDS,
      registers,
    })
    this.#sessions = new Counter({
      name: 'mailwire_sessions',
      help: 'Mail sessions that are over, by protocol and outcome.',
      labelNames: ['protocol', 'outcome'],
      registers,
    })
    this.#phaseSeconds = new Histogram({
      name: 'mailwire_session_phase_seconds',
      help: 'How long the parts of mail sessions took, by protocol and phase; phase "all" is the whole session.',
      labelNames: ['protocol', 'phase'],
      buckets: SECONDS,
      registers,
    })
    this.#refusals = new Counter({
      name: 'mailwire_refusals',
      help: 'Calls and connections that were not allowed, by the policy that did not allow them.',
      labelNames: ['policy'],
      registers,
    })
    new Gauge({
      name: 'mailwire_sessions_running',
      help: 'Mail sessions that run now.',
      registers,
      collect() {
        this.set(running())
      },
    })
  }

  /** Everything, as OpenMetrics. */
  async exposition(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  /** Counts each call once, when its answer is whole or its caller has gone. */
  counting(routes: KnownRoutes, now: () => number, keyOf: (locals: object) => string): RequestHandler {
    return (request, response, next) => {
      const began = now()
      const { method, route } = routes.labelsOf(request.method, request.path)
      const count = (status: string): void => {
        response.off('finish', finished)
        response.off('close', left)
        this.#calls.inc({ method, route, status, key: keyOf(response.locals) })
        this.#callSeconds.observe({ route }, (now() - began) / 1000)
      }
      const finished = (): void => count(String(response.statusCode))
      const left = (): void => count('left')
      response.on('finish', finished)
      response.on('close', left)
      next()
    }
  }

  refused(policy: Policy): void {
    this.#refusals.inc({ policy })
  }

  sessionEnded({ transcript, outcome, failure }: EndedSession): void {
    const { protocol } = transcript
    this.#sessions.inc({ protocol, outcome })
    if (failure?.fault?.kind === 'policy') this.refused('egress')
    this.#phaseSeconds.observe({ protocol, phase: 'all' }, transcript.durationMs / 1000)
    for (const { name, ms } of transcript.phases) {
      this.#phaseSeconds.observe({ protocol, phase: name }, ms / 1000)
    }
  }
}
