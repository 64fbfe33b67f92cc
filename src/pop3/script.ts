import type { AuthWish } from '../session/auth.ts'
import type { TimeLimits } from '../session/budget.ts'
import { Refusal } from '../session/outcome.ts'
import { runScript } from '../session/script.ts'
import { ScriptSecrets } from '../session/script-secrets.ts'
import type { Script, ScriptEnd, StepRecord } from '../session/script-steps.ts'
import { runSession, type Session, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { type OpeningReport, openPop3 } from './open.ts'
import { type Pop3Reply, Pop3ReplyReader, settled } from './reply.ts'
import { openingFacts, Pop3Words } from './script-words.ts'

export interface Pop3ScriptOptions {
  readonly target: Target
  readonly timeLimits: TimeLimits
  readonly signal: AbortSignal
  readonly auth: AuthWish | undefined
  readonly script: Script
}

/** As long as in other sessions: RFC 2449 §4 names 512 octets for a status line. */
const LONGEST_LINE = 8192

/** One session in which the caller has the word; before that, TLS and login where they are asked for. */
export async function pop3Script(tools: SessionTools, options: Pop3ScriptOptions): Promise<ScriptEnd> {
  const { target, timeLimits, signal, auth, script } = options
  const records: StepRecord[] = []
  const report: OpeningReport = {}
  let words: Pop3Words | undefined
  const end = await runSession(
    {
      tools,
      target,
      timeLimits,
      signal,
      secretsOf: auth,
      reader: (tolerated) => new Pop3ReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    async (session) => {
      const secrets = new ScriptSecrets(session.recorder)
      secrets.keepNamed(script.steps, target)
      const dialogue = await opened(session, options, report)
      words = new Pop3Words(session, dialogue, report)
      await runScript(script, { session, dialogue, words, now: () => tools.clock.now(), records, secrets })
    },
  )
  return {
    ...end,
    outcome: end.failure?.outcome ?? 'ok',
    records,
    facts:
      words?.facts ?? openingFacts(report, auth === undefined ? 'not-asked' : 'asked', report.capabilities),
    auth: report.auth,
  }
}

/** The greeting; and CAPA, STLS and the login only where they are asked for. */
async function opened(
  session: Session<Pop3Reply>,
  { target, auth }: Pop3ScriptOptions,
  report: OpeningReport,
) {
  const speaks = auth !== undefined || target.security === 'required' || target.security === 'opportunistic'
  if (!speaks) {
    const { dialogue, greeting } = await session.open()
    if (settled(greeting).status !== '+OK') throw new Refusal(greeting)
    report.greeting = greeting.lines[0] ?? ''
    session.stage = 'auth'
    return dialogue
  }
  session.recorder.event(
    'own-capa',
    'this service asks CAPA by itself before the first step: TLS or the login needs it',
  )
  const { dialogue, logIn } = await openPop3(session, report)
  if (auth !== undefined) await logIn(auth)([])
  return dialogue
}
