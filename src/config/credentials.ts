import { z } from 'zod'
import { MECHANISM_NAMES } from '../sasl/choose.ts'
import type { ConfiguredCredentials } from '../session/configured-server.ts'
import { Secret } from '../text/secret.ts'
import { fileContent, type Issues, type Sources } from './document.ts'

const SECRET_FIELDS = ['password', 'passwordFile', 'passwordEnv', 'token', 'tokenFile', 'tokenEnv'] as const

/** Who logs in is told by the certificate, or by nobody (RFC 4505 §2). */
const WITHOUT_SECRET: ReadonlySet<string> = new Set(['EXTERNAL', 'ANONYMOUS'])

/** Who logs in, and exactly one way to the secret, where the mechanism has one. */
export function credentials(sources: Sources) {
  const written = z.string().transform(secretOrIssue)
  // a file ends in a line end that nobody means
  const inFile = fileContent(sources).transform((content, context) =>
    secretOrIssue(content.replace(/\r?\n$/, ''), context),
  )
  const inEnv = z.string().transform((name, context) => {
    const value = sources.variable(name)
    if (value !== undefined) return secretOrIssue(value, context)
    context.addIssue({ code: 'custom', message: 'names an environment variable that is not set' })
    return z.NEVER
  })
  return z
    .strictObject({
      user: z
        .string()
        .regex(/^\P{Cc}*$/u, 'must not hold control characters')
        .default(''),
      authzid: z
        .string()
        .regex(/^\P{Cc}+$/u, 'must not be empty, nor hold control characters')
        .optional(),
      mechanism: z
        .string()
        .toUpperCase()
        .refine((name) => MECHANISM_NAMES.includes(name), `must be one of ${MECHANISM_NAMES.join(', ')}`)
        .optional(),
      password: written.optional(),
      passwordFile: inFile.optional(),
      passwordEnv: inEnv.optional(),
      token: written.optional(),
      tokenFile: inFile.optional(),
      tokenEnv: inEnv.optional(),
    })
    .transform(({ user, authzid, mechanism, ...ways }, context): ConfiguredCredentials => {
      const [credential, another] = SECRET_FIELDS.flatMap((field) => {
        const value = ways[field]
        const kind = field.startsWith('token') ? ('token' as const) : ('password' as const)
        return value === undefined ? [] : [{ kind, value }]
      })
      const told = {
        ...(authzid === undefined ? {} : { authzid }),
        ...(mechanism === undefined ? {} : { mechanism }),
      }
      if (WITHOUT_SECRET.has(mechanism ?? '')) {
        if (credential === undefined) return { user, ...told }
        context.addIssue({ code: 'custom', message: `${mechanism} has no password and no token` })
        return z.NEVER
      }
      if (user === '') context.addIssue({ code: 'custom', path: ['user'], message: 'must not be empty' })
      if (credential !== undefined && another === undefined) return { user, credential, ...told }
      context.addIssue({ code: 'custom', message: `needs exactly one of ${SECRET_FIELDS.join(', ')}` })
      return z.NEVER
    })
}

/** A secret as it is written. */
function secretOrIssue(text: string, context: Issues): Secret {
  // RFC 4616 §2 has no NUL in a password, and USER/PASS no line break
  const message =
    text === ''
      ? 'must not be empty'
      : /[\r\n\0]/.test(text)
        ? 'must not hold a line break or NUL'
        : undefined
  if (message === undefined) return new Secret(text)
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
