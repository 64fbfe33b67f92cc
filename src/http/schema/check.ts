import { z } from 'zod'
import { LEVELS } from '../../check/section.ts'
import { TlsReport, Transcript } from '../../transcript/entry.ts'
import { Diagnosis, Outcome, Reply, Stage, sessionMembers } from './answers.ts'
import { MtaSts, mtaStsField, Tlsa, tlsaField } from './check-lookups.ts'
import { Probes, probesField } from './check-probes.ts'
import { connectionFields } from './connection.ts'
import { Auth, AuthReport, SendBody } from './send.ts'

const MOST = 20

/** What VRFY and EXPN may ask for: a name, an address, a list. */
const question = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, 'printable ASCII, with single blanks between')

const address = z.string().min(1).max(1000)

export const CheckBody = z
  .strictObject({
    ...connectionFields,
    domain: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe(
        'Instead of `server`: every mail host of this domain and every address of it (at most 32) is looked at for a moment, and the best of them thoroughly.',
      ),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('With `domain`: the port of the mail hosts, 25 unless it is another.'),
    family: z
      .union([z.literal(4), z.literal(6)])
      .optional()
      .describe('With `domain`: addresses of IPv4 or of IPv6 alone.'),
    auth: Auth.omit({ popBefore: true })
      .optional()
      .describe(
        'To see what is offered after the login. One that is asked for and does not come about is a problem.',
      ),
    hello: SendBody.shape.hello,
    from: z
      .string()
      .max(1000)
      .optional()
      .describe('The sender while recipients are tried; left out, or `""`: the null reverse-path `<>`.'),
    recipients: z
      .array(address)
      .max(MOST)
      .optional()
      .describe(
        'Tried by MAIL, RCPT and RSET, never DATA; for each domain besides with an address that nobody has, to find out whether the server takes everything.',
      ),
    vrfy: z.array(question).max(MOST).optional().describe('Asked by VRFY.'),
    expn: z.array(question).max(MOST).optional().describe('Asked by EXPN.'),
    relayTest: z
      .union([
        z.boolean(),
        z.strictObject({
          from: address.optional().describe('`relay-test@example.org` unless it is another.'),
          to: address
            .optional()
            .describe('`relay-test@example.com` unless it is another, of a domain that is not the server’s.'),
        }),
      ])
      .optional()
      .describe(
        'Whether the server takes mail for another domain, in a bounded number of forms by which relays have been abused: MAIL, RCPT and RSET, never DATA, in a session of its own and without a login. For servers of your own.',
      ),
    tlsVersions: z
      .boolean()
      .optional()
      .describe(
        'true unless it is switched off: which versions of TLS the server takes, by one short session for each, up to three or four at a time.',
      ),
    mtaSts: mtaStsField,
    tlsa: tlsaField,
    probes: probesField,
  })
  .meta({ id: 'CheckRequest' })
export type CheckBody = z.output<typeof CheckBody>

const Finding = z
  .object({
    level: z
      .enum(LEVELS)
      .describe(
        '`error`: mail is lost, refused or in danger; `warning`: it should be better; `info`: good to know.',
      ),
    code: z.string().describe('Stable, for programs.'),
    text: z.string().describe('The same for people.'),
    instructions: z.array(z.string()).describe('What to do about it, most useful first.'),
    evidence: z.array(z.int()).describe('`seq` of the entries of `transcript` that show it.'),
  })
  .meta({ id: 'CheckFinding', description: 'Something worth knowing, and what to do about it.' })

const Extensions = z.array(
  z.object({
    keyword: z.string().describe('In capitals.'),
    parameters: z.array(z.string()).describe('What stands behind it.'),
    line: z.string().describe('As the server sent it.'),
    explanation: z.string().nullable().describe('null where this service does not know it.'),
  }),
)

const Changes = z
  .object({
    gone: z.array(z.string()).describe('No longer offered.'),
    come: z.array(z.string()).describe('Offered only now.'),
  })
  .nullable()
  .describe('null where there is nothing to compare.')

const Mechanisms = z.array(z.string())

const Name = z.object({
  name: z.string().nullable().describe('null where it gives none.'),
  confirmed: z
    .boolean()
    .nullable()
    .describe(
      'The server’s address has this name in the DNS, and the name leads back to it. null: nobody knows.',
    ),
})

