import { textOf } from './reply-text.ts'
import type { Retry, Situation } from './situation.ts'

/** `mail.example.com:587` */
export function serverName({ server }: Situation): string {
  return `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`
}

export function protocolName({ protocol }: Situation): string {
  return protocol.toUpperCase()
}

export function recipientName({ recipient }: Situation): string {
  return recipient ?? 'the recipient'
}

export function recipientDomain({ recipient }: Situation): string {
  return domainOf(recipient) ?? 'the domain of the recipient'
}

export function senderName({ sender }: Situation): string {
  if (sender === '') return 'the null sender <>'
  return sender ?? 'the sender'
}

export function senderDomain({ sender }: Situation): string {
  return domainOf(sender) ?? 'the domain of the sender'
}

/** The blocklist that a reply names. */
export function listIn({ reply }: Situation): string | undefined {
  const text = reply === undefined ? '' : textOf(reply)
  const named =
    /(?:using|listed (?:in|at|on|by)|found in|by)\s+(?:the\s+)?([A-Za-z0-9][A-Za-z0-9.-]{2,60}[A-Za-z0-9])/i.exec(
      text,
    )?.[1]
  return named ?? /\b((?:[a-z0-9-]{1,63}\.){1,5}(?:org|net|com|test))\b/i.exec(text)?.[1]
}

/** The address that somebody has moved to. */
export function newAddressIn({ reply, recipient }: Situation): string | undefined {
  const text = reply === undefined ? '' : textOf(reply)
  const addresses = text.match(/[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]/g) ?? []
  return addresses.findLast((address) => address.toLowerCase() !== recipient?.toLowerCase())
}

/** Where a refusal for good may mean the same as one for now, the class of the code decides. */
export function retryByClass({ reply }: Situation): Retry {
  return reply?.severity === 'permanent' ? 'no' : 'later'
}

/** What the session was at. */
export function stageName({ stage, verb }: Situation): string {
  if (verb !== undefined && verb !== '') return verb
  return STAGE_NAMES[stage]
}

const STAGE_NAMES: Readonly<Record<Situation['stage'], string>> = {
  dns: 'the question to the DNS',
  connect: 'the connection',
  tls: 'the TLS handshake',
  greeting: 'the greeting',
  hello: 'EHLO',
  starttls: 'STARTTLS',
  capabilities: 'CAPA',
  auth: 'the login',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  'end-of-data': 'the message',
  transaction: 'a command',
  update: 'QUIT',
  quit: 'QUIT',
}

/** A message of our own as a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '')
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`
}

function domainOf(path: string | undefined): string | undefined {
  const at = path?.lastIndexOf('@') ?? -1
  return path === undefined || at === -1 ? undefined : path.slice(at + 1)
}
