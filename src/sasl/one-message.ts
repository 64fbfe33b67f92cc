import { authzidOf, passwordOf, sendable, userOf, withoutControls } from './field.ts'
import { type Credentials, SaslError, type SaslMechanism } from './mechanism.ts'

/**
 * PLAIN (RFC 4616): `[authzid] NUL user NUL password`. The strings go out as they were given: it is the server that
 * prepares what it was presented (§2).
 */
export function plain(credentials: Credentials): SaslMechanism {
  const fields = [authzidOf(credentials) ?? '', userOf(credentials), passwordOf(credentials)]
  return oneMessage('PLAIN', fields.join('\0'))
}

/** EXTERNAL (RFC 4422 appendix A): the certificate says who it is, the message at most for whom to act. */
export function external(credentials: Credentials): SaslMechanism {
  return oneMessage('EXTERNAL', authzidOf(credentials) ?? sendable('user', credentials.user))
}

/** RFC 4505 §2: a token of trace information has 255 characters at most. */
const LONGEST_TRACE = 255

/** ANONYMOUS (RFC 4505): the user name is what the caller wishes to leave as a trace, or empty. */
export function anonymous({ user }: Credentials): SaslMechanism {
  const trace = withoutControls('user', sendable('user', user))
  if (trace.length > LONGEST_TRACE)
    throw new SaslError(`the user is longer than ${LONGEST_TRACE} characters`, 'user')
  return oneMessage('ANONYMOUS', trace)
}

function oneMessage(name: string, message: string): SaslMechanism {
  return {
    name,
    initial: () => Buffer.from(message),
    respond() {
      throw new SaslError(`${name} is one message, and the server asked for more`)
    },
    // nothing in these mechanisms lets a server prove itself
    finish() {},
  }
}
