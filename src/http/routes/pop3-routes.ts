import { Router } from 'express'
import type { Context } from '../context.ts'
import { pop3ListingRouter, pop3ListingRoutes } from './pop3-listing.ts'
import { pop3MessageRouter, pop3MessageRoutes } from './pop3-message.ts'

export const pop3Routes = [...pop3ListingRoutes, ...pop3MessageRoutes]

export function pop3Router(context: Context): Router {
  return Router().use(pop3ListingRouter(context)).use(pop3MessageRouter(context))
}
