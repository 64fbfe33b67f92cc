import type { Request, Response } from 'express'
import { offers } from '../pop3/capa.ts'
import type { Maildrop } from '../pop3/maildrop.ts'
import { maildropOf, type Pop3End, withMaildrop, withPop3 } from '../pop3/session.ts'
import type { Failure } from '../session/outcome.ts'
import type { Security, Target } from '../session/target.ts'
import { credentialsMissing, mailboxCredentials } from './access.ts'
import { mailboxWish } from './auth-wish.ts'
import type { Context } from './context.ts'
import type { Problem } from './problem.ts'
import { type Answer, represent } from './represent.ts'
import { runFor, timeLimitsOf } from './run.ts'
import { type ConnectionQuery, connectionOf } from './schema/connection.ts'
import { type Circumstances, problemOf, scrubbed } from './session-answer.ts'

/** What every POP3 route takes in its query. */
export type Pop3Query = ConnectionQuery & {
  readonly auth?: string | undefined
  readonly authzid?: string | undefined
  readonly initialResponse?: 'auto' | 'on' | 'off' | undefined
  readonly allowInsecureAuth?: boolean | undefined
  readonly pipelining?: 'auto' | 'off' | undefined
  readonly transcript?: 'full' | 'none' | undefined
}

/** A session that did what was asked. */
export type Done<T> = Extract<Pop3End<T>, { readonly failure: undefined }>
/** A session that did not. */
export type Failed<T> = Pop3End<T> & { readonly failure: Failure }

/** What a problem holds besides. */
export type Members = Readonly<Record<string, unknown>>

/** One POP3 call on its way. */
export interface Pop3Call {
  /**
   * Runs the call's session.
   * @param members what the problem holds besides when it fails
   * @param deletions how many messages were marked as deleted when it failed
   * @throws {Problem}
   */
  run<T>(
    flow: (maildrop: Maildrop) => Promise<T>,
    members?: (failed: Failed<T>) => Members,
    deletions?: () => number,
  ): Promise<Done<T>>
  /** Runs one of several sessions, however it ends. */
  attempt<T>(flow: (maildrop: Maildrop) => Promise<T>): Promise<Pop3End<T>>
  /** The problem that a failed session is to the caller. */
  problem<T>(failed: Failed<T>, members: Members, deletions?: number): Problem
  /** Answers with what the server said; without the session's secrets, for servers echo. */
  answer(done: Done<unknown>, body: Readonly<Record<string, unknown>>, headers?: Answer['headers']): void
  /** Answers with a message, which is nobody’s words about this session, or with what was looked through already. */
  answerAsItIs(
    done: Done<unknown>,
    body: Readonly<Record<string, unknown>>,
    headers: NonNullable<Answer['headers']>,
  ): void
}

/**
 * Reads what is common to all POP3 calls.
 * @throws {Problem} 400 or 401, before anything is connected
 */
export function pop3Call(context: Context, query: Pop3Query, request: Request, response: Response): Pop3Call {
  const { target, timeLimits, wish } = meant(context, query, request)
  if (wish === undefined)
    throw credentialsMissing('The mailbox’s user and password are wanted by HTTP Basic.')
  const pipelining = query.pipelining ?? 'auto'
  const attempt: Pop3Call['attempt'] = (flow) =>
    runFor(context, target, response, (signal, tools) =>
      withMaildrop(tools, { target, auth: wish, timeLimits, signal, pipelining }, flow),
    )
  const problem: Pop3Call['problem'] = (failed, members, deletions = 0) =>
    problemFor(target, failed, members, query, deletions)
  return {
    attempt,
    problem,
    run: async <T>(
      flow: (maildrop: Maildrop) => Promise<T>,
      members: (failed: Failed<T>) => Members = () => ({}),
      deletions = () => 0,
    ) => {
      const end = await attempt(flow)
      if (hasFailed(end)) throw problem(end, members(end), deletions())
      nameSession(response, end)
      return end as Done<T>
    },
    answer: (done, body, headers = {}) =>
      answerWith(request, response, query, done, scrubbed(body, done.scrub), { headers }),
    answerAsItIs: (done, body, headers) => answerWith(request, response, query, done, body, { headers }),
  }
}

