import { SaslError, type SaslMechanism } from '../sasl/mechanism.ts'
import type { Reply } from './answer.ts'
import type { Command } from './command.ts'
import type { Dialogue } from './dialogue.ts'
import { Fault, Refusal } from './outcome.ts'

/** How the protocol at hand says it (RFC 4954, RFC 5034). */
export interface SaslWords<R extends Reply> {
  begin(mechanism: string, initialResponse?: Buffer): Command
  respond(response: Buffer): Command
  cancel(): Command
  /** @throws {SaslError} when it is not base64 */
  challengeOf(reply: R): Buffer
  /** The refusal is about the mechanism and says nothing of the credentials. */
  isMechanismRefused(reply: R): boolean
  /** A yes before anything was said: of some servers it is the challenge that was due. */
  readonly earlyYes?: 'is-a-challenge'
}

/** The mechanism could not be carried out, which says nothing about the credentials: another one may be tried. */
export class NotCarriedOut extends Error {
  override readonly name = 'NotCarriedOut'
}

/** More challenges than any mechanism needs; an endless exchange ends here. */
const MOST_CHALLENGES = 12

/** RFC 4954 §4, RFC 5034 §4: a longer initial response follows as a line of its own. */
const LONGEST_COMMAND = 512

/**
 * One SASL exchange (RFC 4422 §3).
 * @returns the reply of success
 * @throws {Refusal} the credentials were refused
 * @throws {NotCarriedOut} the mechanism was refused, or the exchange was cancelled with `*`
 * @throws {Fault}
 */
export async function saslExchange<R extends Reply>(
  dialogue: Dialogue<R>,
  mechanism: SaslMechanism,
  words: SaslWords<R>,
  firstResponse: 'with-command' | 'on-its-own',
): Promise<R> {
  const { command, waiting, said } = opening(mechanism, words, firstResponse)
  let due = waiting
  let reply = await dialogue.command(command)
  let asks = reply.severity === 'intermediate'
  if (reply.severity === 'completion' && !said && words.earlyYes === 'is-a-challenge') {
    // whoever meant it as a yes will not know the response, and refuse it
    dialogue.finding('early-yes', `The server said yes to ${mechanism.name} where it had to ask.`)
    asks = true
  }
  for (let challenges = 0; asks; challenges += 1) {
    if (challenges >= MOST_CHALLENGES) {
      throw new Fault('protocol', `the server asked for more than ${MOST_CHALLENGES} responses`)
    }
    const response = await responseTo(reply, due, dialogue, mechanism, words)
    due = undefined
    reply = await dialogue.command(words.respond(response))
    asks = reply.severity === 'intermediate'
  }
  if (reply.severity === 'completion' && due !== undefined) {
    throw new Fault('protocol', 'the server said yes before it was told who logs in')
  }
  if (mechanism.refusal !== undefined) dialogue.note('auth-refusal', mechanism.refusal)
  if (reply.severity !== 'completion') {
    if (words.isMechanismRefused(reply))
      throw new NotCarriedOut(`${mechanism.name} was refused as a mechanism`, { cause: new Refusal(reply) })
    throw new Refusal(reply)
  }
  proven(mechanism)
  return reply
}

/** RFC 4954 §4: the first response rides on the command where it fits, else it answers an empty challenge. */
function opening<R extends Reply>(
  mechanism: SaslMechanism,
  words: SaslWords<R>,
  firstResponse: 'with-command' | 'on-its-own',
): { readonly command: Command; readonly waiting: Buffer | undefined; readonly said: boolean } {
  const initial = mechanism.initial()
  const alone = { command: words.begin(mechanism.name), waiting: initial, said: false }
  if (initial === undefined || firstResponse === 'on-its-own') return alone
  const riding = words.begin(mechanism.name, initial)
  return riding.octets.length > LONGEST_COMMAND ? alone : { command: riding, waiting: undefined, said: true }
}

async function responseTo<R extends Reply>(
  reply: R,
  due: Buffer | undefined,
  dialogue: Dialogue<R>,
  mechanism: SaslMechanism,
  words: SaslWords<R>,
): Promise<Buffer> {
  try {
    return due ?? mechanism.respond(words.challengeOf(reply))
  } catch (error) {
    if (!(error instanceof SaslError)) throw error
    await dialogue.command(words.cancel())
    throw new NotCarriedOut(`${mechanism.name} was cancelled: ${error.message}`, { cause: error })
  }
}

function proven(mechanism: SaslMechanism): void {
  try {
    mechanism.finish()
  } catch (error) {
    if (!(error instanceof SaslError)) throw error
    throw new Fault('protocol', `the server said yes without having proven itself: ${error.message}`, {
      cause: error,
    })
  }
}
