import { z } from 'zod'
import { connectionQuery, transcriptQuery } from './connection.ts'
import { mailRouteQuery } from './mail-route.ts'
import { nested, queryForm } from './query-form.ts'
import { Auth, SendBody } from './send.ts'

const NEEDED = 'at least one recipient is needed'

const recipients = z
  .union([z.string(NEEDED), z.array(z.string(), NEEDED)])
  .transform((given) => [given].flat().flatMap(byComma))
  .refine((addresses) => addresses.length > 0, NEEDED)
  .describe('With `message/rfc822`: bare addresses, repeated or by comma.')
  .meta({ override: { type: 'array', items: { type: 'string' }, anyOf: undefined } })

const login = {
  auth: z
    .string()
    .max(40)
    .optional()
    .describe(
      'With `message/rfc822`: how to log in with the credentials of HTTP Basic: `auto` (the default), a SASL mechanism by name, or `token`: the Basic password is an OAuth token.',
    ),
  authzid: z.string().max(1000).optional().describe('The identity to act as, where it is another one.'),
  allowInsecureAuth: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional()
    .describe('`true`: send the credentials also over a connection without verified TLS.'),
  initialResponse: Auth.shape.initialResponse,
  popBefore: Auth.shape.popBefore,
}

const { hello, envelope, xclient, proxy } = SendBody.shape
const { from: _from, to: _to, ...envelopeFields } = envelope.unwrap().shape

/** What JSON has in objects, by path. */
const WISHES = ['hello', 'envelope', 'xclient', 'proxy'] as const
const Wishes = z.strictObject({ hello, envelope, xclient, proxy })
export type StreamWishes = z.output<typeof Wishes>

const OwnParameters = z.strictObject({
  ...connectionQuery,
  ...mailRouteQuery,
  from: z
    .string('a sender is needed; "" is the null reverse-path')
    .max(1000)
    .describe(
      'With `message/rfc822`, and needed there: a bare address; empty is the null reverse-path `<>`.',
    ),
  to: recipients,
  ...login,
  lineEnds: SendBody.shape.lineEnds,
  onRejectedRecipient: SendBody.shape.onRejectedRecipient,
  stopAfter: SendBody.shape.stopAfter,
  dropAfter: SendBody.shape.dropAfter,
  pipelining: SendBody.shape.pipelining,
  chunking: SendBody.shape.chunking,
  ...transcriptQuery,
})

/** `POST /smtp/send` with `message/rfc822`: what JSON says in its body stands in the query, nested fields by their path. */
export const SendStreamQuery = OwnParameters.extend(
  queryForm({ hello, envelope: z.strictObject(envelopeFields), xclient, proxy }),
  // the parameters by path are read as a whole, by wishesIn
) as unknown as typeof OwnParameters

/**
 * What the parameters by path come to together.
 * @returns the issues where they do not go together, with paths as parameters
 */
export function wishesIn(query: SendStreamQuery): z.ZodSafeParseResult<StreamWishes> {
  return Wishes.safeParse(Object.fromEntries(WISHES.map((root) => [root, nested(query, root)])))
}
export type SendStreamQuery = z.output<typeof SendStreamQuery>

/** How the document tells it: in one operation with the JSON form, which takes none of these parameters but `transcript`. */
export const streamed = {
  type: 'message/rfc822',
  // Swagger UI fills in what has an example, also where the body is JSON
  query: SendStreamQuery.extend({ server: connectionQuery.server.meta({ examples: undefined }) }).partial(),
  description: 'A whole message, its exact octets, passed on while it comes. Its envelope is in the query.',
  example:
    'From: alice@sandbox.test\r\nTo: bob@sandbox.test\r\nSubject: streamed\r\n\r\nThis was posted as it is.\r\n',
} as const

/** A comma inside a quoted local part separates nothing (RFC 5321 §4.1.2). */
function byComma(text: string): string[] {
  const addresses = ['']
  let quoted: 'inside' | 'outside' = 'outside'
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at)
    if (letter === ',' && quoted === 'outside') {
      addresses.push('')
      continue
    }
    if (letter === '"') quoted = quoted === 'inside' ? 'outside' : 'inside'
    const pair = letter === '\\' && quoted === 'inside'
    addresses.push(`${addresses.pop() ?? ''}${pair ? text.slice(at, at + 2) : letter}`)
    if (pair) at += 1
  }
  return addresses.map((address) => address.trim())
}
