import { createAuthority, type Issued, selfSigned } from '../support/certificates.ts'

/** Certificates that a server can show; `good` verifies for 127.0.0.1 with `ca`. */
export type IdentityName =
  | 'good'
  | 'expired'
  | 'not-yet-valid'
  | 'other-name'
  | 'self-signed'
  | 'other-authority'

export interface Identities {
  /** PEM of the authority that the calls trust. */
  readonly ca: string
  readonly of: Readonly<Record<IdentityName, Issued>>
}

const DAY_MS = 86_400_000

/** All of them, made once for a test file. */
export async function createIdentities(): Promise<Identities> {
  const authority = await createAuthority()
  const other = await createAuthority('An authority that nobody trusts')
  const names = ['127.0.0.1', 'mx.example.test']
  const day = (days: number): Date => new Date(Date.now() + days * DAY_MS)
  return {
    ca: authority.cert,
    of: {
      good: await authority.issue({ names }),
      expired: await authority.issue({ names, notBefore: day(-30), notAfter: day(-1) }),
      'not-yet-valid': await authority.issue({ names, notBefore: day(1), notAfter: day(30) }),
      'other-name': await authority.issue({ names: ['mx.elsewhere.test'] }),
      'self-signed': await selfSigned({ names }),
      'other-authority': await other.issue({ names }),
    },
  }
}
