import type { AuthReport, AuthWish } from '../session/auth.ts'
import { bodyLines } from '../session/body-lines.ts'
import type { Dialogue, Pending } from '../session/dialogue.ts'
import { Refusal, Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import type { Turn } from '../session/turns.ts'
import { type Capability, capabilityOf, MOST_CAPABILITIES, mechanismsIn, offers } from './capa.ts'
import { capa, stls } from './command.ts'
import type { LogIn } from './flights.ts'
import { login } from './login.ts'
import { type Pop3Reply, settled } from './reply.ts'

export interface OpeningReport {
  greeting?: string
  capabilitiesBefore?: readonly Capability[]
  capabilities?: readonly Capability[]
  auth?: AuthReport
  /** The login went out with the commands behind it, in one flight. */
  rode?: boolean
}

export interface Opened {
  readonly dialogue: Dialogue<Pop3Reply>
  /** Undefined where the server does not know CAPA. */
  readonly capabilities: readonly Capability[] | undefined
  /** From the AUTHORIZATION state to TRANSACTION. */
  readonly logIn: (wish: AuthWish) => LogIn
}

/**
 * Greeting, CAPA, STLS and CAPA again: the AUTHORIZATION state (RFC 1939 §4), in which one can log in.
 * @throws {Refusal} {Fault} {Unmet}
 */
export async function openPop3(session: Session<Pop3Reply>, report: OpeningReport): Promise<Opened> {
  const { dialogue, greeting } = await session.open()
  if (settled(greeting).status !== '+OK') throw new Refusal(greeting)
  report.greeting = greeting.lines[0] ?? ''

  let capabilities = await capabilitiesOf(session, dialogue)
  if (capabilities !== undefined) report.capabilitiesBefore = capabilities
  if (wantsUpgrade(session, capabilities)) {
    await upgrade(session, dialogue)
    // RFC 2595 §4: what was learnt before TLS is forgotten
    if (session.tls !== undefined) capabilities = await capabilitiesOf(session, dialogue)
  }
  if (capabilities !== undefined) report.capabilities = capabilities

  const logIn =
    (wish: AuthWish): LogIn =>
    async (followers: readonly Turn[]): Promise<readonly Pending<Pop3Reply>[] | undefined> => {
      session.stage = 'auth'
      const offered = {
        beforeTls: mechanismsIn(report.capabilitiesBefore ?? []),
        now: mechanismsIn(capabilities ?? []),
        // RFC 2449 §6.3: without CAPA, USER is what every server knows
        user: capabilities === undefined || offers(capabilities, 'USER'),
        greeting: greeting.lines[0] ?? '',
      }
      const sent = await login(session, dialogue, wish, offered, report, followers)
      session.stage = 'transaction'
      return sent
    }
  return { dialogue, capabilities, logIn }
}

/** What CAPA lists (RFC 2449 §5); undefined where the server does not know it. */
export async function capabilitiesOf(
  session: Session<Pop3Reply>,
  dialogue: Dialogue<Pop3Reply>,
): Promise<readonly Capability[] | undefined> {
  session.stage = 'capabilities'
  const [pending] = dialogue.sendGroup([{ command: capa(), multiline: true }])
  if (pending === undefined) return undefined
  const reply = settled(await dialogue.reply(pending))
  if (reply.status === '+OK') return await capabilitiesIn(dialogue, pending)
  dialogue.note('no-capa', 'the server does not know CAPA: what it offers is found by trying')
  return undefined
}

/** The lines of a reply to CAPA. @throws {Fault} `limit` when there are too many */
export async function capabilitiesIn(
  dialogue: Dialogue<Pop3Reply>,
  pending: Pending<Pop3Reply>,
): Promise<readonly Capability[]> {
  const capabilities: Capability[] = []
  const limits = { lines: MOST_CAPABILITIES, lineOctets: 1024, octets: 262_144 }
  for await (const lines of bodyLines(dialogue.body(pending), limits)) {
    for (const line of lines) capabilities.push(capabilityOf(Buffer.from(line, 'latin1')))
  }
  return capabilities
}

/** @throws {Unmet} when TLS is required and CAPA does not list STLS; without CAPA it is tried */
function wantsUpgrade(session: Session<Pop3Reply>, capabilities: readonly Capability[] | undefined): boolean {
  const { security } = session.target
  if (security === 'implicit' || security === 'off') return false
  if (capabilities === undefined) return security === 'required'
  if (offers(capabilities, 'STLS')) return true
  if (security === 'opportunistic') return false
  session.stage = 'starttls'
  throw new Unmet('starttls-not-offered', 'TLS is required, and the server does not offer STLS', {
    offered: capabilities.map(({ line }) => line),
  })
}

async function upgrade(session: Session<Pop3Reply>, dialogue: Dialogue<Pop3Reply>): Promise<void> {
  session.stage = 'starttls'
  const reply = settled(await dialogue.command(stls()))
  if (reply.status !== '+OK') {
    if (session.target.security === 'required') throw new Refusal(reply)
    const evidence = reply.seq === undefined ? [] : [reply.seq]
    dialogue.finding(
      'starttls-refused',
      'STLS was offered and refused; the session went on in the clear.',
      evidence,
    )
    return
  }
  await session.upgrade(dialogue)
}
