import type { Router } from 'express'
import { z } from 'zod'
import type { Capability } from '../../pop3/capa.ts'
import { capa } from '../../pop3/command.ts'
import { explained } from '../../pop3/explained.ts'
import { findingsOn, type ServerFinding } from '../../pop3/findings.ts'
import { capabilitiesIn } from '../../pop3/open.ts'
import { apopTimestamp } from '../../sasl/apop.ts'
import type { Context } from '../context.ts'
import { answerWith, pop3Call, pop3Look } from '../pop3-call.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { CapabilitiesAnswer, pop3Query, StatAnswer } from '../schema/pop3.ts'
import { scrubbed } from '../session-answer.ts'
import { CAPABILITIES_EXAMPLE, STAT_EXAMPLE } from './pop3-examples.ts'

const FAILURES = problems([400, 401, 403, 406, 422, 423, 429, 502, 503, 504])

const stat = route({
  method: 'get',
  path: '/pop3/stat',
  operationId: 'pop3Stat',
  summary: 'How many messages, how many octets',
  description: 'Logs in and asks STAT.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query: z.strictObject(pop3Query),
  responses: { 200: answer(StatAnswer, 'What STAT answered.', STAT_EXAMPLE), ...FAILURES },
})

const capabilities = route({
  method: 'get',
  path: '/pop3/capabilities',
  operationId: 'pop3Capabilities',
  summary: 'What a server offers, explained',
  description:
    'CAPA in the clear, with TLS and, where there are credentials, after the login; the greeting, whether APOP can be used, the certificate, and in `findings` what whoever runs the server should know, each with its grade and what to do about it. Without credentials nobody logs in.',
  tag: 'POP3',
  impact: 'reads',
  credentials: 'mailbox',
  query: z.strictObject(pop3Query),
  responses: {
    200: answer(CapabilitiesAnswer, 'What the server offers.', CAPABILITIES_EXAMPLE),
    ...FAILURES,
  },
})

export const pop3LookRoutes = [stat, capabilities]

export function mountPop3Look(router: Router, context: Context): void {
  mount(
    router,
    stat,
  )(async ({ query }, request, response) => {
    const call = pop3Call(context, query, request, response)
    const done = await call.run((maildrop) => maildrop.stat())
    call.answer(done, done.value)
  })
  mount(
    router,
    capabilities,
  )(async ({ query }, request, response) => {
    const { done, security } = await pop3Look(context, query, request, response, async (maildrop) => {
      const next = await maildrop.flights.send([{ command: capa(), multiline: true }], 'quit')
      const { reply, pending } = await next()
      return reply.status === '+OK' ? await capabilitiesIn(maildrop.dialogue, pending) : undefined
    })
    const { greeting = '', capabilitiesBefore, capabilities } = done.opening
    const { transcript } = done
    const fromTheStart = transcript.server.url.startsWith('pop3s:')
    const before = fromTheStart ? undefined : capabilitiesBefore
    const afterTls = transcript.tls === null ? undefined : capabilities
    const afterLogin = done.value
    const told = afterLogin ?? capabilities ?? []
    const apop = apopTimestamp(greeting)
    const findings = findingsOn({ transcript, before, beforeLogin: capabilities, afterLogin, apop, security })
    const body = {
      greeting,
      apop: apop ?? null,
      capabilities: {
        before: (before ?? []).map(explained),
        afterTls: (afterTls ?? []).map(explained),
        afterLogin: (afterLogin ?? []).map(explained),
      },
      tls: transcript.tls,
      loginDelaySeconds: wholeNumber(parametersOf('LOGIN-DELAY', told)?.[0]),
      expireDays:
        parametersOf('EXPIRE', told)?.[0]?.toUpperCase() === 'NEVER'
          ? 'never'
          : wholeNumber(parametersOf('EXPIRE', told)?.[0]),
      implementation: parametersOf('IMPLEMENTATION', told)?.join(' ') ?? null,
      findings,
    }
    const clean = scrubbed(body, done.scrub)
    answerWith(request, response, query, done, clean, { remarks: clean.findings.flatMap(linesOf) })
  })
}

function parametersOf(keyword: string, capabilities: readonly Capability[]): readonly string[] | undefined {
  return capabilities.find((capability) => capability.keyword === keyword)?.parameters
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : null
}

/** A finding as a person reads it. */
function linesOf({ level, code, text, instructions }: ServerFinding): readonly string[] {
  return [`${level}: ${text} (${code})`, ...instructions.map((instruction) => `  * ${instruction}`)]
}
