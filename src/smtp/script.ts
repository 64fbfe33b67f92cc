import type { AuthWish } from '../session/auth.ts'
import type { TimeLimits } from '../session/budget.ts'
import { Refusal } from '../session/outcome.ts'
import { runScript } from '../session/script.ts'
import { ScriptSecrets } from '../session/script-secrets.ts'
import type { Script, ScriptEnd, StepRecord } from '../session/script-steps.ts'
import { runSession, type Session, type SessionTools } from '../session/session.ts'
import type { Target } from '../session/target.ts'
import { mechanismsIn } from './ehlo.ts'
import type { Hello } from './hello.ts'
import { login } from './login.ts'
import { type OpeningReport, openSmtp } from './open.ts'
import { type SmtpReply, SmtpReplyReader } from './reply.ts'
import { openingFacts, SmtpWords } from './script-words.ts'

export interface SmtpScriptOptions {
  readonly target: Target
  readonly timeLimits: TimeLimits
  readonly signal: AbortSignal
  /** For TLS and login before the first step, and for a step that logs in. */
  readonly hello: Hello
  readonly auth: AuthWish | undefined
  readonly script: Script
}

/** As long as in a send: RFC 5321 §4.5.3.1.5 names 512 octets for a reply line. */
const LONGEST_LINE = 8192

/** One session in which the caller has the word; before that, TLS and login where they are asked for. */
export async function smtpScript(tools: SessionTools, options: SmtpScriptOptions): Promise<ScriptEnd> {
  const { target, timeLimits, signal, auth, script } = options
  const records: StepRecord[] = []
  const report: OpeningReport = {}
  let words: SmtpWords | undefined
  const end = await runSession(
    {
      tools,
      target,
      timeLimits,
      signal,
      secretsOf: auth,
      reader: (tolerated) => new SmtpReplyReader(tolerated),
      maxLineOctets: LONGEST_LINE,
    },
    async (session) => {
      const secrets = new ScriptSecrets(session.recorder)
      secrets.keepNamed(script.steps, target)
      const dialogue = await opened(session, options, report)
      words = new SmtpWords(session, dialogue, options.hello, report)
      await runScript(script, { session, dialogue, words, now: () => tools.clock.now(), records, secrets })
    },
  )
  return {
    ...end,
    outcome: end.failure?.outcome ?? words?.outcome ?? 'ok',
    records,
    facts:
      words?.facts ?? openingFacts(report, auth === undefined ? 'not-asked' : 'asked', report.extensions),
    auth: report.auth,
  }
}

/** The greeting; and EHLO, STARTTLS and AUTH only where they are asked for. */
async function opened(
  session: Session<SmtpReply>,
  { target, hello, auth }: SmtpScriptOptions,
  report: OpeningReport,
) {
  const speaks = auth !== undefined || target.security === 'required' || target.security === 'opportunistic'
  if (!speaks) {
    const { dialogue, greeting } = await session.open()
    if (greeting.code !== 220) throw new Refusal(greeting)
    return dialogue
  }
  session.recorder.event(
    'own-hello',
    'this service says hello by itself before the first step: TLS or the login needs it',
  )
  const { dialogue, extensions } = await openSmtp(
    session,
    { hello, xclient: undefined, end: undefined },
    report,
  )
  if (auth === undefined) return dialogue
  session.stage = 'auth'
  const offered = {
    beforeTls: mechanismsIn(report.extensionsBeforeTls ?? extensions),
    now: mechanismsIn(extensions),
  }
  await login(session, dialogue, auth, offered, report, [])
  return dialogue
}
