/** Why the service cannot start as it is configured: one line that names the variable at fault, and no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    // names and paths come from outside and may hold anything, line breaks too
    super(message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), options)
  }
}

/** A value that is not what it must be. The message goes on where the name ends: `must be true or false`. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}
