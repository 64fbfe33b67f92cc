import type { Command } from '../session/command.ts'
import { Unmet } from '../session/outcome.ts'
import { mail, rcpt } from './command.ts'
import { type Extensions, offeredIn, sizeLimitIn } from './ehlo.ts'
import {
  type EnvelopeWishes,
  requireExtension,
  respectLimits,
  wishedMailParameters,
  wishedRcptParameters,
} from './parameters.ts'
import { type Mailbox, pathOf } from './path.ts'

/** Who the message is from and for, as the server is told (RFC 5321 §2.3.1); independent of the message's headers. */
export interface Envelope {
  /** null is the null reverse-path `<>`. */
  readonly reversePath: Mailbox | null
  readonly forwardPaths: readonly Mailbox[]
  readonly wishes?: EnvelopeWishes
}

/** What the message needs of a server. */
export interface ContentFacts {
  /** Undefined for a message that is passed on while it comes. */
  readonly octets: number | undefined
  /** Where the size is not known: it is no smaller than this. */
  readonly leastOctets?: number
  readonly eightBit: 'present' | 'absent' | 'unknown'
  /** `utf-8`: its header holds addresses that only SMTPUTF8 can carry (RFC 6532). */
  readonly header: 'ascii' | 'utf-8'
}

/**
 * The commands of the envelope, with the parameters that this server understands and this message needs.
 * @throws {Unmet} before anything is sent, when the server cannot take this message or these addresses
 */
export function envelopeCommands(
  envelope: Envelope,
  content: ContentFacts,
  extensions: Extensions,
): { readonly mail: Command; readonly rcpts: readonly Command[] } {
  const { reversePath, forwardPaths, wishes = {} } = envelope
  const utf8 = content.header === 'utf-8' || needsSmtpUtf8(envelope)
  requireRoom(content, extensions)
  respectLimits(extensions, forwardPaths)
  if (utf8 && !extensions.has('SMTPUTF8')) {
    throw new Unmet(
      'smtputf8-not-supported',
      'an address holds characters beyond ASCII before the @, and the server does not offer SMTPUTF8',
      { offered: offeredIn(extensions) },
    )
  }
  const parameters = [
    ...(extensions.has('SIZE') && content.octets !== undefined ? [`SIZE=${content.octets}`] : []),
    ...bodyParameter(wishes.body ?? 'auto', content, extensions),
    ...(utf8 ? ['SMTPUTF8'] : []),
    ...wishedMailParameters(wishes, extensions),
  ]
  const form = utf8 ? 'in-use' : 'not-in-use'
  return {
    mail: mail(reversePath === null ? '<>' : pathOf(reversePath, form), parameters),
    rcpts: forwardPaths.map((path) => rcpt(pathOf(path, form), wishedRcptParameters(wishes, path))),
  }
}

/**
 * RFC 6152 §2, RFC 3030 §3.
 * @throws {Unmet} when the content, or the caller, needs what the server does not offer
 */
function bodyParameter(
  wish: NonNullable<EnvelopeWishes['body']>,
  content: ContentFacts,
  extensions: Extensions,
): string[] {
  if (wish === 'BINARYMIME') {
    requireExtension(extensions, 'BINARYMIME')
    requireExtension(extensions, 'CHUNKING')
    return ['BODY=BINARYMIME']
  }
  if (wish === '7BIT') return extensions.has('8BITMIME') ? ['BODY=7BIT'] : []
  if (wish === '8BITMIME') requireExtension(extensions, '8BITMIME')
  if (content.eightBit === 'present' && !extensions.has('8BITMIME')) {
    throw new Unmet(
      'extension-not-offered',
      'the message holds 8-bit octets, and the server does not offer 8BITMIME',
      { offered: offeredIn(extensions) },
    )
  }
  const needed = wish === '8BITMIME' || content.eightBit !== 'absent'
  return needed && extensions.has('8BITMIME') ? ['BODY=8BITMIME'] : []
}

function needsSmtpUtf8(envelope: Envelope): boolean {
  return [envelope.reversePath, ...envelope.forwardPaths].some((path) => path?.needsSmtpUtf8 === true)
}

/** RFC 1870 §6: a message larger than the limit that was announced is not even tried. */
function requireRoom(content: ContentFacts, extensions: Extensions): void {
  const limit = sizeLimitIn(extensions)
  const { octets, leastOctets } = content
  const size = octets ?? leastOctets
  if (limit === undefined || size === undefined || size <= limit) return
  throw new Unmet(
    'message-too-large',
    `the message has ${octets === undefined ? 'at least ' : ''}${size} octets, and the server takes at most ${limit}`,
    { offered: offeredIn(extensions) },
  )
}
