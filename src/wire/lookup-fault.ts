/** Why a lookup has no answer; the message is a sentence of our own. */
export interface LookupFault {
  readonly code: string
  readonly message: string
}

/** A lookup came to nothing for a reason that is told. */
export class LookupError extends Error {
  override readonly name = 'LookupError'
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}
