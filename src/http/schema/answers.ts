import { z } from 'zod'
import type { ZodOpenApiResponsesObject } from 'zod-openapi'
import { TOOLS } from '../../reproduce/reproduction.ts'
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
    summary: z.string().describe('What happened, in a sentence.'),
    cause: z.string().describe('Why, as far as it can be told.'),
    remedies: z.array(z.string()).describe('What can be done, most useful first.'),
    evidence: z.array(z.int()).describe('`seq` of the entries that show it.'),
    retry: z
      .enum(['no', 'later', 'changed'])
      .describe('`later`: the same call may work then; `changed`: only a changed one may.'),
    afterSeconds: z.int().optional().describe('Where the server named a time.'),
    confidence: z.enum(['certain', 'likely', 'guess']).describe('How sure this is.'),
    references: z.array(z.string()).describe('Where it is laid down, such as `RFC 5321 §3.6.2`.'),
    suggestion: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('A JSON merge patch of the request that would help.'),
  })
  .meta({ id: 'Diagnosis', description: 'What happened, in plain words.' })

export const Reply = z
  .object({
    code: z.int().optional().describe('SMTP: the reply code.'),
    enhanced: z.string().optional().describe('SMTP: the enhanced status code (RFC 2034).'),
    status: z.enum(['+OK', '-ERR', '+']).optional().describe('POP3: the status indicator.'),
    responseCode: z.string().optional().describe('POP3: the response code (RFC 2449), e.g. `IN-USE`.'),
    lines: z.array(z.string()).describe('The text of each line; octets that are not printable as `\\xNN`.'),
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

const Reproduction = z
  .object({
    tool: z.enum(TOOLS).describe('As asked for by `reproduce`.'),
    command: z
      .string()
      .describe(
        'For a POSIX shell. Secrets are the variables `LOGIN`, `PASSWORD` and `TOKEN`, files are named and not included. Where the tool cannot do it, a remark that says so.',
      ),
  })
  .meta({ id: 'Reproduction', description: 'The same session with a tool that people know.' })

/** What is told of the session that decided, in every answer to a call that had one. */
export const sessionMembers = {
  transcript: Transcript.optional(),
  reproduce: Reproduction.optional().describe('With `reproduce`.'),
}

const FieldError = z
  .object({
    pointer: z.string().optional().describe('JSON pointer into the body.'),
    parameter: z.string().optional().describe('Name of a path or query parameter.'),
    header: z.string().optional().describe('Name of a header.'),
    detail: z.string().describe('What is wanted there; what was given is never quoted.'),
  })
  .meta({ id: 'FieldError' })

/** RFC 9457, with what a mail session came to. */
export const ProblemBody = z
  .object({
    type: z
      .string()
      .describe('What kind of problem it is: a path that explains it.')
      .meta({ examples: ['/problems/relay-denied'] }),
    title: z.string().describe('The kind in a few words.'),
    status: z.int().describe('The status of the answer.'),
    detail: z.string().describe('What happened in this call.'),
    instance: z.string().describe('The path of the call.'),
    errors: z.array(FieldError).optional().describe('Each field at fault, when the request was malformed.'),
    outcome: Outcome.optional(),
    stage: Stage.optional(),
    reply: Reply.optional(),
    offered: z
      .array(z.string())
      .optional()
      .describe('What the server offered instead of what was asked for.'),
    diagnosis: Diagnosis.optional(),
    accepted: z.array(z.string()).optional().describe('Recipients that were taken.'),
    rejected: z.array(z.unknown()).optional().describe('Recipients that were refused, as in `SendAnswer`.'),
    committed: z
      .union([z.boolean(), z.literal('unknown')])
      .optional()
      .describe('POP3: whether a deletion took effect; as in `DeleteAnswer`.'),
    deleted: z
      .array(
        z.object({
          number: z.int().describe('In the session that deleted it.'),
          uid: z.string().nullable().describe('null where the server gives none.'),
        }),
      )
      .optional()
      .describe('What was deleted, or may have been where `committed` is `unknown`.'),
    verdicts: z
      .array(z.unknown())
      .optional()
      .describe('What became of each message that was to be deleted, as in `DeleteAnswer`.'),
    seen: z
      .array(
        z.object({
          number: z.int().describe('In the session that saw it.'),
          uid: z.string().nullable().describe('null where the server gives none.'),
          subject: z.string().nullable().describe('Decoded; null where it has none.'),
          from: z.string().nullable().describe('The field From, decoded; null where it has none.'),
        }),
      )
      .optional()
      .describe('Messages that came and were others than the one that was waited for.'),
    looks: z.int().optional().describe('How many sessions looked for it.'),
    steps: z
      .array(z.unknown())
      .optional()
      .describe('Of a scripted session: what was done of it, as in `SessionAnswer`.'),
    auth: z.unknown().optional().describe('The login, as in `AuthReport`.'),
    attempts: z.array(Attempt).optional().describe('With `route`: each session there was, in order.'),
    check: z
      .unknown()
      .optional()
      .describe('What a check had seen when its login failed, or before; as in `CheckAnswer`.'),
    messageId: z.string().nullable().optional().describe('The `Message-ID` of what was to be sent.'),
    ...sessionMembers,
  })
  .meta({
    id: 'Problem',
    description: 'An answer that is not 2xx (RFC 9457), with the transcript where there was a session.',
  })

/** What a person reads, beside the JSON that a program reads. */
const READABLE = {
  'text/plain': { schema: z.string(), example: '=== SMTP session 01JD… with smtp://127.0.0.1:25110' },
  'text/markdown': { schema: z.string(), example: '## SMTP session accepted (stage end-of-data)' },
}

const EVENTS = {
  schema: z
    .string()
    .describe(
      'Server-sent events, while it happens: `entry` (an entry of a transcript, with `session`, its id), `finding`, and as the last one `result`, with the JSON of the answer, or `problem`, with that of the problem: the status is 200 once the stream has begun. `left-out` says how many `events` a caller missed who read too slowly.',
    ),
  example:
    'event: entry\nid: 0\ndata: {"session":"01JD…","seq":0,"atMs":1,"kind":"event","event":"connected","text":"127.0.0.1:25"}\n\n',
}

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
          ...(status === 406 ? {} : READABLE),
        },
      },
    ]),
  ) as ZodOpenApiResponsesObject
}

/** A 2xx answer in all of its forms; a route that has it needs nothing more to answer in each of them. */
export function answer(schema: z.ZodType, description: string, example?: unknown) {
  return {
    description,
    headers: z.object({
      'X-Session-Id': z.string().optional().describe('The transcript’s id; it is in the log too.'),
    }),
    content: {
      'application/json': { schema, ...(example === undefined ? {} : { example }) },
      ...READABLE,
      'text/event-stream': EVENTS,
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
