import { createHash } from 'node:crypto'

export const DOMAIN = 'sandbox.test'

/** The password of every account; it protects nothing. */
export const PASSWORD = 'sandbox'

/** `busy` and `temporary` exist so that a refusal of POP3 can be seen: mail cannot be sent to them. */
const ACCOUNTS = ['alice', 'bob', 'busy', 'temporary'] as const
export type Account = (typeof ACCOUNTS)[number]

/** The account of these credentials; the user is its name or its full address. */
export function accountOf(user: string, password: string): Account | undefined {
  return password === PASSWORD ? named(user) : undefined
}

/** The account whose digest over the greeting's timestamp this is (RFC 1939 §7). */
export function accountByApop(user: string, timestamp: string, digest: string): Account | undefined {
  const expected = createHash('md5')
    .update(timestamp + PASSWORD)
    .digest('hex')
  return digest.toLowerCase() === expected ? named(user) : undefined
}

function named(user: string): Account | undefined {
  const name = user.toLowerCase().replace(`@${DOMAIN}`, '')
  return ACCOUNTS.find((account) => account === name)
}
