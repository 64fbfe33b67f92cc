import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** An address of the envelope, refused or as it was given; nothing is repaired. */
export interface Mailbox {
  /** As it was given. */
  readonly address: string
  readonly localPart: string
  /** As it was given: a domain, or an address literal in brackets. */
  readonly domain: string
  /** The domain as A-labels (RFC 5890), or the literal. */
  readonly asciiDomain: string
  /** The local part holds characters beyond ASCII: only SMTPUTF8 can carry it (RFC 6531 §3.3). */
  readonly needsSmtpUtf8: boolean
}

/** Why a text is no address, in words for the one who wrote it. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/** RFC 5321 §4.1.2 `atext` (of RFC 5322 §3.2.3), and RFC 6531 §3.3 `UTF8-non-ascii`. */
const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\u{10ffff}]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\u{10ffff}]+)*$/u
/** RFC 5321 §4.1.2 `Quoted-string = DQUOTE *( qtextSMTP / "\" %d32-126 ) DQUOTE` */
const QUOTED_STRING = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])*"$/u
/** RFC 5321 §4.1.2 `sub-domain = Let-dig [Ldh-str]` */
const SUB_DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/
/** Control characters, line and paragraph separators, halves of surrogate pairs. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u
/** RFC 5321 §4.5.3.1: octets. */
const LONGEST_LOCAL_PART = 64
const LONGEST_DOMAIN = 255
const LONGEST_PATH = 254

/**
 * Reads a `Mailbox` by the grammar of RFC 5321 §4.1.2 and RFC 6531 §3.3.
 * @throws {AddressError}
 */
export function mailbox(address: string): Mailbox {
  if (FORBIDDEN.test(address))
    throw new AddressError('an address cannot hold control characters or line breaks')
  const at = address.lastIndexOf('@')
  if (at === -1) throw new AddressError('an address needs an @')
  const localPart = address.slice(0, at)
  const domain = address.slice(at + 1)
  if (localPart === '') throw new AddressError('there is nothing before the @')
  if (!DOT_STRING.test(localPart) && !QUOTED_STRING.test(localPart)) {
    throw new AddressError(
      'what stands before the @ is neither dot-separated words nor a quoted string (RFC 5321 §4.1.2)',
    )
  }
  if (Buffer.byteLength(localPart) > LONGEST_LOCAL_PART) {
    throw new AddressError(
      `what stands before the @ is longer than ${LONGEST_LOCAL_PART} octets (RFC 5321 §4.5.3.1.1)`,
    )
  }
  const asciiDomain = domainOf(domain)
  const needsSmtpUtf8 = /[^\x20-\x7e]/.test(localPart)
  const longerDomain = Math.max(asciiDomain.length, Buffer.byteLength(domain))
  if (Buffer.byteLength(localPart) + 1 + longerDomain > LONGEST_PATH) {
    throw new AddressError(`an address is at most ${LONGEST_PATH} octets long (RFC 5321 §4.5.3.1.3)`)
  }
  return { address, localPart, domain, asciiDomain, needsSmtpUtf8 }
}

/** The path as it goes on the wire: with the domain as A-labels unless SMTPUTF8 is in use. */
export function pathOf(box: Mailbox, smtpUtf8: 'in-use' | 'not-in-use'): string {
  return `<${box.localPart}@${smtpUtf8 === 'in-use' ? box.domain : box.asciiDomain}>`
}

/**
 * The domain of an address, as A-labels, or an address literal.
 * @throws {AddressError}
 */
function domainOf(domain: string): string {
  if (domain.startsWith('[')) return addressLiteral(domain)
  if (domain === '') throw new AddressError('there is nothing behind the @')
  if (/[\s<>()[\]\\,;:"@]/.test(domain))
    throw new AddressError('the domain holds characters that no domain can have')
  // a bound before anything is converted: the cost of conversion grows with the square of the length
  if (Buffer.byteLength(domain) > LONGEST_DOMAIN) throw domainTooLong()
  // domainToASCII would read a domain that ends in a number as an IPv4 address, in many spellings
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/i.test(domain)) {
    throw new AddressError('a domain cannot end in a number; an address literal stands in brackets')
  }
  const ascii = domain.split('.').map(asciiLabel).join('.')
  if (ascii.length > LONGEST_DOMAIN) throw domainTooLong()
  for (const label of ascii.split('.')) {
    if (label.length > 63) throw new AddressError('a label of the domain is longer than 63 octets')
    if (!SUB_DOMAIN.test(label))
      throw new AddressError('the domain is not made of letters, digits and hyphens')
  }
  return ascii
}

function domainTooLong(): AddressError {
  return new AddressError(`a domain is at most ${LONGEST_DOMAIN} octets long (RFC 5321 §4.5.3.1.2)`)
}

/**
 * One label as an A-label. The conversion also drops and replaces characters (soft hyphens, ligatures, full-width
 * letters and dots), which would make another address of the one that was given: such a label is refused.
 */
function asciiLabel(label: string): string {
  if (/^[\x21-\x7e]*$/.test(label)) return label
  const ascii = domainToASCII(label)
  if (ascii === '') throw new AddressError('the domain is no internationalised domain name (RFC 5890)')
  // letter by letter, because a final sigma is a sigma here
  const given = Array.from(label, (letter) => letter.toLowerCase())
    .join('')
    .normalize('NFC')
  if (!ascii.startsWith('xn--') || domainToUnicode(ascii) !== given) {
    throw new AddressError('the domain holds characters that stand for other characters')
  }
  return ascii
}

/** RFC 5321 §4.1.3. */
function addressLiteral(domain: string): string {
  const inside = /^\[([^\]]*)\]$/.exec(domain)?.[1]
  const address = inside === undefined ? undefined : (/^IPv6:(.*)$/i.exec(inside)?.[1] ?? inside)
  const v6 = inside !== undefined && /^IPv6:/i.test(inside)
  const valid = address !== undefined && (v6 ? isIPv6(address) && !address.includes('%') : isIPv4(address))
  if (!valid)
    throw new AddressError(
      'the address literal is neither [192.0.2.1] nor [IPv6:2001:db8::1] (RFC 5321 §4.1.3)',
    )
  return domain
}
