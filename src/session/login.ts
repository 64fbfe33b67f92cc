import { randomBytes } from 'node:crypto'
import { chooseMechanisms, type Means, type Mechanism } from '../sasl/choose.ts'
import { type Credentials, SaslError, type SaslMechanism } from '../sasl/mechanism.ts'
import type { Reply } from './answer.ts'
import type { AuthReport, AuthWish } from './auth.ts'
import type { Command } from './command.ts'
import type { Dialogue, Pending } from './dialogue.ts'
import { Fault, Refusal, Unmet } from './outcome.ts'
import { NotCarriedOut, type SaslWords, saslExchange } from './sasl-exchange.ts'
import type { Session } from './session.ts'
import { isVerified } from './tls-policy.ts'
import type { Turn } from './turns.ts'

/** One way to log in that may be tried. */
export interface Way {
  readonly name: string
  /** The password or token itself goes over the wire. */
  readonly exposesSecret: boolean
  /** @throws {Refusal} {NotCarriedOut} {Fault} */
  readonly go: () => Promise<void>
  /** Where it needs no challenge: the commands that are all of it, and what is judged when all of them went well. */
  readonly ride?: () => { readonly commands: readonly Command[]; readonly proven: () => void }
}

/** How to tell that a refusal is about the way and not about the credentials. */
export type IsWayRefused<R extends Reply> = (reply: R) => boolean

/**
 * Tries ways to log in, one after the other. Only a way that could not be carried out makes room for the next one:
 * refused credentials are refused.
 * @param followers commands that may go out in the flight of the first way, when that is one that needs no challenge
 * @returns the followers that are on their way; undefined when they are still to be sent
 * @throws {Unmet} `credentials-need-tls` when every way would show the secret to whoever listens
 */
export async function logIn<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  wish: AuthWish,
  ways: readonly Way[],
  report: AuthReport,
  isWayRefused: IsWayRefused<R>,
  followers: readonly Turn[] = [],
): Promise<readonly Pending<R>[] | undefined> {
  let last: NotCarriedOut | undefined
  for (const [place, way] of presentable(session, dialogue, wish, ways).entries()) {
    report.tried.push(way.name)
    dialogue.note('mechanism', `logging in by ${way.name}`)
    try {
      const riding = place === 0 && followers.length > 0 && way.ride !== undefined
      const sent = riding ? await rideAlong(session, dialogue, way, followers, isWayRefused) : undefined
      if (!riding) await way.go()
      report.chosen = way.name
      return sent
    } catch (error) {
      if (!(error instanceof NotCarriedOut)) throw error
      dialogue.note('mechanism-failed', error.message)
      last = error
    }
  }
  if (last?.cause instanceof Refusal) throw last.cause
  throw new Unmet('auth-aborted', last?.message ?? 'no mechanism could be carried out', {
    offered: report.offered.now,
  })
}

/** @throws {Unmet} when every way would show the secret to whoever listens */
function presentable<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  wish: AuthWish,
  ways: readonly Way[],
): readonly Way[] {
  if (wish.insecure === 'allow' || isVerified(session.tls)) return ways
  const safe = ways.filter((way) => !way.exposesSecret)
  if (safe.length === 0) throw credentialsNeedTls(session, ways)
  if (safe.length < ways.length) {
    const left = ways.filter((way) => way.exposesSecret).map(({ name }) => name)
    dialogue.note('not-tried', `${left.join(', ')}: credentials are not sent without verified TLS`)
  }
  return safe
}

/** RFC 4954 §4, RFC 2449 §6.6: a login without a challenge, and commands behind it in one flight. */
async function rideAlong<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  way: Way,
  followers: readonly Turn[],
  isWayRefused: IsWayRefused<R>,
): Promise<readonly Pending<R>[]> {
  const { commands, proven } = way.ride?.() ?? { commands: [], proven: () => undefined }
  const sent = dialogue.sendGroup([...commands.map((command) => ({ command })), ...followers])
  const behind = sent.slice(commands.length)
  let refused: R | undefined
  for (const pending of sent.slice(0, commands.length)) {
    const reply = await dialogue.reply(pending)
    if (reply.severity === 'intermediate') {
      session.leaving = 'drop'
      throw new Fault(
        'protocol',
        `the server asked for more after ${way.name}, and took what followed for it`,
      )
    }
    if (reply.severity !== 'completion') refused ??= reply
    if (refused !== undefined) break
  }
  if (refused === undefined) {
    proven()
    return behind
  }
  await readLate(session, dialogue, sent)
  if (isWayRefused(refused))
    throw new NotCarriedOut(`${way.name} was refused as such`, { cause: new Refusal(refused) })
  throw new Refusal(refused)
}

