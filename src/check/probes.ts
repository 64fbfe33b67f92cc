import type { Target } from '../session/target.ts'
import type { Hello } from '../smtp/hello.ts'
import type { Mailbox } from '../smtp/path.ts'
import {
  type BareNewlineProbe,
  bareNewlineProbed,
  type OddEnd,
  probeBareNewline,
} from '../smtp/probe-bare-newline.ts'
import { type InjectionProbe, injectionProbed, probeInjection } from '../smtp/probe-starttls-injection.ts'
import { type FurtherSession, type Hold, smtpSession, whereThereIsRoom } from './terms.ts'

/** For servers of the caller's own alone. */
export interface ProbesWish {
  readonly starttlsInjection: 'probe' | 'leave'
  readonly bareNewline:
    | {
        readonly from: Mailbox | null
        readonly to: Mailbox
        readonly ends: readonly OddEnd[]
        readonly waitMs: number
      }
    | undefined
}

export interface ProbesSeen {
  readonly injection: InjectionProbe | undefined
  readonly ends: readonly BareNewlineProbe[]
  /** To recognise messages by, should they arrive. */
  readonly token: string | undefined
  /** Those for which there was no room. */
  readonly left: readonly ('starttlsInjection' | OddEnd)[]
  readonly sessions: readonly FurtherSession[]
}

/** One session for each probe, one after the other. */
export async function probesOf(
  hold: Hold,
  target: Target,
  { hello, probes }: { readonly hello: Hello; readonly probes: ProbesWish | undefined },
): Promise<ProbesSeen | undefined> {
  if (probes === undefined) return undefined
  const sessions: FurtherSession[] = []
  const left: ('starttlsInjection' | OddEnd)[] = []
  const ends: BareNewlineProbe[] = []
  let injection: InjectionProbe | undefined
  let token: string | undefined
  if (probes.starttlsInjection === 'probe') {
    const end = await whereThereIsRoom(
      hold(target, (terms) => smtpSession(terms, target, (session) => probeInjection(session, hello))),
    )
    if (end === undefined) left.push('starttlsInjection')
    else {
      injection = injectionProbed(end)
      sessions.push({ purpose: 'probe: STARTTLS injection', target, end })
    }
  }
  const { bareNewline } = probes
  for (const end of bareNewline?.ends ?? []) {
    if (bareNewline === undefined) break
    const { from: sender, to: recipient, waitMs } = bareNewline
    const session = await whereThereIsRoom(
      hold(target, ({ tools, timeLimits, signal }) => {
        token ??= tools.newId()
        const wish = { hello, sender, recipient, end, token, now: new Date(tools.clock.wallNow()) }
        const terms = { tools, signal, timeLimits: { ...timeLimits, final: waitMs } }
        return smtpSession(terms, target, (one) => probeBareNewline(one, wish))
      }),
    )
    if (session === undefined) left.push(end)
    else {
      ends.push(bareNewlineProbed(end, session))
      sessions.push({ purpose: `probe: end of data ${end}`, target, end: session })
    }
  }
  return { injection, ends, token, left, sessions }
}
