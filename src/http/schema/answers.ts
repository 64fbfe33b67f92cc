import { z } from 'zod'
import type { ZodOpenApiResponsesObject } from 'zod-openapi'
import { OUTCOMES, STAGES } from '../../session/outcome.ts'
import { Transcript } from '../../transcript/entry.ts'

export const Outcome = z.enum(OUTCOMES).meta({
  id: 'Outcome',
  description:
    '`accepted` means that the server took the message over, not that it was delivered. `unknown`: nobody knows whether the server acted.',
})

export const Stage = z.enum(STAGES).meta({ id: 'Stage', description: 'How far the session had come.' })

export const Diagnosis = z
  .object({
    code: z.string().describe('Has a page under `/problems`.'),
    summary: z.string(),
    cause: z.string(),
    remedies: z.array(z.string()),
    evidence: z.array(z.int()).describe('`seq` of the entries that show it.'),
    retry: z.enum(['no', 'later', 'changed']),
    afterSeconds: z.int().optional().describe('Where the server named a time.'),
    confidence: z.enum(['certain', 'likely', 'guess']),
    references: z.array(z.string()),
    suggestion: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('A JSON merge patch of the request that would help.'),
  })
  .meta({ id: 'Diagnosis', description: 'What happened, in plain words.' })

export const Reply = z
  .object({
    code: z.int().optional(),
    enhanced: z.string().optional(),
    status: z.enum(['+OK', '-ERR', '+']).optional(),
    responseCode: z.string().optional(),
    lines: z.array(z.string()),
    seq: z.int().optional().describe('The entry of the transcript that shows it.'),
  })
  .meta({ id: 'Reply', description: 'What the mail server answered.' })

export const Attempt = z
  .object({
    host: z.string().describe('The mail host, as its MX record names it.'),
    address: z.string().nullable().describe('The address that was connected to.'),
    outcome: Outcome,
    stage: Stage,
    transcript: Transcript.optional(),
  })
  .meta({ id: 'Attempt', description: 'One session with one mail host, with `route`.' })

const FieldError = z
  .object({
    pointer: z.string().optional().describe('JSON pointer into the body.'),
    parameter: z.string().optional().describe('Name of a path or query parameter.'),
    header: z.string().optional().describe('Name of a header.'),
    detail: z.string(),
  })
  .meta({ id: 'FieldError' })

/** RFC 9457, with what a mail session came to. */
export const ProblemBody = z
  .object({
    type: z.string().meta({ examples: ['/problems/relay-denied'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(FieldError).optional(),
    outcome: Outcome.optional(),
    stage: Stage.optional(),
    reply: Reply.optional(),
    offered: z
      .array(z.string())
      .optional()
      .describe('What the server offered instead of what was asked for.'),
    diagnosis: Diagnosis.optional(),
    accepted: z.array(z.string()).optional(),
    rejected: z.array(z.unknown()).optional(),
    committed: z.union([z.boolean(), z.literal('unknown')]).optional(),
    deleted: z.array(z.object({ number: z.int(), uid: z.string().nullable() })).optional(),
    verdicts: z
      .array(z.unknown())
      .optional()
      .describe('What became of each message that was to be deleted, as in `DeleteAnswer`.'),
    seen: z
      .array(
        z.object({
          number: z.int(),
          uid: z.string().nullable(),
          subject: z.string().nullable(),
          from: z.string().nullable(),
        }),
      )
      .optional()
      .describe('Messages that came and were others than the one that was waited for.'),
    looks: z.int().optional().describe('How many sessions looked for it.'),
    steps: z
      .array(z.unknown())
      .optional()
      .describe('Of a scripted session: what was done of it, as in `SessionAnswer`.'),
    auth: z.unknown().optional(),
    attempts: z.array(Attempt).optional(),
    check: z
      .unknown()
      .optional()
      .describe('What a check had seen when its login failed, or before; as in `CheckAnswer`.'),
    messageId: z.string().nullable().optional(),
    transcript: Transcript.optional(),
  })
  .meta({
    id: 'Problem',
    description: 'An answer that is not 2xx (RFC 9457), with the transcript where there was a session.',
  })

const TEXT = { schema: z.string(), example: '=== SMTP session 01JD… with smtp://127.0.0.1:25110' }

/** The problem answers that a route may give. */
export function problems(statuses: readonly (keyof typeof MEANINGS)[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: MEANINGS[status],
        content: {
          'application/problem+json': { schema: ProblemBody },
          // who takes text is given the answer itself
          ...(status === 406 ? {} : { 'text/plain': TEXT }),
        },
      },
    ]),
  ) as ZodOpenApiResponsesObject
}

/** A 2xx answer in JSON and as text. */
export function answer(schema: z.ZodType, description: string, example?: unknown) {
  return {
    description,
    headers: z.object({
      'X-Session-Id': z.string().optional().describe('The transcript’s id; it is in the log too.'),
    }),
    content: {
      'application/json': { schema, ...(example === undefined ? {} : { example }) },
      'text/plain': TEXT,
    },
  }
}

const MEANINGS = {
  400: 'The request is malformed; every field at fault is named.',
  401: 'The service key, or the mailbox’s credentials, are missing or refused.',
  403: 'Not allowed to the caller, or the egress policy does not allow this target.',
  404: 'There is no such message, or no such thing.',
  406: 'There is no representation that the caller accepts.',
  408: 'The body did not come in time; nothing was handed over.',
  409: 'The same idempotency key is at work right now.',
  412: 'The precondition failed: it is another message.',
  413: 'The body is too large.',
  415: 'The body’s type is not read here.',
  422: 'The mail server refused for good, or cannot do what was asked; or an idempotency key was used for another request.',
  423: 'Another session holds the mailbox.',
  429: 'Too many calls, or too many sessions with this mail server.',
  502: 'No connection, or it failed; with `outcome: unknown` nobody knows whether the server acted.',
  503: 'The mail server refused for now, or there is no room for another session.',
  504: 'A time limit ran out.',
} as const