/**
 * One session that looks at what the server offers, and logs in only where there are credentials. Each command has a
 * flight of its own, so that each reply shows its own time.
 * @param loggedIn asked in the TRANSACTION state; not where nobody logs in
 * @throws {Problem}
 */
export async function pop3Look<T>(
  context: Context,
  query: Pop3Query,
  request: Request,
  response: Response,
  loggedIn: (maildrop: Maildrop) => Promise<T>,
): Promise<{ readonly done: Done<T | undefined>; readonly security: Security }> {
  const { target, timeLimits, wish } = meant(context, query, request)
  const end = await runFor(context, target, response, (signal, tools) =>
    withPop3(tools, { target, timeLimits, signal, auth: wish }, async (opened, session) => {
      if (wish === undefined) return undefined
      return await loggedIn(maildropOf(session, opened, wish, 'off'))
    }),
  )
  if (hasFailed(end)) throw problemFor(target, end, {}, query, 0)
  nameSession(response, end)
  return { done: end as Done<T | undefined>, security: target.security }
}

/**
 * Answers with what the session made.
 * @param remarks lines behind the text form of the transcript
 */
export function answerWith(
  request: Request,
  response: Response,
  query: Pop3Query,
  done: Done<unknown>,
  body: Readonly<Record<string, unknown>>,
  {
    headers,
    remarks = [],
  }: { readonly headers?: Answer['headers']; readonly remarks?: readonly string[] } = {},
): void {
  const { transcript, opening, stage, scrub } = done
  represent(request, response, {
    json: {
      outcome: 'ok',
      ...body,
      ...scrubbed({ auth: opening.auth ?? null }, scrub),
      diagnosis: null,
      ...(query.transcript === 'none' ? {} : { transcript }),
    },
    account: [
      { transcript, outcome: 'ok', stage, diagnosis: undefined },
      ...(remarks.length === 0 ? [] : [{ lines: remarks.map((line) => `${line}\n`).join('') }]),
    ],
    ...(headers === undefined ? {} : { headers }),
  })
}

export function hasFailed<T>(end: Pop3End<T>): end is Failed<T> {
  return end.failure !== undefined
}

/** Names the session in the head of the answer. */
export function nameSession(response: Response, end: Pop3End<unknown>): void {
  if (!response.headersSent) response.setHeader('X-Session-Id', end.transcript.id)
}

function meant(context: Context, query: Pop3Query, request: Request) {
  const connection = connectionOf(query)
  const { target, server } = context.servers.meant('pop3', connection, 'query')
  const timeLimits = timeLimitsOf(context, connection.timeouts, 'query')
  const wish = mailboxWish(mailboxCredentials(request), query, server)
  return { target, timeLimits, wish }
}

function problemFor(
  target: Target,
  end: Failed<unknown>,
  members: Members,
  query: Pop3Query,
  deletions: number,
): Problem {
  const told = { auth: end.opening.auth ?? null, ...members }
  return problemOf(end, circumstancesOf(target, end, deletions), told, query.transcript)
}

function circumstancesOf(target: Target, end: Pop3End<unknown>, deletions: number): Circumstances {
  const { auth, capabilitiesBefore } = end.opening
  return {
    target,
    deletions,
    login: {
      state: auth === undefined || auth.chosen === null ? 'asked' : 'done',
      offered: auth?.offered.now ?? [],
    },
    ...(capabilitiesBefore === undefined
      ? {}
      : { starttls: offers(capabilitiesBefore, 'STLS') ? ('offered' as const) : ('not-offered' as const) }),
  }
}
