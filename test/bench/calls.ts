import type { Call } from './load.ts'

const PASSWORD = 'four words for a bench'
const FROM = 'alice@example.test'
const TO = 'bob@example.test'
const JSON_BODY = { 'Content-Type': 'application/json' }
/** In lines, as people write. */
const TEXT = 'A kilobyte is enough for a short letter, and a short letter is enough.\r\n'.repeat(13)
const RAW = `From: <${FROM}>\r\nTo: <${TO}>\r\nSubject: A letter\r\nMessage-ID: <letter@example.test>\r\n\r\n${TEXT}`

/** What is asked of the service. */
export interface Wishes {
  readonly port: number
  readonly scheme?: 'smtp' | 'smtps'
  readonly recipients?: number
  readonly user?: { readonly name: string; readonly password: string }
  /** Composed out of its parts, or given as it is. */
  readonly message: 'composed' | 'given'
}

export function recipientsOf(count: number): string[] {
  return Array.from({ length: count }, (_, place) => (place === 0 ? TO : `bob${place}@example.test`))
}

/** A send of a kilobyte by Mailwire. */
export function mailwireSend({ port, scheme = 'smtp', recipients = 1, user, message }: Wishes): Call {
  const body = {
    server: `${scheme}://127.0.0.1:${port}`,
    tlsVerify: false,
    envelope: { from: FROM, to: recipientsOf(recipients) },
    ...(user === undefined
      ? {}
      : { auth: { user: user.name, password: user.password, allowInsecure: true } }),
    message: message === 'given' ? { raw: RAW } : { from: FROM, to: [TO], subject: 'A letter', text: TEXT },
  }
  return { method: 'POST', path: '/smtp/send', headers: JSON_BODY, body: JSON.stringify(body) }
}

/** The same by nodemailer behind Express. */
export function nodemailerSend({ port, scheme = 'smtp', recipients = 1, user, message }: Wishes): Call {
  const to = recipientsOf(recipients)
  const body = {
    server: {
      host: '127.0.0.1',
      port,
      secure: scheme === 'smtps',
      ...(user === undefined ? {} : { auth: { user: user.name, pass: user.password } }),
    },
    message:
      message === 'given'
        ? { envelope: { from: FROM, to }, raw: RAW }
        : { envelope: { from: FROM, to }, from: FROM, to: TO, subject: 'A letter', text: TEXT },
  }
  return { method: 'POST', path: '/send', headers: JSON_BODY, body: JSON.stringify(body) }
}

/** The same octets, replayed. */
export function bareSend({ port, scheme = 'smtp' }: Wishes): Call {
  const path = scheme === 'smtp' ? '/send' : '/secured'
  return {
    method: 'POST',
    path: `${path}?port=${port}`,
    headers: JSON_BODY,
    body: JSON.stringify({ from: FROM, to: TO, raw: RAW }),
  }
}

/** A call of Mailwire's POP3 routes; `maildrop` says what is in it (`20x10240`). */
export function mailwirePop3(
  path: string,
  maildrop: string,
  port: number,
  more: { readonly accept?: string; readonly query?: string; readonly scheme?: 'pop3' | 'pop3s' } = {},
): Call {
  const { accept = 'application/json', query = '', scheme = 'pop3' } = more
  const basic = Buffer.from(`${maildrop}:${PASSWORD}`).toString('base64')
  return {
    method: 'GET',
    path: `${path}?server=${scheme}://127.0.0.1:${port}&tlsVerify=false&allowInsecureAuth=true${query}`,
    headers: { Authorization: `Basic ${basic}`, Accept: accept },
  }
}

/** The same of a peer. */
export function peerPop3(path: string, maildrop: string, port: number, query = ''): Call {
  return { method: 'GET', path: `${path}?port=${port}&user=${maildrop}${query}` }
}
