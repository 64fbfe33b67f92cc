import type { Request, Response } from 'express'
import { offers } from '../pop3/capa.ts'
import type { Maildrop } from '../pop3/maildrop.ts'
import type { Pop3Reply } from '../pop3/reply.ts'
import { type MaildropEnd, withMaildrop } from '../pop3/session.ts'
import type { Session } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { credentialsMissing, mailboxCredentials } from './access.ts'
import { mailboxWish } from './auth-wish.ts'
import type { Context } from './context.ts'
import { represent } from './represent.ts'
import { runFor, timeLimitsOf } from './run.ts'
import { type ConnectionQuery, connectionOf } from './schema/connection.ts'
import { type Circumstances, problemOf, sessionText } from './session-answer.ts'

/** What every POP3 route takes in its query. */
export type Pop3Query = ConnectionQuery & {
  readonly auth?: string | undefined
  readonly authzid?: string | undefined
  readonly allowInsecureAuth?: boolean | undefined
  readonly transcript?: 'full' | 'none' | undefined
}

/** A session that did what was asked. */
export type Done<T> = Extract<MaildropEnd<T>, { readonly failure: undefined }>

/** One POP3 call on its way. */
export interface Pop3Call {
  /**
   * Runs the session.
   * @param members what the problem holds besides when it fails
   * @throws {Problem}
   */
  run<T>(
    flow: (maildrop: Maildrop, session: Session<Pop3Reply>) => Promise<T>,
    members?: (failed: MaildropEnd<T>) => Readonly<Record<string, unknown>>,
  ): Promise<Done<T>>
  /** Answers with what the session made. */
  answer(done: Done<unknown>, body: Readonly<Record<string, unknown>>): void
}

/**
 * Reads what is common to all POP3 calls.
 * @throws {Problem} 400 or 401, before anything is connected
 */
export function pop3Call(context: Context, query: Pop3Query, request: Request, response: Response): Pop3Call {
  const connection = connectionOf(query)
  const { target, server } = context.servers.meant('pop3', connection, 'query')
  const timeLimits = timeLimitsOf(context, connection.timeouts, 'query')
  const wish = mailboxWish(mailboxCredentials(request), query, server)
  if (wish === undefined)
    throw credentialsMissing('The mailbox’s user and password are wanted by HTTP Basic.')
  return {
    run: async (flow, members = () => ({})) => {
      const end = await runFor(context, target, response, (signal) =>
        withMaildrop(context.tools, { target, auth: wish, timeLimits, signal }, flow),
      )
      if (end.failure !== undefined) {
        const told = { auth: end.opening.auth ?? null, ...members(end) }
        throw problemOf(end, circumstancesOf(target, end), told, query.transcript)
      }
      if (!response.headersSent) response.setHeader('X-Session-Id', end.transcript.id)
      return end
    },
    answer: (done, body) => {
      const { transcript, opening, stage } = done
      represent(request, response, {
        json: {
          outcome: 'ok',
          ...body,
          auth: opening.auth ?? null,
          diagnosis: null,
          ...(query.transcript === 'none' ? {} : { transcript }),
        },
        text: sessionText(transcript, 'ok', stage, undefined),
      })
    },
  }
}

function circumstancesOf(target: Target, end: MaildropEnd<unknown>): Circumstances {
  const { auth, capabilitiesBefore } = end.opening
  return {
    target,
    login: {
      state: auth === undefined || auth.chosen === null ? 'asked' : 'done',
      offered: auth?.offered.now ?? [],
    },
    ...(capabilitiesBefore === undefined
      ? {}
      : { starttls: offers(capabilitiesBefore, 'STLS') ? ('offered' as const) : ('not-offered' as const) }),
  }
}
