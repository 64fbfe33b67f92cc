import { apopDigest, apopTimestamp } from '../sasl/apop.ts'
import { decodeChallenge } from '../sasl/base64.ts'
import type { AuthReport, AuthWish } from '../session/auth.ts'
import { command, secretCommand } from '../session/command.ts'
import { conceal } from '../session/conceal.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { logIn, saslWays, type Way } from '../session/login.ts'
import { Fault, Refusal, Unmet } from '../session/outcome.ts'
import { NotCarriedOut, type SaslWords } from '../session/sasl-exchange.ts'
import type { Session } from '../session/session.ts'
import { isVerified } from '../session/tls-policy.ts'
import type { Turn } from '../session/turns.ts'
import { apop, auth, pass, user } from './command.ts'
import { isDeletion } from './flights.ts'
import { type Pop3Reply, settled } from './reply.ts'

/** What a server offers for logging in. */
export interface LoginOffer {
  readonly beforeTls: readonly string[]
  readonly now: readonly string[]
  /** USER and PASS may be tried. */
  readonly user: boolean
  readonly greeting: string
}

const ON_ITS_OWN: ReadonlySet<string> = new Set(['LOGIN', 'XOAUTH2', 'OAUTHBEARER'])

const WORDS: SaslWords<Pop3Reply> = {
  begin: auth,
  respond: (response) => secretCommand('', '', response.toString('base64')),
  cancel: () => command('*'),
  challengeOf: (reply) => decodeChallenge((reply.lines[0] ?? '').trim()),
  // Exchange 2003
  earlyYes: 'is-a-challenge',
  isMechanismRefused: (reply) =>
    /\b(?:unknown|unsupported|unrecogni[sz]ed|invalid|bad) (?:authentication )?(?:command|mechanism|method)\b|\bnot (?:supported|implemented)\b/i.test(
      reply.lines.join(' '),
    ),
}

/**
 * From AUTHORIZATION to TRANSACTION by AUTH (RFC 5034), APOP or USER and PASS (RFC 1939 §7).
 * @param followers commands that may go out with the login
 * @returns those of them that did
 * @throws {Unmet} when it cannot be done as it was asked for
 * @throws {Refusal} {Fault}
 */
export async function login(
  session: Session<Pop3Reply>,
  dialogue: Dialogue<Pop3Reply>,
  wish: AuthWish,
  offer: LoginOffer,
  report: { auth?: AuthReport; rode?: boolean },
  followers: readonly Turn[],
): Promise<readonly Pending<Pop3Reply>[] | undefined> {
  conceal(session.recorder, session.target, wish)
  const own = ownWays(dialogue, wish, offer)
  const offered = [...offer.now, ...own.map(({ name }) => name)]
  const auth: AuthReport = { offered: { beforeTls: offer.beforeTls, now: offered }, tried: [], chosen: null }
  report.auth = auth
  const quitAlong = followers.at(-1)?.command.verb === 'QUIT'
  const deleting = followers.some(isDeletion)
  const ways = waysFor(session, dialogue, wish, offer, own).map((way) =>
    watched(
      way,
      quitAlong,
      () => {
        report.rode = true
        if (deleting) session.leaving = 'drop'
      },
      report,
    ),
  )
  try {
    return await logIn(session, dialogue, wish, ways, auth, WORDS.isMechanismRefused, followers)
  } finally {
    if (report.rode === true && auth.chosen === null) {
      // the QUIT that rode along was answered with the rest
      if (quitAlong && session.leaving === 'quit') session.leaving = 'said'
      if (deleting)
        dialogue.note(
          'no-quit',
          'DELE was behind the login that failed: whatever the server made of it, without QUIT nothing is deleted',
        )
    }
  }
}

/** Remembers whether the login rode with the commands behind it; behind their QUIT nothing can be tried any more. */
function watched(way: Way, quitAlong: boolean, rides: () => void, report: { readonly rode?: boolean }): Way {
  const { ride } = way
  return {
    ...way,
    go: async () => {
      if (report.rode === true && quitAlong)
        throw new Fault('closed', `QUIT was said before ${way.name} could be tried`)
      await way.go()
    },
    ...(ride === undefined
      ? {}
      : {
          ride: () => {
            rides()
            return ride()
          },
        }),
  }
}

/** @throws {Unmet} when there is none */
function waysFor(
  session: Session<Pop3Reply>,
  dialogue: Dialogue<Pop3Reply>,
  wish: AuthWish,
  offer: LoginOffer,
  own: readonly Way[],
): Way[] {
  const named = wish.mechanism
  if (named === 'USER' || named === 'APOP') {
    const way = own.find(({ name }) => name === named)
    if (way !== undefined) return [way]
    throw new Unmet('mechanism-not-supported', `the server does not offer ${named}`, { offered: offer.now })
  }
  const sasl = () =>
    saslWays(session, dialogue, wish, offer.now, WORDS, (mechanism) => firstResponse(wish, mechanism))
  if (named !== 'auto') return sasl()
  // APOP is a bare MD5 of the password: better than showing it, and worse than any SASL mechanism or verified TLS
  const fallbacks = own.filter(({ name }) => name !== 'APOP' || !isVerified(session.tls))
  if (fallbacks.length === 0 || wish.credential?.kind === 'token') return sasl()
  if (offer.now.length === 0) return fallbacks
  try {
    return [...sasl(), ...fallbacks]
  } catch (error) {
    if (!(error instanceof Unmet)) throw error
    return fallbacks
  }
}

/** What POP3 has besides SASL, the better first. */
function ownWays(dialogue: Dialogue<Pop3Reply>, wish: AuthWish, offer: LoginOffer): Way[] {
  const password = wish.credential?.kind === 'password' ? wish.credential.value : undefined
  if (password === undefined) return []
  const timestamp = apopTimestamp(offer.greeting)
  const ways: Way[] = []
  if (timestamp !== undefined) {
    ways.push({
      name: 'APOP',
      exposesSecret: false,
      go: async () => {
        accepted(await dialogue.command(apop(wish.user, apopDigest(timestamp, password))))
      },
      ride: () => ({ commands: [apop(wish.user, apopDigest(timestamp, password))], proven: () => undefined }),
    })
  }
  if (offer.user) {
    ways.push({
      name: 'USER',
      exposesSecret: true,
      go: async () => {
        accepted(await dialogue.command(user(wish.user)))
        accepted(await dialogue.command(pass(password.reveal())))
      },
      ride: () => ({ commands: [user(wish.user), pass(password.reveal())], proven: () => undefined }),
    })
  }
  return ways
}

function accepted(reply: Pop3Reply): void {
  if (settled(reply).status === '+OK') return
  if (WORDS.isMechanismRefused(reply))
    throw new NotCarriedOut('the command was refused as unknown', { cause: new Refusal(reply) })
  throw new Refusal(reply)
}

/** Office 365 takes OAuth in two lines only, and LOGIN knows no initial response by its own text (RFC 5034 §4 has both). */
function firstResponse(wish: AuthWish, mechanism: string): 'with-command' | 'on-its-own' {
  if (wish.initialResponse !== 'auto') return wish.initialResponse === 'on' ? 'with-command' : 'on-its-own'
  return ON_ITS_OWN.has(mechanism) ? 'on-its-own' : 'with-command'
}
