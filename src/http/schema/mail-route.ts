import { z } from 'zod'

const route = z
  .literal('mx')
  .describe(
    'Instead of `server`: the mail hosts of the recipients’ domain, by its MX records (RFC 5321 §5.1). All recipients of a call have to be of one domain.',
  )
const PORT = 'With `route`: the port of the mail hosts, 25 unless it is another.'
const FAMILY = 'With `route`: addresses of IPv4 or of IPv6 alone.'

/** The route of a JSON body. */
export const mailRouteFields = {
  route: route.optional(),
  port: z.int().min(1).max(65_535).optional().describe(PORT),
  family: z
    .union([z.literal(4), z.literal(6)])
    .optional()
    .describe(FAMILY),
}

/** The same as query parameters. */
export const mailRouteQuery = {
  route: route.optional(),
  port: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'a port from 1 to 65535')
    .transform(Number)
    .pipe(z.int().max(65_535, 'a port from 1 to 65535'))
    .optional()
    .describe(PORT),
  family: z
    .enum(['4', '6'])
    .transform((digit): 4 | 6 => (digit === '4' ? 4 : 6))
    .optional()
    .describe(FAMILY),
}

/** What it comes to, wherever it stood. */
export interface MailRouteOptions {
  readonly route?: 'mx' | undefined
  readonly port?: number | undefined
  readonly family?: 4 | 6 | undefined
}
