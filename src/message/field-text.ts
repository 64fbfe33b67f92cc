import { type FieldPath, MessageError } from './message-error.ts'

/** CR, LF and NUL above all; TAB is white space. */
const CONTROL = /(?!\t)\p{Cc}/u
const LONE_SURROGATE = /\p{Cs}/u
/** RFC 5322 §2.2: `ftext = %d33-57 / %d59-126` */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/
/** RFC 5322 §3.6.4 `msg-id = "<" id-left "@" id-right ">"`, without its obsolete forms; taken without the brackets too. */
const MESSAGE_ID = /^<?([^\s<>@,;:"\\()[\]]+@(?:[^\s<>@,;:"\\()[\]]+|\[[^\s<>@[\]\\]+\]))>?$/
/** RFC 2045 §5.1, parameters included. */
const CONTENT_TYPE =
  /^[!#$%&'*+.^_`{|}~\w-]+\/[!#$%&'*+.^_`{|}~\w-]+(?:\s*;\s*[!#$%&'*+.^_`{|}~\w-]+=(?:[!#$%&'*+.^_`{|}~\w-]+|"(?:[^"\\]|\\.)*"))*$/
/** A folded line breaks at white space alone, and a line must stay within 998 octets (RFC 5322 §2.1.1). */
const LONGEST_WORD = 800
const LONGEST_FIELD_NAME = 76
/** A longer run would leave a line of white space alone, which some readers take for the end of the header. */
const LONG_WHITE_SPACE = /[ \t]{70}/

/**
 * Text for a header field, or for a part of one, as it was given.
 * @throws {MessageError} for what cannot stand in a header, or could begin another field
 */
export function fieldText(path: FieldPath, text: string): string {
  if (CONTROL.test(text))
    throw new MessageError(path, 'CR, LF, NUL and other control characters cannot stand in a header field')
  if (LONE_SURROGATE.test(text)) throw new MessageError(path, 'half of a surrogate pair is no character')
  // what is not ASCII becomes encoded-words, which are short
  const ascii = /^[\x20-\x7e\t]*$/.test(text)
  if (ascii && text.split(/[ \t]/).some((word) => word.length > LONGEST_WORD)) {
    throw new MessageError(
      path,
      `a word of over ${LONGEST_WORD} characters cannot be folded into lines of a header field`,
    )
  }
  if (LONG_WHITE_SPACE.test(text))
    throw new MessageError(path, 'a run of 70 spaces cannot stand in a header field')
  return text
}

/** @throws {MessageError} */
export function fieldName(path: FieldPath, name: string): string {
  if (name === '' || !FIELD_NAME.test(name)) {
    throw new MessageError(
      path,
      'the name of a header field is printable ASCII without space and colon (RFC 5322 §2.2)',
    )
  }
  if (name.length > LONGEST_FIELD_NAME) {
    throw new MessageError(
      path,
      `the name of a header field is at most ${LONGEST_FIELD_NAME} characters long`,
    )
  }
  return name
}

/**
 * A message identifier in its angle brackets.
 * @throws {MessageError}
 */
export function messageIdentifier(path: FieldPath, text: string): string {
  const inside = MESSAGE_ID.exec(fieldText(path, text))?.[1]
  if (inside === undefined || !/^[\x21-\x7e]+$/.test(inside)) {
    throw new MessageError(path, 'a message identifier is written <left@right> (RFC 5322 §3.6.4)')
  }
  return `<${inside}>`
}

/** @throws {MessageError} */
export function contentType(path: FieldPath, text: string): string {
  if (!CONTENT_TYPE.test(fieldText(path, text)) || !/^[\x20-\x7e]*$/.test(text)) {
    throw new MessageError(path, 'a content type is written type/subtype (RFC 2045 §5.1)')
  }
  if (/^multipart\//i.test(text)) {
    throw new MessageError(
      path,
      'an attachment cannot be multipart; the structure is made from the fields of the message',
    )
  }
  return text
}
