import { Router } from 'express'
import type { Context } from '../context.ts'
import { pop3AttachmentRouter, pop3AttachmentRoutes } from './pop3-attachment.ts'
import { pop3DeletionRouter, pop3DeletionRoutes } from './pop3-deletion.ts'
import { pop3ListingRouter, pop3ListingRoutes } from './pop3-listing.ts'
import { pop3LookRouter, pop3LookRoutes } from './pop3-look.ts'
import { pop3MessageRouter, pop3MessageRoutes } from './pop3-message.ts'
import { pop3SessionRouter, pop3SessionRoutes } from './pop3-session.ts'
import { pop3WaitRouter, pop3WaitRoutes } from './pop3-wait.ts'

/** `wait` stands before the message that would have this name. */
export const pop3Routes = [
  ...pop3LookRoutes,
  ...pop3ListingRoutes,
  ...pop3WaitRoutes,
  ...pop3MessageRoutes,
  ...pop3AttachmentRoutes,
  ...pop3DeletionRoutes,
  ...pop3SessionRoutes,
]

export function pop3Router(context: Context): Router {
  return Router()
    .use(pop3LookRouter(context))
    .use(pop3ListingRouter(context))
    .use(pop3WaitRouter(context))
    .use(pop3MessageRouter(context))
    .use(pop3AttachmentRouter(context))
    .use(pop3DeletionRouter(context))
    .use(pop3SessionRouter(context))
}
