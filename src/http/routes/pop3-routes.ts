import { Router } from 'express'
import type { Context } from '../context.ts'
import { mountPop3Attachment, pop3AttachmentRoutes } from './pop3-attachment.ts'
import { mountPop3Deletion, pop3DeletionRoutes } from './pop3-deletion.ts'
import { mountPop3Listing, pop3ListingRoutes } from './pop3-listing.ts'
import { mountPop3Look, pop3LookRoutes } from './pop3-look.ts'
import { mountPop3Message, pop3MessageRoutes } from './pop3-message.ts'
import { mountPop3Session, pop3SessionRoutes } from './pop3-session.ts'
import { mountPop3Wait, pop3WaitRoutes } from './pop3-wait.ts'

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

/** One router for all of them: Express lets a turn of the event loop pass behind each router that a call is not for. */
export function pop3Router(context: Context): Router {
  const router = Router()
  mountPop3Look(router, context)
  mountPop3Listing(router, context)
  mountPop3Wait(router, context)
  mountPop3Message(router, context)
  mountPop3Attachment(router, context)
  mountPop3Deletion(router, context)
  mountPop3Session(router, context)
  return router
}
