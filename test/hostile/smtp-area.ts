import type { Area } from './run-cases.ts'
import { close, line, type Script, type Step, say, takeChunk, takeContent, tls } from './steps.ts'

/** What a call of POST /smtp/send says besides; `scheme` is that of its server. */
export type SmtpCall = Readonly<Record<string, unknown>> & {
  readonly scheme?: 'smtp' | 'smtps' | 'lmtp'
  /** The message as a body of its own, passed on while it comes. */
  readonly streamed?: Buffer
}

export const GREETING = line('220 mx.example.test ESMTP')
export const OK = line('250 2.0.0 Ok')
export const GO = line('354 End data with <CR><LF>.<CR><LF>')
export const QUEUED = line('250 2.0.0 Ok: queued as 4FxYz')
export const BYE = line('221 2.0.0 Bye')

/** Stands in the content of every message. */
export const CONTENT = /^the content of the message/m

/** A reply to EHLO that offers these. */
export const ehlo = (...extensions: readonly string[]): Step =>
  say(
    ['mx.example.test', ...extensions]
      .map((text, at, all) => `250${at === all.length - 1 ? ' ' : '-'}${text}\r\n`)
      .join(''),
  )

const HONEST: Script = {
  GREETING: [GREETING],
  EHLO: [ehlo()],
  LHLO: [ehlo()],
  HELO: [line('250 mx.example.test')],
  STARTTLS: [line('220 2.0.0 Ready to start TLS'), tls()],
  AUTH: [line('235 2.7.0 Authentication successful')],
  MAIL: [line('250 2.1.0 Ok')],
  RCPT: [line('250 2.1.5 Ok')],
  DATA: [GO, takeContent, QUEUED],
  BDAT: [takeChunk, QUEUED],
  RSET: [OK],
  QUIT: [BYE, close],
  ELSE: [line('502 5.5.2 Error: command not recognized')],
}

/** What is said behind each stage, when nothing is pipelined. */
const BEHIND: readonly [stage: string, said: RegExp][] = [
  ['greeting', /^(?:EHLO|HELO|LHLO)/m],
  ['hello', /^STARTTLS/m],
  ['starttls', /^AUTH/m],
  ['auth', /^MAIL/m],
  ['mail', /^RCPT/m],
  ['rcpt', /^DATA/m],
  ['data', CONTENT],
  // of an answer that did not come nothing may be made up: no second try, nothing that takes it back
  ['end-of-data', /^\.\r\n(?:RSET|MAIL|DATA)/m],
]

export const SMTP: Area<SmtpCall> = {
  honest: HONEST,
  success: [200, 'accepted', 'end-of-data', null],
  never: (stage) => {
    const from = stage === 'tls' ? 0 : BEHIND.findIndex(([name]) => name === stage)
    return from === -1 ? [] : BEHIND.slice(from).map(([, said]) => said)
  },
  call: (mailwire, port, ca, { scheme = 'smtp', streamed, ...body } = {}, timeouts) => {
    const server = `${scheme}://127.0.0.1:${port}`
    const call = mailwire.agent.post('/smtp/send')
    if (streamed !== undefined) {
      const limits = Object.entries(timeouts).map(([phase, ms]) => [`${phase}Timeout`, String(ms)])
      return call
        .query({ server, from: 'alice@example.test', to: 'bob@example.test', ...Object.fromEntries(limits) })
        .type('message/rfc822')
        .send(streamed)
    }
    return call.send({
      server,
      tlsCa: ca,
      envelope: { from: 'alice@example.test', to: ['bob@example.test'] },
      message: { raw: 'Subject: x\r\n\r\nthe content of the message\r\n' },
      timeouts,
      ...body,
    })
  },
}
