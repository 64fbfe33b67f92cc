import { scriptOf } from '../../src/http/script-wishes.ts'
import { pop3Script } from '../../src/pop3/script.ts'
import type { AuthWish } from '../../src/session/auth.ts'
import type { ScriptEnd } from '../../src/session/script-steps.ts'
import type { Target } from '../../src/session/target.ts'
import { smtpScript } from '../../src/smtp/script.ts'
import { type ScriptOptions, scriptedOptions, TIME_LIMITS } from './scripted-session.ts'

/** Steps as a caller writes them. */
export type Steps = Parameters<typeof scriptOf>[0]['steps']

export interface ScriptWish extends ScriptOptions {
  readonly target?: Partial<Target>
  readonly auth?: AuthWish
  readonly onUnexpected?: 'stop' | 'continue' | 'quit'
  readonly pipelining?: 'on' | 'off'
  /** What the server says first, where it is not as usual. */
  readonly greeting?: string
}

/** A caller's script in a session whose server plays one too; its greeting is given. */
export async function scriptedScript(
  protocol: 'smtp' | 'lmtp' | 'pop3',
  wireScript: string,
  steps: Steps,
  wish: ScriptWish = {},
) {
  const { greeting = protocol === 'pop3' ? 'S: +OK ready' : 'S: 220 mx.example.test ESMTP' } = wish
  const { options, wire, clock } = scriptedOptions(protocol, `${greeting}\n${wireScript}`, wish)
  const timeLimits = { ...TIME_LIMITS, ...wish.timeLimits }
  const role = protocol === 'pop3' ? 'pop3' : 'smtp'
  const script = await scriptOf(
    { steps, onUnexpected: wish.onUnexpected, pipelining: wish.pipelining },
    { role, server: undefined, timeLimits },
  )
  const shared = {
    target: options.target,
    timeLimits,
    signal: wish.signal ?? new AbortController().signal,
    auth: wish.auth,
    script,
  }
  const hello = { name: 'probe.example.test', verb: 'auto' } as const
  const end: ScriptEnd =
    role === 'pop3'
      ? await pop3Script(options.tools, shared)
      : await smtpScript(options.tools, { ...shared, hello })
  return { end, wire, clock, ...brief(end) }
}

/** What most tests look at. */
function brief({ outcome, stage, records, transcript, failure }: ScriptEnd) {
  return {
    told: [outcome, stage],
    met: records.map(({ met }) => met),
    stages: records.map((record) => record.stage),
    lines: records.map(({ line }) => line),
    replies: records.map(({ reply }) => reply?.code ?? reply?.status ?? null),
    findings: transcript.findings.map(({ code }) => code),
    shown: JSON.stringify(transcript) + JSON.stringify(records),
    failure,
  }
}
