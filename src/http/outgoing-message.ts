import { randomBytes } from 'node:crypto'
import { namedAddress, needsSmtpUtf8 } from '../message/addresses.ts'
import { type Composition, compose } from '../message/compose.ts'
import type { ComposedAttachment, ComposedMessage } from '../message/composed-message.ts'
import { type SigningKey, sign } from '../message/dkim.ts'
import { MessageError } from '../message/message-error.ts'
import { defaultTestMessage, eicar, gtube } from '../message/test-messages.ts'
import type { ContentFacts } from '../smtp/envelope.ts'
import { Blocks } from '../text/blocks.ts'
import { inTurns } from '../text/in-turns.ts'
import { BareLineEnd, LineEnds } from '../text/line-ends.ts'
import type { InPieces } from '../text/long-text.ts'
import { Secret } from '../text/secret.ts'
import type { Context } from './context.ts'
import { fromBase64 } from './given-base64.ts'
import { type FieldError, invalidRequest, Problem } from './problem.ts'
import { pointerOf } from './route.ts'
import type { Message } from './schema/message.ts'
import type { SendBody } from './schema/send.ts'

/** A message ready for the wire, and what it says of its own envelope. */
export interface OutgoingMessage {
  /** CRLF line ends only. */
  readonly blocks: readonly Buffer[]
  readonly facts: ContentFacts & { readonly octets: number }
  readonly messageId: string | null
  /** Undefined where the message is the caller's own octets: its header is not the envelope. */
  readonly from: string | undefined
  readonly recipients: readonly { readonly address: string; readonly pointer: string }[]
  readonly findings: readonly { readonly code: string; readonly text: string }[]
}

/**
 * The message that a request describes, gives octet for octet, or leaves to us.
 * @throws {Problem} 400 naming the field at fault, 413
 */
export async function outgoingMessage(context: Context, body: SendBody): Promise<OutgoingMessage> {
  const message = await read(context, body)
  if (message.facts.octets <= context.maxMessageOctets) return message
  throw new Problem({
    status: 413,
    code: 'payload-too-large',
    detail: `The message has ${message.facts.octets} octets; this service takes at most ${context.maxMessageOctets}.`,
  })
}

async function read(context: Context, body: SendBody): Promise<OutgoingMessage> {
  const { message } = body
  const unsigned = await unsignedMessage(context, body)
  return message?.dkim === undefined ? unsigned : await signed(unsigned, signingKeyOf(context, message.dkim))
}

async function unsignedMessage(context: Context, body: SendBody): Promise<OutgoingMessage> {
  const { message = {} } = body
  const { raw, rawBase64 } = message
  if (raw !== undefined) {
    const octets = typeof raw === 'string' ? Buffer.from(raw) : raw
    return await given(octets, '/message/raw', body.lineEnds)
  }
  if (rawBase64 !== undefined) {
    const octets = await fromBase64(rawBase64, '/message/rawBase64')
    return await given(octets, '/message/rawBase64', body.lineEnds)
  }
  if (body.message === undefined || message.test !== undefined) {
    return await composed(context, testMessage(context, body, message.test ?? 'default'), 'test')
  }
  return await composed(context, await described(message), 'described')
}

const TEST_MESSAGES = { default: defaultTestMessage, gtube, eicar }

/** A test message needs to know between whom it goes. */
function testMessage(context: Context, body: SendBody, kind: keyof typeof TEST_MESSAGES): ComposedMessage {
  const { from, to = [] } = body.envelope ?? {}
  if (from === undefined || to.length === 0) {
    const missing = [...(from === undefined ? ['from'] : []), ...(to.length === 0 ? ['to'] : [])]
    throw invalidRequest(
      missing.map((field) => ({ pointer: `/envelope/${field}`, detail: 'a test message needs it' })),
    )
  }
  return TEST_MESSAGES[kind]({
    // a null reverse-path has no address to stand in the header
    from: from === '' ? `postmaster@${context.helloName}` : from,
    to,
    token: randomBytes(8).toString('hex'),
    now: new Date(context.tools.clock.wallNow()),
  })
}

/** @throws {Problem} 400 when there is no key of that name */
function signingKeyOf(context: Context, dkim: NonNullable<Message['dkim']>): SigningKey {
  if (typeof dkim !== 'string') return { ...dkim, privateKey: new Secret(dkim.privateKey) }
  const key = context.signingKeys.get(dkim)
  if (key !== undefined) return key
  throw invalidRequest([
    { pointer: '/message/dkim', detail: 'the configuration has no signing key of that name' },
  ])
}

/** @throws {Problem} 400 when the key cannot sign */
async function signed(message: OutgoingMessage, key: SigningKey): Promise<OutgoingMessage> {
  try {
    const blocks = await sign(message.blocks, key)
    return { ...message, blocks, facts: { ...message.facts, octets: octetsIn(blocks) } }
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    throw invalidRequest([{ pointer: `/message${pointerOf(error.path)}`, detail: error.message }])
  }
}

