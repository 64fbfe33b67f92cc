import type { Security } from '../session/target.ts'
import type { Transcript } from '../transcript/entry.ts'
import { type Capability, mechanismsIn, offers } from './capa.ts'

export const LEVELS = ['error', 'warning', 'info'] as const

/** Something worth telling whoever runs the server. */
export interface ServerFinding {
  /** `error`: nobody can log in, or passwords are in danger; `warning`: it should be better; `info`: good to know. */
  readonly level: (typeof LEVELS)[number]
  readonly code: string
  readonly text: string
  /** What to do about it, most useful first. */
  readonly instructions: readonly string[]
  /** `seq` of the entries of the transcript that show it. */
  readonly evidence: readonly number[]
}

/** What a look at a server saw; a list is undefined where the server was not asked, or does not know CAPA. */
export interface ServerSeen {
  readonly security: Security
  readonly transcript: Transcript
  /** In the clear; undefined also where TLS was spoken from the first octet. */
  readonly before: readonly Capability[] | undefined
  /** What was offered last before anybody logged in. */
  readonly beforeLogin: readonly Capability[] | undefined
  readonly afterLogin: readonly Capability[] | undefined
  /** The greeting's timestamp. */
  readonly apop: string | undefined
}

type Told = Omit<ServerFinding, 'evidence'>

/** A certificate is renewed some weeks before its end; later than this somebody has forgotten it. */
const SOON_DAYS = 14
/** Longer than mail programs wait from one look to the next. */
const LONG_LOGIN_DELAY_S = 300
/** Ways to log in that show the password or token to whoever listens. */
const READABLE: ReadonlySet<string> = new Set(['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'])

/** What a server's administrator should know, the gravest first. */
export function findingsOn(seen: ServerSeen): readonly ServerFinding[] {
  const capas = evidenceOf(seen.transcript, 'CAPA')
  const last = capas.slice(-1)
  const all = [
    ...withEvidence(encryption(seen), capas.slice(0, 1)),
    ...certificate(seen.transcript),
    ...withEvidence(logins(seen), last),
    ...withEvidence(offered(seen), last),
  ]
  return LEVELS.flatMap((level) => all.filter((finding) => finding.level === level))
}

function encryption({ security, transcript, before }: ServerSeen): Told[] {
  if (before === undefined) return []
  const findings: Told[] = []
  if (!offers(before, 'STLS')) {
    findings.push({
      level: 'error',
      code: 'starttls-not-offered',
      text: 'There is no TLS on this port: passwords and mail go over the network readable.',
      instructions: [
        'Offer STLS with a certificate (Dovecot: ssl = yes, ssl_cert, ssl_key).',
        'Callers: where the server listens on port 995, use `pop3s://`.',
      ],
    })
  } else if (transcript.tls === null && security !== 'off') {
    findings.push({
      level: 'error',
      code: 'starttls-refused',
      text: 'STLS is offered, and was refused.',
      instructions: ['Look into the server’s log: its certificate or its key may not be readable.'],
    })
  }
  const readable = [
    ...mechanismsIn(before).filter((mechanism) => READABLE.has(mechanism)),
    ...(offers(before, 'USER') ? ['USER'] : []),
  ]
  if (readable.length > 0) {
    findings.push({
      level: 'warning',
      code: 'auth-in-the-clear',
      text: `${readable.join(', ')} may be used without TLS, where anybody on the way can read the credentials.`,
      instructions: [
        'Take them only inside TLS (Dovecot: disable_plaintext_auth = yes, or auth_allow_cleartext = no from 2.4 on).',
      ],
    })
  }
  return findings
}

function certificate(transcript: Transcript): ServerFinding[] {
  const { tls, findings } = transcript
  if (tls === null) return []
  const evidence = transcript.entries.flatMap((entry) =>
    entry.kind === 'event' && entry.event === 'tls' ? [entry.seq] : [],
  )
  const told: Told[] = findings
    .filter(({ code }) => code.startsWith('certificate-'))
    .map(({ code, text }) => ({
      level: 'error',
      code,
      text,
      instructions: ['Clients that verify certificates turn away: install one that is valid for the name.'],
    }))
  const daysLeft = tls.certificate?.daysLeft
  if (tls.trusted && daysLeft !== undefined && daysLeft <= SOON_DAYS) {
    told.push({
      level: 'warning',
      code: 'certificate-expires-soon',
      text: `The certificate is valid for ${daysLeft} more days.`,
      instructions: ['Renew it, and let the server read it again.'],
    })
  }
  if (tls.version === 'TLSv1' || tls.version === 'TLSv1.1') {
    told.push({
      level: 'error',
      code: 'tls-version-too-old',
      text: `The server takes no newer version than ${tls.version}, which clients of today refuse.`,
      instructions: ['Renew the server’s TLS library, and allow TLS 1.2 and 1.3 (RFC 8996 §4, §5).'],
    })
  }
  return withEvidence(told, evidence)
}

