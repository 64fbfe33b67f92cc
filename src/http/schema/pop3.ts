import { z } from 'zod'
import { LEVELS } from '../../pop3/findings.ts'
import type { MessageRef } from '../../pop3/maildrop.ts'
import { TOOLS } from '../../reproduce/reproduction.ts'
import { TlsReport } from '../../transcript/entry.ts'
import { spelling } from '../etag.ts'
import { Diagnosis, Outcome, Reply, sessionMembers } from './answers.ts'
import { connectionQuery, REPRODUCE, transcriptQuery } from './connection.ts'
import { AuthReport } from './send.ts'

/** Query parameters of every POP3 route. */
export const pop3Query = {
  ...connectionQuery,
  auth: z
    .string()
    .max(40)
    .optional()
    .describe(
      'How to log in: `auto` (the default), `user` for USER and PASS, `apop`, a SASL mechanism by name, or `token`: the Basic password is an OAuth token.',
    ),
  authzid: z.string().max(1000).optional().describe('The identity to act as, where it is another one.'),
  initialResponse: z
    .enum(['auto', 'on', 'off'])
    .optional()
    .describe(
      'Whether what a SASL mechanism begins with goes on the line of AUTH (`on`) or on a line of its own (`off`). `auto` (the default): with AUTH, but for LOGIN, XOAUTH2 and OAUTHBEARER, which Office 365 takes in two lines only.',
    ),
  allowInsecureAuth: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional()
    .describe('`true`: send the credentials also over a connection without verified TLS.'),
  pipelining: z
    .enum(['auto', 'off'])
    .optional()
    .describe(
      '`auto` (the default): login and commands in as few flights as the server allows. `off`: one at a time, for servers that offer PIPELINING and cannot do it.',
    ),
  ...transcriptQuery,
  reproduce: z
    .enum(
      TOOLS.filter((tool) => tool !== 'swaks'),
      'curl, openssl or telnet: swaks speaks no POP3',
    )
    .optional()
    .describe(REPRODUCE),
}

/** Message numbers as RFC 1939 §3 has them: decimal, from 1, and as large as a listing can show them. */
const NUMBER = /^[1-9][0-9]{0,15}$/
/** RFC 1939 §7: 0x21 to 0x7E; odd ones of real servers are spelt as listings spell them, with `\xNN`. */
const UNIQUE_ID = /^uid:([\x21-\x7e]{1,400})$/

const REFERENCE =
  'a message number from 1 to 2^53−1, `latest`, or uid: and a unique-id of printable ASCII, other octets as \\xNN'

/** A message in the path: its number, `uid:` and its unique-id, or `latest`. */
export const MessageParam = z
  .string()
  .refine((text) => text === 'latest' || isMessageNumber(text) || UNIQUE_ID.test(text), REFERENCE)
  .transform((text): MessageRef => {
    if (text === 'latest') return { by: 'latest' }
    const uid = UNIQUE_ID.exec(text)?.[1]
    return uid === undefined ? { by: 'number', number: Number(text) } : { by: 'uid', uid: spelling(uid) }
  })

function isMessageNumber(text: string): boolean {
  return NUMBER.test(text) && Number.isSafeInteger(Number(text))
}

const messageParam = MessageParam.describe(
  'A message number, valid in one session only; `uid:` and a unique-id, which is the safe way; or `latest`, the one that came last.',
).meta({
  override: { type: 'string' },
  param: { example: '1' },
})

export const messageParams = z.strictObject({ n: messageParam })

/** What is deleted has to be named: the last message may be another one by then. */
export const deletionParams = z.strictObject({
  n: MessageParam.refine(({ by }) => by !== 'latest', 'a message number, or uid: and a unique-id')
    .describe(
      'A message number, valid in one session only, or `uid:` and a unique-id, which is the safe way.',
    )
    .meta({ override: { type: 'string' }, param: { example: '1' } }),
})

export const attachmentParams = z.strictObject({
  n: messageParam,
  i: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/, 'the number of an attachment, from 1 on')
    .transform(Number)
    .describe('The number of the attachment, from 1.')
    .meta({ override: { type: 'string', pattern: undefined }, param: { example: '1' } }),
})

export const linesQuery = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,6})$/, 'a number of lines from 0 to 9999999')
  .transform(Number)
  .optional()
  .describe('The header and only so many lines of the body, by TOP.')
  .meta({ override: { type: 'string', pattern: undefined } })

/** Of answers that are no JSON too. */
export const sessionHeaders = {
  'X-Session-Id': z.string().optional().describe('The transcript’s id; it is in the log too.'),
}