const Asked = z.array(
  z.object({
    argument: z.string().describe('What was asked for.'),
    verdict: z
      .enum(['told', 'not-told', 'unknown', 'not-known-command', 'deferred', 'not-tried'])
      .describe('`not-told`: 252, the way of not saying; `unknown`: there is no such user or list.'),
    reply: Reply.nullable().describe('null where it was not asked.'),
  }),
)

const Recipients = z.array(
  z.object({
    recipient: z.string().describe('The address.'),
    verdict: z
      .enum(['accepted', 'catch-all-suspected', 'refused', 'greylisted', 'deferred', 'not-tried'])
      .describe(
        '`catch-all-suspected`: accepted, and so was an address of the domain that nobody has; `greylisted`: it exists or not, and a second try will tell.',
      ),
    reply: Reply.nullable().describe('null where it was not tried.'),
    diagnosis: z
      .object({ code: z.string().describe('Has a page under `/problems`.') })
      .nullable()
      .describe('null where it was accepted.'),
  }),
)

const Relay = z.object({
  verdict: z
    .enum(['refused', 'suspected', 'inconclusive'])
    .describe(
      '`suspected`: RCPT was accepted for another domain, which is no proof. `inconclusive`: nothing can be said, for instance because the test came from inside.',
    ),
  caveats: z.array(z.string()).describe('What the verdict is worth.'),
  tries: z
    .array(
      z.object({
        form: z.string().describe('Its name.'),
        tests: z.string().describe('What it finds out.'),
        weight: z
          .enum(['clear', 'doubtful'])
          .describe('`doubtful`: the server may take it for a name of its own.'),
        from: z.string().describe('In MAIL.'),
        to: z.string().describe('In RCPT.'),
        accepted: z.boolean().describe('RCPT was accepted.'),
        reply: Reply.describe('`seq` is that of this session’s transcript in `sessions`.'),
      }),
    )
    .describe('Each form, in order.'),
  notTried: z.array(z.string()).describe('Forms that nobody came to.'),
})

const Domain = z.object({
  domain: z.string().describe('The domain that was asked for.'),
  source: z.enum(['mx', 'implicit', 'literal']).describe('`implicit`: there is no MX record.'),
  hosts: z
    .array(
      z.object({
        host: z.string().describe('As its record names it.'),
        preference: z.int().describe('The lowest is tried first.'),
        address: z.string().nullable().describe('null where the host has none.'),
        outcome: Outcome,
        stage: Stage,
        diagnosis: z
          .object({ code: z.string().describe('Has a page under `/problems`.') })
          .nullable()
          .describe('null where nothing failed.'),
        stages: z
          .array(
            z.object({
              stage: Stage,
              verdict: z.enum(['done', 'failed', 'not-reached', 'not-offered']).describe('How far it came.'),
            }),
          )
          .describe('Each stage of the session.'),
        tls: z
          .object({
            version: z.string().describe('`TLSv1.3`'),
            trusted: z.boolean().describe('The chain leads to a trusted root.'),
            nameMatches: z.boolean().describe('The certificate is for this host.'),
            verifyError: z.string().nullable().describe('Why not.'),
            daysLeft: z.int().nullable().describe('Of the certificate; null where there was none.'),
          })
          .nullable()
          .describe('null where TLS was not spoken.'),
        durationMs: z.number().describe('How long the session took.'),
      }),
    )
    .describe('Each mail host at each of its addresses.'),
  notTried: z.array(z.string()).describe('Addresses that nobody looked at: too many, or no room.'),
})

const version = z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])

