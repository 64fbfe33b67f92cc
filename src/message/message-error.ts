/** Where in a message a text stands, as in `['attachments', 0, 'filename']`. */
export type FieldPath = readonly (string | number)[]

/** A message that cannot be composed as it was asked for: refused and never repaired. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  /** Which field of the message is at fault. */
  readonly path: FieldPath

  constructor(path: FieldPath, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.path = path
  }
}
