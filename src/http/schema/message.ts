import { z } from 'zod'
import { longText } from './long-text.ts'

const address = z.string().min(1).max(1000)
const MOST_HEADERS = 1000
/** Servers take no more of a header, and folding it takes a while. */
const LONGEST_HEADERS = 100_000
const urls = z.array(z.string().min(1).max(2000)).max(20)

const attachment = z.strictObject({
  filename: z.string().min(1).max(255).optional().describe('As the recipient sees it; any letters.'),
  contentType: z.string().max(255).optional().describe('Left out: told by the filename.'),
  content: longText().optional().describe('base64'),
  text: longText().optional().describe('Instead of `content`: text, taken as UTF-8.'),
  cid: z.string().min(1).max(255).optional().describe('The part is shown where the HTML says `cid:…`.'),
  disposition: z
    .enum(['attachment', 'inline'])
    .optional()
    .describe('`inline` with `cid`; otherwise `attachment`.'),
})

const list = z
  .strictObject({
    id: z.string().max(500).optional().describe('List-ID.'),
    help: urls.optional().describe('List-Help, URLs.'),
    unsubscribe: urls.optional().describe('List-Unsubscribe, URLs.'),
    subscribe: urls.optional().describe('List-Subscribe, URLs.'),
    post: urls.optional().describe('List-Post, URLs.'),
    owner: urls.optional().describe('List-Owner, URLs.'),
    archive: urls.optional().describe('List-Archive, URLs.'),
  })
  .describe('The fields of a mailing list (RFC 2369, RFC 2919).')

/** The fields that a composed message may have. */
export const composedFields = {
  from: address.optional().describe('`alice@example.com` or `"Alice" <alice@example.com>`.'),
  to: z.array(address).max(1000).optional().describe('Addresses, each as in `from`.'),
  cc: z.array(address).max(1000).optional().describe('Who gets a copy.'),
  bcc: z.array(address).max(1000).optional().describe('Recipients of the envelope that no header names.'),
  replyTo: address.optional().describe('Where answers go.'),
  subject: z.string().max(10_000).optional().describe('Any letters; no line breaks.'),
  text: longText().optional().describe('The text; beside `html` it is the alternative to it.'),
  html: longText().optional().describe('The same as HTML.'),
  headers: z
    .record(z.string(), z.union([z.string(), z.array(z.string()).max(100)]))
    .refine((headers) => Object.keys(headers).length <= MOST_HEADERS, `at most ${MOST_HEADERS} names`)
    .refine(
      (headers) => charactersIn(headers) <= LONGEST_HEADERS,
      `at most ${LONGEST_HEADERS} characters in all values together`,
    )
    .optional()
    .describe(
      'Further header fields, of at most 1000 names and 100,000 characters in all; a list is a field that comes several times.',
    ),
  attachments: z.array(attachment).max(100).optional().describe('Files, each in base64 or as text.'),
  calendar: z
    .strictObject({
      method: z.string().min(1).max(40).describe('`REQUEST`, `REPLY`, `CANCEL`, `PUBLISH`.'),
      content: longText().describe('The object, from BEGIN:VCALENDAR on.'),
    })
    .optional()
    .describe('An iCalendar object (RFC 5545) and its method, e.g. `REQUEST`.'),
  priority: z.enum(['high', 'normal', 'low']).optional().describe('As mail programs show it.'),
  list: list.optional(),
  inReplyTo: z.string().max(1000).optional().describe('The `Message-ID` that this answers.'),
  references: z
    .array(z.string().max(1000))
    .max(100)
    .optional()
    .describe('The thread: each `Message-ID`, the oldest first.'),
  messageId: z.string().max(1000).optional().describe('Left out: one is made.'),
}

function charactersIn(headers: Readonly<Record<string, string | readonly string[]>>): number {
  return Object.values(headers)
    .flat()
    .reduce((sum, value) => sum + value.length, 0)
}

/** What a message may be instead of composed fields; one of them, and alone. */
const WHOLES = ['raw', 'rawBase64', 'test'] as const

/** The message of a send: composed here, given octet for octet, or one of the test messages. */
export const Message = z
  .strictObject({
    ...composedFields,
    raw: longText().optional().describe('Instead of the fields: a whole RFC 5322 message as text.'),
    rawBase64: longText()
      .optional()
      .describe('Instead of the fields: a whole message, its exact octets in base64.'),
    test: z
      .enum(['default', 'gtube', 'eicar'])
      .optional()
      .describe(
        'Instead of the fields: the short test message, the one every spam filter knows, or the one every virus scanner knows.',
      ),
    dkim: z
      .union([
        z
          .string()
          .min(1)
          .max(255)
          .meta({ examples: ['office'] }),
        z.strictObject({
          domain: z
            .string()
            .min(1)
            .max(255)
            .describe('The signing domain.')
            .meta({ examples: ['example.com'] }),
          selector: z
            .string()
            .min(1)
            .max(63)
            .describe('Where its key is found: `<selector>._domainkey.<domain>`.')
            .meta({ examples: ['s2026'] }),
          privateKey: z
            .string()
            .min(1)
            .max(20_000)
            .describe('PEM, RSA.')
            .meta({ format: 'password', examples: ['-----BEGIN PRIVATE KEY-----…'] }),
        }),
      ])
      .optional()
      .describe('Signs the message (RFC 6376): a key of the configuration by its name, or one of your own.')
      .meta({ examples: ['office'] }),
  })
  .superRefine((message, context) => {
    const given = Object.entries(message).filter(([, value]) => value !== undefined)
    const whole = WHOLES.find((field) => message[field] !== undefined)
    if (whole === undefined) return
    for (const [field] of given) {
      if (field === whole || field === 'dkim') continue
      context.addIssue({ code: 'custom', path: [field], message: `it cannot stand beside ${whole}` })
    }
  })
  .meta({
    id: 'Message',
    description: 'What is sent: fields to compose from, exact octets, or a test message.',
  })
export type Message = z.output<typeof Message>