async function described(fields: Message): Promise<ComposedMessage> {
  const {
    from,
    attachments = [],
    calendar,
    list,
    raw: _raw,
    rawBase64: _octets,
    test: _test,
    dkim: _dkim,
    ...rest
  } = fields
  if (from === undefined)
    throw invalidRequest([{ pointer: '/message/from', detail: 'a composed message needs it' }])
  const attached: ComposedAttachment[] = []
  for (const [place, each] of attachments.entries())
    attached.push(await attachmentOf(each, `/message/attachments/${place}`))
  return {
    from,
    attachments: attached,
    ...withoutUndefined(rest),
    ...(calendar === undefined ? {} : { calendar }),
    ...(list === undefined ? {} : { list: withoutUndefined(list) }),
  }
}

async function attachmentOf(
  attachment: NonNullable<Message['attachments']>[number],
  pointer: string,
): Promise<ComposedAttachment> {
  const { content, text, ...rest } = attachment
  if ((content === undefined) === (text === undefined)) {
    throw invalidRequest([
      { pointer: `${pointer}/content`, detail: 'either content in base64 or text is needed' },
    ])
  }
  return {
    content: text ?? (await fromBase64(content ?? '', `${pointer}/content`)),
    ...withoutUndefined(rest),
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** zod gives optional fields that are absent as undefined or not at all. */
function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

async function composed(
  context: Context,
  message: ComposedMessage,
  source: 'test' | 'described',
): Promise<OutgoingMessage> {
  const place = source === 'test' ? '/envelope' : '/message'
  const international = isInternational(message, place)
  try {
    const result = await compose(message, {
      // 7 bits go everywhere; only an address that cannot be written so makes the message 8-bit
      encoding: international ? '8bit' : '7bit',
      now: new Date(context.tools.clock.wallNow()),
      random: randomBytes,
    })
    return outgoing(result)
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    throw invalidRequest([fieldError(place, error)])
  }
}

function fieldError(place: string, error: MessageError): FieldError {
  return { pointer: `${place}${pointerOf(error.path)}`, detail: error.message }
}

function outgoing(result: Composition): OutgoingMessage {
  const { blocks, messageId, from, recipients, eightBit } = result
  return {
    blocks,
    facts: {
      octets: octetsIn(blocks),
      eightBit: eightBit ? 'present' : 'absent',
      header: result.needsSmtpUtf8 ? 'utf-8' : 'ascii',
    },
    messageId,
    from: from.address,
    recipients: recipients.map((address) => ({ address, pointer: '/message/to' })),
    findings: [],
  }
}

/**
 * Whether an address of the header has a local part beyond ASCII.
 * @throws {Problem} 400 naming each address at fault
 */
function isInternational(message: ComposedMessage, place: string): boolean {
  const listed = (['to', 'cc', 'bcc'] as const).flatMap((key) =>
    (message[key] ?? []).map((given, at) => ({ path: [key, at], given })),
  )
  const { replyTo } = message
  const all = [
    { path: ['from'], given: message.from },
    ...listed,
    ...(replyTo === undefined ? [] : [{ path: ['replyTo'], given: replyTo }]),
  ]
  const errors: FieldError[] = []
  const international = all.map(({ path, given }) => {
    try {
      // no header names who is in bcc
      return needsSmtpUtf8(namedAddress(path, given).address) && path[0] !== 'bcc'
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      errors.push(fieldError(place, error))
      return false
    }
  })
  if (errors.length > 0) throw invalidRequest(errors)
  return international.includes(true)
}

/** The caller's own octets: as they are, but for line ends as `lineEnds` says. */
async function given(
  octets: Buffer | InPieces,
  pointer: string,
  policy: SendBody['lineEnds'] = 'auto',
): Promise<OutgoingMessage> {
  const lineEnds = new LineEnds(policy)
  try {
    const blocks = await clean(octets, lineEnds)
    const findings = lineEnds.findings
    return {
      blocks,
      facts: {
        octets: octetsIn(blocks),
        eightBit: findings.some(({ code }) => code === 'eight-bit') ? 'present' : 'absent',
        header: 'ascii',
      },
      messageId: messageIdIn(Buffer.concat(blocks, Math.min(octetsIn(blocks), LONGEST_HEADER))),
      from: undefined,
      recipients: [],
      findings: findings.filter(({ code }) => code !== 'eight-bit'),
    }
  } catch (error) {
    if (!(error instanceof BareLineEnd)) throw error
    throw invalidRequest([{ pointer, detail: `${error.message}; lineEnds: "convert" would make it CRLF` }])
  }
}

async function clean(octets: Buffer | InPieces, lineEnds: LineEnds): Promise<readonly Buffer[]> {
  if (Buffer.isBuffer(octets)) return [Buffer.concat([lineEnds.push(octets), lineEnds.end()])]
  const blocks = new Blocks()
  for await (const piece of inTurns(octets.pieces())) blocks.push(lineEnds.push(piece))
  blocks.push(lineEnds.end())
  return blocks.end()
}

function octetsIn(blocks: readonly Buffer[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0)
}

/** A header field is looked for in the header only, and only so far. */
export const LONGEST_HEADER = 65_536

/** The Message-ID of a message with CRLF line ends; null where its header has none. */
export function messageIdIn(octets: Buffer): string | null {
  const end = octets.subarray(0, LONGEST_HEADER).indexOf('\r\n\r\n')
  const header = octets.subarray(0, end === -1 ? LONGEST_HEADER : end).toString('latin1')
  return /^message-id:[ \t]*(?:\r\n[ \t]+)?(<[\x21-\x7e]+>)[ \t]*$/im.exec(header)?.[1] ?? null
}
