import { FILES } from './asides.ts'
import type { Played } from './played.ts'
import { remark, word } from './shell.ts'
import { isComputed, MOST_LINES, type Typed, typedLines } from './typed.ts'

/** telnet, and what is to be typed into it. */
export function telnet(session: Played): string {
  const { security, host, port, terms, login } = session
  if (security === 'implicit')
    return remark('this server speaks TLS from the first byte, and telnet speaks none; openssl does')
  const seen = security === 'upgraded' ? 'left-out' : 'typed'
  const said = seen === 'typed' ? session.said : inTheClear(session.said)
  const typing = login !== undefined && isComputed(login) ? 'left-out' : seen
  const lines = typedLines(session, said, typing)
  return [
    ...(seen === 'left-out'
      ? [remark('telnet speaks no TLS: STARTTLS and what came of it are left out')]
      : []),
    ...(login !== undefined && typing === 'left-out'
      ? [remark('the login is left out: everybody could read it')]
      : []),
    ['telnet', ...(terms.family === undefined ? [] : [`-${terms.family}`]), word(host), port].join(' '),
    remark('then type, each line when the one before is answered:'),
    ...lines.slice(0, MOST_LINES).map(toType),
    ...(lines.length > MOST_LINES ? [remark(`and ${lines.length - MOST_LINES} lines more`)] : []),
  ].join('\n')
}

/** What was said before TLS and again inside it is said once. */
function inTheClear(said: Played['said']): Played['said'] {
  const greetings = new Set(['EHLO', 'HELO', 'LHLO', 'CAPA'])
  const withoutTls = said.filter(({ verb }) => verb !== 'STARTTLS' && verb !== 'STLS')
  return withoutTls.filter(
    ({ verb, tls }) =>
      tls === 'outside' ||
      !greetings.has(verb) ||
      !withoutTls.some((each) => each.tls === 'outside' && each.verb === verb),
  )
}

function toType(typed: Typed): string {
  switch (typed.kind) {
    case 'line':
      return remark(`  ${typed.text}`)
    case 'secret':
      return remark(`  ${typed.text}${typed.shell}`)
    case 'content':
      return remark(
        `  (${FILES.message}, with a second dot before lines that begin with one) and a line with a dot alone`,
      )
  }
}
