import { address, FILES, parametersLeftOut, preparations, secretOf } from './asides.ts'
import type { Played } from './played.ts'
import { commandLine, remark, word } from './shell.ts'

/** As many commands of one POP3 session are repeated. */
const MOST_COMMANDS = 20

/** curl, which speaks SMTP and POP3. */
export function curl(session: Played): string {
  const { protocol, envelope } = session
  if (protocol === 'lmtp') return remark('curl speaks no LMTP; swaks, openssl and telnet do')
  if (envelope === 'stopped')
    return remark('curl cannot stop before the message, as this session did; swaks, openssl and telnet can')
  const transfers = protocol === 'pop3' ? pop3Transfers(session) : [smtpTransfer(session)]
  const repeated = transfers.slice(0, MOST_COMMANDS)
  const options = sharedOptions(session)
  return [
    ...preparations(session),
    ...parametersLeftOut(session),
    ...(repeated.length < transfers.length
      ? [remark(`the first ${MOST_COMMANDS} of ${transfers.length} commands`)]
      : []),
    commandLine([
      'curl',
      ...repeated.flatMap((transfer, place) => [...(place === 0 ? [] : ['--next']), ...transfer, ...options]),
    ]),
  ].join('\n')
}

/** RFC 3986 §3.2.2; the certificate is for the name in the URL, so that one stands there. */
function url(session: Played, path: string): string {
  const { protocol, security, port, terms } = session
  const host = security === 'clear' ? session.host : terms.servername
  const scheme = security === 'implicit' ? `${protocol}s` : protocol
  return `--url ${word(`${scheme}://${address({ host: host.replace(/^\[|\]$/g, ''), port })}/${path}`)}`
}

function smtpTransfer(session: Played): string[] {
  const { mail, rcpts, hello, envelope } = session
  const to = url(session, encodeURIComponent(hello ?? ''))
  // without a message the only way not to be helped is to ask for nothing
  if (envelope === 'not-begun' || mail === undefined) return [to, '--request NOOP']
  return [
    to,
    `--mail-from ${word(mail.address === '' ? '<>' : mail.address)}`,
    ...rcpts.map((path) => `--mail-rcpt ${word(path.address)}`),
    ...(rcpts.length > 1 ? ['--mail-rcpt-allowfails'] : []),
    `--upload-file ${FILES.message}`,
  ]
}

/** Commands that curl says by itself, or in its own way. */
const ITS_OWN: ReadonlySet<string> = new Set(['CAPA', 'STLS', 'QUIT'])

function pop3Transfers(session: Played): string[][] {
  const commands = session.said.filter(({ is, verb }) => is === 'command' && !ITS_OWN.has(verb))
  if (commands.length === 0) return [[url(session, ''), '--request NOOP', '--head']]
  return commands.map(({ line, verb }) => {
    const argument = /^(?:RETR|LIST) ([0-9]+)$/i.exec(line)?.[1]
    if (verb === 'RETR' && argument !== undefined) return [url(session, argument)]
    if (/^LIST$/i.test(line)) return [url(session, '')]
    const multiline = /^(?:UIDL|TOP [0-9 ]+)$/i.test(line)
    // what is answered in one line has no body to wait for
    return [url(session, ''), `--request ${word(line)}`, ...(multiline ? [] : ['--head'])]
  })
}

function sharedOptions(session: Played): string[] {
  const { terms, login } = session
  return [
    ...tlsOptions(session),
    ...(login === undefined ? [] : loginOptions(session, login)),
    ...(terms.family === undefined ? [] : [`--ipv${terms.family}`]),
  ]
}

function tlsOptions(session: Played): string[] {
  const { security, verified, terms, host, port } = session
  if (security === 'clear') return []
  const elsewhere = terms.servername !== host && terms.servername !== `[${host}]`
  return [
    ...(security === 'upgraded' ? ['--ssl-reqd'] : []),
    ...(elsewhere ? [`--connect-to ${word(`${terms.servername}:${port}:${address(session)}`)}`] : []),
    ...(terms.trusts === 'own-ca' ? [`--cacert ${FILES.ca}`] : []),
    ...(verified === 'no' ? ['--insecure'] : []),
    ...(terms.minVersion === 'TLSv1.2' ? [] : [`--${terms.minVersion.toLowerCase().replace(/v1$/, 'v1.0')}`]),
    ...(terms.clientCertificate === 'has' ? [`--cert ${FILES.certificate}`, `--key ${FILES.key}`] : []),
  ]
}

/** In `+LOGIN` and `+APOP` curl means USER with PASS, and APOP. */
const POP3_WAYS: ReadonlyMap<string, string> = new Map([
  ['USER', '+LOGIN'],
  ['APOP', '+APOP'],
])

function loginOptions({ protocol }: Played, login: string): string[] {
  const way = (protocol === 'pop3' ? POP3_WAYS.get(login) : undefined) ?? login.replace(/-PLUS$/, '')
  const options = `--login-options ${word(`AUTH=${way}`)}`
  if (secretOf(login) === 'TOKEN') return ['--user "$LOGIN:"', '--oauth2-bearer "$TOKEN"', options]
  return ['--user "$LOGIN:$PASSWORD"', options]
}
