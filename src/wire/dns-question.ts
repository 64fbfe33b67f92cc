import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { connect } from 'node:net'
import * as packet from 'dns-packet'
import { DnsError, type ResolverOptions } from './resolve.ts'

/** What came of a question that the system's resolver cannot ask. */
export interface DnsAnswer {
  /** Records of the answer section, of any type; none where the name does not exist. */
  readonly records: readonly packet.Answer[]
  /** The AD bit: the resolver says that DNSSEC vouches for all of it (RFC 4035 §3.2.3). */
  readonly authenticated: boolean
}

/**
 * Asks for the records of a type.
 * @throws {DnsError} when nobody could say
 * @throws the reason of the signal
 */
export type AskDns = (name: string, type: 'TLSA', signal: AbortSignal) => Promise<DnsAnswer>

/** What an IPv6 packet of the least size that every network carries has room for: nothing is cut on its way. */
const MOST_UDP_OCTETS = 1232
/** A record set of which nobody needs more; what is larger costs more to read than it can be worth. */
const MOST_TCP_OCTETS = 16_384
/** Of the system's servers no more are asked, as resolv.conf(5) has it. */
const MOST_SERVERS = 3
const HEADER_OCTETS = 12

/** RFC 1035 §4.1.1 */
const NOERROR = 0
const NXDOMAIN = 3
const MEANINGS: Readonly<Record<number, string>> = {
  1: 'the resolver called the question malformed',
  2: 'the resolver answered SERVFAIL',
  4: 'the resolver does not know the question',
  5: 'the resolver refused to answer',
}

interface Endpoint {
  readonly address: string
  readonly port: number
}

interface Question {
  readonly id: number
  readonly name: string
  readonly type: 'TLSA'
  readonly octets: Buffer
}

/**
 * A client of the same resolvers that `createResolver` asks, for what Node's own cannot ask. Each question has a random id and a
 * port of its own, and only its own answer is taken (RFC 5452 §9.1).
 */
