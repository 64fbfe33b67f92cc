import { randomBytes } from 'node:crypto'
import { chooseMechanisms, type Means, type Mechanism } from '../sasl/choose.ts'
import { type Credentials, SaslError } from '../sasl/mechanism.ts'
import type { Reply } from './answer.ts'
import type { AuthReport, AuthWish } from './auth.ts'
import type { Dialogue } from './dialogue.ts'
import { Refusal, Unmet } from './outcome.ts'
import { NotCarriedOut, type SaslWords, saslExchange } from './sasl-exchange.ts'
import type { Session } from './session.ts'
import { isVerified } from './tls-policy.ts'

/** One way to log in that may be tried. */
export interface Way {
  readonly name: string
  /** The password or token itself goes over the wire. */
  readonly exposesSecret: boolean
  /** @throws {Refusal} {NotCarriedOut} {Fault} */
  readonly go: () => Promise<void>
}

/**
 * Tries ways to log in, one after the other. Only a way that could not be carried out makes room for the next one:
 * refused credentials are refused.
 * @throws {Unmet} `credentials-need-tls` when every way would show the secret to whoever listens
 */
export async function logIn<R extends Reply>(
  session: Session<R>,
  dialogue: Dialogue<R>,
  wish: AuthWish,
  ways: readonly Way[],
  report: AuthReport,
): Promise<void> {
  const safe =
    wish.insecure === 'allow' || isVerified(session.tls) ? ways : ways.filter((way) => !way.exposesSecret)
  if (safe.length === 0) throw credentialsNeedTls(session, ways)
  if (safe.length < ways.length) {
    const left = ways.filter((way) => way.exposesSecret).map(({ name }) => name)
    dialogue.note('not-tried', `${left.join(', ')}: credentials are not sent without verified TLS`)
  }
  let last: NotCarriedOut | undefined
  for (const way of safe) {
    report.tried.push(way.name)
    dialogue.note('mechanism', `logging in by ${way.name}`)
    try {
      await way.go()
      report.chosen = way.name
      return
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
      }))
    case 'not-offered':
      throw notOffered(`the server does not offer ${choice.mechanism}`, offered)
    case 'not-possible':
      throw new Unmet('mechanism-not-supported', choice.because, { offered })
    case 'none-in-common':
      throw notOffered('the server offers no mechanism that could be carried out here', offered)
  }
}

/** The session's secrets are known to the recorder before anything is said with them. */
export function registerSecrets<R extends Reply>(session: Session<R>, wish: AuthWish): void {
  const { recorder, target } = session
  for (const known of [target.host, target.servername, wish.user]) recorder.permit(known)
  if (wish.credential !== undefined) recorder.secret(wish.credential.value.reveal())
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
