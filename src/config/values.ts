import { isIP } from 'node:net'
import { parseHost } from '../text/host.ts'
import { Secret } from '../text/secret.ts'
import { ValueError } from './config-error.ts'

/** From the text of a variable to its value. None of them quotes what it read. @throws {ValueError} */
export type Reader<T> = (text: string) => T

/** setTimeout takes no more and would fire at once. */
export const LONGEST_MS = 2_147_483_647

export function wholeNumber(low: number, high = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (text) => {
    const number = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
    if (number >= low && number <= high) return number
    const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`
    throw new ValueError(`must be a whole number ${range}`)
  }
}

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (text) => {
    const word = words.find((one) => one === text)
    if (word !== undefined) return word
    throw new ValueError(`must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`)
  }
}

export function flag(text: string): boolean {
  return oneOf('true', 'false')(text) === 'true'
}

export function text(given: string): string {
  return given
}

/** Undefined where nothing is given. */
export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (given) => (given === '' ? undefined : read(given))
}

/** An address or a host name to listen on. */
export function listenHost(given: string): string {
  const host = parseHost(given)
  if (host.kind === 'malformed')
    throw new ValueError('must be an address or a host name, such as 127.0.0.1 or ::1')
  return host.kind === 'name' ? host.name : host.address
}

/** RFC 5321 §4.1.1.1: `ehlo = "EHLO" SP ( Domain / address-literal ) CRLF` */
export function helloName(given: string): string {
  const name = domainName(given) ?? addressLiteral(given)
  if (name !== undefined) return name
  throw new ValueError('must be a domain name, or an address such as [192.0.2.1] or [IPv6:2001:db8::1]')
}

/** RFC 5321 §2.3.5: a host that has no proper name of its own does not say the one it has. */
export function helloNameOf(hostname: string): string {
  const name = domainName(hostname)
  return name?.includes('.') === true ? name : 'localhost'
}

/** RFC 5321 §4.1.2 `sub-domain = Let-dig [Ldh-str]`: without the underscore, which only names to connect to may have. */
function domainName(given: string): string | undefined {
  const host = parseHost(given)
  return host.kind === 'name' && !host.name.includes('_') ? host.name : undefined
}

/** RFC 5321 §4.1.3. */
function addressLiteral(given: string): string | undefined {
  const [, v6, v4] = /^\[(?:IPv6:([^\]%]+)|([^\]]+))\]$/i.exec(given) ?? []
  return isIP(v6 ?? '') === 6 || isIP(v4 ?? '') === 4 ? given : undefined
}

/** Addresses and networks whose `X-Forwarded-For` is believed; `false`: nobody's. */
export function trustedProxies(given: string): string[] {
  if (given === 'false') return []
  return itemsOf(given).map((item, place) => {
    const [, address = '', bits] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(item) ?? []
    // stricter than ipaddr.js, for which 0x7f.1 is an address and 10/8 a network
    const family = isIP(address)
    if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) return item
    throw new ValueError(
      `must be false, or addresses and networks such as 10.0.0.0/8,fd00::/8; entry ${place + 1} is neither`,
    )
  })
}

/** Short ones could be found by trying. */
const SHORTEST_KEY = 16

export function apiKeys(given: string): Secret[] {
  return itemsOf(given).map((item, place) => apiKey(item, `entry ${place + 1}`))
}

/** The content of a file: one key a line. */
export function apiKeyLines(content: string): Secret[] {
  const keys = content
    .split(/\r?\n/)
    .map((line, place) => ({ key: line.trim(), where: `line ${place + 1}` }))
    .filter(({ key }) => key !== '')
    .map(({ key, where }) => apiKey(key, where))
  // an empty file is a secret that was not delivered, and not the wish to be open
  if (keys.length === 0) throw new ValueError('must hold at least one key')
  return keys
}

/** A comma would make it two headers in one (RFC 9110 §5.3). @throws {ValueError} */
export function apiKey(key: string, where: string): Secret {
  if (!/^[\x21-\x2b\x2d-\x7e]*$/.test(key)) {
    throw new ValueError(`must hold keys of visible ASCII characters without commas; ${where} is another`)
  }
  if (key.length < SHORTEST_KEY) {
    throw new ValueError(`must hold keys of at least ${SHORTEST_KEY} characters; ${where} is shorter`)
  }
  return new Secret(key)
}

function itemsOf(given: string): string[] {
  return given === '' ? [] : given.split(',').map((item) => item.trim())
}
