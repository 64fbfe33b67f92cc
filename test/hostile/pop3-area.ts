import type { Area } from './run-cases.ts'
import { SECRET } from './secret.ts'
import { answer, close, line, type Script, type Step, say, tls } from './steps.ts'

/** A POP3 call; left out: GET /pop3/messages, with USER and PASS, in the clear. */
export interface Pop3Call {
  readonly method?: 'get' | 'delete'
  readonly path?: string
  readonly scheme?: 'pop3' | 'pop3s'
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export const OK = line('+OK')
export const LOGGED_IN = line('+OK Logged in.')
export const BYE = line('+OK Bye')

/** A reply of lines, dot-stuffed, with its end. */
export const lines = (status: string, ...texts: readonly string[]): Step =>
  say([status, ...texts.map((text) => (text.startsWith('.') ? `.${text}` : text)), '.', ''].join('\r\n'))

export const MESSAGE = ['Subject: x', '', 'the content of the message']

/** One message, which is well. */
const HONEST: Script = {
  GREETING: [line('+OK ready')],
  CAPA: [line('-ERR Unknown command.')],
  STLS: [line('+OK Begin TLS'), tls()],
  AUTH: [LOGGED_IN],
  APOP: [LOGGED_IN],
  USER: [OK],
  PASS: [LOGGED_IN],
  STAT: [line('+OK 1 42')],
  LIST: [lines('+OK', '1 42')],
  UIDL: [
    answer((said) =>
      said === 'UIDL' ? '+OK\r\n1 uid-1\r\n.\r\n' : `+OK ${said.slice(5)} uid-${said.slice(5)}\r\n`,
    ),
  ],
  RETR: [lines('+OK 42 octets', ...MESSAGE)],
  TOP: [lines('+OK', ...MESSAGE)],
  DELE: [line('+OK Marked to be deleted.')],
  RSET: [OK],
  NOOP: [OK],
  QUIT: [BYE, close],
  ELSE: [line('-ERR Unknown command.')],
}

const BEHIND: readonly [stage: string, said: RegExp][] = [
  ['greeting', /^CAPA/m],
  ['capabilities', /^(?:STLS|USER)/m],
  ['starttls', /^(?:USER|AUTH|APOP)/m],
  ['auth', /^(?:STAT|LIST|RETR|DELE)/m],
  ['transaction', /^QUIT\r\nQUIT/m],
]

export const POP3: Area<Pop3Call> = {
  honest: HONEST,
  success: [200, 'ok', null, null],
  // a megabyte is too much of a message, so that floods of it are over soon
  service: { env: { MAILWIRE_MAX_MESSAGE_BYTES: '1000000' } },
  never: (stage) => {
    const from = stage === 'tls' ? 0 : BEHIND.findIndex(([name]) => name === stage)
    return from === -1 ? [] : BEHIND.slice(from).map(([, said]) => said)
  },
  call: (mailwire, port, ca, call = {}, limits) => {
    const { method = 'get', path = '/pop3/messages', scheme = 'pop3', query = {}, headers = {} } = call
    const timeouts = Object.entries(limits).map(([phase, ms]) => [`${phase}Timeout`, String(ms)])
    return mailwire.agent[method](path)
      .query({
        server: `${scheme}://127.0.0.1:${port}`,
        tlsCa: ca,
        auth: 'user',
        allowInsecureAuth: 'true',
        ...Object.fromEntries(timeouts),
        ...query,
      })
      .set(headers)
      .auth('bob', SECRET)
  },
}

export const STAT: Pop3Call = { path: '/pop3/stat' }
export const RETR: Pop3Call = { path: '/pop3/messages/1' }
export const DELE: Pop3Call = { method: 'delete', path: '/pop3/messages/1' }
export const DELE_BY_UID: Pop3Call = { method: 'delete', path: '/pop3/messages/uid:uid-1' }
