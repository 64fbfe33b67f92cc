import type { Played } from './played.ts'
import { remark } from './shell.ts'

/** Files that a command names, and that whoever runs it has to have. */
export const FILES = {
  message: 'message.eml',
  ca: 'ca.pem',
  certificate: 'client.pem',
  key: 'client-key.pem',
} as const

/** Mechanisms whose secret is a token. */
const TOKENS: ReadonlySet<string> = new Set(['XOAUTH2', 'OAUTHBEARER'])

/** The name of the variable that holds the secret of the login. */
export function secretOf(mechanism: string): 'PASSWORD' | 'TOKEN' {
  return TOKENS.has(mechanism) ? 'TOKEN' : 'PASSWORD'
}

/** What has to be there before the command is run. */
export function preparations({ login, envelope, contentOctets, security, terms }: Played): string[] {
  const tls = security === 'clear' ? undefined : terms
  const octets = contentOctets === undefined ? '' : `, ${contentOctets} octets`
  return [
    ...(login === undefined ? [] : [`LOGIN and ${secretOf(login)} hold the user and the secret`]),
    ...(envelope === 'content' || envelope === 'refused'
      ? [`${FILES.message} holds the message${octets}`]
      : []),
    ...(tls?.trusts === 'own-ca' ? [`${FILES.ca} holds the CA that is trusted for this server`] : []),
    ...(tls?.clientCertificate === 'has'
      ? [`${FILES.certificate} and ${FILES.key} hold the certificate of this client`]
      : []),
  ].map(remark)
}

/** What MAIL and RCPT said that tools have no option for. SIZE they say by themselves, or can do without. */
export function parametersLeftOut({ mail, rcpts }: Played): string[] {
  const parameters = [mail, ...rcpts]
    .flatMap((path) => path?.parameters?.split(' ') ?? [])
    .filter((parameter) => !/^SIZE=/i.test(parameter))
  return parameters.length === 0 ? [] : [remark(`left out, for want of an option: ${parameters.join(' ')}`)]
}

/** The server as options name it. */
export function address({ host, port }: Pick<Played, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
