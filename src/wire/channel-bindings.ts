import { createHash, X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ChannelBindings } from './wire.ts'

/** RFC 9266 §2. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
const EXPORTER_OCTETS = 32

/** The channel bindings of a TLS connection (RFC 5929, RFC 9266), each only where it holds for its version. */
export function channelBindings(socket: TLSSocket): ChannelBindings {
  const legacy = socket.getProtocol() !== 'TLSv1.3'
  const peer = socket.getPeerCertificate()
  return {
    // before TLS 1.3 it needs an extension whose use Node does not tell (RFC 9266)
    'tls-exporter': legacy
      ? undefined
      : socket.exportKeyingMaterial(EXPORTER_OCTETS, EXPORTER_LABEL, Buffer.alloc(0)),
    // the first Finished message of the handshake is the client's, as sessions are never resumed here
    'tls-unique': legacy ? socket.getFinished() : undefined,
    'tls-server-end-point': peer.raw === undefined ? undefined : serverEndPoint(peer.raw),
  }
}

/** RFC 5929 §4.1: the certificate under its own signature's hash, MD5 and SHA-1 replaced by SHA-256. */
function serverEndPoint(der: Buffer): Buffer | undefined {
  const { signatureAlgorithm } = new X509Certificate(der) as X509Certificate & {
    readonly signatureAlgorithm?: string
  }
  const named = /sha-?(256|384|512)/i.exec(signatureAlgorithm ?? '')?.[1]
  // Node 20 does not tell the algorithm: without it the digest would be a guess
  if (signatureAlgorithm === undefined) return undefined
  return createHash(`sha${named ?? '256'}`)
    .update(der)
    .digest()
}
