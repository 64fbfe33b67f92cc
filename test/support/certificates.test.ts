import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { createAuthority, type Issued, selfSigned } from './certificates.ts'

const DAY_MS = 86_400_000

/** What Node's own TLS says of a server with this certificate, asked for by this name. */
async function verdict(server: Issued, ca: string, servername: string): Promise<string> {
  const listener = createServer({ cert: server.cert, key: server.key }, (socket) => {
    socket.on('error', () => {})
    socket.end()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', ca, servername, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect')
    return socket.authorized ? 'authorized' : codeOf(socket.authorizationError)
  } finally {
    socket.destroy()
    listener.close()
  }
}

/** Node types it as an Error; it is the bare code, except for a name that does not match. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

describe('certificates for tests', async () => {
  const authority = await createAuthority()
  const names = ['mail.lab.test', '127.0.0.1']

  test('a leaf is authorised for its names where its authority is trusted', async () => {
    const leaf = await authority.issue({ names })
    expect(await verdict(leaf, authority.cert, 'mail.lab.test')).toBe('authorized')
  })

  test('a leaf is authorised for its IP address', async () => {
    const leaf = await authority.issue({ names })
    expect(new X509Certificate(leaf.cert).checkIP('127.0.0.1')).toBe('127.0.0.1')
  })

  test.each([
    [
      'CERT_HAS_EXPIRED',
      { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) },
    ],
    ['CERT_NOT_YET_VALID', { notBefore: new Date(Date.now() + DAY_MS) }],
  ])('a leaf outside its time is refused with %s', async (code, times) => {
    const leaf = await authority.issue({ names, ...times })
    expect(await verdict(leaf, authority.cert, 'mail.lab.test')).toBe(code)
  })

  test('a leaf is refused for a name it does not have', async () => {
    const leaf = await authority.issue({ names: ['other.lab.test'] })
    expect(await verdict(leaf, authority.cert, 'mail.lab.test')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('a self-signed certificate is refused', async () => {
    expect(await verdict(await selfSigned({ names }), authority.cert, 'mail.lab.test')).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
  })

  test('a leaf of another authority of the same name is refused', async () => {
    const leaf = await (await createAuthority()).issue({ names })
    expect(await verdict(leaf, authority.cert, 'mail.lab.test')).not.toBe('authorized')
  })
})
