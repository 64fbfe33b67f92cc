import { Router } from 'express'
import { z } from 'zod'
import { PROBLEMS } from '../../diagnosis/catalogue.ts'
import type { ProblemCode } from '../../diagnosis/codes.ts'
import { escapeHtml, page, prose } from '../page.ts'
import { Problem } from '../problem.ts'
import { mount, route } from '../route.ts'
import { problems } from '../schema/answers.ts'

const Explanation = z
  .object({
    code: z.string().describe('The last part of `type`.'),
    type: z.string().describe('As a problem has it.'),
    title: z.string().describe('In a few words.'),
    meaning: z.string().describe('What it means.'),
    looksLike: z
      .array(
        z.object({
          server: z.string().describe('Whose words they are.'),
          lines: z.array(z.string()).describe('As they come over the wire.'),
        }),
      )
      .describe('In the words of real servers.'),
    causes: z.array(z.string()).describe('Why it happens.'),
    callers: z.array(z.string()).describe('What a caller can do.'),
    administrators: z.array(z.string()).describe('What the administrator of the mail server can do.'),
    retry: z.enum(['no', 'later', 'changed']).describe('Whether the same call may work another time.'),
    references: z.array(z.string()).describe('Where it stands.'),
  })
  .meta({ id: 'ProblemExplanation' })

const HTML = { schema: z.string() }

const list = route({
  method: 'get',
  path: '/problems',
  operationId: 'listProblems',
  summary: 'All problem types',
  description: 'Every code that a diagnosis or a problem may have, with its title.',
  tag: 'Problems',
  impact: 'reads',
  responses: {
    200: {
      description: 'The catalogue.',
      content: {
        'application/json': {
          schema: z.object({
            problems: z
              .array(
                z.object({
                  code: z.string().describe('The last part of `type`.'),
                  type: z.string().describe('As a problem has it, and where its page is.'),
                  title: z.string().describe('In a few words.'),
                }),
              )
              .describe('All of them.'),
          }),
        },
        'text/html': HTML,
      },
    },
    ...problems([400, 403]),
  },
})

const one = route({
  method: 'get',
  path: '/problems/{code}',
  operationId: 'explainProblem',
  summary: 'One problem type explained',
  description:
    'What it means, how it looks on the wire, what to do. For people as HTML, for programs as JSON.',
  tag: 'Problems',
  impact: 'reads',
  params: z.strictObject({
    code: z
      .string()
      .max(100)
      .describe('As in `type` or in a diagnosis.')
      .meta({ param: { example: 'relay-denied' } }),
  }),
  responses: {
    200: {
      description: 'The explanation.',
      content: { 'application/json': { schema: Explanation }, 'text/html': HTML },
    },
    ...problems([400, 403, 404]),
  },
})

export const problemRoutes = [list, one]

export function problemsRouter(): Router {
  const router = Router()
  mount(
    router,
    list,
  )(async (_input, request, response) => {
    const all = Object.entries(PROBLEMS).map(([code, { title }]) => ({
      code,
      type: `/problems/${code}`,
      title,
    }))
    if (request.accepts(['application/json', 'text/html']) !== 'text/html') {
      response.json({ problems: all })
      return
    }
    const items = all.map(
      ({ code, title }) =>
        `<li><a href="problems/${code}"><code>${code}</code></a> ${escapeHtml(title)}</li>`,
    )
    response
      .type('html')
      .send(page('What can go wrong', `<h1>What can go wrong</h1><ul>${items.join('\n')}</ul>`))
  })
  mount(
    router,
    one,
  )(async ({ params: { code } }, request, response) => {
    if (!isKnown(code)) {
      throw new Problem({
        status: 404,
        code: 'not-found',
        detail: 'There is no problem type of that name; /problems lists them.',
      })
    }
    const explanation = { code, type: `/problems/${code}`, ...PROBLEMS[code] }
    if (request.accepts(['application/json', 'text/html']) === 'text/html') {
      response.type('html').send(page(explanation.title, explanationHtml(explanation)))
    } else response.json(explanation)
  })
  return router
}

const RETRY = {
  no: 'No: the same call would fail again.',
  later: 'Yes, later: the same call may go through then.',
  changed: 'Changed: the same call would fail again, a changed one may not.',
}

function isKnown(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code)
}

function looksLikeHtml({ server, lines }: (typeof PROBLEMS)[ProblemCode]['looksLike'][number]): string {
  return `<h3>${escapeHtml(server)}</h3><pre>${escapeHtml(lines.join('\n'))}</pre>`
}

function explanationHtml(problem: { readonly code: ProblemCode } & (typeof PROBLEMS)[ProblemCode]): string {
  const bullets = (heading: string, entries: readonly string[]): string =>
    entries.length === 0
      ? ''
      : `<h2>${heading}</h2><ul>${entries.map((entry) => `<li>${prose(entry)}</li>`).join('')}</ul>`
  return [
    `<h1>${escapeHtml(problem.title)}</h1><p><code>${problem.code}</code></p>`,
    `<p>${prose(problem.meaning)}</p>`,
    problem.looksLike.length === 0
      ? ''
      : `<h2>How it looks</h2>${problem.looksLike.map(looksLikeHtml).join('')}`,
    bullets('Why', problem.causes),
    bullets('What you can do', problem.callers),
    bullets('What the mail server’s administrator can do', problem.administrators),
    `<h2>Try again?</h2><p>${RETRY[problem.retry]}</p>`,
    bullets('References', problem.references),
    '<p><a href="../problems">All problem types</a></p>',
  ].join('\n')
}
