import { z } from 'zod'
import { HELLO_VERBS } from '../../smtp/hello.ts'
import { DROPS, STOPS } from '../../smtp/open.ts'
import { Attempt, Diagnosis, Outcome, Reply, Stage, sessionMembers } from './answers.ts'
import { connectionFields } from './connection.ts'
import { EnvelopeFields, ProxyHeader, Xclient } from './envelope.ts'
import { mailRouteFields } from './mail-route.ts'
import { Message } from './message.ts'

export const Auth = z
  .strictObject({
    user: z.string().max(1000).describe('The user name; may be empty with EXTERNAL and ANONYMOUS.'),
    password: z.string().max(10_000).optional().describe('Never shown again.').meta({ format: 'password' }),
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
    initialResponse: z
      .enum(['auto', 'on', 'off'])
      .optional()
      .describe(
        'Whether what the mechanism begins with goes on the line of AUTH (`on`) or on a line of its own (`off`).',
      ),
    popBefore: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe(
        'A POP3 server, by URL or name, to log in to first with these credentials (POP before SMTP).',
      ),
    allowInsecure: z
      .boolean()
      .optional()
      .describe('true: send credentials also over a connection without verified TLS.'),
  })
  .meta({ id: 'Auth', description: 'A login. Asked for and not possible, it is an error.' })

export const Hello = z
  .strictObject({
    name: z
      .string()
      .max(255)
      .regex(/^[\x21-\x7e]+$/, 'printable ASCII without blanks')
      .optional()
      .describe('The name in EHLO, HELO or LHLO.'),
    verb: z
      .enum(HELLO_VERBS)
      .optional()
      .describe('`auto`: EHLO, and HELO where the server does not know EHLO; LHLO with `lmtp:`.'),
  })
  .describe('How this service introduces itself; the configuration has the default name.')

export const SendBody = z
  .strictObject({
    ...connectionFields,
    ...mailRouteFields,
    auth: Auth.optional(),
    hello: Hello.optional(),
    envelope: EnvelopeFields.optional(),
    message: Message.optional().describe('Left out: a short test message, marked as such.'),
    lineEnds: z
      .enum(['auto', 'convert', 'refuse'])
      .optional()
      .describe(
        'What becomes of line ends other than CRLF in `raw`: `auto` converts a message that has LF only and refuses a mixture; `convert` makes all of them CRLF; `refuse` takes nothing but CRLF.',
      ),
    onRejectedRecipient: z
      .enum(['continue', 'abort'])
      .optional()
      .describe('`continue` sends to those who were accepted; `abort` to nobody once one was refused.'),
    stopAfter: z
      .enum(STOPS)
      .optional()
      .describe('Ends the session politely after this stage, with nothing sent.'),
    dropAfter: z
      .enum(DROPS)
      .optional()
      .describe('Hangs up after this stage, without QUIT; for those who test servers.'),
    xclient: Xclient.optional(),
    proxy: ProxyHeader.optional(),
    chunking: z
      .enum(['auto', 'early', 'off'])
      .optional()
      .describe(
        '`auto`: BDAT where CHUNKING is offered, after the recipients were answered; `early`: along with the envelope, which saves a round trip and gives the content away; `off`: DATA.',
      ),
    dryRun: z
      .boolean()
      .optional()
      .describe('true: nothing is connected; the envelope and the exact octets come back.'),
    pipelining: z
      .enum(['auto', 'off'])
      .optional()
      .describe('`off` sends one command at a time even where PIPELINING is offered.'),
  })
  .meta({ id: 'SendRequest', description: 'One message, for one session.' })
export type SendBody = z.output<typeof SendBody>

const Recipient = z.object({
  recipient: z.string().describe('The address, as the call gives it.'),
  reply: Reply,
  diagnosis: z
    .object({ code: z.string().describe('Why.') })
    .optional()
    .describe('Of a refused recipient; the page is under `/problems`.'),
})

export const AuthReport = z
  .object({
    offered: z
      .object({
        beforeTls: z.array(z.string()).describe('In the clear.'),
        now: z.array(z.string()).describe('When the login was tried.'),
      })
      .describe('The mechanisms that the server offered.'),
    tried: z.array(z.string()).describe('In this order.'),
    chosen: z.string().nullable().describe('Which one it came to; null where nobody is logged in.'),
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
    rejected: z.array(Recipient).describe('Recipients whom the server refused, each with its reply.'),
    messageId: z.string().nullable().describe('The `Message-ID` of what was sent; null where it has none.'),
    queueId: z
      .string()
      .nullable()
      .describe('The name of the message in the server’s queue, where its answer gives one.'),
    reply: Reply.nullable().describe('The final one.'),
    auth: AuthReport.nullable().describe('The login; null where none was asked for.'),
    diagnosis: Diagnosis.nullable().describe('null where there is nothing to say.'),
    attempts: z.array(Attempt).optional().describe('With `route`: each session there was, in order.'),
    ...sessionMembers,
  })
  .meta({ id: 'SendAnswer', description: 'What became of the message, for each recipient.' })

export const DryRunAnswer = z
  .object({
    outcome: z.literal('ok').describe('Nothing was connected.'),
    dryRun: z.literal(true).describe('This is what would be sent.'),
    envelope: z
      .object({
        from: z.string().describe('The reverse-path; empty is `<>`.'),
        to: z.array(z.string()).describe('The recipients.'),
      })
      .describe('Whom the server would be told.'),
    messageId: z.string().nullable().describe('The `Message-ID`; null where there is none.'),
    octets: z.int().describe('The size of the message.'),
    rawBase64: z.string().describe('The exact octets.'),
    raw: z.string().describe('The same as text, octets that are not UTF-8 as `\\xNN`.'),
    findings: z
      .array(
        z.object({
          code: z.string().describe('Stable, for programs.'),
          text: z.string().describe('The same for people.'),
        }),
      )
      .describe('What was noticed of the message.'),
  })
  .meta({ id: 'DryRunAnswer' })
