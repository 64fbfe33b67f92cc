import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { TlsaRecord } from '../wire/tlsa.ts'

/** A TLSA record held against the certificates that a server presented. */
export interface JudgedTlsa {
  readonly record: TlsaRecord
  /**
   * Why it is of no use for SMTP, null where it is: `usage` for PKIX-TA(0), PKIX-EE(1) (RFC 7672 §3.1.3) and unknown ones;
   * `data` where they cannot be what selector and matching type say.
   */
  readonly unusable: 'usage' | 'selector' | 'matching-type' | 'data' | null
  /** Which certificate it matches, counted from the server's own, which is 0, by way of who issued whom; null for none. */
  readonly depth: number | null
}

/**
 * `matched`: one is enough; `mismatched`: a sender that goes by DANE does not send; `unusable`: it sends by TLS without looking
 * at the certificate (RFC 7672 §2.2); `none`: there are no records.
 */
export type TlsaVerdict = 'matched' | 'mismatched' | 'unusable' | 'none'

/** RFC 7218 §2.1 */
const DANE_TA = 2
const DANE_EE = 3
const DIGESTS: Readonly<Record<number, { readonly name: string; readonly octets: number }>> = {
  1: { name: 'sha256', octets: 32 },
  2: { name: 'sha512', octets: 64 },
}

/**
 * Holds TLSA records against a chain, as RFC 7672 §3.1 wants it. For DANE-TA the name in the certificate counts besides, which
 * is judged elsewhere; for DANE-EE neither name nor dates do.
 * @param chainDer what the server presented, its own certificate first
 */
export function tlsaVerdict(
  records: readonly TlsaRecord[],
  chainDer: readonly Buffer[],
): { readonly verdict: TlsaVerdict; readonly records: readonly JudgedTlsa[] } {
  const path = pathIn(chainDer.map((der) => new X509Certificate(der)))
  const judged = records.map((record): JudgedTlsa => {
    const unusable = unusableFor(record)
    return { record, unusable, depth: unusable === null ? depthOf(record, path) : null }
  })
  return { verdict: verdictOn(judged), records: judged }
}

function verdictOn(judged: readonly JudgedTlsa[]): TlsaVerdict {
  if (judged.length === 0) return 'none'
  if (judged.some(({ depth }) => depth !== null)) return 'matched'
  return judged.every(({ unusable }) => unusable !== null) ? 'unusable' : 'mismatched'
}

function unusableFor({ usage, selector, matchingType, data }: TlsaRecord): JudgedTlsa['unusable'] {
  if (usage !== DANE_TA && usage !== DANE_EE) return 'usage'
  if (selector !== 0 && selector !== 1) return 'selector'
  const digest = DIGESTS[matchingType]
  if (digest === undefined && matchingType !== 0) return 'matching-type'
  const fits = digest === undefined ? keyIn(selector, data) !== undefined : data.length === digest.octets * 2
  return fits ? null : 'data'
}

/** RFC 7671 §5.1, §5.2: DANE-EE is about the server's own certificate, DANE-TA about one above it. */
function depthOf(record: TlsaRecord, path: readonly X509Certificate[]): number | null {
  const places = record.usage === DANE_EE ? path.slice(0, 1) : path.slice(1)
  const place = places.findIndex((certificate) => matches(record, certificate))
  if (place >= 0) return record.usage === DANE_EE ? 0 : place + 1
  if (record.usage === DANE_EE || record.matchingType !== 0) return null
  // the whole anchor stands in the DNS, and so the server need not present it
  const key = keyIn(record.selector, record.data)
  const signed = path.findIndex((certificate) => key !== undefined && isSignedBy(certificate, key))
  return signed >= 0 ? signed + 1 : null
}

function matches({ selector, matchingType, data }: TlsaRecord, certificate: X509Certificate): boolean {
  const selected = selector === 0 ? certificate.raw : publicKeyOf(certificate)
  if (selected === undefined) return false
  const digest = DIGESTS[matchingType]
  const own = digest === undefined ? selected : createHash(digest.name).update(selected).digest()
  return own.toString('hex') === data
}

/** From the server's own certificate to those that issued it, one by one; what only lies beside them proves nothing. */
function pathIn(chain: readonly X509Certificate[]): readonly X509Certificate[] {
  const path = chain.slice(0, 1)
  for (let at = path[0]; at !== undefined; ) {
    const below = at
    at = chain.find(
      (other) =>
        !path.includes(other) &&
        below.checkIssued(other) &&
        isSignedBy(
          below,
          readable(() => other.publicKey),
        ),
    )
    if (at !== undefined) path.push(at)
  }
  return path
}

function isSignedBy(certificate: X509Certificate, key: KeyObject | undefined): boolean {
  return key !== undefined && readable(() => certificate.verify(key)) === true
}

/** As `SubjectPublicKeyInfo` (RFC 5280 §4.1). */
function publicKeyOf(certificate: X509Certificate): Buffer | undefined {
  return readable(() => certificate.publicKey.export({ type: 'spki', format: 'der' }))
}

/** The key of a certificate, or of itself, that stands whole in a record. */
function keyIn(selector: number, data: string): KeyObject | undefined {
  const der = Buffer.from(data, 'hex')
  return readable(() =>
    selector === 0
      ? new X509Certificate(der).publicKey
      : createPublicKey({ key: der, format: 'der', type: 'spki' }),
  )
}

/** What OpenSSL makes of octets that a stranger sent; undefined where it can make nothing of them, whatever it says then. */
function readable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
