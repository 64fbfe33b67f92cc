import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { SocketWire, secureContexts } from '../../src/wire/socket-wire.ts'
import type { TlsWish } from '../../src/wire/wire.ts'
import { type Authority, createAuthority, type Issued, selfSigned } from '../support/certificates.ts'

let server: Server
let authority: Authority
let issued: Issued

beforeAll(async () => {
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  authority = await createAuthority()
  issued = await authority.issue({ names: ['mx.example.test', '127.0.0.1'] })
})

afterAll(() => {
  server.close()
})

/** A wire, the socket under it, and the socket at the other end, which does nothing by itself. */
async function connection() {
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const [peer] = await accepted
  peer.on('error', () => undefined)
  onTestFinished(() => {
    peer.destroy()
    socket.destroy()
  })
  const wire = new SocketWire(socket, {
    contextOf: secureContexts(),
    now: () => performance.now(),
    wallNow: () => Date.now(),
  })
  return { wire, socket, peer }
}

const wish = (more: Partial<TlsWish> = {}): TlsWish => ({
  servername: 'mx.example.test',
  minVersion: 'TLSv1.2',
  ...more,
})

/** The other end speaks TLS from here on. */
function tlsOf(peer: Socket, identity: Issued, more: TLSSocketOptions = {}): TLSSocket {
  const tls = new TLSSocket(peer, { isServer: true, secureContext: createSecureContext(identity), ...more })
  tls.on('error', () => undefined)
  return tls
}

async function readAll(wire: SocketWire): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let octets = await wire.read(); octets !== null; octets = await wire.read()) pieces.push(octets)
  return Buffer.concat(pieces)
}

async function heardBy(peer: Socket): Promise<string> {
  let heard = ''
  peer.on('data', (piece) => {
    heard += piece.toString()
  })
  peer.resume()
  await once(peer, 'end')
  return heard
}

/** More than all buffers on the way can hold. */
const MUCH = 32 * 1024 * 1024

function fill(wire: SocketWire): void {
  expect(wire.write(Buffer.alloc(MUCH, 'a'))).toBe(false)
}

