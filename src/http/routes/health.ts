import { Router } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { mount, route } from '../route.ts'
import { problems } from '../schema/answers.ts'

const Health = z
  .object({
    status: z.enum(['ok', 'shutting-down']).describe('Whether calls are taken.'),
    version: z.string().describe('Of the service.'),
    sessions: z.int().describe('Mail sessions that run now.'),
  })
  .meta({ id: 'Health' })

const livez = route({
  method: 'get',
  path: '/livez',
  operationId: 'livez',
  summary: 'Is the process alive',
  description: 'Answers as long as the process does.',
  tag: 'Health',
  impact: 'reads',
  responses: {
    200: { description: 'It is.', content: { 'application/json': { schema: Health } } },
    ...problems([400, 403]),
  },
})

const readyz = route({
  method: 'get',
  path: '/readyz',
  operationId: 'readyz',
  summary: 'Does the service take calls',
  description: 'Says no from the moment the service is told to end.',
  tag: 'Health',
  impact: 'reads',
  responses: {
    200: { description: 'It does.', content: { 'application/json': { schema: Health } } },
    503: { description: 'It is shutting down.', content: { 'application/json': { schema: Health } } },
    ...problems([400, 403]),
  },
})

export const healthRoutes = [livez, readyz]

export function healthRouter(context: Context): Router {
  const router = Router()
  const health = () => ({
    status: context.ready() ? 'ok' : 'shutting-down',
    version: context.version,
    sessions: context.sessions.running,
  })
  mount(
    router,
    livez,
  )(async (_input, _request, response) => {
    response.json(health())
  })
  mount(
    router,
    readyz,
  )(async (_input, _request, response) => {
    response.status(context.ready() ? 200 : 503).json(health())
  })
  return router
}
