import MailComposer, { type MailComposerAttachment } from 'nodemailer/lib/mail-composer'
import { detectMimeType } from 'nodemailer/lib/mime-funcs'
import type MimeNode from 'nodemailer/lib/mime-node'
import { Blocks } from '../text/blocks.ts'
import { type LineEndFinding, LineEnds } from '../text/line-ends.ts'
import type { InPieces } from '../text/long-text.ts'
import { asciiDomainOf, type NamedAddress, namedAddress, needsSmtpUtf8 } from './addresses.ts'
import { calendarParts } from './calendar.ts'
import type { ComposedAttachment, ComposedMessage } from './composed-message.ts'
import { contentType, fieldText, messageIdentifier } from './field-text.ts'
import { fieldLines, listLines, ownFields, priorityLines, takeOnce } from './header-fields.ts'
import { bodyText, contentOf, has, inCrlf, type LongBody, noticedIn, streamOf } from './long-content.ts'
import { type FieldPath, MessageError } from './message-error.ts'

/** What composing needs from outside. */
export interface ComposeOptions {
  /** `7bit`: for a server without 8BITMIME, no octet beyond 7 bits comes out. */
  readonly encoding: '7bit' | '8bit'
  readonly now: Date
  readonly random: (octets: number) => Buffer
}

/** A message ready to be sent. */
export interface Composition {
  /** CRLF alone ends its lines, and one ends the last. */
  readonly blocks: readonly Buffer[]
  /** With its angle brackets. */
  readonly messageId: string
  readonly from: NamedAddress
  /** To, cc and bcc in this order, none twice. */
  readonly recipients: readonly string[]
  /** It can go to a server with 8BITMIME only, as it is. */
  readonly eightBit: boolean
  /** An address in the header has a local part beyond ASCII (RFC 6532), and so the header is not ASCII. */
  readonly needsSmtpUtf8: boolean
}

const LONGEST_LINE = 998

/**
 * A message by RFC 5322 and MIME of what a caller described.
 * @throws {MessageError} naming the field that is at fault
 */
export async function compose(message: ComposedMessage, options: ComposeOptions): Promise<Composition> {
  const inHeader = (path: FieldPath, text: string): NamedAddress => {
    const one = namedAddress(path, text)
    if (options.encoding === '8bit' || !needsSmtpUtf8(one.address)) return one
    throw new MessageError(path, 'a local part beyond ASCII cannot be written in 7 bits (RFC 6532)')
  }
  const from = inHeader(['from'], message.from)
  const to = (message.to ?? []).map((one, n) => inHeader(['to', n], one))
  const cc = (message.cc ?? []).map((one, n) => inHeader(['cc', n], one))
  const bcc = (message.bcc ?? []).map((one, n) => namedAddress(['bcc', n], one))
  const replyTo = message.replyTo === undefined ? [] : [inHeader(['replyTo'], message.replyTo)]

  const once = singleFields(message, options, from)
  const lines = [
    ...once.rest.map((field) => fieldLines(field.name, field.value)),
    ...priorityLines(message.priority),
    ...listLines(message.list ?? {}),
  ]
  const inReplyTo =
    message.inReplyTo === undefined ? undefined : messageIdentifier(['inReplyTo'], message.inReplyTo)
  const references = message.references?.map((one, n) => messageIdentifier(['references', n], one))
  const text =
    message.text === undefined ? undefined : await bodyText(['text'], message.text, options.encoding)
  const html =
    message.html === undefined ? undefined : await bodyText(['html'], message.html, options.encoding)
  const calendar = await calendarParts(message.calendar, options.encoding)
  const attachments: MailComposerAttachment[] = []
  for (const [n, one] of (message.attachments ?? []).entries())
    attachments.push(await attachment(['attachments', n], one, options.encoding))
  attachments.push(...calendar.files)
  const root = new MailComposer({
    from: { ...from },
    to: copies(to),
    cc: copies(cc),
    replyTo: copies(replyTo),
    subject: once.subject,
    date: once.date,
    messageId: once.messageId,
    inReplyTo,
    references,
    text: contentOf(text),
    html: contentOf(html),
    icalEvent: calendar.event,
    alternatives: calendar.alternatives,
    attachments,
    disableFileAccess: true,
    disableUrlAccess: true,
    boundaryPrefix: 'mailwire',
    baseBoundary: options.random(12).toString('hex'),
    newline: 'windows',
  }).compile()
  if (options.encoding === '8bit') leaveReadable(root)
  for (const body of [text, html, calendar.body]) if (typeof body === 'object') encodeAs(root, body)

  const head = Buffer.from(lines.join(''))
  const isLong = [text, html, ...attachments.map(({ content }) => content)].some(
    (content) => typeof content === 'object' && !Buffer.isBuffer(content),
  )
  const { blocks, findings } = isLong ? await builtInPieces(root, head) : await built(root, head)
  return {
    blocks,
    messageId: once.messageId,
    from,
    recipients: [...new Set([...to, ...cc, ...bcc].map((one) => one.address))],
    eightBit: checked(findings, options.encoding),
    needsSmtpUtf8: [from, ...to, ...cc, ...replyTo].some((one) => needsSmtpUtf8(one.address)),
  }
}

