import { z } from 'zod'

const Fault = z
  .object({
    code: z.string().describe('Stable, for programs.'),
    message: z.string().describe('The same for people.'),
  })
  .nullable()

export const mtaStsField = z
  .union([z.boolean(), z.string().min(1).max(255)])
  .optional()
  .describe(
    'The MTA-STS record and policy of this domain, held against the mail hosts and their certificates (RFC 8461). With `domain`, true is enough. The policy is fetched by HTTPS from `mta-sts.` and the domain, on public addresses and those that the egress policy allows for port 443; no redirect is followed.',
  )

export const tlsaField = z
  .boolean()
  .optional()
  .describe(
    'true: the TLSA records of the mail host, or of every mail host of `domain`, held against the certificates that were presented (DANE, RFC 7672). The host is `tlsServername` where that is given.',
  )

export const MtaSts = z
  .object({
    domain: z.string().describe('Whose policy it is.'),
    id: z.string().nullable().describe('Of the record; null where there is none.'),
    policy: z
      .object({
        mode: z.enum(['enforce', 'testing', 'none']).describe('What senders do where it is not met.'),
        mx: z.array(z.string()).describe('Patterns of the mail hosts it allows.'),
        maxAgeSeconds: z.int().describe('How long senders may keep it.'),
      })
      .nullable()
      .describe('null where there is none.'),
    hosts: z
      .array(
        z.object({
          host: z.string().describe('A mail host.'),
          listed: z.boolean().describe('The policy has room for it.'),
          verified: z
            .boolean()
            .nullable()
            .describe(
              'TLS with a certificate that verifies, at each address that answered; null where none did.',
            ),
        }),
      )
      .describe('Each mail host, held against the policy.'),
    fault: Fault.describe('Why there is no policy, where a record announces one or nobody could say.'),
  })
  .describe('The MTA-STS policy, where `mtaSts` asks for it.')

export const Tlsa = z
  .array(
    z.object({
      host: z.string().describe('The mail host.'),
      name: z.string().nullable().describe('Where the records stand: `_25._tcp.mx.example.com`.'),
      verdict: z
        .enum(['matched', 'mismatched', 'unusable', 'none', 'no-tls', 'unknown'])
        .describe(
          '`mismatched`: a sender that goes by DANE does not send; `unusable`: there are records and none counts for SMTP; `none`: there are no records; `no-tls`: there are records and no TLS; `unknown`: nobody could say.',
        ),
      authenticated: z
        .boolean()
        .nullable()
        .describe(
          'The resolver says that DNSSEC vouches for the records, which is worth as much as the way to that resolver. Without it senders ignore them.',
        ),
      records: z
        .array(
          z.object({
            usage: z.int().describe('3: the certificate itself; 2: an authority in the chain.'),
            selector: z.int().describe('0: the whole certificate; 1: its public key.'),
            matchingType: z.int().describe('0: as it is; 1: SHA-256; 2: SHA-512.'),
            data: z.string().describe('Hexadecimal.'),
            unusable: z
              .enum(['usage', 'selector', 'matching-type', 'data'])
              .nullable()
              .describe('What makes it of no use for SMTP.'),
            depth: z
              .int()
              .nullable()
              .describe(
                'Which certificate it matches, counted from the server’s own, which is 0; null for none.',
              ),
          }),
        )
        .describe('As the DNS has them.'),
      fault: Fault.describe('Why nobody could say.'),
    }),
  )
  .describe('For each mail host, where `tlsa` asks for them.')
