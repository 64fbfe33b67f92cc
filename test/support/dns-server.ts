import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import * as packet from 'dns-packet'

type Type = 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR' | 'CNAME' | 'TLSA'

/** What goes wrong instead of an answer; `timeout`: there is none at all. */
type Fault = 'servfail' | 'refused' | 'nxdomain' | 'timeout'

interface Mx {
  readonly preference: number
  readonly exchange: string
}

/** One set of records, or several that are served in turn, the last one for good: how a name is rebound. */
type Served<T> = Fault | readonly T[] | { readonly turns: readonly (readonly T[])[] }

interface Records {
  readonly A?: Served<string>
  readonly AAAA?: Served<string>
  readonly MX?: Served<Mx>
  /** Each record is one string, which is sent in pieces of 255 octets. */
  readonly TXT?: Served<string>
  readonly PTR?: Served<string>
  readonly CNAME?: string
  /** Each record as a zone file has it: `3 1 1 abcd…`. */
  readonly TLSA?: Served<string>
  /** The resolver vouches for the answer. */
  readonly AD?: true
}

/** Names in lower case without the last dot; a name that is missing does not exist. */
export type Zone = Readonly<Record<string, Fault | Records>>

export interface DnsServer {
  /** `127.0.0.1:port`, as MAILWIRE_DNS_SERVERS takes it. */
  readonly address: string
  /** Every question so far, as `A example.test`. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

const RCODES = { servfail: 2, nxdomain: 3, refused: 5 } as const
const MOST_UDP_OCTETS = 1232
const LONGEST_CHAIN = 8

/** A recursive DNS server with made-up answers, over UDP and TCP, on a free port of 127.0.0.1. */
export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const { udp, tcp, port } = await listening()
  const asked: string[] = []
  const turns = new Map<string, number>()
  const sockets = new Set<Socket>()

  function respond(query: Buffer): packet.Packet | undefined {
    const { id, questions } = packet.decode(query)
    const question = questions?.[0]
    if (question === undefined) return undefined
    asked.push(`${question.type} ${question.name}`)
    const { answers, fault } = chase(question.name, question.type as Type)
    if (fault === 'timeout') return undefined
    const entry = zone[question.name.toLowerCase()]
    const vouched = typeof entry === 'object' && entry.AD === true ? packet.AUTHENTIC_DATA : 0
    const flags =
      packet.RECURSION_DESIRED |
      packet.RECURSION_AVAILABLE |
      vouched |
      (fault === undefined ? 0 : RCODES[fault])
    return { type: 'response', flags, questions: [question], answers, ...(id === undefined ? {} : { id }) }
  }

  function chase(first: string, type: Type): { answers: packet.Answer[]; fault?: Fault } {
    const answers: packet.Answer[] = []
    let name = first
    while (answers.length < LONGEST_CHAIN) {
      const entry = zone[name.toLowerCase()] ?? 'nxdomain'
      if (typeof entry === 'string') return { answers, fault: entry }
      if (entry.CNAME === undefined || type === 'CNAME') {
        const records = served(name, type, entry)
        return typeof records === 'string'
          ? { answers, fault: records }
          : { answers: [...answers, ...records] }
      }
      answers.push({ type: 'CNAME', name, ttl: 0, data: entry.CNAME })
      name = entry.CNAME
    }
    return { answers: [], fault: 'servfail' }
  }

  function served(name: string, type: Type, entry: Records): Fault | packet.Answer[] {
    switch (type) {
      case 'A':
      case 'AAAA':
      case 'PTR': {
        const current = inTurn(name, type, entry[type] ?? [])
        return typeof current === 'string' ? current : current.map((data) => ({ type, name, ttl: 0, data }))
      }
      case 'MX': {
        const current = inTurn(name, type, entry.MX ?? [])
        return typeof current === 'string' ? current : current.map((data) => ({ type, name, ttl: 0, data }))
      }
      case 'TXT': {
        const current = inTurn(name, type, entry.TXT ?? [])
        return typeof current === 'string'
          ? current
          : current.map((text) => ({ type, name, ttl: 0, data: pieces(text) }))
      }
      case 'TLSA': {
        const current = inTurn(name, type, entry.TLSA ?? [])
        return typeof current === 'string'
          ? current
          : current.map((text) => ({ type, name, ttl: 0, data: association(text) }))
      }
      case 'CNAME':
        return entry.CNAME === undefined ? [] : [{ type, name, ttl: 0, data: entry.CNAME }]
      default:
        return []
    }
  }

  function inTurn<T>(name: string, type: Type, records: Served<T>): Fault | readonly T[] {
    if (typeof records === 'string' || !('turns' in records)) return records
    const key = `${type} ${name.toLowerCase()}`
    const turn = turns.get(key) ?? 0
    turns.set(key, turn + 1)
    return records.turns[Math.min(turn, records.turns.length - 1)] ?? []
  }

  udp.on('message', (query, from) => {
    const response = respond(query)
    if (response === undefined) return
    const octets = packet.encode(response)
    const truncated = { ...response, flags: (response.flags ?? 0) | packet.TRUNCATED_RESPONSE, answers: [] }
    udp.send(octets.length > MOST_UDP_OCTETS ? packet.encode(truncated) : octets, from.port, from.address)
  })
  tcp.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0)
        const response = respond(pending.subarray(2, end))
        if (response !== undefined) socket.write(packet.streamEncode(response))
        pending = pending.subarray(end)
      }
    })
  })

  return {
    address: `127.0.0.1:${port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy()
      const closed = [once(udp, 'close'), once(tcp, 'close')]
      udp.close()
      tcp.close()
      await Promise.all(closed)
    },
  }
}

/** The same port free for TCP and UDP: what is free for one may be taken for the other. */
async function listening() {
  for (let attempt = 0; ; attempt += 1) {
    const tcp = createServer().listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const { port } = tcp.address() as AddressInfo
    const udp = createSocket('udp4')
    try {
      udp.bind(port, '127.0.0.1')
      await once(udp, 'listening')
      return { udp, tcp, port }
    } catch (error) {
      udp.close()
      tcp.close()
      if (attempt === 9) throw error
    }
  }
}

function association(text: string): packet.TlsaData {
  const [usage, selector, matchingType, data = ''] = text.split(' ')
  return {
    usage: Number(usage),
    selector: Number(selector),
    matchingType: Number(matchingType),
    certificate: Buffer.from(data, 'hex'),
  }
}

function pieces(text: string): Buffer[] {
  const octets = Buffer.from(text)
  return Array.from({ length: Math.ceil(octets.length / 255) }, (_, n) =>
    octets.subarray(n * 255, n * 255 + 255),
  )
}
