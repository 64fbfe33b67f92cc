import { Router } from 'express'
import type { Context } from '../context.ts'
import { smtpCheckRouter, smtpCheckRoutes } from './smtp-check.ts'
import { smtpSendRouter, smtpSendRoutes } from './smtp-send.ts'
import { smtpSendStreamRouter } from './smtp-send-stream.ts'
import { smtpSessionRouter, smtpSessionRoutes } from './smtp-session.ts'

export const smtpRoutes = [...smtpSendRoutes, ...smtpCheckRoutes, ...smtpSessionRoutes]

export function smtpRouter(context: Context): Router {
  return Router()
    .use(smtpSendStreamRouter(context))
    .use(smtpSendRouter(context))
    .use(smtpCheckRouter(context))
    .use(smtpSessionRouter(context))
}
