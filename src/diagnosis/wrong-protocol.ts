/** What was spoken where SMTP or POP3 was expected. */
export type SpokenProtocol =
  | 'smtp'
  | 'lmtp'
  | 'pop3'
  | 'imap'
  | 'http'
  | 'ssh'
  | 'ftp'
  | 'nntp'
  | 'sieve'
  | 'tls'

export const SPOKEN_NAMES: Readonly<Record<SpokenProtocol, string>> = {
  smtp: 'SMTP',
  lmtp: 'LMTP',
  pop3: 'POP3',
  imap: 'IMAP',
  http: 'HTTP',
  ssh: 'SSH',
  ftp: 'FTP',
  nntp: 'NNTP',
  sieve: 'ManageSieve',
  tls: 'TLS',
}

/** In this order: FTP and LMTP greet with 220 as SMTP does, and only their words tell them apart. */
const BEGINNINGS: readonly (readonly [SpokenProtocol, RegExp])[] = [
  ['http', /^(?:HTTP\/\d|<(?:!doctype )?html)/i],
  ['ssh', /^SSH-\d/],
  ['imap', /^\* (?:OK|PREAUTH|BYE)\b/i],
  ['sieve', /^"(?:IMPLEMENTATION|SIEVE)"/i],
  ['pop3', /^(?:\+OK|-ERR)\b/i],
  ['nntp', /^20[01][ -].*\b(?:NNTP|InterNetNews|INN|news)\b/i],
  ['ftp', /^220[ -].*(?:\bFTP\b|FTPd|FileZilla)/i],
  ['lmtp', /^220[ -].*\bLMTP\b/i],
  ['smtp', /^[245]\d\d[ -]/],
]

/** Which protocol a server's first octets are, where they tell. */
export function spokenIn(octets: Buffer): SpokenProtocol | undefined {
  if (isTlsRecord(octets)) return 'tls'
  const beginning = octets.toString('latin1', 0, 256)
  return BEGINNINGS.find(([, pattern]) => pattern.test(beginning))?.[0]
}

/** An alert or a handshake, then the version (RFC 8446 §5.1). */
function isTlsRecord(octets: Buffer): boolean {
  return (octets[0] === 0x15 || octets[0] === 0x16) && octets[1] === 3
}
