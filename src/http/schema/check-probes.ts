import { z } from 'zod'
import { ODD_END_NAMES } from '../../smtp/probe-bare-newline.ts'
import { Reply } from './answers.ts'

const end = z
  .enum(ODD_END_NAMES as [(typeof ODD_END_NAMES)[number], ...(typeof ODD_END_NAMES)[number][]])
  .describe('`LF.CRLF` is LF, a dot, CR and LF; and so on.')
const address = z.string().min(1).max(1000)
const evidence = z
  .array(z.int())
  .describe('`seq` of the entries that show it, in the transcript of the probe’s own session in `sessions`.')

export const probesField = z
  .strictObject({
    mine: z.literal(true).describe('You say so: the server is yours, or you may test it.'),
    starttlsInjection: z
      .boolean()
      .optional()
      .describe(
        'true: STARTTLS and NOOP go out in one flight in the clear, and nothing may answer NOOP inside TLS (CVE-2011-0411).',
      ),
    bareNewline: z
      .strictObject({
        to: address.describe(
          'The recipient of the test messages: an address of yours at this server, in ASCII. A server that is vulnerable delivers them.',
        ),
        from: z.string().max(1000).optional().describe('Left out, or `""`: the null reverse-path `<>`.'),
        ends: z
          .array(end)
          .min(1)
          .max(ODD_END_NAMES.length)
          .optional()
          .describe('Left out: all of them. One session for each, one after the other.'),
        waitMs: z
          .int()
          .min(1)
          .max(60_000)
          .optional()
          .describe('How long an answer is waited for, 5000 unless it is another.'),
      })
      .optional()
      .describe(
        'Whether the server takes something else than CRLF.CRLF for the end of a message (SMTP smuggling, CVE-2023-51764): a marked test message that ends in nothing but such a sequence. When there is no answer in time the connection is cut, and nothing is delivered.',
      ),
  })
  .optional()
  .describe(
    'For servers of your own alone, and only with `server`: probes for known holes, each a session of its own and without a login. The first does nothing; the second may have messages delivered.',
  )

export const Probes = z
  .object({
    starttlsInjection: z
      .object({
        verdict: z
          .enum(['vulnerable', 'not-vulnerable', 'undecided'])
          .describe('Whether a command in the clear was carried out inside TLS.'),
        because: z.string().describe('What the verdict rests on.'),
        evidence,
      })
      .nullable()
      .describe('null where it was not asked for.'),
    bareNewline: z
      .object({
        token: z.string().describe('Stands in the subject of each message.'),
        ends: z
          .array(
            z.object({
              end,
              verdict: z
                .enum(['taken', 'refused', 'ignored', 'undecided'])
                .describe(
                  '`taken`: the server accepted a message that nobody had ended, and is vulnerable; `refused`: it said no to such line ends, or hung up; `ignored`: no answer within `waitMs`, as it should be, unless it is slower than that; the outcome of the session itself is `unknown` then.',
                ),
              because: z.string().describe('What the verdict rests on.'),
              reply: Reply.nullable().describe('null where none came.'),
              evidence,
            }),
          )
          .describe('Each sequence, in order.'),
      })
      .nullable()
      .describe('null where it was not asked for.'),
    notTried: z.array(z.string()).describe('There was no room for another session.'),
  })
  .describe('What the probes came to, where `probes` asks for them.')
