import type {
  MailComposerAlternative,
  MailComposerAttachment,
  MailComposerIcalEvent,
} from 'nodemailer/lib/mail-composer'
import type { Calendar } from './composed-message.ts'
import { fieldText } from './field-text.ts'
import { bodyText, type LongBody, streamOf } from './long-content.ts'
import { MessageError } from './message-error.ts'

/** A calendar stands in a message twice: as an alternative and as a file. */
export interface CalendarParts {
  /** For the library to make both of. */
  readonly event?: MailComposerIcalEvent
  /** A long one, of which the library would hold the whole. */
  readonly body?: LongBody
  readonly alternatives: MailComposerAlternative[]
  readonly files: readonly MailComposerAttachment[]
}

/** @throws {MessageError} */
export async function calendarParts(
  calendar: Calendar | undefined,
  encoding: '7bit' | '8bit',
): Promise<CalendarParts> {
  if (calendar === undefined) return { alternatives: [], files: [] }
  const method = fieldText(['calendar', 'method'], calendar.method)
  if (!/^[A-Za-z-]+$/.test(method))
    throw new MessageError(['calendar', 'method'], 'a method of iTIP is one word (RFC 5546 §1.4)')
  const body = await bodyText(['calendar', 'content'], calendar.content, encoding)
  if (body === '') throw new MessageError(['calendar', 'content'], 'an iCalendar object is not empty')
  if (typeof body === 'string') return { event: { method, content: body }, alternatives: [], files: [] }
  const contentType = `text/calendar; charset=utf-8; method=${method.toUpperCase()}`
  return {
    body,
    alternatives: [{ contentType, content: body.content }],
    files: [
      {
        filename: 'invite.ics',
        contentType: 'application/ics',
        contentDisposition: 'attachment',
        content: streamOf(body.octets),
      },
    ],
  }
}
