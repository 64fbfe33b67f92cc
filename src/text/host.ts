import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** What a caller wrote as host, and nothing else: an address, a domain name as A-labels in lower case, or neither. */
export type Host =
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'malformed'; readonly reason: string }

/**
 * Reads a host as strictly as it can be written: what is neither a dotted quad, an IPv6 address (RFC 4291 §2.2, with
 * or without brackets) nor a domain name is malformed and must not reach getaddrinfo, which takes `0x7f.1` for loopback.
 */
export function parseHost(text: string): Host {
  if (isIPv4(text)) return { kind: 'address', address: text, family: 4 }
  const bracketed = /^\[(.*)\]$/s.exec(text)?.[1]
  if (bracketed === undefined && !text.includes(':')) return domainName(text)
  const literal = bracketed ?? text
  if (literal.includes('%'))
    return malformed('an address with a zone (%) means something on one machine only')
  if (isIPv6(literal)) return { kind: 'address', address: literal, family: 6 }
  return malformed('it is not an IPv6 address')
}

/** RFC 1035 §2.3.4: 255 octets on the wire, which is 253 characters. */
const LONGEST_NAME = 253
/** RFC 1123 §2.1, and the underscore, which container networks and `_mta-sts` use. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

function domainName(text: string): Host {
  const relative = text.endsWith('.') ? text.slice(0, -1) : text
  if (relative === '') return malformed('it is empty')
  // before domainToASCII, which decodes percent signs and repairs much else
  if (/[^A-Za-z0-9._\-\u0080-\u{10ffff}]/u.test(relative))
    return malformed('it holds characters that no host name has')
  const name = /[\u0080-\u{10ffff}]/u.test(relative) ? aLabels(relative) : relative.toLowerCase()
  if (name === undefined)
    return malformed('it is no internationalised domain name in its proper spelling (RFC 5891)')
  // RFC 3696 §2: no top-level domain is a number; what ends in one is an address to getaddrinfo
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(name)) {
    return malformed(
      'it ends in a number; an IPv4 address is four decimal numbers without leading zeros, as in 192.0.2.1',
    )
  }
  if (name.length > LONGEST_NAME) return malformed(`it is longer than ${LONGEST_NAME} characters`)
  for (const label of name.split('.')) {
    if (label.length > 63) return malformed('a label is longer than 63 characters')
    if (!LABEL.test(label)) return malformed('its labels are not all of letters, digits and inner hyphens')
  }
  return { kind: 'name', name }
}

/** The mapping of UTS 46 turns `１２７.１` and `ｅxample.com` into something else: what does not map back was no U-label. */
function aLabels(text: string): string | undefined {
  const ascii = domainToASCII(text)
  return ascii !== '' && domainToUnicode(ascii) === text.normalize('NFC').toLowerCase() ? ascii : undefined
}

function malformed(reason: string): Host {
  return { kind: 'malformed', reason }
}
