import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls'
import type { CertificateFacts } from './wire.ts'

const LONGEST_CHAIN = 10
const DAY_MS = 86_400_000

/** The peer's certificate as facts; null when there was none. */
export function certificateFacts(peer: DetailedPeerCertificate, nowMs: number): CertificateFacts | null {
  if (Object.keys(peer).length === 0) return null
  const validTo = new Date(peer.valid_to)
  return {
    subject: distinguishedName(peer.subject),
    issuer: distinguishedName(peer.issuer),
    names: alternativeNames(peer.subjectaltname),
    validFrom: new Date(peer.valid_from).toISOString(),
    validTo: validTo.toISOString(),
    daysLeft: Math.floor((validTo.getTime() - nowMs) / DAY_MS),
    fingerprint256: peer.fingerprint256,
    chain: issuersOf(peer),
  }
}

/** Whether the certificate is for this name or address (RFC 9525); undefined when it is, the reason otherwise. */
export function nameMismatch(servername: string, peer: PeerCertificate): Error | undefined {
  return checkServerIdentity(servername, peer)
}

/**
 * The certificates that the peer presented, its own first, without those that verification found elsewhere.
 *
 * On Node 20 this takes them out of the connection: what else is to be known of them has to be asked before.
 */
export function takePresented(socket: TLSSocket): readonly Buffer[] {
  const presented: Buffer[] = []
  let at = socket.getPeerX509Certificate()
  while (at !== undefined && presented.length <= LONGEST_CHAIN) {
    presented.push(at.raw)
    at = at.issuerCertificate
  }
  return presented
}

function issuersOf(peer: DetailedPeerCertificate): string[] {
  const chain: string[] = []
  let at = peer
  // a self-signed certificate is its own issuer, and Node gives it as another object
  while (at.issuerCertificate !== undefined && at.issuerCertificate.fingerprint256 !== at.fingerprint256) {
    if (chain.length === LONGEST_CHAIN) break
    at = at.issuerCertificate
    chain.push(distinguishedName(at.subject))
  }
  return chain
}

/** `CN=mx.example.com, O=Example`; Node gives repeated attributes as lists. */
function distinguishedName(name: object): string {
  return Object.entries(name)
    .map(([attribute, value]) => `${attribute}=${Array.isArray(value) ? value.join('+') : String(value)}`)
    .join(', ')
}

/** Node gives `DNS:mx.example.com, IP Address:192.0.2.7`, a name that holds a comma in quotes. */
function alternativeNames(subjectaltname: string | undefined): string[] {
  const matches = subjectaltname?.matchAll(/(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g) ?? []
  return [...matches].map((match) => (match[1] ?? '').trim()).filter((name) => name !== '')
}
