import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ChannelBindings } from './wire.ts'

/** RFC 9266 §2. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
const EXPORTER_OCTETS = 32

/**
 * Object identifiers of signature algorithms, DER in hex, and the digest that a certificate with it is bound by: its own,
 * with MD5 and SHA-1 replaced by SHA-256 (RFC 5929 §4.1). Algorithms without one digest, such as Ed25519, have no such
 * binding.
 */
const DIGESTS: Readonly<Record<string, string>> = {
  // RSA with MD5, SHA-1, SHA-256, SHA-384, SHA-512
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  // ECDSA with SHA-1, SHA-256, SHA-384, SHA-512
  '2a8648ce3d0401': 'sha256',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
}

/**
 * The channel bindings of a TLS connection (RFC 5929, RFC 9266), each only where it holds for its version.
 * @param own the peer's own certificate, DER
 */
export function channelBindings(socket: TLSSocket, own: Buffer | undefined): ChannelBindings {
  const legacy = socket.getProtocol() !== 'TLSv1.3'
  return {
    // before TLS 1.3 it needs an extension whose use Node does not tell (RFC 9266 §3)
    'tls-exporter': legacy
      ? undefined
      : socket.exportKeyingMaterial(EXPORTER_OCTETS, EXPORTER_LABEL, Buffer.alloc(0)),
    // the first Finished message of the handshake is the client's, as sessions are never resumed here
    'tls-unique': legacy ? socket.getFinished() : undefined,
    'tls-server-end-point': own === undefined ? undefined : serverEndPoint(own),
  }
}

function serverEndPoint(der: Buffer): Buffer | undefined {
  const digest = DIGESTS[signatureAlgorithm(der) ?? '']
  return digest === undefined ? undefined : createHash(digest).update(der).digest()
}

/** RFC 5280 §4.1: `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`. */
function signatureAlgorithm(der: Buffer): string | undefined {
  const certificate = elementAt(der, 0)
  const signed = certificate === undefined ? undefined : elementAt(der, certificate.start)
  const algorithm = signed === undefined ? undefined : elementAt(der, signed.end)
  const identifier = algorithm === undefined ? undefined : elementAt(der, algorithm.start)
  return identifier === undefined ? undefined : der.toString('hex', identifier.start, identifier.end)
}

/** Where the content of the DER element at `at` begins and ends; undefined where there is none. */
function elementAt(der: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  const short = der[at + 1]
  if (short === undefined) return undefined
  const lengthOctets = short < 0x80 ? 0 : short - 0x80
  const start = at + 2 + lengthOctets
  if (lengthOctets > 4 || start > der.length) return undefined
  const length = lengthOctets === 0 ? short : der.readUIntBE(at + 2, lengthOctets)
  return start + length > der.length ? undefined : { start, end: start + length }
}
