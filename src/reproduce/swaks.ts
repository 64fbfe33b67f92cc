import { address, FILES, parametersLeftOut, preparations, secretOf } from './asides.ts'
import type { Played } from './played.ts'
import { commandLine, remark, word } from './shell.ts'

/** The mechanisms that it knows. */
const MECHANISMS: ReadonlySet<string> = new Set(['PLAIN', 'LOGIN', 'CRAM-MD5', 'DIGEST-MD5', 'NTLM'])

/** Swaks, the Swiss army knife for SMTP. */
export function swaks(session: Played): string {
  if (session.protocol === 'pop3') return remark('swaks speaks no POP3; curl, openssl and telnet do')
  const { mail, rcpts, hello, protocol, terms } = session
  const to = rcpts.map((path) => path.address)
  const options = [
    ['server', address(session)],
    ...(protocol === 'lmtp' ? [['protocol', 'LMTP']] : []),
    ...(hello === undefined ? [] : [['ehlo', hello]]),
    ...(mail === undefined ? [] : [['from', mail.address === '' ? '<>' : mail.address]]),
    ...(to.length === 0 ? [] : [['to', to.join(',')]]),
    ...(session.envelope === 'content' ? [] : [['quit-after', stopOf(session)]]),
  ].map(([name = '', value = '']) => option(name, value))
  return [
    ...preparations({ ...session, envelope: session.envelope === 'content' ? 'content' : 'not-begun' }),
    ...parametersLeftOut(session),
    ...mechanismOther(session),
    commandLine([
      'swaks',
      ...options,
      ...tlsOptions(session),
      ...loginOptions(session),
      ...(terms.family === undefined ? [] : [`-${terms.family}`]),
      ...(session.envelope === 'content' ? [`--data=@${FILES.message}`] : []),
    ]),
  ].join('\n')
}

/** Behind `=` a value is never taken for an option; a leading `@` would name a file. */
function option(name: string, value: string): string {
  return `--${name}=${word(value.startsWith('@') ? `@${value}` : value)}`
}

function stopOf({ said }: Played): string {
  const last = said.findLast(({ verb }) => STOPS.has(verb))
  return STOPS.get(last?.verb ?? '') ?? 'BANNER'
}

const STOPS: ReadonlyMap<string, string> = new Map([
  ['EHLO', 'EHLO'],
  ['HELO', 'EHLO'],
  ['LHLO', 'EHLO'],
  ['STARTTLS', 'TLS'],
  ['AUTH', 'AUTH'],
  ['MAIL', 'MAIL'],
  ['RCPT', 'RCPT'],
])

function tlsOptions({ security, verified, terms }: Played): string[] {
  if (security === 'clear') return []
  return [
    security === 'implicit' ? '--tls-on-connect' : '--tls',
    option('tls-sni', terms.servername),
    ...(verified === 'yes' ? ['--tls-verify', option('tls-verify-target', terms.servername)] : []),
    ...(terms.trusts === 'own-ca' ? [`--tls-ca-path=${FILES.ca}`] : []),
    ...(terms.clientCertificate === 'has'
      ? [`--tls-cert=${FILES.certificate}`, `--tls-key=${FILES.key}`]
      : []),
  ]
}

function loginOptions({ login }: Played): string[] {
  if (login === undefined) return []
  const auth = MECHANISMS.has(login) ? `--auth=${login}` : '--auth'
  return [auth, '--auth-user="$LOGIN"', `--auth-password="$${secretOf(login)}"`]
}

function mechanismOther({ login }: Played): string[] {
  if (login === undefined || MECHANISMS.has(login)) return []
  return [remark(`the session logged in by ${login}, which swaks does not know: it takes another one`)]
}