export const CheckAnswer = z
  .object({
    outcome: Outcome.describe('`ok`; or `partial`: the session broke off, and the findings say where.'),
    stage: Stage,
    server: z
      .object({
        url: z.string().describe('The server as it was meant.'),
        host: z.string().describe('Its name or address.'),
        port: z.int().describe('Of TCP.'),
        address: z.string().nullable().describe('The address that was connected to.'),
      })
      .describe('What was looked at.'),
    findings: z.array(Finding).describe('The gravest first.'),
    greeting: z
      .object({
        lines: z.array(z.string()).describe('Its text.'),
        name: z.string().nullable().describe('The name that the server gives itself.'),
        ms: z.number().nullable().describe('How long it took to come.'),
      })
      .describe('What the server said first.'),
    names: z
      .object({
        greeting: Name.describe('In the greeting.'),
        hello: Name.describe('In the answer to EHLO.'),
        reverse: z
          .object({
            address: z.string().describe('The server’s.'),
            names: z
              .array(
                z.object({
                  name: z.string().describe('By the DNS.'),
                  confirmed: z.boolean().describe('It leads back to the address.'),
                }),
              )
              .describe('Its names.'),
            fault: z
              .object({
                code: z.string().describe('Stable, for programs.'),
                message: z.string().describe('The same for people.'),
              })
              .nullable()
              .describe('Why nobody could say.'),
          })
          .nullable()
          .describe('What the DNS calls the server’s address, and whether that leads back to it.'),
      })
      .describe('What the server calls itself, held against the DNS.'),
    extensions: z
      .object({
        before: Extensions.describe('In the clear.'),
        afterTls: Extensions.describe('Inside TLS.'),
        afterLogin: Extensions.describe('Empty where nobody logged in.'),
        changes: z.object({ withTls: Changes, withLogin: Changes }).describe('From one to the next.'),
      })
      .describe('What EHLO lists, explained.'),
    limits: z
      .object({
        messageOctets: z.int().nullable().describe('SIZE'),
        mails: z.int().nullable().describe('LIMITS: MAILMAX'),
        recipients: z.int().nullable().describe('LIMITS: RCPTMAX'),
        recipientDomains: z.int().nullable().describe('LIMITS: RCPTDOMAINMAX'),
      })
      .describe('null where the server names none.'),
    mechanisms: z
      .object({
        before: Mechanisms.describe('In the clear.'),
        afterTls: Mechanisms.describe('Inside TLS.'),
        afterLogin: Mechanisms.describe('After the login.'),
      })
      .describe('How one can log in.'),
    auth: AuthReport.nullable().describe('The login; null where none was asked for.'),
    starttls: z
      .enum(['implicit', 'offered', 'refused', 'not-offered', 'not-asked'])
      .describe('`implicit`: TLS from the first byte. `not-asked`: with `tls: "off"`.'),
    tls: TlsReport.nullable().describe('null where TLS was not spoken.'),
    tlsVersions: z
      .object({
        lowest: version.nullable().describe('Of those that were accepted.'),
        highest: version.nullable().describe('Of those that were accepted.'),
        tried: z
          .array(
            z.object({
              version: version.describe('The only one that was offered.'),
              accepted: z.enum(['yes', 'no', 'unknown']).describe('Whether the server took it.'),
            }),
          )
          .describe('One session for each.'),
      })
      .nullable()
      .describe('null without TLS, or where `tlsVersions` is false.'),
    phases: z
      .array(
        z.object({
          name: z.string().describe('What was waited for.'),
          ms: z.number().describe('How long.'),
        }),
      )
      .describe('Resolution, connection, greeting and handshake; and each command until its reply.'),
    recipients: Recipients.optional().describe('With `recipients`.'),
    vrfy: Asked.optional().describe('With `vrfy`.'),
    expn: Asked.optional().describe('With `expn`.'),
    relay: Relay.optional().describe('With `relayTest`.'),
    domain: Domain.optional().describe('With `domain`.'),
    mtaSts: MtaSts.optional().describe('With `mtaSts`.'),
    tlsa: Tlsa.optional().describe('With `tlsa`.'),
    probes: Probes.optional().describe('With `probes`.'),
    diagnosis: Diagnosis.nullable().describe('Of a session that broke off.'),
    sessions: z
      .array(
        z.object({
          purpose: z.string().describe('What it was for.'),
          host: z.string().describe('With whom.'),
          address: z.string().nullable().describe('The address that was connected to.'),
          outcome: Outcome,
          stage: Stage,
          transcript: Transcript.optional(),
        }),
      )
      .describe('The further sessions: mail hosts, TLS versions, relay test, probes.'),
    ...sessionMembers,
  })
  .meta({ id: 'CheckAnswer', description: 'What a look at a server found.' })
