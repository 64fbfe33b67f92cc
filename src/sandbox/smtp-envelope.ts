import { type Account, DOMAIN } from './accounts.ts'
import { type Character, characterOf, NOT_OWNED, RELAY_DENIED, UNKNOWN_USER } from './characters.ts'
import type { Destination } from './delivery.ts'
import type { House } from './house.ts'
import type { Path, PathArgument } from './smtp-path.ts'

/** What the session is, as far as the envelope's addresses are judged by it. */
export interface Standing {
  readonly verb: 'EHLO' | 'HELO'
  readonly secure: boolean
  readonly login: Account | undefined
}

/** Why MAIL is refused, with placeholders; undefined when it is not. */
export function refusalOfMail(
  given: PathArgument,
  standing: Standing,
  maxMessageOctets: number,
): string | undefined {
  const { path, parameters } = given
  const unsupported = unsupportedParameter(parameters, parametersOfMail(standing))
  if (unsupported !== undefined) return unsupported
  if (Number(parameters.get('SIZE') ?? 0) > maxMessageOctets)
    return '552 5.3.4 Message size exceeds fixed limit'
  if (path.international && !parameters.has('SMTPUTF8')) return UTF8_NOT_DECLARED
  const character = characterOf('sender', path.address)
  const foreign = path.domain === DOMAIN && path.localPart.toLowerCase() !== standing.login
  if (standing.login !== undefined && foreign) return NOT_OWNED
  return character?.answer.kind === 'reply' ? character.answer.reply : undefined
}

/** Why RCPT is refused whoever the recipient is; no extension that has parameters for it is offered. */
export function refusalOfRcpt(
  { path, parameters }: PathArgument,
  international: boolean,
): string | undefined {
  return (
    unsupportedParameter(parameters, {}) ??
    (path.international && !international ? UTF8_NOT_DECLARED : undefined)
  )
}

/** The character behind a recipient; a bare name is of this domain, as Postfix takes it. */
export function recipientCharacter(path: Path): Character | undefined {
  return isLocal(path) ? characterOf('recipient', `${path.localPart}@${DOMAIN}`) : undefined
}

/** Where the mail goes for a recipient that RCPT does not refuse by its character; or the refusal, with placeholders. */
export function destinationOf(
  path: Path,
  character: Character | undefined,
  login: Account | undefined,
  mailboxes: House['mailboxes'],
): Destination | string {
  // nothing that was accepted is thrown away: what would have to be relayed is kept where its sender can look at it
  const owner = isLocal(path) ? ownerOf(path.localPart.toLowerCase(), character) : login
  const found = [...mailboxes].find(([account]) => account === owner)
  if (found === undefined) return isLocal(path) ? UNKNOWN_USER : RELAY_DENIED
  const [account, mailbox] = found
  return { recipient: path.address, deliveredTo: `${account}@${DOMAIN}`, mailbox, relayed: !isLocal(path) }
}

/** RFC 5321 §4.5.1 wants postmaster; the characters that take mail need somebody who gets it. */
function ownerOf(name: string, character: Character | undefined): string {
  if (name === 'postmaster') return 'alice'
  return character === undefined ? name : 'bob'
}

function isLocal(path: Path): boolean {
  return path.domain === undefined || path.domain === DOMAIN
}

const UTF8_NOT_DECLARED = '553 5.6.7 Must declare SMTPUTF8 to send unicode address'

function parametersOfMail({ verb, secure }: Standing): Readonly<Record<string, RegExp>> {
  if (verb === 'HELO') return {}
  const offered = { SIZE: /^\d{1,20}$/, BODY: /^(?:7BIT|8BITMIME)$/i, SMTPUTF8: /^$/ }
  return secure ? { ...offered, AUTH: /./ } : offered
}

function unsupportedParameter(
  parameters: ReadonlyMap<string, string>,
  offered: Readonly<Record<string, RegExp>>,
): string | undefined {
  for (const [keyword, value] of parameters) {
    if (offered[keyword]?.test(value) !== true)
      return `555 5.5.4 Unsupported option: ${keyword}${value === '' ? '' : `=${value}`}`
  }
  return undefined
}
