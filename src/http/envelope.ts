import { z } from 'zod'
import type { Envelope } from '../smtp/envelope.ts'
import { AddressError, type Mailbox, mailbox } from '../smtp/path.ts'
import type { Context } from './context.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import { type FieldError, invalidRequest } from './problem.ts'
import type { SendBody } from './schema/send.ts'

/**
 * The addresses of the request's own envelope, looked at before anything is made of them.
 * @throws {Problem} 400 naming each at fault
 */
export function requireAddresses(context: Context, envelope: SendBody['envelope'] = {}): void {
  const { from = '', to = [] } = envelope
  const errors: FieldError[] = []
  if (from !== '') mailboxIn(from, '/envelope/from', errors)
  for (const [place, address] of to.slice(0, context.maxRecipients).entries()) {
    mailboxIn(address, `/envelope/to/${place}`, errors)
  }
  if (errors.length > 0) throw invalidRequest(errors)
}

const SentAddresses = z.object({
  envelope: z.object({
    from: z.string().max(1000).optional().catch(undefined),
    to: z.array(z.string().max(1000)).optional().catch(undefined),
  }),
})

/** The addresses at fault in a body that is at fault otherwise. */
export function addressFaults(body: unknown): readonly FieldError[] {
  const { data } = SentAddresses.safeParse(body)
  if (data === undefined) return []
  const { from, to = [] } = data.envelope
  const errors: FieldError[] = []
  if (from !== undefined && from !== '') mailboxIn(from, '/envelope/from', errors)
  for (const [place, address] of to.slice(0, MOST_LOOKED_AT).entries())
    mailboxIn(address, `/envelope/to/${place}`, errors)
  return errors
}

/** Of a body that is refused anyway. */
const MOST_LOOKED_AT = 1000

/**
 * The envelope as the request gives it, or else as the message's addresses do.
 * @throws {Problem} 400 naming each address at fault; nothing is repaired
 */
export function envelopeOf(context: Context, body: SendBody, message: OutgoingMessage): Envelope {
  const errors: FieldError[] = []
  const { envelope = {} } = body
  const from = envelope.from ?? message.from
  if (from === undefined)
    errors.push({ pointer: '/envelope/from', detail: 'a sender is needed; "" is the null reverse-path' })
  const reversePath =
    from === undefined || from === ''
      ? null
      : mailboxIn(from, envelope.from === undefined ? '/message/from' : '/envelope/from', errors)
  const given = envelope.to?.map((address, place) => ({ address, pointer: `/envelope/to/${place}` }))
  const recipients = given ?? message.recipients
  if (recipients.length === 0)
    errors.push({ pointer: '/envelope/to', detail: 'at least one recipient is needed' })
  if (recipients.length > context.maxRecipients) {
    errors.push({ pointer: '/envelope/to', detail: `at most ${context.maxRecipients} recipients are taken` })
  }
  const forwardPaths = recipients
    .slice(0, context.maxRecipients)
    .map(({ address, pointer }) => mailboxIn(address, pointer, errors))
    .filter((path) => path !== undefined)
  if (errors.length > 0) throw invalidRequest(errors)
  return { reversePath: reversePath ?? null, forwardPaths }
}

/**
 * The envelope as the query of a streamed message gives it.
 * @throws {Problem} 400 naming each parameter at fault; nothing is repaired
 */
export function queryEnvelope(
  context: Context,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
): Envelope {
  const errors: FieldError[] = []
  const reversePath = from === '' ? null : mailboxAt(from, { parameter: 'from' }, errors)
  if (to.length > context.maxRecipients) {
    errors.push({ parameter: 'to', detail: `at most ${context.maxRecipients} recipients are taken` })
  }
  const forwardPaths = to
    .slice(0, context.maxRecipients)
    .map((address) => mailboxAt(address, { parameter: 'to' }, errors))
    .filter((path) => path !== undefined)
  if (errors.length > 0) throw invalidRequest(errors)
  return { reversePath: reversePath ?? null, forwardPaths }
}

function mailboxIn(address: string, pointer: string, errors: FieldError[]): Mailbox | undefined {
  return mailboxAt(address, { pointer }, errors)
}

function mailboxAt(
  address: string,
  place: Omit<FieldError, 'detail'>,
  errors: FieldError[],
): Mailbox | undefined {
  try {
    return mailbox(address)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    errors.push({ ...place, detail: error.message })
    return undefined
  }
}