const rest = {
  auth: AuthReport.nullable().describe('The login; null where none was asked for.'),
  diagnosis: Diagnosis.nullable().describe('null where there is nothing to say.'),
  ...sessionMembers,
}

export const StatAnswer = z
  .object({
    outcome: Outcome,
    messages: z.int().describe('How many messages the maildrop holds.'),
    octets: z.int().describe('Their sizes added up, as the server counts them.'),
    ...rest,
  })
  .meta({ id: 'StatAnswer', description: 'What STAT answered.' })

const ListedMessage = z.object({
  number: z.int().describe('Valid in one session only.'),
  octets: z.int().describe('Its size, as the server counts it.'),
  uid: z.string().nullable().describe('null where the server gives none.'),
  headers: z
    .record(z.string(), z.string().nullable())
    .nullable()
    .optional()
    .describe('With `headers`: the first field of each name, decoded. null where the server gave no header.'),
})

export const ListAnswer = z
  .object({
    outcome: Outcome,
    messages: z.array(ListedMessage).describe('In the order of LIST.'),
    total: z.int().describe('How many messages the maildrop holds.'),
    octets: z.int().describe('Their sizes added up.'),
    selected: z
      .int()
      .describe(
        'How many of them came behind `after`; without it, all. `offset` and `limit` count in these.',
      ),
    ...rest,
  })
  .meta({ id: 'ListAnswer' })

const Capabilities = z.array(
  z.object({
    keyword: z.string().describe('In upper case.'),
    parameters: z.array(z.string()).describe('What stands behind it.'),
    line: z.string().describe('As the server sent it.'),
    explanation: z.string().nullable().describe('null where this service does not know it.'),
  }),
)

export const CapabilitiesAnswer = z
  .object({
    outcome: Outcome,
    greeting: z.string().describe('Its text.'),
    apop: z.string().nullable().describe('The timestamp in the greeting, where APOP can be used.'),
    capabilities: z
      .object({
        before: Capabilities.describe('In the clear.'),
        afterTls: Capabilities.describe('With TLS, before the login.'),
        afterLogin: Capabilities.describe('Empty where nobody logged in.'),
      })
      .describe('What CAPA listed; empty where the server was not asked, or does not know CAPA.'),
    loginDelaySeconds: z.int().nullable().describe('How long to wait between two logins (LOGIN-DELAY).'),
    expireDays: z
      .union([z.int(), z.literal('never')])
      .nullable()
      .describe('How long messages are kept (EXPIRE).'),
    implementation: z.string().nullable().describe('The server’s software, where it says (IMPLEMENTATION).'),
    tls: TlsReport.nullable().describe('With the certificate; null where TLS was not spoken.'),
    findings: z
      .array(
        z.object({
          level: z
            .enum(LEVELS)
            .describe(
              '`error`: nobody can log in, or passwords are in danger; `warning`: it should be better; `info`: good to know.',
            ),
          code: z.string().describe('Its name, such as `uidl-not-offered`.'),
          text: z.string().describe('The same in a sentence.'),
          instructions: z.array(z.string()).describe('What to do about it, most useful first.'),
          evidence: z.array(z.int()).describe('`seq` of the entries of the transcript that show it.'),
        }),
      )
      .describe('What whoever runs the server should know, the gravest first.'),
    ...rest,
  })
  .meta({ id: 'CapabilitiesAnswer' })

const Address = z.object({
  name: z.string().describe('Decoded; empty where there is none.'),
  address: z.string().describe('As it stands there; empty where there is none.'),
})

const Hop = z
  .object({
    from: z.string().nullable().describe('The name that the sending host gave for itself.'),
    address: z.string().nullable().describe('The address it came from, where the server tells.'),
    by: z.string().nullable().describe('The name of the host that took it.'),
    with: z.string().nullable().describe('The protocol: ESMTPS, LMTP, …'),
    at: z.string().nullable().describe('ISO 8601'),
    delaySeconds: z.number().nullable().describe('Since the hop before; below zero where two clocks differ.'),
  })
  .meta({ id: 'Hop' })

const AuthenticationResults = z
  .object({
    server: z.string().nullable().describe('Who says so; null where it does not name itself.'),
    results: z
      .array(
        z.object({
          method: z.string().describe('spf, dkim, dmarc, arc, …'),
          result: z.string().describe('pass, fail, softfail, none, …'),
          reason: z.string().nullable().describe('Why, where the server says so.'),
          properties: z
            .record(z.string(), z.string())
            .describe('By their names, such as `header.from` and `smtp.mailfrom`.'),
        }),
      )
      .describe('One for each method.'),
  })
  .meta({ id: 'AuthenticationResults' })

