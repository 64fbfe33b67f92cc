/** What a SASL exchange came to, on the server's side. */
export type SaslResult =
  | { readonly kind: 'credentials'; readonly user: string; readonly password: string }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'cancelled' }

/** The mechanisms that are offered, all of them inside TLS only. */
export const MECHANISMS = ['PLAIN', 'LOGIN'] as const
export type Mechanism = (typeof MECHANISMS)[number]

export function mechanismNamed(name: string): Mechanism | undefined {
  return MECHANISMS.find((mechanism) => mechanism === name.toUpperCase())
}

/**
 * Asks for credentials by PLAIN (RFC 4616) or LOGIN.
 * @param initial the initial response; `=` is an empty one (RFC 4954 §4)
 * @param ask sends a challenge, already in base64, and gives the client's line
 */
export async function credentialsBy(
  mechanism: Mechanism,
  initial: string | undefined,
  ask: (challenge: string) => Promise<string>,
): Promise<SaslResult> {
  if (mechanism === 'PLAIN') return plain(initial === '=' ? '' : (initial ?? (await ask(''))))
  const user = initial === '=' ? '' : (initial ?? (await ask(base64('Username:'))))
  if (user === '*') return { kind: 'cancelled' }
  const password = await ask(base64('Password:'))
  if (password === '*') return { kind: 'cancelled' }
  const decoded = [decode(user), decode(password)]
  if (decoded[0] === undefined || decoded[1] === undefined) return { kind: 'malformed' }
  return { kind: 'credentials', user: decoded[0], password: decoded[1] }
}

function plain(response: string): SaslResult {
  if (response === '*') return { kind: 'cancelled' }
  const [authzid, user, password, ...more] = decode(response)?.split('\0') ?? []
  if (user === undefined || password === undefined || more.length > 0) return { kind: 'malformed' }
  // nobody may act for another here: a foreign authorization identity is refused as wrong credentials are
  const permitted = authzid === '' || authzid === user
  return { kind: 'credentials', user: permitted ? user : '', password }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Node decodes anything; RFC 4648 §3.3 wants what is not base64 refused. */
function decode(response: string): string | undefined {
  const octets = Buffer.from(response, 'base64')
  return octets.toString('base64') === response ? octets.toString() : undefined
}
