import { secretOf } from './asides.ts'
import type { Played, Said } from './played.ts'

/** One thing to type: a line; a line whose end only the shell of its owner knows; or the message with its lone dot. */
export type Typed =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'secret'; readonly text: string; readonly shell: string }
  | { readonly kind: 'content' }

/** As many lines are told. */
export const MOST_LINES = 100

/** How a login is typed: not at all where there is none, or where it would be seen. */
export type LoginTyping = 'typed' | 'left-out'

/** What a person would type to say the same. BDAT is typed as DATA: nobody counts octets by hand. */
export function typedLines(session: Played, said: readonly Said[], login: LoginTyping): Typed[] {
  let loggedIn = login === 'left-out'
  return said.flatMap((each): Typed[] => {
    if (each.is === 'login') {
      if (loggedIn) return []
      loggedIn = true
      return loginLines(session)
    }
    if (each.is === 'content') return [{ kind: 'content' }]
    return [{ kind: 'line', text: each.verb === 'BDAT' ? 'DATA' : each.line }]
  })
}

/** Mechanisms whose responses are computed from challenges: nobody can type them. */
export function isComputed(login: string): boolean {
  return !['PLAIN', 'LOGIN', 'USER', 'XOAUTH2', 'OAUTHBEARER', 'EXTERNAL', 'ANONYMOUS'].includes(login)
}

function loginLines({ protocol, login = 'PLAIN' }: Played): Typed[] {
  const secret = secretOf(login)
  if (protocol === 'pop3' && (login === 'USER' || isComputed(login))) {
    return [
      { kind: 'secret', text: 'USER ', shell: '$LOGIN' },
      { kind: 'secret', text: 'PASS ', shell: '$PASSWORD' },
    ]
  }
  switch (login) {
    case 'LOGIN':
      return [
        { kind: 'line', text: 'AUTH LOGIN' },
        { kind: 'secret', text: '', shell: base64(`printf %s "$LOGIN"`) },
        { kind: 'secret', text: '', shell: base64(`printf %s "$PASSWORD"`) },
      ]
    case 'XOAUTH2':
      return [
        {
          kind: 'secret',
          text: 'AUTH XOAUTH2 ',
          shell: base64(`printf 'user=%s\\001auth=Bearer %s\\001\\001' "$LOGIN" "$${secret}"`),
        },
      ]
    case 'OAUTHBEARER':
      return [
        {
          kind: 'secret',
          text: 'AUTH OAUTHBEARER ',
          shell: base64(`printf 'n,a=%s,\\001auth=Bearer %s\\001\\001' "$LOGIN" "$${secret}"`),
        },
      ]
    case 'EXTERNAL':
    case 'ANONYMOUS':
      return [{ kind: 'secret', text: `AUTH ${login} `, shell: base64(`printf %s "$LOGIN"`) }]
    default:
      return [
        {
          kind: 'secret',
          text: 'AUTH PLAIN ',
          shell: base64(`printf '\\000%s\\000%s' "$LOGIN" "$PASSWORD"`),
        },
      ]
  }
}

function base64(octets: string): string {
  return `$(${octets} | openssl base64 -A)`
}
