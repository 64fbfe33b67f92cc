import type { Router } from 'express'
import { z } from 'zod'
import type { ConfiguredServer } from '../../session/configured-server.ts'
import { smtpScript } from '../../smtp/script.ts'
import { fieldsWish } from '../auth-wish.ts'
import type { Context } from '../context.ts'
import { Problem } from '../problem.ts'
import { represent } from '../represent.ts'
import { mount, route } from '../route.ts'
import { runFor, timeLimitsOf } from '../run.ts'
import { answer, problems } from '../schema/answers.ts'
import { transcriptQuery } from '../schema/connection.ts'
import { SessionAnswer, SmtpSessionBody } from '../schema/script.ts'
import { scriptAnswer } from '../script-answer.ts'
import { quiet, scriptOf } from '../script-wishes.ts'
import { together } from '../together.ts'
import { SMTP_SESSION_EXAMPLES } from './session-examples.ts'

const session = route({
  method: 'post',
  path: '/smtp/session',
  operationId: 'smtpSession',
  summary: 'Say your own commands',
  description:
    'Telnet, as a call: connects, and says exactly the steps given, one after the other, waiting for each reply. Nothing is corrected. Besides the steps nothing is said but what `tls` and `auth` ask for; without QUIT in the script the connection is closed without it. A reply that is not the one that `expect` names makes the call fail, with all steps done so far.',
  tag: 'SMTP',
  impact: 'sends',
  query: z.strictObject(transcriptQuery),
  body: SmtpSessionBody,
  bodyExamples: SMTP_SESSION_EXAMPLES,
  responses: {
    200: answer(SessionAnswer, 'Every step was done, and every expectation was met.'),
    ...problems([400, 401, 403, 406, 413, 415, 422, 429, 502, 503, 504]),
  },
})

export const smtpSessionRoutes = [session]

export function mountSmtpSession(router: Router, context: Context): void {
  mount(
    router,
    session,
  )(async ({ body, query }, request, response) => {
    let server: ConfiguredServer | undefined
    let timeLimits = context.timeLimits.defaults
    const { target, auth, script } = await together({
      target: () => {
        const meant = context.servers.meant('smtp', body, 'body')
        server = meant.server
        return quiet(meant.target, body)
      },
      timeLimits: () => {
        timeLimits = timeLimitsOf(context, body.timeouts, 'body')
      },
      auth: () => (body.auth === undefined ? undefined : fieldsWish(body.auth, server, 'smtp', '/auth')),
      script: () => scriptOf(body, { role: 'smtp', server, timeLimits }),
    })
    const hello = {
      name: body.hello?.name ?? server?.hello ?? context.helloName,
      verb: body.hello?.verb ?? 'auto',
    } as const
    const end = await runFor(context, target, response, (signal, tools) =>
      smtpScript(tools, { target, timeLimits, signal, hello, auth, script }),
    )
    const answered = scriptAnswer(end, target, query.transcript)
    if (answered instanceof Problem) throw answered
    represent(request, response, answered)
  })
}
