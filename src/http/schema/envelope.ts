import { z } from 'zod'

/** RFC 5321 §4.1.2: `esmtp-param = esmtp-keyword ["=" esmtp-value]` */
const parameter = z
  .string()
  .max(500)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9-]*(?:=[\x21-\x3c\x3e-\x7e]+)?$/,
    'a parameter is written KEYWORD or KEYWORD=value',
  )

/** RFC 3461 §4.4: the text that becomes xtext. */
const envelopeId = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\x20-\x7e]+$/, 'printable ASCII')

const NOTIFY = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'] as const

export const Dsn = z
  .strictObject({
    notify: z
      .array(z.enum(NOTIFY))
      .min(1)
      .max(3)
      .refine((events) => !events.includes('NEVER') || events.length === 1, 'NEVER stands alone')
      .optional()
      .describe('When a report is wanted: on success, failure, delay, or never.'),
    return: z.enum(['FULL', 'HDRS']).optional().describe('What a report of failure holds of the message.'),
    envelopeId: envelopeId.optional().describe('Comes back in the report.'),
  })
  .meta({ id: 'Dsn', description: 'Reports about the delivery (RFC 3461).' })

/** The envelope of a send, independent of the message's headers. */
export const EnvelopeFields = z
  .strictObject({
    from: z
      .string()
      .max(1000)
      .optional()
      .describe('A bare address; `""` is the null reverse-path `<>`. Left out: `message.from`.'),
    to: z
      .array(z.string().min(1).max(1000))
      .min(1)
      .optional()
      .describe('Bare addresses. Left out: `to`, `cc` and `bcc` of the message.'),
    dsn: Dsn.optional(),
    body: z
      .enum(['auto', '7BIT', '8BITMIME', 'BINARYMIME'])
      .optional()
      .describe('BODY= on MAIL; `auto`: as the message needs it.'),
    auth: z
      .string()
      .max(400)
      .regex(/^[\x20-\x7e]*$/, 'printable ASCII')
      .optional()
      .describe('AUTH= on MAIL (RFC 4954 §5); `""` is `<>`.'),
    requireTls: z.literal(true).optional().describe('REQUIRETLS (RFC 8689).'),
    priority: z.int().min(-9).max(9).optional().describe('MT-PRIORITY (RFC 6710).'),
    holdFor: z.int().min(1).max(999_999_999).optional().describe('FUTURERELEASE (RFC 4865): seconds.'),
    holdUntil: z.iso.datetime({ offset: true }).optional().describe('FUTURERELEASE (RFC 4865): until then.'),
    deliverBy: z
      .strictObject({
        seconds: z
          .int()
          .min(-999_999_999)
          .max(999_999_999)
          .describe('DELIVERBY (RFC 2852): the time for the delivery.'),
        mode: z
          .enum(['return', 'notify'])
          .describe(
            'When the time is over: `return` the message undelivered, or `notify` the sender and go on.',
          ),
        trace: z.boolean().optional().describe('true: each hop is to report.'),
      })
      .optional()
      .describe('DELIVERBY (RFC 2852).'),
    prdr: z.literal(true).optional().describe('One answer for each recipient after the data.'),
    parameters: z
      .strictObject({
        mail: z.array(parameter).max(20).optional().describe('Further parameters of MAIL, as they are.'),
        rcpt: z
          .array(parameter)
          .max(20)
          .optional()
          .describe('Further parameters of every RCPT, as they are.'),
      })
      .optional()
      .describe('Further ESMTP parameters, as they are.'),
  })
  .superRefine((envelope, context) => {
    if (envelope.holdFor !== undefined && envelope.holdUntil !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['holdUntil'],
        message: 'holdFor stands beside it; keep one of them',
      })
    }
  })
  .meta({ id: 'Envelope', description: 'Whom the server is told; independent of the message’s headers.' })
export type EnvelopeFields = z.output<typeof EnvelopeFields>

const port = z.int().min(1).max(65_535)
const text = z.string().min(1).max(255)

export const Xclient = z
  .strictObject({
    name: text.optional().describe('NAME: the host name of the client.'),
    addr: text.optional().describe('ADDR: its address.'),
    port: port.optional().describe('PORT: its port.'),
    proto: z.enum(['SMTP', 'ESMTP']).optional().describe('PROTO: what it speaks.'),
    helo: text.optional().describe('HELO: how it introduced itself.'),
    login: text.optional().describe('LOGIN: as whom it has logged in.'),
    destAddr: text.optional().describe('DESTADDR: the address it connected to.'),
    destPort: port.optional().describe('DESTPORT: the port it connected to.'),
    reverseName: text.optional().describe('REVERSE_NAME: the name of its address, verified or not.'),
    beforeTls: z.boolean().optional().describe('true: in the clear, before STARTTLS.'),
  })
  .meta({
    id: 'Xclient',
    description: 'Whom the server is to take this client for; for those who run the server.',
  })
export type Xclient = z.output<typeof Xclient>

const end = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]).describe('An address of IPv4 or IPv6; both ends of one family.'),
  port: z.int().min(0).max(65_535).describe('A port of TCP.'),
})

export const ProxyHeader = z
  .strictObject({
    version: z.literal([1, 2]).describe('`1` is a line of text, `2` is binary.'),
    source: end.describe('The client that the proxy speaks for.'),
    destination: end.describe('Where that client connected to.'),
  })
  .refine(
    ({ source, destination }) => source.address.includes(':') === destination.address.includes(':'),
    'both addresses have to be of one family',
  )
  .meta({
    id: 'ProxyHeader',
    description: 'A header of the PROXY protocol, sent before anything else; for those who run the server.',
  })
export type ProxyHeader = z.output<typeof ProxyHeader>
