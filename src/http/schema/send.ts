import { z } from 'zod'
import { STOPS } from '../../smtp/open.ts'
import { Transcript } from '../../transcript/entry.ts'
import { Diagnosis, Outcome, Reply, Stage } from './answers.ts'
import { connectionFields } from './connection.ts'

const address = z.string().min(1).max(1000)

const fields = z.strictObject({
  from: address.optional().describe('`alice@example.com` or `"Alice" <alice@example.com>`.'),
  to: z.array(address).optional(),
  cc: z.array(address).optional(),
  bcc: z.array(address).optional().describe('Recipients of the envelope that no header names.'),
  replyTo: address.optional(),
  subject: z.string().max(10_000).optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional().describe('Further header fields.'),
  attachments: z
    .array(
      z.strictObject({
        filename: z.string().min(1).max(255),
        contentType: z.string().max(255).optional(),
        content: z.string().describe('base64'),
      }),
    )
    .max(100)
    .optional(),
})

export const Auth = z
  .strictObject({
    user: z.string().max(1000),
    password: z.string().max(10_000).optional().meta({ format: 'password' }),
    token: z
      .string()
      .max(20_000)
      .optional()
      .describe('An OAuth access token, instead of the password.')
      .meta({ format: 'password' }),
    authzid: z.string().max(1000).optional().describe('The identity to act as, where it is another one.'),
    mechanism: z
      .string()
      .max(40)
      .optional()
      .describe('A SASL mechanism by name, in any case; `auto` takes the strongest that works.'),
    initialResponse: z.enum(['auto', 'on', 'off']).optional(),
    allowInsecure: z
      .boolean()
      .optional()
      .describe('true: send credentials also over a connection without verified TLS.'),
  })
  .meta({ id: 'Auth' })

export const SendBody = z
  .strictObject({
    ...connectionFields,
    auth: Auth.optional(),
    hello: z
      .strictObject({
        name: z
          .string()
          .max(255)
          .regex(/^[\x21-\x7e]+$/, 'printable ASCII without blanks')
          .optional(),
      })
      .optional()
      .describe('The name in EHLO; the configuration has the default.'),
    envelope: z
      .strictObject({
        from: z
          .string()
          .max(1000)
          .optional()
          .describe('A bare address; `""` is the null reverse-path `<>`. Left out: `message.from`.'),
        to: z
          .array(address)
          .min(1)
          .optional()
          .describe('Bare addresses. Left out: `to`, `cc` and `bcc` of the message.'),
      })
      .optional(),
    message: z
      .union([
        fields,
        z.strictObject({ raw: z.string().describe('A whole RFC 5322 message as text.') }),
        z.strictObject({ rawBase64: z.string().describe('A whole message, its exact octets in base64.') }),
      ])
      .optional()
      .describe('Left out: a short test message, marked as such.'),
    lineEnds: z
      .enum(['auto', 'convert', 'refuse'])
      .optional()
      .describe(
        'What becomes of line ends other than CRLF in `raw`: `auto` converts a message that has LF only and refuses a mixture; `convert` makes all of them CRLF; `refuse` takes nothing but CRLF.',
      ),
    onRejectedRecipient: z.enum(['continue', 'abort']).optional(),
    stopAfter: z
      .enum(STOPS)
      .optional()
      .describe('Ends the session politely after this stage, with nothing sent.'),
    dryRun: z
      .boolean()
      .optional()
      .describe('true: nothing is connected; the envelope and the exact octets come back.'),
    pipelining: z
      .enum(['auto', 'off'])
      .optional()
      .describe('`off` sends one command at a time even where PIPELINING is offered.'),
  })
  .meta({ id: 'SendRequest' })
export type SendBody = z.output<typeof SendBody>

const Recipient = z.object({
  recipient: z.string(),
  reply: Reply,
  diagnosis: z
    .object({ code: z.string() })
    .optional()
    .describe('Of a refused recipient; the page is under `/problems`.'),
})

export const AuthReport = z
  .object({
    offered: z.object({ beforeTls: z.array(z.string()), now: z.array(z.string()) }),
    tried: z.array(z.string()),
    chosen: z.string().nullable(),
  })
  .meta({
    id: 'AuthReport',
    description: 'What the server offered, what was tried in which order, and what it came to.',
  })

export const SendAnswer = z
  .object({
    outcome: Outcome,
    stage: Stage,
    accepted: z.array(z.string()).describe('Recipients for whom the server has taken the message over.'),
    rejected: z.array(Recipient),
    messageId: z.string().nullable(),
    queueId: z
      .string()
      .nullable()
      .describe('The name of the message in the server’s queue, where its answer gives one.'),
    reply: Reply.nullable().describe('The final one.'),
    auth: AuthReport.nullable(),
    diagnosis: Diagnosis.nullable(),
    transcript: Transcript.optional(),
  })
  .meta({ id: 'SendAnswer' })

export const DryRunAnswer = z
  .object({
    outcome: z.literal('ok'),
    dryRun: z.literal(true),
    envelope: z.object({ from: z.string(), to: z.array(z.string()) }),
    messageId: z.string().nullable(),
    octets: z.int(),
    rawBase64: z.string().describe('The exact octets.'),
    raw: z.string().describe('The same as text, octets that are not UTF-8 as `\\xNN`.'),
    findings: z.array(z.object({ code: z.string(), text: z.string() })),
  })
  .meta({ id: 'DryRunAnswer' })
