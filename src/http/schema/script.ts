import { z } from 'zod'
import { KEPT_OCTETS } from '../../session/script-bodies.ts'
import { Diagnosis, Outcome, Reply, Stage, sessionMembers } from './answers.ts'
import { connectionFields } from './connection.ts'
import { longText } from './long-text.ts'
import { Auth, AuthReport, Hello } from './send.ts'

const MOST_STEPS = 500
const LONGEST_LINE = 10_000

/** POP before SMTP is for sending; a script says what it wants itself. */
const Login = Auth.omit({ popBefore: true }).meta({
  id: 'SessionAuth',
  description: 'A login that this service carries out.',
})

const STEP =
  'One of `send`, `data`, `raw`, `startTls`, `login`, `drop`; or `expect` alone, or `pauseMs` alone.'

const fields = {
  send: z
    .string()
    .max(LONGEST_LINE)
    .regex(/^[^\r\n\0]*$/, 'it cannot hold line breaks or NUL; `raw` can')
    .optional()
    .describe(
      `A line, said as it is, CRLF added. \`\${name}\` is what a step before captured. Passwords and responses of PASS, APOP and AUTH are masked by themselves.`,
    ),
  expect: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'The reply that is wanted: a code (`250`), a class (`2xx`), a status (`+OK`, `-ERR`, `+`), or a regular expression. That looks at the first 4096 characters of the reply, line by line as the text form of a transcript has it. It knows classes, groups, `(?<name>…)` to capture, `* + ? {n,m}` and their lazy forms, `^ $` for the ends of a line, `\\d \\w \\s \\b`, and `(?i)` in front; no back-references and no look-around, so that none can take long. Without `expect` any reply will do. Alone in a step it reads one more reply.',
    ),
  reply: z
    .enum(['wait', 'none'])
    .optional()
    .describe(
      '`none`: no reply is waited for. Left out: one is waited for, but not where none is due: inside a message, before the octets of a BDAT chunk, behind half a line.',
    ),
  raw: longText()
    .refine((given) => given !== '', { error: 'Too small: expected string to have >=1 characters' })
    .meta({ override: { type: 'string', minLength: 1 } })
    .optional()
    .describe('Octets in base64, as they are: half lines, bare line ends, several commands in one write.'),
  startTls: z
    .literal(true)
    .optional()
    .describe('The TLS handshake, after STARTTLS or STLS was accepted. `tlsVerify` holds here too.'),
  login: z
    .union([z.literal(true), Login])
    .optional()
    .describe(
      'Does the AUTH dialogue, with what the server offered last; where it was not asked, EHLO or CAPA is said first. `true`: with the credentials of the configured server.',
    ),
  pauseMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .optional()
    .describe(
      'What passes before the rest of the step, or is all of it; together less than `timeouts.total`.',
    ),
  drop: z.literal(true).optional().describe('Hangs up without QUIT. Nothing can follow.'),
  secret: z
    .union([z.literal(true), z.string().min(1).max(LONGEST_LINE)])
    .optional()
    .describe(
      'What is masked wherever it appears, in what the server says too: a text, or `true` for all that stands behind the first word of `send`. Of `raw` and `data` nothing is shown then. At most ten different ones.',
    ),
}

const contentFields = {
  data: longText()
    .optional()
    .describe(
      'Content after DATA, as UTF-8. It is sent only where the server has asked for it (354), or else it would be taken for commands.',
    ),
  dotStuff: z.boolean().optional().describe('false: lines of `data` that begin with a dot stay as they are.'),
  crlf: z.boolean().optional().describe('false: line ends of `data` other than CRLF stay as they are.'),
  terminate: z
    .boolean()
    .optional()
    .describe('false: no lone dot is sent behind `data`, and no reply is due.'),
}

const listingFields = {
  multiline: z
    .boolean()
    .optional()
    .describe(
      'Whether a good reply goes on to a lone dot. Left out: by the command; LIST, UIDL and AUTH without argument, RETR, TOP and CAPA do. -ERR always ends a reply.',
    ),
}

const SmtpStep = z
  .strictObject({ ...fields, ...contentFields })
  .superRefine(checkStep)
  .meta({ id: 'SmtpStep', description: STEP })

const Pop3Step = z
  .strictObject({ ...fields, ...listingFields })
  .superRefine(checkStep)
  .meta({ id: 'Pop3Step', description: STEP })

const around = {
  onUnexpected: z
    .enum(['stop', 'continue', 'quit'])
    .optional()
    .describe(
      'Where a reply is not the one that `expect` names: hang up (the default), go on, or say QUIT and leave. Going on changes nothing in what the call comes to. QUIT is not said where it would be taken for content, or would delete messages.',
    ),
  pipelining: z
    .enum(['on', 'off'])
    .optional()
    .describe(
      '`on`: consecutive `send` steps without `expect` go out in one flight, whatever the server offers; a flight ends behind DATA and AUTH. `off` (the default): one by one.',
    ),
}

