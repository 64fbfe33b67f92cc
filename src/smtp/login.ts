import { decodeChallenge } from '../sasl/base64.ts'
import type { AuthReport, AuthWish } from '../session/auth.ts'
import { conceal } from '../session/conceal.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { logIn, saslWays } from '../session/login.ts'
import type { SaslWords } from '../session/sasl-exchange.ts'
import type { Session } from '../session/session.ts'
import type { Turn } from '../session/turns.ts'
import { auth, authCancel, authResponse } from './command.ts'
import type { SmtpReply } from './reply.ts'

const WORDS: SaslWords<SmtpReply> = {
  begin: auth,
  respond: authResponse,
  cancel: authCancel,
  challengeOf: (reply) => decodeChallenge((reply.lines[0] ?? '').trim()),
  // RFC 4954 §4: 504; Postfix says 535 for it, with these words
  isMechanismRefused: (reply) =>
    reply.code === 504 ||
    /\b(?:invalid|unsupported|unknown|unrecognized) (?:authentication )?mechanism\b/i.test(
      reply.lines.join(' '),
    ),
}

/**
 * AUTH (RFC 4954).
 * @param followers the envelope's commands, which may ride along with a mechanism that needs no challenge
 * @returns the followers that are on their way; undefined when they are still to be sent
 * @throws {Unmet} when it cannot be done as it was asked for
 * @throws {Refusal} {Fault}
 */
export async function login(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  wish: AuthWish,
  offered: AuthReport['offered'],
  report: { auth?: AuthReport },
  followers: readonly Turn[],
): Promise<readonly Pending<SmtpReply>[] | undefined> {
  conceal(session.recorder, session.target, wish)
  const auth: AuthReport = { offered, tried: [], chosen: null }
  report.auth = auth
  const ways = saslWays(session, dialogue, wish, offered.now, WORDS, (mechanism) =>
    firstResponse(wish, mechanism),
  )
  return await logIn(session, dialogue, wish, ways, auth, WORDS.isMechanismRefused, followers)
}

/** LOGIN knows no initial response by its own text; not every server takes one. */
function firstResponse(wish: AuthWish, mechanism: string): 'with-command' | 'on-its-own' {
  if (wish.initialResponse !== 'auto') return wish.initialResponse === 'on' ? 'with-command' : 'on-its-own'
  return mechanism === 'LOGIN' ? 'on-its-own' : 'with-command'
}
