import { Router } from 'express'
import { z } from 'zod'
import type { Metrics } from '../metrics.ts'
import { mount, route } from '../route.ts'
import { problems } from '../schema/answers.ts'

const metricsRoute = route({
  method: 'get',
  path: '/metrics',
  operationId: 'metrics',
  summary: 'What happened so far, counted',
  description:
    'OpenMetrics, for Prometheus and its like: calls by route and status, sessions by protocol and outcome, time by phase, sessions that run, refusals by policy, and the process itself. No user, host or address is a label. Where keys are configured it wants one that may do what reads.',
  tag: 'Health',
  impact: 'reads',
  responses: {
    200: {
      description: 'The metrics.',
      content: {
        'application/openmetrics-text': {
          schema: z.string(),
          example: 'mailwire_sessions_total{protocol="smtp",outcome="accepted"} 3',
        },
      },
    },
    ...problems([400, 401, 403, 429]),
  },
})

export const metricsRoutes = [metricsRoute]

export function metricsRouter(metrics: Metrics): Router {
  const router = Router()
  mount(
    router,
    metricsRoute,
  )(async (_input, _request, response) => {
    const { type, text } = await metrics.exposition()
    response.setHeader('Content-Type', type)
    response.setHeader('Cache-Control', 'no-store')
    response.end(text)
  })
  return router
}
