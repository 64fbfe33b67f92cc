import { expect } from 'vitest'
import { type Pop3Reply, Pop3ReplyReader } from '../../src/pop3/reply.ts'
import type { Reply } from '../../src/session/answer.ts'
import { Budget, type TimeLimits } from '../../src/session/budget.ts'
import { Dialogue } from '../../src/session/dialogue.ts'
import type { ReplyReader } from '../../src/session/incoming.ts'
import { Session, type SessionOptions } from '../../src/session/session.ts'
import type { Protocol, Target } from '../../src/session/target.ts'
import { type SmtpReply, SmtpReplyReader } from '../../src/smtp/reply.ts'
import { newId } from '../../src/text/ids.ts'
import { Recorder, type RecorderLimits } from '../../src/transcript/recorder.ts'
import { manualClock } from './manual-clock.ts'
import { ScriptedWire, serverOctetsOf, type WireOptions } from './scripted-wire.ts'

export const TIME_LIMITS: TimeLimits = {
  connect: 10_000,
  greeting: 30_000,
  command: 30_000,
  data: 60_000,
  final: 120_000,
  quit: 5000,
  total: 300_000,
}

export interface ScriptOptions extends WireOptions {
  readonly timeLimits?: Partial<TimeLimits>
  readonly signal?: AbortSignal
  readonly maxLineOctets?: number
  readonly recorderLimits?: Partial<RecorderLimits>
}

/** The reply type of a protocol. */
type ReplyOf<P extends Protocol> = P extends 'pop3' ? Pop3Reply : SmtpReply

type ReaderOf<R extends Reply> = (tolerated: (code: string, text: string) => void) => ReplyReader<R>

function readerOf<P extends Protocol>(protocol: P): ReaderOf<ReplyOf<P>> {
  const reader: ReaderOf<Reply> = (tolerated) =>
    protocol === 'pop3' ? new Pop3ReplyReader(tolerated) : new SmtpReplyReader(tolerated)
  return reader as ReaderOf<ReplyOf<P>>
}

/** A dialogue alone, with a server that plays the script. */
export function scriptedDialogue<P extends Protocol>(
  protocol: P,
  script: string,
  options: ScriptOptions = {},
) {
  const clock = options.clock ?? manualClock()
  const wire = new ScriptedWire(script, { ...options, clock })
  const budget = new Budget(clock, { ...TIME_LIMITS, ...options.timeLimits }, { left: options.signal })
  const recorder = new Recorder({
    id: 'ID',
    protocol,
    server: { url: `${protocol}://mx.example.test`, host: 'mx.example.test', port: 25 },
    startedAt: clock.wallNow(),
    now: () => clock.now(),
    ...(options.recorderLimits === undefined ? {} : { limits: options.recorderLimits }),
  })
  const dialogue = new Dialogue<ReplyOf<P>>({
    wire,
    recorder,
    budget,
    now: () => clock.now(),
    reader: readerOf(protocol),
    maxLineOctets: options.maxLineOctets ?? 4096,
  })
  return { dialogue, wire, recorder, budget, clock }
}

/** What a session with a server that plays the script begins with: for `runSession`, or for `scriptedSession`. */
export function scriptedOptions<P extends Protocol>(
  protocol: P,
  script: string,
  options: ScriptOptions & { readonly target?: Partial<Target> } = {},
) {
  const clock = options.clock ?? manualClock()
  const wire = new ScriptedWire(script, { ...options, clock })
  const sessionOptions: SessionOptions<ReplyOf<P>> = {
    tools: { clock, dial: async () => wire, newId: () => newId(clock.wallNow()) },
    target: { ...targetOf(protocol), ...options.target },
    timeLimits: { ...TIME_LIMITS, ...options.timeLimits },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    reader: readerOf(protocol),
    maxLineOctets: options.maxLineOctets ?? 4096,
  }
  return { options: sessionOptions, wire, clock }
}

/** A session that has not begun, with a server that plays the script: `session.open()` reads its greeting. */
export function scriptedSession<P extends Protocol>(
  protocol: P,
  script: string,
  options: ScriptOptions & { readonly target?: Partial<Target> } = {},
) {
  const scripted = scriptedOptions(protocol, script, options)
  const session = new Session(scripted.options)
  return { ...scripted, session, recorder: session.recorder, budget: session.budget }
}

/**
 * Runs a script with the server's octets as whole as can be, one by one, and cut at each place, and holds the run to the
 * same result each time.
 */
export async function everyCutOf<T>(
  script: string,
  run: (cuts: NonNullable<WireOptions['cuts']>) => Promise<T>,
): Promise<T> {
  const whole = await run('none')
  expect(await run('every-octet'), 'one octet a read').toEqual(whole)
  const octets = serverOctetsOf(script)
  for (let place = 1; place < octets; place += 1) expect(await run([place]), `cut at ${place}`).toEqual(whole)
  return whole
}

function targetOf(protocol: Protocol): Target {
  const port = { smtp: 25, lmtp: 24, pop3: 110 }[protocol]
  return {
    url: `${protocol}://mx.example.test:${port}`,
    protocol,
    host: 'mx.example.test',
    port,
    security: 'off',
    verify: 'strict',
    servername: 'mx.example.test',
    minVersion: 'TLSv1.2',
    chosenBy: 'configured',
  }
}
