import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { certificateFacts, nameMismatch } from '../../src/wire/certificate.ts'
import { createAuthority, selfSigned } from '../support/certificates.ts'

const NOW = Date.UTC(2026, 0, 15)

/** As Node gives it after a handshake, the authority linked to itself. */
function peerOf(cert: string, issuer?: DetailedPeerCertificate): DetailedPeerCertificate {
  const peer = new X509Certificate(cert).toLegacyObject() as DetailedPeerCertificate
  peer.issuerCertificate = issuer ?? peer
  return peer
}

describe('a certificate as facts', () => {
  test('has its subject, issuer, names, dates and fingerprint', async () => {
    const authority = await createAuthority('Example Authority')
    const { cert } = await authority.issue({
      names: ['mx.example.test', '*.mail.example.test', '192.0.2.7', '2001:db8::7'],
      notBefore: new Date(Date.UTC(2026, 0, 1)),
      notAfter: new Date(Date.UTC(2026, 1, 1)),
    })
    expect(certificateFacts(peerOf(cert, peerOf(authority.cert)), NOW)).toEqual({
      subject: 'CN=mx.example.test',
      issuer: 'CN=Example Authority',
      names: ['mx.example.test', '*.mail.example.test', '192.0.2.7', '2001:DB8:0:0:0:0:0:7'],
      validFrom: '2026-01-01T00:00:00.000Z',
      validTo: '2026-02-01T00:00:00.000Z',
      daysLeft: 17,
      fingerprint256: new X509Certificate(cert).fingerprint256,
      chain: ['CN=Example Authority'],
    })
  })

  test.each([
    ['ends now', NOW, 0],
    ['ends within the day', NOW + 86_399_000, 0],
    ['ends in a day', NOW + 86_400_000, 1],
    ['has ended a second ago', NOW - 1000, -1],
  ])('that %s has whole days left', async (_, notAfter, daysLeft) => {
    const { cert } = await selfSigned({
      names: ['a.test'],
      notBefore: new Date(NOW - 1e9),
      notAfter: new Date(notAfter),
    })
    expect(certificateFacts(peerOf(cert), NOW)?.daysLeft).toBe(daysLeft)
  })

  test('that vouches for itself has no chain', async () => {
    const { cert } = await selfSigned({ names: ['a.test'] })
    expect(certificateFacts(peerOf(cert), NOW)).toMatchObject({ chain: [], issuer: 'CN=a.test' })
  })

  test('has a chain with an end, whatever links to what', async () => {
    const { cert } = await selfSigned({ names: ['a.test'] })
    const first = peerOf(cert)
    const second = peerOf(cert, first)
    first.issuerCertificate = second
    expect(certificateFacts(first, NOW)?.chain.length).toBeLessThanOrEqual(10)
  })

  test('is none where the peer showed none', () => {
    expect(certificateFacts({} as DetailedPeerCertificate, NOW)).toBeNull()
  })

  test.each([
    ['no subject', { subject: {} }, { subject: '' }],
    ['an attribute twice', { subject: { O: 'Example', OU: ['a', 'b'] } }, { subject: 'O=Example, OU=a+b' }],
    ['no names', { subjectaltname: undefined }, { names: [] }],
    [
      'a name in quotes with a comma in it',
      { subjectaltname: 'DNS:"a, DNS:b", DNS:c' },
      { names: ['"a, DNS:b"', 'c'] },
    ],
    [
      'names that are neither hosts nor addresses',
      { subjectaltname: 'URI:http://x, email:a@x, DNS:c' },
      { names: ['c'] },
    ],
  ])('may have %s', async (_, part, facts) => {
    const { cert } = await selfSigned({ names: ['a.test'] })
    const peer = Object.assign(peerOf(cert), part) as DetailedPeerCertificate
    expect(certificateFacts(peer, NOW)).toMatchObject(facts)
  })
})

describe('the name in a certificate (RFC 9525)', () => {
  test.each([
    ['mx.example.test', undefined],
    ['MX.EXAMPLE.TEST', undefined],
    ['a.mail.example.test', undefined],
    ['192.0.2.7', undefined],
    ['a.b.mail.example.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['mail.example.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['evil.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['192.0.2.8', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s: %s', async (servername, code) => {
    const { cert } = await selfSigned({ names: ['mx.example.test', '*.mail.example.test', '192.0.2.7'] })
    expect((nameMismatch(servername, peerOf(cert)) as NodeJS.ErrnoException | undefined)?.code).toBe(code)
  })
})
