import type { Maildrop } from '../../src/pop3/maildrop.ts'
import { withMaildrop } from '../../src/pop3/session.ts'
import type { AuthWish } from '../../src/session/auth.ts'
import type { Target } from '../../src/session/target.ts'
import { Secret } from '../../src/text/secret.ts'
import { type ScriptOptions, scriptedOptions } from './scripted-session.ts'
import { ScriptedWire } from './scripted-wire.ts'

export interface MaildropScriptOptions extends ScriptOptions {
  readonly target?: Partial<Target>
  readonly auth?: Partial<AuthWish>
  readonly pipelining?: 'auto' | 'off'
  /** What the server says and hears when the client comes a second time. */
  readonly secondScript?: string
}

/** A login by USER and PASS, in the clear. */
export const BOB: AuthWish = {
  mechanism: 'USER',
  user: 'bob',
  credential: { kind: 'password', value: new Secret('builder of 7 bridges') },
  authzid: undefined,
  initialResponse: 'auto',
  insecure: 'allow',
}

/** A session with a maildrop whose server plays the script. */
export async function scriptedMaildrop<T>(
  script: string,
  flow: (maildrop: Maildrop) => Promise<T>,
  options: MaildropScriptOptions = {},
) {
  const { options: session, wire, clock } = scriptedOptions('pop3', script, options)
  const wires: ScriptedWire[] = []
  const tools = {
    ...session.tools,
    dial: async () => {
      const next =
        wires.length === 0 ? wire : new ScriptedWire(options.secondScript ?? '', { ...options, clock })
      wires.push(next)
      return next
    },
  }
  const end = await withMaildrop(
    tools,
    {
      target: session.target,
      timeLimits: session.timeLimits,
      auth: { ...BOB, ...options.auth },
      pipelining: options.pipelining ?? 'auto',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    flow,
  )
  return { end, wire, wires, clock, findings: end.transcript.findings.map(({ code }) => code) }
}

/** The greeting, and a CAPA that offers these. */
export const greeted = (...capabilities: readonly string[]): string =>
  ['S: +OK ready', 'C: CAPA', 'S: +OK', ...capabilities.map((each) => `S: ${each}`), 'S: .'].join('\n')

/** What a server offers that can do everything. */
export const ALL = ['USER', 'UIDL', 'TOP', 'PIPELINING'] as const
