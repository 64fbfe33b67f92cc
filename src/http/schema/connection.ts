import { z } from 'zod'
import { TOOLS } from '../../reproduce/reproduction.ts'

const MINIMUM_MS = 1
const MAXIMUM_MS = 3_600_000

const milliseconds = z.int().min(MINIMUM_MS).max(MAXIMUM_MS)

const server = z
  .string()
  .min(1)
  .max(1024)
  .describe(
    'The mail server: a URL (`smtp://mail.example.com:587`, `smtps://…`, `lmtp://…`, `pop3://…`, `pop3s://…`; ports default to 25, 465, 24, 110, 995), or the name of a configured server. Left out: the default server, out of the box the sandbox.',
  )

const tls = z
  .enum(['off', 'opportunistic', 'required'])
  .describe(
    'STARTTLS or STLS: not at all, when it is offered (the default), or the session fails without it. With `smtps:` and `pop3s:` TLS is spoken from the first byte.',
  )

const tlsServername = z
  .string()
  .min(1)
  .max(255)
  .describe('The name to ask for (SNI) and to find in the certificate, instead of the host.')

const tlsMinVersion = z
  .enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
  .describe('The lowest version taken; `TLSv1.2` unless an older one is asked for by name.')

const tlsCa = z.string().min(1).max(100_000).describe('PEM: trusted instead of the system’s roots.')

/** `timeouts` of a JSON body, ms. */
export const Timeouts = z
  .strictObject({
    connect: milliseconds.describe('Name resolution, each connection attempt, a TLS handshake.'),
    greeting: milliseconds.describe('The greeting; slow ones are normal.'),
    command: milliseconds.describe('Each reply.'),
    data: milliseconds.describe('The reply to DATA, and each block of the message.'),
    final: milliseconds.describe('The answer after the end of the message.'),
    total: milliseconds.describe('The whole call; it always holds.'),
  })
  .partial()
  .meta({ id: 'Timeouts', description: 'Time limits in milliseconds; bounded by the configuration.' })

/** Connection options of a JSON body; each field is optional. */
export const connectionFields = {
  server: server.optional().meta({ examples: ['sandbox'] }),
  tls: tls.optional(),
  tlsVerify: z
    .boolean()
    .optional()
    .describe('false: a certificate that does not verify is a finding of the transcript and not the end.'),
  tlsServername: tlsServername.optional(),
  tlsMinVersion: tlsMinVersion.optional(),
  tlsCa: tlsCa.optional().meta({ examples: ['-----BEGIN CERTIFICATE-----…'] }),
  timeouts: Timeouts.optional(),
}

const flag = z.enum(['true', 'false']).transform((word) => word === 'true')

const queryMilliseconds = z
  .string()
  .regex(/^[1-9][0-9]{0,6}$/, 'a number of milliseconds from 1 to 3600000')
  .transform(Number)
  .pipe(milliseconds)

/** The same as query parameters. */
export const connectionQuery = {
  server: server.optional().meta({ examples: ['sandbox'] }),
  tls: tls.optional(),
  tlsVerify: flag
    .optional()
    .describe('`false`: a certificate that does not verify is a finding and not the end.'),
  tlsServername: tlsServername.optional(),
  tlsMinVersion: tlsMinVersion.optional(),
  tlsCa: tlsCa.optional(),
  connectTimeout: queryMilliseconds.optional().describe('ms; see `Timeouts`.'),
  greetingTimeout: queryMilliseconds.optional().describe('ms for the greeting; slow ones are normal.'),
  commandTimeout: queryMilliseconds.optional().describe('ms for each reply.'),
  dataTimeout: queryMilliseconds
    .optional()
    .describe('ms for the reply to DATA, and for each block of a message in either direction.'),
  finalTimeout: queryMilliseconds
    .optional()
    .describe('ms for the answer after the end of the message; POP3: to QUIT behind deletions.'),
  totalTimeout: queryMilliseconds.optional().describe('ms for the whole call; it always holds.'),
}

export const REPRODUCE =
  'Adds the session as a command for this tool: the member `reproduce` of JSON, the end of a text.'

/** How the answer tells of the session. */
export const transcriptQuery = {
  transcript: z
    .enum(['full', 'none'])
    .optional()
    .describe('`none` leaves the transcript out of a JSON answer.'),
  reproduce: z.enum(TOOLS).optional().describe(REPRODUCE),
}

/** What connection options come to, wherever they stood. */
export interface ConnectionOptions {
  readonly server?: string | undefined
  readonly tls?: 'off' | 'opportunistic' | 'required' | undefined
  readonly tlsVerify?: boolean | undefined
  readonly tlsServername?: string | undefined
  readonly tlsMinVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' | undefined
  readonly tlsCa?: string | undefined
  readonly timeouts?: z.output<typeof Timeouts> | undefined
}

export type ConnectionQuery = {
  readonly [K in keyof typeof connectionQuery]?: z.output<(typeof connectionQuery)[K]>
}

/** Query parameters as connection options. */
export function connectionOf(query: ConnectionQuery): ConnectionOptions {
  const {
    connectTimeout,
    greetingTimeout,
    commandTimeout,
    dataTimeout,
    finalTimeout,
    totalTimeout,
    ...rest
  } = query
  const timeouts = {
    connect: connectTimeout,
    greeting: greetingTimeout,
    command: commandTimeout,
    data: dataTimeout,
    final: finalTimeout,
    total: totalTimeout,
  }
  return { timeouts, ...rest }
}
