import { z } from 'zod'

const seq = z.int().min(0).describe('Number of the entry, from 0; `evidence` and `answers` refer to it.')
const atMs = z.number().describe('Milliseconds since the session began.')
const tls = z.literal(true).optional().describe('Said inside TLS.')
const redacted = z.literal(true).optional().describe('A secret stood here and was replaced by `***`.')

export const EventEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('event'),
    event: z
      .string()
      .describe('What happened: `resolved`, `connected`, `tls`, `fallback`, `mechanism`, `closed`, …'),
    text: z.string(),
    tls,
    redacted,
  })
  .meta({ id: 'EventEntry', description: 'Something that happened, or a decision that was taken.' })

export const CommandEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('command'),
    line: z.string().describe('The command as it went out, without CRLF, secrets replaced by `***`.'),
    tls,
    redacted,
  })
  .meta({ id: 'CommandEntry', description: 'What this service said.' })

export const ReplyEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('reply'),
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
    answers: z.int().optional().describe('`seq` of the command it answers.'),
    incomplete: z.literal(true).optional().describe('What came before the session ended was no whole reply.'),
    tls,
    redacted,
  })
  .meta({ id: 'ReplyEntry', description: 'What the mail server said.' })

export const DataEntry = z
  .object({
    seq,
    atMs,
    kind: z.literal('data'),
    from: z.enum(['client', 'server']),
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
    code: z.string(),
    text: z.string(),
    evidence: z.array(z.int()).describe('`seq` of the entries that show it.'),
  })
  .meta({ id: 'Finding', description: 'A tolerance that was used, or an oddity that was seen.' })
export type Finding = z.infer<typeof Finding>

export const TlsReport = z
  .object({
    version: z.string(),
    cipher: z.string(),
    resumed: z.boolean(),
    handshakeMs: z.number(),
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
        subject: z.string(),
        issuer: z.string(),
        names: z.array(z.string()).readonly(),
        validFrom: z.string(),
        validTo: z.string(),
        daysLeft: z.int(),
        fingerprint256: z.string(),
        chain: z.array(z.string()).readonly(),
      })
      .nullable(),
  })
  .meta({ id: 'TlsReport', description: 'What TLS came to; the two verdicts apart.' })
export type TlsReport = z.infer<typeof TlsReport>

export const Transcript = z
  .object({
    id: z.string().describe('Sortable unique id; also in the header `X-Session-Id` and in the log.'),
    protocol: z.enum(['smtp', 'lmtp', 'pop3']),
    server: z.object({
      url: z.string(),
      host: z.string(),
      port: z.int(),
      address: z.string().nullable().describe('The address that was connected to.'),
      greeting: z.string().nullable().describe('The first line of the greeting.'),
    }),
    client: z.object({
      address: z.string().nullable(),
      port: z.int().nullable(),
      hello: z.string().nullable().describe('The name given in EHLO or HELO.'),
    }),
    startedAt: z.string().describe('ISO 8601'),
    durationMs: z.number(),
    roundTrips: z.int().describe('How often this service had to wait for the server.'),
    bytes: z.object({ sent: z.int(), received: z.int() }),
    tls: TlsReport.nullable(),
    phases: z.array(z.object({ name: z.string(), ms: z.number() })),
    findings: z.array(Finding),
    entries: z.array(Entry),
  })
  .meta({ id: 'Transcript', description: 'Everything that was said and done in one mail session.' })
export type Transcript = z.infer<typeof Transcript>