/** The library writes into what it is given. */
function copies(given: readonly NamedAddress[]): { name: string; address: string }[] | undefined {
  return given.length === 0 ? undefined : given.map((one) => ({ ...one }))
}

/** The fields that are there once whether the caller gives them as a property, among `headers`, or not at all. */
function singleFields(message: ComposedMessage, options: ComposeOptions, from: NamedAddress) {
  const subject = takeOnce('subject', ownFields(message))
  const date = takeOnce('date', subject.rest)
  const messageId = takeOnce('message-id', date.rest)
  const given = message.messageId ?? messageId.field?.value
  return {
    subject: message.subject === undefined ? subject.field?.value : fieldText(['subject'], message.subject),
    date: date.field?.value ?? dateOf(message.date ?? options.now),
    messageId:
      given === undefined
        ? `<${options.random(16).toString('hex')}@${asciiDomainOf(from.address)}>`
        : messageIdentifier(messageId.field?.path ?? ['messageId'], given),
    rest: messageId.rest,
  }
}

function dateOf(date: Date): Date {
  const year = date.getUTCFullYear()
  // RFC 5322 §3.3: four digits, and 1900 or later; an invalid date has no year
  if (!(year >= 1900 && year <= 9999))
    throw new MessageError(['date'], 'a date is between the years 1900 and 9999')
  return date
}

async function attachment(
  path: FieldPath,
  given: ComposedAttachment,
  encoding: ComposeOptions['encoding'],
): Promise<MailComposerAttachment> {
  const type =
    given.contentType === undefined
      ? typeOf(given.filename ?? '')
      : contentType([...path, 'contentType'], given.contentType)
  if (given.filename !== undefined) filename([...path, 'filename'], given.filename)
  if (
    given.cid !== undefined &&
    !/^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(fieldText([...path, 'cid'], given.cid))
  ) {
    throw new MessageError(
      [...path, 'cid'],
      'a content identifier is printable ASCII without space and angle brackets',
    )
  }
  return {
    ...(await attached(
      [...path, 'content'],
      given.content,
      /^message\//i.test(type) ? 'as-it-is' : 'encoded',
      encoding,
    )),
    contentType: type,
    filename: given.filename ?? false,
    cid: given.cid,
    contentDisposition: given.disposition,
  }
}

/** Octets of an attachment: RFC 2046 §5.2.1, what is a message must not be encoded, and so has to be fit to be sent. */
async function attached(
  path: FieldPath,
  given: ComposedAttachment['content'],
  how: 'as-it-is' | 'encoded',
  encoding: ComposeOptions['encoding'],
): Promise<MailComposerAttachment> {
  if (typeof given === 'string' || Buffer.isBuffer(given)) {
    const octets = Buffer.from(given)
    return { content: how === 'encoded' ? octets : embedded(path, octets, encoding) }
  }
  // anything else could be a description of where to fetch it
  if (!isInPieces(given)) throw new MessageError(path, 'the content of an attachment is octets or text')
  if (how === 'encoded') return { content: streamOf(given) }
  const noticed = await noticedIn(given)
  requireFit(path, noticed, encoding)
  return {
    content: streamOf(inCrlf(given)),
    contentTransferEncoding: has(noticed, 'eight-bit') ? '8bit' : '7bit',
  }
}

