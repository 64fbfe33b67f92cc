import { generate } from 'selfsigned'

export interface ServerCertificate {
  readonly key: string
  readonly cert: string
}

/**
 * A key and its self-signed certificate for these names, good for a year from now.
 *
 * It is no CA: whoever trusts it trusts this one server and nothing that it could sign. P-256, because an RSA key of
 * 2048 bits takes ten times as long to make.
 */
export async function selfSigned(
  names: readonly string[],
  addresses: readonly string[],
  nowMs: number,
): Promise<ServerCertificate> {
  // a day back and a year ahead: the clock of a container may differ from that of whoever connects
  const dayMs = 86_400_000
  const made = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + 365 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  })
  return { key: made.private, cert: made.cert }
}
