import { encodeWord, encodeWords, foldLines, quoteString } from 'nodemailer/lib/mime-funcs'
import type { ComposedMessage, ListFields } from './composed-message.ts'
import { fieldName, fieldText } from './field-text.ts'
import { type FieldPath, MessageError } from './message-error.ts'

/** A header field that the caller wrote, checked. */
export interface OwnField {
  readonly path: FieldPath
  readonly name: string
  readonly value: string
}

/** They follow from the structure, or would give away what must stay hidden. */
const NOT_FOR_CALLERS = new Map([
  ['content-type', 'it follows from text, html, calendar and attachments'],
  ['content-transfer-encoding', 'it follows from the content and from what the server can take'],
  ['content-disposition', 'it follows from the attachments'],
  ['mime-version', 'it is always 1.0'],
  ['bcc', 'recipients in `bcc` never stand in the message'],
])
/** An encoded-word inside them would be read as it stands (RFC 2047 §5). */
const STRUCTURED =
  /^(?:to|cc|from|sender|reply-to|resent-.*|message-id|in-reply-to|references|received|return-path|list-.*)$/
const LIST_FIELDS = ['help', 'unsubscribe', 'subscribe', 'post', 'owner', 'archive'] as const
const URL_IN_FIELD = /^(?:https?|mailto):[\x21-\x3b\x3d\x3f-\x7e]+$/

/**
 * The fields of `headers`, in their order.
 * @throws {MessageError}
 */
export function ownFields(message: ComposedMessage): readonly OwnField[] {
  const taken = namesTaken(message)
  const fields: OwnField[] = []
  for (const [name, given] of Object.entries(message.headers ?? {})) {
    const path = ['headers', name]
    const key = fieldName(path, name).toLowerCase()
    const why = NOT_FOR_CALLERS.get(key)
    if (why !== undefined) throw new MessageError(path, `${name} cannot be given: ${why}`)
    if (taken.has(key)) throw new MessageError(path, `${name} is given as \`${taken.get(key)}\` already`)
    for (const value of typeof given === 'string' ? [given] : given) {
      if (fieldText(path, value).trim() === '') throw new MessageError(path, 'a header field needs a value')
      if (STRUCTURED.test(key) && /[^\t\x20-\x7e]/.test(value)) {
        throw new MessageError(
          path,
          `${name} is a structured field: characters beyond ASCII cannot be written here`,
        )
      }
      fields.push({ path, name, value })
    }
  }
  return fields
}

/** Takes a field out of the list that can be there only once. */
export function takeOnce(
  key: string,
  fields: readonly OwnField[],
): { readonly field?: OwnField; readonly rest: readonly OwnField[] } {
  const [field, second] = fields.filter((own) => own.name.toLowerCase() === key)
  if (second !== undefined) throw new MessageError(second.path, `${second.name} can be there only once`)
  return { ...(field === undefined ? {} : { field }), rest: fields.filter((own) => own !== field) }
}

/** The field as lines of a header: what is ASCII stays as it was given, anything else becomes encoded-words. */
export function fieldLines(name: string, value: string): string {
  const ascii = /^[\t\x20-\x7e]*$/.test(value)
  return `${foldLines(`${name}: ${ascii ? value : encodeWords(value, 'Q', 52, true)}`, 76)}\r\n`
}

/** The fields that a priority stands for; there is no standard, and each client looks at another one. */
export function priorityLines(priority: ComposedMessage['priority']): readonly string[] {
  if (priority === undefined || priority === 'normal') return []
  const word = priority === 'high' ? 'High' : 'Low'
  return [
    fieldLines('X-Priority', priority === 'high' ? '1 (Highest)' : '5 (Lowest)'),
    fieldLines('X-MSMail-Priority', word),
    fieldLines('Importance', word),
  ]
}

/** @throws {MessageError} */
export function listLines(list: ListFields): readonly string[] {
  const lines: string[] = []
  if (list.id !== undefined) lines.push(fieldLines('List-Id', listId(['list', 'id'], list.id)))
  for (const key of LIST_FIELDS) {
    const urls = list[key] ?? []
    if (urls.length === 0) continue
    const written = urls.map((url, n) => {
      const path = ['list', key, n]
      if (!URL_IN_FIELD.test(fieldText(path, url)))
        throw new MessageError(path, 'a URL of a list is http:, https: or mailto:')
      return `<${url}>`
    })
    lines.push(fieldLines(`List-${key[0]?.toUpperCase()}${key.slice(1)}`, written.join(', ')))
  }
  return lines
}

/** RFC 2919 §2: `[phrase] "<" list-id ">"` */
function listId(path: FieldPath, given: string): string {
  const match = /^(?:([^<>]*)<([^<>]*)>|([^<>]*))$/.exec(fieldText(path, given).trim())
  const phrase = match?.[1]?.trim() ?? ''
  const id = (match?.[2] ?? match?.[3] ?? '').trim()
  if (!/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(id)) {
    throw new MessageError(path, 'the identifier of a list is written like a domain name (RFC 2919 §2)')
  }
  if (phrase === '') return `<${id}>`
  return `${/^[\x20-\x7e]*$/.test(phrase) ? quoteString(phrase) : encodeWord(phrase, 'Q', 52)} <${id}>`
}

/** The names of fields that the message has from its own properties, and which these are. */
function namesTaken(message: ComposedMessage): ReadonlyMap<string, string> {
  const taken = new Map([['from', 'from']])
  const take = (property: keyof ComposedMessage, ...names: readonly string[]): void => {
    const value = message[property]
    const there = Array.isArray(value) ? value.length > 0 : value !== undefined
    if (there) for (const name of names) taken.set(name, property)
  }
  take('to', 'to')
  take('cc', 'cc')
  take('replyTo', 'reply-to')
  take('subject', 'subject')
  take('date', 'date')
  take('messageId', 'message-id')
  take('inReplyTo', 'in-reply-to')
  take('references', 'references')
  take('priority', 'x-priority', 'x-msmail-priority', 'importance')
  if (message.list !== undefined) {
    for (const key of ['id', ...LIST_FIELDS] as const)
      if (message.list[key] !== undefined) taken.set(`list-${key}`, `list.${key}`)
  }
  return taken
}
