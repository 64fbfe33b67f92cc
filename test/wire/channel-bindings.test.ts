import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { channelBindings } from '../../src/wire/channel-bindings.ts'
import { createAuthority } from '../support/certificates.ts'

/** Both ends of one TLS connection. */
async function connection(
  version: SecureVersion,
): Promise<{ client: TLSSocket; server: TLSSocket; der: Buffer }> {
  const issued = await (await createAuthority()).issue({ names: ['localhost'] })
  const listener = createServer({ ...issued, minVersion: version, maxVersion: version }).listen(
    0,
    '127.0.0.1',
  )
  await once(listener, 'listening')
  const accepted = once(listener, 'secureConnection')
  const { port } = listener.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(client, 'secureConnect')
  const [server] = (await accepted) as [TLSSocket]
  onTestFinished(() => {
    client.destroy()
    listener.close()
  })
  return { client, server, der: new X509Certificate(issued.cert).raw }
}

describe('what a login can bind itself to', () => {
  test('TLS 1.3: both ends export the same, and the first Finished is no binding', async () => {
    const { client, server, der } = await connection('TLSv1.3')
    const bindings = channelBindings(client, der)
    expect(bindings['tls-exporter']).toEqual(
      server.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    )
    expect(bindings['tls-unique']).toBeUndefined()
  })

  test('TLS 1.2: the client’s Finished, as the server has received it', async () => {
    const { client, server, der } = await connection('TLSv1.2')
    const bindings = channelBindings(client, der)
    expect(bindings['tls-unique']).toEqual(server.getPeerFinished())
    expect(bindings['tls-exporter']).toBeUndefined()
  })

  test('the certificate under the digest of its own signature', async () => {
    const { client, der } = await connection('TLSv1.3')
    // the authority of the tests signs with SHA-256
    expect(channelBindings(client, der)['tls-server-end-point']).toEqual(
      createHash('sha256').update(der).digest(),
    )
  })
})
