import { z } from 'zod'

const address = z.string().min(1).max(1000)
const urls = z.array(z.string().min(1).max(2000)).max(20)

const attachment = z.strictObject({
  filename: z.string().min(1).max(255).optional(),
  contentType: z.string().max(255).optional().describe('Left out: told by the filename.'),
  content: z.string().optional().describe('base64'),
  text: z.string().optional().describe('Instead of `content`: text, taken as UTF-8.'),
  cid: z.string().min(1).max(255).optional().describe('The part is shown where the HTML says `cid:…`.'),
  disposition: z.enum(['attachment', 'inline']).optional(),
})

const list = z
  .strictObject({
    id: z.string().max(500).optional(),
    help: urls.optional(),
    unsubscribe: urls.optional(),
    subscribe: urls.optional(),
    post: urls.optional(),
    owner: urls.optional(),
    archive: urls.optional(),
  })
  .describe('The fields of a mailing list (RFC 2369, RFC 2919).')

/** The fields that a composed message may have. */
export const composedFields = {
  from: address.optional().describe('`alice@example.com` or `"Alice" <alice@example.com>`.'),
  to: z.array(address).max(1000).optional(),
  cc: z.array(address).max(1000).optional(),
  bcc: z.array(address).max(1000).optional().describe('Recipients of the envelope that no header names.'),
  replyTo: address.optional(),
  subject: z.string().max(10_000).optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  headers: z
    .record(z.string(), z.union([z.string(), z.array(z.string()).max(100)]))
    .optional()
    .describe('Further header fields; a list is a field that comes several times.'),
  attachments: z.array(attachment).max(100).optional(),
  calendar: z
    .strictObject({ method: z.string().min(1).max(40), content: z.string() })
    .optional()
    .describe('An iCalendar object (RFC 5545) and its method, e.g. `REQUEST`.'),
  priority: z.enum(['high', 'normal', 'low']).optional(),
  list: list.optional(),
  inReplyTo: z.string().max(1000).optional(),
  references: z.array(z.string().max(1000)).max(100).optional(),
  messageId: z.string().max(1000).optional().describe('Left out: one is made.'),
}

/** What a message may be instead of composed fields; one of them, and alone. */
const WHOLES = ['raw', 'rawBase64', 'test'] as const

/** The message of a send: composed here, given octet for octet, or one of the test messages. */
export const Message = z
  .strictObject({
    ...composedFields,
    raw: z.string().optional().describe('Instead of the fields: a whole RFC 5322 message as text.'),
    rawBase64: z
      .string()
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
  .meta({ id: 'Message' })
export type Message = z.output<typeof Message>