const DeliveryReport = z
  .object({
    reportingMta: z.string().nullable().describe('The server that reports.'),
    arrived: z.string().nullable().describe('ISO 8601'),
    recipients: z
      .array(
        z.object({
          finalRecipient: z.string().nullable().describe('The address it is about.'),
          action: z.string().nullable().describe('failed, delayed, delivered, relayed, expanded'),
          status: z.string().nullable().describe('The enhanced status code, such as `5.1.1`.'),
          diagnosticCode: z.string().nullable().describe('The words of the server that refused.'),
          remoteMta: z.string().nullable().describe('The server that was spoken with.'),
        }),
      )
      .describe('What became of each recipient.'),
  })
  .meta({ id: 'DeliveryReport' })

export const MessageAnswer = z
  .object({
    outcome: Outcome,
    number: z.int().describe('Valid in one session only.'),
    uid: z.string().nullable().describe('The unique-id; null where the server gives none.'),
    octets: z.int().describe('Octets received.'),
    complete: z.boolean().describe('false with `lines`: the body is cut.'),
    messageId: z.string().nullable().describe('With its angle brackets.'),
    date: z.string().nullable().describe('ISO 8601'),
    subject: z.string().nullable().describe('Decoded.'),
    from: z.array(Address).describe('Whom it says it is from; anybody can write that.'),
    to: z.array(Address).describe('The addresses of To.'),
    cc: z.array(Address).describe('The addresses of Cc.'),
    replyTo: z.array(Address).describe('Where answers are to go, where that is said.'),
    sender: z.array(Address).describe('Who sent it, where that is somebody else than in From.'),
    headers: z
      .array(
        z.object({
          name: z.string().describe('As it is spelt there.'),
          value: z.string().describe('Decoded, on one line.'),
        }),
      )
      .describe('As they stand in the message, decoded, in order.'),
    received: z.array(Hop).describe('The way the message took, the newest hop first.'),
    authenticationResults: z
      .array(AuthenticationResults)
      .describe(
        'What servers on the way found out about the sender (RFC 8601). Anybody can write such a field.',
      ),
    text: z.string().nullable().describe('The text that is to be read; null where there is none.'),
    html: z.string().nullable().describe('The same as HTML, as it came: not made safe for a browser.'),
    attachments: z
      .array(
        z.object({
          number: z.int().describe('From 1.'),
          filename: z.string().nullable().describe('As the message says.'),
          contentType: z.string().describe('As the message says.'),
          disposition: z.string().nullable().describe('`attachment` or `inline`, where it says.'),
          cid: z.string().nullable().describe('The name by which the HTML refers to it.'),
          octets: z.int().describe('Decoded.'),
          sha256: z.string().describe('Of the decoded octets, in hexadecimal digits.'),
          href: z.string().describe('Where its bytes are to be had.'),
        }),
      )
      .describe('Parts that are no text to be read.'),
    report: DeliveryReport.nullable().describe('Of a delivery status notification (RFC 3464).'),
    problems: z.array(z.string()).describe('What could not be read, or was cut by a limit.'),
    ...rest,
  })
  .meta({ id: 'MessageAnswer' })

const Verdict = z
  .object({
    number: z.int().nullable().describe('null where no message has the unique-id.'),
    uid: z.string().nullable().describe('null where it is not known.'),
    verdict: z
      .enum(['deleted', 'marked', 'unmarked', 'refused', 'not-found'])
      .describe(
        '`marked`: DELE was accepted, and QUIT has not said that it was done; `unmarked`: RSET took it back; `not-found`: no message is named by it, or more than one.',
      ),
    reply: Reply.optional().describe('What the server answered to DELE.'),
  })
  .meta({ id: 'DeletionVerdict' })

export const DeleteAnswer = z
  .object({
    outcome: Outcome,
    deleted: z
      .array(
        z.object({
          number: z.int().describe('In the session that deleted it.'),
          uid: z.string().nullable().describe('null where the server gives none.'),
        }),
      )
      .describe('What is deleted; where `committed` is `unknown`, what may be.'),
    committed: z
      .union([z.boolean(), z.literal('unknown')])
      .describe('What the reply to QUIT told: only then a deletion takes effect.'),
    verdicts: z.array(Verdict).describe('What became of each message that was meant.'),
    ...rest,
  })
  .meta({ id: 'DeleteAnswer' })
