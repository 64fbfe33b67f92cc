/** How servers name the message in their answer to the end of data; the first that fits. */
const NAMINGS: readonly RegExp[] = [
  // Postfix, Haraka: `Ok: queued as 9B8A0238F0B`, `Message Queued (8D2A.1)`
  /\bqueued as ([A-Za-z0-9._-]+)/i,
  /\bqueued \(([A-Za-z0-9._-]+)\)/i,
  // Exim: `OK id=1tFxyz-0000AB-2C`
  /\bOK id=([A-Za-z0-9-]+)/,
  // Exchange: `<message-id> [InternalId=123, Hostname=…] Queued mail for delivery`
  /\[InternalId=([0-9]+)/,
  // Sendmail: `4AK9x8 Message accepted for delivery`; OpenSMTPD: `4b2d1f Message accepted for delivery`
  /^([A-Za-z0-9]+) Message accepted for delivery/i,
  // Dovecot over LMTP: `<alice@lab.test> YLXtFQypBGs8AgAAyMCXRw:R4 Saved`
  /(?<![A-Za-z0-9+/:])([A-Za-z0-9+/:]+) Saved$/,
  // Gmail: `OK  1732531200 d9443c01a7336-2129dc1 - gsmtp`
  /^OK +([0-9]+ [A-Za-z0-9.-]+) - gsmtp$/,
  // qmail: `ok 1732531200 qp 12345`
  /^ok ([0-9]+ qp [0-9]+)$/,
]

/** The name under which the server has queued the message, where its reply gives one. */
export function queueIdIn(lines: readonly string[]): string | undefined {
  for (const naming of NAMINGS) {
    for (const line of lines) {
      const id = naming.exec(line)?.[1]
      if (id !== undefined) return id
    }
  }
  return undefined
}
