import type { InPieces, LongText } from '../text/long-text.ts'

/** A message as a caller describes it. Every text is hostile until `compose` has looked at it. */
export interface ComposedMessage {
  /** `"Name" <name@domain>`, or the bare address; so are all addresses here. */
  readonly from: string
  readonly to?: readonly string[] | undefined
  readonly cc?: readonly string[] | undefined
  /** Recipients only: they never stand in the message. */
  readonly bcc?: readonly string[] | undefined
  readonly replyTo?: string | undefined
  readonly subject?: string | undefined
  readonly text?: string | LongText | undefined
  readonly html?: string | LongText | undefined
  /** Further header fields, in the order they are to have; a list is a field that comes several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly attachments?: readonly ComposedAttachment[] | undefined
  readonly calendar?: Calendar | undefined
  readonly priority?: 'high' | 'normal' | 'low' | undefined
  readonly list?: ListFields | undefined
  readonly inReplyTo?: string | undefined
  readonly references?: readonly string[] | undefined
  /** Left out: the present. */
  readonly date?: Date | undefined
  /** Left out: one is made. */
  readonly messageId?: string | undefined
}

/** A file in the message, or with a `cid` a part that the HTML shows. */
export interface ComposedAttachment {
  readonly filename?: string | undefined
  /** Left out: told by the filename. */
  readonly contentType?: string | undefined
  /** A text is taken as UTF-8. */
  readonly content: Buffer | string | InPieces
  readonly cid?: string | undefined
  readonly disposition?: 'attachment' | 'inline' | undefined
}

/** An iCalendar object (RFC 5545): an alternative to the text for those who show it, and a file for the others. */
export interface Calendar {
  /** RFC 5546 §1.4: REQUEST, REPLY, CANCEL, … */
  readonly method: string
  readonly content: string | LongText
}

/** The fields of a mailing list (RFC 2369, RFC 2919). Each URL is `https:` or `mailto:`. */
export interface ListFields {
  /** `list.example.com`, or `Name <list.example.com>`. */
  readonly id?: string | undefined
  readonly help?: readonly string[] | undefined
  readonly unsubscribe?: readonly string[] | undefined
  readonly subscribe?: readonly string[] | undefined
  readonly post?: readonly string[] | undefined
  readonly owner?: readonly string[] | undefined
  readonly archive?: readonly string[] | undefined
}