function isInPieces(given: unknown): given is InPieces {
  return typeof (given as Partial<InPieces> | undefined)?.pieces === 'function'
}

/** The table behind it calls some archives multipart, and such a part would have no end. */
function typeOf(filename: string): string {
  const type = detectMimeType(filename)
  return /^multipart\//i.test(type) ? 'application/octet-stream' : type
}

function filename(path: FieldPath, given: string): void {
  if (fieldText(path, given).trim() === '') throw new MessageError(path, 'a filename is not empty')
  if (given.includes('\t')) throw new MessageError(path, 'a TAB cannot stand in a filename')
}

function embedded(path: FieldPath, given: Buffer, encoding: ComposeOptions['encoding']): Buffer {
  const ends = new LineEnds('convert')
  const octets = Buffer.concat([ends.push(given), ends.end()])
  requireFit(path, ends.findings, encoding)
  return octets
}

function requireFit(
  path: FieldPath,
  noticed: readonly LineEndFinding[],
  encoding: ComposeOptions['encoding'],
): void {
  const fault = unfit(noticed, encoding)
  if (fault === undefined) return
  throw new MessageError(path, `an attached message goes out as it is, and this one cannot: ${fault.text}`)
}

/** What keeps octets from being sent as they are. */
function unfit(
  noticed: readonly LineEndFinding[],
  encoding: ComposeOptions['encoding'],
): LineEndFinding | undefined {
  return noticed.find(
    ({ code }) => code === 'long-line' || code === 'nul' || (code === 'eight-bit' && encoding === '7bit'),
  )
}

/** With 8BITMIME, text that is not ASCII need not be encoded: a person can read it on the wire. */
function leaveReadable(node: MimeNode): void {
  for (const child of node.childNodes) leaveReadable(child)
  const { content } = node
  const type = node.getHeader('Content-Type')
  if (typeof content !== 'string' || typeof type !== 'string' || !/^text\//i.test(type)) return
  const readable = !/(?![\t\r\n])\p{Cc}/u.test(content) && /\P{ASCII}/u.test(content)
  if (readable && content.split('\r\n').every((line) => Buffer.byteLength(line) <= LONGEST_LINE)) {
    node.getTransferEncoding = () => '8bit'
  }
}

/** The library chooses an encoding by what it can look at, and a stream it cannot. */
function encodeAs(node: MimeNode, body: LongBody): void {
  for (const child of node.childNodes) encodeAs(child, body)
  if (node.content === body.content) node.getTransferEncoding = () => body.transferEncoding
}

interface Built {
  readonly blocks: readonly Buffer[]
  /** What every composition promises, looked at once more where it leaves. */
  readonly findings: readonly LineEndFinding[]
}

async function built(root: MimeNode, head: Buffer): Promise<Built> {
  const octets = Buffer.concat([head, await root.build()])
  const ends = new LineEnds('refuse')
  ends.push(octets)
  ends.end()
  return { blocks: [octets], findings: ends.findings }
}

/** The same where something in it is long. */
async function builtInPieces(root: MimeNode, head: Buffer): Promise<Built> {
  const blocks = new Blocks()
  const ends = new LineEnds('refuse')
  ends.push(head)
  blocks.push(head)
  for await (const octets of root.createReadStream()) {
    ends.push(octets as Buffer)
    blocks.push(octets as Buffer)
  }
  ends.end()
  return { blocks: blocks.end(), findings: ends.findings }
}

/** Says whether there are octets beyond 7 bits. */
function checked(findings: readonly LineEndFinding[], encoding: ComposeOptions['encoding']): boolean {
  const fault = unfit(findings, encoding)
  if (fault !== undefined) throw new Error(`a message was composed that cannot be sent: ${fault.code}`)
  return has(findings, 'eight-bit')
}