export function dnsAsker(options: ResolverOptions = {}): AskDns {
  const { servers = [], timeoutMs = 3000, tries = 2 } = options
  return async (name, type, signal) => {
    const asked = (servers.length > 0 ? servers : dns.getServers().slice(0, MOST_SERVERS)).map(endpointOf)
    let failure = failed(name, type, 'no resolver is configured')
    for (let round = 0; round < tries; round += 1) {
      for (const server of asked) {
        try {
          return await answerOf(server, question(name, type), timeoutMs * 2 ** round, signal)
        } catch (error) {
          if (!(error instanceof DnsError)) throw error
          failure = error
        }
      }
    }
    throw failure
  }
}

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`, as `getServers` and MAILWIRE_DNS_SERVERS have them. */
function endpointOf(text: string): Endpoint {
  const [, v6, v4, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? []
  return { address: v6 ?? v4 ?? text, port: Number(port ?? 53) }
}

function question(name: string, type: 'TLSA'): Question {
  const id = randomInt(0x10000)
  const octets = packet.encode({
    type: 'query',
    id,
    // RFC 6840 §5.7: AD in a question asks for AD in the answer
    flags: packet.RECURSION_DESIRED | packet.AUTHENTIC_DATA,
    questions: [{ type, name, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: MOST_UDP_OCTETS,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: packet.DNSSEC_OK,
        flag_do: true,
        options: [],
      },
    ],
  })
  return { id, name, type, octets }
}

/** @throws {DnsError} */
async function answerOf(
  server: Endpoint,
  asked: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const within = <T>(open: Opening<T>): Promise<T> => withinTime(asked, timeoutMs, signal, open)
  const first = await within<packet.DecodedPacket>((settle) => overUdp(server, asked, settle))
  const whole = first.flag_tc
    ? await within<packet.DecodedPacket>((settle) => overTcp(server, asked, settle))
    : first
  const opt = whole.additionals?.find((one): one is packet.OptAnswer => one.type === 'OPT')
  // the upper bits of the code stand in the OPT record (RFC 6891 §6.1.3)
  const rcode = ((opt?.extendedRcode ?? 0) << 4) | ((whole.flags ?? 0) & 15)
  if (rcode !== NOERROR && rcode !== NXDOMAIN)
    throw failed(asked.name, asked.type, MEANINGS[rcode] ?? `the resolver answered with code ${rcode}`)
  return { records: whole.answers ?? [], authenticated: whole.flag_ad }
}

interface Settle<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Begins something that settles later. @returns what closes it */
type Opening<T> = (settle: Settle<T>) => () => void

/** Until it settles, the time is up or the caller has left; whatever it has opened is closed then. */
async function withinTime<T>(
  { name, type }: Question,
  timeoutMs: number,
  signal: AbortSignal,
  open: Opening<T>,
): Promise<T> {
  signal.throwIfAborted()
  let release = (): void => undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      const close = open({ resolve, reject })
      const timer = setTimeout(
        () => reject(failed(name, type, 'the resolver did not answer in time')),
        timeoutMs,
      )
      const left = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', left)
      release = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', left)
        close()
      }
    })
  } finally {
    release()
  }
}

/** The socket is connected, so that the kernel passes on what comes from the server alone. */
function overUdp(
  server: Endpoint,
  asked: Question,
  { resolve, reject }: Settle<packet.DecodedPacket>,
): () => void {
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', (error) => reject(unreachable(asked, error)))
  socket.on('message', (octets) => {
    // somebody else's answer, or one that was made up, ends nothing: the true one may still come
    const answer = decoded(asked, octets)
    if (answer !== undefined) resolve(answer)
  })
  socket.once('connect', () => socket.send(asked.octets))
  socket.connect(server.port, server.address)
  return () => socket.close()
}

/** RFC 1035 §4.2.2: two octets of length before each message. */
function overTcp(
  server: Endpoint,
  asked: Question,
  { resolve, reject }: Settle<packet.DecodedPacket>,
): () => void {
  const socket = connect({ host: server.address, port: server.port, autoSelectFamily: false })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(asked.octets.length)
  socket.write(Buffer.concat([length, asked.octets]))
  socket.on('error', (error) => reject(unreachable(asked, error)))
  let read: Buffer = Buffer.alloc(0)
  socket.on('data', (octets: Buffer) => {
    read = Buffer.concat([read, octets])
    if (read.length < 2) return
    const due = read.readUInt16BE(0)
    if (due > MOST_TCP_OCTETS)
      reject(failed(asked.name, asked.type, `the answer is longer than ${MOST_TCP_OCTETS} octets`))
    if (due > MOST_TCP_OCTETS || read.length < 2 + due) return
    const answer = decoded(asked, read.subarray(2, 2 + due))
    if (answer === undefined) reject(failed(asked.name, asked.type, 'the answer was malformed'))
    else resolve(answer)
  })
  socket.on('end', () => reject(failed(asked.name, asked.type, 'the resolver broke off its answer')))
  return () => socket.destroy()
}

/** The answer to this very question (RFC 5452 §9.1); undefined when it is anything else. */
function decoded({ id, name, type }: Question, octets: Buffer): packet.DecodedPacket | undefined {
  if (octets.length < HEADER_OCTETS || octets.readUInt16BE(0) !== id) return undefined
  let answer: packet.DecodedPacket
  try {
    answer = packet.decode(octets)
  } catch {
    // whatever it stumbles over, the octets are no DNS message
    return undefined
  }
  const [first, ...more] = answer.questions ?? []
  const isOwn =
    answer.flag_qr &&
    more.length === 0 &&
    first?.type === type &&
    first.class === 'IN' &&
    first.name.toLowerCase() === name.toLowerCase()
  return isOwn ? answer : undefined
}

function unreachable({ name, type }: Question, error: Error): DnsError {
  return failed(name, type, 'the resolver could not be reached', error)
}

function failed(name: string, type: string, reason: string, cause?: unknown): DnsError {
  return new DnsError('dns-failure', `no ${type} answer for ${name}: ${reason}`, cause)
}
