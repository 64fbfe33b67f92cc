import type { Suggestion } from './situation.ts'

/** What asks for an extension in a request, taken out of it: a merge patch removes what it says null for (RFC 7396 §1). */
const WITHOUT_EXTENSION: Readonly<Record<string, Suggestion>> = {
  DSN: { envelope: { dsn: null } },
  AUTH: { envelope: { auth: null } },
  REQUIRETLS: { envelope: { requireTls: null } },
  'MT-PRIORITY': { envelope: { priority: null } },
  FUTURERELEASE: { envelope: { holdFor: null, holdUntil: null } },
  DELIVERBY: { envelope: { deliverBy: null } },
  PRDR: { envelope: { prdr: null } },
  BINARYMIME: { envelope: { body: 'auto' } },
  CHUNKING: { envelope: { body: 'auto' } },
  '8BITMIME': { envelope: { body: 'auto' } },
  XCLIENT: { xclient: null },
}

/** What makes a session say a command that a server may not know, said otherwise. */
const WITHOUT_COMMAND: Readonly<Record<string, Suggestion>> = {
  EHLO: { hello: { verb: 'HELO' } },
  BDAT: { chunking: 'off' },
  XCLIENT: { xclient: null },
}

/** The request without its wish for this extension. */
export function withoutExtension(keyword: string | undefined): Suggestion | undefined {
  return keyword === undefined ? undefined : WITHOUT_EXTENSION[keyword]
}

/** The request such that the session does not need this command. */
export function withoutCommand(verb: string | undefined): Suggestion | undefined {
  return verb === undefined ? undefined : WITHOUT_COMMAND[verb]
}
