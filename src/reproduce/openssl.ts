import { isIP } from 'node:net'
import { address, FILES, preparations } from './asides.ts'
import type { Played } from './played.ts'
import { commandLine, remark, word } from './shell.ts'
import { isComputed, MOST_LINES, type Typed, typedLines } from './typed.ts'

/** `openssl s_client`, with what is typed into it: a line a second, which most servers answer in time. */
export function openssl(session: Played): string {
  const { security, login, protocol } = session
  if (security === 'clear')
    return remark('this session spoke no TLS, and openssl s_client speaks nothing else; telnet does')
  const inside = session.said.filter(({ tls }) => tls === 'inside')
  const lines = typedLines(session, inside, 'typed')
  const typed = lines.slice(0, MOST_LINES)
  const instead = protocol === 'pop3' ? 'USER and PASS' : 'PLAIN'
  return [
    ...preparations({ ...session, envelope: typed.some(isContent) ? 'content' : 'not-begun' }),
    ...(login !== undefined && isComputed(login)
      ? [remark(`${login} is computed and not typed: ${instead} in its place`)]
      : []),
    ...(typed.length < lines.length ? [remark(`the first ${MOST_LINES} of ${lines.length} lines`)] : []),
    `say() { sleep 1; printf '%s\\n' "$1"; }`,
    `{\n${[...typed.map(said), 'sleep 1'].map((line) => `  ${line}`).join('\n')}\n} | ${client(session)}`,
  ].join('\n')
}

function isContent({ kind }: Typed): boolean {
  return kind === 'content'
}

function said(typed: Typed): string {
  switch (typed.kind) {
    case 'line':
      return `say ${word(typed.text)}`
    case 'secret':
      return `say "${typed.text}${typed.shell}"`
    case 'content':
      // -crlf makes the line ends; a line that begins with a dot gets a second one (RFC 5321 §4.5.2)
      return `sleep 1; tr -d '\\r' <${FILES.message} | sed 's/^\\./../'; say .`
  }
}

function client(session: Played): string {
  const { security, protocol, hello, verified, terms } = session
  const name = terms.servername.replace(/^\[|\]$/g, '')
  return commandLine([
    'openssl s_client -quiet -crlf',
    `-connect ${word(address(session))}`,
    ...(security === 'upgraded' ? [`-starttls ${protocol}`] : []),
    ...(security === 'upgraded' && protocol !== 'pop3' && hello !== undefined
      ? [`-name ${word(hello)}`]
      : []),
    ...(isIP(name) === 0 ? [`-servername ${word(name)}`] : []),
    ...(verified === 'yes'
      ? ['-verify_return_error', `${isIP(name) === 0 ? '-verify_hostname' : '-verify_ip'} ${word(name)}`]
      : []),
    ...(terms.trusts === 'own-ca' ? [`-CAfile ${FILES.ca}`] : []),
    ...(terms.minVersion === 'TLSv1.2' ? [] : [`-min_protocol ${terms.minVersion}`]),
    ...(terms.clientCertificate === 'has' ? [`-cert ${FILES.certificate}`, `-key ${FILES.key}`] : []),
    ...(terms.family === undefined ? [] : [`-${terms.family}`]),
  ])
}
