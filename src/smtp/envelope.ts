import { Unmet } from '../session/outcome.ts'
import { mail, rcpt } from './command.ts'
import { type Extensions, offeredIn, sizeLimitIn } from './ehlo.ts'
import { type Mailbox, pathOf } from './path.ts'

/** Who the message is from and for, as the server is told (RFC 5321 §2.3.1); independent of the message's headers. */
export interface Envelope {
  /** null is the null reverse-path `<>`. */
  readonly reversePath: Mailbox | null
  readonly forwardPaths: readonly Mailbox[]
}

/** What the message needs of a server. */
export interface ContentFacts {
  /** Undefined for a message that is passed on while it comes. */
  readonly octets: number | undefined
  readonly eightBit: 'present' | 'absent' | 'unknown'
  /** `utf-8`: its header holds addresses that only SMTPUTF8 can carry (RFC 6532). */
  readonly header: 'ascii' | 'utf-8'
}

/**
 * The commands of the envelope, with the parameters that this server understands and this message needs.
 * @throws {Unmet} before anything is sent, when the server cannot take this message or these addresses
 */
export function envelopeCommands(envelope: Envelope, content: ContentFacts, extensions: Extensions) {
  const utf8 = content.header === 'utf-8' || needsSmtpUtf8(envelope)
  requireRoom(content, extensions)
  if (utf8 && !extensions.has('SMTPUTF8')) {
    throw new Unmet(
      'smtputf8-not-supported',
      'an address holds characters beyond ASCII before the @, and the server does not offer SMTPUTF8',
      { offered: offeredIn(extensions) },
    )
  }
  if (content.eightBit === 'present' && !extensions.has('8BITMIME')) {
    throw new Unmet(
      'extension-not-offered',
      'the message holds 8-bit octets, and the server does not offer 8BITMIME',
      { offered: offeredIn(extensions) },
    )
  }
  const parameters = [
    ...(extensions.has('SIZE') && content.octets !== undefined ? [`SIZE=${content.octets}`] : []),
    ...(content.eightBit !== 'absent' && extensions.has('8BITMIME') ? ['BODY=8BITMIME'] : []),
    ...(utf8 ? ['SMTPUTF8'] : []),
  ]
  const form = utf8 ? 'in-use' : 'not-in-use'
  return {
    mail: mail(envelope.reversePath === null ? '<>' : pathOf(envelope.reversePath, form), parameters),
    rcpts: envelope.forwardPaths.map((path) => rcpt(pathOf(path, form))),
  }
}

function needsSmtpUtf8(envelope: Envelope): boolean {
  return [envelope.reversePath, ...envelope.forwardPaths].some((path) => path?.needsSmtpUtf8 === true)
}

/** RFC 1870 §6: a message larger than the limit that was announced is not even tried. */
function requireRoom(content: ContentFacts, extensions: Extensions): void {
  const limit = sizeLimitIn(extensions)
  if (limit === undefined || content.octets === undefined || content.octets <= limit) return
  throw new Unmet(
    'message-too-large',
    `the message has ${content.octets} octets, and the server takes at most ${limit}`,
    { offered: offeredIn(extensions) },
  )
}
