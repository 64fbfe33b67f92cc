import { domainToASCII } from 'node:url'
import { fieldText } from './field-text.ts'
import { type FieldPath, MessageError } from './message-error.ts'

/** One mailbox of an address field, with its name decoded. */
export interface NamedAddress {
  /** Empty where there is none. */
  readonly name: string
  readonly address: string
}

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u00a0-\\u{10ffff}]"
/** RFC 5322 §3.4.1 `addr-spec`, with the characters of RFC 6532 and without comments and obsolete forms. */
const LOCAL_PART = new RegExp(`^(?:${ATEXT}+(?:\\.${ATEXT}+)*|"(?:[^"\\\\]|\\\\.)*")$`, 'u')
const DOMAIN = /^[^\s.()<>[\]:;@\\,"]+(?:\.[^\s.()<>[\]:;@\\,"]+)*$/u
const DOMAIN_LITERAL = /^\[[^\s[\]\\]+\]$/
/** `"Name" <addr>`, `Name <addr>` or `<addr>`. What needs quotes in a name is not taken without them. */
const NAMED = /^(?:"((?:[^"\\]|\\.)*)"|([^"<>()[\]:;@\\,]*))\s*<([^<>]*)>$/u
/** RFC 5321 §4.5.3.1: a local part of 64 octets, and a domain of 255. */
const LONGEST_ADDRESS = 320

/**
 * Reads one address, bare or with a name.
 * @throws {MessageError} for what is none, and for groups
 */
export function namedAddress(path: FieldPath, given: string): NamedAddress {
  const text = fieldText(path, given).trim()
  const named = NAMED.exec(text)
  const name = named === null ? '' : (named[1]?.replace(/\\(.)/gu, '$1') ?? named[2] ?? '').trim()
  const address = (named === null ? text : (named[3] ?? '')).trim()
  if (named === null && /^[^"<>@]*:.*;?$/u.test(text)) {
    throw new MessageError(path, 'a group of addresses is not taken; give its members')
  }
  const at = address.lastIndexOf('@')
  const localPart = address.slice(0, Math.max(at, 0))
  if (at === -1 || !LOCAL_PART.test(localPart) || !isDomain(address.slice(at + 1))) {
    throw new MessageError(path, 'an address is written name@domain or "Name" <name@domain> (RFC 5322 §3.4)')
  }
  if (Buffer.byteLength(address) > LONGEST_ADDRESS) {
    throw new MessageError(path, `an address is at most ${LONGEST_ADDRESS} octets long`)
  }
  return { name, address }
}

/** The domain as it stands behind the @ of a message identifier: A-labels, or the literal. */
export function asciiDomainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return /^[\x21-\x7e]+$/.test(domain) ? domain : domainToASCII(domain)
}

/** The local part holds characters beyond ASCII: only SMTPUTF8 can carry it (RFC 6531 §3.3). */
export function needsSmtpUtf8(address: string): boolean {
  return /\P{ASCII}/u.test(address.slice(0, address.lastIndexOf('@')))
}

function isDomain(domain: string): boolean {
  if (domain.startsWith('[')) return DOMAIN_LITERAL.test(domain)
  return DOMAIN.test(domain) && (/^[\x21-\x7e]+$/.test(domain) || domainToASCII(domain) !== '')
}
