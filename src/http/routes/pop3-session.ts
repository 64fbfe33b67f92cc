import type { Request, Router } from 'express'
import { z } from 'zod'
import { pop3Script } from '../../pop3/script.ts'
import type { AuthWish } from '../../session/auth.ts'
import type { ConfiguredServer } from '../../session/configured-server.ts'
import { mailboxCredentials } from '../access.ts'
import { fieldsWish, mailboxWish } from '../auth-wish.ts'
import type { Context } from '../context.ts'
import { invalidRequest, Problem } from '../problem.ts'
import { represent } from '../represent.ts'
import { mount, route } from '../route.ts'
import { runFor, timeLimitsOf } from '../run.ts'
import { answer, problems } from '../schema/answers.ts'
import { transcriptQuery } from '../schema/connection.ts'
import { Pop3SessionBody, SessionAnswer } from '../schema/script.ts'
import { scriptAnswer } from '../script-answer.ts'
import { quiet, scriptOf } from '../script-wishes.ts'
import { POP3_SESSION_EXAMPLES } from './session-examples.ts'

const session = route({
  method: 'post',
  path: '/pop3/session',
  operationId: 'pop3Session',
  summary: 'Say your own commands',
  description:
    'Telnet, as a call: connects, and says exactly the steps given, one after the other, waiting for each reply. Nothing is corrected. Besides the steps nothing is said but what `tls` and `auth` ask for; HTTP Basic is another way to say `auth`. What the script marks with DELE is deleted by QUIT in the script, and by nothing else. A reply that is not the one that `expect` names makes the call fail, with all steps done so far.',
  tag: 'POP3',
  impact: 'destroys',
  // Basic is taken, and not named here: Swagger UI would send it along with scripts that log in by themselves
  credentials: 'none',
  query: z.strictObject(transcriptQuery),
  body: Pop3SessionBody,
  bodyExamples: POP3_SESSION_EXAMPLES,
  responses: {
    200: answer(SessionAnswer, 'Every step was done, and every expectation was met.'),
    ...problems([400, 401, 403, 406, 413, 415, 422, 429, 502, 503, 504]),
  },
})

export const pop3SessionRoutes = [session]

export function mountPop3Session(router: Router, context: Context): void {
  mount(
    router,
    session,
  )(async ({ body, query }, request, response) => {
    const { target: named, server } = context.servers.meant('pop3', body, 'body')
    const timeLimits = timeLimitsOf(context, body.timeouts, 'body')
    const auth = wishOf(body, request, server)
    const target = quiet(named, { tls: body.tls, auth })
    const script = await scriptOf(body, { role: 'pop3', server, timeLimits })
    const end = await runFor(context, target, response, (signal, tools) =>
      pop3Script(tools, { target, timeLimits, signal, auth, script }),
    )
    const answered = scriptAnswer(end, target, query.transcript)
    if (answered instanceof Problem) throw answered
    represent(request, response, answered)
  })
}

/** @throws {Problem} 400 when there are two of them, or one that cannot be carried out */
function wishOf(
  { auth }: Pop3SessionBody,
  request: Request,
  server: ConfiguredServer | undefined,
): AuthWish | undefined {
  const credentials = mailboxCredentials(request)
  if (auth === undefined) return credentials === undefined ? undefined : mailboxWish(credentials, {}, server)
  if (credentials !== undefined)
    throw invalidRequest([{ header: 'Authorization', detail: '`auth` stands beside it; keep one of them' }])
  return fieldsWish(auth, server, 'pop3', '/auth')
}
