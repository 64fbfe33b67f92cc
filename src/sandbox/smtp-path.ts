/** An address of the envelope: a reverse-path or forward-path without its brackets and source route. */
export interface Path {
  /** Empty for the null reverse-path. */
  readonly address: string
  readonly localPart: string
  /** In lower case; undefined for a bare `<postmaster>`. */
  readonly domain: string | undefined
  /** It can only be said where SMTPUTF8 was asked for (RFC 6531). */
  readonly international: boolean
}

/** What stands behind MAIL FROM: or RCPT TO:. */
export interface PathArgument {
  readonly path: Path
  /** ESMTP parameters by keyword in upper case, an empty value where none was given. */
  readonly parameters: ReadonlyMap<string, string>
}

// RFC 5321 §4.1.2, with RFC 6531's non-ASCII; source routes are taken and ignored, as its appendix C asks
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u{a1}-\\u{10ffff}]"
const QUOTED = '"(?:[ !#-\\[\\]-~\\u{a1}-\\u{10ffff}]|\\\\[ -~])*"'
const LOCAL = `${ATEXT}+(?:\\.${ATEXT}+)*|${QUOTED}`
const LABEL = '[A-Za-z0-9_\\-\\u{a1}-\\u{10ffff}]+'
const DOMAIN = `${LABEL}(?:\\.${LABEL})*|\\[[!-Z^-~]+\\]`
const PATH = new RegExp(`^<(?:@[^:<>"\\s]+:)?(?:(${LOCAL})(?:@(${DOMAIN}))?)?>((?: +.*)?)$`, 'u')
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?$/

/**
 * `FROM:<path> parameters` or `TO:<path> parameters`. A space behind the colon is not allowed there and taken, since
 * people who type it by hand put one.
 */
export function pathArgument(
  keyword: 'FROM' | 'TO',
  argument: string,
): PathArgument | 'syntax' | 'bad-address' {
  if (!argument.toUpperCase().startsWith(`${keyword}:`)) return 'syntax'
  const match = PATH.exec(argument.slice(keyword.length + 1).trim())
  if (match === null) return 'bad-address'
  const [, localPart = '', domain, rest = ''] = match
  const address = domain === undefined ? localPart : `${localPart}@${domain}`
  // RFC 5321 §4.5.3.1.3: 256 octets with the brackets
  if (Buffer.byteLength(address) > 254) return 'bad-address'
  const parameters = new Map<string, string>()
  for (const word of rest.split(' ').filter((word) => word !== '')) {
    const parameter = PARAMETER.exec(word)
    if (parameter === null) return 'syntax'
    parameters.set((parameter[1] ?? '').toUpperCase(), parameter[2] ?? '')
  }
  const international = /[^\x20-\x7e]/.test(address)
  return {
    path: { address, localPart: unquoted(localPart), domain: domain?.toLowerCase(), international },
    parameters,
  }
}

/** `"alice"` and `alice` are one mailbox. */
function unquoted(localPart: string): string {
  return localPart.startsWith('"') ? localPart.slice(1, -1).replace(/\\(.)/g, '$1') : localPart
}
