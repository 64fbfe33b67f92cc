import type { SmtpReply } from './reply.ts'

/** What a server offers in its reply to EHLO: keyword in upper case → its parameters as given. */
export type Extensions = ReadonlyMap<string, readonly string[]>

/**
 * The service extensions of an EHLO reply (RFC 5321 §4.1.1.1); its first line is the server's name and no extension.
 *
 * Keywords are read in any case. `AUTH=PLAIN`, a spelling older than RFC 4954, is told as `legacy-auth`.
 */
export function extensionsIn(reply: SmtpReply, tolerated: (code: string, text: string) => void): Extensions {
  const extensions = new Map<string, readonly string[]>()
  for (const line of reply.lines.slice(1)) {
    const legacy = /^AUTH=(.*)$/i.exec(line)
    if (legacy !== null)
      tolerated('legacy-auth', 'The server spells its AUTH extension `AUTH=`, as before RFC 4954.')
    const [keyword, ...parameters] = (legacy === null ? line : `AUTH ${legacy[1] ?? ''}`).trim().split(/ +/)
    if (keyword === undefined || keyword === '') continue
    const name = keyword.toUpperCase()
    extensions.set(name, [...new Set([...(extensions.get(name) ?? []), ...parameters])])
  }
  return extensions
}

/** The names of the SASL mechanisms that are offered, in upper case. */
export function mechanismsIn(extensions: Extensions): readonly string[] {
  return (extensions.get('AUTH') ?? []).map((mechanism) => mechanism.toUpperCase())
}

/** The largest message taken, in octets; undefined where the server names none (RFC 1870 §3: 0 is no limit). */
export function sizeLimitIn(extensions: Extensions): number | undefined {
  const digits = /^[0-9]+$/.exec(extensions.get('SIZE')?.[0] ?? '')?.[0] ?? '0'
  const limit = Number(digits)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}

/** RFC 9422: what the server limits in a session, by name in upper case. */
export function limitsIn(extensions: Extensions): ReadonlyMap<string, number> {
  return new Map(
    (extensions.get('LIMITS') ?? []).map((limit): [string, number] => {
      const [name = '', value = ''] = limit.split('=')
      return [name.toUpperCase(), Number(value)]
    }),
  )
}

/** How the server spelt it, for errors that say what was offered. */
export function offeredIn(extensions: Extensions): readonly string[] {
  return [...extensions].map(([keyword, parameters]) => [keyword, ...parameters].join(' '))
}