describe('reading', () => {
  test('gives what came, and null at the end, however often', async () => {
    const { wire, peer } = await connection()
    peer.write('220 mx\r\n')
    expect((await wire.read())?.toString()).toBe('220 mx\r\n')
    peer.end('221 Bye\r\n')
    expect((await readAll(wire)).toString()).toBe('221 Bye\r\n')
    expect(await wire.read()).toBeNull()
  })

  test('waits for what has not come yet', async () => {
    const { wire, peer } = await connection()
    const reading = wire.read()
    expect(wire.readNow()).toBeUndefined()
    peer.write('220 mx\r\n')
    expect((await reading)?.toString()).toBe('220 mx\r\n')
    expect(wire.readNow()).toBeUndefined()
  })

  test('sees without waiting what has come', async () => {
    const { wire, peer } = await connection()
    peer.write('421 bye\r\n')
    await vi.waitUntil(async () => (await wire.writable()) === 'readable')
    expect(wire.readNow()?.toString()).toBe('421 bye\r\n')
    expect(wire.readNow()).toBeUndefined()
  })

  test('that does not happen slows the peer down', async () => {
    const { wire, peer } = await connection()
    peer.write(Buffer.alloc(MUCH, 'x'))
    const first = await wire.read()
    expect(first?.length).toBeLessThan(1024 * 1024)
    // most of it is still at the other end
    expect(peer.writableLength).toBeGreaterThan(MUCH / 2)
    peer.end()
    expect((first?.length ?? 0) + (await readAll(wire)).length).toBe(MUCH)
  })

  test('of a connection that was reset fails with Node’s code, and goes on failing', async () => {
    const { wire, peer } = await connection()
    const reading = wire.read()
    peer.resetAndDestroy()
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(wire.read()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(wire.writable()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(wire.write(Buffer.from('QUIT\r\n'))).toBe(true)
  })
})

describe('writing', () => {
  test('reaches the other end in order', async () => {
    const { wire, peer } = await connection()
    wire.write(Buffer.from('EHLO me\r\n'))
    wire.write(Buffer.from('QUIT\r\n'))
    wire.end()
    expect(await heardBy(peer)).toBe('EHLO me\r\nQUIT\r\n')
  })

  test('stops when the buffers are full, and goes on when the other end has read', async () => {
    const { wire, peer } = await connection()
    fill(wire)
    let turn: string | undefined
    const waiting = wire.writable().then((word) => {
      turn = word
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(turn).toBeUndefined()
    let heard = 0
    peer.on('data', (piece) => {
      heard += piece.length
    })
    peer.resume()
    await waiting
    expect(turn).toBe('writable')
    wire.end()
    await once(peer, 'end')
    expect(heard).toBe(MUCH)
  })

  test('is interrupted by what the other end says early', async () => {
    const { wire, peer } = await connection()
    fill(wire)
    const waiting = wire.writable()
    peer.write('552 too big\r\n')
    expect(await waiting).toBe('readable')
    expect((await wire.read())?.toString()).toBe('552 too big\r\n')
  })

  test('is interrupted by the other end hanging up', async () => {
    const { wire, peer } = await connection()
    fill(wire)
    const waiting = wire.writable()
    peer.end()
    expect(await waiting).toBe('readable')
    expect(await wire.read()).toBeNull()
  })

  test('is interrupted by a reset', async () => {
    const { wire, peer } = await connection()
    fill(wire)
    const waiting = wire.writable()
    peer.resetAndDestroy()
    await expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
  })
})

describe('ending', () => {
  test('leaves no socket open at either end', async () => {
    const { wire, socket, peer } = await connection()
    wire.write(Buffer.from('QUIT\r\n'))
    const closed = Promise.all([once(socket, 'close'), once(peer, 'close')])
    wire.end()
    expect(await heardBy(peer)).toBe('QUIT\r\n')
    peer.end()
    await closed
  })

  test('reads over what the peer still says before it hangs up as well', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { wire, socket, peer } = await connection()
    const closed = once(socket, 'close')
    wire.end()
    peer.end('221 Bye\r\n')
    await closed
  })

  test('does not wait for ever for a peer that talks on, or does not hang up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { wire, socket, peer } = await connection()
    const closed = once(socket, 'close')
    wire.end()
    expect(await heardBy(peer)).toBe('')
    peer.write('more and more\r\n')
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(2000)
    await closed
  })

  test('at once rejects what is being waited for, with the reason given', async () => {
    const reason = new Error('the whole call took longer than 5 s')
    const { wire, socket } = await connection()
    const reading = wire.read()
    wire.destroy(reason)
    await expect(reading).rejects.toBe(reason)
    await expect(wire.read()).rejects.toBe(reason)
    expect(socket.destroyed).toBe(true)

    const full = await connection()
    fill(full.wire)
    const waiting = full.wire.writable()
    full.wire.destroy(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  test('at once without a reason is an end like another', async () => {
    const { wire } = await connection()
    const reading = wire.read()
    wire.destroy()
    expect(await reading).toBeNull()
    expect(wire.write(Buffer.from('QUIT\r\n'))).toBe(true)
  })
})

test('both ends of the connection have an address', async () => {
  const { wire, socket } = await connection()
  expect(wire.local).toEqual({ address: '127.0.0.1', port: socket.localPort })
  expect(wire.remote).toEqual({ address: '127.0.0.1', port: (server.address() as AddressInfo).port })
})

describe('TLS', () => {
  test('is spoken after the clear, in both directions', async () => {
    const { wire, socket, peer } = await connection()
    peer.write('220 ready\r\n')
    await wire.read()
    wire.write(Buffer.from('STARTTLS\r\n'))
    peer.resume()
    await once(peer, 'data')
    peer.pause()
    peer.write('220 go\r\n')
    expect((await wire.read())?.toString()).toBe('220 go\r\n')
    const tls = tlsOf(peer, issued)
    const facts = await wire.startTls(wish({ ca: authority.cert }))
    expect(facts).toMatchObject({
      version: 'TLSv1.3',
      resumed: false,
      trusted: true,
      nameMatches: true,
      verifyError: null,
      certificate: { subject: 'CN=mx.example.test', names: ['mx.example.test', '127.0.0.1'] },
    })
    expect(facts.cipher).toMatch(/^TLS_/)
    // the authority's certificate is trusted here, and not presented by the peer
    const own = new X509Certificate(issued.cert).raw
    expect(facts.presented).toEqual([own])
    expect(wire.bindings()['tls-server-end-point']).toEqual(createHash('sha256').update(own).digest())
    expect(wire.bindings()['tls-server-end-point']).toHaveLength(32)
    expect(facts.handshakeMs).toBeGreaterThan(0)
    const heard = heardBy(tls)
    wire.write(Buffer.from('EHLO me\r\n'))
    tls.write('250 mx\r\n')
    expect((await wire.read())?.toString()).toBe('250 mx\r\n')
    wire.end()
    expect(await heard).toBe('EHLO me\r\n')
    tls.end()
    await Promise.all([once(peer, 'close'), socket.destroyed ? undefined : once(socket, 'close')])
  })

  test('ends at once when the other end hangs up', async () => {
    const { wire, peer } = await connection()
    const tls = tlsOf(peer, issued)
    await wire.startTls(wish())
    tls.end('221 bye\r\n')
    expect((await readAll(wire)).toString()).toBe('221 bye\r\n')
  })

  test('waits for a slow reader as well', async () => {
    const { wire, peer } = await connection()
    const tls = tlsOf(peer, issued)
    await wire.startTls(wish())
    fill(wire)
    const waiting = wire.writable()
    tls.write('552 too big\r\n')
    expect(await waiting).toBe('readable')
    expect((await wire.read())?.toString()).toBe('552 too big\r\n')
  })

  test('that nobody vouches for is spoken, and said to be so', async () => {
    const { wire, peer } = await connection()
    tlsOf(peer, await selfSigned({ names: ['mx.example.test'] }))
    expect(await wire.startTls(wish())).toMatchObject({
      trusted: false,
      nameMatches: true,
      verifyError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  test('with an authority that is not known is not trusted', async () => {
    const { wire, peer } = await connection()
    tlsOf(peer, issued)
    expect(await wire.startTls(wish({ ca: (await createAuthority()).cert }))).toMatchObject({
      trusted: false,
      nameMatches: true,
    })
  })

  test.each([
    ['mx.example.test', true, null],
    ['MX.Example.Test', true, null],
    ['127.0.0.1', true, null],
    ['other.example.test', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['127.0.0.2', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['example.test', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('the chain and the name are two verdicts: %s', async (servername, nameMatches, verifyError) => {
    const { wire, peer } = await connection()
    tlsOf(peer, issued)
    expect(await wire.startTls(wish({ servername, ca: authority.cert }))).toMatchObject({
      trusted: true,
      nameMatches,
      verifyError,
    })
  })

  test('tells the certificates that the peer presented, its own first', async () => {
    const { wire, peer } = await connection()
    tlsOf(peer, { ...issued, cert: `${issued.cert}\n${authority.cert}` })
    const { presented } = await wire.startTls(wish({}))
    expect(presented).toEqual([issued.cert, authority.cert].map((pem) => new X509Certificate(pem).raw))
  })

  test('with a certificate that has expired says so', async () => {
    const { wire, peer } = await connection()
    const day = 86_400_000
    const old = await authority.issue({
      names: ['mx.example.test'],
      notBefore: new Date(Date.now() - 20 * day),
      notAfter: new Date(Date.now() - 10.5 * day),
    })
    tlsOf(peer, old)
    const facts = await wire.startTls(wish({ ca: authority.cert }))
    expect(facts).toMatchObject({
      trusted: false,
      verifyError: 'CERT_HAS_EXPIRED',
      certificate: { daysLeft: -11 },
    })
  })

  test('tells the name it wants, and no address', async () => {
    for (const [servername, told] of [
      ['mx.example.test', 'mx.example.test'],
      ['127.0.0.1', false],
    ] as const) {
      const { wire, peer } = await connection()
      const tls = tlsOf(peer, issued)
      await wire.startTls(wish({ servername }))
      expect((tls as TLSSocket & { servername: string | false | undefined }).servername || false).toBe(told)
    }
  })

  test('with a client certificate shows it', async () => {
    const { wire, peer } = await connection()
    const client = await authority.issue({ names: ['client.example.test'] })
    const tls = tlsOf(peer, issued, { requestCert: true, rejectUnauthorized: false })
    await wire.startTls(wish({ clientCertificate: client, minVersion: 'TLSv1.3' }))
    tls.write('220 ready\r\n')
    await wire.read()
    expect(tls.getPeerCertificate().subject).toMatchObject({ CN: 'client.example.test' })
  })

  test('older than was asked for is not spoken', async () => {
    const { wire, peer } = await connection()
    tlsOf(peer, issued, { secureContext: createSecureContext({ ...issued, maxVersion: 'TLSv1.2' }) })
    await expect(wire.startTls(wish({ minVersion: 'TLSv1.3' }))).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_SSL_.*(PROTOCOL|VERSION)/),
    })
  })

  test('that fails behind the certificate still tells what was seen of it', async () => {
    const { wire, peer } = await connection()
    const secureContext = createSecureContext({ ...issued, maxVersion: 'TLSv1.2' })
    tlsOf(peer, issued, { secureContext, requestCert: true, rejectUnauthorized: true })
    await expect(wire.startTls(wish({ ca: authority.cert }))).rejects.toMatchObject({
      code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    })
    expect(wire.tlsSeen()).toMatchObject({
      version: 'TLSv1.2',
      trusted: false,
      nameMatches: true,
      verifyError: 'HANDSHAKE_FAILED',
      certificate: { names: expect.arrayContaining(['mx.example.test']) },
    })
  })

  test('that fails before a certificate has nothing to tell', async () => {
    const { wire, peer } = await connection()
    peer.write('220 mail.lab.test ESMTP Postfix\r\n')
    await expect(wire.startTls(wish())).rejects.toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
    expect(wire.tlsSeen()).toBeUndefined()
  })

  test('newer than was asked for is not spoken, and old versions are by name', async () => {
    for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
      const { wire, peer } = await connection()
      const everything = { ...issued, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      tlsOf(peer, issued, { secureContext: createSecureContext(everything) })
      const facts = await wire.startTls(wish({ minVersion: version, maxVersion: version }))
      expect(facts.version).toBe(version)
      wire.destroy()
    }
  })

  test('answered in plain text is not spoken', async () => {
    const { wire, peer } = await connection()
    peer.write('220 mail.lab.test ESMTP Postfix\r\n')
    await expect(wire.startTls(wish())).rejects.toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
    wire.destroy()
  })

  test.each([
    ['hangs up', (peer: Socket) => peer.end()],
    ['resets', (peer: Socket) => peer.resetAndDestroy()],
  ])('with a peer that %s instead fails', async (_, instead) => {
    const { wire, peer } = await connection()
    const handshake = wire.startTls(wish())
    instead(peer)
    await expect(handshake).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('with a peer that is silent can be given up', async () => {
    const { wire, socket, peer } = await connection()
    const handshake = wire.startTls(wish())
    const reason = new Error('no end of the TLS handshake within 10 s')
    wire.destroy(reason)
    await expect(handshake).rejects.toBe(reason)
    peer.resume()
    await once(peer, 'end')
    expect(socket.destroyed || socket.readableEnded).toBe(true)
  })
})

describe('secure contexts', () => {
  test('are made once for each distinct wish, whatever the name', () => {
    const contextOf = secureContexts()
    expect(contextOf(wish())).toBe(contextOf(wish({ servername: 'other.example.test' })))
    expect(contextOf(wish())).not.toBe(contextOf(wish({ minVersion: 'TLSv1.3' })))
    expect(contextOf(wish())).not.toBe(contextOf(wish({ maxVersion: 'TLSv1.2' })))
    expect(contextOf(wish())).not.toBe(contextOf(wish({ ca: authority.cert })))
    expect(contextOf(wish())).not.toBe(contextOf(wish({ clientCertificate: issued })))
  })

  test('are forgotten when there are too many, the oldest first', () => {
    const contextOf = secureContexts(2)
    const first = contextOf(wish({ minVersion: 'TLSv1.2' }))
    const second = contextOf(wish({ minVersion: 'TLSv1.3' }))
    contextOf(wish({ ca: authority.cert }))
    expect(contextOf(wish({ minVersion: 'TLSv1.3' }))).toBe(second)
    expect(contextOf(wish({ minVersion: 'TLSv1.2' }))).not.toBe(first)
  })
})
