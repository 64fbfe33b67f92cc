import { Router } from 'express'
import type { Context } from '../context.ts'
import { smtpSendRouter, smtpSendRoutes } from './smtp-send.ts'
import { smtpSendStreamRouter } from './smtp-send-stream.ts'

export const smtpRoutes = [...smtpSendRoutes]

export function smtpRouter(context: Context): Router {
  return Router().use(smtpSendStreamRouter(context)).use(smtpSendRouter(context))
}