function logins({ transcript, beforeLogin, apop }: ServerSeen): Told[] {
  if (beforeLogin === undefined) return []
  const findings: Told[] = []
  const mechanisms = mechanismsIn(beforeLogin)
  const byPassword = offers(beforeLogin, 'USER')
  if (mechanisms.length === 0 && !byPassword) {
    // what it offers with TLS nobody has seen
    if (transcript.tls === null && offers(beforeLogin, 'STLS')) findings.push(AUTH_NEEDS_TLS)
    else findings.push(apop === undefined ? AUTH_NOT_OFFERED : APOP_ALONE)
  }
  if (transcript.tls !== null && offers(beforeLogin, 'STLS')) {
    findings.push({
      level: 'warning',
      code: 'starttls-inside-tls',
      text: 'STLS is offered again inside TLS, which RFC 2595 §4 forbids.',
      instructions: [
        'Look for a proxy in front of the server that ends TLS and passes the server’s own words on.',
      ],
    })
  }
  if (!offers(beforeLogin, 'AUTH-RESP-CODE') && !offers(beforeLogin, 'RESP-CODES')) {
    findings.push({
      level: 'info',
      code: 'response-codes-missing',
      text: 'Refusals have no response codes: that a mailbox is in use can be told from a wrong password by the wording alone.',
      instructions: ['Use a server that knows RFC 2449 §8 and RFC 3206.'],
    })
  }
  return findings
}

const APOP_ALONE: Told = {
  level: 'warning',
  code: 'apop-alone',
  text: 'APOP is the only way to log in: a bare MD5 of the password, which the server has to store readable.',
  instructions: ['Offer USER or SASL mechanisms inside TLS; few mail programs still know APOP.'],
}

const AUTH_NOT_OFFERED: Told = {
  level: 'error',
  code: 'auth-not-offered',
  text: 'The server lists no way to log in.',
  instructions: ['Let CAPA list USER, or mechanisms behind SASL (RFC 2449 §6.3, RFC 5034 §6).'],
}

const AUTH_NEEDS_TLS: Told = {
  level: 'info',
  code: 'auth-needs-tls',
  text: 'The server lists no way to log in without TLS, which is how it should be.',
  instructions: ['Ask again with TLS, to see what it offers then.'],
}

function offered({ beforeLogin, afterLogin }: ServerSeen): Told[] {
  const last = afterLogin ?? beforeLogin
  if (last === undefined) return [CAPA_NOT_KNOWN]
  const findings: Told[] = []
  const parameterOf = (keyword: string): string | undefined =>
    last.find((capability) => capability.keyword === keyword)?.parameters[0]
  if (!offers(last, 'UIDL')) {
    findings.push({
      level: 'warning',
      code: 'uidl-not-offered',
      text: 'There are no unique-ids: who leaves mail on the server fetches it again each time, and deletes by numbers that move.',
      instructions: ['Use a server that knows UIDL (RFC 1939 §7).'],
    })
  }
  if (!offers(last, 'TOP')) {
    findings.push({
      level: 'info',
      code: 'top-not-offered',
      text: 'Headers cannot be had without the whole message.',
      instructions: ['Use a server that knows TOP (RFC 1939 §7).'],
    })
  }
  if (!offers(last, 'PIPELINING')) {
    findings.push({
      level: 'info',
      code: 'pipelining-not-offered',
      text: 'Each command costs a round trip.',
      instructions: ['Use a server that knows PIPELINING (RFC 2449 §6.6).'],
    })
  }
  const delay = parameterOf('LOGIN-DELAY')
  if (delay !== undefined && /^[0-9]{1,9}$/.test(delay) && Number(delay) >= LONG_LOGIN_DELAY_S) {
    findings.push({
      level: 'warning',
      code: 'login-delay-long',
      text: `Between two logins ${delay} seconds have to pass: mail is seen late, and a mail program that asks more often is refused.`,
      instructions: ['Set mail programs to a longer interval, or lower the server’s LOGIN-DELAY.'],
    })
  }
  if (parameterOf('EXPIRE') === '0') {
    findings.push({
      level: 'warning',
      code: 'expire-at-once',
      text: 'What was retrieved may be deleted when the session ends (EXPIRE 0), also where nobody deleted it.',
      instructions: ['Keep messages for some days, and say so by EXPIRE (RFC 2449 §6.7).'],
    })
  }
  return findings
}

const CAPA_NOT_KNOWN: Told = {
  level: 'info',
  code: 'capa-not-known',
  text: 'The server does not know CAPA: what it offers shows only when it is tried, and STLS is not tried unless `tls=required`.',
  instructions: ['Use a server that knows CAPA (RFC 2449 §5).'],
}

/** The replies to a command, in order. */
function evidenceOf({ entries }: Transcript, line: string): readonly number[] {
  const asked = new Set(
    entries.flatMap((entry) => (entry.kind === 'command' && entry.line === line ? [entry.seq] : [])),
  )
  return entries.flatMap((entry) =>
    entry.kind === 'reply' && entry.answers !== undefined && asked.has(entry.answers) ? [entry.seq] : [],
  )
}

function withEvidence(told: readonly Told[], evidence: readonly number[]): ServerFinding[] {
  return told.map((each) => ({ ...each, evidence }))
}