const connection = {
  ...connectionFields,
  tls: connectionFields.tls.describe(
    'As in `/smtp/send`, before the first step. Left out: with `auth` as it is offered; without it not at all, unless the configuration requires it, so that a script can begin TLS by itself.',
  ),
  auth: Login.optional().describe('Logs in before the first step.'),
}

function steps<S extends z.ZodType>(step: S) {
  return z.array(step).min(1).max(MOST_STEPS).describe(`Said one after the other; at most ${MOST_STEPS}.`)
}

export const SmtpSessionBody = z
  .strictObject({ ...connection, hello: Hello.optional(), steps: steps(SmtpStep), ...around })
  .meta({ id: 'SmtpSessionRequest' })
export type SmtpSessionBody = z.output<typeof SmtpSessionBody>

export const Pop3SessionBody = z
  .strictObject({ ...connection, steps: steps(Pop3Step), ...around })
  .meta({ id: 'Pop3SessionRequest' })
export type Pop3SessionBody = z.output<typeof Pop3SessionBody>

/** A step of either protocol; what the other one does not know is not there. */
export type StepFields = z.output<typeof SmtpStep> & Pick<z.output<typeof Pop3Step>, 'multiline'>

const StepAnswer = z
  .object({
    send: z.string().optional().describe('The line as it went out, secrets as `***`.'),
    data: z
      .object({ octets: z.int().describe('How many.') })
      .optional()
      .describe('What went over the wire, with all that was added.'),
    raw: z
      .object({ octets: z.int().describe('How many.') })
      .optional()
      .describe('Octets as they were given.'),
    startTls: z.literal(true).optional().describe('The handshake.'),
    login: z.literal(true).optional().describe('A login.'),
    drop: z.literal(true).optional().describe('Hanging up.'),
    pauseMs: z.int().optional().describe('How long was waited before.'),
    reply: Reply.nullable().describe(
      `null where none was waited for, or none came. Of a multi-line reply of POP3 \`lines[0]\` is the status text, the rest are its lines, unstuffed. The replies of a session are whole up to ${KEPT_OCTETS} octets together.`,
    ),
    leftOut: z.int().optional().describe('Octets of the reply beyond that limit.'),
    met: z.boolean().describe('The reply was the one that was wanted, or any was.'),
    waitedMs: z.number().nullable().describe('For the reply; null where none was waited for.'),
    captured: z.record(z.string(), z.string()).optional().describe('What the groups of `expect` found.'),
    diagnosis: z
      .object({ code: z.string().describe('Why.') })
      .optional()
      .describe('Of a refusal, whether it was wanted or not; the page is under `/problems`.'),
  })
  .meta({ id: 'SessionStep', description: 'A step that was done.' })

export const SessionAnswer = z
  .object({
    outcome: Outcome.describe('`accepted` where the server took a message over, else `ok`.'),
    stage: Stage,
    steps: z.array(StepAnswer).describe('What was done, in order.'),
    auth: AuthReport.nullable().describe('The login; null where none was asked for.'),
    diagnosis: Diagnosis.nullable().describe('null where there is nothing to say.'),
    ...sessionMembers,
  })
  .meta({ id: 'SessionAnswer', description: 'What became of each step.' })

const ACTIONS = ['send', 'data', 'raw', 'startTls', 'login', 'drop'] as const

/** Which field belongs to which action; what stands beside another is a mistake, and would do nothing. */
const BELONGS: Readonly<Record<string, readonly string[]>> = {
  expect: ['send', 'data', 'raw', 'login', 'expect'],
  reply: ['send', 'data', 'raw'],
  multiline: ['send', 'raw', 'expect'],
  secret: ['send', 'data', 'raw'],
  dotStuff: ['data'],
  crlf: ['data'],
  terminate: ['data'],
}

function checkStep(step: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const complain = (path: string[], message: string): void => {
    context.addIssue({ code: 'custom', path, message })
  }
  const given = Object.keys(step).filter((field) => step[field] !== undefined)
  const [first, second] = ACTIONS.filter((action) => given.includes(action))
  if (second !== undefined) complain([second], `it cannot stand beside ${first}`)
  const action = first ?? (given.includes('expect') ? 'expect' : 'pauseMs')
  if (!given.includes(action))
    complain([], 'it has nothing to do: send, or another of the things that a step can do, is needed')
  for (const field of given) {
    const actions = BELONGS[field]
    if (actions !== undefined && !actions.includes(action))
      complain([field], `it says nothing beside ${action}`)
  }
  if (step['reply'] === 'none' && step['expect'] !== undefined)
    complain(['reply'], 'a reply is expected, and would not be waited for')
}
