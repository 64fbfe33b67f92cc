import { z } from 'zod'

const seq = z.int().min(0).describe('Number of the entry, from 0; `evidence` and `answers` refer to it.')
const atMs = z.number().describe('Milliseconds since the session began.')
const tls = z.literal(true).optional().describe('Said inside TLS.')
const redacted = z.literal(true).optional().describe('A secret stood here and was replaced by `***`.')

export const EventEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('event').describe('Something that happened here.'),
    event: z
      .string()
      .describe('What happened: `resolved`, `connected`, `tls`, `fallback`, `mechanism`, `closed`, …'),
    text: z.string().describe('What, in words.'),
    tls,
    redacted,
  })
  .meta({ id: 'EventEntry', description: 'Something that happened, or a decision that was taken.' })

export const CommandEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('command').describe('This service said it.'),
    line: z.string().describe('The command as it went out, without CRLF, secrets replaced by `***`.'),
    tls,
    redacted,
  })
  .meta({ id: 'CommandEntry', description: 'What this service said.' })

export const ReplyEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('reply').describe('The mail server said it.'),
    code: z.int().optional().describe('SMTP: the reply code.'),
    enhanced: z.string().optional().describe('SMTP: the enhanced status code (RFC 2034).'),
    status: z.enum(['+OK', '-ERR', '+']).optional().describe('POP3: the status indicator.'),
    responseCode: z.string().optional().describe('POP3: the response code (RFC 2449), e.g. `IN-USE`.'),
    lines: z
      .array(z.string())
      .describe(
        'The text of each line without its code. Octets that are not printable UTF-8 appear as `\\xNN`, a backslash is doubled.',
      ),
    waitedMs: z.number().describe('How long this service waited for it.'),
    answers: z.int().optional().describe('`seq` of the command, or of the content, that it answers.'),
    incomplete: z.literal(true).optional().describe('What came before the session ended was no whole reply.'),
    tls,
    redacted,
  })
  .meta({ id: 'ReplyEntry', description: 'What the mail server said.' })

export const DataEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('data').describe('Content, summed up.'),
    from: z.enum(['client', 'server']).describe('Who sent it; `client` is this service.'),
    bytes: z.int().describe('Octets of content, without dot-stuffing and terminator.'),
    preview: z.string().describe('The beginning of it, bounded.'),
    incomplete: z.literal(true).optional().describe('It broke off.'),
    tls,
    redacted,
  })
  .meta({ id: 'DataEntry', description: 'A message or a listing, summed up.' })

export const Entry = z.discriminatedUnion('kind', [EventEntry, CommandEntry, ReplyEntry, DataEntry])
export type Entry = z.infer<typeof Entry>

export const Finding = z
  .object({
    code: z.string().describe('Stable, for programs.'),
    text: z.string().describe('The same for people.'),
    evidence: z.array(z.int()).describe('`seq` of the entries that show it.'),
  })
  .meta({ id: 'Finding', description: 'A tolerance that was used, or an oddity that was seen.' })
export type Finding = z.infer<typeof Finding>

export const TlsReport = z
  .object({
    version: z.string().describe('`TLSv1.3`'),
    cipher: z.string().describe('By its standard name.'),
    resumed: z.boolean().describe('Always false here: a session that is resumed shows no certificate.'),
    handshakeMs: z.number().describe('How long the handshake took, ms.'),
    trusted: z.boolean().describe('The chain leads to a trusted root.'),
    nameMatches: z.boolean().describe('The certificate is for the name that was asked for.'),
    verifyError: z
      .string()
      .nullable()
      .describe(
        'Why the chain or the name did not verify, e.g. `CERT_HAS_EXPIRED`; `HANDSHAKE_FAILED`: the handshake failed before that was judged.',
      ),
    certificate: z
      .object({
        subject: z.string().describe('`CN=mx.example.com, O=Example`'),
        issuer: z.string().describe('Who issued it.'),
        names: z.array(z.string()).readonly().describe('The names and addresses that it is for.'),
        validFrom: z.string().describe('ISO 8601'),
        validTo: z.string().describe('ISO 8601'),
        daysLeft: z.int().describe('Whole days until `validTo`; negative when past.'),
        fingerprint256: z.string().describe('SHA-256 of the certificate.'),
        chain: z
          .array(z.string())
          .readonly()
          .describe('Subjects from its issuer upwards, as far as the server sent them.'),
      })
      .nullable()
      .describe('The server’s certificate; null where it showed none.'),
  })
  .meta({ id: 'TlsReport', description: 'What TLS came to; the two verdicts apart.' })
export type TlsReport = z.infer<typeof TlsReport>

export const Transcript = z
  .object({
    id: z.string().describe('Sortable unique id; also in the header `X-Session-Id` and in the log.'),
    protocol: z.enum(['smtp', 'lmtp', 'pop3']).describe('What was spoken.'),
    server: z
      .object({
        url: z.string().describe('As the call or the configuration names it.'),
        host: z.string().describe('A name, or an address.'),
        port: z.int().describe('Of TCP.'),
        address: z.string().nullable().describe('The address that was connected to.'),
        greeting: z.string().nullable().describe('The first line of the greeting.'),
      })
      .describe('The mail server.'),
    client: z
      .object({
        address: z.string().nullable().describe('The address that this service connected from.'),
        port: z.int().nullable().describe('And its port.'),
        hello: z.string().nullable().describe('The name given in EHLO or HELO.'),
      })
      .describe('This service, as the mail server sees it.'),
    startedAt: z.string().describe('ISO 8601'),
    durationMs: z.number().describe('From the first thing that was done to the last, ms.'),
    roundTrips: z.int().describe('How often this service had to wait for the server.'),
    bytes: z
      .object({
        sent: z.int().describe('To the mail server.'),
        received: z.int().describe('From it.'),
      })
      .describe('Octets of the dialogue, inside TLS as well.'),
    tls: TlsReport.nullable().describe('What TLS came to; null where it was not spoken.'),
    phases: z
      .array(
        z.object({
          name: z.string().describe('`dns`, `connect`, `tls`, `greeting`, …'),
          ms: z.number().describe('How long it took.'),
        }),
      )
      .describe('Where the time went before the dialogue.'),
    findings: z.array(Finding).describe('What was tolerated, and what was odd.'),
    entries: z.array(Entry).describe('The dialogue, in order.'),
  })
  .meta({ id: 'Transcript', description: 'Everything that was said and done in one mail session.' })
export type Transcript = z.infer<typeof Transcript>
