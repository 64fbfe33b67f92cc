import { isIP } from 'node:net'
import { generate } from 'selfsigned'

/** A certificate with its private key, both as PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

export interface Leaf {
  /** Host names and IP addresses the certificate is good for; the first is its common name. */
  readonly names: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Who shows it; `server` unless it is given. */
  readonly shownBy?: 'server' | 'client'
}

/** A certificate authority of a test's own: trust `cert`, and what it issued is trusted. */
export interface Authority extends Issued {
  issue(leaf: Leaf): Promise<Issued>
}

const DAY_MS = 86_400_000

/** A fresh authority, known to nobody. */
export async function createAuthority(commonName = 'Mailwire test authority'): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    ...recipe({}),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return { cert, key, issue: (leaf) => certify(leaf, { cert, key }) }
}

/** A certificate that vouches for itself. */
export function selfSigned(leaf: Leaf): Promise<Issued> {
  return certify(leaf)
}

async function certify(leaf: Leaf, ca?: Issued): Promise<Issued> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: leaf.names[0] ?? 'nobody' }], {
    ...recipe(leaf),
    ...(ca === undefined ? {} : { ca }),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', ...(leaf.shownBy === 'client' ? { clientAuth: true } : { serverAuth: true }) },
      { name: 'subjectAltName', altNames: leaf.names.map(altName) },
    ],
  })
  return { cert, key }
}

/** P-256, because an RSA key of 2048 bits takes many times as long to make. */
function recipe({ notBefore, notAfter }: Partial<Leaf>) {
  return {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfterDate: notAfter ?? new Date(Date.now() + 30 * DAY_MS),
  } as const
}

function altName(name: string) {
  return isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const)
}
