import type { Router } from 'express'
import { z } from 'zod'
import { check } from '../../check/check.ts'
import { bestOf, type DomainSeen, lookAtDomain } from '../../check/domain.ts'
import type { CheckWishes } from '../../check/seen.ts'
import type { Hold } from '../../check/terms.ts'
import type { ConfiguredServer } from '../../session/configured-server.ts'
import type { Target } from '../../session/target.ts'
import { mailRoute } from '../../smtp/mail-route.ts'
import { requireImpact } from '../caller.ts'
import { checkAnswer } from '../check-answer.ts'
import { checkWishes, subjectOf } from '../check-wishes.ts'
import type { Context } from '../context.ts'
import { holding } from '../holding.ts'
import { Problem } from '../problem.ts'
import { represent } from '../represent.ts'
import { mount, route } from '../route.ts'
import { timeLimitsOf } from '../run.ts'
import { answer, problems } from '../schema/answers.ts'
import { CheckAnswer, CheckBody } from '../schema/check.ts'
import { transcriptQuery } from '../schema/connection.ts'
import { problemOf } from '../session-answer.ts'
import { together } from '../together.ts'
import { EXAMPLES } from './smtp-check-examples.ts'

const checkRoute = route({
  method: 'post',
  path: '/smtp/check',
  operationId: 'smtpCheck',
  summary: 'Look at a server without sending anything',
  description:
    'Greeting, EHLO, STARTTLS and EHLO again, and after a login once more; each extension explained, the certificate with both verdicts, the versions of TLS that are taken, names and reverse DNS, the time of each step, and findings by level with what to do about them. On request recipients by RCPT, VRFY and EXPN, a relay test, every mail host of a domain, MTA-STS and TLSA, and probes of servers of your own. Never DATA, `probes.bareNewline` excepted. What a server lacks is a finding and not a failure: the answer is 200 wherever there was something to look at, unless a login that was asked for does not come about. Commands go one at a time, so that each reply shows its own time. All sessions of a call share its time limit and count as sessions.',
  tag: 'SMTP',
  impact: 'reads',
  query: z.strictObject(transcriptQuery),
  body: CheckBody,
  bodyExamples: EXAMPLES,
  responses: {
    200: answer(CheckAnswer, 'What was seen.'),
    ...problems([400, 401, 403, 406, 413, 415, 422, 429, 502, 503, 504]),
  },
})

export const smtpCheckRoutes = [checkRoute]

export function mountSmtpCheck(router: Router, context: Context): void {
  mount(
    router,
    checkRoute,
  )(async ({ body, query }, request, response) => {
    // this one probe may have messages delivered, which a key that only reads may not
    if (body.probes?.bareNewline !== undefined) requireImpact(response, 'sends')
    let server: ConfiguredServer | undefined
    const { subject, timeLimits, wishes } = await together({
      subject: () => {
        const meant = subjectOf(context, body)
        server = meant.server
        return meant
      },
      timeLimits: () => timeLimitsOf(context, body.timeouts, 'body'),
      wishes: () => checkWishes(context, body, server),
    })
    const hold = holding(context, timeLimits, response)
    if (subject.of === 'server') {
      const seen = await check(hold, context.lookups, subject.target, wishes, undefined)
      answerWith(checkAnswer(seen, query.transcript))
      return
    }
    const { domain, targetAt } = subject
    const seen = await mailHostsOf(context, hold, domain, targetAt, wishes, query.transcript)
    const target = bestOf(seen) ?? targetAt(domain)
    answerWith(checkAnswer(await check(hold, context.lookups, target, wishes, seen), query.transcript))

    function answerWith(told: ReturnType<typeof checkAnswer>): void {
      if (told instanceof Problem) throw told
      represent(request, response, told)
    }
  })
}

/** @throws {Problem} when the DNS names no mail host, as for a send to the domain */
async function mailHostsOf(
  context: Context,
  hold: Hold,
  domain: string,
  targetAt: (host: string) => Target,
  { hello }: CheckWishes,
  detailLevel: 'full' | 'none' | undefined,
): Promise<DomainSeen> {
  const target = targetAt(domain)
  const route = await hold(target, ({ tools, timeLimits, signal }) =>
    mailRoute(tools, context.mailHosts, { domain, target, timeLimits, signal }),
  )
  if (route.failure !== undefined) {
    const login = { state: 'not-asked', offered: [] } as const
    throw problemOf(route, { target, login }, {}, detailLevel)
  }
  return await lookAtDomain(hold, {
    domain,
    route: route.value,
    targetAt,
    findAddresses: context.findAddresses,
    hello,
  })
}