/** What follows a refused login is its consequence; only a server that wants content all the same has to be left at once. */
async function readLate<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  sent: readonly Pending<R>[],
): Promise<void> {
  try {
    for (const pending of sent) {
      const late = await dialogue.reply(pending)
      if (late.severity === 'intermediate') session.leaving = 'drop'
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
  }
}

/**
 * The SASL mechanisms that the wish and the server have in common, as ways to log in.
 * @throws {Unmet} when there are none
 */
export function saslWays<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  wish: AuthWish,
  offered: readonly string[],
  words: SaslWords<R>,
  firstResponse: (mechanism: string) => 'with-command' | 'on-its-own',
): Way[] {
  const means = meansOf(session, wish)
  const choice = chooseMechanisms(wish.mechanism, offered, means)
  switch (choice.kind) {
    case 'chosen':
      return choice.mechanisms.map((mechanism) => ({
        name: mechanism.name,
        exposesSecret: mechanism.exposesSecret,
        go: async () => {
          const begun = begin(mechanism, session, means, offered)
          await saslExchange(dialogue, begun, words, firstResponse(mechanism.name))
        },
        ...(ONE_MESSAGE.has(mechanism.name) && firstResponse(mechanism.name) === 'with-command'
          ? { ride: () => oneMessage(begin(mechanism, session, means, offered), words) }
          : {}),
      }))
    case 'not-offered':
      throw notOffered(`the server does not offer ${choice.mechanism}`, offered)
    case 'not-possible':
      throw new Unmet('mechanism-not-supported', choice.because, { offered })
    case 'none-in-common':
      throw notOffered('the server offers no mechanism that could be carried out here', offered)
  }
}

/** RFC 4954 §4: these are over with the initial response. */
const ONE_MESSAGE: ReadonlySet<string> = new Set(['PLAIN', 'EXTERNAL'])

function oneMessage<R extends Reply>(mechanism: SaslMechanism, words: SaslWords<R>) {
  return { commands: [words.begin(mechanism.name, mechanism.initial())], proven: () => mechanism.finish() }
}

function begin<R extends Reply>(
  mechanism: Mechanism,
  session: Session<R>,
  means: Means,
  offered: readonly string[],
) {
  const { target } = session
  try {
    return mechanism.begin(means.credentials, {
      service: target.protocol === 'pop3' ? 'pop' : target.protocol,
      host: target.host,
      port: target.port,
      bindings: means.bindings,
      offered,
      nonce: () => randomBytes(18).toString('base64'),
    })
  } catch (error) {
    if (!(error instanceof SaslError)) throw error
    throw new NotCarriedOut(`${mechanism.name} cannot carry these credentials: ${error.message}`, {
      cause: error,
    })
  }
}

function meansOf<R extends Reply>(session: Session<R>, wish: AuthWish): Means {
  const { credential } = wish
  const credentials: Credentials = {
    user: wish.user,
    authzid: wish.authzid,
    password: credential?.kind === 'password' ? credential.value : undefined,
    token: credential?.kind === 'token' ? credential.value : undefined,
  }
  return { credentials, bindings: session.bindings, tls: isVerified(session.tls) ? 'verified' : 'unverified' }
}

function notOffered(message: string, offered: readonly string[]): Unmet {
  const code = offered.length === 0 ? 'auth-not-offered' : 'mechanism-not-supported'
  return new Unmet(
    code,
    offered.length === 0 ? 'a login was asked for, and the server offers none' : message,
    { offered },
  )
}

function credentialsNeedTls<R extends Reply>(session: Session<R>, ways: readonly Way[]): Unmet {
  const why =
    session.tls === undefined ? 'is not encrypted' : 'is encrypted, but the certificate does not verify'
  return new Unmet(
    'credentials-need-tls',
    `the connection ${why}, and every mechanism in question shows the credentials`,
    {
      offered: ways.map(({ name }) => name),
    },
  )
}
