import type { Protocol, Target } from '../session/target.ts'
import { octetsOf } from '../text/visible.ts'
import type { Entry, Transcript } from '../transcript/entry.ts'

/** What of its target a tool has to be told, beside what the transcript says. */
export type Terms = Pick<Target, 'security' | 'verify' | 'servername' | 'minVersion' | 'family'> & {
  readonly trusts: 'system' | 'own-ca'
  readonly clientCertificate: 'none' | 'has'
}

/** A path with its parameters, as MAIL or RCPT named it. */
export interface EnvelopePath {
  readonly address: string
  readonly parameters: string | undefined
}

/** What one session did, as far as another tool can do it again. */
export interface Played {
  readonly protocol: Protocol
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly terms: Terms
  readonly security: 'clear' | 'upgraded' | 'implicit'
  /** It went on with a certificate that does not verify, or would have. */
  readonly verified: 'yes' | 'no'
  readonly hello: string | undefined
  /** The mechanism of the login that was tried last; POP3 knows USER and APOP besides. */
  readonly login: string | undefined
  readonly mail: EnvelopePath | undefined
  readonly rcpts: readonly EnvelopePath[]
  /** How far an SMTP session came that wanted to send. */
  readonly envelope: 'not-begun' | 'stopped' | 'refused' | 'content'
  readonly contentOctets: number | undefined
  /** Everything that this service said, in order. */
  readonly said: readonly Said[]
}

export interface Said {
  readonly line: string
  readonly verb: string
  readonly tls: 'inside' | 'outside'
  readonly is: 'login' | 'content' | 'command'
}

/** Of a target, nothing that is secret and nothing that is long. */
export function termsOf(target: Target): Terms {
  const { security, verify, servername, minVersion, family, ca, clientCertificate } = target
  return {
    security,
    verify,
    servername,
    minVersion,
    ...(family === undefined ? {} : { family }),
    trusts: ca === undefined ? 'system' : 'own-ca',
    clientCertificate: clientCertificate === undefined ? 'none' : 'has',
  }
}

/** Reads a transcript as the deeds of a client. */
export function played(transcript: Transcript, terms: Terms): Played {
  const { entries, server, tls } = transcript
  const said = entries.flatMap(saidIn)
  const badCertificate = tls !== null && !(tls.trusted && tls.nameMatches)
  const wentOn = said.some((each) => each.tls === 'inside')
  const { mail, rcpts } = envelopeIn(said)
  return {
    protocol: transcript.protocol,
    host: server.host.replace(/^\[|\]$/g, ''),
    port: server.port,
    terms,
    security: securityOf(terms, said),
    verified: terms.verify === 'report' || (badCertificate && wentOn) ? 'no' : 'yes',
    hello: transcript.client.hello ?? undefined,
    login: loginIn(said),
    mail,
    rcpts,
    envelope: envelopeOf(entries, said),
    contentOctets: entries.flatMap((each) =>
      each.kind === 'data' && each.from === 'client' ? [each.bytes] : [],
    )[0],
    said,
  }
}

function saidIn(entry: Entry): Said[] {
  const tls = entry.tls === true ? 'inside' : 'outside'
  if (entry.kind === 'data' && entry.from === 'client') return [{ line: '', verb: '', tls, is: 'content' }]
  if (entry.kind !== 'command') return []
  const line = octetsOf(entry.line).toString()
  const verb = /^[A-Za-z]*/.exec(line)?.[0].toUpperCase() ?? ''
  const login = LOGIN_VERBS.has(verb) || line === '*' || line === '***'
  return [{ line, verb, tls, is: login ? 'login' : 'command' }]
}

const LOGIN_VERBS: ReadonlySet<string> = new Set(['AUTH', 'USER', 'PASS', 'APOP'])

function loginIn(said: readonly Said[]): string | undefined {
  const last = said.findLast(({ verb }) => verb === 'AUTH' || verb === 'USER' || verb === 'APOP')
  return last?.verb === 'AUTH' ? last.line.split(' ')[1]?.toUpperCase() : last?.verb
}

function securityOf({ security }: Terms, said: readonly Said[]): Played['security'] {
  if (security === 'implicit') return 'implicit'
  const upgraded = said.some(({ verb }) => verb === 'STARTTLS' || verb === 'STLS')
  return upgraded || security === 'required' ? 'upgraded' : 'clear'
}

/** RFC 5321 §4.1.1.2: the path in its brackets, which a quoted local part may hold too. */
const PATH = /^(?:MAIL FROM|RCPT TO): ?<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(?: (.*))?$/i

function envelopeIn(said: readonly Said[]): Pick<Played, 'mail' | 'rcpts'> {
  const paths = (wanted: string): EnvelopePath[] =>
    said.flatMap(({ verb, line }) => {
      const [whole, address = '', parameters] = (verb === wanted ? PATH.exec(line) : null) ?? []
      return whole === undefined ? [] : [{ address, parameters }]
    })
  return { mail: paths('MAIL')[0], rcpts: paths('RCPT') }
}

function envelopeOf(entries: readonly Entry[], said: readonly Said[]): Played['envelope'] {
  if (!said.some(({ verb }) => verb === 'MAIL')) return 'not-begun'
  const replies = entries.flatMap((entry) => {
    if (entry.kind !== 'reply') return []
    const asked = entries.find((each) => each.kind === 'command' && each.seq === entry.answers)
    const verb = asked?.kind === 'command' ? asked.line.slice(0, 4).toUpperCase() : ''
    return [{ verb, code: entry.code ?? 0 }]
  })
  const taken = replies.some(({ verb, code }) => verb === 'RCPT' && code < 300)
  const announced = said.some(({ verb }) => verb === 'DATA' || verb === 'BDAT')
  if (taken && announced) return 'content'
  const refused = replies.some(({ verb, code }) => (verb === 'MAIL' || verb === 'RCPT') && code >= 400)
  return refused ? 'refused' : 'stopped'
}
