import { z } from 'zod'
import type { Selection } from '../../pop3/selection.ts'
import { spelling } from '../etag.ts'

const MOST_NAMED = 10_000
const NUMBERS = /^[1-9][0-9]{0,15}(?:-[1-9][0-9]{0,15})?(?:,[1-9][0-9]{0,15}(?:-[1-9][0-9]{0,15})?)*$/
/** RFC 1939 §7: 0x21 to 0x7E. */
const UIDS = /^[\x21-\x2b\x2d-\x7e]{1,400}(?:,[\x21-\x2b\x2d-\x7e]{1,400})*$/
/** RFC 5322 §2.2. */
const FIELD_NAMES = /^[\x21-\x2b\x2d-\x39\x3b-\x7e]{1,100}(?:,[\x21-\x2b\x2d-\x39\x3b-\x7e]{1,100}){0,19}$/

const asText = { override: { type: 'string', pattern: undefined } } as const

const numbers = z
  .string()
  .max(100_000)
  .regex(NUMBERS, 'message numbers from 1 on and ranges of them, by comma: 1-20,25')
  .transform((text, context) => numbersIn(text, context))
  .optional()
  .describe(
    `Message numbers and ranges of them: \`1-20,25\`; at most ${MOST_NAMED}. Valid in one session only.`,
  )
  .meta(asText)

const uids = z
  .string()
  .max(100_000)
  .regex(UIDS, 'unique-ids of printable ASCII, other octets as \\xNN, by comma')
  .transform((text) => [...new Set(text.split(',').map(spelling))])
  .optional()
  .describe('Unique-ids by comma; a comma inside of one is spelt `\\x2c`.')
  .meta(asText)

const uid = z
  .string()
  .regex(/^[\x21-\x7e]{1,400}$/, 'a unique-id of printable ASCII, other octets as \\xNN')
  .transform(spelling)
  .optional()

const flag = z.enum(['true', 'false']).transform((word) => word === 'true')

const count = (detail: string) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,8})$/, detail)
    .transform(Number)
    .optional()
    .meta(asText)

/** Which messages are wanted; both left out: all. */
export const selectionQuery = { numbers, uids }

/** What a listing may be asked for. */
export const listQuery = {
  headers: z
    .string()
    .regex(FIELD_NAMES, 'names of header fields by comma, at most 20')
    .transform((text) => [...new Set(text.toLowerCase().split(','))])
    .optional()
    .describe('Header fields to be listed too, by TOP: `subject,from,date`.')
    .meta(asText),
  after: uid.describe('Only messages that came behind the one with this unique-id.').meta(asText),
  offset: count('a number of messages from 0 to 999999999').describe('Leave out so many from the beginning.'),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/, 'a number of messages from 1 to 999999999')
    .transform(Number)
    .optional()
    .describe('List so many; `Link` says where the others are. Left out: all.')
    .meta(asText),
}

/** What a deletion may be told. */
export const rehearseQuery = {
  rehearse: flag
    .optional()
    .describe('`true`: do everything, and take it back with RSET at the end; nothing is deleted.'),
}

export const deletionQuery = {
  ...selectionQuery,
  all: z.literal('true').optional().describe('Delete all messages; only together with `expect`.'),
  expect: count('a number of messages from 0 to 999999999').describe(
    'How many messages there are expected to be; with another number nothing is deleted.',
  ),
  ...rehearseQuery,
}

const part = z.string().min(1).max(1000).optional()

export const waitQuery = {
  subject: part.describe('Is found in the subject, in any case.'),
  from: part.describe('Is found in From.'),
  to: part.describe('Is found in To.'),
  header: z
    .string()
    .regex(/^[\x21-\x39\x3b-\x7e]{1,100}:[^\r\n]{0,1000}$/, 'Name:value')
    .transform((text) => {
      const colon = text.indexOf(':')
      return { name: text.slice(0, colon), value: text.slice(colon + 1).trim() }
    })
    .optional()
    .describe('`Name:value`: the value is found in a header field of this name.')
    .meta(asText),
  after: uid
    .describe(
      'Only messages that came behind the one with this unique-id. Left out: what is there already counts too.',
    )
    .meta(asText),
  timeout: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/, 'a number of milliseconds from 1 to 9999999')
    .transform(Number)
    .optional()
    .describe(
      'How long to wait, ms; 60000 unless given, and at most as long as a whole call may take (`MAILWIRE_TOTAL_TIMEOUT_MS`).',
    )
    .meta(asText),
  interval: z
    .string()
    .regex(/^[1-9][0-9]{2,6}$/, 'a number of milliseconds from 100 to 9999999')
    .transform(Number)
    .optional()
    .describe(
      'From one look to the next, ms; 5000 unless given. Where the server asks for more by LOGIN-DELAY, that holds.',
    )
    .meta(asText),
}

/** What `numbers` and `uids` come to; undefined where both are given. */
export function selectionOf(query: {
  readonly numbers?: readonly number[] | undefined
  readonly uids?: readonly string[] | undefined
}): Selection | undefined {
  if (query.numbers !== undefined && query.uids !== undefined) return undefined
  if (query.numbers !== undefined) return { by: 'numbers', numbers: query.numbers }
  if (query.uids !== undefined) return { by: 'uids', uids: query.uids }
  return { by: 'all' }
}

/** Each number once, in the order given. */
function numbersIn(text: string, context: z.core.$RefinementCtx<string>): readonly number[] {
  const all = new Set<number>()
  for (const range of text.split(',')) {
    const [first = 0, last = first] = range.split('-').map(Number)
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
      context.addIssue({ code: 'custom', message: 'message numbers end at 2^53−1' })
      return []
    }
    if (last < first) context.addIssue({ code: 'custom', message: 'a range begins with its lower number' })
    // counted before it is made: a range costs nothing to write
    if (last - first >= MOST_NAMED || all.size + (last - first) >= MOST_NAMED) {
      context.addIssue({ code: 'custom', message: `at most ${MOST_NAMED} messages can be named` })
      return []
    }
    for (let number = first; number <= last; number += 1) all.add(number)
  }
  return [...all]
}
