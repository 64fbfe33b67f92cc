import { Router } from 'express'
import type { Context } from '../context.ts'
import { mountSmtpCheck, smtpCheckRoutes } from './smtp-check.ts'
import { mountSmtpSend, smtpSendRoutes } from './smtp-send.ts'
import { mountSmtpSendStream } from './smtp-send-stream.ts'
import { mountSmtpSession, smtpSessionRoutes } from './smtp-session.ts'

export const smtpRoutes = [...smtpSendRoutes, ...smtpCheckRoutes, ...smtpSessionRoutes]

/** One router for all of them: Express lets a turn of the event loop pass behind each router that a call is not for. */
export function smtpRouter(context: Context): Router {
  const router = Router()
  mountSmtpSendStream(router, context)
  mountSmtpSend(router, context)
  mountSmtpCheck(router, context)
  mountSmtpSession(router, context)
  return router
}
